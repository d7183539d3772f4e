"""The serial port of a modem line: the only module that knows pyserial.

One thread, the recorder's, reads with the core's next deadline as its time-out; nothing polls. `stop` and `wake`
interrupt the read from any other thread.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import serial

from dutyphone.clock import Moment
from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.driver import LineCore, LineHost, WireDirection
from dutyphone.lines.events import LineEvent, LineLost, LossReason

try:
    from termios import error as _TermiosError  # noqa: N812  # an exception by any name
except ImportError:  # not a POSIX system

    class _TermiosError(Exception):  # type: ignore[no-redef]
        """Stands where there is no termios and never comes."""


_PORT_FAULTS = (OSError, _TermiosError)
"""What a port raises when its device goes away; `serial.SerialException` is an OSError."""

_LONGEST_READ = 4096
_WRITE_PATIENCE_S = 5.0
_DEAF_READ_S = 0.5
"""Longest read of a port that cannot be interrupted (`socket://`): `stop` is noticed this late."""


class SerialModem:
    """A `dutyphone.lines.driver.Driver` around a core. `baud` is ignored by ports that have no speed."""

    def __init__(self, core: LineCore, *, port: str, baud: int) -> None:
        self._core, self._port_name, self._baud = core, port, baud
        self._stop = threading.Event()
        self._port: Any = None  # pyserial has no types; set only while `run` has it open
        self._port_lock = threading.Lock()

    def run(self, host: LineHost) -> None:
        """Listen until stopped. Posts `LineLost` and raises `LineGone` when the port or the modem is gone."""
        if self._stopped(host):
            return
        try:
            port = self._open()
        except LineGone as gone:
            host.post(self._core.lost(gone.reason, host.clock.now(), gone.evidence))
            raise
        try:
            self._listen(port, host)
        except _PORT_FAULTS as fault:
            loss = _gone_while_listening(self._port_name, fault)
            host.post(self._core.lost(loss.reason, host.clock.now(), loss.evidence))
            raise loss from fault
        finally:
            self._close(port)

    def stop(self) -> None:
        """Make `run` return."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Make `run` look at the clock again: it was set to another pace, or the machine has slept."""
        with self._port_lock:
            cancel: Callable[[], None] | None = getattr(self._port, "cancel_read", None)
            if cancel is not None:
                with suppress(*_PORT_FAULTS):  # it is being lost anyway
                    cancel()

    def _stopped(self, host: LineHost) -> bool:
        return self._stop.is_set() or host.stopping()

    def _open(self) -> Any:
        try:
            port = serial.serial_for_url(self._port_name, do_not_open=True)
            port.baudrate = self._baud
            port.write_timeout = _WRITE_PATIENCE_S
            with suppress(NotImplementedError, ValueError):  # ports without exclusive use
                port.exclusive = True
            port.open()
        except (*_PORT_FAULTS, ValueError) as fault:
            raise _gone_at_open(self._port_name, fault) from fault
        with self._port_lock:
            self._port = port
        return port

    def _close(self, port: Any) -> None:
        with self._port_lock:
            self._port = None
        with suppress(*_PORT_FAULTS):  # a device that is gone cannot be closed well
            port.close()

    def _listen(self, port: Any, host: LineHost) -> None:
        core, clock = self._core, host.clock
        self._tell(core.start(clock.now()), port, host)
        while not self._stopped(host):
            self._set_timeout(port, clock.now())
            data: bytes = port.read(1)
            if data and (more := min(port.in_waiting, _LONGEST_READ)):
                data += port.read(more)
            now = clock.now()
            if data:
                host.keep_wire(WireDirection.FROM_DEVICE, data, now)
                self._tell(core.receive(data, now), port, host)
            self._tell(core.on_deadline(now), port, host)
        farewell = core.lost(LossReason.STOPPED, clock.now())
        host.post(event for event in farewell if not isinstance(event, LineLost))  # the recorder says that it stopped

    def _set_timeout(self, port: Any, now: Moment) -> None:
        """Setting it costs a few system calls, so only when it changes."""
        deadline = self._core.next_deadline()
        timeout = None if deadline is None else max(0.0, deadline - now.mono)
        if not hasattr(port, "cancel_read"):
            timeout = _DEAF_READ_S if timeout is None else min(timeout, _DEAF_READ_S)
        if port.timeout != timeout:
            port.timeout = timeout

    def _tell(self, events: Sequence[LineEvent], port: Any, host: LineHost) -> None:
        """Post first, then write: what was heard matters more than what is said."""
        if events:
            host.post(events)
        for event in events:
            if isinstance(event, LineLost):
                raise LineGone(
                    event.reason,
                    _("The modem at {port} does not answer.").format(port=self._port_name),
                    advice=_("Is it a modem, is it switched on? If it is, unplug it and plug it in again."),
                    evidence=event.detail,
                )
        if output := self._core.take_output():
            host.keep_wire(WireDirection.TO_DEVICE, output, host.clock.now())
            port.write(output)


def _gone_at_open(port: str, fault: Exception) -> LineGone:
    number = getattr(fault, "errno", None) or _number_in(str(fault))
    evidence = str(fault)
    if number in (errno.EACCES, errno.EPERM):
        return LineGone(
            LossReason.NO_PERMISSION,
            _("The port {port} may not be opened by this user.").format(port=port),
            advice=_("Add the user to the group of the port and log in again: sudo usermod -aG dialout $USER"),
            evidence=evidence,
        )
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return LineGone(
            LossReason.PORT_BUSY,
            _("The port {port} is in use by another program.").format(port=port),
            advice=_("Stop the other program; `fuser {port}` names it. ModemManager often takes modems.").format(
                port=port
            ),
            evidence=evidence,
        )
    if number == errno.EIO:
        return LineGone(
            LossReason.CABLE_UNPLUGGED,
            _("The device at {port} went away.").format(port=port),
            advice=_("Check the cable. The line is tried again by itself."),
            evidence=evidence,
        )
    return LineGone(
        LossReason.NO_SUCH_PORT,
        _("There is no port {port}.").format(port=port),
        advice=_("Is the modem plugged in? `ls /dev/serial/by-id/` names those that are."),
        evidence=evidence,
    )


def _gone_while_listening(port: str, fault: Exception) -> LineGone:
    if isinstance(fault, serial.SerialTimeoutException):
        return LineGone(
            LossReason.MODEM_SILENT,
            _("The modem at {port} takes no more commands.").format(port=port),
            advice=_("Unplug it and plug it in again."),
            evidence=str(fault),
        )
    return LineGone(
        LossReason.CABLE_UNPLUGGED,
        _("The device at {port} went away.").format(port=port),
        advice=_("Check the cable. The line is tried again by itself."),
        evidence=str(fault),
    )


def _number_in(text: str) -> int | None:
    """pyserial on some systems puts the error only into its message: `[Errno 13] ...` or its name."""
    for number, words in (
        (errno.EACCES, ("[Errno 13]", "PermissionError", "Access is denied")),
        (errno.EBUSY, ("[Errno 16]", "[Errno 11]")),
        (errno.ENOENT, ("[Errno 2]", "FileNotFoundError")),
    ):
        if any(word in text for word in words):
            return number
    return None
