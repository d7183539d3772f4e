"""How fast the time of a simulated exchange goes: like that of a clock, or as fast as the machine can."""

from __future__ import annotations

import math
from typing import Protocol

from dutyphone.clock import Clock, Moment
from dutyphone_simulators.clock import FastClock

GRACE_S = 0.03
"""Flat out, the real seconds that programs have to answer what they were told before time goes on."""


class Pace(Protocol):
    """The time of the exchange."""

    def now(self) -> Moment: ...

    def pause_s(self, due: float, *, told: bool) -> float:
        """Real seconds to listen to programs before `due` may come. `told`: they have just been told something."""

    def reach(self, due: float) -> None:
        """The pause is over and nobody said anything."""


def pace(clock: Clock, speed: float) -> Pace:
    """`speed` times as fast as `clock`; infinite is flat out. Raises `ValueError` unless it is greater than 0."""
    return FlatOut(clock.now()) if math.isinf(speed) and speed > 0 else _Steady(FastClock(clock, speed))


class _Steady:
    """Time that goes by itself."""

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock

    def now(self) -> Moment:
        return self._clock.now()

    def pause_s(self, due: float, *, told: bool) -> float:  # noqa: ARG002  time goes on whoever was told what
        return self._clock.base_seconds(max(0.0, due - self._clock.now().mono))

    def reach(self, due: float) -> None:
        """It is `due` by itself."""


class FlatOut:
    """Time that jumps to whatever is next, and stands still while nothing is."""

    def __init__(self, start: Moment) -> None:
        self._moment = start

    def now(self) -> Moment:
        return self._moment

    def pause_s(self, due: float, *, told: bool) -> float:  # noqa: ARG002  however long it is until then
        return GRACE_S if told else 0.0

    def reach(self, due: float) -> None:
        self._moment = self._moment.plus(max(0.0, due - self._moment.mono))
