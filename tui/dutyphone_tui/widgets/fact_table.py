"""The journal of one call: what was heard when, and the very bytes the line said."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from dutyphone.i18n import _
from dutyphone.lines.transcript import escape
from dutyphone.store.readmodels import FactRow
from dutyphone_tui import wording
from dutyphone_tui.cells import fit
from dutyphone_tui.widgets.lines import Line, line_width
from dutyphone_tui.widgets.row_list import RowList

KIND_CELLS = 16


class FactTable(RowList[FactRow]):
    """Oldest first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"fact-table--time", "fact-table--wire", "fact-table--summary"}

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(empty=_("Nothing is known of this call."), id="facts")
        self._zone = zone

    def key_of(self, row: FactRow) -> Hashable:
        return row.seq

    def head(self, width: int) -> Line:  # noqa: ARG002 - what does not fit is cut off
        seq, kind = fit(_("row"), 7, right=True), fit(_("what"), KIND_CELLS)
        time, said = fit(_("time"), 12), _("what the line said")
        return [(f"  {seq}  {time}  {kind}  {said}", "")]

    def paint(self, row: FactRow, width: int, *, selected: bool) -> Line:
        line: list[tuple[str, str]] = [
            ("> " if selected else "  ", ""),
            (fit(str(row.seq), 7, right=True) + "  " + fine_time(row.at, self._zone) + "  ", "fact-table--time"),
            (fit(wording.fact_kind(row.kind), KIND_CELLS) + "  ", ""),
        ]
        if row.wire:
            line.append((f"< {escape(row.wire)}  ", "fact-table--wire"))
        line.append((row.summary, "fact-table--summary"))
        return _cut_off(line, width)


def fine_time(at: datetime, zone: ZoneInfo) -> str:
    """`17:30:05.123`."""
    return f"{at.astimezone(zone):%H:%M:%S.%f}"[:12]


def _cut_off(line: Line, width: int) -> Line:
    """`line` in `width` cells, cut with two dots in the piece that is too long."""
    kept: list[tuple[str, str]] = []
    for text, look in line:
        left = width - line_width(kept)
        kept.append((fit(text, min(cell_len(text), left)), look))
    return kept
