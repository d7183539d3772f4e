"""All about one call: the summary, the notes, and the journal with the evidence of the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from dutyphone.i18n import _
from dutyphone.journal.facts import Settlement
from dutyphone.lines.transcript import escape
from dutyphone.store.readmodels import CallDetail, CallRow, FactRow
from dutyphone_tui.cells import steady
from dutyphone_tui.keys import DETAIL_KEYS, bindings
from dutyphone_tui.reading import Day
from dutyphone_tui.screens.page import Page
from dutyphone_tui.times import stamp_text
from dutyphone_tui.widgets.fact_table import FactTable
from dutyphone_tui.widgets.row_list import RowList
from dutyphone_tui.widgets.summary import Summary


class DetailScreen(Page):
    """`call` is its key; it is read again whenever the journal has grown."""

    KEYS = DETAIL_KEYS
    BINDINGS: ClassVar = bindings(DETAIL_KEYS)

    def __init__(self, call: str) -> None:
        super().__init__()
        self._call = call
        self._detail: CallDetail | None = None

    def body(self) -> Iterable[Widget]:
        yield Summary(self.console.at_work.telling, None)
        with Container(id="detail"):
            with VerticalScroll(id="notes"):
                yield Static(id="notes-text")
            yield FactTable(self.console.desk.zone)
            yield Static(id="wire")

    def on_mount(self) -> None:
        self.query_one("#notes").border_title = _("Notes")
        self.query_one("#facts").border_title = _("Evidence")
        self.query_one(FactTable).focus()
        self._read()

    def show_day(self, day: Day) -> None:  # noqa: ARG002 - it is only a hint here
        self._read()

    def show_places(self) -> None:
        self.query_one(Summary).renew()

    def show_written(self, row: CallRow) -> None:  # noqa: ARG002 - it is only a hint here
        self._read()

    @property
    def selected_call(self) -> CallRow | None:
        return None if self._detail is None else self._detail.row

    def action_settle(self, settlement: str) -> None:
        if self._detail is not None:
            self.console.settle(self._detail.row, Settlement(settlement))

    def action_note(self) -> None:
        if self._detail is not None:
            self.console.write_note(self._detail.row)

    @work(thread=True, group="detail", exclusive=True)
    def _read(self) -> None:
        self.app.call_from_thread(self._show, self.console.at_work.store.call(self._call))

    def _show(self, detail: CallDetail | None) -> None:
        if detail is None or not self.is_mounted:
            return
        self._detail = detail
        self.query_one(Summary).show(detail.row)
        self.query_one(FactTable).show_rows(detail.facts)
        self.query_one("#notes-text", Static).update(self._notes(detail))
        self._show_wire()

    def _notes(self, detail: CallDetail) -> Content:
        if not detail.notes:
            return Content.from_markup("[$quiet]$text[/]", text=_("No note yet; press n to write one."))
        zone = self.console.desk.zone
        return Content("\n").join(
            Content.from_markup(
                "[$quiet]$head[/]  $text", head=f"{stamp_text(note.at, zone)[5:16]} {note.by}".rstrip(), text=note.text
            )
            for note in detail.notes
        )

    @on(RowList.Moved, "#facts")
    def _show_wire(self) -> None:
        """The selected row of the journal in full: nothing of the evidence is cut off here."""
        fact: FactRow | None = self.query_one(FactTable).selected
        if fact is None:
            return
        parts = [escape(fact.wire), steady(fact.summary)]
        text = "   ".join(part for part in parts if part) or _("No bytes: this is not from the line.")
        self.query_one("#wire", Static).update(Content.from_markup("[$quiet]<[/] $text", text=text))
