"""How each line stands: idle, ringing, in call or down, and when it was last heard."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len

from dutyphone.i18n import _
from dutyphone.lines.wording import TROUBLES
from dutyphone.store.readmodels import CallRow, CallState, LineCondition, LineRow
from dutyphone_tui import wording
from dutyphone_tui.cells import fit
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import age_text, short_stamp_text
from dutyphone_tui.widgets.lines import Line, LinesWidget, line_width

TITLE_CELLS = 16
HEARD_LATE_S = 180.0
"""A line that was not heard for longer than this is marked, though it is not (yet) down."""

_URGENCY = (LineCondition.DOWN, LineCondition.RINGING, LineCondition.IN_CALL, LineCondition.IDLE)


class LinePanel(LinesWidget):
    """One row a line. If there is no room for all, those that are down or busy stay and the idle ones are counted."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-panel--title",
        "line-panel--idle",
        "line-panel--ringing",
        "line-panel--in_call",
        "line-panel--bar",
        "line-panel--late",
        "line-panel--quiet",
    }

    def __init__(self, telling: Telling, now: datetime) -> None:
        super().__init__()
        self._telling = telling
        self._rows: tuple[LineRow, ...] = ()
        self._calls: dict[str, list[CallRow]] = {}
        self._now = now
        self._most = 3
        self._chip_cells = max(cell_len(_(text)) for text in wording.CONDITIONS.values()) + 2
        """The width of the widest condition in this language."""

    def show(self, lines: tuple[LineRow, ...], calls: tuple[CallRow, ...]) -> None:
        self._calls = {}
        for call in sorted(calls, key=lambda row: (row.state is not CallState.RINGING, row.arrived_at)):
            self._calls.setdefault(call.line, []).append(call)
        self._rows = tuple(_as_called(row, {call.state for call in calls if call.line == row.line}) for row in lines)
        self.renew()

    def tick(self, now: datetime) -> None:
        self._now = now
        self.renew()

    def allow(self, most: int) -> None:
        """Take at most `most` rows."""
        self._most = max(most, 2)
        self.renew()

    def lines(self, width: int) -> Sequence[Line]:
        if not self._rows:
            return [[(" " + _("No line is set up."), "line-panel--quiet")]]
        if len(self._rows) <= self._most:
            return [self._row(row, width) for row in self._rows]
        urgent = sorted(self._rows, key=lambda row: (_URGENCY.index(row.condition), not row.troubles))
        shown, rest = urgent[: self._most - 1], urgent[self._most - 1 :]
        counted = [
            _("{n} {condition}").format(n=n, condition=_(wording.CONDITIONS[condition]))
            for condition in _URGENCY
            if (n := sum(row.condition is condition for row in rest))
        ]
        others = _("{n} more lines: {counted}").format(n=len(rest), counted=", ".join(counted))
        return [*(self._row(row, width) for row in shown), [(f" {others}", "line-panel--quiet")]]

    def _row(self, row: LineRow, width: int) -> Line:
        if row.condition is LineCondition.DOWN:
            return self._down(row, width)
        chip = f" {_(wording.CONDITIONS[row.condition])} "
        start: Line = [
            (f" {fit(row.title or row.line, self._title_cells())}  ", "line-panel--title"),
            (fit(chip, self._chip_cells), f"line-panel--{row.condition.value}"),
            ("  ", ""),
        ]
        words, look = self._words(row)
        return [*start, (fit(words, width - line_width(start)), look)]

    def _words(self, row: LineRow) -> tuple[str, str]:
        """What is worth knowing of a line that is listened to, most urgent first."""
        calls = self._calls.get(row.line, [])
        if calls:
            more = "   " + _("and {n} more").format(n=len(calls) - 1) if len(calls) > 1 else ""
            return self._telling.caller(calls[0]) + more, ""
        if row.troubles:
            return ", ".join(_(TROUBLES[trouble]) for trouble in row.troubles), "line-panel--late"
        if row.last_heard_at is None:
            return _("nothing heard yet"), "line-panel--quiet"
        age_s = (self._now - row.last_heard_at).total_seconds()
        look = "line-panel--late" if age_s > HEARD_LATE_S else "line-panel--quiet"
        heard = _("last heard {age}").format(age=age_text(age_s))
        return "   ".join(part for part in (heard, row.device or "", row.port) if part), look

    def _down(self, row: LineRow, width: int) -> Line:
        text = _("DOWN since {time}: {reason}, calls are not recorded").format(
            time=short_stamp_text(row.since_at, self._now, self._telling.zone),
            reason=wording.loss_in_full(row.down_reason, row.down_detail),
        )
        title = f" {fit(row.title or row.line, self._title_cells())}  "
        return [(title + fit(text, width - cell_len(title)), "line-panel--bar")]

    def _title_cells(self) -> int:
        """The width of the longest title, within reason."""
        return min(max(cell_len(row.title or row.line) for row in self._rows), TITLE_CELLS)


def _as_called(row: LineRow, states: AbstractSet[CallState]) -> LineRow:
    """The line in the condition that its calls put it in: they may have been read after it."""
    if row.condition is LineCondition.DOWN:
        return row
    ringing = CallState.RINGING in states
    condition = LineCondition.RINGING if ringing else LineCondition.IN_CALL if states else LineCondition.IDLE
    return row if condition is row.condition else replace(row, condition=condition)
