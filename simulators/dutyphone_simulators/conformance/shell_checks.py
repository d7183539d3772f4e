"""The contract of `dutyphone.lines.driver.Driver`: the thread around a core, on a real wire, in real time.

The plug-in collects these beside `core_checks`; they are skipped for a driver that hands in no shell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from dutyphone.clock import Moment
from dutyphone.errors import LineGone
from dutyphone.lines.driver import Driver, LineCore, Obeying, Wakeable
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason, RequestAnswered, WireNoise
from dutyphone.lines.requests import Answer, HangUp, LineRequest, Redirect, Refuse
from dutyphone.lines.transcript import FromDevice, Transcript
from dutyphone_simulators.conformance.candidate import DriverUnderTest, MendableWire, Wire
from dutyphone_simulators.conformance.host import RecordingHost, is_within
from dutyphone_simulators.conformance.session import ContractBroken
from dutyphone_simulators.testkit import load_transcripts, show_event

STOP_WITHIN_S = 2.0
"""How long `run` may take to return after `stop`. The recorder gives up on a driver some seconds later."""
HEAR_WITHIN_S = 5.0
"""How long bytes may take from the wire to the host."""
HOST_ENDS_WITHIN_S = 10.0
"""How long after `wake` a driver may take to ask `host.stopping()`."""
HELD_UP_S = 2.0
"""How long the host keeps a driver waiting to see whether it goes on reading."""
ANSWER_WITHIN_S = 5.0
"""How long a driver may take to say what became of requests about calls that are not there."""


class ShellChecks:
    """Each opens the driver once, or twice, on a wire of its own."""

    def test_stop_makes_run_return(self, dutyphone_driver: DriverUnderTest) -> None:
        """While nothing comes, which is nearly always; without posting a loss that nobody had."""
        with _listening(dutyphone_driver) as line:
            began = time.monotonic()
            line.driver.stop()
            line.join(STOP_WITHIN_S, f"stop() did not make run() return within {STOP_WITHIN_S:g} s")
            if time.monotonic() - began > STOP_WITHIN_S:
                raise line.broken("stop() took too long.")
            if line.raised is not None:
                raise line.broken(f"After stop(), run() raised {line.raised!r} instead of returning.")
            losses = [event for event in line.host.events if isinstance(event, LineLost)]
            if any(event.reason is not LossReason.STOPPED for event in losses):
                raise line.broken("After stop() the line was told to be lost.", *losses)

    def test_stop_may_come_more_than_once(self, dutyphone_driver: DriverUnderTest) -> None:
        """From several threads at the same time."""
        with _listening(dutyphone_driver) as line:
            callers = [threading.Thread(target=line.driver.stop) for __ in range(4)]
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join(STOP_WITHIN_S)
            line.join(STOP_WITHIN_S, "stop() from four threads did not make run() return")
            line.driver.stop()

    def test_stop_before_run_is_not_forgotten(self, dutyphone_driver: DriverUnderTest) -> None:
        """`run` returns at once, or the recorder waits for it for ever."""
        with _opened(dutyphone_driver) as line:
            line.driver.stop()
            line.start()
            line.join(STOP_WITHIN_S, "stop() before run() was forgotten: run() did not return")

    def test_the_host_can_end_it(self, dutyphone_driver: DriverUnderTest) -> None:
        """`host.stopping()` is asked each time something comes, and after `wake` where there is one."""
        with _listening(dutyphone_driver) as line:
            line.host.stop()
            if isinstance(line.driver, Wakeable):
                line.driver.wake()
            else:
                line.wire.write(_something(dutyphone_driver))
            line.join(HOST_ENDS_WITHIN_S, "run() did not return although host.stopping() was true")

    def test_what_comes_is_kept_and_heard(self, dutyphone_driver: DriverUnderTest) -> None:
        """Every byte reaches `keep_wire`, and every one before any event made of it is posted."""
        with _listening(dutyphone_driver) as line:
            before, sent = line.host.read, b"".join(_speech(dutyphone_driver))
            for data in _speech(dutyphone_driver):
                line.wire.write(data)
            if not line.host.wait_for(lambda host: len(host.read) >= len(before + sent), HEAR_WITHIN_S):
                kept = len(line.host.read) - len(before)
                raise line.broken(f"Of {len(sent)} bytes on the wire {kept} reached keep_wire().")
            if line.host.read != before + sent:
                raise line.broken("keep_wire() was given other bytes than those on the wire.")
            line.driver.stop()
            line.join(STOP_WITHIN_S, "run() did not return")
            if early := line.host.posted_before_kept:
                raise line.broken("Events were posted before their bytes had been kept:", *early)
            if not any(event.wire for event in line.host.events):
                raise line.broken("The device spoke, and no event was posted.")

    def test_bytes_are_kept_even_if_the_core_breaks(self, dutyphone_driver: DriverUnderTest) -> None:
        """`keep_wire` comes before parsing; and what the core raised ends `run`, or is told as `WireNoise`.

        The second is for lines whose messages have nothing to do with each other.
        """
        something = _something(dutyphone_driver)
        with _listening(dutyphone_driver, _Breaking(dutyphone_driver.core({}))) as line:
            line.wire.write(something)
            least = something if dutyphone_driver.whole_messages else something[:1]
            if not line.host.wait_for(lambda host: least in host.read, HEAR_WITHIN_S):
                raise line.broken("The core broke, and the bytes it broke on were never kept.")
            if dutyphone_driver.whole_messages and line.host.wait_for(
                lambda host: any(isinstance(one, WireNoise) and one.wire == something for one in host.events), 1.0
            ):
                return
            line.join(STOP_WITHIN_S, "The core broke, and run() went on as if nothing had happened")
            if line.raised is None:
                raise line.broken("The core broke, and run() returned as if it had been stopped.")

    def test_a_pulled_wire_is_told_and_raised(self, dutyphone_driver: DriverUnderTest) -> None:
        """`LineLost` is posted, `LineGone` raised with the same reason and a sentence of advice."""
        if dutyphone_driver.goes_on_after_loss:
            pytest.skip("goes on by itself")
        within_s = dutyphone_driver.lose_within_s
        with _listening(dutyphone_driver) as line:
            line.wire.pull()
            line.join(within_s, f"A pulled wire was not noticed within {within_s:g} s")
            gone = line.raised
            if not isinstance(gone, LineGone):
                raise line.broken(f"A pulled wire must make run() raise LineGone; it gave {gone!r}.") from gone
            losses = [event for event in line.host.events if isinstance(event, LineLost)]
            if len(losses) != 1 or line.host.events[-1] is not losses[0]:
                raise line.broken("LineLost must be posted once, as the last event.", *line.host.events)
            if losses[0].reason is not gone.reason:
                raise line.broken(f"LineGone says {gone.reason}, LineLost says otherwise.", *losses)
            if not gone.advice:
                raise line.broken("LineGone carries no advice: say what the person at the desk can do.")

    def test_run_is_called_again_after_a_loss(self, dutyphone_driver: DriverUnderTest) -> None:
        """The recorder does so after 1, 2, 5, 10, 30 s. While the wire is still gone, that is `LineGone` again."""
        if dutyphone_driver.goes_on_after_loss:
            pytest.skip("goes on by itself")
        within_s = dutyphone_driver.lose_within_s
        with _listening(dutyphone_driver) as line:
            line.wire.pull()
            line.join(within_s, "A pulled wire was not noticed")
            line.start()
            line.join(within_s, "run() on a wire that is gone neither returned nor raised")
            if not isinstance(line.raised, LineGone):
                raise line.broken(f"run() on a wire that is gone must raise LineGone; it gave {line.raised!r}.")

    def test_a_line_that_goes_on_by_itself_tells_its_loss_and_opens_again(
        self, dutyphone_driver: DriverUnderTest
    ) -> None:
        """`LineLost` once, the same reason with advice to `host.tell`; `LineOpened` when the far end is back."""
        if not dutyphone_driver.goes_on_after_loss:
            pytest.skip("ends with its line")
        within_s = dutyphone_driver.lose_within_s
        with _listening(dutyphone_driver) as line:
            line.wire.pull()
            if not line.host.wait_for(lambda host: bool(_losses(host)), within_s):
                raise line.broken(f"A pulled wire was not told within {within_s:g} s.")
            if not line.host.wait_for(lambda host: bool(host.told), HEAR_WITHIN_S):
                raise line.broken("The line was lost, and people were not told why: call host.tell().")
            gone, lost = line.host.told[0], _losses(line.host)[0]
            if gone.reason is not lost.reason or not gone.advice:
                raise line.broken(
                    f"LineLost says {lost.reason}; people are told {gone.reason}, advice {gone.advice!r}."
                )
            assert isinstance(line.wire, MendableWire)
            line.wire.mend()
            if not line.host.wait_for(
                lambda host: any(isinstance(event, LineOpened) for event in _after(lost, host)), within_s
            ):
                raise line.broken(f"The far end is back, and the line was not opened again within {within_s:g} s.")
            if len(_losses(line.host)) != 1:
                raise line.broken("One loss was told more than once.", *_losses(line.host))

    # --- under pressure ---------------------------------------------------------------------------------------------

    def test_moments_are_those_of_the_wire(self, dutyphone_driver: DriverUnderTest) -> None:
        """While the host waits for a slow disk, the device is read, and what it says has the moment it came at."""
        something = _something(dutyphone_driver)
        with _listening(dutyphone_driver) as line:
            host = line.host
            before = len(host.read)
            host.hold()
            line.wire.write(something)
            if not host.wait_for(lambda host: host.keeps_waiting, HEAR_WITHIN_S):
                raise line.broken("The device spoke, and nothing was handed to the host.")
            at = host.clock.now().mono
            line.wire.write(something)
            time.sleep(HELD_UP_S)
            host.release()
            if not host.wait_for(lambda host: len(host.read) >= before + 2 * len(something), HEAR_WITHIN_S):
                raise line.broken("What the device said while the host was held up never came.")
            line.driver.stop()
            line.join(STOP_WITHIN_S, "run() did not return")
            late = max(read.mono for data, read in host.pieces if data in something or something in data) - at
            if late > HELD_UP_S / 2:
                raise line.broken(
                    f"Bytes were kept with a moment {late:.1f} s after they had come: read while the host is held up."
                )
            made_of_it = [event for event in host.events if event.wire and is_within(event.wire, something)]
            told_late = [event for event in made_of_it if event.at.mono - at > HELD_UP_S / 2]
            if told_late:
                raise line.broken("Events have another moment than the bytes they were made of:", *told_late)

    # --- being asked ------------------------------------------------------------------------------------------------

    def test_each_request_is_answered_once(self, dutyphone_driver: DriverUnderTest) -> None:
        """For drivers that are `Obeying`: one made before `run`, and many at the same time, about calls not there."""
        with _opened(dutyphone_driver) as line:
            driver = line.driver
            if not isinstance(driver, Obeying):
                pytest.skip("only listens")
            requests: list[LineRequest] = [
                make(request=f"{kind} {number}", call_ref="no such call")
                for number in range(10)
                for kind, make in (("answer", Answer), ("hang up", HangUp), ("refuse", Refuse))
            ]
            requests.append(Redirect(request="redirect", call_ref="no such call", target="010-55501234"))
            driver.carry_out(requests[0])
            line.start()
            askers = [threading.Thread(target=_ask, args=(driver, requests[start::2])) for start in (1, 2)]
            for asker in askers:
                asker.start()
            for asker in askers:
                asker.join()
            wanted = {one.request for one in requests}
            answered = line.host.wait_for(
                lambda host: wanted <= {answer.request for answer in _answers(host)}, ANSWER_WITHIN_S
            )
            driver.stop()
            line.join(STOP_WITHIN_S, "run() did not return")
            answers = _answers(line.host)
            if not answered:
                left = sorted(wanted - {answer.request for answer in answers})
                raise line.broken(f"Requests were never answered: {left}.")
            if len(answers) != len(requests):
                raise line.broken("A request was answered more than once.", *answers)
            if done := [answer for answer in answers if answer.done or not answer.why]:
                raise line.broken("What cannot be done must be refused, and said why.", *done)

    def test_no_thread_is_left(self, dutyphone_driver: DriverUnderTest) -> None:
        """Whatever the driver started is over when `run` is."""
        with _opened(dutyphone_driver) as line:
            before = set(threading.enumerate())
            _start(line, opens=dutyphone_driver.far_end_answers)
            line.driver.stop()
            line.join(STOP_WITHIN_S, "run() did not return")
            left = [thread.name for thread in set(threading.enumerate()) - before if thread is not line.thread]
            if left:
                raise line.broken(f"Threads are left after run() returned: {left}.")


class _Line:
    """A driver in a thread of its own, its host and the device's end of its wire."""

    def __init__(self, driver: Driver, wire: Wire) -> None:
        self.driver, self.wire = driver, wire
        self.host = RecordingHost()
        self.raised: BaseException | None = None
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        self.raised = None
        self.thread = threading.Thread(target=self._run, name="line under test", daemon=True)
        self.thread.start()

    def join(self, timeout_s: float, complaint: str) -> None:
        assert self.thread is not None
        self.thread.join(timeout_s)
        if self.thread.is_alive():
            raise self.broken(f"{complaint}.")

    def broken(self, what: str, *events: LineEvent) -> ContractBroken:
        shown = [f"! {show_event(event)}" for event in events]
        return ContractBroken("\n".join([what, *shown, f"kept from the device: {self.host.read!r}"]))

    def _run(self) -> None:
        try:
            self.driver.run(self.host)
        except BaseException as fault:  # noqa: BLE001  # looked at by the check
            self.raised = fault


