"""What comes up the wire, each piece with the moment at which it was read.

Whoever takes the pieces may have to wait for a slow disk or a full queue; the wire does not. A thread of its own does
nothing but read and look at the clock, so a ring is as late as the exchange made it and never as late as we were.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dutyphone.clock import Clock, Moment

MOST_WAITING = 1000
"""Pieces that may wait to be taken: hours of telephone calls. The rest waits where the system keeps it."""

_LONGEST_READ = 4096
_DEAF_READ_S = 0.5
"""Longest read of a port that cannot be interrupted (`socket://`): `wake` and `end` are noticed this late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`data` as it was read, `at` that moment. Without data: nothing waits, and it is `at` now."""

    data: bytes
    at: Moment


class Intake:
    """Reads `port` from now on, in a thread named `name`, until `end`. Nobody else may read it or set its time-out.

    Moments never run backwards from one piece to the next. Time-outs are the port's own, since the port knows how fast
    its time passes.
    """

    def __init__(self, port: Any, clock: Clock, name: str) -> None:
        self._port, self._clock = port, clock  # pyserial has no types
        self._can_cancel = hasattr(port, "cancel_read")
        self._changed = threading.Condition()
        self._pieces: deque[Piece] = deque()
        self._fault: Exception | None = None
        self._deadline: float | None = None  # when the taker wants to look at the clock
        self._reads_until: float | None = None  # when the read that is going on returns by itself
        self._woken = self._interrupted = self._alarm = self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def take(self, deadline: float | None) -> Piece:
        """The next piece; an empty one after `wake`, and at the `mono` second `deadline` if nothing comes before.

        Raises what the port raised, once all is taken that was read before.
        """
        with self._changed:
            self._ask_for(deadline)
            self._changed.wait_for(lambda: self._pieces or self._fault or self._alarm)
            if self._pieces:
                self._changed.notify_all()  # there is room again
                return self._pieces.popleft()
            if self._fault is not None:
                raise self._fault
            self._alarm, self._deadline = False, None
            return Piece(data=b"", at=self._clock.now())

    def wake(self) -> None:
        """Make `take` return. From any thread; a port that hangs is not woken."""
        with self._changed:
            self._woken = True
            self._interrupt()

    def end(self) -> None:
        """Read no more. Returns when the read that is going on has: the port must not be closed under it."""
        with self._changed:
            self._interrupt()
            self._ended = True
            self._changed.notify_all()
        self._thread.join()

    def left(self) -> Iterator[Piece]:
        """What was read before `end` and not taken, oldest first; each piece is given once."""
        while self._pieces:
            yield self._pieces.popleft()

    def _ask_for(self, deadline: float | None) -> None:
        self._deadline = deadline
        if deadline is None or self._alarm:
            return
        if self._reads_until is None or deadline < self._reads_until:
            self._interrupt()

    def _interrupt(self) -> None:
        """The read that is going on, or else the next one, returns at once. Once is enough until `_put` heard of it."""
        if self._can_cancel and not (self._interrupted or self._ended or self._fault):
            self._interrupted = True
            self._port.cancel_read()

    # --- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._ended:
                self._set_timeout()
                self._read()
        except Exception as fault:  # noqa: BLE001  raised by `take`, in the thread that has to deal with it
            with self._changed:
                self._fault = fault
                self._changed.notify_all()

    def _read(self) -> None:
        """What came before the port failed came."""
        data: bytes = self._port.read(1)
        try:
            if data and (more := min(self._port.in_waiting, _LONGEST_READ)):
                data += self._port.read(more)
        finally:
            self._put(data)

    def _set_timeout(self) -> None:
        """Setting it costs a few system calls, so only when it changes. Whoever is alarmed asks anew."""
        with self._changed:
            self._reads_until = None if self._alarm else self._deadline
            timeout = None if self._reads_until is None else max(0.0, self._reads_until - self._clock.now().mono)
        if not self._can_cancel:
            timeout = _DEAF_READ_S if timeout is None else min(timeout, _DEAF_READ_S)
        if self._port.timeout != timeout:
            self._port.timeout = timeout

    def _put(self, data: bytes) -> None:
        with self._changed:
            at = self._clock.now()
            woken, self._woken, self._interrupted = self._woken, False, False
            if data:
                self._changed.wait_for(lambda: len(self._pieces) < MOST_WAITING or self._ended)
                self._pieces.append(Piece(data=data, at=at))
            elif woken or (self._deadline is not None and self._deadline <= at.mono):
                self._alarm = True
            self._changed.notify_all()
