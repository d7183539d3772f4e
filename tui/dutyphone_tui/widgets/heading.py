"""The top row: room, drill mark, officer, date and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from dutyphone.i18n import _
from dutyphone_tui.cells import cut
from dutyphone_tui.times import clock_text, long_date_text
from dutyphone_tui.widgets.lines import Line, LinesWidget, spread


class Heading(LinesWidget):
    """Shows where one is and what time it is; ticks once a second."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heading--room",
        "heading--drill",
        "heading--quiet",
        "heading--date",
        "heading--clock",
    }

    def __init__(self, *, room: str, officer: str, simulated: bool, zone: ZoneInfo, now: datetime) -> None:
        super().__init__()
        self._room = room
        self._officer = officer
        self._simulated = simulated
        self._zone = zone
        self._now = now
        self._quiet = False

    def show(self, *, now: datetime, quiet: bool) -> None:
        """Show the time `now`; `quiet` means that the bell is off."""
        self._now, self._quiet = now, quiet
        self.renew()

    def show_drill(self, *, simulated: bool) -> None:
        """Mark the screen as a drill, or do not."""
        if simulated != self._simulated:
            self._simulated = simulated
            self.renew()

    def lines(self, width: int) -> Sequence[Line]:
        left = [(f" {cut(self._room, width // 3)} ", "heading--room")]
        if self._simulated:
            left.append((" " + _("DRILL") + " ", "heading--drill"))
        right = [
            (long_date_text(self._now, self._zone) + " ", "heading--date"),
            (f" {clock_text(self._now, self._zone)} ", "heading--clock"),
        ]
        if self._officer:
            right.insert(0, (_("On duty: {name}").format(name=cut(self._officer, 16)) + "   ", "heading--date"))
        if self._quiet:
            right.insert(0, (" " + _("bell off") + " ", "heading--quiet"))
            right.insert(1, ("  ", ""))
        return [spread(left, right, width)]
