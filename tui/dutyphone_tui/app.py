"""The application: holds what was read, hands it to the screens, writes what the officer says.

Only what the first paint needs is imported here; the rest is loaded by `at_work` once the store is open. Threads:
`console-feed` reads the store (`feed`), `console-places` looks places up (`places`), Textual's workers write. All of
them speak to the application by messages only.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segments
from textual import events, work
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.scrollbar import ScrollBar

from dutyphone.duty.shift_date import shift_date
from dutyphone.i18n import _
from dutyphone_tui.health import Banner, banners
from dutyphone_tui.keys import ON_EVERY_PAGE, bindings
from dutyphone_tui.messages import (
    AnswersRead,
    CallersRead,
    CallWritten,
    DayRead,
    LiveRead,
    PlacesFound,
    ReadFailed,
    StoreOpened,
    StoreRefused,
)
from dutyphone_tui.screens.opening import OpeningScreen
from dutyphone_tui.screens.part import Part
from dutyphone_tui.themes import DAY, NIGHT
from dutyphone_tui.times import day_span
from dutyphone_tui.widgets.scrollbar import WholeCells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dutyphone.clock import Moment
    from dutyphone.errors import DutyphoneError
    from dutyphone.journal.facts import RequestKind, Settlement
    from dutyphone.store.readmodels import CallRow
    from dutyphone_tui.at_work import AtWork
    from dutyphone_tui.desk import Desk
    from dutyphone_tui.errands import Errand, Told
    from dutyphone_tui.reading import Day, Live

WIDE = 110
"""From this many columns on, lists stand side by side."""

TALL = 32
"""From this many rows on the lines stand apart."""

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
        self.set_reactive(App.theme, NIGHT.name)  # not as a change, after which all styles are parsed again
        self.stylesheet.set_variables(self.get_css_variables())
        self.title = desk.room
        self.desk = desk
        self.bell_on = desk.bell
        self.now: Moment = desk.clock.now()
        self.live: Live | None = None
        self.day: Day | None = None
        self.failure = ""
        self._at_work: AtWork | None = None

    def on_mount(self) -> None:
        ScrollBar.renderer = WholeCells
        self.set_class(self.desk.ascii_borders, "-ascii")
        self.set_interval(TICK_S, self.tick)
        self.call_after_refresh(self._painted_first)

    def _painted_first(self) -> None:
        gc.enable()
        self.open_store()

    def _fatal_error(self) -> None:
        """Textual prints the values of all variables when it ends by an error; among them are people's numbers."""
        from rich.traceback import Traceback  # only now: it takes as long to load as a tenth of the console

        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return NIGHT.variables

    def get_default_screen(self) -> Screen[None]:
        return OpeningScreen()

    # --- the store ---

    @work(thread=True, group="open", exclusive=True)
    def open_store(self) -> None:
        """Open the store in a thread; `StoreOpened` or `StoreRefused` follows."""
        from dutyphone.errors import DutyphoneError

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
        from dutyphone_tui.at_work import AtWork

        self._at_work = AtWork(self.desk, message.store, message.feed, self.post_message)
        self._at_work.start()

    def on_store_refused(self, message: StoreRefused) -> None:
        from dutyphone_tui.screens.refused import RefusedScreen

        self.push_screen(RefusedScreen(message))

    def on_unmount(self) -> None:
        if self._at_work is not None:
            self._at_work.stop()

    @property
    def at_work(self) -> AtWork:
        """What reads and writes the store. Only for what happens once it is open."""
        assert self._at_work is not None, "every screen but the first is shown after the store was opened"
        return self._at_work

    # --- what is read ---

    def on_callers_read(self, message: CallersRead) -> None:
        """Who calls is painted before anything else is read."""
        from dutyphone_tui.at_once import paint_at_once

        top = self.screen
        if self.live is None or not self._parts() or not isinstance(top, Part):
            return
        widget = top.show_callers(replace(self.live, open_calls=message.open_calls))
        if widget is not None:
            paint_at_once(widget)

    def on_live_read(self, message: LiveRead) -> None:
        self.live, self.failure = message.live, ""
        self.now = self.desk.clock.now()
        self.at_work.telling.learn_lines(message.live.lines)
        for part in self._parts():
            part.show_live(message.live)
        if self.at_work.new_rings(message.live) and self.bell_on:
            self.bell()
        if self.at_work.waits_for_a_line:
            self._read_answers(self.at_work.errands.after(), message.live.last_seq)

    def on_day_read(self, message: DayRead) -> None:
        self.day = message.day
        if isinstance(self.screen, OpeningScreen):
            self._begin()
        for part in self._parts():
            part.show_day(message.day)

    def _begin(self) -> None:
        """The first reading is there: show it."""
        from dutyphone_tui.screens.live import LiveScreen

        self.push_screen(LiveScreen())
        self.call_after_refresh(gc.freeze)  # what is loaded stays: to look through it for waste takes 100 ms
        if self.at_work.drafts.waiting():
            self.say(_("A half-written note is waiting; press d to go on."))

    def on_read_failed(self, message: ReadFailed) -> None:
        self.failure = message.evidence
        self.tick()

    def on_places_found(self, message: PlacesFound) -> None:
        self.at_work.places.learn(message.found)
        if any(message.found.values()):
            for part in self._parts():
                part.show_places()

    def tick(self) -> None:
        """A second has passed: clocks, seconds and ages move on."""
        self.now = self.desk.clock.now()
        for part in self._parts():
            part.tick(self.now)
        if self._at_work is not None and self._at_work.waits_for_a_line:
            self._tell_outcomes(self._at_work.errands.give_up(self.now.mono))

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
        recorders = self.live.recorders if self.live is not None else ()
        return self.desk.simulated or any(recorder.simulated for recorder in recorders)

    def banners(self) -> tuple[Banner, ...]:
        """What is wrong now."""
        return banners(self.live, now=self.now, zone=self.desk.zone, failure=self.failure)

    def _parts(self) -> list[Part]:
        """The screens that can be told something: none while the console is being taken down, widget by widget."""
        if not self.is_running:
            return []
        return [screen for screen in self.screen_stack if isinstance(screen, Part) and screen.is_mounted]

    # --- what the officer says ---

    def settle(self, row: CallRow, settlement: Settlement) -> None:
        """Write what became of `row`, if that can be said of it. A later word stands over an earlier one."""
        refusal = self.at_work.refusal(row)
        if refusal:
            self.say(refusal)
        else:
            self._settle(row, settlement)

    @work(thread=True, group="write")
    def _settle(self, row: CallRow, settlement: Settlement) -> None:
        from dutyphone.errors import DutyphoneError

        try:
            written, words = self.at_work.settle(row.call, settlement)
        except DutyphoneError as error:
            self.call_from_thread(self.complain, error)
        else:
            self.post_message(CallWritten(written, words))

    def on_call_written(self, message: CallWritten) -> None:
        self.say(message.words)
        for part in self._parts():
            part.show_written(message.row)

    # --- what is asked of lines ---

    def handle_call(self, selected: CallRow | None) -> None:
        """Offer what can be done about `selected`, or else about the call that is there."""
        from dutyphone_tui.asking import askable
        from dutyphone_tui.screens.call_menu import CallMenu

        calls = askable(self.live, selected) if self.live is not None else ()
        if calls:
            self.push_screen(CallMenu(calls))
        else:
            self.say(_("No call rings or is in progress on a line that can do more than listen."))

    def dial(self, selected: CallRow | None) -> None:
        """Ask what to dial; the number of `selected` is proposed."""
        from dutyphone_tui.asking import obeying
        from dutyphone_tui.screens.dial import DialScreen

        lines = obeying(self.live.lines) if self.live is not None else ()
        if lines:
            self.push_screen(DialScreen(lines, selected))
        else:
            self.say(_("The lines of this desk only listen; dial on the telephone."))

    def ask(self, line: str, what: RequestKind, *, call: str | None = None, number: str | None = None) -> None:
        """Ask `what` of `line`; what becomes of it is said once it is known."""
        after = 0 if self.live is None else self.live.last_seq
        errand = self.at_work.errands.begin(line, what, call=call, number=number, after=after)
        if errand is None:
            self.say(_("That has been asked already; wait a moment."))
            return
        self.say(_("Dialling {number} ..").format(number=number) if call is None else _("The line is being asked .."))
        self._ask(errand)

    @work(thread=True, group="write")
    def _ask(self, errand: Errand) -> None:
        from dutyphone.errors import DutyphoneError

        try:
            self.at_work.errands.write(errand)
        except DutyphoneError as error:
            self.call_from_thread(self._could_not_ask, errand, error)

    def _could_not_ask(self, errand: Errand, error: DutyphoneError) -> None:
        self.at_work.errands.drop(errand)
        self.complain(error)

    @work(thread=True, group="answers")
    def _read_answers(self, after: int, upto: int) -> None:
        from dutyphone.errors import DutyphoneError

        try:
            facts = self.at_work.errands.read(after, upto)
        except DutyphoneError as error:
            self.call_from_thread(self.complain, error)
        else:
            self.post_message(AnswersRead(facts))

    def on_answers_read(self, message: AnswersRead) -> None:
        self._tell_outcomes(self.at_work.errands.learn(message.facts))

    def _tell_outcomes(self, outcomes: Sequence[Told]) -> None:
        for outcome in outcomes:
            if outcome.done:
                self.say(outcome.words)
            else:
                self.clear_notifications()
                self.notify(outcome.words, severity="warning", timeout=15, markup=False)

    def say(self, words: str) -> None:
        """Tell the officer something that needs no answer."""
        self.clear_notifications()
        self.notify(words, markup=False)

    def complain(self, error: DutyphoneError) -> None:
        """Tell the officer that something was not done, and what to do."""
        self.clear_notifications()
        self.notify(f"{error.message}\n{error.advice}".strip(), severity="error", timeout=15, markup=False)

    # --- keys ---

    def on_key(self, event: events.Key) -> None:
        """A letter that no field took was typed while a page was opening; it is text there, not a command."""
        character = event.character if event.is_printable else None
        if character is not None and isinstance(self.screen, Part) and self.screen.typed_ahead(character):
            event.prevent_default().stop()

    def show_call(self, call: str) -> None:
        from dutyphone_tui.screens.detail import DetailScreen

        self.push_screen(DetailScreen(call))

    def write_note(self, row: CallRow) -> None:
        from dutyphone_tui.screens.note import NoteScreen

        self.push_screen(NoteScreen(row))

    def action_draft(self) -> None:
        """Go on with the latest draft."""
        drafts = self.at_work.drafts.waiting()
        detail = self.at_work.store.call(drafts[0].call) if drafts else None
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
        if self.desk.export is None:
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
