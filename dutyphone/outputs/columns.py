"""What an exported row holds, in which order.

Two profiles. PEOPLE is the sheet of the duty room, columns and order as offices keep them; MACHINE is for programs:
codes, ISO 8601 with offset, nothing rounded. Columns whose facts are not kept yet are there and empty, so that a sheet
made today and one made next year have the same columns.

The cells of a row are made by one function a profile rather than one a column: a month of calls has a hundred thousand
rows, and two dozen calls a row are what an export costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from enum import Enum
from typing import Generic, TypeVar

from dutyphone.calls.numbers import Site, read_number, show_number
from dutyphone.duty.shift_date import duty_day, shift_date
from dutyphone.journal.facts import NumberKind, Outcome
from dutyphone.lines.events import Direction
from dutyphone.outputs.words import Words
from dutyphone.store.readmodels import BlindRow, CallRow, CallState

Cell = str | int | float | None
"""None: nothing to say."""

Text = Callable[[str], str]
"""Makes text from outside fit for the file."""

Row = TypeVar("Row")


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

    `line_titles` is what people call each line; programs get its name.
    """

    words: Words
    zone: tzinfo
    day_starts: time
    simulated: bool
    text: Text
    number: Text
    line_titles: Mapping[str, str]


def call_sheet(profile: Profile, style: Style, *, chinese: bool) -> Sheet[CallRow]:
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
_DIGITS = frozenset({"号码", "电话记录编号", "number_raw", "number_e164ish", "extension", "digits_dialled"})

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


def _people_cells(style: Style) -> Callable[[CallRow], tuple[Cell, ...]]:
    words, text = style.words, style.text
    clock, day, number = _wall_clock(style.zone), _day_of_duty(style), _number_for_people(style)
    incoming, outgoing = words.direction[Direction.INCOMING], words.direction[Direction.OUTGOING]
    titles = style.line_titles

    def cells(row: CallRow) -> tuple[Cell, ...]:
        result = row.result
        return (
            row.id,
            day(row.arrived_at),
            None,
            None,
            text(titles.get(row.line, row.line)),
            incoming if row.direction is Direction.INCOMING else outgoing,
            clock(row.arrived_at),
            None if row.answered_at is None else clock(row.answered_at),
            None if row.ended_at is None else clock(row.ended_at),
            round(row.ring_s),
            None if row.talk_s is None else round(row.talk_s),
            words.state[row.state] if result is None else words.outcome[result],
            number(row),
            None,
            text(row.name) if row.name else None,
            None,
            None,
            words.yes if result is Outcome.FORWARDED else None,
            None,
            handling(row),
            None,
            remarks(row),
        )

    def handling(row: CallRow) -> str | None:
        if row.settlement is not None:
            what = words.settlement[row.settlement]
            return text(words.handled_by.format(what=what, by=row.settled_by)) if row.settled_by else what
        if row.state is not CallState.ENDED:
            return None
        owed = row.owed
        return None if owed is None else words.owed[owed]

    def remarks(row: CallRow) -> str | None:
        if not (style.simulated or row.fax or row.doubtful):
            return text(row.last_note) if row.last_note else None
        marks = (
            words.drill if style.simulated else "",
            words.fax if row.fax else "",
            words.doubtful if row.doubtful else "",
            row.last_note,
        )
        return text(words.separator.join(filter(None, marks)))

    return cells


def _machine_cells(style: Style) -> Callable[[CallRow], tuple[Cell, ...]]:
    text, number, clock = style.text, style.number, _iso_clock(style.zone)
    source = _source(style)

    def cells(row: CallRow) -> tuple[Cell, ...]:
        result = row.result
        return (
            row.id,
            text(row.line),
            row.direction.value,
            clock(row.arrived_at),
            None if row.answered_at is None else clock(row.answered_at),
            None if row.ended_at is None else clock(row.ended_at),
            row.ring_s,
            row.talk_s,
            None if result is None else result.value,
            None if row.number_raw is None else number(row.number_raw),
            None if row.number is None else number(row.number),
            None if row.name is None else text(row.name),
            None,
            1 if result is Outcome.FORWARDED else None,
            None,
            None,
            None,
            source,
            None,
            None,
            None,
            row.call,
            None if row.kind is None else row.kind.value,
            None if row.absence is None else row.absence.value,
            row.extension,
            None if row.evidence is None else row.evidence.value,
            number(row.digits) if row.digits else None,
        )

    return cells


