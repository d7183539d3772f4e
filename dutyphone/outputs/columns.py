"""What an exported row holds, in which order.

Two profiles. PEOPLE is the sheet of the duty room, columns and order as offices keep them; MACHINE is for programs:
codes, ISO 8601 with offset, nothing rounded. Columns whose facts are not kept yet are there and empty, so that a sheet
made today and one made next year have the same columns.

The cells of a row are made by one function a profile rather than one a column, from the call as it is stored and not as
a screen sees it, and what many rows have in common is worked out once: years of calls are a million rows, and an export
costs what is done for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta, tzinfo
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from dutyphone.calls.numbers import Site, read_number, show_number
from dutyphone.duty.shift_date import duty_day, shift_date
from dutyphone.journal.facts import NumberKind, Outcome, Settlement
from dutyphone.lines.events import Direction, NumberAbsence
from dutyphone.outputs.words import Words
from dutyphone.store.readmodels import BlindRow, CallCodes, CallRecord, CallState, Owed
from dutyphone.store.rows import micros, moment

Cell = str | int | float | None
"""None: nothing to say."""

Text = Callable[[str], str]
"""Makes text from outside fit for the file."""

Row = TypeVar("Row")


def _as_it_is(text: str) -> str:
    return text


class Profile(Enum):
    """Whom a file is for."""

    PEOPLE = "people"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `width` is in half-width characters, of which a Chinese one takes two; `wraps` for long text.

    `digits` is text that looks like a number and must stay text when somebody edits the cell.
    """

    title: str
    width: int = 12
    wraps: bool = False
    digits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Generic[Row]):
    """A table: its title, its columns, and the cells of a row in their order."""

    title: str
    columns: Sequence[Column]
    cells: Callable[[Row], tuple[Cell, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How cells are made: `text` and `number` clean what came from outside, `zone` and `day_starts` are the room's.

    `line_titles` is what people call each line; programs get its name. `plain` is for text that needs no cleaning but
    has to be spelled as the file wants it, and `nothing` is an empty cell; `text` and `number` spell as well. `hides`:
    some numbers are not to be read, and `text` and `number` see to it.
    """

    words: Words
    zone: tzinfo
    day_starts: time
    simulated: bool
    text: Text
    number: Text
    line_titles: Mapping[str, str]
    plain: Text = _as_it_is
    nothing: Cell = None
    hides: bool = False


def call_sheet(profile: Profile, style: Style, *, chinese: bool) -> Sheet[CallRecord]:
    """The table of calls."""
    if profile is Profile.MACHINE:
        return Sheet(title="calls", columns=_titled(MACHINE_COLUMNS), cells=_machine_cells(style))
    columns = [
        Column(title=zh if chinese else en, width=width, wraps=zh in _WRAPPED, digits=zh in _DIGITS)
        for zh, en, width in PEOPLE_COLUMNS
    ]
    return Sheet(title=_marked(style, style.words.calls), columns=columns, cells=_people_cells(style))


def blind_sheet(profile: Profile, style: Style, *, chinese: bool) -> Sheet[BlindRow]:
    """The table of times in which a line was not listened to."""
    if profile is Profile.MACHINE:
        return Sheet(title="blind_intervals", columns=_titled(BLIND_MACHINE_COLUMNS), cells=_blind_machine_cells(style))
    columns = [Column(title=zh if chinese else en, width=width) for zh, en, width in BLIND_PEOPLE_COLUMNS]
    return Sheet(title=_marked(style, style.words.blind), columns=columns, cells=_blind_people_cells(style))


PEOPLE_COLUMNS = (
    ("序号", "No.", 8),
    ("值班日期", "Duty date", 11),
    ("班次", "Shift", 8),
    ("值班员", "Officer", 10),
    ("线路", "Line", 12),
    ("方向", "Direction", 9),
    ("来电时间", "Arrived", 20),
    ("接听时间", "Answered", 20),
    ("结束时间", "Ended", 20),
    ("振铃(秒)", "Ring (s)", 9),
    ("通话(秒)", "Talk (s)", 9),
    ("结果", "Result", 10),
    ("号码", "Number", 20),
    ("单位", "Unit", 20),
    ("姓名", "Name", 14),
    ("职务", "Post", 10),
    ("重要程度", "Importance", 10),
    ("是否转移", "Forwarded", 10),
    ("电话记录编号", "Record no.", 16),
    ("处理情况", "Handling", 20),
    ("补录", "Backfilled", 10),
    ("备注", "Remarks", 40),
)
"""Chinese title, English title, width."""

_WRAPPED = frozenset({"处理情况", "备注"})
_DIGITS = frozenset(
    {"号码", "电话记录编号"}
    | {"number_raw", "number_e164ish", "extension", "digits_dialled", "called_number", "redirected_from"}
)

MACHINE_COLUMNS = (
    "id",
    "line",
    "direction",
    "started_at",
    "answered_at",
    "ended_at",
    "ring_s",
    "talk_s",
    "result",
    "number_raw",
    "number_e164ish",
    "name_raw",
    "contact_id",
    "forwarded",
    "shift_id",
    "officer",
    "record_no",
    "source",
    "backfilled",
    "seq",
    "hash",
    "call",
    "number_kind",
    "number_absence",
    "extension",
    "evidence",
    "digits_dialled",
    "called_number",
    "redirected_from",
    "exchange_code",
)
"""New columns are added behind the last, so that a reader by position keeps working."""

BLIND_PEOPLE_COLUMNS = (
    ("线路", "Line", 12),
    ("开始时间", "From", 20),
    ("结束时间", "Until", 20),
    ("时长(秒)", "Length (s)", 10),
    ("原因", "Reason", 20),
    ("说明", "Details", 40),
    ("备注", "Remarks", 10),
)

BLIND_MACHINE_COLUMNS = ("id", "line", "from_at", "until_at", "length_s", "reason", "detail", "source")


def _titled(names: Sequence[str]) -> list[Column]:
    return [Column(title=name, width=max(12, len(name) + 2), digits=name in _DIGITS) for name in names]


def _marked(style: Style, title: str) -> str:
    return f"{style.words.drill}-{title}" if style.simulated else title


# --- calls -------------------------------------------------------------------------------------------------------


def _people_cells(style: Style) -> Callable[[CallRecord], tuple[Cell, ...]]:
    text, nothing = style.text, style.nothing
    clock, day = _wall_clock(style.zone), _day_of_duty(style)
    said: _Remembered[str, _Said] = _Remembered(lambda codes: _said(style, CallCodes.read(codes)))
    lines: _Remembered[str, str] = _Remembered(lambda line: text(style.line_titles.get(line, line)))
    names: _Remembered[str | None, Cell] = _Remembered(lambda name: text(name) if name else nothing)
    separator = style.words.separator

    def cells(record: CallRecord) -> tuple[Cell, ...]:
        (
            row,
            _call,
            line,
            codes,
            arrived_us,
            answered_us,
            ended_us,
            ring_s,
            talk_s,
            number_raw,
            normalised,
            extension,
            digits,
            name,
            settled_by,
            note,
            _called,
            redirected_from,
            _code,
        ) = record
        direction, result, forwarded, handling, marks, number = said[codes]
        if redirected_from:
            at_first = style.words.at_first.format(number=style.number(redirected_from))
            marks = f"{marks}{separator}{at_first}" if marks else at_first
        return (
            row,
            day(arrived_us),
            nothing,
            nothing,
            lines[line],
            direction,
            clock(arrived_us),
            nothing if answered_us is None else clock(answered_us),
            nothing if ended_us is None else clock(ended_us),
            round(ring_s),
            nothing if talk_s is None else round(talk_s),
            result,
            number(number_raw, normalised, extension, digits),
            nothing,
            names[name],
            nothing,
            nothing,
            forwarded,
            nothing,
            handling[settled_by],
            nothing,
            text(f"{marks}{separator}{note}" if marks and note else marks or note) if marks or note else nothing,
        )

    return cells


class _Said(NamedTuple):
    """What people read of codes: `handling` by who settled the call, `marks` what stands before its note."""

    direction: str
    result: str
    forwarded: Cell
    handling: Mapping[str, Cell]
    marks: str
    number: _NumberCell


def _said(style: Style, codes: CallCodes) -> _Said:
    words, plain = style.words, style.plain
    marks = (
        words.drill if style.simulated else "",
        words.fax if codes.fax == "1" else "",
        words.doubtful if codes.doubtful == "1" else "",
    )
    return _Said(
        direction=plain(words.direction[Direction(codes.direction)]),
        result=plain(words.outcome[Outcome(codes.result)] if codes.result else words.state[CallState(codes.state)]),
        forwarded=plain(words.yes) if codes.result == Outcome.FORWARDED.value else style.nothing,
        handling=_Remembered(lambda settled_by: _handling(style, codes, settled_by)),
        marks=words.separator.join(filter(None, marks)),
        number=_number_for_people(style, codes),
    )


def _handling(style: Style, codes: CallCodes, settled_by: str) -> Cell:
    """What was done about the call, or is still to be done."""
    words = style.words
    if codes.settlement:
        what = words.settlement[Settlement(codes.settlement)]
        return style.text(words.handled_by.format(what=what, by=settled_by)) if settled_by else style.plain(what)
    return style.plain(words.owed[Owed(codes.owed)]) if codes.owed else style.nothing


def _machine_cells(style: Style) -> Callable[[CallRecord], tuple[Cell, ...]]:
    text, number, plain, clock, nothing = style.text, style.number, style.plain, _iso_clock(style.zone), style.nothing
    source = _source(style)
    said: _Remembered[str, CallCodes] = _Remembered(CallCodes.read)
    lines: _Remembered[str, str] = _Remembered(text)

    def cells(record: CallRecord) -> tuple[Cell, ...]:
        call = CallRecord._make(record)
        codes = said[call.codes]
        return (
            call.id,
            lines[call.line],
            codes.direction,
            clock(call.arrived_us),
            nothing if call.answered_us is None else clock(call.answered_us),
            nothing if call.ended_us is None else clock(call.ended_us),
            call.ring_s,
            nothing if call.talk_s is None else call.talk_s,
            codes.result or nothing,
            nothing if call.number_raw is None else number(call.number_raw),
            nothing if call.number is None else number(call.number),
            nothing if call.name is None else text(call.name),
            nothing,
            1 if codes.result == Outcome.FORWARDED.value else nothing,
            nothing,
            nothing,
            nothing,
            source,
            nothing,
            nothing,
            nothing,
            plain(call.call),
            codes.kind or nothing,
            codes.absence or nothing,
            nothing if call.extension is None else plain(call.extension),
            codes.evidence or nothing,
            number(call.digits) if call.digits else nothing,
            nothing if call.called is None else number(call.called),
            nothing if call.redirected_from is None else number(call.redirected_from),
            nothing if call.code is None else call.code,
        )

    return cells


# --- blind intervals ---------------------------------------------------------------------------------------------


def _blind_people_cells(style: Style) -> Callable[[BlindRow], tuple[Cell, ...]]:
    words, text, plain, clock, nothing = style.words, style.text, style.plain, _wall_clock(style.zone), style.nothing
    titles = style.line_titles

    def cells(row: BlindRow) -> tuple[Cell, ...]:
        return (
            text(titles.get(row.line, row.line)),
            clock(micros(row.from_at)),
            plain(words.still_down) if row.until_at is None else clock(micros(row.until_at)),
            nothing if row.until_at is None else round((row.until_at - row.from_at).total_seconds()),
            plain(words.not_recording if row.reason is None else words.loss[row.reason]),
            text(row.detail) if row.detail else nothing,
            plain(words.drill) if style.simulated else nothing,
        )

    return cells


def _blind_machine_cells(style: Style) -> Callable[[BlindRow], tuple[Cell, ...]]:
    text, clock, source, nothing = style.text, _iso_clock(style.zone), _source(style), style.nothing

    def cells(row: BlindRow) -> tuple[Cell, ...]:
        return (
            row.id,
            text(row.line),
            clock(micros(row.from_at)),
            nothing if row.until_at is None else clock(micros(row.until_at)),
            nothing if row.until_at is None else (row.until_at - row.from_at).total_seconds(),
            nothing if row.reason is None else row.reason.value,
            text(row.detail) if row.detail else nothing,
            source,
        )

    return cells


def _source(style: Style) -> str:
    return "drill" if style.simulated else "line"


# --- cells -------------------------------------------------------------------------------------------------------

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Remembered(dict[Key, Value]):
    """What `find` answered; with too many answers it begins anew."""

    MOST = 5_000

    def __init__(self, find: Callable[[Key], Value]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, key: Key) -> Value:
        if len(self) >= self.MOST:
            self.clear()
        answer = self[key] = self._find(key)
        return answer


def _wall_clock(zone: tzinfo) -> Callable[[int], str]:
    """2026-05-09 17:30:05 on the wall of the room, from microseconds since 1970-01-01 UTC.

    Rows come in the order of time, so the day of the last answer mostly serves again, and the seconds since it began
    are the time of day: a tenth of what `astimezone` costs, which serves on days whose clock is changed.
    """
    begins_us = ends_us = 0
    date = ""

    def clock(at_us: int) -> str:
        nonlocal begins_us, ends_us, date
        if not begins_us <= at_us < ends_us:
            day = _even_day(at_us, zone)
            if day is None:
                return moment(at_us).astimezone(zone).isoformat(" ", "seconds")[:19]
            begins_us, ends_us, date = day
        minute, second = divmod((at_us - begins_us) // 1_000_000, 60)
        return f"{date}{_MINUTES[minute]}{_SECONDS[second]}"

    return clock


def _even_day(at_us: int, zone: tzinfo) -> tuple[int, int, str] | None:
    """When the day in the room begins and ends, and its date; None if its clock is changed that day.

    No zone changes its clock and takes it back on one day.
    """
    local = moment(at_us).astimezone(zone)
    begins = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    begins_us = micros(begins)
    ends_us = begins_us + _DAY_US
    last = moment(ends_us - 1).astimezone(zone)
    even = begins.utcoffset() == last.utcoffset() and last.date() == local.date()
    return (begins_us, ends_us, f"{local.date().isoformat()} ") if even and begins_us <= at_us < ends_us else None


def _iso_clock(zone: tzinfo) -> Callable[[int], str]:
    """2026-05-09T17:30:05.123456+08:00: the microseconds of the record, the offset of the room."""

    def clock(at_us: int) -> str:
        return moment(at_us).astimezone(zone).isoformat(timespec="microseconds")

    return clock


def _day_of_duty(style: Style) -> Callable[[int], str]:
    """The date of the duty day; as with the clock, the last answer mostly serves again."""
    begins_us = ends_us = 0
    shown = ""

    def day(at_us: int) -> str:
        nonlocal begins_us, ends_us, shown
        if not begins_us <= at_us < ends_us:
            date = shift_date(moment(at_us), style.zone, style.day_starts)
            begins_us, ends_us = map(micros, duty_day(date, style.zone, style.day_starts))
            shown = date.isoformat()
        return shown

    return day


_NumberCell = Callable[[str | None, str | None, str | None, str], Cell]
"""What is said of a call's number: from the number as it was sent, as normalised, its extension, and digits dialled."""


def _number_for_people(style: Style, codes: CallCodes) -> _NumberCell:
    """The number as people write it, always with area code: a sheet is read elsewhere too. Or why there is none."""
    words, clean, plain = style.words, style.number, style.plain
    kind = NumberKind(codes.kind) if codes.kind else None
    recognised = kind is not None and kind is not NumberKind.UNRECOGNISED
    ends_in_four = kind in _ENDS_IN_FOUR and not style.hides
    heads: _Remembered[str, str | None] = _Remembered(lambda begins: head(begins))
    known: _Remembered[str, str] = _Remembered(lambda normalised: shown(None, normalised, None))

    def number(raw: str | None, normalised: str | None, extension: str | None, digits: str) -> Cell:
        if not (recognised and normalised and extension is None):
            return shown(raw, normalised, extension) or instead(digits)
        if ends_in_four:
            begins, last = heads[normalised[:-4]], normalised[-4:]
            if begins is not None and last.isdecimal() and last.isascii():
                return begins + last
        return known[normalised] or instead(digits)

    def head(begins: str) -> str | None:
        """What stands before the last four digits; None if that does not follow from `begins`."""
        text = shown(None, begins + "0000", None) if begins.startswith("+86") else ""
        return text[:-4] if text.endswith(" 0000") else None

    def shown(raw: str | None, normalised: str | None, extension: str | None) -> str:
        text = show_number(normalised, kind, extension, raw)
        return clean(text) if text else ""

    def instead(digits: str) -> Cell:
        if digits:
            dialled = read_number(digits, _ANYWHERE)
            return clean(show_number(dialled.number, dialled.kind, dialled.extension, digits))
        if codes.absence:
            return plain(words.absence[NumberAbsence(codes.absence)])
        if codes.purged == "1":
            return plain(words.purged)
        dialled_out = codes.direction == Direction.OUTGOING.value
        return style.nothing if dialled_out or codes.identified == "1" else plain(words.no_caller_id)

    return number


_ENDS_IN_FOUR = frozenset({NumberKind.FIXED, NumberKind.MOBILE})
"""Chinese numbers of these kinds are shown with their last four digits apart."""

_ANYWHERE = Site(area_code="", internal_digits=(0, 0))
_DAY_US = timedelta(days=1) // timedelta(microseconds=1)
_MINUTES = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))
_SECONDS = tuple(f":{second:02}" for second in range(60))
