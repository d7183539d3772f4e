"""Unformatted caller ID: SDMF and MDMF messages as hexadecimal digits.

Layout: type, length, body, checksum (Telcordia GR-30-CORE, ETSI EN 300 659-3). The checksum makes the sum of all bytes
zero modulo 256. Real modems leave it out, cut the last digit off, put blanks between pairs, spread a message over
several lines, or print single parameters of one; all of that is read, and what the checksum said is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dutyphone.lines.events import CallerIdForm
from dutyphone_drivers.serial_modem.fields import Field, Kind

SDMF = 0x04
MDMF = 0x80
KINDS = (SDMF, MDMF)
SURE = 4
"""So many bytes at the beginning of a message show that it is one, see `begins_message`."""
FILLING = b"\x55\xff"
"""Some chips print the end of the channel seizure (0x55) and of the mark signal (0xFF) as well."""
_LONGEST_HEX = 2 * (2 + 255 + 1) + 64
"""Digits: the longest message, and some filling before it."""

PARAMETERS: dict[int, tuple[str, Kind]] = {
    0x01: ("MDMF-01", Kind.DATE),  # MMDDhhmm
    0x02: ("MDMF-02", Kind.NUMBER),
    0x03: ("MDMF-03", Kind.DIALABLE),  # GR-30: dialable number; EN 300 659-3: called number. See `caller_id`
    0x04: ("MDMF-04", Kind.NO_NUMBER),
    0x07: ("MDMF-07", Kind.NAME),
    0x08: ("MDMF-08", Kind.NO_NAME),
    0x0B: ("MDMF-0B", Kind.OTHER),  # visual indicator (message waiting)
    0x11: ("MDMF-11", Kind.OTHER),  # call type: 01 voice, 02 ring back when free, 81 message waiting
    0x12: ("MDMF-12", Kind.REDIRECTED_FROM),  # first called number, before redirection
    0x15: ("MDMF-15", Kind.OTHER),  # type of forwarded call
    0x16: ("MDMF-16", Kind.OTHER),  # type of calling user
    0x1A: ("MDMF-1A", Kind.REDIRECTED_FROM),  # redirecting number
}
"""Parameters of MDMF by type. To teach a new one, add a row."""

_HEX_LINE = re.compile(rb"(?:0[xX])?[0-9A-Fa-f]{2}(?:[ \t:,-]{0,2}(?:0[xX])?[0-9A-Fa-f])*")


_WITH_H = re.compile(rb"\b([0-9A-Fa-f]{2})[Hh]\b")
_DRESSED = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Fa-f]{24,}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A message taken apart. `intact` is None if it carried no checksum; `short` if part of its body is missing."""

    form: CallerIdForm
    fields: tuple[Field, ...]
    intact: bool | None
    short: bool


def hex_digits(text: bytes) -> bytes | None:
    """The hexadecimal digits of a line that holds nothing else, None if it holds anything else."""
    text = _WITH_H.sub(rb"\1", text)
    if not _HEX_LINE.fullmatch(text):
        return None
    return text.upper().replace(b"0X", b"").translate(None, b" \t:,-")[:_LONGEST_HEX]


def find_message(text: bytes) -> bytes | None:
    """The digits of a message that stands somewhere in a line: between brackets, behind a prompt, before a result."""
    found = (match[0].upper()[:_LONGEST_HEX] for match in _DRESSED.finditer(text))
    return next((digits for digits in found if begins_message(digits)), None)


def begins_message(digits: bytes) -> bool:
    """Whether hexadecimal `digits` begin a caller-ID message, and are not some number that looks a little like it."""
    body = _without_filling(_bytes(digits))
    if len(body) < SURE:
        return False
    if body[0] == MDMF:
        return body[2] in PARAMETERS and body[3] <= body[1]
    return body[0] == SDMF and body[1] >= 9 and body[2] in b"01" and chr(body[3]).isdigit()


def read_frame(digits: bytes) -> Frame:
    """The message in `digits`, for which `begins_message` is true."""
    message = _without_filling(_bytes(digits))
    kind, length = message[0], message[1]
    body, after = message[2 : 2 + length], message[2 + length :]
    short = len(body) < length
    intact: bool | None = None
    if short:
        intact = False
    elif after:
        intact = sum(message[: 2 + length + 1]) % 256 == 0
    if kind == SDMF:
        fields = (Field(Kind.DATE, "SDMF-DATE", body[:8]), Field(Kind.NUMBER, "SDMF-NUMBER", body[8:]))
        return Frame(form=CallerIdForm.SDMF, fields=fields, intact=intact, short=short)
    return Frame(form=CallerIdForm.MDMF, fields=read_parameters(body), intact=intact, short=short)


def read_parameters(body: bytes) -> tuple[Field, ...]:
    """Parameters one behind the other; a last one that is cut is taken as far as it goes."""
    fields: list[Field] = []
    at = 0
    while at + 2 <= len(body):
        kind, length = body[at], body[at + 1]
        key, meaning = PARAMETERS.get(kind, (f"MDMF-{kind:02X}", Kind.OTHER))
        fields.append(Field(meaning, key, body[at + 2 : at + 2 + length]))
        at += 2 + length
    return tuple(fields)


def read_single_parameter(digits: bytes) -> tuple[Field, ...]:
    """`MESG = 0307...`: one parameter on its own, perhaps with a checksum behind it. Empty if it is none."""
    body = _bytes(digits)
    if len(body) < 2 or len(body) < 2 + body[1]:
        return ()
    return read_parameters(body[: 2 + body[1]])


def _bytes(digits: bytes) -> bytes:
    """An odd last digit is half a byte: it is left out."""
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))


def _without_filling(message: bytes) -> bytes:
    return message.lstrip(FILLING)
