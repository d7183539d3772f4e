"""Clocks for tests and drills: one moved by hand, one that runs fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dutyphone.clock import Clock, Moment

START_OF_NIGHT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
"""17:30 in Beijing on New Year's Eve of the lunar calendar: a night shift begins."""


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, utc: datetime = START_OF_NIGHT, mono: float = 1000.0) -> None:
        self._moment = Moment(mono, utc)

    def now(self) -> Moment:
        return self._moment

    def advance(self, seconds: float) -> Moment:
        """Let `seconds` pass on both clocks."""
        self._moment = self._moment.plus(seconds)
        return self._moment

    def step(self, seconds: float) -> Moment:
        """Move the wall clock alone, as somebody setting it or a time server does."""
        self._moment = Moment(self._moment.mono, self._moment.utc + timedelta(seconds=seconds))
        return self._moment


class FastClock:
    """A clock that runs `speed` times as fast as `base`, from the moment it is made. `speed` is greater than 0."""

    def __init__(self, base: Clock, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError("a clock cannot stand still or run backwards")
        self._base = base
        self._start = base.now()
        self._stepped = timedelta(0)
        self.speed = speed

    def now(self) -> Moment:
        moment = self._start.plus(self._base.now().since(self._start) * self.speed)
        return Moment(moment.mono, moment.utc + self._stepped)

    def step(self, seconds: float) -> None:
        """Move the wall clock alone, as somebody setting it or a time server does. For one thread at a time."""
        self._stepped += timedelta(seconds=seconds)

    def base_seconds(self, seconds: float) -> float:
        """How long `seconds` of this clock last on the clock underneath."""
        return seconds / self.speed
