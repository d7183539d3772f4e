"""Notices that the wall clock was set, by comparing how far it and the monotonic clock have gone. Pure."""

from __future__ import annotations

from dutyphone.clock import Moment
from dutyphone.journal.facts import ClockStepped, Fact

SMALLEST_STEP_S = 1.0
"""A smaller difference is drift that a time server slews away, not a step anybody would see in the log."""


class ClockWatch:
    """Compares each moment with the one before."""

    def __init__(self) -> None:
        self._last: Moment | None = None

    def on_moment(self, now: Moment) -> list[Fact]:
        """A `ClockStepped` if the wall clock jumped since the last moment; moments before that say nothing new.

        A machine that slept shows as a step forwards too: its monotonic clock stood still meanwhile.
        """
        last = self._last
        if last is not None and now.mono < last.mono:
            return []
        self._last = now
        if last is None:
            return []
        step_s = (now.utc - last.utc).total_seconds() - now.since(last)
        if abs(step_s) < SMALLEST_STEP_S:
            return []
        return [ClockStepped(at=now.utc, step_s=round(step_s, 3))]
