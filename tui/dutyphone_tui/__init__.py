"""The console: a Textual program that shows what is stored and writes what the officer says.

It decides nothing about calls.
"""
