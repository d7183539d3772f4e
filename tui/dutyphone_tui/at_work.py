"""The console once its store is open: what reads it, what writes to it, and what is remembered meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from dutyphone.i18n import _
from dutyphone.journal.facts import Settlement
from dutyphone.lines.events import Direction
from dutyphone.store import commands
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone_tui import wording
from dutyphone_tui.desk import Desk, Wakeups
from dutyphone_tui.drafts import Drafts
from dutyphone_tui.feed import FeedWatcher
from dutyphone_tui.places import PlaceBook
from dutyphone_tui.reading import Live, Reader
from dutyphone_tui.telling import Telling

if TYPE_CHECKING:
    from dutyphone.store.store import Store
    from dutyphone_tui.errands import Errands


class AtWork:
    """Owns the store and the threads that use it, from `start` to `stop`. `post` is called in those threads."""

    def __init__(self, desk: Desk, store: Store, feed: Wakeups, post: Callable[[Message], object]) -> None:
        self.store = store
        self.drafts = Drafts(desk.drafts_folder)
        self._errands: Errands | None = None
        self.places = PlaceBook(desk.place_of, post)
        self.telling = Telling(zone=desk.zone, shown_number=desk.shown_number, places=self.places)
        self._desk = desk
        self._watcher = FeedWatcher(Reader(store, desk.zone, desk.day_starts), feed, desk.clock, post)
        self._rung: dict[str, int] = {}

    @property
    def errands(self) -> Errands:
        """What is asked of lines; loaded when something is asked for the first time."""
        if self._errands is None:
            from dutyphone_tui.errands import Errands

            self._errands = Errands(self.store, self._desk.clock, self._desk.officer)
        return self._errands

    @property
    def waits_for_a_line(self) -> bool:
        """Whether something was asked of a line of which nothing was heard yet."""
        return self._errands is not None and self._errands.waiting

    def start(self) -> None:
        self.places.start()
        self._watcher.start()

    def stop(self) -> None:
        """End the threads and close the store."""
        self._watcher.stop()
        self.places.stop()
        self.store.close()

    def new_rings(self, live: Live) -> bool:
        """Whether a ring was heard since the last time."""
        before = self._rung
        self._rung = {row.call: row.rings for row in live.open_calls if row.state is CallState.RINGING}
        return any(rings > before.get(call, -1) for call, rings in self._rung.items())

    # --- writing; for workers. Raises `DutyphoneError` ---

    def refusal(self, row: CallRow) -> str:
        """Why nothing can be said yet about what became of `row`; "" if it can."""
        if row.direction is not Direction.INCOMING:
            return _("That was an outgoing call: there is nothing to settle.")
        return "" if row.state is CallState.ENDED else _("That call has not ended yet.")

    def settle(self, call: str, settlement: Settlement) -> tuple[CallRow, str]:
        """Write what became of `call`. Returns the call as it then stands, and words that say what was written."""
        commands.settle(self.store, call, settlement, by=self._desk.officer, now=self._desk.clock.now().utc)
        row = self._read_again(call)
        return row, _(wording.WHEN_SETTLED[settlement]).format(caller=self.telling.caller(row))

    def note(self, call: str, text: str) -> CallRow:
        """Write a note on `call`. Returns the call as it then stands."""
        commands.note(self.store, call, text, by=self._desk.officer, now=self._desk.clock.now().utc)
        return self._read_again(call)

    def _read_again(self, call: str) -> CallRow:
        detail = self.store.call(call)
        assert detail is not None, "it was just written about"
        return detail.row
