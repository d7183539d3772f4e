"""Every key, and what the words on the screen mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget

from dutyphone.i18n import N_, _
from dutyphone_tui.cells import fit
from dutyphone_tui.keys import GROUPS, HELP_KEYS, MOVES, bindings
from dutyphone_tui.screens.page import Page
from dutyphone_tui.widgets.lines import Line, LinesWidget
from dutyphone_tui.wrapping import wrap

CAP_CELLS = 22

MEANINGS = (
    (
        N_("to settle"),
        N_("The line cannot show whether somebody answered. Say it with a or m."),
    ),
    (N_("to call back"), N_("Nobody answered. Press c when the caller has been called back, x if that is not needed.")),
    (
        N_("not listened to"),
        N_("For that time nothing is known: the cable, the modem or the program was away. Calls may be missing."),
    ),
    (N_("number withheld"), N_("The caller does not want the number to be seen; the exchange keeps it to itself.")),
    (N_("? behind a number"), N_("The caller ID came damaged; a digit may be wrong.")),
    (N_("DRILL"), N_("Lines and calls are made up by a simulator. Nothing of it is real.")),
)


class HelpText(LinesWidget):
    """The text of the help page."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"help-text--group", "help-text--cap", "help-text--text"}

    def __init__(self, *, by_hand: bool) -> None:
        """`by_hand`: a line of this desk can do more than listen."""
        super().__init__()
        self._by_hand = by_hand

    def lines(self, width: int) -> Sequence[Line]:
        lines: list[Line] = []
        groups = [
            (_(title), [(key.cap, _(key.help)) for key in keys])
            for title, keys in GROUPS
            if self._by_hand or not any(key.by_hand for key in keys)
        ]
        groups.append((_("Moving about"), [(_(cap), _(text)) for cap, text in MOVES]))
        groups.append((_("What the words mean"), [(_(word), _(text)) for word, text in MEANINGS]))
        for title, entries in groups:
            lines += [[(title, "help-text--group")]]
            for cap, text in entries:
                first, *rest = wrap(text, width - CAP_CELLS - 4)
                lines.append([("  ", ""), (fit(cap, CAP_CELLS), "help-text--cap"), ("  " + first, "help-text--text")])
                lines += [[(" " * (CAP_CELLS + 4) + more, "help-text--text")] for more in rest]
            lines.append([])
        return lines


class HelpScreen(Page):
    """One page that scrolls."""

    KEYS = HELP_KEYS
    BINDINGS: ClassVar = bindings(HELP_KEYS)

    def body(self) -> Iterable[Widget]:
        with VerticalScroll(id="help") as scroll:
            scroll.border_title = _("Keys and words")
            live = self.console.live
            yield HelpText(by_hand=live is not None and any(line.obeys for line in live.lines))

    def on_mount(self) -> None:
        self.query_one("#help").focus()
