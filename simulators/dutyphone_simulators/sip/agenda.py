"""What is going to happen by itself: actions with the moment they are due. Pure; who has a clock says when it is."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from dutyphone.clock import Moment

Action = Callable[[], None]


@dataclass(order=True, slots=True)
class Alarm:
    """One action that is due at `at` (mono seconds). `stop` makes it never happen."""

    at: float
    order: int
    action: Action | None = field(compare=False)

    def stop(self) -> None:
        self.action = None


class Agenda:
    """Actions in the order in which they are due. `now` is the moment everybody in the exchange goes by."""

    def __init__(self, now: Moment) -> None:
        self.now = now
        self._alarms: list[Alarm] = []
        self._order = 0

    def after(self, seconds: float, action: Action) -> Alarm:
        """Do `action` in `seconds` from now."""
        self._order += 1
        alarm = Alarm(self.now.mono + max(0.0, seconds), self._order, action)
        heapq.heappush(self._alarms, alarm)
        return alarm

    def next_deadline(self) -> float | None:
        """When the next action is due, in mono seconds; None if none is."""
        while self._alarms and self._alarms[0].action is None:
            heapq.heappop(self._alarms)
        return self._alarms[0].at if self._alarms else None

    def reach(self, now: Moment) -> None:
        """Do all that is due by `now`, each at its own moment, and be there."""
        while (due := self.next_deadline()) is not None and due <= now.mono:
            alarm = heapq.heappop(self._alarms)
            if due > self.now.mono:
                self.now = now.plus(due - now.mono)
            action, alarm.action = alarm.action, None
            if action is not None:
                action()
        if now.mono >= self.now.mono:
            self.now = now
