"""A `LineHost` that keeps everything, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from dutyphone.clock import Clock, Moment, SystemClock
from dutyphone.errors import LineGone
from dutyphone.lines.driver import WireDirection
from dutyphone.lines.events import LineEvent


class RecordingHost:
    """Keeps what a driver does with its host. Made for one driver in a thread and one test beside it."""

    def __init__(self, line: str = "desk", clock: Clock | None = None) -> None:
        self.line = line
        self.clock = clock or SystemClock()
        self.state_folder: Path | None = None
        self._changed = threading.Condition(threading.RLock())
        self._stopping = False
        self._read = bytearray()
        self._written = bytearray()
        self._events: list[LineEvent] = []
        self._told: list[LineGone] = []
        self._too_early: list[LineEvent] = []
        self._pieces: list[tuple[bytes, Moment]] = []
        self._held = False
        self._waiting = 0

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        with self._changed:
            self._wait_while_held()
            if direction is WireDirection.FROM_DEVICE:
                self._pieces.append((data, at))
            kept = self._read if direction is WireDirection.FROM_DEVICE else self._written
            kept += data
            self._changed.notify_all()

    def post(self, events: Iterable[LineEvent]) -> None:
        with self._changed:
            self._wait_while_held()
            for event in events:
                self._events.append(event)
                if not is_within(event.wire, self._read):
                    self._too_early.append(event)
            self._changed.notify_all()

    def tell(self, gone: LineGone) -> None:
        with self._changed:
            self._told.append(gone)
            self._changed.notify_all()

    def stopping(self) -> bool:
        with self._changed:
            return self._stopping

    def stop(self) -> None:
        """From now on `stopping` is true."""
        with self._changed:
            self._stopping = True

    def hold(self) -> None:
        """From now on `keep_wire` and `post` wait, as for a slow disk, until `release`."""
        with self._changed:
            self._held = True

    def release(self) -> None:
        """The disk is fast again."""
        with self._changed:
            self._held = False
            self._changed.notify_all()

    @property
    def keeps_waiting(self) -> bool:
        """Whether the driver waits for `release`."""
        with self._changed:
            return self._waiting > 0

    @property
    def pieces(self) -> list[tuple[bytes, Moment]]:
        """The bytes kept as coming from the device, each piece with its moment."""
        with self._changed:
            return list(self._pieces)

    @property
    def events(self) -> list[LineEvent]:
        """Everything posted so far."""
        with self._changed:
            return list(self._events)

    @property
    def posted_before_kept(self) -> list[LineEvent]:
        """Events whose bytes had not been kept when they were posted."""
        with self._changed:
            return list(self._too_early)

    @property
    def told(self) -> list[LineGone]:
        """Why the line is down, as the driver told people while it went on trying."""
        with self._changed:
            return list(self._told)

    @property
    def read(self) -> bytes:
        """The bytes kept as coming from the device."""
        with self._changed:
            return bytes(self._read)

    @property
    def written(self) -> bytes:
        """The bytes kept as going to the device."""
        with self._changed:
            return bytes(self._written)

    def wait_for(self, condition: Callable[[RecordingHost], bool], timeout_s: float) -> bool:
        """Wait until `condition` holds; whether it does."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout_s)

    def _wait_while_held(self) -> None:
        self._waiting += 1
        self._changed.notify_all()
        self._changed.wait_for(lambda: not self._held)
        self._waiting -= 1


def is_within(part: bytes, whole: bytes | bytearray) -> bool:
    """Whether the bytes of `part` are in `whole`, in their order, with anything between them."""
    at = 0
    for byte in part:
        at = whole.find(byte, at) + 1
        if not at:
            return False
    return True
