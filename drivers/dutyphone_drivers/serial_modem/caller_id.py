"""Caller ID: the fields of one burst, put together.

A burst opens at the first field, hexadecimal message or CIDM, and closes at a ring, at any other event, or when nothing
more comes. The first value of a kind stands; a word for "no number" never stands over a number.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from dutyphone.lines.events import CallerIdForm, NameAbsence, NumberAbsence
from dutyphone.lines.names import decode_name
from dutyphone_drivers.serial_modem import absence, frames
from dutyphone_drivers.serial_modem.fields import Field, Kind

_UNDIALLED = re.compile(r"(?:[;/]|\s+\**)$")
"""What some devices put behind a number."""
_LONGEST_NUMBER = 40
"""Characters. ITU-T E.164 allows 15 digits; the rest is room for prefixes and punctuation."""
_FEWEST_MESSAGE_DIGITS = 24
"""Hexadecimal digits: more than any number has; a message with date and time has as many before its number begins."""
_MOST_FIELDS = 64
_MOST_WIRE = 4096
"""Bytes kept of one burst as it came; the longest message with every parameter is below 1 kB."""
_SAME_NUMBER_DIGITS = 7
"""Two spellings of a number are the same if their last digits are: one may carry prefix and area code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """What is known of a caller; the fields of `dutyphone.lines.events.CallerIdHeard`."""

    number: str | None = None
    absence: NumberAbsence | None = None
    name: str | None = None
    name_absence: NameAbsence | None = None
    name_bytes: bytes = b""
    called: str | None = None
    redirected_from: str | None = None
    stamped: str | None = None
    form: CallerIdForm = CallerIdForm.FORMATTED
    intact: bool | None = None
    fields: tuple[tuple[str, bytes], ...] = ()


class Burst:
    """Collects one burst. Bounded: beyond `_MOST_FIELDS` fields nothing more is taken."""

    def __init__(self) -> None:
        self._fields: list[Field] = []
        self._hex = b""
        self._form = CallerIdForm.FORMATTED
        self._intact: bool | None = None
        self._open = False
        self.wire = b""

    @property
    def is_open(self) -> bool:
        return self._open

    @property
    def wants_hex(self) -> bool:
        """Whether a message has begun in hexadecimal and is not complete."""
        return bool(self._hex) and frames.read_frame(self._hex).short

    @property
    def about_caller(self) -> bool:
        """Whether anything in it is about the caller, not only date, time or what else was sent."""
        return bool(self._hex) or any(field.kind not in (Kind.DATE, Kind.TIME, Kind.OTHER) for field in self._fields)

    @property
    def settled(self) -> bool:
        """Whether number and name, or what stands for them, are both in."""
        kinds = {field.kind for field in self._fields}
        return bool(kinds & {Kind.NUMBER, Kind.DIALABLE, Kind.NO_NUMBER}) and bool(kinds & {Kind.NAME, Kind.NO_NAME})

    @property
    def proved(self) -> bool:
        """Whether a whole message with a right checksum is in: nothing more can come."""
        return bool(self._hex) and frames.read_frame(self._hex).intact is True

    def open(self, wire: bytes) -> None:
        """A sign that caller ID follows."""
        self._open = True
        self.wire += wire[: _MOST_WIRE - len(self.wire)]

    def add(self, fields: tuple[Field, ...], wire: bytes) -> None:
        """Fields of a line. Hexadecimal ones are taken apart."""
        self.open(wire)
        for field in fields:
            if field.kind is Kind.HEXADECIMAL or _is_message(field):
                self._add_hex_field(field)
            else:
                self._take(field)

    def add_hex(self, digits: bytes, wire: bytes) -> None:
        """A line of hexadecimal digits: a message, or more of the one that is not complete."""
        self.open(wire)
        self._hex = (self._hex + digits)[:_MOST_WIRE]

    def close(self) -> CallerId | None:
        """What was collected, None if the burst held nothing. Afterwards it is closed and empty."""
        form, intact, fields = self._form, self._intact, list(self._fields)
        if self._hex:
            frame = frames.read_frame(self._hex)
            form = frame.form
            intact = frame.intact
            fields = [*frame.fields, *fields]
        self._fields, self._hex, self._open, self.wire = [], b"", False, b""
        self._form, self._intact = CallerIdForm.FORMATTED, None
        return put_together(tuple(fields), form=form, intact=intact) if fields else None

    def _take(self, field: Field) -> None:
        if len(self._fields) < _MOST_FIELDS:
            self._fields.append(field)

    def _add_hex_field(self, field: Field) -> None:
        digits = frames.hex_digits(field.value)
        if digits and frames.begins_message(digits):
            self._hex = self._hex or digits
        elif digits and self.wants_hex:
            self._hex = (self._hex + digits)[:_MOST_WIRE]
        elif digits and (parameters := frames.read_single_parameter(digits)):
            for parameter in parameters:
                self._take(parameter)
        else:
            self._take(Field(Kind.OTHER, field.key, field.value))


def _is_message(field: Field) -> bool:
    """Whether a message stands where a number is expected."""
    digits = frames.hex_digits(field.value) if field.kind is Kind.NUMBER else None
    return digits is not None and len(digits) >= _FEWEST_MESSAGE_DIGITS and frames.begins_message(digits)


