"""The application: holds what was read, hands it to the screens, writes what the officer says.

Threads: `console-feed` reads the store (`feed`), `console-places` looks places up (`places`), Textual's workers write.
All of them speak to the application by messages only.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segments
from rich.traceback import Traceback
from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.scrollbar import ScrollBar

from dutyphone.clock import Moment
from dutyphone.duty.shift_date import shift_date
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone.journal.facts import Settlement
from dutyphone.lines.events import Direction
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone_tui import health, wording
from dutyphone_tui.desk import Desk
from dutyphone_tui.drafts import Drafts
from dutyphone_tui.feed import FeedWatcher
from dutyphone_tui.keys import ON_EVERY_PAGE, bindings
from dutyphone_tui.messages import (
    CallWritten,
    DayRead,
    LiveRead,
    PlacesFound,
    ReadFailed,
    StoreOpened,
    StoreRefused,
)
from dutyphone_tui.places import PlaceBook
from dutyphone_tui.reading import Day, Live, Reader
from dutyphone_tui.screens.live import LiveScreen
from dutyphone_tui.screens.page import TALL, WIDE, Part
from dutyphone_tui.telling import Telling
from dutyphone_tui.themes import DAY, NIGHT
from dutyphone_tui.times import day_span
from dutyphone_tui.widgets.scrollbar import WholeCells

if TYPE_CHECKING:
    from dutyphone.store.store import Store

TICK_S = 1.0


class DutyConsole(App[None]):
    """The console of one desk. `run()` it; it closes the store it has opened."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings(ON_EVERY_PAGE)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        for theme in (NIGHT, DAY):
            self.register_theme(theme)
        self.theme = NIGHT.name
        self.title = desk.room
        self.desk = desk
        self.bell_on = desk.bell
        self.now: Moment = desk.clock.now()
        self.store: Store | None = None
        self.live: Live | None = None
        self.day: Day | None = None
        self.failure = ""
        self.drafts = Drafts(desk.drafts_folder)
        self._places = PlaceBook(desk.place_of, self.post_message)
        self.telling = Telling(zone=desk.zone, shown_number=desk.shown_number, places=self._places)
        self._watcher: FeedWatcher | None = None
        self._rung: dict[str, int] = {}

    def on_mount(self) -> None:
        ScrollBar.renderer = WholeCells
        self.set_class(self.desk.ascii_borders, "-ascii")
        self._places.start()
        self.set_interval(TICK_S, self.tick)
        self.call_after_refresh(self.open_store)

    def _fatal_error(self) -> None:
        """Textual prints the values of all variables when it ends by an error; among them are people's numbers."""
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return NIGHT.variables

    def get_default_screen(self) -> Screen[None]:
        return LiveScreen()

    # --- the store ---

    @work(thread=True, group="open", exclusive=True)
    def open_store(self) -> None:
        """Open the store in a thread; `StoreOpened` or `StoreRefused` follows."""
        try:
            store = self.desk.open_store()
            try:
                feed = self.desk.open_feed(store)
            except BaseException:
                store.close()
                raise
        except DutyphoneError as error:
            self.post_message(StoreRefused(error.message, error.advice, error.evidence))
        else:
            self.post_message(StoreOpened(store, feed))

    def on_store_opened(self, message: StoreOpened) -> None:
        self.store = message.store
        reader = Reader(message.store, self.desk.zone, self.desk.day_starts)
        self._watcher = FeedWatcher(reader, message.feed, self.desk.clock, self.post_message)
        self._watcher.start()
        if self.drafts.waiting():
            self.say(_("A half-written note is waiting; press d to go on."))

    def on_store_refused(self, message: StoreRefused) -> None:
        from dutyphone_tui.screens.refused import RefusedScreen

        self.push_screen(RefusedScreen(message))

    def on_unmount(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
        self._places.stop()
        if self.store is not None:
            self.store.close()

    # --- what is read ---

    def on_live_read(self, message: LiveRead) -> None:
        self.live, self.failure = message.live, ""
        self.now = self.desk.clock.now()
        self.telling.learn_lines(message.live.lines)
        for part in self._parts():
            part.show_live(message.live)
        self._ring_bell(message.live)

    def on_day_read(self, message: DayRead) -> None:
        self.day = message.day
        for part in self._parts():
            part.show_day(message.day)

    def on_read_failed(self, message: ReadFailed) -> None:
        self.failure = message.evidence
        self.tick()

    def on_places_found(self, message: PlacesFound) -> None:
        self._places.learn(message.found)
        if any(message.found.values()):
            for part in self._parts():
                part.show_places()

    def tick(self) -> None:
        """A second has passed: clocks, seconds and ages move on."""
        self.now = self.desk.clock.now()
        for part in self._parts():
            part.tick(self.now)

    def duty_days(self, first: date, last: date) -> tuple[datetime, datetime]:
        """When the duty day `first` begins and the duty day `last` ends."""
        return day_span(first, last, self.desk.zone, self.desk.day_starts)

    @property
    def today(self) -> date:
        """The date of the present duty day."""
        return shift_date(self.now.utc, self.desk.zone, self.desk.day_starts)

    @property
    def simulated(self) -> bool:
        """Whether this is a drill, by the desk or by the recorder that writes this database."""
        recorder = self.live.recorder if self.live is not None else None
        return self.desk.simulated or (recorder is not None and recorder.simulated)

    def banners(self) -> tuple[health.Banner, ...]:
        """What is wrong now."""
        return health.banners(self.live, now=self.now, zone=self.desk.zone, failure=self.failure)

    def _parts(self) -> list[Part]:
        return [screen for screen in self.screen_stack if isinstance(screen, Part) and screen.is_mounted]

    def _ring_bell(self, live: Live) -> None:
        """Ring once for every ring that was heard."""
        rung = {row.call: row.rings for row in live.open_calls if row.state is CallState.RINGING}
        news = any(rings > self._rung.get(call, -1) for call, rings in rung.items())
        self._rung = rung
        if news and self.bell_on:
            self.bell()

    # --- what the officer says ---

    def settle(self, row: CallRow, settlement: Settlement) -> None:
        """Write what became of `row`, if that can be said of it. A later word stands over an earlier one."""
        if row.direction is not Direction.INCOMING:
            self.say(_("That was an outgoing call: there is nothing to settle."))
        elif row.state is not CallState.ENDED:
            self.say(_("That call has not ended yet."))
        else:
            self._settle(row, settlement)

    @work(thread=True, group="write")
    def _settle(self, row: CallRow, settlement: Settlement) -> None:
        from dutyphone.store import commands

        try:
            commands.settle(self._open, row.call, settlement, by=self.desk.officer, now=self.desk.clock.now().utc)
            written = self._read_again(row.call)
        except DutyphoneError as error:
            self.call_from_thread(self.complain, error)
            return
        words = _(wording.WHEN_SETTLED[settlement]).format(caller=self.telling.caller(written))
        self.post_message(CallWritten(written, words))

    def store_note(self, call: str, text: str) -> CallRow:
        """Write a note and return the call as it then stands. For workers. Raises `DutyphoneError`."""
        from dutyphone.store import commands

        commands.note(self._open, call, text, by=self.desk.officer, now=self.desk.clock.now().utc)
        return self._read_again(call)

    def on_call_written(self, message: CallWritten) -> None:
        self.say(message.words)
        for part in self._parts():
            part.show_written(message.row)

    def say(self, words: str) -> None:
        """Tell the officer something that needs no answer."""
        self.clear_notifications()
        self.notify(words, markup=False)

    def complain(self, error: DutyphoneError) -> None:
        """Tell the officer that something was not done, and what to do."""
        self.clear_notifications()
        self.notify(f"{error.message}\n{error.advice}".strip(), severity="error", timeout=15, markup=False)

    @property
    def _open(self) -> Store:
        assert self.store is not None, "calls are only shown, and so only written about, once the store is open"
        return self.store

    def _read_again(self, call: str) -> CallRow:
        detail = self._open.call(call)
        assert detail is not None, "the call was just written about"
        return detail.row

    # --- keys ---

    def show_call(self, call: str) -> None:
        from dutyphone_tui.screens.detail import DetailScreen

        self.push_screen(DetailScreen(call))

    def write_note(self, row: CallRow) -> None:
        from dutyphone_tui.screens.note import NoteScreen

        self.push_screen(NoteScreen(row))

    def action_draft(self) -> None:
        """Go on with the latest draft."""
        drafts = self.drafts.waiting()
        detail = self.store.call(drafts[0].call) if drafts and self.store is not None else None
        if detail is None:
            self.say(_("No half-written note is waiting."))
        else:
            self.write_note(detail.row)

    def action_history(self) -> None:
        self.open_history(searching=False)

    def open_history(self, *, searching: bool) -> None:
        from dutyphone_tui.screens.history import HistoryScreen

        self.push_screen(HistoryScreen(searching=searching))

    def action_export(self) -> None:
        if self.desk.export is None or self.store is None:
            self.say(_("This desk cannot export."))
            return
        from dutyphone_tui.screens.export import ExportScreen

        self.push_screen(ExportScreen())

    def action_help(self) -> None:
        from dutyphone_tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_leave(self) -> None:
        from dutyphone_tui.screens.leave import LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen())

    def action_switch_bell(self) -> None:
        self.bell_on = not self.bell_on
        self.say(_("The bell is on.") if self.bell_on else _("The bell is off."))
        self.tick()

    def action_switch_theme(self) -> None:
        self.theme = DAY.name if self.theme == NIGHT.name else NIGHT.name
