"""A list of rows of one line each, painted by the line: as quick with a hundred thousand rows as with ten."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dutyphone_tui.cells import fit
from dutyphone_tui.widgets.lines import Line, line_width
from dutyphone_tui.widgets.looks import Looks

Row = TypeVar("Row")

NEAR_END = 30
"""Rows from the end at which `NearEnd` is posted."""


class RowList(ScrollView, Generic[Row], can_focus=True):
    """Rows with one selected. The selection stays on its row when rows come and go; on the first row it stays first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-list--head",
        "row-list--selected",
        "row-list--empty",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
    ]

    class NearEnd(Message):
        """The selection, or what is visible, comes near the last row: more may be wanted."""

        def __init__(self, row_list: RowList[Any]) -> None:
            super().__init__()
            self.row_list = row_list

        @property
        def control(self) -> RowList[Any]:
            return self.row_list

    class Moved(Message):
        """Another row was selected by the user."""

        def __init__(self, row_list: RowList[Any]) -> None:
            super().__init__()
            self.row_list = row_list

        @property
        def control(self) -> RowList[Any]:
            return self.row_list

    class Opened(Message):
        """The selected row was opened with the mouse."""

    def __init__(self, *, empty: str, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._empty = empty
        self._rows: Sequence[Row] = ()
        self._at = 0
        self._looks = Looks(self)

    # --- what a kind of list says ---

    def key_of(self, row: Row) -> Hashable:
        """What makes `row` the same row after it has changed."""
        raise NotImplementedError

    def paint(self, row: Row, width: int, *, selected: bool) -> Line:
        """`row` in `width` cells."""
        raise NotImplementedError

    def head(self, width: int) -> Line | None:  # noqa: ARG002 - for those that have one
        """The heading of the columns, None for none. It does not scroll."""
        return None

    # --- what is shown ---

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    @property
    def selected(self) -> Row | None:
        """The selected row, None if there are no rows."""
        return self._rows[self._at] if self._rows else None

    @property
    def selected_index(self) -> int:
        return self._at

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show `rows` instead of those shown."""
        before, self._rows = self._rows, rows
        at_before = self._at
        self._at = self._follow(before, rows)
        if len(before) != len(rows):
            self._measure()
            self.refresh()
            self._reveal()
        elif before is not rows:
            changed = {i for i, (old, new) in enumerate(zip(before, rows, strict=True)) if old != new}
            if self._at != at_before:
                changed |= {at_before, self._at}
                self._reveal()
            for index in changed:
                self._refresh_row(index)

    def repaint(self) -> None:
        """Paint everything again: words or widths have changed."""
        self._measure()
        self.refresh()

    def select(self, index: int) -> None:
        """Select the row at `index`, or the nearest there is."""
        index = max(0, min(index, len(self._rows) - 1))
        if index == self._at:
            return
        self._refresh_row(self._at)
        self._at = index
        self._refresh_row(index)
        self._reveal()
        self.post_message(self.Moved(self))
        self._watch_end()

    # --- keys and mouse ---

    def action_move(self, rows: int) -> None:
        self.select(self._at + rows)

    def action_page(self, pages: int) -> None:
        self.select(self._at + pages * max(self.size.height - self._head_rows - 1, 1))

    def action_first(self) -> None:
        self.select(0)

    def action_last(self) -> None:
        self.select(len(self._rows) - 1)

    def on_click(self, event: events.Click) -> None:
        index = event.y + round(self.scroll_y) - self._head_rows
        if event.y >= self._head_rows and 0 <= index < len(self._rows):
            self.select(index)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_focus(self) -> None:
        self._refresh_row(self._at)

    def on_blur(self) -> None:
        self._refresh_row(self._at)

    def on_resize(self) -> None:
        self._measure()
        self._reveal()

    # --- painting ---

    @property
    def _width(self) -> int:
        """The cells a row has beside the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def _head_rows(self) -> int:
        return 1 if self.size.height >= 5 and self.head(self._width) is not None else 0

    def render_line(self, y: int) -> Strip:
        width = self._width
        head_rows = self._head_rows
        if y < head_rows:
            return self._strip(self.head(width) or (), width, "row-list--head")
        index = y - head_rows + round(self.scroll_y)
        if not self._rows:
            empty: Line = [(fit(f"  {self._empty}", width), "")] if y == head_rows else ()
            return self._strip(empty, width, "row-list--empty")
        if index >= len(self._rows):
            return self._strip((), width)
        selected = index == self._at
        return self._strip(
            self.paint(self._rows[index], width, selected=selected), width, "row-list--selected" if selected else ""
        )

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks.forget()

    def _strip(self, line: Line, width: int, ground: str = "") -> Strip:
        return self._looks.strip(line, line_width(line), width, ground)

    def _follow(self, before: Sequence[Row], rows: Sequence[Row]) -> int:
        """Where the selection goes when `rows` come after `before`."""
        if not rows or not before or self._at == 0:
            return 0
        key = self.key_of(before[self._at])
        if self._at < len(rows) and self.key_of(rows[self._at]) == key:
            return self._at
        found = next((i for i, row in enumerate(rows) if self.key_of(row) == key), None)
        return min(self._at, len(rows) - 1) if found is None else found

    def _measure(self) -> None:
        """Tell Textual how many rows there are. A page is laid out anew only if the scrollbar comes or goes."""
        size = Size(self._width, max(len(self._rows) + self._head_rows, 1))
        if size != self.virtual_size:
            self.set_reactive(ScrollView.virtual_size, size)
            self._scroll_update(size)

    def _refresh_row(self, index: int) -> None:
        y = index - round(self.scroll_y) + self._head_rows
        if self._head_rows <= y < self.size.height:
            self.refresh(Region(0, y, self._width, 1))

    def _reveal(self) -> None:
        visible = self.size.height - self._head_rows
        if visible <= 0:
            return
        top = round(self.scroll_y)
        if self._at < top:
            self.scroll_to(y=self._at, animate=False)
        elif self._at >= top + visible:
            self.scroll_to(y=self._at - visible + 1, animate=False)

    def _watch_end(self) -> None:
        if self._at >= len(self._rows) - NEAR_END:
            self.post_message(self.NearEnd(self))
