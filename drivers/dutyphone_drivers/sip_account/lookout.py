"""While a line is down: has the server moved, or have we? The answer may take half a minute; a thread waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dutyphone.clock import Moment

LOOK_EVERY_S = 15.0
"""Between two looks while the line is down."""


class Lookout:
    """Runs `has_moved` on a thread of its own every now and then while the line is down."""

    def __init__(self, has_moved: Callable[[], bool]) -> None:
        self._has_moved = has_moved
        self._look_at: float | None = None
        self._thread: threading.Thread | None = None
        self._moved = threading.Event()

    def next_deadline(self) -> float | None:
        """The `mono` second of the next look; None while the line is up."""
        return self._look_at

    def watch(self, *, is_down: bool, now: Moment) -> None:
        """Call it often. It returns at once."""
        if not is_down:
            self._look_at = None
        elif self._look_at is None:
            self._look_at = now.mono + LOOK_EVERY_S
        elif now.mono >= self._look_at:
            self._look_at = now.mono + LOOK_EVERY_S
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="lookout for the server", daemon=True)
                self._thread.start()

    def saw_move(self) -> bool:
        """True once a look showed that something is elsewhere now."""
        return self._moved.is_set()

    def _look(self) -> None:
        if self._has_moved():
            self._moved.set()
