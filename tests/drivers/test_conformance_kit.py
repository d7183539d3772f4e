"""The conformance kit itself: each check fails for a driver that breaks its sentence, and says which."""

from __future__ import annotations

import inspect
import re
import select
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dutyphone_simulators.conformance import DriverUnderTest, PtyWire
from dutyphone_simulators.conformance.core_checks import CoreChecks
from dutyphone_simulators.conformance.host import is_within
from dutyphone_simulators.conformance.session import ContractBroken
from dutyphone_simulators.conformance.shell_checks import ShellChecks
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.clock import Moment
from dutyphone.errors import LineGone
from dutyphone.lines.driver import WireDirection
from dutyphone.lines.events import (
    CallOffered,
    CallTaken,
    CallWithdrawn,
    Evidence,
    LineEvent,
    LineLost,
    LineOpened,
    LossReason,
    RequestAnswered,
    RingHeard,
)
from dutyphone.lines.requests import LineRequest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "writing-a-driver.md").read_text("utf-8")
BELL: dict[str, Any] = {"__name__": "doorbell"}
exec(compile(re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0], "doorbell", "exec"), BELL)
DoorbellCore: Any = BELL["DoorbellCore"]
Doorbell: Any = BELL["Doorbell"]


@pytest.fixture
def good(tmp_path: Path) -> DriverUnderTest:
    """The doorbell of the page, which keeps the contract."""
    (text,) = re.findall(r"^```transcript\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "two-rings.txt").write_text(text, "utf-8")
    return DriverUnderTest(core=lambda __: DoorbellCore("desk", "here"), transcripts=tmp_path, shell=_shell(Doorbell))


def _shell(driver: Any) -> Callable[[Any], tuple[Any, PtyWire]]:
    def behind_a_wire(core: Any) -> tuple[Any, PtyWire]:
        wire = PtyWire()
        return driver(core, wire.port), wire

    return behind_a_wire


class Raises(DoorbellCore):
    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        data.decode("ascii")
        return super().receive(data, now)


class RaisesOnDamage(DoorbellCore):
    def _hear(self, now: Moment) -> list[LineEvent]:
        assert b"DI" not in self._half or b"DING" in self._half, "no such word"
        return super()._hear(now)


class SeesReads(DoorbellCore):
    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        return super().receive(data, now) if data.endswith(b"\n") or len(data) < 3 else []


class ChattersWhenNothingCame(DoorbellCore):
    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        return super().receive(data or b"?\n", now)


class Swallows(DoorbellCore):
    def _hear(self, now: Moment) -> list[LineEvent]:
        return [event for event in super()._hear(now) if isinstance(event, RingHeard)]


class MakesUpBytes(DoorbellCore):
    def _hear(self, now: Moment) -> list[LineEvent]:
        return [replace(event, wire=b"RING\r\n") for event in super()._hear(now)]


class Forgets(DoorbellCore):
    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        self._over_at = None
        return []


class AlwaysSaysUnplugged(DoorbellCore):
    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        return super().lost(LossReason.CABLE_UNPLUGGED, now, detail)


class OnlyWhenStarted(DoorbellCore):
    started = False

    def start(self, now: Moment) -> Sequence[LineEvent]:
        self.started = True
        return super().start(now)

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        return super().lost(reason, now, detail) if self.started else []


class GoesOnAfterLost(DoorbellCore):
    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        return [LineLost(line=self._line, at=now, reason=reason, detail=detail)]


class HearsOnce(DoorbellCore):
    broken = False

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        self.broken = True
        return super().lost(reason, now, detail)

    def _hear(self, now: Moment) -> list[LineEvent]:
        told = super()._hear(now)
        return [] if self.broken else told


class OpensTwice(DoorbellCore):
    def _hear(self, now: Moment) -> list[LineEvent]:
        return [LineOpened(line=self._line, at=now, port="again"), *super()._hear(now)]


class OpensLate(DoorbellCore):
    def start(self, now: Moment) -> Sequence[LineEvent]:
        super().start(now)
        return []


class ChangesItsName(DoorbellCore):
    def _hear(self, now: Moment) -> list[LineEvent]:
        return [replace(event, line="other") for event in super()._hear(now)]


class TakesWhatIsNotThere(DoorbellCore):
    def _hear(self, now: Moment) -> list[LineEvent]:
        taken = CallTaken(line=self._line, at=now, call_ref="ghost", evidence=Evidence.EXTENSION_HOOK)
        return [*super()._hear(now), taken]


class NeverEnds(DoorbellCore):
    def next_deadline(self) -> float | None:
        return None


class Dawdles(DoorbellCore):
    """Tells a ring when the next one comes, or the call is over."""

    waiting: tuple[LineEvent, ...] = ()

    def _hear(self, now: Moment) -> list[LineEvent]:
        told, self.waiting = self.waiting, tuple(super()._hear(now))
        return [replace(event, at=now) for event in told]

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        over = super().on_deadline(now)
        told, self.waiting = (self.waiting, ()) if over else ((), self.waiting)
        return [*(replace(event, at=now) for event in told), *over]


class Spins(DoorbellCore):
    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        return []


class NamesNoTime(DoorbellCore):
    def next_deadline(self) -> float | None:
        return float("inf")


class Impatient(DoorbellCore):
    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        return [replace(event, at=now) for event in super().on_deadline(now.plus(100))]


class FromTheFuture(DoorbellCore):
    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        return [replace(event, at=event.at.plus(1)) for event in super().on_deadline(now)]


class MeltsCalls(DoorbellCore):
    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        self._over_at = None
        return super().receive(data, now)


class ReadsTheClock(DoorbellCore):
    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        time.monotonic()
        return super().receive(data, now)


class SharesItsBuffer(DoorbellCore):
    heard: list[int] = []  # noqa: RUF012  # that is what is wrong with it

    def _hear(self, now: Moment) -> list[LineEvent]:
        self.heard.append(1)
        return [replace(event, cadence=str(len(self.heard))) if isinstance(event, RingHeard) else event
                for event in super()._hear(now)]  # fmt: skip


class KeepsEverything(DoorbellCore):
    def start(self, now: Moment) -> Sequence[LineEvent]:
        self.past = bytearray()
        return super().start(now)

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        self.past += data
        return super().receive(data, now)


class SaysItForEver(DoorbellCore):
    def take_output(self) -> bytes:
        return b"HELLO\r"


class SpeaksBetweenRings(DoorbellCore):
    due: float | None = None

    def _hear(self, now: Moment) -> list[LineEvent]:
        self.due = now.mono + 1
        return super()._hear(now)

    def next_deadline(self) -> float | None:
        return min((at for at in (self.due, super().next_deadline()) if at is not None), default=None)

    def take_output(self) -> bytes:
        said, self.said = self.said, b""
        return said

    said = b""

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        if self.due is not None and now.mono >= self.due:
            self.due, self.said = None, b"AT\r"
        return super().on_deadline(now)


BROKEN_CORES: list[tuple[str, type, str]] = [
    ("test_every_transcript_comes_true_however_it_is_split", OpensTwice, "The core told instead"),
    ("test_every_transcript_comes_true_however_it_is_split", SeesReads, "1 did not come true"),
    ("test_the_line_is_opened_once_and_before_its_first_call", OpensTwice, "LineOpened was told twice"),
    ("test_the_line_is_opened_once_and_before_its_first_call", OpensLate, "did not tell LineOpened"),
    ("test_every_event_carries_the_same_line", ChangesItsName, "['desk', 'other']"),
    ("test_lost_tells_line_lost_once_and_last", Forgets, "must tell LineLost once"),
    ("test_lost_tells_line_lost_once_and_last", AlwaysSaysUnplugged, "another reason"),
    ("test_lost_before_the_line_was_open_is_told_as_well", OnlyWhenStarted, "before start()"),
    ("test_nothing_happens_after_lost", GoesOnAfterLost, "there is still a deadline"),
    ("test_it_can_be_started_again", HearsOnce, "otherwise than by a new core"),
    ("test_any_bytes_are_survived", Raises, "raised UnicodeDecodeError"),
    ("test_a_bad_wire_is_survived", RaisesOnDamage, "raised AssertionError"),
    ("test_where_reads_are_split_changes_nothing", SeesReads, "heard otherwise"),
    ("test_an_empty_read_is_harmless", ChattersWhenNothingCame, "receive(b'') told something"),
    ("test_what_nobody_understands_is_kept", Swallows, "were swallowed"),
    ("test_an_event_carries_bytes_that_came", MakesUpBytes, "bytes that never came"),
    ("test_only_what_began_can_be_taken_or_end", TakesWhatIsNotThere, "had not begun"),
    ("test_every_call_is_let_go", NeverEnds, "never ended"),
    ("test_the_first_sign_is_told_at_once", Dawdles, "long after"),
    ("test_deadlines_move_on", Spins, "for ever"),
    ("test_deadlines_move_on", NamesNoTime, "must be a second of the clock"),
    ("test_deadlines_move_on", FromTheFuture, "comes from the future"),
    ("test_a_deadline_called_too_early_is_harmless", Impatient, "before its time"),
    ("test_a_deadline_called_too_late_is_made_up_for", MeltsCalls, "A call goes on"),
    ("test_no_clock_is_read_and_nothing_is_opened", ReadsTheClock, "time.monotonic()"),
    ("test_a_core_has_no_other_beside_it", SharesItsBuffer, "Beside another line"),
    ("test_memory_is_bounded", KeepsEverything, "bound its buffers"),
    ("test_output_is_taken_away", SaysItForEver, "although everything had been taken"),
    ("test_nothing_is_said_while_it_rings", SpeaksBetweenRings, "While it rang"),
]


@pytest.mark.parametrize(("check", "core", "complaint"), BROKEN_CORES, ids=lambda part: getattr(part, "__name__", part))
def test_a_broken_core_is_found(check: str, core: Any, complaint: str, good: DriverUnderTest) -> None:
    broken = replace(
        good,
        core=lambda __: core("desk", "here"),
        quiet_while_ringing=True,
        answer=lambda __: b"",
    )
    with pytest.raises(ContractBroken) as failure:
        _run(CoreChecks, check, broken)
    assert complaint in str(failure.value)


class Bells(DoorbellCore):
    """A house with many bells: `A+` when one is pressed, `A-` when it is let go."""

    def start(self, now: Moment) -> Sequence[LineEvent]:
        self.pressed: dict[str, None] = {}
        return super().start(now)

    def _hear(self, now: Moment) -> list[LineEvent]:
        line, self._half = self._half, b""
        bell, sign = line.decode("ascii", "replace")[:1], line[1:2]
        if sign == b"+":
            self.pressed[bell] = None
            return [CallOffered(line=self._line, at=now, wire=line, call_ref=bell)]
        ended = self.ended_by(bell)
        self.pressed.pop(ended, None)
        over = CallWithdrawn(line=self._line, at=now, wire=line, call_ref=ended, evidence=Evidence.EXCHANGE)
        return [over] if ended else []

    def ended_by(self, bell: str) -> str:
        return bell if bell in self.pressed else ""


class EndsTheLast(Bells):
    def ended_by(self, bell: str) -> str:
        return next(reversed(self.pressed), "")


class LeavesThemNameless(Bells):
    def _hear(self, now: Moment) -> list[LineEvent]:
        return [replace(event, call_ref="") for event in super()._hear(now)]  # type: ignore[call-arg]


BROKEN_SWITCHBOARDS: list[tuple[str, type, str]] = [
    ("test_calls_at_the_same_time_are_told_as_each_alone", EndsTheLast, "otherwise than alone"),
    ("test_each_call_has_its_reference", LeavesThemNameless, "no call_ref"),
]


@pytest.fixture
def bells(tmp_path: Path) -> DriverUnderTest:
    for bell, wait in (("A", 2), ("B", 3)):
        text = (
            f"< {bell}+\\n\n! CallOffered call_ref={bell}\n@ +{wait}\n< {bell}-\\n\n! CallWithdrawn call_ref={bell}\n"
        )
        (tmp_path / f"{bell}.txt").write_text(text, "utf-8")
    return DriverUnderTest(core=lambda __: Bells("desk", "here"), transcripts=tmp_path, several_calls=True)


@pytest.mark.parametrize(("check", "core", "complaint"), BROKEN_SWITCHBOARDS)
def test_a_core_that_mixes_up_its_calls_is_found(check: str, core: Any, complaint: str, bells: DriverUnderTest) -> None:
    _run(CoreChecks, check, bells)
    with pytest.raises(ContractBroken) as failure:
        _run(CoreChecks, check, replace(bells, core=lambda __: core("desk", "here")))
    assert complaint in str(failure.value)


def test_calls_at_the_same_time_need_transcripts_of_different_calls(bells: DriverUnderTest) -> None:
    (bells.transcripts / "B.txt").write_text((bells.transcripts / "A.txt").read_text("utf-8"), "utf-8")
    with pytest.raises(ContractBroken, match="different calls"):
        _run(CoreChecks, "test_calls_at_the_same_time_are_told_as_each_alone", bells)


def test_where_messages_come_whole_nothing_is_split(good: DriverUnderTest) -> None:
    """A core that sees where reads end is right, where every read is a message."""
    by_messages = replace(good, core=lambda __: SeesReads("desk", "here"), whole_messages=True)
    _run(CoreChecks, "test_every_transcript_comes_true_however_it_is_split", by_messages)
    with pytest.raises(pytest.skip.Exception):
        _run(CoreChecks, "test_where_reads_are_split_changes_nothing", by_messages)


def test_a_session_that_failed_can_be_played_again(good: DriverUnderTest) -> None:
    """The failure shows what was said as steps of a transcript."""
    with pytest.raises(ContractBroken) as failure:
        _run(CoreChecks, "test_every_call_is_let_go", replace(good, core=lambda __: NeverEnds("desk", "here")))
    steps = str(failure.value).partition("It came to this so:\n")[2].splitlines()
    assert steps
    assert all(step.startswith(("< ", "@ +")) for step in steps)


class Deaf(Doorbell):
    def stop(self) -> None:
        """Does nothing."""


class ForgetsAnEarlyStop(Doorbell):
    def run(self, host: Any) -> None:
        self._stop.clear()
        super().run(host)


class StopsByLosing(Doorbell):
    def run(self, host: Any) -> None:
        super().run(host)
        host.post(self._core.lost(LossReason.MODEM_SILENT, host.clock.now()))


class NeverAsks(Doorbell):
    def run(self, host: Any) -> None:
        host.stopping = lambda: False
        super().run(host)


class KeepsTooLate(Doorbell):
    def run(self, host: Any) -> None:
        kept: list[Any] = []
        keep, host.keep_wire = host.keep_wire, lambda *wire: kept.append(wire)
        post = host.post

        def post_first(events: Any) -> None:
            post(events)
            while kept:
                keep(*kept.pop(0))

        host.post = post_first
        super().run(host)


class KeepsNothing(Doorbell):
    def run(self, host: Any) -> None:
        host.keep_wire = lambda *wire: None
        super().run(host)


class SwallowsFaults(Doorbell):
    def run(self, host: Any) -> None:
        try:
            super().run(host)
        except ZeroDivisionError:
            self._stop.wait()


class RaisesAsItComes(Doorbell):
    def run(self, host: Any) -> None:
        try:
            super().run(host)
        except Exception as fault:
            raise ConnectionError("gone") from fault


class DoesNotTell(Doorbell):
    def run(self, host: Any) -> None:
        post = host.post
        host.post = lambda events: post(event for event in events if not isinstance(event, LineLost))
        super().run(host)


class RunsOnce(Doorbell):
    ran = False

    def run(self, host: Any) -> None:
        if self.ran:
            raise RuntimeError("run() was called twice")
        self.ran = True
        super().run(host)


class LeavesAThread(Doorbell):
    def run(self, host: Any) -> None:
        threading.Thread(target=lambda: time.sleep(1), name="left over").start()
        super().run(host)


BY_ITSELF = "test_a_line_that_goes_on_by_itself_tells_its_loss_and_opens_again"


class ReadsInTurn(Doorbell):
    """As one would write it first: whoever reads the wire also hands on what was read."""

    def run(self, host: Any) -> None:
        with Path(self._device).open("rb", buffering=0) as wire:
            host.post(self._core.start(host.clock.now()))
            while not self._stop.is_set():
                if select.select([wire], [], [], 0.1)[0]:
                    data, now = wire.read(5), host.clock.now()
                    host.keep_wire(WireDirection.FROM_DEVICE, data, now)
                    host.post(self._core.receive(data, now))


class TellsLate(Doorbell):
    def run(self, host: Any) -> None:
        post = host.post
        host.post = lambda events: post([replace(event, at=event.at.plus(60)) for event in events])
        super().run(host)


class IgnoresRequests(Doorbell):
    """And is the beginning of those that do not."""

    def run(self, host: Any) -> None:
        self.host = host
        super().run(host)

    def carry_out(self, request: LineRequest) -> None:
        """Nothing."""

    def answer(self, request: LineRequest, *, done: bool = False, why: str = "no_such_call") -> None:
        now = self.host.clock.now()
        self.host.post([RequestAnswered(line="desk", at=now, request=request.request, done=done, why=why)])


class AnswersTwice(IgnoresRequests):
    early: tuple[LineRequest, ...] = ()

    def run(self, host: Any) -> None:
        self.host = host
        for request in self.early:
            self.carry_out(request)
        super().run(host)

    def carry_out(self, request: LineRequest) -> None:
        if not hasattr(self, "host"):
            self.early = (request,)
            return
        self.answer(request)
        if request.request.endswith("7"):
            self.answer(request)


class DoesWhatCannotBeDone(AnswersTwice):
    def carry_out(self, request: LineRequest) -> None:
        if not hasattr(self, "host"):
            self.early = (request,)
        else:
            self.answer(request, done=True)


class LosesInSilence(Doorbell):
    def run(self, host: Any) -> None:
        try:
            super().run(host)
        except LineGone as gone:
            self.explain(host, gone)
            self._stop.wait()

    def explain(self, host: Any, gone: LineGone) -> None:
        """To nobody."""


class StaysLost(LosesInSilence):
    def explain(self, host: Any, gone: LineGone) -> None:
        host.tell(gone)


class MendablePty(PtyWire):
    def mend(self) -> None:
        """As if."""


BROKEN_SHELLS: list[tuple[str, type, str]] = [
    ("test_stop_makes_run_return", Deaf, "did not make run() return"),
    ("test_stop_makes_run_return", StopsByLosing, "was told to be lost"),
    ("test_stop_may_come_more_than_once", Deaf, "from four threads"),
    ("test_stop_before_run_is_not_forgotten", ForgetsAnEarlyStop, "was forgotten"),
    ("test_the_host_can_end_it", NeverAsks, "host.stopping() was true"),
    ("test_what_comes_is_kept_and_heard", KeepsTooLate, "before their bytes had been kept"),
    ("test_bytes_are_kept_even_if_the_core_breaks", KeepsNothing, "never kept"),
    ("test_bytes_are_kept_even_if_the_core_breaks", SwallowsFaults, "as if nothing had happened"),
    ("test_a_pulled_wire_is_told_and_raised", RaisesAsItComes, "must make run() raise LineGone"),
    ("test_a_pulled_wire_is_told_and_raised", DoesNotTell, "LineLost must be posted once"),
    ("test_run_is_called_again_after_a_loss", RunsOnce, "must raise LineGone"),
    ("test_no_thread_is_left", LeavesAThread, "left over"),
    ("test_moments_are_those_of_the_wire", ReadsInTurn, "after they had come"),
    ("test_moments_are_those_of_the_wire", TellsLate, "another moment than the bytes"),
    ("test_each_request_is_answered_once", IgnoresRequests, "never answered"),
    ("test_each_request_is_answered_once", AnswersTwice, "more than once"),
    ("test_each_request_is_answered_once", DoesWhatCannotBeDone, "must be refused"),
    (BY_ITSELF, LosesInSilence, "were not told why"),
    (BY_ITSELF, StaysLost, "was not opened again"),
]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never comes need not be waited for in full."""
    import dutyphone_simulators.conformance.shell_checks as module

    monkeypatch.setattr(module, "STOP_WITHIN_S", 0.8)
    monkeypatch.setattr(module, "HEAR_WITHIN_S", 0.8)
    monkeypatch.setattr(module, "HOST_ENDS_WITHIN_S", 0.8)
    monkeypatch.setattr(module, "ANSWER_WITHIN_S", 0.8)
    monkeypatch.setattr(module, "HELD_UP_S", 0.8)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("check", "driver", "complaint"), BROKEN_SHELLS, ids=lambda part: getattr(part, "__name__", part)
)
def test_a_broken_shell_is_found(check: str, driver: Any, complaint: str, good: DriverUnderTest) -> None:
    opened: list[Any] = []

    def behind_a_wire(core: Any) -> tuple[Any, PtyWire]:
        wire = MendablePty()
        opened.append(driver(core, wire.port))
        return opened[0], wire

    broken = replace(good, shell=behind_a_wire, goes_on_after_loss=check == BY_ITSELF, lose_within_s=2.0)
    with pytest.raises(ContractBroken) as failure:
        _run(ShellChecks, check, broken)
    assert complaint in str(failure.value)
    opened[0]._stop.set()  # even of those that do not listen


@pytest.mark.parametrize("checks", [CoreChecks, ShellChecks])
def test_each_check_has_a_driver_that_breaks_it(checks: type) -> None:
    """A check that cannot fail proves nothing."""
    names = {name for name, __ in inspect.getmembers(checks, inspect.isfunction) if name.startswith("test_")}
    broken = [*BROKEN_CORES, *BROKEN_SWITCHBOARDS] if checks is CoreChecks else BROKEN_SHELLS
    tried = {check for check, __, __ in broken}
    assert names - tried <= {"test_transcripts_are_there"}


def test_without_transcripts_nothing_is_proved(good: DriverUnderTest, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(ContractBroken, match="holds no transcript"):
        CoreChecks().test_transcripts_are_there(replace(good, transcripts=tmp_path / "none"))


def test_without_a_shell_the_thread_is_not_checked(good: DriverUnderTest) -> None:
    with pytest.raises(pytest.skip.Exception):
        ShellChecks().test_stop_makes_run_return(replace(good, shell=None))


def test_the_plug_in_costs_nothing_until_it_is_used() -> None:
    """Loading it brings in nothing of the house but itself."""
    program = (
        "import sys, pytest; before = set(sys.modules); import dutyphone_simulators.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["dutyphone_simulators", "dutyphone_simulators.pytest_plugin"]


def test_pytest_finds_the_plug_in() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name = "dutyphone_simulators.pytest_plugin"
    assert project["entry-points"]["pytest11"] == {name: name}, "one name, so that loading it twice is harmless"


@given(st.binary(max_size=30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_a_part_is_within_its_whole(whole: bytes, kept: list[bool]) -> None:
    part = bytes(byte for byte, keep in zip(whole, kept, strict=False) if keep)
    assert is_within(part, whole)
    assert not is_within(whole + b"x", whole)


def _run(checks: type, check: str, under_test: DriverUnderTest) -> None:
    """The check, with each of its parameters."""
    method = getattr(checks(), check)
    marks: Sequence[Any] = getattr(method, "pytestmark", ())
    parameters: list[Mapping[str, Any]] = [{mark.args[0]: value} for mark in marks for value in mark.args[1]] or [{}]
    for parameter in parameters:
        method(under_test, **parameter)
