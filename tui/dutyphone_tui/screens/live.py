"""The first page: lines, who calls, the calls of the duty day, what is still owed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.containers import Container
from textual.css.query import NoMatches
from textual.widget import Widget

from dutyphone.clock import Moment
from dutyphone.i18n import _
from dutyphone.journal.facts import Settlement
from dutyphone.store.readmodels import CallRow
from dutyphone_tui.keys import LIVE_KEYS, bindings
from dutyphone_tui.reading import Day, Live
from dutyphone_tui.screens.page import Page
from dutyphone_tui.times import minute_text
from dutyphone_tui.widgets.call_table import CallTable
from dutyphone_tui.widgets.hero import TALL, Hero
from dutyphone_tui.widgets.line_panel import LinePanel
from dutyphone_tui.widgets.lines import LinesWidget
from dutyphone_tui.widgets.row_list import RowList
from dutyphone_tui.widgets.summary import Summary


class LiveScreen(Page):
    """Keyboard first: the two lists take the focus, nothing that happens on the line does."""

    KEYS = LIVE_KEYS
    STRIP = False
    BINDINGS: ClassVar = bindings(LIVE_KEYS)

    def __init__(self) -> None:
        super().__init__()
        self._kept: tuple[int, CallRow] | None = None
        """A call that has just been settled in the list of what is owed, and where it stood; it stays until the
        selection moves, so that the officer may think better of it."""

    def body(self) -> Iterable[Widget]:
        telling, now = self.console.at_work.telling, self.console.now.utc
        blocks = not self.console.desk.ascii_borders
        self._panel = LinePanel(telling, now)
        yield self._panel
        yield Hero(telling, now, blocks=blocks)
        with Container(id="lists"):
            yield CallTable(telling, now=now, dated=False, empty=_("No calls yet today."), id="calls")
            with Container(id="aside"):
                yield CallTable(telling, now=now, dated=True, empty=_("Nothing to do."), id="owed")
                yield Summary(telling, None)

    def on_mount(self) -> None:
        self._make_room(self.app.size.height)
        self.query_one(Summary).border_title = _("Selected call")
        self._entitle()
        self._calls.focus()

    # --- what is read ---

    def show_callers(self, live: Live) -> LinesWidget:
        self._panel.show(live.lines, live.open_calls)
        return self._panel

    def show_live(self, live: Live) -> None:
        super().show_live(live)
        self.query_one(Hero).show_live(live)

    def show_day(self, day: Day) -> None:
        now = self.console.now.utc
        self._calls.show_entries(day.entries, now)
        self._owed.show_entries(self._owed_entries(day), now)
        self.query_one(Hero).show_day(day)
        self._show_selected()
        self._entitle()

    def show_written(self, row: CallRow) -> None:
        if self._kept is not None and self._kept[1].call == row.call:
            self._kept = self._kept[0], row
            if self.console.day is not None:
                self._owed.show_entries(self._owed_entries(self.console.day), self.console.now.utc)

    def show_places(self) -> None:
        for table in (self._calls, self._owed):
            table.refresh()
        self.query_one(Summary).renew()
        self._panel.renew()
        self.query_one(Hero).renew()

    def tick(self, now: Moment) -> None:
        super().tick(now)
        self._panel.tick(now.utc)
        self.query_one(Hero).tick(now.utc)

    # --- keys ---

    def action_open(self) -> None:
        if (row := self._selected) is not None:
            self.console.show_call(row.call)

    def action_settle(self, settlement: str) -> None:
        if (row := self._selected) is None:
            self.console.say(_("No call is selected."))
            return
        if self._owed.has_focus:
            self._kept = self._owed.selected_index, row
        self.console.settle(row, Settlement(settlement))

    def action_note(self) -> None:
        if (row := self._selected) is not None:
            self.console.write_note(row)

    def action_search(self) -> None:
        self.console.open_history(searching=True)

    def action_go_owed(self) -> None:
        (self._calls if self._owed.has_focus else self._owed).focus()

    @on(events.DescendantFocus)
    def _focus_moved(self) -> None:
        if self._calls.has_focus:
            self._let_go()
        self._show_selected()

    @on(RowList.Moved)
    def _show_selected(self) -> None:
        """Beside the lists, where there is room: the selected call in full."""
        self.query_one(Summary).show(self._selected)

    @on(RowList.Opened)
    def _opened(self) -> None:
        self.action_open()

    @on(RowList.Moved, "#owed")
    def _let_go(self) -> None:
        """What has been settled need not stay among what is owed any longer."""
        if self._kept is not None and self.console.day is not None:
            self._kept = None
            self._owed.show_entries(self._owed_entries(self.console.day), self.console.now.utc)

    # --- room ---

    def on_resize(self, event: events.Resize) -> None:
        try:
            self._make_room(event.size.height)
        except NoMatches:  # the first size is told before there is anything to arrange
            return
        self._entitle()

    def _make_room(self, height: int) -> None:
        self._panel.allow(3 if height < TALL else 8)
        self.query_one(Hero).fit(height)

    def _entitle(self) -> None:
        """Say what the lists are; where there is no room for the large counts, with the counts."""
        day = self.console.day
        if day is None:
            self._calls.border_title = _("Calls today")
            self._owed.border_title = _("To do")
            return
        title = _("Calls today, since {month}-{day} {time}").format(
            month=day.date.month, day=day.date.day, time=minute_text(day.from_at, self.console.desk.zone)
        )
        if self.app.size.height < TALL and day.counts.total:
            counts = _("{total} calls: {answered} answered, {missed} missed, {unknown} unknown").format(
                total=day.counts.total,
                answered=day.counts.answered,
                missed=day.counts.missed,
                unknown=day.counts.unknown,
            )
            title = f"{title}   {counts}" if self.app.size.width >= 78 else counts
        self._calls.border_title = title
        self._owed.border_title = _("To do: {n}").format(n=len(day.owed)) if day.owed else _("To do")

    @property
    def _calls(self) -> CallTable:
        return self.query_one("#calls", CallTable)

    @property
    def _owed(self) -> CallTable:
        return self.query_one("#owed", CallTable)

    @property
    def selected_call(self) -> CallRow | None:
        return self._selected

    @property
    def _selected(self) -> CallRow | None:
        return (self._owed if self._owed.has_focus else self._calls).selected_call

    def _owed_entries(self, day: Day) -> tuple[CallRow, ...]:
        if self._kept is None or any(row.call == self._kept[1].call for row in day.owed):
            return day.owed
        index, kept = self._kept
        row = next((row for row in day.calls if row.call == kept.call), kept)
        return (*day.owed[:index], row, *day.owed[index:])
