"""Drivers that hang: the recorder notices, says so, shows the line as down, goes on with the others, and can stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from support.recording import Recording

from dutyphone.errors import LineGone
from dutyphone.journal.facts import LineCameBack, LineFact, LineWentDown
from dutyphone.lines.driver import LineHost
from dutyphone.lines.events import Evidence, LineOpened, LossReason, RingHeard
from dutyphone.recorder import service, supervisor
from dutyphone.recorder.inbox import Inbox
from dutyphone.recorder.lifesigns import TIMES_ASKED, Finding, LifeSigns

LOOKING_OFTEN_S = 0.2


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOOK_EVERY_S", LOOKING_OFTEN_S)
    monkeypatch.setattr(supervisor, "STOP_PATIENCE_S", 0.2)


def test_a_driver_is_asked_before_it_is_given_up() -> None:
    signs = LifeSigns()
    assert signs.look() is Finding.WELL
    assert [signs.look() for _ in range(TIMES_ASKED)] == [Finding.QUIET] * TIMES_ASKED
    assert signs.look() is Finding.HUNG
    signs.give_up()
    assert signs.look() is Finding.GIVEN_UP
    assert signs.sign(), "the first sign after it was given up"
    assert not signs.sign()
    assert signs.look() is Finding.WELL
    assert signs.look() is Finding.QUIET


def test_a_driver_that_answers_when_asked_is_never_given_up() -> None:
    """A line may be quiet for days."""
    signs = LifeSigns()
    for _ in range(10 * TIMES_ASKED):
        if signs.look() is Finding.QUIET:
            signs.sign()
        assert signs.look() in (Finding.WELL, Finding.QUIET)


CALLS_AROUND_A_HANG = """@ +30
* call from=01055501234 rings=2
@ +20
* freeze
@ +40
* call from=13900001234 rings=2
@ +20
* thaw
@ +25
* call from=02155501234 rings=2
@ +60
"""

OTHER_CALLS = "@ +30\n" + "* call from=01055509876 rings=2\n@ +25\n" * 6


def test_a_port_that_hangs_is_a_line_that_is_down_while_the_others_go_on(recording: Recording) -> None:
    """X03, X04: the real driver, stuck in a read that the system never ends."""
    recording.simulate("desk", CALLS_AROUND_A_HANG)
    recording.simulate("other", OTHER_CALLS)
    recording.start()
    recording.wait_for(lambda: recording.is_up("desk"))
    recording.wait_for(lambda: not recording.is_up("desk"))
    row = recording.line("desk")
    assert (row.down_reason, row.down_detail) == (LossReason.DRIVER_FAILED, "no sign of life")
    assert recording.is_up("other")
    recording.wait_for(lambda: recording.is_up("desk"))
    recording.wait_for_ended(3, "desk")
    recording.wait_for_ended(6, "other")
    recording.stop()
    assert [row.number for row in recording.rows("desk")] == ["+861055501234", "+8613900001234", "+862155501234"]
    assert [row.rings for row in recording.rows("desk")] == [2, 2, 2], "what rang meanwhile comes late, but it comes"
    assert [row.rings for row in recording.rows("other")] == [2] * 6
    (complaint,) = recording.complaints
    assert "desk" in complaint
    assert "hangs" in complaint
    story = [fact for fact in recording.facts() if isinstance(fact, LineFact) and fact.line == "desk"]
    assert [type(fact) for fact in story] == [LineCameBack, LineWentDown, LineCameBack]
    down = story[1]
    assert down.at <= recording.rows("desk")[1].arrived_at, "blind from the last sign of life on"
    recording.check()


class StuckDriver:
    """A plug-in that was written badly: after one ring it waits for something that never comes, `stop` or not."""

    def __init__(self, *, wakeable: bool) -> None:
        self.release = threading.Event()
        self.woken = 0
        if wakeable:
            self.wake = self._wake

    def run(self, host: LineHost) -> None:
        host.post([LineOpened(line=host.line, at=host.clock.now(), port="nowhere")])
        host.post([RingHeard(line=host.line, at=host.clock.now(), wire=b"RING\r\n")])
        self.release.wait()

    def stop(self) -> None:
        """It does not listen."""

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def stuck() -> Iterator[list[StuckDriver]]:
    drivers: list[StuckDriver] = []
    yield drivers
    for driver in drivers:
        driver.release.set()


def test_a_plug_in_that_hangs_is_told_and_left_behind(recording: Recording, stuck: list[StuckDriver]) -> None:
    """X03: its call is closed, the other line is recorded, and the recorder stops all the same."""
    stuck.append(StuckDriver(wakeable=True))
    recording.simulate("other", OTHER_CALLS)
    recording.lines["stuck"] = lambda: stuck[0]
    recording.start()
    recording.wait_for_ended(1, "stuck")
    (row,) = recording.rows("stuck")
    assert row.evidence is Evidence.LINE_LOST
    assert stuck[0].woken == TIMES_ASKED
    recording.wait_for_ended(1, "other")
    assert recording.stop() < 5
    assert [complaint for complaint in recording.complaints if "left behind" in complaint]
    assert recording.line("stuck").down_reason is LossReason.DRIVER_FAILED


def test_a_plug_in_that_cannot_be_woken_is_not_accused(recording: Recording, stuck: list[StuckDriver]) -> None:
    """Silence alone proves nothing; such a driver shows at `stop` that it hangs."""
    stuck.append(StuckDriver(wakeable=False))
    recording.lines["stuck"] = lambda: stuck[0]
    recording.start()
    recording.wait_for(lambda: len(recording.rows("stuck")) == 1)
    threading.Event().wait(LOOKING_OFTEN_S * (TIMES_ASKED + 3))
    assert recording.is_up("stuck")
    recording.stop()
    assert [complaint for complaint in recording.complaints if "left behind" in complaint]


def test_a_quiet_line_is_not_accused(recording: Recording) -> None:
    """A box without health checks says nothing until somebody calls; it is asked, and answers."""
    recording.simulate("desk", "@ +150\n< \\r\\nRING\\r\\n\n@ +60\n", profile="box", speed=50.0)
    recording.start()
    recording.wait_for_ended(1)
    recording.stop()
    story = [type(fact) for fact in recording.facts() if isinstance(fact, LineFact)]
    assert story == [LineCameBack], "never down"
    assert recording.complaints == []


def test_a_line_that_waits_for_the_disk_is_not_accused(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue is our fault, not the driver's."""
    monkeypatch.setattr(service, "Inbox", lambda: Inbox(1))
    recording.simulate("desk", "@ +30\n* call from=01055501234 rings=6\n@ +200\n")
    recording.start()
    recording.wait_for(lambda: recording.is_up("desk"))
    recording.disk.takes_s = 60.0
    threading.Event().wait(LOOKING_OFTEN_S * (TIMES_ASKED + 3))
    recording.let_disk_go.set()
    recording.wait_for_ended(1)
    recording.stop()
    assert [type(fact) for fact in recording.facts() if isinstance(fact, LineFact)] == [LineCameBack]
    recording.check()


def test_a_port_that_hangs_while_it_is_opened_is_a_failed_first_attempt(
    recording: Recording, stuck: list[StuckDriver]
) -> None:
    """`dutyphone record` without `--wait` ends with a sentence instead of waiting for ever in silence."""
    stuck.append(StuckDriver(wakeable=True))
    stuck[0].run = lambda _host: stuck[0].release.wait()
    recording.lines["stuck"] = lambda: stuck[0]
    recording.start(insist=False)
    assert isinstance(recording.wait_for_failure(), LineGone)
    (went_down,) = [fact for fact in recording.facts() if isinstance(fact, LineFact)]
    assert isinstance(went_down, LineWentDown)
    assert went_down.reason is LossReason.DRIVER_FAILED
