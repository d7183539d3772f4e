"""Every way in which a line of text says that it rings.

**To teach a new form, add a row to `RING_FORMS`.** Rows are tried from the top; each is matched where the line, or what
is left of it, begins. Named groups become fields of the caller ID; `cadence` is the distinctive-ring letter or digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dutyphone_drivers.serial_modem.fields import Field, Kind


@dataclass(frozen=True, slots=True)
class RingForm:
    """A regular expression and who writes it so."""

    pattern: re.Pattern[bytes]
    source: str


def _form(pattern: bytes, source: str) -> RingForm:
    return RingForm(re.compile(pattern), source)


RING_FORMS = (
    _form(rb"RING;(?P<number>[\d+*#]*)(?:;(?P<called>[\d+*#/]*))?\s*$", "ELSA MicroLink, ATS153=6"),
    _form(rb"RING:\s*\S+\s+DN(?P<cadence>\d)\s+(?P<number>[\d+*#]+).*$", "Zoom MX/S"),
    _form(rb"RING:\s*\S+\s+DN(?P<called>\d+)\s*$", "Zoom MX/S without a number"),
    _form(rb"RING/(?P<called>\d+)\s*$", "isdn4linux"),
    _form(rb"RING[ #-]?0?(?P<cadence>[A-E1-9])\s*$", "3Com, USR ATS41=1 (A-C); Rockwell, Conexant AT-SDR=7 (1-3)"),
    _form(rb"RING\s+(?P<number>(?=\D*\d)[\d+*#]{3,})(?:[^\d]+(?P<called>\d+))?\s*$", "USR, type B"),
    _form(rb"RING(?![A-Za-z])(?:[\s.!]|\*(?=[\s*]|$))*", "every modem; whatever else follows, it rings"),
    _form(rb"RING(?=RING|(?:DATE|TIME|NMBR|NAME|MESG|DDN_NMBR) ?=)", "every modem, its line end lost"),
    _form(rb"RING(?:OK|ERROR|NO CARRIER)\s*$", "every modem, the line end before a result lost"),
    _form(rb"RIN(?=RING)", "first line after opening, its end lost"),
    _form(rb"RIN\s*$", "first line after opening, cut"),
    _form(rb"ING\s*$", "a USB modem that wakes up: its first byte lost"),
    _form(rb"(?:.ING|R.NG|RI.G|RIN.|RNG|RIG)\s*$", "a long cable: one byte damaged or lost; no modem has such a word"),
    _form(rb"R+I+N+G+\s*$", "a long cable: one byte twice"),
    _form(rb"J?RING[MJ]?\s*$", "a long cable: one bit of the line end turned, which makes M of CR and J of LF"),
    _form(rb"(?i:ring)\s*$", "terminal adapters that do not shout"),
    _form(rb"\+CRING: ?[A-Z].*$", "GSM modems after AT+CRC=1, 3GPP TS 27.007 §6.11"),
    _form(rb"INC\s*$", "ITU-T V.25 bis: incoming call"),
    _form(rb"(?i:incoming call)\s*$", "telephone adapters"),
)
"""The words for one ring."""

_BEFORE = re.compile(rb"^(?:OK|ERROR|NO CARRIER)?(?:[^A-Za-z]{0,24}?\d\d:\d\d[^A-Za-z]{0,24}?|)[^A-Za-z0-9]*(?=RIN)")
"""A result whose line end was lost, the time of day that a serial server puts before each line, dirt."""
_GROUPS = {"number": Kind.NUMBER, "called": Kind.CALLED}


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring as a line told it."""

    cadence: str | None = None
    fields: tuple[Field, ...] = ()


def find_rings(text: bytes) -> tuple[tuple[Ring, ...], bytes]:
    """The rings with which a line begins, and the rest of it. Dirt before the first is dropped."""
    before = _BEFORE.match(text)
    rest = text[before.end() :] if before else text
    rings: list[Ring] = []
    while match := _first_match(rest):
        rings.append(_ring(match))
        rest = rest[match.end() :]
    return (tuple(rings), rest) if rings else ((), text)


_CADENCE = re.compile(rb"(?P<which>DRON|DROF|dron|drof)\s*[=:]?\s*(?P<tenths>\d{1,5})\s*")


def find_cadence(text: bytes) -> tuple[tuple[bool, float], ...]:
    """`DRON=20` and `DROF=40` (V.253 +VDR, tenths of a second) as (ringing, seconds); empty if the line is not that."""
    parts: list[tuple[bool, float]] = []
    at = 0
    while at < len(text):
        match = _CADENCE.match(text, at)
        if match is None:
            return ()
        parts.append((match["which"].upper() == b"DRON", int(match["tenths"]) / 10))
        at = match.end()
    return tuple(parts)


def _first_match(text: bytes) -> re.Match[bytes] | None:
    for form in RING_FORMS:
        if match := form.pattern.match(text):
            return match
    return None


def _ring(match: re.Match[bytes]) -> Ring:
    said = match.groupdict()
    cadence = said.get("cadence")
    fields = tuple(Field(kind, "RING", said[group]) for group, kind in _GROUPS.items() if said.get(group))
    return Ring(cadence.decode("ascii") if cadence else None, fields)
