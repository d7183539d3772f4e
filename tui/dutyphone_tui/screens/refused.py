"""The database cannot be opened: what is the matter, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from dutyphone.i18n import N_, _
from dutyphone_tui.keys import LOOK, QUIT, Key, bindings
from dutyphone_tui.messages import StoreRefused
from dutyphone_tui.screens.page import Page

RETRY = Key(key="r,enter", action="retry", cap="r", label=N_("try again"), help=N_("Open the database again"), bar=1)
REFUSED_KEYS = (RETRY, LOOK, QUIT)


class RefusedScreen(Page):
    """Full screen, because without a database there is nothing else to show."""

    KEYS = REFUSED_KEYS
    STRIP = False
    BINDINGS: ClassVar = bindings(REFUSED_KEYS)

    def __init__(self, why: StoreRefused) -> None:
        super().__init__()
        self._why = why

    def body(self) -> Iterable[Widget]:
        with Vertical(id="refused"):
            yield Static(_("The database cannot be opened"), id="refused-title", markup=False)
            yield Static(self._why.message, id="refused-message", markup=False)
            if self._why.advice:
                yield Static(self._why.advice, id="refused-advice", markup=False)
            if self._why.evidence:
                yield Static(self._why.evidence, id="refused-evidence", markup=False)

    def show_health(self) -> None:
        """The whole page is the banner."""

    def action_retry(self) -> None:
        self.dismiss()
        self.console.open_store()
