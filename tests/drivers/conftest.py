"""Cores for tests, made as the plug-in makes them."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.dialogue import Plan
from dutyphone_drivers.serial_modem.port import SerialModem
from dutyphone_drivers.serial_modem.profiles import GENERIC, candidates, profiles
from dutyphone_drivers.serial_modem.timing import Timing
from dutyphone_simulators.clock import ManualClock

from dutyphone.clock import Clock, Moment
from dutyphone.errors import LineGone
from dutyphone.lines.driver import LineCore, WireDirection
from dutyphone.lines.events import LineEvent, LossReason

PORT = "/dev/serial/by-id/usb-made-up"

MakeCore = Callable[[Mapping[str, str]], ModemCore]


@pytest.fixture(scope="session")
def make_core() -> MakeCore:
    """Makes a core as the headings of a transcript ask for it."""

    def make(headings: Mapping[str, str]) -> ModemCore:
        profile = headings.get("profile", "auto")
        return ModemCore(
            line="desk",
            port=PORT,
            plan=Plan(
                generic=profiles()[GENERIC],
                profile=None if profile == "auto" else profiles()[profile],
                candidates=candidates(),
                country_code=headings.get("country_code"),
                class8=headings.get("idle_class") == "8",
            ),
            hook_proved=headings.get("hook_proved") == "true",
            deaf_after=int(headings.get("deaf_after", "3")),
            timing=Timing(longest_call_s=float(headings.get("longest_call", Timing().longest_call_s))),
        )

    return make


class ThroughPort:
    """The real port thread on a pseudo terminal, played like a core: the wire, the thread and the writes are real.

    Only the clock is not: it is the moment that the player gives, and the thread is woken to look at it.
    """

    def __init__(self, core: LineCore, folder: Path) -> None:
        self._core = core
        self._link = folder / "modem"
        self._driver = SerialModem(core, port=str(self._link), baud=57600)
        self.host = RecordingHost()
        self.gone: LineGone | None = None
        self._wire: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None
        self._sent = self._seen_output = 0

    def start(self, now: Moment) -> Sequence[LineEvent]:
        self.host.set_moment(now)
        self._wire = pty.openpty()
        tty.setraw(self._wire[1])
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(self._wire[1]))
        self.gone = None
        rounds = self.host.rounds
        self._thread = threading.Thread(target=self._run, name="line desk")
        self._thread.start()
        self.host.wait_for_rounds(rounds + 2)
        return self._look()

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        assert self._wire is not None
        self.host.set_moment(now)
        os.write(self._wire[0], data)
        self._sent += len(data)
        self.host.wait_for_bytes(self._sent)
        return self._look()

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        self.host.set_moment(now)
        self.pull()
        return self.host.take_events()

    def take_output(self) -> bytes:
        if self._wire is None:
            return b""
        output = b""
        while self._seen_output < len(self.host.written):
            assert select.select([self._wire[0]], [], [], 5)[0], "what the thread wrote never came out"
            output += (part := os.read(self._wire[0], 4096))
            self._seen_output += len(part)
        return output

    def next_deadline(self) -> float | None:
        return self._core.next_deadline()

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        self.host.set_moment(now)
        return self._look() if self._wire is not None else []

    def pull(self) -> None:
        """Pull the cable."""
        assert self._wire is not None
        wire, self._wire = self._wire, None
        for descriptor in wire:
            os.close(descriptor)
        self._join()

    def close(self) -> None:
        """Stop the thread, if it still runs."""
        self._driver.stop()
        if self._thread is not None:
            self._join()
        if self._wire is not None:
            wire, self._wire = self._wire, None
            for descriptor in wire:
                os.close(descriptor)

    def _look(self) -> Sequence[LineEvent]:
        """Twice round: whatever was under way when the thread was woken is finished then."""
        for __ in range(2):
            rounds = self.host.rounds
            self._driver.wake()
            if self._thread is None or not self._thread.is_alive():
                break
            self.host.wait_for_rounds(rounds + 1, or_until=lambda: self.gone is not None)
        return self.host.take_events()

    def _join(self) -> None:
        assert self._thread is not None
        self._thread.join(10)
        assert not self._thread.is_alive(), "the port thread does not end"
        self._thread = None

    def _run(self) -> None:
        try:
            self._driver.run(self.host)
        except LineGone as gone:
            self.gone = gone
            self.host.bell()


class RecordingHost:
    """A `LineHost` that keeps everything, with a clock that stands still until it is moved."""

    line = "desk"
    state_folder: Path | None = None

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._moment = ManualClock().now()
        self._events: list[LineEvent] = []
        self.kept: list[tuple[WireDirection, bytes]] = []
        self.rounds = 0

    @property
    def clock(self) -> Clock:
        return self

    def now(self) -> Moment:
        with self._changed:
            return self._moment

    def set_moment(self, moment: Moment) -> None:
        with self._changed:
            self._moment = moment

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        with self._changed:
            self.kept.append((direction, data))
            self._changed.notify_all()

    def post(self, events: Iterable[LineEvent]) -> None:
        with self._changed:
            self._events += events

    def tell(self, gone: LineGone) -> None:
        """No driver here goes on by itself."""
        raise AssertionError(gone)

    def stopping(self) -> bool:
        """Asked before each round, so whatever the driver did in the rounds before is done."""
        with self._changed:
            self.rounds += 1
            self._changed.notify_all()
            return False

    def take_events(self) -> list[LineEvent]:
        with self._changed:
            events, self._events = self._events, []
            return events

    @property
    def read(self) -> bytes:
        return b"".join(data for way, data in self.kept if way is WireDirection.FROM_DEVICE)

    @property
    def written(self) -> bytes:
        return b"".join(data for way, data in self.kept if way is WireDirection.TO_DEVICE)

    def wait_for_rounds(self, rounds: int, or_until: Callable[[], bool] = lambda: False) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.rounds >= rounds or or_until(), 10), "the driver stands still"

    def wait_for_bytes(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.read) >= count, 10), "bytes were not read"

    def bell(self) -> None:
        with self._changed:
            self._changed.notify_all()


@pytest.fixture
def through_port(tmp_path: Path) -> Iterator[Callable[[LineCore], ThroughPort]]:
    """Puts a core behind the real port thread."""
    opened: list[ThroughPort] = []

    def put(core: LineCore) -> ThroughPort:
        opened.append(ThroughPort(core, tmp_path))
        return opened[-1]

    yield put
    for bench in opened:
        bench.close()


@pytest.fixture
def recording_host() -> RecordingHost:
    return RecordingHost()
