"""What comes up the wire is stamped when it is read, whoever keeps the recorder from taking it."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import serial
from dutyphone_drivers.serial_modem import intake as room
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.intake import Intake
from dutyphone_drivers.serial_modem.port import SerialModem
from dutyphone_simulators.clock import ManualClock
from hypothesis import given, settings
from hypothesis import strategies as st

from dutyphone.clock import Moment, SystemClock
from dutyphone.errors import LineGone
from dutyphone.lines.driver import WireDirection
from dutyphone.lines.events import CallOver, CallWithdrawn, LineEvent, LineLost, RingHeard

MakeCore = Callable[[Mapping[str, str]], ModemCore]
AT_ONCE_S = 2.0
"""Nothing here takes that long, unless it hangs."""


@contextmanager
def reading(clock: Any = None) -> Iterator[tuple[int, Intake]]:
    """The device's end of a wire, and what reads the other end."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    port = serial.Serial(os.ttyname(slave), exclusive=True)
    intake = Intake(port, clock or SystemClock(), "wire desk")
    try:
        yield master, intake
    finally:
        intake.end()
        port.close()
        for descriptor in (master, slave):
            os.close(descriptor)


def in_time(what: Callable[[], bool]) -> None:
    """Wait until `what` is true."""
    until = time.monotonic() + AT_ONCE_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.001)


class WatchedClock(ManualClock):
    """Counts how often somebody looked."""

    looks = 0

    def now(self) -> Moment:
        self.looks += 1
        return super().now()


def test_a_piece_has_the_moment_it_was_read_at() -> None:
    """However late it is taken."""
    clock = WatchedClock()
    began = clock.now()
    with reading(clock) as (device, intake):
        for data in (b"RING\r\n", b"NMBR=01055501234\r\n"):
            waiting = len(intake._pieces)
            os.write(device, data)
            in_time(lambda: len(intake._pieces) > waiting)  # noqa: B023  used at once
            clock.advance(6)
        pieces = [intake.take(None), intake.take(None)]
    assert [(piece.data, piece.at.since(began)) for piece in pieces] == [(b"RING\r\n", 0), (b"NMBR=01055501234\r\n", 6)]


def test_nothing_comes_before_the_deadline() -> None:
    with reading() as (_device, intake):
        began = time.monotonic()
        piece = intake.take(began + 0.05)
        assert piece.data == b""
        assert began + 0.05 <= piece.at.mono < began + AT_ONCE_S


def test_an_earlier_deadline_counts_at_once() -> None:
    """The read that is going on was to last longer."""
    with reading() as (_device, intake):
        threading.Timer(0.02, intake.wake).start()
        intake.take(time.monotonic() + 60)
        began = time.monotonic()
        assert intake.take(began + 0.05).data == b""
        assert time.monotonic() - began < AT_ONCE_S


def test_a_deadline_that_has_passed_does_not_make_it_spin() -> None:
    """The one who takes is busy; the one who reads sleeps."""
    clock = WatchedClock()
    with reading(clock) as (device, intake):
        os.write(device, b"RING\r\n")
        in_time(lambda: bool(intake._pieces))
        assert intake.take(clock.now().mono).data[:1] == b"R"
        in_time(lambda: intake._alarm)
        looks = clock.looks
        time.sleep(0.05)
        assert clock.looks - looks <= 1


def test_a_wake_is_not_lost_while_data_comes() -> None:
    with reading() as (device, intake):
        for _ in range(200):
            os.write(device, b"RING\r\n")
            intake.wake()
            assert intake.take(None) is not None
            while intake._pieces:
                intake.take(None)


def test_what_was_read_is_taken_before_the_loss_is_told() -> None:
    with reading() as (device, intake):
        os.write(device, b"RING\r\n")
        in_time(lambda: bool(intake._pieces))
        intake._port.read = _gone
        os.write(device, b"RING\r\n")
        in_time(lambda: intake._fault is not None)
        assert intake.take(None).data.startswith(b"RING\r\n")
        while intake._pieces:
            intake.take(None)
        with pytest.raises(serial.SerialException):
            intake.take(None)


def test_the_first_byte_is_not_lost_with_the_rest() -> None:
    """The cable is pulled between two reads of one ring."""
    with reading() as (device, intake):
        read = intake._port.read
        intake._port.read = lambda size: read(size) if size == 1 else _gone(size)
        os.write(device, b"RING\r\n")
        assert intake.take(None).data == b"R"
        with pytest.raises(serial.SerialException):
            intake.take(None)


