"""What the live screen shows, in two helpings: how the lines stand, and the calls of the duty day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dutyphone.clock import Moment
from dutyphone.duty.shift_date import duty_day, shift_date
from dutyphone.store.readmodels import BlindRow, CallRow, DayCounts, LineRow, RecorderRow

if TYPE_CHECKING:
    from dutyphone.store.store import Store

TODAY_LIMIT = 500
"""Rows of today's list. A desk line takes fewer calls a day; all of them are in the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How the lines stand. `last_seq` is the journal as far as it was read, `earlier` what is known of the callers.

    `recorders` are those that are to be alive if all is well, the last one that began first.
    """

    read_at: Moment
    last_seq: int
    recorders: tuple[RecorderRow, ...]
    lines: tuple[LineRow, ...]
    open_calls: tuple[CallRow, ...]
    earlier: tuple[EarlierCalls, ...] = ()

    def earlier_calls(self, call: str) -> tuple[CallRow, ...]:
        """The last calls of the number that `call` comes from, newest first."""
        return next((known.rows for known in self.earlier if known.call == call), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCalls:
    """The last calls, newest first, of the number that `call` comes from."""

    call: str
    number: str
    rows: tuple[CallRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One duty day. `calls` and `blind` are newest first; `owed` is of all days, as the store orders it."""

    date: dt.date
    from_at: datetime
    until_at: datetime
    calls: tuple[CallRow, ...]
    owed: tuple[CallRow, ...]
    counts: DayCounts
    blind: tuple[BlindRow, ...]

    @property
    def entries(self) -> tuple[CallRow | BlindRow, ...]:
        """Calls and blind intervals in their place in time, newest first."""
        merged: list[CallRow | BlindRow] = [*self.calls, *self.blind]
        merged.sort(key=_begins, reverse=True)
        return tuple(merged)


@dataclass(slots=True)
class Reader:
    """Reads a store for the live screen. Used by one thread; remembers what was asked about the callers."""

    store: Store
    zone: ZoneInfo
    day_starts: time
    _earlier: dict[str, EarlierCalls] = field(default_factory=dict)

    def open_calls(self) -> tuple[CallRow, ...]:
        """Who calls now, and nothing else: one question to the store."""
        return self.store.open_calls()

    def live(self, now: Moment) -> Live:
        """How the lines stand, with what is already known of the callers."""
        last_seq = self.store.last_seq()
        open_calls = self.store.open_calls()
        still_open = {row.call for row in open_calls}
        self._earlier = {call: known for call, known in self._earlier.items() if call in still_open}
        return Live(
            read_at=now,
            last_seq=last_seq,
            recorders=self.store.recorders(),
            lines=self.store.lines(),
            open_calls=open_calls,
            earlier=tuple(self._earlier.values()),
        )

    def learn_callers(self, live: Live) -> bool:
        """Look up the earlier calls of those who call now. True if the next `live` knows more than `live` did."""
        learnt = False
        for row in live.open_calls:
            known = self._earlier.get(row.call)
            if row.number is None or (known is not None and known.number == row.number):
                continue
            rows = self.store.calls_of_number(row.number, excluding=row.call, limit=5)
            self._earlier[row.call] = EarlierCalls(call=row.call, number=row.number, rows=rows)
            learnt = True
        return learnt

    def date_of(self, now: datetime) -> dt.date:
        """The date of the duty day that `now` belongs to."""
        return shift_date(now, self.zone, self.day_starts)

    def day(self, now: datetime) -> Day:
        """The calls of the duty day that `now` belongs to."""
        duty_date = self.date_of(now)
        from_at, until_at = duty_day(duty_date, self.zone, self.day_starts)
        return Day(
            date=duty_date,
            from_at=from_at,
            until_at=until_at,
            calls=self.store.calls_between(from_at, until_at, TODAY_LIMIT),
            owed=self.store.owed_calls(),
            counts=self.store.counts(from_at, until_at),
            blind=self.store.blind_intervals(from_at, until_at),
        )


def _begins(entry: CallRow | BlindRow) -> datetime:
    return entry.arrived_at if isinstance(entry, CallRow) else entry.from_at
