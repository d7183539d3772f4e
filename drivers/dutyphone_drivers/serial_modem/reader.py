"""One line of text: which of the things a modem can say it is.

Order matters and is here: a box's record, rings, hexadecimal, fields, cadence, words. What is left is nobody's: an
answer to a command, or noise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dutyphone_drivers.serial_modem import boxes, dtmf, fields, frames, guesses, rings, signs
from dutyphone_drivers.serial_modem.fields import Field, Kind
from dutyphone_drivers.serial_modem.signs import Sign

DIRT = bytes(range(0x21)) + b"\x7f\xff"
"""Control characters, blanks and line glitches at either end of a line mean nothing. None of them ends a GBK name."""

_CONTROLS = bytes(range(0x20)) + b"\x7f"
"""Filling between characters: NUL, XON, XOFF."""
_BIT_7 = 0x80

NUMERIC_RING = b"2"
"""RING from a modem that gives its results as numbers (ITU-T V.250 §6.3.8, ATV0), as some do after a reset."""

LINE_ENDS_WITH_PARITY = b"\x8d\x8a"
"""CR and LF with bit 7 set."""

_TERMINAL_CODES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
"""Colours, cursor movements and the like (ECMA-48 §5.3, 5.4), from serial servers that draw a screen."""
_FULL_WIDTH = re.compile(rb"\xa3[\xa1-\xfe]")
"""Signs and digits as wide as a Chinese character, row 3 of GB 2312: the ASCII ones, each with bit 7 set."""
_BARE_NUMBER = re.compile(rb"\+?\d{3,20}")
_DTMF_WORD = re.compile(rb"DTMF ?= ?([0-9*#A-D])", re.IGNORECASE)
_DTMF_LINE = re.compile(rb"(?:DTMF ?[=:] ?)?(?P<tones>[A-D][0-9*]{2,}(?:[A-D][0-9*]+)*[A-D#]?)", re.IGNORECASE)
"""Tones printed as they came, see `dtmf`. Without its end letter such a line is one only while it rings."""
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
    tones: bytes = b""
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
            or self.tones
        )


def clean(text: bytes) -> bytes:
    """`text` without the dirt at its ends, and without the codes that tell a terminal how to show it."""
    return (_TERMINAL_CODES.sub(b"", text) if b"\x1b" in text else text).strip(DIRT)


def without_parity(text: bytes) -> bytes | None:
    """`text` as it reads if bit 7 is a parity bit: even, odd or always set. None if it cannot be one, or never is set.

    A line of Chinese text has bytes of both parities, all but by chance; whoever calls this must know what it reads.
    """
    if text.isascii():
        return None
    if len({byte.bit_count() % 2 for byte in text}) > 1 and min(text) < _BIT_7:
        return None
    return clean(_seven_bits(text))


def read_line(text: bytes, *, bare_number: bool = False, more_hex: bool = False, ringing: bool = False) -> Reading:
    """What the cleaned line `text` says.

    `bare_number`: a line of digits is the caller's number. `more_hex`: a hexadecimal message is waiting for its rest.
    `ringing`: a call is coming in, so a number under unknown words is the caller's.
    """
    reading = Reading()
    for said in dict.fromkeys((text, text.translate(None, _CONTROLS), without_parity(text) or text, _half_width(text))):
        reading = _read_as_it_is(said, bare_number=bare_number, more_hex=more_hex, ringing=ringing)
        if reading.understood:
            return reading
    if ringing and (number := guesses.guess_number(text.translate(None, _CONTROLS).lstrip(b"=: "))):
        return Reading(fields=(number,))
    return reading


def _read_as_it_is(text: bytes, *, bare_number: bool, more_hex: bool, ringing: bool) -> Reading:
    if (record := boxes.find_record(text)) is not None:
        return Reading(record=record)
    heard, rest = rings.find_rings(text)
    if not heard and not text.isascii() and clean(_seven_bits(text)).startswith(b"RING"):
        heard, rest = rings.find_rings(clean(_seven_bits(text)))
    said = (
        _read_rest(clean(rest), bare_number=bare_number, more_hex=more_hex, ringing=ringing or bool(heard))
        if rest
        else Reading()
    )
    if not heard:
        return said
    if not said.understood and (number := guesses.guess_number(clean(rest).lstrip(b"=:,;/ "))):
        said = Reading(fields=(replace(number, key=number.key or "RING"),))
    return Reading(
        rings=heard, hexadecimal=said.hexadecimal, fields=said.fields, rest=b"" if said.understood else clean(rest)
    )


def _read_rest(text: bytes, *, bare_number: bool, more_hex: bool, ringing: bool) -> Reading:
    if bare_number and _BARE_NUMBER.fullmatch(text):
        return Reading(fields=(Field(Kind.NUMBER, "", text),))
    digits = frames.hex_digits(text)
    if digits and (more_hex or frames.begins_message(digits)):
        return Reading(hexadecimal=digits)
    if digits := frames.find_message(text):
        return Reading(hexadecimal=digits)
    if frames.begins_message(raw := text.hex().upper().encode("ascii")):
        return Reading(hexadecimal=raw)
    if text.upper() == b"+VCIDR:":
        return Reading(sign=Sign.BURST_BEGINS)
    if text.upper().startswith(b"+VCIDR:") and (digits := frames.hex_digits(clean(text[7:]).strip(b"\"'"))):
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
    if (match := _DTMF_LINE.fullmatch(text)) and (ringing or dtmf.is_complete(match["tones"].upper())):
        return Reading(tones=match["tones"].upper())
    return Reading(sign=signs.word_sign(text))


def _half_width(text: bytes) -> bytes:
    """The line with ASCII signs in place of those that are as wide as a Chinese character."""
    return _FULL_WIDTH.sub(lambda wide: bytes((wide[0][1] - 0x80,)), text)


def _seven_bits(text: bytes) -> bytes:
    """The line as it reads if the modem sends a parity bit."""
    return bytes(byte & 0x7F for byte in text)
