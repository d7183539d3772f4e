"""The contract of `dutyphone.lines.driver.LineCore`, sentence by sentence.

The plug-in collects these for a module that has the fixture `dutyphone_driver`; see `pytest_plugin`.
"""

from __future__ import annotations

import builtins
import gc
import random
import socket
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice, pairwise

import pytest

from dutyphone.lines.events import (
    CallerIdHeard,
    CallEvent,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    LineEvent,
    LineHeard,
    LineLost,
    LineOpened,
    LossReason,
    RingHeard,
)
from dutyphone.lines.transcript import Transcript
from dutyphone_simulators.conformance.candidate import DriverUnderTest
from dutyphone_simulators.conformance.host import is_within
from dutyphone_simulators.conformance.session import ContractBroken, Cuts, Session, Speech, made_up, speeches, uncut
from dutyphone_simulators.testkit import PlayFailure, load_transcripts, play, show_event

SAMPLE = 24
"""Speeches from which the longer checks are made, spread over all there are."""
FLOOD = 64 * 1024
"""Bytes said in one go to see whether a core keeps them."""
MOST_KEPT = 256 * 1024
"""Bytes a core may hold after a flood, everything it is made of counted."""
MOST_GROWTH = 16 * 1024
"""Bytes by which a core may grow from one flood to the next."""
_GARBAGE = b"\xfe\x81zq#~\x00\x9f" * 6 + b"\r\n\x03\n\x00\r\x04;"
_BEGINS = (RingHeard, CallerIdHeard, CallOffered)
_ENDS = (CallOver, CallWithdrawn)


