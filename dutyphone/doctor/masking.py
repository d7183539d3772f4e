"""Telephone numbers made unrecognisable in raw bytes, so that a transcript can be sent to somebody (X18).

Length, form and checksum stay: every run of digits is replaced by another with the same sum, so a message in
hexadecimal, whose bytes add up to its checksum, still adds up. Dates, times and what a modem says of itself stay. Names
stay, too: they are the very thing that is often misread.
"""

from __future__ import annotations

import re

FEWEST_DIGITS = 6
"""Of a run that nothing marks as a number; shorter ones are results, dates and types of modems (56000)."""
FEWEST_IN_FIELD = 3
"""Of a run that is marked as a number: an extension of the office is one."""

_DIGITS = re.compile(rb"\d(?:[- ]?\d){%d,}" % (FEWEST_DIGITS - 1))
_FIELD = re.compile(
    rb"(?:NM?BR|NUMBER|\bFM|\bTO|CID|DAD|CLIP)\s*[=:]?\s*\"?(\d(?:[- ]?\d){%d,})" % (FEWEST_IN_FIELD - 1)
)
_DLE_DIGITS = re.compile(rb"(?:(?:\x10/)?\x10[0-9*#](?:\x10~)?){%d,}" % FEWEST_IN_FIELD)
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2} ?){8,}")
_TEXT_DIGITS = re.compile(rb"[0-9]{%d,}" % FEWEST_IN_FIELD)
_KEPT = (
    re.compile(rb"(?:DATE|TIME)\s*[=:]?\s*[\d: /-]*", re.IGNORECASE),
    re.compile(rb'\d{1,3},"[^"]*",[0-9A-Fa-f,]+'),  # the event maps of +VLS=?
)
_MESSAGE_TYPES = (0x04, 0x55, 0x80)
"""SDMF, the channel seizure before a message, MDMF (GR-30-CORE §2.3)."""


def mask_numbers(data: bytes) -> bytes:
    """`data`, as long as before, with every number replaced."""
    out = bytearray(data)
    done = [found.span() for pattern in _KEPT for found in pattern.finditer(data)]
    for found in _HEX.finditer(data):
        masked = _mask_message(found[0])
        if masked is not None and not _touches(done, found.span()):
            out[found.start() : found.end()] = masked
            done.append(found.span())
    for pattern, group in ((_FIELD, 1), (_DLE_DIGITS, 0), (_DIGITS, 0)):
        for found in pattern.finditer(data):
            if not _touches(done, found.span(group)):
                out[found.start(group) : found.end(group)] = _mask_digits(found[group])
                done.append(found.span(group))
    return bytes(out)


def _touches(spans: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in spans)


def _mask_digits(text: bytes) -> bytes:
    places = [at for at, byte in enumerate(text) if 0x30 <= byte <= 0x39]
    masked = bytearray(text)
    for at, digit in zip(places, _same_sum([text[at] - 0x30 for at in places]), strict=True):
        masked[at] = 0x30 + digit
    return bytes(masked)


def _mask_message(text: bytes) -> bytes | None:
    """A message in hexadecimal without its numbers; None if this is none."""
    places = [at for at, byte in enumerate(text) if byte != 0x20]
    places = places[: len(places) // 2 * 2]
    message = bytes.fromhex(bytes(text[at] for at in places).decode("ascii"))
    runs = list(_TEXT_DIGITS.finditer(message))
    if message[0] not in _MESSAGE_TYPES and not runs:
        return None
    masked = bytearray(text)
    for run in runs:
        start = run.start()
        if message[:start].endswith(b"\x01\x08") or message[:start].lstrip(b"\x55")[:1] == b"\x04":
            start += 8  # MMDDhhmm, the date and time of MDMF and of SDMF
        count = run.end() - start
        if count < FEWEST_IN_FIELD:
            continue
        for number, digit in enumerate(_same_sum([byte - 0x30 for byte in message[start : run.end()]])):
            masked[places[2 * (start + number) + 1]] = 0x30 + digit
    return bytes(masked)


def _same_sum(digits: list[int]) -> list[int]:
    """Other digits, as even as they can be, with the same sum: they tell nothing but that."""
    share, rest = divmod(sum(digits), len(digits))
    return [share + (place < rest) for place in range(len(digits))]
