"""What is there at once: where one is, what time it is, and that the database is being opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.screen import Screen

from dutyphone_tui.keys import LOOK, QUIT, bindings
from dutyphone_tui.screens.part import Part
from dutyphone_tui.widgets.banners import Banners
from dutyphone_tui.widgets.heading import Heading
from dutyphone_tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from dutyphone.clock import Moment

OPENING_KEYS = (LOOK, QUIT)


class OpeningScreen(Part, Screen[None]):
    """The only page until the first reading of the store has come; afterwards it lies below all others."""

    BINDINGS: ClassVar = bindings(OPENING_KEYS)

    def compose(self) -> ComposeResult:
        desk = self.console.desk
        yield Heading(
            room=desk.room, officer=desk.officer, simulated=desk.simulated, zone=desk.zone, now=self.console.now.utc
        )
        yield Banners(self.console.banners())
        yield KeyBar(OPENING_KEYS)

    def tick(self, now: Moment) -> None:
        if not self.is_current:
            return
        self.query_one(Heading).show(now=now.utc, quiet=not self.console.bell_on)
        self.query_one(Banners).show(self.console.banners())