# --- blind intervals ---------------------------------------------------------------------------------------------


def _blind_people_cells(style: Style) -> Callable[[BlindRow], tuple[Cell, ...]]:
    words, text, clock = style.words, style.text, _wall_clock(style.zone)
    titles = style.line_titles

    def cells(row: BlindRow) -> tuple[Cell, ...]:
        return (
            text(titles.get(row.line, row.line)),
            clock(row.from_at),
            words.still_down if row.until_at is None else clock(row.until_at),
            None if row.until_at is None else round((row.until_at - row.from_at).total_seconds()),
            words.not_recording if row.reason is None else words.loss[row.reason],
            text(row.detail) if row.detail else None,
            words.drill if style.simulated else None,
        )

    return cells


def _blind_machine_cells(style: Style) -> Callable[[BlindRow], tuple[Cell, ...]]:
    text, clock, source = style.text, _iso_clock(style.zone), _source(style)

    def cells(row: BlindRow) -> tuple[Cell, ...]:
        return (
            row.id,
            text(row.line),
            clock(row.from_at),
            None if row.until_at is None else clock(row.until_at),
            None if row.until_at is None else (row.until_at - row.from_at).total_seconds(),
            None if row.reason is None else row.reason.value,
            text(row.detail) if row.detail else None,
            source,
        )

    return cells


def _source(style: Style) -> str:
    return "drill" if style.simulated else "line"


# --- cells -------------------------------------------------------------------------------------------------------


def _wall_clock(zone: tzinfo) -> Callable[[datetime], str]:
    """2026-05-09 17:30:05 on the wall of the room. Put together from parts, which is twice as fast as `isoformat`."""
    known_day, date = 0, ""

    def clock(at: datetime) -> str:
        nonlocal known_day, date
        local = at.astimezone(zone)
        day = local.toordinal()
        if day != known_day:
            known_day, date = day, local.date().isoformat()
        return f"{date} {_TWO_DIGITS[local.hour]}:{_TWO_DIGITS[local.minute]}:{_TWO_DIGITS[local.second]}"

    return clock


def _iso_clock(zone: tzinfo) -> Callable[[datetime], str]:
    """2026-05-09T17:30:05.123456+08:00: the microseconds of the record, the offset of the room."""

    def clock(at: datetime) -> str:
        return at.astimezone(zone).isoformat(timespec="microseconds")

    return clock


def _day_of_duty(style: Style) -> Callable[[datetime], str]:
    """The date of the duty day; rows come in the order of time, so the last answer mostly serves again."""
    begins = ends = datetime.min.replace(tzinfo=UTC)
    shown = ""

    def day(at: datetime) -> str:
        nonlocal begins, ends, shown
        if not begins <= at < ends:
            date = shift_date(at, style.zone, style.day_starts)
            begins, ends = duty_day(date, style.zone, style.day_starts)
            shown = date.isoformat()
        return shown

    return day


def _number_for_people(style: Style) -> Callable[[CallRow], str | None]:
    """The number as people write it, always with area code: a sheet is read elsewhere too. Or why there is none."""
    words, clean = style.words, style.number
    known: dict[str, str] = {}

    def number(row: CallRow) -> str | None:
        plain = row.number is not None and row.extension is None and row.kind is not NumberKind.UNRECOGNISED
        if plain and row.number in known:
            return known[row.number]
        shown = show_number(row.number, row.kind, row.extension, row.number_raw)
        if shown:
            shown = clean(shown)
        elif row.digits:
            dialled = read_number(row.digits, _ANYWHERE)
            return clean(show_number(dialled.number, dialled.kind, dialled.extension, row.digits))
        elif row.absence is not None:
            return words.absence[row.absence]
        elif row.purged:
            return words.purged
        else:
            return None if row.direction is Direction.OUTGOING or row.identified else words.no_caller_id
        if plain and row.number is not None:
            if len(known) >= _NUMBERS_REMEMBERED:
                known.clear()
            known[row.number] = shown
        return shown

    return number


_NUMBERS_REMEMBERED = 20_000
_ANYWHERE = Site(area_code="", internal_digits=(0, 0))
_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))
