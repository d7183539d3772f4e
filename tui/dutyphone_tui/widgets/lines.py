"""The base of the small widgets: lines of styled text, of which only those that changed are painted again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from dutyphone_tui.widgets.looks import Looks, Piece

Line = Sequence[Piece]


class LinesWidget(Widget):
    """Shows what `lines` returns. Call `renew` when it may return something else."""

    _painted: list[Strip]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._painted = []
        self._looks = Looks(self)

    def lines(self, width: int) -> Sequence[Line]:
        """What to show in `width` cells."""
        raise NotImplementedError

    @property
    def ground(self) -> str:
        """The component class that all lines stand on, "" for the widget itself."""
        return ""

    def renew(self) -> None:
        """Paint the lines that changed; make room if there are more or fewer than before."""
        if not self.is_mounted or self.size.width == 0:
            return
        before, self._painted = self._painted, self._strips(self.size.width)
        if len(before) != len(self._painted):
            height = self.styles.height
            self.refresh(layout=height is None or height.is_auto)
            return
        for y, (old, new) in enumerate(zip(before, self._painted, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if not self._painted:
            self._painted = self._strips(width)
        if y < len(self._painted):
            return self._painted[y]
        return Strip.blank(width, self._looks.look("", self.ground))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        return len(self.lines(width))

    def on_resize(self) -> None:
        self._painted = self._strips(self.size.width)
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks.forget()
        self._painted = []

    def _strips(self, width: int) -> list[Strip]:
        ground = self.ground
        return [self._looks.strip(line, line_width(line), width, ground) for line in self.lines(width)]


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left edge and `right` at the right edge of `width` cells, if both fit; else `left` alone."""
    gap = width - line_width(left) - line_width(right)
    return [*left, (" " * gap, ""), *right] if gap > 0 else left


def line_width(line: Line) -> int:
    """How many cells `line` takes."""
    return sum(cell_len(text) for text, _ in line)