def put_together(
    fields: tuple[Field, ...], *, form: CallerIdForm = CallerIdForm.FORMATTED, intact: bool | None = None
) -> CallerId:
    """The caller ID that `fields` make."""
    number, absent = _number(fields)
    name_bytes = next((f.value for f in fields if f.kind is Kind.NAME and absence.is_name(decode_name(f.value))), b"")
    no_name = [f.value for f in fields if f.kind in (Kind.NO_NAME, Kind.NAME)]
    why_no_name = next((why for value in no_name if (why := absence.name_absence(_text(value)))), None)
    return CallerId(
        number=number,
        absence=absent,
        name=decode_name(name_bytes) or None,
        name_absence=None if name_bytes else why_no_name,
        name_bytes=name_bytes,
        called=_called(fields),
        redirected_from=_first(fields, Kind.REDIRECTED_FROM),
        stamped=_stamped(fields),
        form=form,
        intact=intact,
        fields=tuple((field.key, field.value) for field in fields),
    )


def merged(first: CallerId, later: CallerId) -> CallerId:
    """What both together say of one call: `first` stands, `later` fills its gaps."""
    with_number = first if first.number is not None or later.number is None else later
    with_name = first if first.name is not None or later.name is None else later
    better_absence = first.absence if first.absence not in (None, NumberAbsence.NOT_SENT) else later.absence
    return replace(
        with_number,
        absence=None if with_number.number is not None else better_absence,
        name=with_name.name,
        name_bytes=with_name.name_bytes,
        name_absence=None if with_name.name is not None else first.name_absence or later.name_absence,
        called=first.called or later.called,
        redirected_from=first.redirected_from or later.redirected_from,
        stamped=first.stamped or later.stamped,
        fields=first.fields + tuple(field for field in later.fields if field not in first.fields),
    )


def same_news(first: CallerId, second: CallerId) -> bool:
    """Whether `second` says nothing that `first` did not."""
    return replace(first, fields=(), stamped=None, form=second.form, intact=second.intact) == replace(
        second, fields=(), stamped=None
    )


def other_caller(first: CallerId, second: CallerId) -> bool:
    """Whether both have a number and it cannot be the same one written in two ways."""
    if first.number is None or second.number is None:
        return False
    one, two = (
        "".join(char for char in number if char.isdigit())[-_SAME_NUMBER_DIGITS:]
        for number in (first.number, second.number)
    )
    return not (one.endswith(two) or two.endswith(one)) if one and two else first.number != second.number


def _number(fields: tuple[Field, ...]) -> tuple[str | None, NumberAbsence | None]:
    candidates = [f.value for f in fields if f.kind is Kind.NUMBER]
    candidates += [f.value for f in fields if f.kind is Kind.DIALABLE]
    candidates += [f.value for f in fields if f.kind is Kind.PERHAPS_NUMBER]
    reasons = [f.value for f in fields if f.kind is Kind.NO_NUMBER]
    why: NumberAbsence | None = None
    for value in candidates:
        said = _UNDIALLED.sub("", unicodedata.normalize("NFKC", _text(value))).lstrip("= ")
        absent = absence.number_absence(said)
        if absent is None:
            return said[:_LONGEST_NUMBER], None
        why = _stronger(why, absent)
    for value in reasons:
        why = _stronger(why, absence.number_absence(_text(value)) or NumberAbsence.OUT_OF_AREA)
    return None, why or NumberAbsence.NOT_SENT


def _stronger(first: NumberAbsence | None, second: NumberAbsence) -> NumberAbsence:
    """The first reason given, unless it was none."""
    return second if first in (None, NumberAbsence.NOT_SENT) else first


def _called(fields: tuple[Field, ...]) -> str | None:
    """MDMF parameter 03 is the called number beside a calling one (EN 300 659-3), else the caller's (GR-30)."""
    called = _first(fields, Kind.CALLED)
    if called is None and any(f.kind is Kind.NUMBER for f in fields):
        dialable = next((f.value for f in fields if f.kind is Kind.DIALABLE and f.key == "MDMF-03"), b"")
        numbers = {_text(f.value) for f in fields if f.kind is Kind.NUMBER}
        called = _text(dialable) if _text(dialable) not in numbers else None
    return called or None


def _first(fields: tuple[Field, ...], kind: Kind) -> str | None:
    for field in fields:
        said = _text(field.value)
        if field.kind is kind and said and absence.number_absence(said) is not NumberAbsence.NOT_SENT:
            return said[:_LONGEST_NUMBER]
        if field.kind is kind and kind is Kind.REDIRECTED_FROM and said:
            return said[:_LONGEST_NUMBER]
    return None


def _stamped(fields: tuple[Field, ...]) -> str | None:
    date = next((_text(f.value) for f in fields if f.kind is Kind.DATE and f.value.strip()), "")
    time = next((_text(f.value) for f in fields if f.kind is Kind.TIME and f.value.strip()), "")
    if len(date) == 8 and date.isdigit() and not time:
        date, time = date[:4], date[4:]
    return f"{date} {time}".strip() or None


def _text(value: bytes) -> str:
    return decode_name(value)
