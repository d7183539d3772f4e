"""The serial port of a modem line: the only module that knows pyserial.

The thread of the recorder keeps, parses, posts and writes, and may be held up by any of them; the wire is read beside
it, see `intake`. Nothing polls: a read ends with data, at the core's next deadline, or by `stop` and `wake`.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import serial

from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.driver import LineCore, LineHost, WireDirection
from dutyphone.lines.events import LineEvent, LineLost, LossReason
from dutyphone_drivers.serial_modem.intake import Intake, Piece

try:
    from termios import error as _TermiosError  # noqa: N812  # an exception by any name
except ImportError:  # not a POSIX system

    class _TermiosError(Exception):  # type: ignore[no-redef]
        """Stands where there is no termios and never comes."""


_PORT_FAULTS = (OSError, _TermiosError)
"""What a port raises when its device goes away; `serial.SerialException` is an OSError."""

_WRITE_PATIENCE_S = 5.0


class SerialModem:
    """A `dutyphone.lines.driver.Driver` around a core. `baud` is ignored by ports that have no speed."""

    def __init__(self, core: LineCore, *, port: str, baud: int) -> None:
        self._core, self._port_name, self._baud = core, port, baud
        self._stop = threading.Event()
        self._intake: Intake | None = None  # only while `run` has the port open
        self._intake_lock = threading.Lock()

    def run(self, host: LineHost) -> None:
        """Listen until stopped. Posts `LineLost` and raises `LineGone` when the port or the modem is gone."""
        if self._stopped(host):
            return
        port = self._open(host)
        intake = self._begin(port, host)
        try:
            self._listen(port, intake, host)
            self._hear_out(intake, host)
            self._say_farewell(host)
        except _PORT_FAULTS as fault:
            self._hear_out(intake, host)
            loss = _gone_while_listening(self._port_name, fault)
            host.post(self._core.lost(loss.reason, host.clock.now(), loss.evidence))
            raise loss from fault
        finally:
            self._end(intake, host)
            with suppress(*_PORT_FAULTS):  # a device that is gone cannot be closed well
                port.close()

    def stop(self) -> None:
        """Make `run` return."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Make `run` look at the clock again: it was set to another pace, or the machine has slept."""
        with self._intake_lock, suppress(*_PORT_FAULTS):  # a port that raises here is being lost anyway
            if self._intake is not None:
                self._intake.wake()

    def _stopped(self, host: LineHost) -> bool:
        return self._stop.is_set() or host.stopping()

    # --- the port ------------------------------------------------------------------------------------------------

    def _open(self, host: LineHost) -> Any:
        try:
            port = serial.serial_for_url(self._port_name, do_not_open=True)
            port.baudrate = self._baud
            port.write_timeout = _WRITE_PATIENCE_S
            with suppress(NotImplementedError, ValueError):  # ports without exclusive use
                port.exclusive = True
            port.open()
        except (*_PORT_FAULTS, ValueError) as fault:
            gone = _gone_at_open(self._port_name, fault)
            host.post(self._core.lost(gone.reason, host.clock.now(), gone.evidence))
            raise gone from fault
        return port

    def _begin(self, port: Any, host: LineHost) -> Intake:
        intake = Intake(port, host.clock, f"wire {host.line}")
        with self._intake_lock:
            self._intake = intake
        return intake

    def _end(self, intake: Intake, host: LineHost) -> None:
        """What was read and could not be parsed, because the core broke or gave up, is kept at least."""
        with self._intake_lock:
            self._intake = None
        intake.end()
        for piece in intake.left():
            host.keep_wire(WireDirection.FROM_DEVICE, piece.data, piece.at)

    # --- listening -----------------------------------------------------------------------------------------------

    def _listen(self, port: Any, intake: Intake, host: LineHost) -> None:
        core = self._core
        self._tell(core.start(host.clock.now()), port, host)
        while not self._stopped(host):
            piece = intake.take(core.next_deadline())
            self._tell(self._hear(piece, host) if piece.data else core.on_deadline(piece.at), port, host)

    def _hear(self, piece: Piece, host: LineHost) -> Sequence[LineEvent]:
        host.keep_wire(WireDirection.FROM_DEVICE, piece.data, piece.at)
        return self._core.receive(piece.data, piece.at)

    def _hear_out(self, intake: Intake, host: LineHost) -> None:
        """What was read before the end was said before it."""
        intake.end()
        for piece in intake.left():
            self._post(self._hear(piece, host), host)

    def _say_farewell(self, host: LineHost) -> None:
        farewell = self._core.lost(LossReason.STOPPED, host.clock.now())
        host.post(event for event in farewell if not isinstance(event, LineLost))  # the recorder says that it stopped

    def _tell(self, events: Sequence[LineEvent], port: Any, host: LineHost) -> None:
        """Post first, then write: what was heard matters more than what is said."""
        self._post(events, host)
        if output := self._core.take_output():
            host.keep_wire(WireDirection.TO_DEVICE, output, host.clock.now())
            port.write(output)

    def _post(self, events: Sequence[LineEvent], host: LineHost) -> None:
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