class _Breaking:
    """A core that breaks at the first byte."""

    def __init__(self, core: LineCore) -> None:
        self._core = core

    def start(self, now: Moment) -> Sequence[LineEvent]:
        return self._core.start(now)

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:  # noqa: ARG002  # the protocol's
        raise ZeroDivisionError("made by the conformance check")

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        return self._core.lost(reason, now, detail)

    def take_output(self) -> bytes:
        return self._core.take_output()

    def next_deadline(self) -> float | None:
        return self._core.next_deadline()

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        return self._core.on_deadline(now)


@contextmanager
def _opened(under_test: DriverUnderTest, core: LineCore | None = None) -> Iterator[_Line]:
    if under_test.shell is None:
        pytest.skip("hands in no shell")
    driver, wire = under_test.shell(core or under_test.core({}))
    line = _Line(driver, wire)
    try:
        yield line
    finally:
        line.host.release()
        driver.stop()
        if line.thread is not None:
            line.thread.join(STOP_WITHIN_S)
        wire.close()


@contextmanager
def _listening(under_test: DriverUnderTest, core: LineCore | None = None) -> Iterator[_Line]:
    """A driver that has its wire open: it told `LineOpened`, said something, or at least had the time to."""
    with _opened(under_test, core) as line:
        _start(line, opens=under_test.far_end_answers)
        yield line


