"""The bounded queue between the lines and the one thread that writes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum

from dutyphone.journal.facts import RequestMade
from dutyphone.lines.events import LineEvent

CAPACITY = 10_000
"""Events that may wait. A line that posts to a full inbox waits; nothing is dropped."""


class Tick(Enum):
    """What the agenda reminds the writer of."""

    BEAT = "beat"  # say that the recorder lives
    NEW_DAY = "new_day"  # tidy up


Item = LineEvent | Tick | RequestMade
"""What the writer takes in."""


class Inbox:
    """Line events, requests and ticks, in the order they came."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._queue: queue.Queue[Item | None] = queue.Queue(capacity)
        self._closed = threading.Event()

    def post(self, events: Iterable[LineEvent]) -> None:
        """Put events in; blocks while the inbox is full."""
        for event in events:
            self._queue.put(event)

    def ask(self, made: RequestMade) -> None:
        """Put a request in; blocks while the inbox is full."""
        self._queue.put(made)

    def offer(self, event: LineEvent) -> bool:
        """Put an event in without waiting; False if the inbox is full."""
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            return False
        return True

    def remind(self, tick: Tick) -> None:
        """Put a tick in. A full inbox has better things to do: the tick is dropped, and comes again."""
        with suppress(queue.Full):
            self._queue.put_nowait(tick)

    def close(self) -> None:
        """Everything posted so far is still taken out; then `take` says so. Returns at once, however full it is."""
        self._closed.set()
        with suppress(queue.Full):
            self._queue.put_nowait(None)

    def take(self, timeout_s: float | None, at_most: int) -> tuple[list[Item], bool]:
        """Wait up to `timeout_s` (None: for ever) for something, then all that is there up to `at_most`.

        The second value is True once the inbox is closed and empty up to that point.
        """
        taken: list[Item] = []
        waits = not self._closed.is_set() and (
            timeout_s is None or timeout_s > 0
        )  # a full inbox took no sign of its end
        try:
            item = self._queue.get(timeout=timeout_s) if waits else self._queue.get_nowait()
            while item is not None:
                taken.append(item)
                if len(taken) >= at_most:
                    return taken, False
                item = self._queue.get_nowait()
        except queue.Empty:
            return taken, self._closed.is_set()
        return taken, True
