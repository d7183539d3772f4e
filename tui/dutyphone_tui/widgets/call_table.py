"""Calls, one a row, newest first, with the times in which nobody listened in their place."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len

from dutyphone.i18n import _
from dutyphone.journal.facts import Outcome
from dutyphone.store.readmodels import BlindRow, CallRow, CallState
from dutyphone_tui import wording
from dutyphone_tui.cells import cut, fit
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import clock_text, minute_text, short_stamp_text, stamp_text
from dutyphone_tui.widgets.lines import Line, line_width
from dutyphone_tui.widgets.row_list import RowList

Entry = CallRow | BlindRow

WHO_LEAST = 8
"""A column for the name that is narrower than this says nothing and is left out."""

WHO_BEFORE_LINE = 20
"""The name is left this much before the line takes a column."""

RING_CELLS = 5
TIME_CELLS, DATED_CELLS = (5, 8), (11, 19)
"""Of the time, where there is little room and where there is much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Widths in cells; a column of 0 is left out."""

    time: int
    line: int
    number: int
    who: int
    result: int
    ring: int
    gap: int


class CallTable(RowList[Entry]):
    """`dated`: the calls may be of several days, so that each carries its date."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "call-table--time",
        "call-table--number",
        "call-table--absent",
        "call-table--note",
        "call-table--answered",
        "call-table--missed",
        "call-table--owed",
        "call-table--open",
        "call-table--other",
        "call-table--blind",
        "call-table--mark",
    }

    def __init__(
        self,
        telling: Telling,
        *,
        now: datetime,
        dated: bool,
        empty: str,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(empty=empty, id=id)
        self._telling = telling
        self._now = now
        self._dated = dated
        self._time_cells = DATED_CELLS if dated else TIME_CELLS

    def show_entries(self, entries: tuple[Entry, ...], now: datetime) -> None:
        """Show `entries` as they are `now`."""
        self._now = now
        if self._dated:
            zone = self._telling.zone
            today = now.astimezone(zone).date()
            of_today = all(_begins(entry).astimezone(zone).date() == today for entry in entries)
            cells = TIME_CELLS if of_today else DATED_CELLS
            if cells != self._time_cells:
                self._time_cells = cells
                self.refresh()
        self.show_rows(entries)

    @property
    def selected_call(self) -> CallRow | None:
        """The selected call, None if there is none or a blind interval is selected."""
        return self.selected if isinstance(self.selected, CallRow) else None

    def key_of(self, row: Entry) -> Hashable:
        return ("call", row.call) if isinstance(row, CallRow) else ("blind", row.id, row.line)

    def head(self, width: int) -> Line:
        columns = self._columns(width)
        titles = (
            (_("time"), columns.time, False),
            (_("line"), columns.line, False),
            (_("number"), columns.number, False),
            (_("who"), columns.who, False),
            (_("result"), columns.result, False),
            (_("ring"), columns.ring, True),
        )
        gap = " " * columns.gap
        return [("  " + gap.join(fit(text, cells, right=right) for text, cells, right in titles if cells), "")]

    def paint(self, row: Entry, width: int, *, selected: bool) -> Line:
        columns = self._columns(width)
        if isinstance(row, BlindRow):
            return self._paint_blind(row, columns, width, selected=selected)
        gap = (" " * columns.gap, "")
        mark = "> " if selected else "! " if row.owed is not None else "  "
        line: list[tuple[str, str]] = [
            (mark, "call-table--mark"),
            (fit(self._time(row.arrived_at, columns.time), columns.time), "call-table--time"),
            gap,
        ]
        if columns.line:
            line += [(fit(self._telling.line(row.line), columns.line), "call-table--time"), gap]
        if self._telling.has_number(row) or row.name:
            look = "call-table--number" if self._telling.has_number(row) else "call-table--absent"
            line += [(fit(self._telling.number(row), columns.number), look), gap]
            if columns.who:
                line += [*self._who(row, columns.who), gap]
        else:
            both = columns.number + (columns.gap + columns.who if columns.who else 0)
            line += [*self._nobody(row, both), gap]
        line.append((fit(wording.result(row), columns.result), _look(row)))
        if columns.ring:
            ring = _("{n} s").format(n=int(row.ring_s)) if row.ring_s else ""
            line += [gap, (fit(ring, columns.ring, right=True), "call-table--time")]
        return line

    def _who(self, row: CallRow, width: int) -> Line:
        who = cut(self._telling.who(row) if width >= 40 else self._telling.who_briefly(row), width)
        left = width - cell_len(who)
        if row.last_note and left > 8:
            return [(who, ""), (fit(("  " if who else "") + row.last_note, left), "call-table--note")]
        return [(who + " " * left, "")]

    def _nobody(self, row: CallRow, width: int) -> Line:
        """Why there is no number, across both columns, and the note."""
        why = cut(self._telling.number(row) + (f"  {self._telling.who_briefly(row)}" if row.fax else ""), width)
        return [(why, "call-table--absent"), (fit("  " + row.last_note, width - cell_len(why)), "call-table--note")]

    def _paint_blind(self, row: BlindRow, columns: Columns, width: int, *, selected: bool) -> Line:
        start = ("> " if selected else "- ") + fit(self._time(row.from_at, columns.time), columns.time)
        text = cut(self._telling.blind(row), width - cell_len(start) - 3)
        line: Line = [(start + "  ", "call-table--blind"), (text + " ", "call-table--blind")]
        return [*line, ("-" * (width - line_width(line)), "call-table--blind")]

    def _time(self, at: datetime, width: int) -> str:
        zone = self._telling.zone
        if self._dated:
            return stamp_text(at, zone) if width >= 19 else short_stamp_text(at, self._now, zone)
        return clock_text(at, zone) if width >= 8 else minute_text(at, zone)

    def _columns(self, width: int) -> Columns:
        gap = 2 if width >= 64 else 1
        roomy = width >= 100
        time = self._time_cells[roomy]
        number = 18 if roomy else 14
        result = min(max(cell_len(text) for text in wording.results()), 13)
        free = width - 2 - time - number - result - 2 * gap
        who = line = ring = 0
        if free - gap >= WHO_LEAST:
            who = free - gap
            if who - RING_CELLS - gap >= 2 * WHO_LEAST:
                ring = RING_CELLS
                who -= ring + gap
            cells = min(max(map(cell_len, self._telling.titles.values()), default=0), 12 if roomy else 10)
            if len(self._telling.titles) > 1 and who - cells - gap >= WHO_BEFORE_LINE:
                line = cells
                who -= line + gap
        else:
            result += free
        return Columns(time=time, line=line, number=number, who=who, result=result, ring=ring, gap=gap)


def _begins(entry: Entry) -> datetime:
    return entry.arrived_at if isinstance(entry, CallRow) else entry.from_at


def _look(row: CallRow) -> str:
    if row.state is not CallState.ENDED:
        return "call-table--open"
    if row.owed is not None:
        return "call-table--owed"
    if row.result is Outcome.ANSWERED:
        return "call-table--answered"
    if row.settlement is not None:
        return "call-table--other"
    return "call-table--missed" if row.result is Outcome.MISSED else "call-table--other"
