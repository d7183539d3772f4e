"""Bars across the screen that say plainly what is wrong: no recorder, a screen that stands still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from dutyphone_tui.cells import fit
from dutyphone_tui.health import Banner, Severity
from dutyphone_tui.widgets.lines import Line, LinesWidget


class Banners(LinesWidget):
    """One row a banner; no row at all when nothing is wrong."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"banners--alarm", "banners--warning", "banners--calm"}

    def __init__(self, banners: tuple[Banner, ...] = ()) -> None:
        super().__init__()
        self._banners = banners

    def show(self, banners: tuple[Banner, ...]) -> None:
        if banners != self._banners:
            self._banners = banners
            self.display = bool(banners)
            self.renew()

    def on_mount(self) -> None:
        self.display = bool(self._banners)

    def lines(self, width: int) -> Sequence[Line]:
        return [
            [
                (_MARKS[banner.severity], name := f"banners--{banner.severity.value}"),
                (fit(banner.text, width - 4), name),
            ]
            for banner in self._banners
        ]


_MARKS = {Severity.ALARM: " !! ", Severity.WARNING: " !  ", Severity.CALM: "    "}
