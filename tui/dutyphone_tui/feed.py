"""The thread that watches the store: it waits for a wake-up, reads, and posts what it read."""

from __future__ import annotations

import threading
from collections.abc import Callable

from textual.message import Message

from dutyphone.clock import Clock, Moment
from dutyphone.errors import DutyphoneError
from dutyphone.store.readmodels import CallRow
from dutyphone_tui.desk import Wakeups
from dutyphone_tui.messages import CallersRead, DayRead, LiveRead, ReadFailed
from dutyphone_tui.reading import Reader

LOOK_AGAIN_S = 2.0
"""The longest time between two readings, so that the screen knows it is not behind and the recorder is alive."""

QUIET_S = 0.015
"""Everything else is read when nobody has called or gone for this long: the screen is let alone with who calls."""

LONGEST_PATIENCE_S = 0.3
"""But at last this long after somebody has, however much happens."""

PAINTING_S = 0.001
"""How long the thread keeps still after that, so that the app has the interpreter to itself and can paint."""

JOIN_S = 3.0


class FeedWatcher:
    """Owns the thread `console-feed`. `post` is called in it."""

    def __init__(self, reader: Reader, feed: Wakeups, clock: Clock, post: Callable[[Message], object]) -> None:
        self._reader = reader
        self._feed = feed
        self._clock = clock
        self._post = post
        self._stopping = threading.Event()
        self._seen: tuple[int, object] | None = None
        self._unread_since: Moment | None = None
        self._open_calls: tuple[CallRow, ...] = ()
        self._thread = threading.Thread(target=self._watch, name="console-feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the feed and wait for the thread to end."""
        self._stopping.set()
        self._feed.close()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._look():
                    self._feed.wait(LOOK_AGAIN_S)
            except DutyphoneError as error:
                self._failed(error.message)
            except Exception as error:  # noqa: BLE001 - shown on the screen, and tried again
                self._failed(f"{type(error).__name__}: {error}")

    def _look(self) -> bool:
        """Read who calls, and once that is quiet all the rest; False if it is not quiet, and is to be read again."""
        open_calls = self._reader.open_calls()
        if open_calls != self._open_calls:
            self._open_calls = open_calls
            self._post(CallersRead(open_calls))
            self._stopping.wait(PAINTING_S)
            if not self._has_waited_long() and self._feed.wait(QUIET_S):
                return False
        self._unread_since = None
        self._read_the_rest()
        return True

    def _read_the_rest(self) -> None:
        now = self._clock.now()
        live = self._reader.live(now)
        self._open_calls = live.open_calls
        self._post(LiveRead(live))
        duty_date = self._reader.date_of(now.utc)
        if self._seen != (live.last_seq, duty_date):
            self._post(DayRead(self._reader.day(now.utc)))
            self._seen = (live.last_seq, duty_date)
        if self._reader.learn_callers(live):
            self._post(LiveRead(self._reader.live(now)))

    def _has_waited_long(self) -> bool:
        now = self._clock.now()
        if self._unread_since is None:
            self._unread_since = now
        return now.since(self._unread_since) >= LONGEST_PATIENCE_S

    def _failed(self, evidence: str) -> None:
        if not self._stopping.is_set():
            self._post(ReadFailed(evidence))
            self._stopping.wait(LOOK_AGAIN_S)
