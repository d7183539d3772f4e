"""Everything worth saying about one call, as pairs of label and value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len

from dutyphone.i18n import _, ngettext
from dutyphone.lines.events import Evidence
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone_tui import wording
from dutyphone_tui.cells import cut, fit
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import clock_text, span_text, stamp_text
from dutyphone_tui.widgets.lines import Line, LinesWidget
from dutyphone_tui.wrapping import wrap

Pair = tuple[str, str]

REDIRECTED = 300
"""From here on a final response of SIP says that the call was not taken (RFC 3261 §21.3)."""

TWO_COLUMNS = 76
"""From this many cells on, two pairs stand in a row."""


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
            told = [(_("arrived"), self._stamp(row.arrived_at)), (_("result"), result_in_full(row))]
            return [*top, _laid_out(told, _label_cells(told), width // 2)]
        pairs = self._pairs(row)
        if row.called and width >= TWO_COLUMNS:  # mostly the account itself; it must not push the evidence away
            pairs.append((_("called"), row.called))
        evidence = [] if row.evidence is None else [(_("shown by"), _shown_by(row.evidence, row.code))]
        labels = _label_cells([*pairs, *evidence])
        if width < TWO_COLUMNS:
            body = [_laid_out([pair], labels, width) for pair in pairs]
        else:
            body = [_laid_out(pairs[i : i + 2], labels, width // 2) for i in range(0, len(pairs), 2)]
        for label, value in evidence:
            first, *rest = wrap(value, width - labels)
            body += [_laid_out([pair], labels, width) for pair in ((label, first), *(("", more) for more in rest))]
        return [*top, [], *body]

    def _pairs(self, row: CallRow) -> list[Pair]:
        """Only what is known, in the order in which it happened."""
        pairs = [
            (_("call"), f"{row.id}"),
            (_("line"), f"{self._telling.line(row.line)}, {_(wording.DIRECTIONS[row.direction])}"),
            (_("arrived"), self._stamp(row.arrived_at)),
            (_("rang"), _rang(row)),
        ]
        if row.answered_at is not None:
            pairs.append((_("answered at"), self._clock(row.answered_at)))
        if row.talk_s is not None:
            pairs.append((_("talked"), span_text(row.talk_s)))
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
        if row.redirected_from:
            pairs.append((_("called at first"), row.redirected_from))
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
        return wording.state(row)
    outcome = _(wording.OUTCOMES[row.result])
    if row.owed is not None:
        return f"{outcome}, {_(wording.OWED[row.owed])}"
    return outcome


def _rang(row: CallRow) -> str:
    """How long, and how often on a line that tells one ring from the next; a SIP line does not."""
    if not row.rings:
        return _("{n} s").format(n=round(row.ring_s))
    words = ngettext("{n} s, {rings} ring", "{n} s, {rings} rings", row.rings)
    return words.format(n=round(row.ring_s), rings=row.rings)


def _shown_by(evidence: Evidence, code: int | None) -> str:
    """What showed how the call ended; where an exchange refused it, in its words."""
    said = _(wording.EVIDENCES[evidence])
    if code is None or code < REDIRECTED:
        return said
    from dutyphone_tui.asking import exchange_says  # only for calls of a SIP line

    return f"{said}: {exchange_says(code)}"


def _label_cells(pairs: Sequence[Pair]) -> int:
    return max(cell_len(label) for label, _value in pairs) + 2


def _laid_out(pairs: Sequence[Pair], labels: int, width: int) -> Line:
    """`pairs` side by side, each in `width` cells, with the values one below the other."""
    line: list[tuple[str, str]] = []
    for label, value in pairs:
        line.append((fit(label, labels), "summary--label"))
        line.append((fit(value, width - labels - 2) + "  ", "summary--value"))
    return line
