"""Keeps one line's driver running: a thread of its own, patience after a failure, an eye on one that hangs.

A thread cannot be ended from outside, and a port that hangs in the operating system would not open a second time. So a
driver that hangs is left as it is: its line counts as lost from the driver's last sign of life on, the other lines go
on, and with the next sign it gives the line is back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone.clock import Clock, Moment
from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.driver import Driver, Wakeable, WireDirection
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason
from dutyphone.recorder.lifesigns import Finding, LifeSigns

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

    `post` waits while there is no room for its events; `offer` does not wait and says whether there was room.
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
        offer: Callable[[LineEvent], bool],
        capture: WireCapture | None,
        state_folder: Path | None = None,
        on_first_attempt: Callable[[str, LineGone | None], None],
        on_loss: Callable[[str, LineGone], None],
    ) -> None:
        self.line = line
        self.clock = clock
        self.state_folder = state_folder
        self._driver = driver
        self._post = post
        self._offer = offer
        self._capture = capture
        self._on_first_attempt = on_first_attempt
        self._on_loss = on_loss
        self._attempted = False
        self._said_lost = False
        self._told: LossReason | None = None
        self._opened: LineOpened | None = None
        self._can_hang = False  # the driver has the thread, and does not wait for room
        self._signs = LifeSigns()
        self._last_sign = clock.now()
        self._signs_lock = threading.Lock()  # `look` comes from another thread
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"line {line}", daemon=True)

    # --- what the driver sees (LineHost) -------------------------------------------------------------------------

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        if self._sign():
            self._tell_back()
        if self._capture is not None:
            self._capture.keep(direction, data, at)

    def post(self, events: Iterable[LineEvent]) -> None:
        said = tuple(events)
        if self._sign() and not any(isinstance(event, LineOpened | LineLost) for event in said):
            self._tell_back()
        for event in said:
            self._tell(event)

    def tell(self, gone: LineGone) -> None:
        self._say(gone)

    def stopping(self) -> bool:
        if self._sign():
            self._tell_back()
        return self._stop.is_set()

    # --- what the service does -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Make the driver return; `join` waits for it."""
        self._stop.set()
        self._driver.stop()

    def look(self) -> None:
        """See whether the driver hangs. Call it every `LOOK_EVERY_S`; it returns at once."""
        driver = self._driver
        if not isinstance(driver, Wakeable):
            return
        with self._signs_lock:
            if not self._can_hang:
                self._signs.sign()
            finding = self._signs.look()
            if finding is Finding.HUNG and not self._give_up():
                return
        if finding is Finding.QUIET:
            self._wake(driver)
        elif finding is Finding.HUNG:
            self._say_hung()

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
            self._say(gone)
            failures = 0 if now.since(started) >= STEADY_S else failures
            self._stop.wait(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1
        if self._capture is not None:
            self._capture.close()

    def _listen_once(self) -> LineGone:
        self._sign()
        self._can_hang = True
        try:
            self._driver.run(self)
        except LineGone as gone:
            return gone
        except Exception as broken:  # a driver is foreign code: its fault becomes a fact and ends nothing else
            log.exception("line %s: the driver failed", self.line)
            return LineGone(LossReason.DRIVER_FAILED, repr(broken), evidence=repr(broken))
        finally:
            self._can_hang = False
        return LineGone(LossReason.DRIVER_FAILED, "the driver returned without being stopped")

    # --- telling -------------------------------------------------------------------------------------------------

    def _tell(self, event: LineEvent) -> None:
        """To the recorder. Waiting for room is no hanging."""
        if isinstance(event, LineOpened):
            self._opened = event
            self._said_lost = False
            self._told = None
            self._first_attempt_done(None)
        elif isinstance(event, LineLost):
            self._opened = None
            self._said_lost = True
        could_hang, self._can_hang = self._can_hang, False
        self._post([event])
        self._can_hang = could_hang

    def _say(self, gone: LineGone) -> None:
        """To people, unless they know."""
        if self._attempted and gone.reason is not self._told:
            self._on_loss(self.line, gone)
        self._told = gone.reason
        self._first_attempt_done(gone)

    def _first_attempt_done(self, gone: LineGone | None) -> None:
        if not self._attempted:
            self._attempted = True
            self._on_first_attempt(self.line, gone)

    # --- signs of life -------------------------------------------------------------------------------------------

    def _sign(self) -> bool:
        """The driver lives. True if its line was given up."""
        with self._signs_lock:
            self._last_sign = self.clock.now()
            return self._signs.sign()

    def _tell_back(self) -> None:
        """A line that was given up is listened to again, if it was before."""
        if self._opened is not None:
            self._tell(replace(self._opened, at=self.clock.now(), wire=b""))

    def _give_up(self) -> bool:
        """Tell the line to be lost since the driver's last sign; False if there is no room, and it is tried again."""
        lost = LineLost(line=self.line, at=self._last_sign, reason=LossReason.DRIVER_FAILED, detail="no sign of life")
        if not self._offer(lost):
            return False
        self._signs.give_up()
        self._said_lost = True
        return True

    def _wake(self, driver: Wakeable) -> None:
        try:
            driver.wake()
        except Exception:  # foreign code; a driver that cannot be woken gives no sign, and that becomes a fact
            log.exception("line %s: the driver cannot be woken", self.line)

    def _say_hung(self) -> None:
        self._say(
            LineGone(
                LossReason.DRIVER_FAILED,
                _("The driver hangs."),
                advice=_(
                    "Calls on this line are not recorded until it goes on. Unplug the device and plug it in again; "
                    "if that does not help, restart the recorder."
                ),
                evidence="no sign of life",
            )
        )
