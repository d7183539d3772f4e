"""A note on a call. What is typed is kept on disk every second until it is saved or thrown away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.widget import Widget
from textual.widgets import TextArea

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone.store.readmodels import CallRow
from dutyphone_tui.drafts import Draft
from dutyphone_tui.keys import NOTE_KEYS, bindings
from dutyphone_tui.messages import CallWritten
from dutyphone_tui.screens.page import Dialog
from dutyphone_tui.widgets.summary import Summary

AUTOSAVE_S = 1.0


class NoteScreen(Dialog):
    """Text goes in; saving writes it into the journal and closes the box, leaving it keeps the draft."""

    KEYS = NOTE_KEYS
    BINDINGS: ClassVar = bindings(NOTE_KEYS)

    def __init__(self, row: CallRow) -> None:
        super().__init__()
        self.title = _("Note on call {id}").format(id=row.id)
        self._row = row
        self._kept = self._ahead = ""

    def box(self) -> Iterable[Widget]:
        yield Summary(self.console.at_work.telling, self._row, brief=True)
        yield TextArea(soft_wrap=True, show_line_numbers=False, tab_behavior="focus")

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        self._kept = self.console.at_work.drafts.of(self._row.call)
        area.text = self._kept
        area.move_cursor(area.document.end)
        area.insert(self._ahead)
        area.focus()
        self.set_interval(AUTOSAVE_S, self.autosave)

    def typed_ahead(self, character: str) -> bool:
        if self.is_mounted:
            self.query_one(TextArea).insert(character)
        else:
            self._ahead += character
        return True

    def autosave(self) -> None:
        """Keep what is typed, if it has changed."""
        text = self.query_one(TextArea).text
        if text != self._kept:
            self._kept = text
            self._keep(text)

    def action_save(self) -> None:
        text = self.query_one(TextArea).text.strip()
        if text:
            self.autosave()
            self._write(text)
        else:
            self.console.say(_("The note is empty."))

    def action_back(self) -> None:
        self.autosave()
        if self._kept.strip():
            self.console.say(_("The draft is kept; press n on the call, or d, to go on."))
        self.dismiss()

    @work(thread=True, group="drafts")
    def _keep(self, text: str) -> None:
        """In a thread: a disk that is slow to take it must not hold up the keys."""
        try:
            if text.strip():
                self.console.at_work.drafts.save(Draft(call=self._row.call, text=text))
            else:
                self.console.at_work.drafts.discard(self._row.call)
        except OSError as error:
            self.app.call_from_thread(self.console.say, _("The draft cannot be kept: {why}").format(why=error))

    @work(thread=True, group="write")
    def _write(self, text: str) -> None:
        try:
            row = self.console.at_work.note(self._row.call, text)
        except DutyphoneError as error:
            self.app.call_from_thread(self.console.complain, error)
            return
        self.console.at_work.drafts.discard(self._row.call)
        self.console.post_message(CallWritten(row, _("The note is saved.")))
        self.app.call_from_thread(self.dismiss)
