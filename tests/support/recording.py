"""The whole recorder in this process, with its threads, on lines that run fast."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dutyphone_drivers.serial_modem.plugin import plugin
from dutyphone_simulators.address import SimAddress
from dutyphone_simulators.disk import FaultyDisk
from dutyphone_simulators.urls import install, protocol_sim
from support.lifecycle import lifecycle_faults

from dutyphone.calls.numbers import Site
from dutyphone.clock import Clock, SystemClock
from dutyphone.journal.facts import CallRang, Fact
from dutyphone.lines.driver import Driver
from dutyphone.recorder.service import LinePlan, Recorder, RecorderPlan
from dutyphone.recorder.systemd import ServiceManager
from dutyphone.store.readmodels import CallQuery, CallRow, CallState, LineCondition, LineRow
from dutyphone.store.replay import facts
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

PATIENCE_S = 20.0
"""What has not happened by then will not; nothing waits this long when all is well."""


class Recording:
    """A recorder that runs until `stop`, behind `disk`. Close it in any case: `close` undoes what it left.

    `let_disk_go` set: a slow disk is slow no more.
    """

    def __init__(self, folder: Path) -> None:
        install()
        self.folder = folder
        self.clock: Clock = SystemClock()
        self.lines: dict[str, Callable[[], Driver]] = {}
        self.driver_name = "serial_modem"
        self.complaints: list[str] = []
        self.failure: BaseException | None = None
        self.store = Store.open(f"sqlite:///{folder / 'duty.db'}", key_folder=folder)
        self.let_disk_go = threading.Event()
        self.disk = FaultyDisk(self.store, self.let_disk_go.wait)
        self.recorder: Recorder | None = None
        self._ids = itertools.count(1)
        self._thread: threading.Thread | None = None

    def simulate(self, line: str, scenario: str, *, speed: float = 25.0, **options: Any) -> None:
        """A line with a simulated modem on which `scenario` is played, and its clock for the recorder."""
        file = self.folder / f"{line}.txt"
        file.write_text(scenario, "utf-8")
        address = SimAddress(scenario=str(file), speed=speed, line_timeouts=True)
        self.clock = protocol_sim.clock_at(address)
        self.lines[line] = lambda: plugin.open_line(line, {"port": str(address), **options})

    def start(self, *, insist: bool = True) -> None:
        """Begin to record, in a thread."""
        self.recorder = Recorder(
            self.store,
            RecorderPlan(
                lines=[
                    LinePlan(line=line, title=line, driver_name=self.driver_name, port="", driver=driver())
                    for line, driver in self.lines.items()
                ],
                site=Site(area_code="010"),
                zone=ZoneInfo("Asia/Shanghai"),
                state_folder=self.folder,
                capture_folder=self.folder / "capture",
                capture_days=1000,
                simulated=True,
            ),
            clock=self.clock,
            new_call_id=lambda: f"call-{next(self._ids)}",
            process_id=1,
            manager=ServiceManager(),
            complain=self.complaints.append,
        )
        self.recorder._writer._ledger = self.disk
        self._thread = threading.Thread(target=self._run, args=(self.recorder, insist), name="recorder")
        self._thread.start()

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Until `what` is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < deadline, (self.rows(), self.store.lines(), self.complaints)
            assert self._thread is None or self._thread.is_alive(), self.failure
            time.sleep(0.01)

    def wait_for_ended(self, calls: int, line: str | None = None) -> None:
        """Until so many calls are in the log and over."""
        self.wait_for(lambda: sum(row.state is CallState.ENDED for row in self.rows(line)) >= calls)

    def wait_for_failure(self) -> BaseException | None:
        """What the recorder ended with by itself."""
        assert self._thread is not None
        self._thread.join(PATIENCE_S)
        return self.failure

    def stop(self) -> float:
        """Stop in good order; how many seconds it took."""
        if self.recorder is None or self._thread is None:
            return 0.0
        begun = time.monotonic()
        self.recorder.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the recorder does not stop"
        self.recorder = self._thread = None
        return time.monotonic() - begun

    def rows(self, line: str | None = None) -> list[CallRow]:
        """Calls in the log, in the order in which they came."""
        return sorted(self.store.stream_calls(CallQuery(line=line)), key=lambda row: row.id)

    def facts(self) -> list[Fact]:
        """The whole journal."""
        with self.store.database.snapshot() as session:
            return [fact for _seq, fact in facts(session)]

    def recorder_waits(self) -> int:
        """How many facts wait in memory to be written."""
        return 0 if self.recorder is None else self.recorder._writer.waiting

    def rings_captured(self) -> int:
        """How many rings came up the wires, by the files that were written before anybody parsed them."""
        files = (self.folder / "capture").glob("*/*.txt")
        return sum(file.read_text("utf-8").count("RING") for file in files)

    def check(self) -> None:
        """Raise AssertionError unless the log is whole, every arrival ended once, and every ring is in it."""
        journal = self.facts()
        assert verify(self.store).ok
        assert lifecycle_faults(journal) == []
        assert sum(isinstance(fact, CallRang) for fact in journal) == self.rings_captured()

    def line(self, name: str) -> LineRow:
        """How a line stands."""
        return next(row for row in self.store.lines() if row.line == name)

    def is_up(self, name: str) -> bool:
        """Whether a line is listened to."""
        return any(row.line == name and row.condition is not LineCondition.DOWN for row in self.store.lines())

    def close(self) -> None:
        """Stop what still runs."""
        try:
            self.stop()
        finally:
            self.store.close()
            protocol_sim.reset_lines()

    def _run(self, recorder: Recorder, insist: bool) -> None:
        try:
            recorder.run(insist=insist)
        except BaseException as failed:  # noqa: BLE001  told by whoever waits
            self.failure = failed