class CoreChecks:
    """Each is given the fixture of the author and makes cores of its own."""

    # --- opening and losing the line --------------------------------------------------------------------------------

    def test_transcripts_are_there(self, dutyphone_driver: DriverUnderTest) -> None:
        """Without them nothing is known of what the device says."""
        if not speeches(_transcripts(dutyphone_driver)):
            raise ContractBroken(
                f"{dutyphone_driver.transcripts} holds no transcript (*.txt) in which the device speaks."
            )

    def test_every_transcript_comes_true_however_it_is_split(self, dutyphone_driver: DriverUnderTest) -> None:
        """Whole, byte by byte and at random."""
        failures = [
            f"[{chunks}] {failure}"
            for transcript in _transcripts(dutyphone_driver)
            for chunks in (("whole",) if dutyphone_driver.whole_messages else ("whole", "bytewise", "random"))
            if (failure := _play(dutyphone_driver, transcript, chunks))
        ]
        if failures:
            raise ContractBroken(f"{len(failures)} did not come true:\n\n" + "\n\n".join(failures[:5]))

    def test_the_line_is_opened_once_and_before_its_first_call(self, dutyphone_driver: DriverUnderTest) -> None:
        """`LineOpened`, then calls, then perhaps `LineLost`, and from the beginning again."""
        for session in _sessions(dutyphone_driver):
            is_open = False
            for event in session.events:
                match event:
                    case LineOpened() if is_open:
                        raise session.broken("LineOpened was told twice without LineLost between.", event)
                    case LineOpened():
                        is_open = True
                    case LineLost():
                        is_open = False
                    case CallEvent() if not is_open:
                        raise session.broken("A call was told before LineOpened.", event)
                    case _:
                        pass

    def test_every_event_carries_the_same_line(self, dutyphone_driver: DriverUnderTest) -> None:
        """The name the core was made with, in every event."""
        for session in _sessions(dutyphone_driver):
            names = {event.line for event in session.events}
            if len(names) > 1 or "" in names:
                raise session.broken(f"Events carry these names of lines: {sorted(names)}.")

    @pytest.mark.parametrize(
        "reason", [LossReason.CABLE_UNPLUGGED, LossReason.STOPPED], ids=lambda reason: reason.value
    )
    def test_lost_tells_line_lost_once_and_last(self, dutyphone_driver: DriverUnderTest, reason: LossReason) -> None:
        """With the reason and the detail it was given."""
        for session in _sessions(dutyphone_driver):
            told = session.lose(reason, "pulled")
            losses = [event for event in told if isinstance(event, LineLost)]
            if len(losses) != 1 or told[-1] is not losses[0]:
                raise session.broken("lost() must tell LineLost once, after all that was half heard.", *told)
            if (losses[0].reason, losses[0].detail) != (reason, "pulled"):
                raise session.broken(f"lost({reason}, detail='pulled') told another reason or detail.", *losses)

    def test_lost_before_the_line_was_open_is_told_as_well(self, dutyphone_driver: DriverUnderTest) -> None:
        """A port that cannot even be opened is a loss: `lost` comes without `start`."""
        session = Session(dutyphone_driver, {})
        if not any(isinstance(event, LineLost) for event in session.lose(LossReason.NO_SUCH_PORT)):
            raise session.broken("lost() before start() must tell LineLost.")

    def test_nothing_happens_after_lost(self, dutyphone_driver: DriverUnderTest) -> None:
        """No deadline, no event, no byte to say until it is started again."""
        for session in _sessions(dutyphone_driver, halfway=True):
            session.lose()
            told, said = len(session.events), len(session.output)
            if (deadline := session.deadline()) is not None:
                raise session.broken(f"After lost() there is still a deadline at {deadline:.3f}.")
            session.clock.advance(86_400)
            session.on_deadline()
            if session.events[told:]:
                raise session.broken("After lost() time brings forth events.", *session.events[told:])
            if session.output[said:]:
                raise session.broken(f"After lost() the core says {session.output[said:]!r}.")

    def test_it_can_be_started_again(self, dutyphone_driver: DriverUnderTest) -> None:
        """After every loss, wherever it came, the line is opened anew and a call is heard."""
        for session, speech in zip(_sessions(dutyphone_driver, halfway=True), _sample(dutyphone_driver), strict=True):
            session.lose()
            session.clock.advance(30)
            session.open()
            before = len(session.events)
            session.say(speech)
            fresh = _said(dutyphone_driver, speech)
            if _kinds(session.events[before:]) != _kinds(fresh.events[_opening(fresh) :]):
                raise session.broken(
                    "After lost() and start() the same speech is heard otherwise than by a new core.",
                    *session.events[before:],
                )

    # --- hearing ----------------------------------------------------------------------------------------------------

    def test_any_bytes_are_survived(self, dutyphone_driver: DriverUnderTest) -> None:
        """Every single byte, and noise, at every stage of a call."""
        for speech in _sample(dutyphone_driver):
            session = Session(dutyphone_driver, speech.headings)
            session.open()
            chance = random.Random(0)  # noqa: S311  # repeatable, not secret
            for data, seconds in speech.steps:
                session.hear(data[: len(data) // 2] + chance.randbytes(24))
                session.wait(seconds)
            for byte in range(256):
                session.hear(bytes((byte,)))
            session.wait(600)

    def test_a_bad_wire_is_survived(self, dutyphone_driver: DriverUnderTest) -> None:
        """What the device says with bits turned, bytes lost and doubled, and pauses of any length."""
        for seed, speech in _rounds(dutyphone_driver, 4):
            session = Session(dutyphone_driver, speech.headings)
            session.open()
            session.say(made_up(speech, random.Random(seed)))  # noqa: S311
            session.wait(600)

    def test_where_reads_are_split_changes_nothing(self, dutyphone_driver: DriverUnderTest) -> None:
        """The same events and the same bytes said, for spoiled speech as well, split anywhere."""
        if dutyphone_driver.whole_messages:
            pytest.skip("reads whole messages")
        for seed, speech in _rounds(dutyphone_driver, 3):
            chance = random.Random(seed)  # noqa: S311
            spoken = speech if seed < SAMPLE else made_up(speech, chance)
            whole = _said(dutyphone_driver, spoken)
            bytewise = _said(dutyphone_driver, spoken, cuts=lambda data: range(len(data)))
            cut = _said(
                dutyphone_driver,
                spoken,
                cuts=lambda data, chance=chance: [chance.randint(0, len(data)) for __ in range(5)],  # type: ignore[misc]
            )
            for split, how in ((bytewise, "byte by byte"), (cut, "at random")):
                _same(split, whole, f"Read {how}, the same bytes are heard otherwise.")

    def test_an_empty_read_is_harmless(self, dutyphone_driver: DriverUnderTest) -> None:
        """Ports whose read timed out give no bytes."""
        for speech in _sample(dutyphone_driver)[:6]:
            whole = _said(dutyphone_driver, speech)
            with_empty = _said(dutyphone_driver, speech)
            with_empty.receive(b"")
            if with_empty.events != whole.events:
                raise with_empty.broken("receive(b'') told something.", *with_empty.events[len(whole.events) :])

    def test_what_nobody_understands_is_kept(self, dutyphone_driver: DriverUnderTest) -> None:
        """It becomes `WireNoise`, or is part of the wire of another event."""
        session = Session(dutyphone_driver, {})
        session.open()
        before = len(session.events)
        session.hear(_GARBAGE)
        session.wait(30)
        session.lose()
        if not any(event.wire for event in session.events[before:]):
            raise session.broken("Bytes that mean nothing were swallowed: tell them as WireNoise.")

    def test_an_event_carries_bytes_that_came(self, dutyphone_driver: DriverUnderTest) -> None:
        """`wire` is a piece of what the device said, in its order; line ends and the like may be left out."""
        for session in _sessions(dutyphone_driver):
            for event in session.events:
                if event.wire and not is_within(event.wire, session.heard):
                    raise session.broken("An event carries bytes that never came.", event)

    # --- calls ------------------------------------------------------------------------------------------------------

    def test_only_what_began_can_be_taken_or_end(self, dutyphone_driver: DriverUnderTest) -> None:
        """Ring, caller ID or offer first; then taken; then withdrawn or over, once: each call for itself."""
        for session in _sessions(dutyphone_driver, spoiled=True):
            calls: set[str] = set()
            for event in session.events:
                match event:
                    case LineLost():
                        calls = {ref for ref in calls if _is_followed(ref, event)}
                    case CallOver() | CallWithdrawn() | CallTaken() if event.call_ref not in calls:
                        raise session.broken("Something is told of a call that had not begun.", event)
                    case CallOver() | CallWithdrawn():
                        calls.discard(event.call_ref)
                    case CallEvent() if isinstance(event, _BEGINS):
                        calls.add(event.call_ref)
                    case _:
                        pass

    def test_every_call_is_let_go(self, dutyphone_driver: DriverUnderTest) -> None:
        """After `longest_call_s` of silence no call is left: a log with a call that never ends is wrong for ever."""
        for session in _sessions(dutyphone_driver, spoiled=True):
            session.wait(dutyphone_driver.longest_call_s)
            open_calls: dict[str, LineEvent] = {}
            for event in session.events:
                if isinstance(event, LineLost):
                    open_calls = {ref: begun for ref, begun in open_calls.items() if _is_followed(ref, event)}
                elif isinstance(event, _ENDS):
                    open_calls.pop(event.call_ref, None)
                elif isinstance(event, _BEGINS):
                    open_calls.setdefault(event.call_ref, event)
            if open_calls:
                raise session.broken("These calls never ended:", *open_calls.values())

    def test_each_call_has_its_reference(self, dutyphone_driver: DriverUnderTest) -> None:
        """For drivers that declare `several_calls`: every event of a call says of which."""
        if not dutyphone_driver.several_calls:
            pytest.skip("carries one call at a time")
        for session in _sessions(dutyphone_driver, spoiled=True):
            for event in session.events:
                if isinstance(event, CallEvent) and not event.call_ref:
                    raise session.broken("An event of a call carries no call_ref.", event)

    def test_calls_at_the_same_time_are_told_as_each_alone(self, dutyphone_driver: DriverUnderTest) -> None:
        """For drivers that declare `several_calls`: two transcripts at once, and each call has what it has alone."""
        if not dutyphone_driver.several_calls:
            pytest.skip("carries one call at a time")
        tried = 0
        for one, two in pairwise(_sample(dutyphone_driver)):
            first, second = (
                _calls(_said(dutyphone_driver, replace(speech, headings=one.headings))) for speech in (one, two)
            )
            if not (first and second) or first.keys() & second.keys():
                continue
            tried += 1
            session = _said(dutyphone_driver, one.beside(two))
            if _calls(session) != first | second:
                raise session.broken("Of two calls at the same time one is told otherwise than alone.", *session.events)
        if not tried:
            raise ContractBroken("Hand in transcripts of different calls, to be played at the same time.")

    def test_the_first_sign_is_told_at_once(self, dutyphone_driver: DriverUnderTest) -> None:
        """A row of the log begins with the first sign of a call: it may not wait for what comes after it.

        Whole rings and offers are meant: a device that ends its lines is given up to two seconds for one without end.
        """
        for session in _sessions(dutyphone_driver):
            for event in session.events:
                if (
                    isinstance(event, RingHeard | CallOffered)
                    and event.wire
                    and event.at.mono - session.last_word_before(event) > 2.0
                ):
                    raise session.broken("A call was told long after the device said it.", event)

    # --- time -------------------------------------------------------------------------------------------------------

    def test_deadlines_move_on(self, dutyphone_driver: DriverUnderTest) -> None:
        """Called at its deadline, a core has another one later, or none. (A day of silence, every deadline in time.)"""
        for session in _sessions(dutyphone_driver):
            session.wait(86_400 / 4)

    def test_a_deadline_called_too_early_is_harmless(self, dutyphone_driver: DriverUnderTest) -> None:
        """`on_deadline` at any moment before: nothing is told and nothing is said."""
        for session in _sessions(dutyphone_driver, halfway=True):
            deadline = session.deadline()
            if deadline is not None and deadline <= session.clock.now().mono:
                continue
            told, said = len(session.events), len(session.output)
            for __ in range(3):
                session.on_deadline()
            if session.events[told:] or session.output[said:]:
                raise session.broken("on_deadline() before its time was not harmless.", *session.events[told:])
            if session.deadline() != deadline:
                raise session.broken(
                    f"on_deadline() before its time moved the deadline {deadline} to {session.deadline()}."
                )

    def test_a_deadline_called_too_late_is_made_up_for(self, dutyphone_driver: DriverUnderTest) -> None:
        """After a machine slept, bytes come before any deadline is called: old calls end before new ones begin."""
        for speech in _sample(dutyphone_driver):
            said = [data for data, __ in speech.steps if data]
            asleep = Session(dutyphone_driver, speech.headings)
            asleep.open()
            for data in said:
                asleep.hear(data)
            left = {event.call_ref for event in asleep.events if isinstance(event, _BEGINS)}
            left -= {event.call_ref for event in asleep.events if isinstance(event, _ENDS)}
            asleep.clock.advance(dutyphone_driver.longest_call_s + 1)
            at = len(asleep.events)
            asleep.hear(said[0])
            for event in asleep.events[at:]:
                if isinstance(event, _ENDS):
                    left.discard(event.call_ref)
                elif isinstance(event, RingHeard | CallOffered) and event.call_ref in left:
                    raise asleep.broken(
                        "A call goes on although its deadline passed long before these bytes came: receive() deals with"
                        " what is over first.",
                        event,
                    )

    def test_no_clock_is_read_and_nothing_is_opened(self, dutyphone_driver: DriverUnderTest) -> None:
        """Time comes in as a `Moment`; files and sockets are the business of the shell."""
        speech = _sample(dutyphone_driver)[0]
        sessions = [Session(dutyphone_driver, speech.headings) for __ in range(2)]
        sessions[0].open()
        sessions[0].say(speech)
        with pytest.MonkeyPatch.context() as patch:
            for module, name in _IMPURE:
                patch.setattr(module, name, _forbidden(f"{module.__name__}.{name}"))
            sessions[1].open()
            sessions[1].say(speech)

    def test_a_core_has_no_other_beside_it(self, dutyphone_driver: DriverUnderTest) -> None:
        """Two lines heard in turn, step by step, are heard as each alone: nothing is shared, nothing is chance."""
        sample = _sample(dutyphone_driver)
        for one, two in pairwise([*sample, sample[0]]):
            sessions = [Session(dutyphone_driver, speech.headings) for speech in (one, two)]
            for session in sessions:
                session.open()
            for at in range(max(len(one.steps), len(two.steps))):
                for session, speech in zip(sessions, (one, two), strict=True):
                    session.say(replace(speech, steps=speech.steps[at : at + 1]))
            for session, speech in zip(sessions, (one, two), strict=True):
                _same(
                    session, _said(dutyphone_driver, speech), "Beside another line, the same bytes are heard otherwise."
                )

    # --- bounds -----------------------------------------------------------------------------------------------------

    def test_memory_is_bounded(self, dutyphone_driver: DriverUnderTest) -> None:
        """Neither a line that never ends, nor noise, nor calls without end make a core grow."""
        said = [data for speech in _sample(dutyphone_driver) for data, __ in speech.steps if data]
        device = b"".join(said)
        without_ends = device.translate(None, b"\r\n") or b"x"
        chance = random.Random(0)  # noqa: S311
        whole = said if dutyphone_driver.whole_messages else _reads(device)
        for what, reads in (
            ("the device without line ends", _reads(without_ends)),
            ("noise", _reads(chance.randbytes(4096))),
            ("the device", whole),
            ("one byte for ever", _reads(b"0")),
        ):
            session = Session(dutyphone_driver, {})
            session.open()
            sizes = []
            for __ in range(3):
                _flood(session, reads)
                sizes.append(_weight(session.core))
            if sizes[-1] > MOST_KEPT or sizes[-1] - sizes[-2] > MOST_GROWTH:
                raise session.broken(
                    f"Flooded with {what}, the core holds {sizes} bytes after each {FLOOD}: bound its buffers."
                )

    # --- saying -----------------------------------------------------------------------------------------------------

    def test_output_is_taken_away(self, dutyphone_driver: DriverUnderTest) -> None:
        """What `take_output` gave once is not given again."""
        for session in _sessions(dutyphone_driver):
            if again := session.core.take_output():
                raise session.broken(f"take_output() gave {again!r} although everything had been taken.")

    def test_nothing_is_said_while_it_rings(self, dutyphone_driver: DriverUnderTest) -> None:
        """For drivers that declare it: a byte written between two rings costs many modems the caller ID."""
        if not dutyphone_driver.quiet_while_ringing:
            pytest.skip("does not declare quiet_while_ringing")
        for session in _sessions(dutyphone_driver):
            ringing_since: float | None = None
            spans: list[tuple[float, float]] = []
            for event in session.events:
                if isinstance(event, RingHeard):
                    ringing_since = event.at.mono if ringing_since is None else ringing_since
                elif isinstance(event, CallTaken | CallWithdrawn | LineLost) and ringing_since is not None:
                    spans.append((ringing_since, event.at.mono))
                    ringing_since = None
            for at, said in session.output:
                if any(since < at < until for since, until in spans):
                    raise session.broken(f"While it rang, the core said {said!r}.")


# --- matter -------------------------------------------------------------------------------------------------------


def _transcripts(under_test: DriverUnderTest) -> tuple[Transcript, ...]:
    return load_transcripts(under_test.transcripts)


def _sample(under_test: DriverUnderTest) -> list[Speech]:
    """Speeches spread over all there are; the same ones if there are fewer than wanted."""
    every = speeches(_transcripts(under_test))
    if not every:
        raise ContractBroken(f"{under_test.transcripts} holds no transcript (*.txt) in which the device speaks.")
    return [every[at * len(every) // SAMPLE] for at in range(SAMPLE)] if len(every) > SAMPLE else every


def _rounds(under_test: DriverUnderTest, times: int) -> Iterator[tuple[int, Speech]]:
    """`times` times `SAMPLE` speeches, each with a number of its own; few are said again and again."""
    sample = _sample(under_test)
    for seed in range(times * SAMPLE):
        yield seed, sample[seed % len(sample)]


def _said(under_test: DriverUnderTest, speech: Speech, cuts: Cuts = uncut) -> Session:
    session = Session(under_test, speech.headings)
    session.open()
    session.say(speech, cuts=cuts)
    return session


def _sessions(under_test: DriverUnderTest, *, halfway: bool = False, spoiled: bool = False) -> Iterator[Session]:
    """A session for each speech of the sample, played to its end, or to its middle; and as a bad wire carries it."""
    for speech in _sample(under_test):
        said = replace(speech, steps=speech.steps[: (len(speech.steps) + 1) // 2]) if halfway else speech
        yield _said(under_test, said)
    for seed, speech in _rounds(under_test, 1) if spoiled else ():
        yield _said(under_test, made_up(speech, random.Random(seed)))  # noqa: S311


def _play(under_test: DriverUnderTest, transcript: Transcript, chunks: str) -> str:
    try:
        play(
            under_test.core(transcript.headings),
            transcript,
            chunks=chunks,  # type: ignore[arg-type]  # a member of it
            seed=len(transcript.steps),
            retelling=under_test.retelling() if under_test.retelling else None,
        )
    except PlayFailure as failure:
        return str(failure)
    return ""


# --- comparing ----------------------------------------------------------------------------------------------------


def _same(session: Session, other: Session, what: str) -> None:
    for one, two in zip(session.events, other.events, strict=False):
        if one != two:
            raise session.broken(f"{what} Instead of\n! {show_event(two)}\nthere came", one)
    if len(session.events) != len(other.events):
        raise session.broken(f"{what} {len(other.events)} events became {len(session.events)}.")
    if session.output != other.output:
        raise session.broken(f"{what} It said {session.output!r} instead of {other.output!r}.")


def _kinds(events: Iterable[LineEvent]) -> list[tuple[str, str | None]]:
    return [
        (type(event).__name__, getattr(event, "number", None)) for event in events if not isinstance(event, LineHeard)
    ]


def _calls(session: Session) -> dict[str, list[tuple[str, float]]]:
    """What was told of each call, and when, to the hundredth of a second."""
    calls: dict[str, list[tuple[str, float]]] = {}
    for event in session.events:
        if isinstance(event, CallEvent):
            calls.setdefault(event.call_ref, []).append((type(event).__name__, round(event.at.mono, 2)))
    return calls


def _is_followed(call_ref: str, lost: LineLost) -> bool:
    """Whether a call goes on after `lost`: one with a reference does while only the far end is silent, and is ended."""
    return bool(call_ref) and lost.reason in (LossReason.NETWORK, LossReason.NOT_REGISTERED)


def _opening(session: Session) -> int:
    """Where in its events the session was open."""
    return next(at for at, event in enumerate(session.events, 1) if isinstance(event, LineOpened))


# --- weighing -----------------------------------------------------------------------------------------------------


def _reads(data: bytes) -> list[bytes]:
    return [(data * (4096 // len(data) + 1))[:4096]]


def _flood(session: Session, reads: Sequence[bytes]) -> None:
    for data in islice(cycle(reads), max(1, FLOOD // max(map(len, reads)))):
        session.receive(data)
        session.events.clear()
        session.heard.clear()
    session.on_deadline()


_NOT_ITS_OWN = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType)


def _weight(core: object) -> int:
    """Bytes of everything reachable from `core`, without classes, modules and code."""
    seen: set[int] = set()
    waiting = [core]
    total = 0
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, _NOT_ITS_OWN):
            continue
        seen.add(id(thing))
        total += sys.getsizeof(thing)
        waiting += gc.get_referents(thing)
    return total


_IMPURE: tuple[tuple[types.ModuleType, str], ...] = (
    (time, "time"),
    (time, "monotonic"),
    (time, "sleep"),
    (random, "random"),
    (socket, "socket"),
    (builtins, "open"),
    (builtins, "print"),
)


def _forbidden(name: str) -> Callable[..., object]:
    def refuse(*_arguments: object, **_options: object) -> object:
        raise ContractBroken(f"The core called {name}(): what it needs of the world is handed in.")

    return refuse
