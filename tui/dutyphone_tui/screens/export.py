"""Writing calls to a file: from, to, format; then how far it is, and where the file lies."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import N_, _
from dutyphone_tui.desk import ExportFormat, ExportOrder
from dutyphone_tui.keys import BACK, Key, bindings
from dutyphone_tui.screens.page import Dialog
from dutyphone_tui.times import read_day
from dutyphone_tui.widgets.lines import Line, LinesWidget

FORMATS = {
    ExportFormat.XLSX: N_("table (xlsx)"),
    ExportFormat.CSV: N_("text table (csv)"),
    ExportFormat.JSONL: N_("for machines (jsonl)"),
}

WRITE = Key(key="enter,ctrl+s", action="write", cap="Enter", label=N_("write"), help=N_("Write the file"), bar=1)
EXPORT_KEYS = (WRITE, BACK)
EXPORT_BINDINGS = (Key(key="ctrl+s", action="write", cap="Ctrl+S", label=N_("write"), help=N_("Write the file")), BACK)


TELL_EVERY_S = 0.1
"""An export tells how far it is this often, and when it is done."""


class GivenUp(Exception):
    """Raised in the export's thread when the box is closed before the file is finished."""


class FormatChoice(LinesWidget, can_focus=True):
    """One of the formats; left and right change it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"format-choice--chosen", "format-choice--other"}
    BINDINGS: ClassVar = [("left", "turn(-1)"), ("right,space", "turn(1)"), ("enter", "screen.write")]

    def __init__(self) -> None:
        super().__init__(id="format")
        self.chosen = ExportFormat.XLSX

    def action_turn(self, steps: int) -> None:
        formats = tuple(ExportFormat)
        self.chosen = formats[(formats.index(self.chosen) + steps) % len(formats)]
        self.renew()

    def lines(self, width: int) -> Sequence[Line]:  # noqa: ARG002 - it always fits
        pieces: list[tuple[str, str]] = []
        for each, text in FORMATS.items():
            chosen = each is self.chosen
            pieces.append((f"{'>' if chosen else ' '}{_(text)} ", f"format-choice--{'chosen' if chosen else 'other'}"))
        return [pieces]


class ProgressRow(LinesWidget):
    """How far the export is."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"progress-row--done", "progress-row--left"}

    def __init__(self) -> None:
        super().__init__()
        self._done = self._total = 0

    def show(self, done: int, total: int) -> None:
        self._done, self._total = done, total
        self.renew()

    def lines(self, width: int) -> Sequence[Line]:
        if not self._total:
            return [[]]
        share = min(self._done / self._total, 1.0)
        words = f"  {share:4.0%}  {self._done:,} / {self._total:,}"
        cells = max(width - len(words) - 2, 0)
        full = int(cells * share)
        return [
            [("[" + "=" * full, "progress-row--done"), (" " * (cells - full) + "]", "progress-row--left"), (words, "")]
        ]


class ExportScreen(Dialog):
    """Days are duty days, both included. Closing the box while it writes gives the export up."""

    KEYS = EXPORT_KEYS
    BINDINGS: ClassVar = bindings(EXPORT_BINDINGS)

    def __init__(self) -> None:
        super().__init__()
        self.title = _("Export calls")
        self._given_up = threading.Event()
        self._writing = False

    def box(self) -> Iterable[Widget]:
        today = self.console.today.isoformat()
        with Horizontal(classes="field"):
            yield Label(_("from"))
            yield Input(value=today, id="from", compact=True, select_on_focus=True)
        with Horizontal(classes="field"):
            yield Label(_("to"))
            yield Input(value=today, id="until", compact=True, select_on_focus=True)
        with Horizontal(classes="field"):
            yield Label(_("format"))
            yield FormatChoice()
        yield Static(self._hint(), id="hint", markup=False)
        yield ProgressRow()
        yield Static(id="outcome", markup=False)

    def on_mount(self) -> None:
        self.query_one("#from").focus()

    def on_unmount(self) -> None:
        self._given_up.set()

    @on(Input.Submitted)
    def action_write(self) -> None:
        if self._writing:
            return
        today = self.console.today
        first, last = (read_day(self.query_one(f"#{name}", Input).value, today) for name in ("from", "until"))
        if first is None or last is None:
            self._say(_("A date is typed like 2026-02-16 or 2-16."), wrong=True)
        elif last < first:
            self._say(_("The last day is before the first."), wrong=True)
        else:
            from_at, until_at = self.console.duty_days(first, last)
            self._writing = True
            self._say(_("Writing .."))
            chosen = self.query_one(FormatChoice).chosen
            self._export(
                ExportOrder(from_at=from_at, until_at=until_at, format=chosen, folder=self.console.desk.export_folder)
            )

    @work(thread=True, group="export")
    def _export(self, order: ExportOrder) -> None:
        export, store = self.console.desk.export, self.console.at_work.store
        assert export is not None, "the box is only opened where there is an export"
        clock, told_at = self.console.desk.clock, -TELL_EVERY_S

        def on_progress(done: int, total: int) -> None:
            nonlocal told_at
            if self._given_up.is_set():
                raise GivenUp
            now = clock.now().mono
            if now - told_at >= TELL_EVERY_S or done == total:
                told_at = now
                self.app.call_from_thread(self._progress, done, total)

        try:
            path = export(store, order, on_progress)
        except GivenUp:
            return
        except DutyphoneError as error:
            self.app.call_from_thread(self._ended, None, f"{error.message} {error.advice}".strip())
        else:
            self.app.call_from_thread(self._ended, path, "")

    def _progress(self, done: int, total: int) -> None:
        if self.is_mounted:
            self.query_one(ProgressRow).show(done, total)

    def _ended(self, path: Path | None, wrong: str) -> None:
        self._writing = False
        if not self.is_mounted:
            return
        if path is None:
            self._say(wrong, wrong=True)
        else:
            self._say(_("Written: {path}").format(path=path))

    def _hint(self) -> str:
        return _("Days run from {time} to {time} of the next day; both days are included.").format(
            time=f"{self.console.desk.day_starts:%H:%M}"
        )

    def _say(self, text: str, *, wrong: bool = False) -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.update(text)
        outcome.set_class(wrong, "-wrong")