def _start(line: _Line, *, opens: bool) -> None:
    line.start()
    line.host.wait_for(lambda host: bool(host.written) or _is_open(host), 1.0)
    if opens and not line.host.wait_for(_is_open, HEAR_WITHIN_S):
        raise line.broken("The far end answers, and the line was not opened.")


def _is_open(host: RecordingHost) -> bool:
    return any(isinstance(event, LineOpened) for event in host.events)


def _speech(under_test: DriverUnderTest) -> list[bytes]:
    """What the device says in the first transcript in which it speaks; those that begin with a line set up first."""
    for transcript in sorted(load_transcripts(under_test.transcripts), key=_is_cold):
        if said := [step.data for step in transcript.steps if isinstance(step, FromDevice)]:
            return said
    raise ContractBroken(f"{under_test.transcripts} holds no transcript (*.txt) in which the device speaks.")


def _is_cold(transcript: Transcript) -> bool:
    return transcript.headings.get("begins", "idle") == "cold"


def _ask(driver: Obeying, requests: Sequence[LineRequest]) -> None:
    for request in requests:
        driver.carry_out(request)


def _losses(host: RecordingHost) -> list[LineLost]:
    return [event for event in host.events if isinstance(event, LineLost)]


def _after(event: LineEvent, host: RecordingHost) -> list[LineEvent]:
    return host.events[host.events.index(event) :]


def _answers(host: RecordingHost) -> list[RequestAnswered]:
    return [event for event in host.events if isinstance(event, RequestAnswered)]


def _something(under_test: DriverUnderTest) -> bytes:
    return _speech(under_test)[0]
