"""All calls ever recorded, page by page, narrowed by number, name, note, date and result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import events, on, work
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone.journal.facts import Outcome, Settlement
from dutyphone.store.readmodels import CallPage, CallQuery, CallRow
from dutyphone_tui import wording
from dutyphone_tui.keys import HISTORY_KEYS, bindings
from dutyphone_tui.reading import Day
from dutyphone_tui.screens.page import Page
from dutyphone_tui.times import read_day
from dutyphone_tui.widgets.call_table import CallTable
from dutyphone_tui.widgets.row_list import RowList

PAGE_ROWS = 200
TYPING_PAUSE_S = 0.15
"""The search starts when nothing was typed for so long."""

FILTERS = (None, Outcome.MISSED, Outcome.UNKNOWN, Outcome.ANSWERED)


class HistoryScreen(Page):
    """`searching`: begin in the search field. More rows are read when the selection comes near the last one."""

    KEYS = HISTORY_KEYS
    BINDINGS: ClassVar = bindings(HISTORY_KEYS)

    def __init__(self, *, searching: bool = False) -> None:
        super().__init__()
        self._searching = searching
        self._query = CallQuery()
        self._older: int | None = None
        self._ahead = ""
        self._asked = 0
        self._waiting_for_more = False
        self._pause: Timer | None = None

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="search"):
            yield Label(_("Search"))
            yield Input(placeholder=_("number, name or note"), id="text", compact=True)
            yield Label(_("from"))
            yield Input(placeholder="2026-02-16", id="from", compact=True)
            yield Label(_("to"))
            yield Input(placeholder="2-16", id="until", compact=True)
        yield Static(id="found")
        table = CallTable(
            self.console.at_work.telling, now=self.console.now.utc, dated=True, empty=_("No call fits."), id="history"
        )
        table.border_title = _("History")
        yield table

    def on_mount(self) -> None:
        self.query_one("#text", Input).value = self._ahead
        (self.query_one("#text") if self._searching else self._table).focus()
        self._ask()

    def typed_ahead(self, character: str) -> bool:
        if not self._searching or (self.focused is not None and self.focused.id != "text"):
            return False
        if self.is_mounted:
            self.query_one("#text", Input).insert_text_at_cursor(character)
        else:
            self._ahead += character
        return True

    def show_day(self, day: Day) -> None:  # noqa: ARG002 - it is only a hint here
        """A new call shows itself, unless somebody is looking further back."""
        if self._table.selected_index == 0 and len(self._table.rows) <= PAGE_ROWS:
            self._ask()

    def show_places(self) -> None:
        self._table.refresh()

    def show_written(self, row: CallRow) -> None:
        rows = tuple(row if isinstance(old, CallRow) and old.call == row.call else old for old in self._table.rows)
        self._table.show_entries(rows, self.console.now.utc)

    # --- keys ---

    def action_open(self) -> None:
        if self._table.selected_call is not None:
            self.console.show_call(self._table.selected_call.call)

    def action_search(self) -> None:
        self.query_one("#text").focus()

    def action_filter(self) -> None:
        now = FILTERS.index(self._query.result)
        self._query = replace(self._query, result=FILTERS[(now + 1) % len(FILTERS)])
        self._ask()

    @property
    def selected_call(self) -> CallRow | None:
        return self._table.selected_call

    def action_settle(self, settlement: str) -> None:
        if self._table.selected_call is not None:
            self.console.settle(self._table.selected_call, Settlement(settlement))

    def action_note(self) -> None:
        if self._table.selected_call is not None:
            self.console.write_note(self._table.selected_call)

    def action_back(self) -> None:
        """From a field to the list, from the list to where one was."""
        if isinstance(self.focused, Input):
            self._table.focus()
        else:
            self.dismiss()

    def on_key(self, event: events.Key) -> None:
        if event.key == "down" and isinstance(self.focused, Input):
            self._table.focus()
            event.stop()

    # --- asking ---

    @on(Input.Changed)
    def _typed(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(TYPING_PAUSE_S, self._ask)

    @on(Input.Submitted)
    def _done_typing(self) -> None:
        self._table.focus()

    @on(RowList.Opened)
    def _opened(self) -> None:
        self.action_open()

    @on(RowList.NearEnd)
    def _want_more(self) -> None:
        if self._older is not None and not self._waiting_for_more:
            self._waiting_for_more = True
            self._find(self._query, self._asked, self._older)

    def _ask(self) -> None:
        """Start again with what the fields say now."""
        wrong = self._read_fields()
        self._asked += 1
        if wrong:
            self._say(wrong)
        else:
            self._waiting_for_more = False
            self._find(self._query, self._asked, None)

    def _read_fields(self) -> str:
        """Take the fields over into the query. Returns what is wrong with them, "" if nothing is."""
        typed = {name: self.query_one(f"#{name}", Input).value.strip() for name in ("text", "from", "until")}
        days = {name: read_day(typed[name], self.console.today) if typed[name] else None for name in ("from", "until")}
        for name, day in days.items():
            self.query_one(f"#{name}").set_class(bool(typed[name]) and day is None, "-invalid")
            if typed[name] and day is None:
                return _("A date is typed like 2026-02-16 or 2-16.")
        first, last = days["from"], days["until"]
        self._query = replace(
            self._query,
            text=typed["text"],
            from_at=self.console.duty_days(first, first)[0] if first is not None else None,
            until_at=self.console.duty_days(last, last)[1] if last is not None else None,
        )
        return ""

    @work(thread=True, group="history")
    def _find(self, query: CallQuery, asked: int, before: int | None) -> None:
        try:
            page = self.console.at_work.store.history(query, before=before, limit=PAGE_ROWS)
        except DutyphoneError as error:
            self.app.call_from_thread(self.console.complain, error)
            return
        self.app.call_from_thread(self._found, page, asked, before)

    def _found(self, page: CallPage, asked: int, before: int | None) -> None:
        """Show `page`, unless something else has been asked since."""
        if asked != self._asked or not self.is_mounted:
            return
        self._waiting_for_more = False
        self._older = page.older
        rows = page.rows if before is None else (*self._table.rows, *page.rows)
        self._table.show_entries(rows, self.console.now.utc)
        self._say("")

    def _say(self, wrong: str) -> None:
        rows = self._table.rows
        count = _("{n} and more").format(n=len(rows)) if self._older is not None else str(len(rows))
        result = _("all results") if self._query.result is None else _(wording.OUTCOMES[self._query.result])
        text = wrong or _("Found: {count}   Shown: {result}").format(count=count, result=result)
        self.query_one("#found", Static).update(text)
        self.query_one("#found").set_class(bool(wrong), "-wrong")

    @property
    def _table(self) -> CallTable:
        return self.query_one("#history", CallTable)