def test_a_wake_between_two_reads_is_not_lost() -> None:
    """The read before it was interrupted as well."""
    with reading() as (_device, intake):
        set_timeout, woken = intake._set_timeout, threading.Event()

        def wake_and_set_timeout() -> None:
            if not woken.is_set():
                intake._alarm = False
                intake.wake()
                woken.set()
            set_timeout()

        intake._set_timeout = wake_and_set_timeout
        intake.wake()
        assert woken.wait(AT_ONCE_S)
        in_time(lambda: intake._alarm)
        assert intake.take(None).data == b""


def test_who_takes_again_and_again_interrupts_once() -> None:
    """A read that does not come back has nobody's patience fill its pipe."""
    with reading() as (_device, intake):
        interrupted: list[None] = []
        cancel = intake._port.cancel_read
        intake._port.cancel_read = lambda: interrupted.append(None)
        for _ in range(100):
            intake.wake()
        intake._port.cancel_read = cancel
        assert len(interrupted) == 1
        intake._interrupted = False


def _gone(_size: int) -> bytes:
    raise serial.SerialException("device reports readiness to read but returned no data")


def test_what_does_not_fit_waits_where_the_system_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """X01: bounded, and nothing is dropped."""
    monkeypatch.setattr(room, "MOST_WAITING", 3)
    with reading() as (device, intake):
        sent = b""
        for turn in range(9):
            line = b"NMBR=010555%05d\r\n" % turn
            os.write(device, line)
            sent += line
            if turn < 3:
                in_time(lambda: len(intake._pieces) > turn)  # noqa: B023  used at once
        time.sleep(0.02)
        assert len(intake._pieces) == 3
        read = b""
        while len(read) < len(sent):
            read += intake.take(None).data
        assert read == sent


def test_it_ends_however_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_WAITING", 1)
    with reading() as (device, intake):
        os.write(device, b"RING\r\n")
        in_time(lambda: bool(intake._pieces))
        os.write(device, b"NMBR=01055501234\r\n")
        time.sleep(0.02)
        intake.end()
        assert b"".join(piece.data for piece in intake.left()).startswith(b"RING\r\n")
        assert list(intake.left()) == []
        intake.end()


# --- behind a recorder that is held up ---------------------------------------------------------------------------


class HeldUpHost:
    """A `LineHost` whose disk and queue take nothing while `gate` is closed. Remembers when what was kept."""

    line = "desk"
    state_folder: Path | None = None

    def __init__(self) -> None:
        self.clock = WatchedClock()
        self.gate = threading.Event()
        self.waiting = threading.Event()
        self.kept: list[tuple[bytes, float]] = []
        self.events: list[LineEvent] = []
        self.rounds = 0

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        if direction is WireDirection.FROM_DEVICE:
            self._wait()
            self.kept.append((data, at.mono))

    def post(self, events: Iterable[LineEvent]) -> None:
        said = list(events)
        if any(isinstance(event, RingHeard) for event in said):
            self._wait()
        self.events += said

    def tell(self, gone: LineGone) -> None:
        raise AssertionError(gone)

    def stopping(self) -> bool:
        self.rounds += 1
        return False

    def _wait(self) -> None:
        self.waiting.set()
        assert self.gate.wait(10)


class Bench:
    """The real driver on a real pseudo-terminal, with a clock moved by hand."""

    def __init__(self, core: ModemCore) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.host = HeldUpHost()
        self.driver = SerialModem(core, port=os.ttyname(self.slave), baud=57600)
        self.gone: LineGone | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        in_time(lambda: self.host.rounds >= 2)
        self._said = self._stamped = 0
        self._watch(self.driver._intake)

    def say(self, data: bytes) -> None:
        """The device says `data`; it is read before this returns, but nobody may have taken it yet."""
        os.write(self.master, data)
        self._said += len(data)
        in_time(lambda: self._stamped == self._said)

    def pass_time(self, seconds: float) -> None:
        """The clock moves on, and whoever can looks at it."""
        self.host.clock.advance(seconds)
        self.driver.wake()
        rounds = self.host.rounds
        if self.host.gate.is_set():
            in_time(lambda: self.host.rounds > rounds)

    def finish(self) -> list[LineEvent]:
        """The recorder is held up no more; all that follows."""
        self.host.gate.set()
        intake = self.driver._intake
        in_time(lambda: intake is None or not intake._pieces)
        for _ in range(3):
            rounds = self.host.rounds
            self.driver.wake()
            in_time(lambda: self.host.rounds > rounds or not self._thread.is_alive())  # noqa: B023  used at once
        return self.host.events

    def close(self) -> None:
        self.host.gate.set()
        self.driver.stop()
        self._thread.join(AT_ONCE_S)
        assert not self._thread.is_alive()
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)

    def pull(self) -> None:
        os.close(self.master)
        os.close(self.slave)
        self.master = self.slave = -1

    def join(self) -> None:
        self._thread.join(AT_ONCE_S)
        assert not self._thread.is_alive()

    def _watch(self, intake: Any) -> None:
        put = intake._put

        def put_and_count(data: bytes) -> None:
            put(data)
            self._stamped += len(data)

        intake._put = put_and_count

    def _run(self) -> None:
        try:
            self.driver.run(self.host)
        except LineGone as gone:
            self.gone = gone


