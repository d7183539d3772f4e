"""One line of text: which of the things a modem can say it is.

Order matters and is here: a box's record, rings, hexadecimal, fields, cadence, words. What is left is nobody's: an
answer to a command, or noise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dutyphone_drivers.serial_modem import boxes, fields, frames, rings, signs
from dutyphone_drivers.serial_modem.fields import Field, Kind
from dutyphone_drivers.serial_modem.signs import Sign

DIRT = bytes(range(0x21)) + b"\x7f\xff"
"""Control characters, blanks and line glitches at either end of a line mean nothing. None of them ends a GBK name."""

_BARE_NUMBER = re.compile(rb"\+?\d{3,20}")
_DTMF_WORD = re.compile(rb"DTMF ?= ?([0-9*#A-D])", re.IGNORECASE)
_GLUED_RING = re.compile(rb"(?<=[0-9OP])RING\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a line says; everything empty if nobody understands it."""

    record: boxes.Record | None = None
    rings: tuple[rings.Ring, ...] = ()
    hexadecimal: bytes = b""
    fields: tuple[Field, ...] = ()
    ring_follows: bool = False
    cadence: tuple[tuple[bool, float], ...] = ()
    sign: Sign | None = None
    digit: int | None = None
    rest: bytes = b""

    @property
    def understood(self) -> bool:
        return bool(
            self.record
            or self.rings
            or self.hexadecimal
            or self.fields
            or self.cadence
            or self.sign
            or self.digit is not None
        )


def clean(text: bytes) -> bytes:
    """`text` without the dirt at its ends."""
    return text.strip(DIRT)


def read_line(text: bytes, *, bare_number: bool = False, more_hex: bool = False) -> Reading:
    """What the cleaned line `text` says.

    `bare_number`: a line of digits is the caller's number. `more_hex`: a hexadecimal message is waiting for its rest.
    """
    if (record := boxes.find_record(text)) is not None:
        return Reading(record=record)
    heard, rest = rings.find_rings(text)
    if not heard and not text.isascii() and clean(_seven_bits(text)).startswith(b"RING"):
        heard, rest = rings.find_rings(clean(_seven_bits(text)))
    said = _read_rest(clean(rest), bare_number=bare_number, more_hex=more_hex) if rest else Reading()
    if not heard:
        return said
    return Reading(
        rings=heard, hexadecimal=said.hexadecimal, fields=said.fields, rest=b"" if said.understood else clean(rest)
    )


def _read_rest(text: bytes, *, bare_number: bool, more_hex: bool) -> Reading:
    if bare_number and _BARE_NUMBER.fullmatch(text):
        return Reading(fields=(Field(Kind.NUMBER, "", text),))
    digits = frames.hex_digits(text)
    if digits and (more_hex or frames.begins_message(digits)):
        return Reading(hexadecimal=digits)
    if text.upper() == b"+VCIDR:":
        return Reading(sign=Sign.BURST_BEGINS)
    if text.upper().startswith(b"+VCIDR:") and (digits := frames.hex_digits(clean(text[7:]))):
        return Reading(hexadecimal=digits)
    glued = _GLUED_RING.search(text)
    found, before = fields.find_fields(text[: glued.start()] if glued else text)
    if found and (not glued or found[-1].kind in (Kind.NUMBER, Kind.DIALABLE)):
        return Reading(fields=found, ring_follows=glued is not None, rest=clean(before))
    found, before = fields.find_fields(text)
    if found:
        return Reading(fields=found, rest=clean(before))
    if cadence := rings.find_cadence(text):
        return Reading(cadence=cadence)
    if match := _DTMF_WORD.fullmatch(text):
        return Reading(digit=match[1].upper()[0])
    return Reading(sign=signs.word_sign(text))


def _seven_bits(text: bytes) -> bytes:
    """The line as it reads if the modem sends a parity bit."""
    return bytes(byte & 0x7F for byte in text)
