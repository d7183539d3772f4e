"""The port thread on real pseudo terminals, and what it makes of ports that fail."""

from __future__ import annotations

import errno
import os
import pty
import threading
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import serial
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.port import SerialModem
from dutyphone_simulators.testkit import load_transcripts, play

from dutyphone.errors import LineGone
from dutyphone.lines.driver import LineCore, WireDirection
from dutyphone.lines.events import LineLost, LossReason, RingHeard
from dutyphone.lines.transcript import Transcript

MakeCore = Callable[[Mapping[str, str]], ModemCore]
TRANSCRIPTS = load_transcripts(Path(__file__).parents[1] / "transcripts" / "modem")


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.source)
def test_transcript_through_the_real_port(
    transcript: Transcript, make_core: MakeCore, through_port: Callable[[LineCore], Any]
) -> None:
    bench = through_port(make_core(transcript.headings))
    played = play(bench, transcript)
    assert bench.host.written == played.output, "everything said is kept as well"


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """The modem's end of a pseudo terminal, and the name of the program's end."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for descriptor in (master, slave):
        try:
            os.close(descriptor)
        except OSError:
            assert descriptor == master, "only the test itself pulls the cable"


def _run_aside(driver: SerialModem, host: Any) -> tuple[threading.Thread, list[LineGone]]:
    gone: list[LineGone] = []

    def run() -> None:
        try:
            driver.run(host)
        except LineGone as lost:
            gone.append(lost)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, gone


def test_bytes_are_kept_before_they_are_parsed(make_core: MakeCore, through_port: Callable[[LineCore], Any]) -> None:
    """Not even a core that breaks can lose a call: the wire is on disk first."""

    class Broken(ModemCore):
        def receive(self, data: bytes, now: Any) -> Any:
            raise ZeroDivisionError

    core = make_core({})
    core.__class__ = Broken
    bench = through_port(core)
    bench._run = _swallow(bench)
    bench.start(bench.host.now())
    os.write(bench._wire[0], b"RING\r\n")
    bench.host.wait_for_bytes(6)
    assert bench.host.kept[-1] == (WireDirection.FROM_DEVICE, b"RING\r\n")
    bench._join()


def _swallow(bench: Any) -> Callable[[], None]:
    def run() -> None:
        with pytest.raises(ZeroDivisionError):
            bench._driver.run(bench.host)

    return run


def test_stop_ends_a_blocking_read_at_once(wire: tuple[int, str], make_core: MakeCore, recording_host: Any) -> None:
    driver = SerialModem(make_core({"profile": "box"}), port=wire[1], baud=9600)
    thread, gone = _run_aside(driver, recording_host)
    recording_host.wait_for_rounds(2)
    began = time.monotonic()
    driver.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert time.monotonic() - began < 1
    assert gone == []


def test_stop_before_run_is_not_forgotten(wire: tuple[int, str], make_core: MakeCore, recording_host: Any) -> None:
    driver = SerialModem(make_core({}), port=wire[1], baud=9600)
    driver.stop()
    driver.run(recording_host)
    assert recording_host.kept == []


def test_stopping_tells_what_was_half_heard_and_no_loss(make_core: MakeCore, through_port: Any) -> None:
    bench = through_port(make_core({"profile": "box"}))
    now = bench.host.now()
    bench.start(now)
    bench.receive(b"RING", now)
    bench.close()
    told = bench.host.take_events()
    assert [type(event) for event in told] == [RingHeard]


def test_pulled_cable_is_told_and_raised(make_core: MakeCore, through_port: Any) -> None:
    bench = through_port(make_core({"profile": "box"}))
    bench.start(bench.host.now())
    bench.pull()
    lost = bench.host.take_events()[-1]
    assert isinstance(lost, LineLost)
    assert lost.reason is LossReason.CABLE_UNPLUGGED
    assert bench.gone is not None
    assert bench.gone.reason is LossReason.CABLE_UNPLUGGED
    assert bench.gone.advice


def test_a_port_in_use_is_told_as_such(wire: tuple[int, str], make_core: MakeCore, recording_host: Any) -> None:
    """Two programs on one modem would each get half of every call."""
    with serial.Serial(wire[1], exclusive=True), pytest.raises(LineGone) as busy:
        SerialModem(make_core({}), port=wire[1], baud=9600).run(recording_host)
    assert busy.value.reason is LossReason.PORT_BUSY


def test_no_such_port(make_core: MakeCore, recording_host: Any) -> None:
    with pytest.raises(LineGone) as gone:
        SerialModem(make_core({}), port="/dev/serial/by-id/usb-not-there", baud=9600).run(recording_host)
    assert gone.value.reason is LossReason.NO_SUCH_PORT
    (lost,) = recording_host.take_events()
    assert lost.reason is LossReason.NO_SUCH_PORT


def test_an_address_nobody_knows(make_core: MakeCore, recording_host: Any) -> None:
    with pytest.raises(LineGone) as gone:
        SerialModem(make_core({}), port="carrier-pigeon://1", baud=9600).run(recording_host)
    assert gone.value.reason is LossReason.NO_SUCH_PORT


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (serial.SerialException(errno.EACCES, "could not open port"), LossReason.NO_PERMISSION),
        (serial.SerialException("could not open port 'COM9': PermissionError(13)"), LossReason.NO_PERMISSION),
        (serial.SerialException(errno.EBUSY, "could not open port"), LossReason.PORT_BUSY),
        (serial.SerialException(errno.EAGAIN, "Could not exclusively lock port"), LossReason.PORT_BUSY),
        (serial.SerialException(errno.ENOENT, "could not open port"), LossReason.NO_SUCH_PORT),
        (serial.SerialException(errno.EIO, "could not open port"), LossReason.CABLE_UNPLUGGED),
    ],
)
def test_why_a_port_does_not_open(
    fault: Exception, reason: LossReason, make_core: MakeCore, recording_host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise fault

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(LineGone) as gone:
        SerialModem(make_core({}), port="/dev/ttyACM0", baud=9600).run(recording_host)
    assert gone.value.reason is reason
    assert "/dev/ttyACM0" in gone.value.message
    assert gone.value.advice


def test_a_modem_that_takes_no_more_bytes_is_lost(
    wire: tuple[int, str], make_core: MakeCore, recording_host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def jammed(*_args: object) -> None:
        raise serial.SerialTimeoutException("Write timeout")

    driver = SerialModem(make_core({}), port=wire[1], baud=9600)
    monkeypatch.setattr(serial.Serial, "write", jammed)
    thread, gone = _run_aside(driver, recording_host)
    recording_host.wait_for_rounds(2)
    recording_host.set_moment(recording_host.now().plus(1))
    driver.wake()
    thread.join(5)
    assert [lost.reason for lost in gone] == [LossReason.MODEM_SILENT]


def test_a_silent_modem_makes_run_raise(make_core: MakeCore, through_port: Any) -> None:
    bench = through_port(make_core({}))
    now = bench.host.now()
    bench.start(now)
    while bench.gone is None:
        deadline = bench.next_deadline()
        if deadline is None:
            break
        now = now.plus(max(0.0, deadline - now.mono))
        bench.on_deadline(now)
    bench._thread.join(5)
    assert bench.gone.reason is LossReason.MODEM_SILENT
    assert b"ATZ\r" in bench.host.written
