"""Keeping a driver running."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from dutyphone_simulators.clock import ManualClock

from dutyphone.errors import LineGone
from dutyphone.lines.driver import LineHost
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason
from dutyphone.recorder import supervisor as room
from dutyphone.recorder.supervisor import LineSupervisor


class ScriptedDriver:
    """Each `run` does the next thing on its list, the last one for ever."""

    def __init__(self, *runs: Callable[[LineHost], None]) -> None:
        self.runs = list(runs)
        self.stopped = threading.Event()

    def run(self, host: LineHost) -> None:
        (self.runs.pop(0) if len(self.runs) > 1 else self.runs[0])(host)

    def stop(self) -> None:
        self.stopped.set()


def opened(host: LineHost) -> LineOpened:
    return LineOpened(line=host.line, at=host.clock.now(), port="p")


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BACKOFF_S", (0.0,))
    monkeypatch.setattr(room, "STOP_PATIENCE_S", 0.2)


class Story(NamedTuple):
    """What came of it: events, the first attempt, later losses, and whether the driver stopped when asked."""

    events: list[LineEvent]
    attempts: list[LineGone | None]
    losses: list[LineGone]
    stopped: bool


def supervise(driver: ScriptedDriver, until: int) -> Story:
    """Run `driver` until it has posted `until` events."""
    events: list[LineEvent] = []
    attempts: list[LineGone | None] = []
    losses: list[LineGone] = []
    enough = threading.Event()

    def post(more: Iterable[LineEvent]) -> None:
        events.extend(more)
        if len(events) >= until:
            enough.set()

    def offer(event: LineEvent) -> bool:
        post([event])
        return True

    line = LineSupervisor(
        "desk",
        driver,
        clock=ManualClock(),
        post=post,
        offer=offer,
        capture=None,
        on_first_attempt=lambda _line, gone: attempts.append(gone),
        on_loss=lambda _line, gone: losses.append(gone),
    )
    line.start()
    assert enough.wait(5)
    line.ask_to_stop()
    return Story(events[:until], attempts, losses, line.join())


def test_a_driver_that_breaks_becomes_a_fact_and_is_run_again() -> None:
    """X03: the fault of one driver ends nothing else."""

    def breaks(host: LineHost) -> None:
        host.post([opened(host)])
        raise RuntimeError("no such attribute")

    driver = ScriptedDriver(breaks, lambda host: (host.post([opened(host)]), driver.stopped.wait())[0])
    events, attempts, losses, stopped = supervise(driver, 3)
    first, lost, again = events
    assert isinstance(first, LineOpened)
    assert isinstance(lost, LineLost)
    assert lost.reason is LossReason.DRIVER_FAILED
    assert "no such attribute" in lost.detail
    assert isinstance(again, LineOpened)
    assert attempts == [None]
    assert [loss.reason for loss in losses] == [LossReason.DRIVER_FAILED]
    assert stopped


def test_a_loss_the_driver_told_itself_is_not_told_twice() -> None:
    def loses(host: LineHost) -> None:
        host.post([opened(host), LineLost(line=host.line, at=host.clock.now(), reason=LossReason.CABLE_UNPLUGGED)])
        raise LineGone(LossReason.CABLE_UNPLUGGED, "unplugged")

    driver = ScriptedDriver(loses, lambda host: (host.post([opened(host)]), driver.stopped.wait())[0])
    events, _attempts, _losses, _stopped = supervise(driver, 3)
    assert [type(e) for e in events] == [LineOpened, LineLost, LineOpened]


def test_the_first_attempt_says_why_a_line_cannot_be_opened() -> None:
    def refuses(host: LineHost) -> None:
        raise LineGone(LossReason.NO_SUCH_PORT, "There is no /dev/ttyUSB7.", advice="Plug it in.")

    driver = ScriptedDriver(refuses, lambda host: (host.post([opened(host)]), driver.stopped.wait())[0])
    events, attempts, losses, _stopped = supervise(driver, 2)
    (gone,) = attempts
    assert gone is not None
    assert gone.reason is LossReason.NO_SUCH_PORT
    assert losses == [], "the first attempt is told by itself"
    assert isinstance(events[0], LineLost)


def test_a_driver_that_returns_by_itself_counts_as_failed() -> None:
    driver = ScriptedDriver(lambda host: host.post([opened(host)]))
    events, _attempts, _losses, _stopped = supervise(driver, 2)
    assert isinstance(events[1], LineLost)
    assert events[1].reason is LossReason.DRIVER_FAILED


def test_a_driver_that_hangs_is_left_behind() -> None:
    never = threading.Event()
    driver = ScriptedDriver(lambda host: (host.post([opened(host)]), never.wait())[0])
    _events, _attempts, _losses, stopped = supervise(driver, 1)
    assert not stopped
    never.set()