@pytest.fixture
def bench(make_core: MakeCore) -> Iterator[Bench]:
    opened = Bench(make_core({"profile": "box"}))
    yield opened
    opened.close()


def rings(events: Iterable[LineEvent]) -> list[float]:
    return [event.at.mono for event in events if isinstance(event, RingHeard)]


def test_a_recorder_that_waits_makes_no_ring_later(bench: Bench) -> None:
    """X01, X30: a call of five rings while the queue is full from the first one on."""
    began = bench.host.clock.now().mono
    for _ in range(5):
        bench.say(b"RING\r\n")
        assert bench.host.waiting.wait(AT_ONCE_S)
        bench.pass_time(5.0)
    bench.pass_time(60.0)
    events = bench.finish()
    assert rings(events) == [began, began + 5, began + 10, began + 15, began + 20]
    assert [at for _data, at in bench.host.kept] == rings(events)


def test_two_calls_while_the_recorder_waits_stay_two(bench: Bench) -> None:
    """And the first is over when it was over, not when somebody had the time to look."""
    began = bench.host.clock.now().mono
    for pause in (5.0, 5.0, 40.0, 5.0, 5.0, 60.0):
        bench.say(b"RING\r\n")
        bench.pass_time(pause)
    events = bench.finish()
    assert rings(events) == [began, began + 5, began + 10, began + 50, began + 55, began + 60]
    over = [event.at.mono for event in events if isinstance(event, CallWithdrawn | CallOver)]
    assert over == [began + 10 + 8, began + 60 + 8]


def test_a_cable_pulled_while_the_recorder_waits(bench: Bench) -> None:
    """What was read before is told before the loss."""
    began = bench.host.clock.now().mono
    for _ in range(3):
        bench.say(b"RING\r\n")
        bench.pass_time(5.0)
    bench.pull()
    bench.host.gate.set()
    bench.join()
    assert rings(bench.host.events) == [began, began + 5, began + 10]
    assert isinstance(bench.host.events[-1], LineLost)
    assert bench.gone is not None


def test_stopped_while_the_recorder_waits(bench: Bench) -> None:
    began = bench.host.clock.now().mono
    for _ in range(3):
        bench.say(b"RING\r\n")
        bench.pass_time(5.0)
    bench.driver.stop()
    bench.host.gate.set()
    bench.join()
    assert rings(bench.host.events) == [began, began + 5, began + 10]
    assert bench.gone is None


SAID = (b"RING\r\n", b"NMBR=01055501234\r\n", b"\x10P", b"\x10p", b"RI", b"NG\r\n", b"\xff\xfe\r")


@settings(deadline=None, max_examples=25)
@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(
                (b"RING\r\n", b"NMBR=01055501234\r\n", b"\x10P", b"\x10p", b"RI", b"NG\r\n", b"\xff\xfe\r")
            ),
            st.integers(0, 1500).map(lambda hundredths: hundredths / 100 + 0.001234),  # never on the dot of a deadline
        ),
        max_size=12,
    ),
    closed=st.sets(st.integers(0, 11)),
)
def test_the_story_is_the_same_whenever_the_recorder_waits(
    make_core: MakeCore, said: list[tuple[bytes, float]], closed: set[int]
) -> None:
    """X01: the same events at the same moments as from a core that is never kept waiting."""
    core, clock = make_core({"profile": "box"}), ManualClock()
    expected: list[LineEvent] = [*core.start(clock.now())]
    for data, pause in [*said, (b"", 300.0)]:
        expected += core.receive(data, clock.now()) if data else []
        until = clock.now().mono + pause
        while (due := core.next_deadline()) is not None and due < until:
            clock.advance(max(0.0, due - clock.now().mono))
            expected += core.on_deadline(clock.now())
        clock.advance(until - clock.now().mono)
    bench = Bench(make_core({"profile": "box"}))
    try:
        for turn, (data, pause) in enumerate([*said, (b"", 300.0)]):
            if turn in closed:
                bench.host.gate.clear()
            else:
                bench.host.gate.set()
            if data:
                bench.say(data)
            bench.pass_time(pause)
        events = bench.finish()
    finally:
        bench.close()
    assert [_told(event) for event in events] == [_told(event) for event in expected]


def _told(event: LineEvent) -> tuple[str, float, bytes]:
    return type(event).__name__, round(event.at.mono, 6), event.wire
