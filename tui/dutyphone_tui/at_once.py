"""Painting without waiting for the next frame. The only module that knows how Textual paints.

Textual collects what has changed, sixty times a second goes through all widgets, and paints. For the one row that says
who calls that is several messages and up to 17 ms later than need be: here it goes to the terminal as it is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from textual._compositor import CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

WRITING_S = 0.0001
"""What the thread that writes to the terminal needs: else it has to wait until the app is idle."""


def paint_at_once(widget: Widget) -> None:
    """Paint what was asked to be refreshed of `widget`, on the screen that is shown. For the thread of the app.

    It is left to the next frame where the page has to be laid out first, or something lies over the widget.
    """
    app, screen = widget.app, widget.screen
    if not screen.is_current or screen._layout_required or widget._layout_required:  # noqa: SLF001
        return
    place = _open_place(widget)
    if place is None:
        return
    rows: list[tuple[int, int, Strip]] = []
    for region in widget._exchange_repaint_regions():  # noqa: SLF001 - what is painted now need not be again
        strips = widget.render_lines(region)
        rows += [(place.x + region.x, place.y + y, strip) for y, strip in zip(region.line_range, strips, strict=True)]
    if rows:
        app._display(screen, _Rows(rows))  # noqa: SLF001
        time.sleep(WRITING_S)


class _Rows(CompositorUpdate):
    """Strips and where they begin: column, row."""

    def __init__(self, rows: Sequence[tuple[int, int, Strip]]) -> None:
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Never asked for: Textual takes `render_segments`. It is what makes this something to display."""
        for x, y, strip in self._rows:
            yield Control.move_to(x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        return "".join(f"{Control.move_to(x, y).segment.text}{strip.render(console)}" for x, y, strip in self._rows)


def _open_place(widget: Widget) -> Region | None:
    """Where `widget` is on the screen; None if it is not there in full and in front."""
    compositor = widget.screen._compositor  # noqa: SLF001
    region, clip = compositor.visible_widgets.get(widget, (None, None))
    if region is None or clip is None or clip.intersection(region) != region:
        return None
    for y in region.line_range:
        for other, its_region, _uncut in compositor.layers_visible[y]:  # from the front to the back
            if other is widget:
                break
            if its_region.overlaps(region):
                return None
    return region
