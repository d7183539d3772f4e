"""What the console tells each of its screens, and how it is asked for what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

if TYPE_CHECKING:
    from dutyphone.clock import Moment
    from dutyphone.store.readmodels import CallRow
    from dutyphone_tui.app import DutyConsole
    from dutyphone_tui.reading import Day, Live
    from dutyphone_tui.widgets.lines import LinesWidget


class Part:
    """What the console tells each of its screens. A screen shows what it needs of it."""

    @property
    def console(self) -> DutyConsole:
        """The application, with what it knows."""
        return cast("DutyConsole", cast("Screen[None]", self).app)  # screens of this package are only pushed by it

    def show_callers(self, live: Live) -> LinesWidget | None:  # noqa: ARG002 - for those that show it
        """Who calls now, in the widget that is returned: it is painted before anything else is done. None: nowhere."""
        return None

    def show_live(self, live: Live) -> None:
        """How the lines stand now, all of it."""

    def show_day(self, day: Day) -> None:
        """The calls of the duty day, and what is owed."""

    def show_written(self, row: CallRow) -> None:
        """What the officer said of this call is stored."""

    def show_places(self) -> None:
        """More places of numbers are known."""

    def tick(self, now: Moment) -> None:
        """A second has passed."""

    def typed_ahead(self, character: str) -> bool:  # noqa: ARG002 - for those that take text
        """`character` was typed before the field that it was meant for had the focus. True if it was taken."""
        return False

    def action_back(self) -> None:
        cast("Screen[None]", self).dismiss()
