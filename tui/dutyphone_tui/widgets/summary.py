"""Everything worth saying about one call, as pairs of label and value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len

from dutyphone.i18n import _
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone_tui import wording
from dutyphone_tui.cells import cut, fit
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import clock_text, lasted_text, stamp_text
from dutyphone_tui.widgets.lines import Line, LinesWidget

Pair = tuple[str, str]


class Summary(LinesWidget):
    """Two pairs a row if they fit, one below the other if not."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"summary--number", "summary--label", "summary--value", "summary--owed"}

    def __init__(self, telling: Telling, row: CallRow | None, *, brief: bool = False) -> None:
        super().__init__()
        self._telling = telling
        self._row = row
        self._brief = brief

    def show(self, row: CallRow | None) -> None:
        self._row = row
        self.renew()

    def lines(self, width: int) -> Sequence[Line]:
        row = self._row
        if row is None:
            return [[(_("No call is selected."), "summary--label")]]
        number = self._telling.number(row)
        aside = "  ".join(
            part for part in (row.name or "", self._telling.origin(row), _("fax") if row.fax else "") if part
        )
        top: list[Line] = [[(number, "summary--number"), (f"   {aside}", "summary--value")]]
        if cell_len(number) + cell_len(aside) + 3 > width:
            top = [[(number, "summary--number")], [(cut(aside, width), "summary--value")]]
        if self._brief:
            return [
                top,
                _laid_out([(_("arrived"), self._stamp(row.arrived_at)), (_("result"), result_in_full(row))], width),
            ]
        pairs = self._pairs(row)
        half = (width - 2) // 2
        if width < 76:
            return [*top, [], *(_laid_out([pair], width) for pair in pairs)]
        paired = [pairs[i : i + 2] for i in range(0, len(pairs), 2)]
        wide = [(_("shown by"), _(wording.EVIDENCES[row.evidence]))] if row.evidence is not None else []
        return [*top, [], *(_laid_out(two, half) for two in paired), *(_laid_out([pair], width) for pair in wide)]

    def _pairs(self, row: CallRow) -> list[Pair]:
        """Only what is known, in the order in which it happened."""
        pairs = [
            (_("call"), f"{row.id}"),
            (_("line"), f"{self._telling.line(row.line)}, {_(wording.DIRECTIONS[row.direction])}"),
            (_("arrived"), self._stamp(row.arrived_at)),
            (_("rang"), _("{n} s, {rings} rings").format(n=round(row.ring_s), rings=row.rings)),
        ]
        if row.answered_at is not None:
            pairs.append((_("answered at"), self._clock(row.answered_at)))
        if row.talk_s is not None:
            pairs.append((_("talked"), lasted_text(row.talk_s)))
        if row.ended_at is not None:
            pairs.append((_("ended"), self._clock(row.ended_at)))
        pairs.append((_("result"), result_in_full(row)))
        if row.settlement is not None and row.settled_at is not None:
            by = row.settled_by or _("duty officer")
            pairs.append(
                (_("settled"), f"{_(wording.SETTLEMENTS[row.settlement])}, {by}, {self._stamp(row.settled_at)[5:16]}")
            )
        if row.number_raw and row.number_raw != self._telling.number(row):
            pairs.append((_("as sent"), row.number_raw + (" " + _("(damaged)") if row.doubtful else "")))
        if row.extension:
            pairs.append((_("extension"), row.extension))
        if row.name is None and row.name_absence is not None:
            pairs.append((_("name"), _(wording.NAME_ABSENCES[row.name_absence])))
        if row.digits:
            pairs.append((_("digits dialled"), row.digits))
        return pairs

    def _stamp(self, at: datetime) -> str:
        return stamp_text(at, self._telling.zone)

    def _clock(self, at: datetime) -> str:
        return clock_text(at, self._telling.zone)


def result_in_full(row: CallRow) -> str:
    """What became of the call, in words that stand alone."""
    if row.state is not CallState.ENDED or row.result is None:
        return _(wording.STATES[row.state])
    outcome = _(wording.OUTCOMES[row.result])
    if row.owed is not None:
        return f"{outcome}, {_(wording.OWED[row.owed])}"
    return outcome


LABEL_CELLS = 12


def _laid_out(pairs: Sequence[Pair], width: int) -> Line:
    line: list[tuple[str, str]] = []
    for label, value in pairs:
        line += [
            (fit(label, LABEL_CELLS) + " ", "summary--label"),
            (fit(value, width - LABEL_CELLS - 2) + " ", "summary--value"),
        ]
    return line
