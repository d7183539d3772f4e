"""One row, always there, on pages and dialogs that have no room for the card: who calls now, or that nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from dutyphone.i18n import _
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone_tui import wording
from dutyphone_tui.cells import fit
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import span_text
from dutyphone_tui.widgets.lines import Line, LinesWidget


class RingingStrip(LinesWidget):
    """Keeps its row when nobody calls, so that nothing moves under what is being typed when somebody does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"ringing-strip--ringing", "ringing-strip--in_call", "ringing-strip--calm"}

    def __init__(self, telling: Telling, now: datetime) -> None:
        super().__init__()
        self._telling = telling
        self._now = now
        self._calls: tuple[CallRow, ...] = ()

    def show(self, calls: tuple[CallRow, ...]) -> None:
        self._calls = tuple(sorted(calls, key=lambda row: (row.state is CallState.IN_CALL, row.arrived_at)))
        self.renew()

    def tick(self, now: datetime) -> None:
        self._now = now
        if self._calls:
            self.renew()

    def lines(self, width: int) -> Sequence[Line]:
        if not self._calls:
            return [[(fit(" " + _("Nobody is calling"), width), "ringing-strip--calm")]]
        first = self._calls[0]
        since = first.arrived_at if first.state is CallState.RINGING else first.answered_at or first.arrived_at
        parts = [
            wording.state(first),
            self._telling.number(first),
            first.name or "",
            self._telling.place(first),
            span_text((self._now - since).total_seconds()),
            self._telling.line(first.line),
        ]
        if len(self._calls) > 1:
            parts.append(_("and {n} more").format(n=len(self._calls) - 1))
        text = " " + "  ".join(part for part in parts if part)
        return [[(fit(text, width), f"ringing-strip--{first.state.value}")]]
