"""Caller ID sent as DTMF tones, before, with or after the first ring.

Frames are a start letter, digits, an end letter or `#` (ETSI EN 300 659-1 annex B). Chinese exchanges use any of
A B C D as the start, or none; no telephone has these letters on its keys. Several frames may follow each other: A is
the calling number, D the one it was redirected from, B a code saying why there is none.
"""

from __future__ import annotations

import re

from dutyphone.lines.events import CallerIdForm
from dutyphone_drivers.serial_modem.caller_id import CallerId, put_together
from dutyphone_drivers.serial_modem.fields import Field, Kind

_FRAMED = re.compile(rb"[A-D][0-9*]{2,}(?:[A-D][0-9*]{2,})*[C#]")
_PART = re.compile(rb"([A-D]?)([0-9*]+)")
_REASONS = {b"00": b"O", b"10": b"P", b"01": b"P"}
"""Information codes behind start letter B (annex B, table B.2): not available, restricted."""


def is_caller_id(digits: bytes) -> bool:
    """Whether these tones cannot have been dialled on a telephone."""
    return digits[:1] in (b"A", b"B", b"C", b"D")


def is_complete(digits: bytes) -> bool:
    """Whether a framed number has its end."""
    return _FRAMED.fullmatch(digits) is not None


def read_caller_id(digits: bytes) -> CallerId:
    """The caller ID in these tones."""
    parts = _PART.findall(digits)
    fields = [Field(Kind.OTHER, "DTMF", digits)]
    callers = [part for part in parts if part[0] == b"A"] or parts[:1]
    for start, number in parts:
        if start == b"B" and number in _REASONS:
            fields.append(Field(Kind.NO_NUMBER, "DTMF-B", _REASONS[number]))
        elif (start, number) in callers:
            fields.append(Field(Kind.NUMBER, f"DTMF-{start.decode()}", number.strip(b"*")))
        elif start == b"D":
            fields.append(Field(Kind.REDIRECTED_FROM, "DTMF-D", number))
    return put_together(tuple(fields), form=CallerIdForm.DTMF)
