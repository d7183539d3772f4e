"""The middle of the first page: who calls, or how the day has been so far. Both in the same place, so nothing moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dutyphone.store.readmodels import CallState
from dutyphone_tui.reading import Day, Live
from dutyphone_tui.telling import Telling
from dutyphone_tui.widgets.day_tiles import DayTiles
from dutyphone_tui.widgets.lines import Line, LinesWidget
from dutyphone_tui.widgets.ringing_card import RingingCard

TALL = 32
"""From this many rows of the terminal on there is room for the hero when nobody calls, too."""

HIGH = 38
"""From this many rows on there is room for several earlier calls."""

_GROUNDS = {CallState.RINGING: "hero--ringing", CallState.IN_CALL: "hero--in_call"}


class Hero(LinesWidget):
    """On a tall terminal always as many rows, `HIGH_ROWS` or `TALL_ROWS`; on a short one there only for a call.

    That a call comes costs no layout then, only the rows that change.
    """

    COMPONENT_CLASSES = RingingCard.LOOKS | DayTiles.LOOKS | set(_GROUNDS.values())

    TALL_ROWS, HIGH_ROWS = 9, 12

    def __init__(self, telling: Telling, now: datetime, *, blocks: bool) -> None:
        super().__init__()
        self._card = RingingCard(telling, now, blocks=blocks)
        self._tiles = DayTiles(telling, now, blocks=blocks)
        self._rows = 0

    def show_live(self, live: Live) -> None:
        self._card.show(live)
        self._tiles.show_lines(live.lines)
        self._stand()
        self.renew()

    def show_day(self, day: Day) -> None:
        self._tiles.show_day(day)
        self.renew()

    def tick(self, now: datetime) -> None:
        self._card.tick(now)
        self._tiles.tick(now)
        self.renew()

    def fit(self, height: int) -> None:
        """Take the room there is on a terminal of `height` rows."""
        self._card.allow(1 if height < HIGH else 4, airy=height >= TALL)
        self._rows = 0 if height < TALL else self.TALL_ROWS if height < HIGH else self.HIGH_ROWS
        self._stand()
        self.renew()

    @property
    def calling(self) -> bool:
        """Whether a call is shown."""
        return self._card.state is not None

    @property
    def ground(self) -> str:
        return "" if self._card.state is None else _GROUNDS.get(self._card.state, "")

    def lines(self, width: int) -> Sequence[Line]:
        indent = 3 if self.calling and self._rows else 2
        said = (self._card if self.calling else self._tiles).lines(width - 2 * indent)
        above = max(self._rows - len(said), 0) // 2
        below = max(self._rows - len(said) - above, 0)
        return [*[()] * above, *([(" " * indent, ""), *line] for line in said), *[()] * below]

    def _stand(self) -> None:
        shown = self.calling or bool(self._rows)
        if self.display != shown:
            self.display = shown
