"""Keeps one line's driver running: a thread of its own, and patience after a failure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from dutyphone.clock import Clock, Moment
from dutyphone.errors import LineGone
from dutyphone.lines.driver import Driver, WireDirection
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason

if TYPE_CHECKING:
    from dutyphone.recorder.capture import WireCapture

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""How long to wait before a lost line is tried again: after the first failure, the second … and every later one."""

STEADY_S = 60.0
"""A line that ran for this long starts its back-off anew."""

STOP_PATIENCE_S = 5.0
"""How long a driver may take to return after `stop`."""

log = logging.getLogger(__name__)


class LineSupervisor:
    """The thread of one line, and the host its driver talks to.

    `on_first_attempt` hears once how the first attempt to open the line went, None if well; `on_loss` hears of every
    later loss, once for each reason until the line is back.
    """

    def __init__(
        self,
        line: str,
        driver: Driver,
        *,
        clock: Clock,
        post: Callable[[Iterable[LineEvent]], None],
        capture: WireCapture | None,
        on_first_attempt: Callable[[str, LineGone | None], None],
        on_loss: Callable[[str, LineGone], None],
    ) -> None:
        self.line = line
        self.clock = clock
        self._driver = driver
        self._post = post
        self._capture = capture
        self._on_first_attempt = on_first_attempt
        self._on_loss = on_loss
        self._attempted = False
        self._said_lost = False
        self._told: LossReason | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"line {line}", daemon=True)

    # --- what the driver sees (LineHost) -------------------------------------------------------------------------

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        if self._capture is not None:
            self._capture.keep(direction, data, at)

    def post(self, events: Iterable[LineEvent]) -> None:
        for event in events:
            if isinstance(event, LineOpened):
                self._said_lost = False
                self._told = None
                self._first_attempt_done(None)
            elif isinstance(event, LineLost):
                self._said_lost = True
            self._post([event])

    def stopping(self) -> bool:
        return self._stop.is_set()

    # --- what the service does -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Make the driver return; `join` waits for it."""
        self._stop.set()
        self._driver.stop()

    def join(self) -> bool:
        """Wait for the thread; False if the driver hangs (its thread is left behind and dies with the process)."""
        if self._thread.ident is not None:
            self._thread.join(STOP_PATIENCE_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            started = self.clock.now()
            gone = self._listen_once()
            if self._stop.is_set():
                break
            now = self.clock.now()
            if not self._said_lost:
                self.post([LineLost(line=self.line, at=now, reason=gone.reason, detail=str(gone.evidence or gone))])
            if self._attempted and gone.reason is not self._told:
                self._on_loss(self.line, gone)
            self._told = gone.reason
            self._first_attempt_done(gone)
            failures = 0 if now.since(started) >= STEADY_S else failures
            self._stop.wait(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1
        if self._capture is not None:
            self._capture.close()

    def _listen_once(self) -> LineGone:
        try:
            self._driver.run(self)
        except LineGone as gone:
            return gone
        except Exception as broken:  # a driver is foreign code: its fault becomes a fact and ends nothing else
            log.exception("line %s: the driver failed", self.line)
            return LineGone(LossReason.DRIVER_FAILED, repr(broken), evidence=repr(broken))
        return LineGone(LossReason.DRIVER_FAILED, "the driver returned without being stopped")

    def _first_attempt_done(self, gone: LineGone | None) -> None:
        if not self._attempted:
            self._attempted = True
            self._on_first_attempt(self.line, gone)
