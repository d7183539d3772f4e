"""What is taken out of messages before they are kept: whatever a password could be guessed from."""

from __future__ import annotations

import re

_ANSWERING_LINE = re.compile(rb"(?im)^(?:proxy-)?authorization[ \t]*:.*$")
_ANSWER = re.compile(rb'(?i)\b(response|cnonce)([ \t]*=[ \t]*)("[^"]*"|[^,\s]*)')


def masked(data: bytes) -> bytes:
    """`data` without the answers to challenges: a password can be guessed from them at leisure (RFC 7616 §5.12)."""
    return _ANSWERING_LINE.sub(lambda line: _ANSWER.sub(rb'\1\2"***"', line[0]), data)
