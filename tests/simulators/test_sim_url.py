"""`sim://` addresses, opened with pyserial as any program would."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import serial
from dutyphone_simulators.address import SimAddress, parse_address
from dutyphone_simulators.clock import FastClock, ManualClock
from dutyphone_simulators.live import CableOut, LiveLine
from serial.serialutil import PortNotOpenError

from dutyphone.errors import TranscriptError

pytestmark = pytest.mark.usefixtures("lines")


def url(folder: Path, text: str, **options: object) -> str:
    file = folder / "case.txt"
    file.write_text(text, "utf-8")
    return str(SimAddress(scenario=str(file), **options))  # type: ignore[arg-type]


def test_a_call_on_a_line_that_runs_a_hundred_times_as_fast(tmp_path: Path) -> None:
    address = url(tmp_path, "@ +20\n* call from=01055501234 rings=2\n@ +20\n", speed=100)
    with serial.serial_for_url(address, baudrate=57600, timeout=5) as port:
        assert port.write(b"ATE0\r") == 5
        assert port.read_until(b"OK\r\n") == b"ATE0\r\r\nOK\r\n"
        port.write(b"AT+VCID=1\r")
        port.read_until(b"OK\r\n")
        assert port.read_until(b"RING\r\n") == b"\r\nRING\r\n"
        assert b"NMBR=01055501234\r\n" in port.read_until(b"RING\r\n")
        port.timeout = 0
        assert port.read(100) == b""
        assert port.in_waiting == 0


def test_a_read_waits_no_longer_than_its_timeout_and_no_timeout_waits_for_the_bytes(tmp_path: Path) -> None:
    with serial.serial_for_url(url(tmp_path, "@ +30\n< x\n", speed=100), timeout=0.05) as port:
        begun = time.monotonic()
        assert port.read(10) == b""
        assert 0.04 < time.monotonic() - begun < 0.25
        port.timeout = None
        assert port.read(1) == b"x"


def test_cancel_read_from_another_thread(tmp_path: Path) -> None:
    with serial.serial_for_url(url(tmp_path, "@ +9000\n"), timeout=None) as port:
        canceller = threading.Timer(0.05, port.cancel_read)
        canceller.start()
        assert port.read(1) == b""
        canceller.join()


def test_a_second_program_finds_the_port_busy(tmp_path: Path) -> None:
    address = url(tmp_path, "@ +9000\n")
    with serial.serial_for_url(address, exclusive=True), pytest.raises(serial.SerialException) as refused:
        serial.serial_for_url(address)
    assert refused.value.errno == 16
    serial.serial_for_url(address).close()


def test_reading_the_unplugged_line_raises_as_a_real_port_does(tmp_path: Path) -> None:
    address = url(tmp_path, "@ +5\n* unplug\n@ +40\n* replug\n@ +9000\n", speed=100)
    port = serial.serial_for_url(address, timeout=None)
    with pytest.raises(serial.SerialException, match="returned no data"):
        port.read(1)
    with pytest.raises(serial.SerialException) as failed:
        port.write(b"AT\r")
    assert failed.value.errno == 5
    with pytest.raises(OSError, match="Input/output"):
        _ = port.in_waiting
    port.close()
    with pytest.raises(serial.SerialException, match="No such file") as gone:
        serial.serial_for_url(address)
    assert gone.value.errno == 2
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            port.open()
            break
        except serial.SerialException:
            time.sleep(0.02)
    port.timeout = 2
    port.write(b"AT\r")
    assert port.read_until(b"OK\r\n") == b"AT\r\r\nOK\r\n"
    port.close()


def test_a_closed_port_can_neither_be_read_nor_written(tmp_path: Path) -> None:
    port = serial.serial_for_url(url(tmp_path, "@ +1\n"), do_not_open=True)
    for action in (lambda: port.read(1), lambda: port.write(b"x"), lambda: port.in_waiting, port.flush):
        with pytest.raises(PortNotOpenError):
            action()


def test_wrong_addresses_are_refused_with_a_sentence() -> None:
    for wrong in (
        "sim://one-call?sped=2",
        "sim://one-call?speed=0",
        "sim://",
        "sim://nowhere",
        "sim://one-call?loop=2",
    ):
        with pytest.raises(serial.SerialException, match="could not open port sim://") as refused:
            serial.serial_for_url(wrong)
        assert refused.value.errno == 2


# --- the same line on a manual clock -------------------------------------------------------------------------------


def line_at(folder: Path, clock: ManualClock, text: str) -> LiveLine:
    return LiveLine(parse_address(url(folder, text)), FastClock(clock))


def test_time_goes_on_while_nobody_has_the_port_open(tmp_path: Path) -> None:
    """A call that came while the port was closed is lost; the next one is heard: a blind interval."""
    clock = ManualClock()
    line = line_at(tmp_path, clock, "@ +10\n* call from=110\n@ +50\n* call from=120 rings=1\n@ +50\n")
    assert line.open()
    line.write(b"AT+VCID=1\r")
    line.close()
    clock.advance(55)
    assert line.open()
    assert line.waiting() == 0
    clock.advance(10)
    heard = line.read(line.waiting(), 0)
    assert heard.count(b"RING") == 1
    assert b"NMBR=120" in heard  # the modem kept its settings: only the computer was away


def test_a_cable_pulled_while_the_port_was_closed_is_out_when_it_is_opened(tmp_path: Path) -> None:
    clock = ManualClock()
    line = line_at(tmp_path, clock, "@ +10\n* unplug\n@ +50\n* replug\n")
    clock.advance(30)
    with pytest.raises(CableOut):
        line.open()
    clock.advance(30)
    assert line.open()
    line.write(b"AT\r")
    assert line.read(5, 0) == b"AT\r\r\n"
    line.forget_input()
    assert line.waiting() == 0


def test_lines_are_kept_by_address_and_independent_of_each_other(tmp_path: Path) -> None:
    first = serial.serial_for_url("sim://one-call?seed=1", timeout=2)
    second = serial.serial_for_url("sim://one-call?seed=2", timeout=2)
    first.write(b"ATE0V0\r")
    assert first.read_until(b"0\r").endswith(b"0\r")
    second.write(b"AT\r")
    assert second.read_until(b"OK\r\n").endswith(b"OK\r\n")
    first.close()
    again = serial.serial_for_url("sim://one-call?speed=1&seed=1", timeout=2)
    again.write(b"AT\r")
    assert again.read(2) == b"0\r"
    again.close()
    second.close()


@pytest.mark.parametrize(
    "address",
    [
        SimAddress(scenario="night-shift"),
        SimAddress(scenario="night-shift", personality="usr-5637", speed=2.5, loop=True, seed=7),
        SimAddress(scenario="/srv/值班 1.txt", seed=-1),
        SimAddress(scenario="./case.txt"),
    ],
)
def test_an_address_is_read_as_it_was_written(address: SimAddress) -> None:
    assert parse_address(str(address)) == address


def test_an_address_that_is_none_is_refused() -> None:
    for wrong in ("/dev/ttyACM0", "sim://", "sim://x?seed=a", "sim://x?speed=nan"):
        with pytest.raises(TranscriptError) as refused:
            parse_address(wrong)
        assert "sim://night-shift" in refused.value.advice
