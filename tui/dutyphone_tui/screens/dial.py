"""Dialling from a line that can."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from dutyphone.i18n import N_, _
from dutyphone.journal.facts import RequestKind
from dutyphone.lines.requests import LONGEST_NUMBER
from dutyphone.store.readmodels import CallRow, LineCondition, LineRow
from dutyphone_tui import wording
from dutyphone_tui.asking import line_down
from dutyphone_tui.keys import BACK, Key, bindings
from dutyphone_tui.screens.page import Dialog
from dutyphone_tui.telling import dialled
from dutyphone_tui.widgets.choices import Choices

DIAL_NOW = Key(key="enter", action="choose", cap="Enter", label=N_("dial"), help=N_("Dial the number"), bar=1)

_AS_WRITTEN = re.compile(r"[(]?[\d*#+][\d*#+()\s-]*", re.ASCII)
"""A number as people write it, with what makes it easier to read."""


class DialScreen(Dialog):
    """`lines` can dial. The number of `row`, if there is one, stands there already; what is typed replaces it."""

    KEYS = (DIAL_NOW, BACK)
    BINDINGS: ClassVar = bindings((BACK,))

    def __init__(self, lines: Sequence[LineRow], row: CallRow | None) -> None:
        super().__init__()
        self.title = _("Dial")
        self._lines = tuple(lines)
        self._proposed = (row.number_raw or dialled(row)) if row is not None else ""
        self._first = next((at for at, line in enumerate(lines) if row is not None and line.line == row.line), None)
        self._ahead = ""
        self._done = False

    def box(self) -> Iterable[Widget]:
        with Horizontal(classes="field"):
            yield Label(_("number"))
            yield Input(
                value=self._proposed, id="dialled", compact=True, select_on_focus=True, max_length=LONGEST_NUMBER
            )
        if len(self._lines) > 1:
            yield Choices([self._about(line) for line in self._lines], self._likely(), id="from-line")
            yield Static(_("Tab goes to the lines; service codes such as *57*..# are dialled as they are."), id="hint")
        else:
            words = _("On {line}. Service codes such as *57*..# are dialled as they are.")
            yield Static(words.format(line=self._about(self._lines[0])), id="hint", markup=False)

    def on_mount(self) -> None:
        field = self.query_one("#dialled", Input)
        if self._ahead:
            field.value = self._ahead
            field.select_on_focus = False
            field.cursor_position = len(self._ahead)
        field.focus()

    def typed_ahead(self, character: str) -> bool:
        if self.is_mounted:
            self.query_one("#dialled", Input).insert_text_at_cursor(character)
        else:
            self._ahead += character
        return True

    @on(Input.Submitted)
    def action_choose(self) -> None:
        number = as_dialled(self.query_one("#dialled", Input).value)
        if not number:
            self.console.say(_("Type the number to dial."))
            return
        if self._done:  # a key pressed twice
            return
        line = self._lines[self.query_one(Choices).selected if len(self._lines) > 1 else 0]
        now = self.console.live.lines if self.console.live is not None else ()
        down = line_down(next((row for row in now if row.line == line.line), line))
        if down:
            self.console.say(down)
            return
        self._done = True
        self.dismiss()
        self.console.ask(line.line, RequestKind.DIAL, number=number)

    def _likely(self) -> int:
        """The line of the call that was selected; else the first that is up."""
        if self._first is not None:
            return self._first
        up = (at for at, line in enumerate(self._lines) if line.condition is not LineCondition.DOWN)
        return next(up, 0)

    def _about(self, line: LineRow) -> str:
        return f"{line.title}  {_(wording.CONDITIONS[line.condition])}"


def as_dialled(typed: str) -> str:
    """What was typed, without what only makes a number easier to read; an address stays as it is."""
    typed = typed.strip()
    return re.sub(r"[()\s-]", "", typed) if _AS_WRITTEN.fullmatch(typed) else typed
