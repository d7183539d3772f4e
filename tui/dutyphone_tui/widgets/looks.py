"""How the parts of a widget look, looked up once and not for every piece of text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

Piece = tuple[str, str]
"""Text and the name of a component class that says how it looks, "" for the look of what it stands on."""


class Looks:
    """The looks of one widget. Textual forgets them with every refresh; they change only with the style sheet."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._known: dict[tuple[str, str], Style] = {}

    def forget(self) -> None:
        """The styles of the widget have changed."""
        self._known.clear()

    def look(self, name: str, ground: str = "") -> Style:
        """The component class `name` on the component class `ground`, each "" for the widget itself."""
        known = self._known.get((name, ground))
        if known is None:
            known = self.look(ground) if ground else self._widget.rich_style
            if name:
                known += self._widget.get_component_rich_style(name, partial=True)
            self._known[name, ground] = known
        return known

    def strip(self, line: Sequence[Piece], cells: int, width: int, ground: str = "") -> Strip:
        """`line`, which takes `cells`, in `width` cells."""
        segments = [Segment(text, self.look(name, ground)) for text, name in line if text]
        return Strip(segments, cells).adjust_cell_length(width, self.look("", ground))
