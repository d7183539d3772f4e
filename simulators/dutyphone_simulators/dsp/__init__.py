"""Telephone lines as sound: caller ID, digits and tones are modulated, sent over a bad line, and heard again.

Needs the library libspandsp, which is looked for when it is first used (`library.py`). Everything but `terminals.py` is
pure: moments, samples and seeds in, samples and deadlines out.
"""
