"""What the hero says of the call that rings or is being talked: number, name, place, seconds, earlier calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from dutyphone.i18n import _, ngettext
from dutyphone.lines.events import Direction
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone_tui import wording
from dutyphone_tui.cells import cut, fit
from dutyphone_tui.reading import Live
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import short_stamp_text, span_text
from dutyphone_tui.widgets.big_number import big_number, big_width
from dutyphone_tui.widgets.lines import Line, spread

PROMPT_RINGS = 3
"""A call is to be answered within three rings; from the fourth on the card says so."""

NUMBER_GAP = 4
"""Cells kept free between the number and the seconds."""


class RingingCard:
    """A large card. It says something only while a call is open."""

    LOOKS: ClassVar[set[str]] = {
        "ringing-card--state",
        "ringing-card--talking",
        "ringing-card--late",
        "ringing-card--number",
        "ringing-card--seconds",
        "ringing-card--name",
        "ringing-card--quiet",
    }

    def __init__(self, telling: Telling, now: datetime, *, blocks: bool) -> None:
        self._telling = telling
        self._now = now
        self._blocks = blocks
        self._calls: tuple[CallRow, ...] = ()
        self._earlier: tuple[CallRow, ...] = ()
        self._earlier_known = False
        self._room_for = 1
        self._airy = False

    def show(self, live: Live) -> None:
        """Show the open calls: the one that has been ringing longest large, the others in a row each."""
        self._calls = tuple(sorted(live.open_calls, key=_urgency))
        if self._calls:
            first = self._calls[0]
            self._earlier_known = any(known.call == first.call for known in live.earlier)
            self._earlier = live.earlier_calls(first.call)

    @property
    def state(self) -> CallState | None:
        """Of the call that is shown large; None if no call is open."""
        return self._calls[0].state if self._calls else None

    def tick(self, now: datetime) -> None:
        self._now = now

    def allow(self, extra: int, *, airy: bool) -> None:
        """Take `extra` rows below the name, for other open calls and for earlier calls; at least one.

        `airy`: keep a free row above and below the number.
        """
        self._room_for = max(extra, 1)
        self._airy = airy

    def lines(self, width: int) -> Sequence[Line]:
        if not self._calls:
            return []
        first, *others = self._calls
        number = self._number(first, width)
        if self._airy:
            number = [[], *number, []]
        return [self._state(first, width), *number, self._about(first, width), *self._below(others, width)]

    def _state(self, call: CallRow, width: int) -> Line:
        left: list[tuple[str, str]] = [
            (f" {wording.state(call)} ", f"ringing-card--{_CHIPS.get(call.state, 'state')}"),
            (f"  {cut(self._telling.line(call.line), 16)}", ""),
        ]
        if call.state is CallState.RINGING:
            if call.rings:
                left.append(("  " + _("ring {n}").format(n=call.rings), ""))
            if call.rings > PROMPT_RINGS:
                left += [("  ", ""), (" " + _("more than three rings") + " ", "ringing-card--late")]
        return spread(left, [(self._lasts(call), "ringing-card--seconds")], width)

    def _number(self, call: CallRow, width: int) -> list[Line]:
        number = self._telling.number(call)
        clock = _clock(call, self._now)
        taken = big_width(number, width) if self._blocks else None
        seconds = big_width(clock, width - (taken or 0) - NUMBER_GAP) if taken is not None else None
        left = width if seconds is None else width - seconds
        rows = big_number(number, left, blocks=self._blocks)
        if seconds is None:
            return [[(row, "ringing-card--number")] for row in rows]
        clock_rows = big_number(clock, seconds)
        return [
            [(row, "ringing-card--number"), (clock_row, "ringing-card--seconds")]
            for row, clock_row in zip(rows, clock_rows, strict=True)
        ]

    def _about(self, call: CallRow, width: int) -> Line:
        about = [self._telling.origin(call)]
        if call.name is None and call.name_absence is not None:
            about.append(_(wording.NAME_ABSENCES[call.name_absence]))
        if call.extension:
            about.append(_("extension {digits}").format(digits=call.extension))
        if call.fax:
            about.append(_("fax"))
        if call.doubtful:
            about.append(_("caller ID came damaged"))
        aside = "  ".join(part for part in about if part)
        name = cut(call.name or "", width * 2 // 3)
        return [(name + ("   " if name else ""), "ringing-card--name"), (aside, "")]

    def _below(self, others: list[CallRow], width: int) -> list[Line]:
        rows: list[Line] = [
            [
                (
                    fit(
                        _("Also {state}: {caller}, {line}, {time}").format(
                            state=wording.state(call),
                            caller=self._telling.caller(call),
                            line=self._telling.line(call.line),
                            time=span_text(_lasting(call, self._now)),
                        ),
                        width,
                    ),
                    "ringing-card--name",
                )
            ]
            for call in others[: self._room_for]
        ]
        room = self._room_for - len(rows)
        if room == 1:
            rows.append([(fit(self._history_in_a_row(), width), "ringing-card--quiet")])
        elif room > 1:
            rows += [[(fit(text, width), "ringing-card--quiet")] for text in self._history_in_rows(room)]
        return rows

    def _history_in_a_row(self) -> str:
        if not self._earlier:
            return _("First call of this number") if self._earlier_known else ""
        calls = [f"{self._at(row)} {wording.result(row)}" for row in self._earlier[:3]]
        return _("Before: {calls}").format(calls=" | ".join(calls))

    def _history_in_rows(self, room: int) -> list[str]:
        calls = self._earlier[: room - 1]
        if calls:
            heading = ngettext("Called before:", "Called before, last {n}:", len(calls)).format(n=len(calls))
            texts = [heading]
            texts += [f"  {self._at(row)}  {wording.result(row)}  {row.last_note}" for row in calls]
        else:
            texts = [_("First call of this number") if self._earlier_known else ""]
        return texts + [""] * (room - len(texts))

    def _at(self, row: CallRow) -> str:
        return short_stamp_text(row.arrived_at, self._now, self._telling.zone)

    def _lasts(self, call: CallRow) -> str:
        seconds = int(_lasting(call, self._now))
        if call.state is CallState.IN_CALL and call.direction is Direction.OUTGOING and call.answered_at is None:
            return f"{wording.state(call)} {span_text(seconds)}"
        if call.state is CallState.IN_CALL:
            return _("talking {time}").format(time=span_text(seconds))
        return _("ringing {n} s").format(n=seconds)


_CHIPS = {CallState.IN_CALL: "talking"}


def _urgency(call: CallRow) -> tuple[bool, datetime]:
    return call.state is CallState.IN_CALL, call.arrived_at


def _lasting(call: CallRow, now: datetime) -> float:
    """How long it has been ringing, or been talked, in seconds."""
    since = call.arrived_at if call.state is CallState.RINGING else call.answered_at or call.arrived_at
    return max((now - since).total_seconds(), 0.0)


def _clock(call: CallRow, now: datetime) -> str:
    seconds = _lasting(call, now)
    return str(int(seconds)) if call.state is CallState.RINGING else span_text(seconds)
