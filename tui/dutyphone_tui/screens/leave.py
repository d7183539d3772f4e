"""Before the console is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from dutyphone.i18n import N_, _
from dutyphone_tui.keys import Key, bindings
from dutyphone_tui.screens.page import Dialog

LEAVE_KEYS = (
    Key(key="enter,y", action="leave", cap="Enter", label=N_("leave"), help=N_("Leave the console"), bar=1),
    Key(key="escape,n,q", action="back", cap="Esc", label=N_("stay"), help=N_("Stay"), bar=2),
)


class LeaveScreen(Dialog):
    """Says what else ends with the console."""

    KEYS = LEAVE_KEYS
    BINDINGS: ClassVar = bindings(LEAVE_KEYS)

    def __init__(self) -> None:
        super().__init__()
        self.title = _("Leave the console?")

    def box(self) -> Iterable[Widget]:
        warning = self.console.desk.quit_warning
        if warning:
            yield Static(warning, classes="warning", markup=False)
        else:
            yield Static(_("The recorder goes on recording calls."), markup=False)

    def action_leave(self) -> None:
        self.app.exit()
