"""The only module that reads a clock.

`mono` drives deadlines and durations; `utc` is stamped on facts. The two are read together, so that a step of the
wall clock shows as a difference between them (see `recorder.clockwatch`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks: `mono` in seconds from an arbitrary start, `utc` an aware datetime in UTC."""

    mono: float
    utc: datetime

    def plus(self, seconds: float) -> Moment:
        """The moment `seconds` later (earlier, if negative), as if the wall clock did not step in between."""
        return Moment(self.mono + seconds, self.utc + timedelta(seconds=seconds))

    def since(self, earlier: Moment) -> float:
        """Seconds from `earlier` to this moment, by the monotonic clock."""
        return self.mono - earlier.mono


class Clock(Protocol):
    """Where a `Moment` comes from. Tests hand in `dutyphone_simulators.clock.ManualClock`."""

    def now(self) -> Moment: ...


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> Moment:
        return Moment(time.monotonic(), datetime.now(UTC))
