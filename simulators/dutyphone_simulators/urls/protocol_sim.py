"""The port behind `sim://` addresses: what pyserial calls a URL handler.

Lines are kept by their address for as long as the process lives: one that is closed and opened again is where it would
be by then, calls that came in between are lost as on a real line, and a pulled cable is still out. Each has a clock of
its own; a program that takes `clock_at` for its clock is as fast as the line, and has its clock set by the scenario.
`reset_lines` ends them all, for tests.
"""

from __future__ import annotations

import errno
import threading

from serial.serialutil import PortNotOpenError, SerialBase, SerialException, to_bytes

from dutyphone.clock import SystemClock
from dutyphone.errors import TranscriptError
from dutyphone_simulators.address import SimAddress, parse_address
from dutyphone_simulators.clock import FastClock
from dutyphone_simulators.live import CableOut, LiveLine

_lines: dict[SimAddress, LiveLine] = {}
_clocks: dict[SimAddress, FastClock] = {}
_lines_lock = threading.Lock()


def reset_lines() -> None:
    """Forget every simulated line of this process; the next one to be opened starts from its beginning."""
    with _lines_lock:
        _lines.clear()
        _clocks.clear()


def clock_at(address: SimAddress) -> FastClock:
    """The clock of the line at `address`, which begins when it is first opened."""
    with _lines_lock:
        return _clock_at(address)


class Serial(SerialBase):  # type: ignore[misc]  # pyserial has no types
    """A serial port with a simulated modem at its end. Baud rate and framing are taken and mean nothing."""

    is_open: bool
    _line: LiveLine | None = None

    def open(self) -> None:
        """Take the line named by `port`. Raises SerialException, with errno 2 while its cable is out."""
        if self.is_open:
            raise SerialException("Port is already open.")
        if self._port is None:
            raise SerialException("Port must be configured before it can be used.")
        try:
            line = _line_at(parse_address(self._port))
            free = line.open()
        except TranscriptError as wrong:
            raise SerialException(errno.ENOENT, f"could not open port {self._port}: {wrong}") from wrong
        except CableOut as out:
            raise SerialException(
                errno.ENOENT, f"could not open port {self._port}: [Errno 2] No such file or directory"
            ) from out
        if not free:
            raise SerialException(errno.EBUSY, f"could not open port {self._port}: [Errno 16] Device or resource busy")
        self._line = line
        self.is_open = True

    def close(self) -> None:
        if self.is_open and self._line is not None:
            self.is_open = False
            self._line.close()
            self._line = None

    def read(self, size: int = 1) -> bytes:
        """Up to `size` bytes within `timeout`. Raises SerialException once the cable is out."""
        line = self._opened()
        try:
            return line.read(size, self._timeout)
        except CableOut as out:
            raise SerialException(
                "device reports readiness to read but returned no data "
                "(device disconnected or multiple access on port?)"
            ) from out

    def write(self, data: bytes) -> int:
        """Say `data` to the modem. Raises SerialException once the cable is out."""
        line = self._opened()
        said = to_bytes(data)
        try:
            line.write(said)
        except CableOut as out:
            raise SerialException(errno.EIO, "write failed: [Errno 5] Input/output error") from out
        return len(said)

    @property
    def in_waiting(self) -> int:
        """How many bytes can be read at once."""
        line = self._opened()
        try:
            return line.waiting()
        except CableOut as out:
            raise SerialException(errno.EIO, "Input/output error") from out

    @property
    def out_waiting(self) -> int:
        """Always 0: what is written has been heard."""
        self._opened()
        return 0

    def flush(self) -> None:
        self._opened()

    def cancel_read(self) -> None:
        """Make a read in another thread return at once."""
        if self._line is not None:
            self._line.cancel_read()

    def cancel_write(self) -> None:
        """A write never waits."""

    def reset_input_buffer(self) -> None:
        self._opened().forget_input()

    def reset_output_buffer(self) -> None:
        self._opened()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def _opened(self) -> LiveLine:
        if not self.is_open or self._line is None:
            raise PortNotOpenError
        return self._line

    def _reconfigure_port(self, force_update: bool = False) -> None:
        """There is no hardware to be told."""

    def _update_break_state(self) -> None:
        """A break means nothing to the simulated modem."""

    def _update_rts_state(self) -> None:
        """The simulated modem has no flow control."""

    def _update_dtr_state(self) -> None:
        """Only closing the port drops DTR."""

    @property
    def cts(self) -> bool:
        return self.is_open

    @property
    def dsr(self) -> bool:
        return self.is_open

    @property
    def ri(self) -> bool:
        """The ring signal is shown by RING alone."""
        return False

    @property
    def cd(self) -> bool:
        """There is never a data connection."""
        return False


def _line_at(address: SimAddress) -> LiveLine:
    with _lines_lock:
        line = _lines.get(address)
        if line is None:
            line = _lines[address] = LiveLine(address, _clock_at(address))
        return line


def _clock_at(address: SimAddress) -> FastClock:
    clock = _clocks.get(address)
    if clock is None:
        clock = _clocks[address] = FastClock(SystemClock(), address.speed)
    return clock
