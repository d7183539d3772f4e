"""What the hero says when nobody calls: a quiet word and the counts of the day, large."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from dutyphone.i18n import _
from dutyphone.store.readmodels import DayCounts, LineCondition, LineRow
from dutyphone_tui.cells import fit
from dutyphone_tui.reading import Day
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import age_text, minute_text
from dutyphone_tui.widgets.big_number import big_number
from dutyphone_tui.widgets.lines import Line, line_width

FIGURE_ROWS = 4


class DayTiles:
    """Five counts side by side."""

    LOOKS: ClassVar[set[str]] = {
        "day-tiles--word",
        "day-tiles--down",
        "day-tiles--quiet",
        "day-tiles--total",
        "day-tiles--answered",
        "day-tiles--missed",
        "day-tiles--unknown",
        "day-tiles--owed",
    }

    def __init__(self, telling: Telling, now: datetime, *, blocks: bool) -> None:
        self._telling = telling
        self._now = now
        self._blocks = blocks
        self._counts = DayCounts()
        self._owed = 0
        self._last_at: datetime | None = None
        self._down = 0

    def show_day(self, day: Day) -> None:
        self._counts, self._owed = day.counts, len(day.owed)
        self._last_at = day.calls[0].arrived_at if day.calls else None

    def show_lines(self, lines: tuple[LineRow, ...]) -> None:
        self._down = sum(line.condition is LineCondition.DOWN for line in lines) if lines else 0

    def tick(self, now: datetime) -> None:
        self._now = now

    def lines(self, width: int) -> Sequence[Line]:
        tiles = [
            (self._counts.total, _("calls today"), "total"),
            (self._counts.answered, _("answered"), "answered"),
            (self._counts.missed, _("missed"), "missed"),
            (self._counts.unknown, _("unknown"), "unknown"),
            (self._owed, _("to do"), "owed"),
        ]
        cells = max(min(width // len(tiles), 24), 1)
        looks = [f"day-tiles--{name}" if n else "day-tiles--quiet" for n, _label, name in tiles]
        figures = [big_number(str(n), cells, blocks=self._blocks)[:FIGURE_ROWS] for n, _label, _name in tiles]
        return [
            self._word(width),
            [],
            *([(figure[y], look) for figure, look in zip(figures, looks, strict=True)] for y in range(FIGURE_ROWS)),
            [(fit(label, cells), "day-tiles--quiet") for _n, label, _name in tiles],
        ]

    def _word(self, width: int) -> Line:
        """How things are, in a few words."""
        if self._down:
            word, look = _("A line is not being listened to"), "day-tiles--down"
        else:
            word, look = _("Nobody is calling"), "day-tiles--word"
        last = ""
        if self._last_at is not None:
            last = _("last call {time}, {age}").format(
                time=minute_text(self._last_at, self._telling.zone),
                age=age_text((self._now - self._last_at).total_seconds()),
            )
        return [(word, look), (fit(f"   {last}", max(width - line_width([(word, "")]), 0)), "day-tiles--quiet")]
