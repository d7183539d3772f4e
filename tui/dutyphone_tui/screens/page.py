"""What all pages have: the heading, banners when something is wrong, the key bar; and what all dialogs have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from dutyphone.clock import Moment
from dutyphone.store.readmodels import CallRow
from dutyphone_tui.keys import Key
from dutyphone_tui.reading import Live
from dutyphone_tui.screens.part import Part
from dutyphone_tui.widgets.banners import Banners
from dutyphone_tui.widgets.heading import Heading
from dutyphone_tui.widgets.key_bar import KeyBar
from dutyphone_tui.widgets.lines import LinesWidget
from dutyphone_tui.widgets.ringing_strip import RingingStrip

_LOOKS = Path(__file__).parent.with_name("pages.tcss")


class Page(Part, Screen[None]):
    """A whole screen. `KEYS` are its keys, `body` its middle."""

    CSS_PATH = _LOOKS
    KEYS: ClassVar[tuple[Key, ...]] = ()
    STRIP: ClassVar[bool] = True

    def body(self) -> Iterable[Widget]:
        """The widgets between banners and key bar."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        desk, now = self.console.desk, self.console.now
        yield Heading(
            room=desk.room, officer=desk.officer, simulated=self.console.simulated, zone=desk.zone, now=now.utc
        )
        yield Banners()
        if self.STRIP:
            yield RingingStrip(self.console.at_work.telling, now.utc)
        yield from self.body()
        yield KeyBar(self.KEYS)

    @property
    def selected_call(self) -> CallRow | None:
        """The call that keys are about; None if there is none."""
        return None

    def on_mount(self) -> None:
        self._catch_up()

    def on_screen_resume(self) -> None:
        self._catch_up()

    def show_callers(self, live: Live) -> LinesWidget | None:
        for strip in self.query(RingingStrip):
            strip.show(live.open_calls)
            return strip
        return None

    def show_live(self, live: Live) -> None:
        self.show_callers(live)
        self.query_one(Heading).show_drill(simulated=self.console.simulated)
        self.query_one(KeyBar).show_by_hand(able=any(line.obeys for line in live.lines))
        self.show_health()

    def show_health(self) -> None:
        """Say what is wrong, if anything is."""
        self.query_one(Banners).show(self.console.banners())

    def tick(self, now: Moment) -> None:
        self.query_one(Heading).show(now=now.utc, quiet=not self.console.bell_on)
        for strip in self.query(RingingStrip):
            strip.tick(now.utc)
        self.show_health()

    def action_handle(self) -> None:
        self.console.handle_call(self.selected_call)

    def action_dial(self) -> None:
        self.console.dial(self.selected_call)

    def _catch_up(self) -> None:
        """Show what was read while this page was not there."""
        if self.console.live is not None:
            self.show_live(self.console.live)
        if self.console.day is not None:
            self.show_day(self.console.day)
        self.tick(self.console.now)


class Dialog(Part, ModalScreen[None]):
    """A box over the page. Its first row says who calls, so that nothing in it ever moves."""

    CSS_PATH = _LOOKS
    KEYS: ClassVar[tuple[Key, ...]] = ()

    def box(self) -> Iterable[Widget]:
        """The widgets in the box."""
        raise NotImplementedError

    def keys(self) -> tuple[Key, ...]:
        """What its key bar says."""
        return self.KEYS

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield RingingStrip(self.console.at_work.telling, self.console.now.utc)
            yield from self.box()
            yield KeyBar(self.keys())

    def on_mount(self) -> None:
        self.query_one(".box").border_title = self.title or ""
        if self.console.live is not None:
            self.show_live(self.console.live)

    def show_callers(self, live: Live) -> LinesWidget:
        strip = self.query_one(RingingStrip)
        strip.show(live.open_calls)
        return strip

    def show_live(self, live: Live) -> None:
        self.show_callers(live)

    def tick(self, now: Moment) -> None:
        self.query_one(RingingStrip).tick(now.utc)
