"""Caller names: bytes to text.

GBK's second byte may be an ASCII letter (0x40-0x7E), so a name must be decoded whole and before anything splits it or
changes its case.
"""

from __future__ import annotations

_ENCODINGS = ("ascii", "utf-8", "gb18030")
"""Tried in this order, strictly. GB18030 holds GB2312 and GBK; Latin-1 takes whatever is left and never fails."""


def decode_name(raw: bytes) -> str:
    """`raw` as text, without control characters and outer blanks. Keep the bytes as well: this is a best guess."""
    for encoding in _ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        text = raw.decode("latin-1")
    return "".join(char for char in text if char.isprintable()).strip()
