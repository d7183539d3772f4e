"""One core, its clock, and all that went in and came out; written down as a transcript when something is wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dutyphone.clock import Moment
from dutyphone.lines.driver import LineCore
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason
from dutyphone.lines.transcript import FromDevice, Passes, Step, Transcript, render_step
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.conformance.candidate import DriverUnderTest
from dutyphone_simulators.testkit import SET_UP_S, show_event

_SPINS = 1000
"""Deadlines at one moment after which a core is said to go round in circles."""
_LAST_STEPS = 12
"""Steps of a session that a failure shows."""


class ContractBroken(AssertionError):
    """A driver does not keep its contract. The message says which sentence of it, and how to see that again."""


Cuts = Callable[[bytes], Sequence[int]]
"""Where reads of some bytes end."""


def uncut(_data: bytes) -> Sequence[int]:
    """All in one read."""
    return ()


@dataclass(frozen=True, slots=True)
class Speech:
    """What a device says, with the pauses between, and the headings of the transcript it is from."""

    headings: Mapping[str, str]
    steps: tuple[tuple[bytes, float], ...]

    def beside(self, other: Speech) -> Speech:
        """Both at the same time, on the line of this one."""
        said = sorted([*self._timed(), *other._timed()], key=lambda timed: timed[0])
        until = [at for at, __ in said[1:]] + [max(map(_lasts, (self, other)))]
        steps = tuple(
            step for (at, data), end in zip(said, until, strict=True) for step in ((data, 0.0), (b"", end - at))
        )
        return Speech(self.headings, steps)

    def _timed(self) -> Iterator[tuple[float, bytes]]:
        at = 0.0
        for data, seconds in self.steps:
            if data:
                yield at, data
            at += seconds


def _lasts(speech: Speech) -> float:
    return sum(seconds for __, seconds in speech.steps)


class Session:
    """Runs a core as a shell would: every deadline in time, output taken after every call, answers given at once."""

    def __init__(
        self, under_test: DriverUnderTest, headings: Mapping[str, str], *, core: LineCore | None = None
    ) -> None:
        self.core = core or under_test.core(headings)
        self.clock = ManualClock()
        self.events: list[LineEvent] = []
        self.output: list[tuple[float, bytes]] = []
        self.heard = bytearray()
        self._answer: Callable[[bytes], bytes] = under_test.answer
        self._retelling = under_test.retelling() if under_test.retelling else None
        self._is_split = not under_test.whole_messages
        self._steps: list[Step] = []
        self._spoke_at: list[float] = []

    def start(self) -> None:
        self._take(self._call("start", self.clock.now()))

    def open(self) -> None:
        """Start, and let the core set its device up. Raises `ContractBroken` if it never tells `LineOpened`."""
        self.start()
        until = self.clock.now().mono + SET_UP_S
        while not self.is_open:
            deadline = self.deadline()
            if deadline is None or deadline > until:
                raise self.broken(
                    f"Within {SET_UP_S:g} s the core did not tell LineOpened, although its device answers everything."
                    " (If it does not answer as a modem does, hand in `answer`.)"
                )
            self.move_to(deadline)

    @property
    def is_open(self) -> bool:
        """Whether the last that was told of the line is that it is listened to."""
        told = [event for event in self.events if isinstance(event, LineOpened | LineLost)]
        return bool(told) and isinstance(told[-1], LineOpened)

    def hear(self, data: bytes, cuts: Sequence[int] = ()) -> None:
        """The device says `data`, which arrives in parts that end at `cuts`."""
        self._steps.append(FromDevice(data))
        if not self._is_split:
            self.receive(data)
            return
        edges = sorted({0, len(data), *(cut for cut in cuts if 0 < cut < len(data))})
        for start, end in pairwise(edges):
            self.receive(data[start:end])

    def receive(self, part: bytes) -> None:
        self.heard += part
        self._spoke_at.append(self.clock.now().mono)
        self._take(self._call("receive", part, self.clock.now()))

    def wait(self, seconds: float) -> None:
        """Time passes; every deadline on the way is called in time."""
        self._steps.append(Passes(seconds))
        until = self.clock.now().mono + seconds
        while (deadline := self.deadline()) is not None and deadline <= until:
            self.move_to(deadline)
        self.clock.advance(max(0.0, until - self.clock.now().mono))

    def deadline(self) -> float | None:
        """`next_deadline`, which must be a finite number or None."""
        deadline: float | None = self._call("next_deadline")
        if deadline is not None and not math.isfinite(deadline):
            raise self.broken(f"next_deadline() is {deadline}: it must be a second of the clock, or None.")
        return deadline

    def move_to(self, deadline: float) -> None:
        """Call `on_deadline` at `deadline` until nothing more is due then."""
        self.clock.advance(max(0.0, deadline - self.clock.now().mono))
        for __ in range(_SPINS):
            self.on_deadline()
            following = self.deadline()
            if following is None or following > self.clock.now().mono:
                return
        raise self.broken(f"The core wants to be called at {deadline:.3f} for ever, whatever it is told.")

    def on_deadline(self) -> None:
        self._take(self._call("on_deadline", self.clock.now()))

    def lose(self, reason: LossReason = LossReason.CABLE_UNPLUGGED, detail: str = "") -> list[LineEvent]:
        """The wire is gone. What the core told of it."""
        before = len(self.events)
        self._take(self._call("lost", reason, self.clock.now(), detail), silent=True)
        return self.events[before:]

    def say(self, speech: Speech, *, cuts: Cuts = uncut) -> None:
        """The device says all of `speech`. A core that gives its line up on the way is started again, as shells do."""
        for data, seconds in speech.steps:
            if data:
                self.hear(data, cuts(data))
            self.wait(seconds)
            if not self.is_open and any(isinstance(event, LineLost) for event in self.events):
                self.start()

    def last_word_before(self, event: LineEvent) -> float:
        """When the device last spoke before `event`, or with it."""
        return max((at for at in self._spoke_at if at <= event.at.mono), default=event.at.mono)

    def broken(self, what: str, *events: LineEvent) -> ContractBroken:
        """The failure `what`, with the events in question and the session up to here, ready for a transcript."""
        lines = [what, *(f"! {show_event(event)}" for event in events), "", "It came to this so:"]
        lines += [render_step(step) for step in self._steps[-_LAST_STEPS:]]
        return ContractBroken("\n".join(lines))

    def _call(self, method: str, *arguments: object) -> Any:
        """Call the core; whatever it raises breaks the contract."""
        try:
            return getattr(self.core, method)(*arguments)
        except Exception as fault:
            raise self.broken(f"{method}() raised {fault!r}: a core never raises on what the wire says.") from fault

    def _take(self, events: Sequence[LineEvent], *, silent: bool = False) -> None:
        now = self.clock.now()
        for event in list(events):
            if not isinstance(event, LineEvent):
                raise self.broken(f"The core told {event!r}: it may only tell events of dutyphone.lines.events.")
            self._check_moment(event, now)
        self.events += events
        output = self._call("take_output")
        if not isinstance(output, bytes):
            raise self.broken(f"take_output() gave {output!r}: it must give bytes, empty if there are none.")
        if output:
            self.output.append((now.mono, output))
            if not silent:
                for answer in self._answers(output):
                    self.receive(answer)

    def _answers(self, output: bytes) -> Sequence[bytes]:
        if self._retelling is not None:
            self._retelling.said(output)
            return self._retelling.oblige()
        answer = self._answer(output)
        return (answer,) if answer else ()

    def _check_moment(self, event: LineEvent, now: Moment) -> None:
        if event.at.mono > now.mono:
            raise self.broken("An event comes from the future: `at` must be the moment that was handed in.", event)


def speeches(transcripts: Sequence[Transcript]) -> list[Speech]:
    """What the device says in each transcript that begins with a line set up."""
    return [
        Speech(transcript.headings, steps)
        for transcript in transcripts
        if transcript.headings.get("begins", "idle") != "cold" and (steps := tuple(_said(transcript)))
    ]


def _said(transcript: Transcript) -> Iterator[tuple[bytes, float]]:
    for step in transcript.steps:
        match step:
            case FromDevice(data):
                yield data, 0.0
            case Passes(seconds):
                yield b"", seconds


def made_up(speech: Speech, chance: random.Random) -> Speech:
    """`speech` as a bad wire would carry it: bytes turned, lost, doubled, noise between, pauses of any length."""
    steps = [
        (_spoiled(data, chance), seconds * chance.choice((0.0, 0.3, 1.0, 1.0, 3.0))) for data, seconds in speech.steps
    ]
    return Speech(speech.headings, tuple(steps))


def _spoiled(data: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(data)
    for __ in range(chance.choice((0, 0, 1, 2, 5))):
        at = chance.randint(0, len(spoiled))
        match chance.randrange(4):
            case 0 if at < len(spoiled):
                spoiled[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(spoiled):
                del spoiled[at]
            case 2:
                spoiled[at:at] = spoiled[max(0, at - 3) : at]
            case _:
                spoiled[at:at] = chance.randbytes(chance.randint(1, 6))
    return bytes(spoiled)
