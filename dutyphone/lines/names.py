"""Caller names: bytes to text.

GBK's second byte may be an ASCII letter (0x40-0x7E), so a name must be decoded whole and before anything splits it or
changes its case.
"""

from __future__ import annotations

import re

_ENCODINGS = ("ascii", "utf-8", "gb18030")
"""Tried in this order, strictly. GB18030 holds GB2312 and GBK; Latin-1 takes whatever is left and never fails."""

_GB2312_HANZI = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe])+")
_LAST_OF_TWO_BYTES = "߿"
"""U+07FF: the last character that UTF-8 writes in two bytes. No Chinese character is below it."""


def decode_name(raw: bytes) -> str:
    """`raw` as text, without control characters and outer blanks. Keep the bytes as well: this is a best guess."""
    for encoding in _ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" and _is_chance(raw, text):
            continue
        break
    else:
        text = raw.decode("latin-1")
    return "".join(char for char in text if char.isprintable()).strip()


def _is_chance(raw: bytes, text: str) -> bool:
    """Some Chinese characters in GB2312, such as 陆, are UTF-8 by chance; the signs that come out make no name."""
    return max(text) <= _LAST_OF_TWO_BYTES and _GB2312_HANZI.fullmatch(raw) is not None
