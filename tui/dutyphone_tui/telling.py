"""How this desk tells about calls and lines: its zone, its way to show numbers, the titles of its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from dutyphone.i18n import _
from dutyphone.journal.facts import NumberKind
from dutyphone.lines.events import Direction
from dutyphone.store.readmodels import BlindRow, CallRow, LineRow
from dutyphone_tui import wording
from dutyphone_tui.places import PlaceBook
from dutyphone_tui.times import lasted_text, minute_text

PLACE_SAYS_LITTLE = (NumberKind.FIXED, NumberKind.MOBILE)
"""Kinds of number whose place does not tell what sort of number it is."""


def dialled(row: CallRow) -> str:
    """The number of a call of ours, as far as it was heard; "" of any other."""
    return row.digits if row.direction is Direction.OUTGOING else ""


@dataclass(slots=True, kw_only=True)
class Telling:
    """What the widgets of one console share. `titles` follows the lines as they are read."""

    zone: ZoneInfo
    shown_number: Callable[[CallRow], str]
    places: PlaceBook
    titles: dict[str, str] = field(default_factory=dict)

    def learn_lines(self, lines: Iterable[LineRow]) -> None:
        """Remember the titles of `lines`."""
        self.titles.update({line.line: line.title or line.line for line in lines})

    def line(self, line: str) -> str:
        """The title of `line`."""
        return self.titles.get(line, line)

    def has_number(self, row: CallRow) -> bool:
        return bool(row.number or row.number_raw or dialled(row))

    def number(self, row: CallRow) -> str:
        """The number as the desk shows it, or why there is none. A number that came damaged ends in `?`."""
        if not self.has_number(row):
            return wording.no_number(row)
        return self.shown_number(row) + ("?" if row.doubtful else "")

    def place(self, row: CallRow) -> str:
        """Where the number belongs, "" if that is not (yet) known."""
        return self.places.place(row.number, row.kind) if row.number is not None else ""

    def who_briefly(self, row: CallRow) -> str:
        """The name; the place where there is none."""
        who = row.name or self.place(row)
        return (_("fax") + "  " + who).rstrip() if row.fax else who

    def who(self, row: CallRow) -> str:
        """Name and place, as far as they are known."""
        parts = [part for part in (row.name or "", self.place(row)) if part]
        if row.fax:
            parts.insert(0, _("fax"))
        return "  ".join(parts)

    def origin(self, row: CallRow) -> str:
        """Place and sort of the number; the sort alone where the place already says it."""
        place = self.place(row)
        if row.kind is None or (place and row.kind not in PLACE_SAYS_LITTLE):
            return place
        return f"{place}  {_(wording.NUMBER_KINDS[row.kind])}".strip()

    def caller(self, row: CallRow) -> str:
        """Number and name in one breath."""
        return f"{self.number(row)} {row.name}" if row.name else self.number(row)

    def blind(self, row: BlindRow) -> str:
        """One blind interval in one breath."""
        if row.until_at is None:
            return _("{line}: NOT LISTENING since {time}, {reason}").format(
                line=self.line(row.line), time=minute_text(row.from_at, self.zone), reason=wording.loss(row.reason)
            )
        return _("{line}: not listening until {time} ({lasted}), {reason}").format(
            line=self.line(row.line),
            time=minute_text(row.until_at, self.zone),
            lasted=lasted_text((row.until_at - row.from_at).total_seconds()),
            reason=wording.loss(row.reason),
        )
