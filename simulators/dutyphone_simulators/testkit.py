r"""Runs a transcript against any line core, on a clock of its own: the test bench of driver authors.

    transcripts = load_transcripts(Path("tests/transcripts/mine"))
    play(MyCore(line="desk"), transcripts[0])
    play(MyCore(line="desk"), transcripts[0], chunks="bytewise")

How each step is played:

- `<` bytes are received, whole, byte by byte or split at random.
- `@ +s` lets time pass; every deadline of the core on the way is called in time.
- `>` the core must say these bytes next; it is given up to `PATIENCE_S` to do so.
- `!` is the next event the core must have told, by the name of its class; the values behind it are compared with the
  fields of that name, enums by their value, bytes as the text of a transcript.
- `* unplug` and `* replug` lose the wire and open it again. Other `*` steps can be played against a core that is
  `Eventful`.

A device whose answers repeat the words of the question says other words each time; with a `Retelling` what it said once
is fitted to what the core says now, `>` steps are found among that and may be fewer than it, and `<` steps are whole
messages, never split.

Every event must be expected, or be of a kind in `TAKEN_AS_READ`. Headings that matter: `begins: idle` (the default)
first lets the core set its device up, and answers every command with OK; `begins: cold` starts with the first step. In
a transcript without any `>` step commands are answered with OK throughout.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from dutyphone.clock import Moment
from dutyphone.errors import TranscriptError
from dutyphone.i18n import _
from dutyphone.lines.driver import LineCore
from dutyphone.lines.events import LineEvent, LossReason
from dutyphone.lines.transcript import (
    Expect,
    FromDevice,
    Passes,
    ToDevice,
    Transcript,
    WallClock,
    World,
    escape,
    parse_transcript,
    render_step,
)
from dutyphone_simulators.clock import ManualClock

Chunks = Literal["whole", "bytewise", "random"]

PATIENCE_S = 5.0
"""How long a `>` step waits for its bytes."""
SET_UP_S = 120.0
"""How long a core may take to set up a device that answers at once."""
TAKEN_AS_READ = frozenset({"LineHeard"})
"""Events that need not be expected."""
OBLIGING = b"\r\nOK\r\n"
_MOST_SHOWN = 160
"""Characters of one step or value that a failure shows."""
_SPINS = 1000
"""Deadlines at one moment after which the core is said to go round in circles."""


class Retelling(Protocol):
    """Fits what a device said once to what a core says this time. One for each playing."""

    def said(self, output: bytes) -> None:
        """The core said `output`: whole messages."""

    def stands_for(self, wanted: bytes) -> bool:
        """Whether the core said what stands for `wanted`; then both are done with."""

    def heard(self, data: bytes) -> bytes:
        """What the device says now where it said `data` then."""

    def oblige(self) -> Sequence[bytes]:
        """What a device that agrees to everything answers to what the core said, which is then done with."""

    def rest(self) -> str:
        """What the core said and is not done with, for people."""


@runtime_checkable
class Eventful(Protocol):
    """A core that is given the `*` steps that this module does not know."""

    def happen(self, step: World, now: Moment) -> Sequence[LineEvent] | None:
        """Let it happen; None: there is no such step."""


class PlayFailure(AssertionError):
    """The core did not do what the transcript says. The message shows where, and what it did instead."""


@dataclass(slots=True)
class Played:
    """What came of it: every event told, and every byte said."""

    events: list[LineEvent] = field(default_factory=list)
    output: bytes = b""


def load_transcripts(folder: Path) -> tuple[Transcript, ...]:
    """Every `*.txt` in `folder` and below, in the order of their names. Raises `TranscriptError`."""
    return tuple(
        parse_transcript(path.read_text("utf-8"), source=str(path.relative_to(folder)))
        for path in sorted(folder.rglob("*.txt"))
    )


def play(
    core: LineCore,
    transcript: Transcript,
    *,
    chunks: Chunks = "whole",
    seed: int = 0,
    clock: ManualClock | None = None,
    retelling: Retelling | None = None,
) -> Played:
    """Play `transcript` against `core`, which must not have been started. Raises `PlayFailure`."""
    bench = _Bench(core, transcript, clock or ManualClock(), _splitter(chunks, seed), retelling)
    bench.run()
    return bench.played


def listen(
    core: LineCore,
    transcript: Transcript,
    *,
    chunks: Chunks = "whole",
    seed: int = 0,
    retelling: Retelling | None = None,
) -> Played:
    """What `core`, which must not have been started, hears in a transcript or capture; nothing is expected of it.

    With a `retelling`, what was said then is looked for in what the core says, and need not be there.
    """
    kinds = (FromDevice, Passes, WallClock, *((ToDevice,) if retelling else ()))
    heard = tuple(
        (step, number)
        for step, number in zip(transcript.steps, transcript.line_numbers, strict=True)
        if isinstance(step, kinds)
    )
    steps, numbers = tuple(step for step, __ in heard), tuple(number for __, number in heard)
    bench = _Bench(
        core,
        Transcript(transcript.headings, steps, numbers, transcript.source),
        ManualClock(),
        _splitter(chunks, seed),
        retelling,
        insist=False,
    )
    bench.run()
    return bench.played


class _Bench:
    def __init__(
        self,
        core: LineCore,
        transcript: Transcript,
        clock: ManualClock,
        splitter: _Splitter,
        retelling: Retelling | None = None,
        *,
        insist: bool = True,
    ) -> None:
        self.played = Played()
        self._retelling, self._insist = retelling, insist
        self._core, self._transcript, self._clock, self._splitter = core, transcript, clock, splitter
        self._strict = any(isinstance(step, ToDevice) for step in transcript.steps)
        self._cold = transcript.headings.get("begins", "idle") == "cold"
        self._unexpected: list[LineEvent] = []
        self._unsaid = b""
        self._at = -1

    def run(self) -> None:
        self._take(self._core.start(self._clock.now()))
        if not self._cold:
            self._set_up()
        for at, step in enumerate(self._transcript.steps):
            self._at = at
            match step:
                case FromDevice(data) if self._retelling:
                    self._take(self._core.receive(self._retelling.heard(data), self._clock.now()))
                case FromDevice(data):
                    for part in self._splitter.split(data):
                        self._take(self._core.receive(part, self._clock.now()))
                case ToDevice(data) if self._retelling:
                    self._expect_message(data, self._retelling)
                case Passes(seconds):
                    self._pass_until(self._clock.now().mono + seconds)
                case ToDevice(data):
                    self._expect_output(data)
                case Expect():
                    self._expect(step)
                case World():
                    self._world(step)
                case WallClock(wall):
                    self._clock.step((wall - self._clock.now().utc).total_seconds())
        self._at = len(self._transcript.steps)
        if self._insist:
            self._expect_no_more()

    def _expect_no_more(self) -> None:
        if self._unexpected:
            raise self._failure("The transcript is over, but the core also told:", self._unexpected)
        if self._strict and self._unsaid:
            raise self._failure(f"The transcript is over, but the core also said: > {escape(self._unsaid)}")

    def _set_up(self) -> None:
        until = self._clock.now().mono + SET_UP_S
        while not any(type(event).__name__ == "LineOpened" for event in self._unexpected):
            deadline = self._core.next_deadline()
            if deadline is None or deadline > until:
                raise self._failure("The core did not open the line although its device answered every command.")
            self._move_to(deadline)
            self._oblige()
        self._unexpected.clear()
        self._unsaid = b""

    def _oblige(self) -> None:
        if self._retelling:
            while answers := self._retelling.oblige():
                for answer in answers:
                    self._take(self._core.receive(answer, self._clock.now()))
            return
        for __ in range(self._unsaid.count(b"\r")):
            self._take(self._core.receive(OBLIGING, self._clock.now()))
        self._unsaid = b""

    def _pass_until(self, until: float) -> None:
        while (deadline := self._core.next_deadline()) is not None and deadline <= until:
            self._move_to(deadline)
            if not self._strict:
                self._oblige()
        self._clock.advance(max(0.0, until - self._clock.now().mono))
        self._take(self._core.on_deadline(self._clock.now()))

    def _move_to(self, deadline: float) -> None:
        """Call what is due at `deadline`, until nothing is."""
        self._clock.advance(max(0.0, deadline - self._clock.now().mono))
        now = self._clock.now()
        for __ in range(_SPINS):
            self._take(self._core.on_deadline(now))
            following = self._core.next_deadline()
            if following is None or following > now.mono:
                return
        raise self._failure(f"The core wants to be called at {deadline:.3f} for ever, whatever it is told.")

    def _expect_output(self, data: bytes) -> None:
        until = self._clock.now().mono + PATIENCE_S
        while len(self._unsaid) < len(data) and data.startswith(self._unsaid):
            deadline = self._core.next_deadline()
            if deadline is None or deadline > until:
                raise self._failure(f"Within {PATIENCE_S:g} s the core said: > {escape(self._unsaid)}")
            self._move_to(deadline)
        if not self._unsaid.startswith(data):
            raise self._failure(f"The core said instead: > {escape(self._unsaid)}")
        self._unsaid = self._unsaid[len(data) :]

    def _expect_message(self, data: bytes, retelling: Retelling) -> None:
        until = self._clock.now().mono + PATIENCE_S
        while not retelling.stands_for(data):
            deadline = self._core.next_deadline()
            if not self._insist:
                return
            if deadline is None or deadline > until:
                raise self._failure(f"Within {PATIENCE_S:g} s the core said nothing like it, only: {retelling.rest()}")
            self._move_to(deadline)

    def _expect(self, step: Expect) -> None:
        while self._unexpected and type(self._unexpected[0]).__name__ in TAKEN_AS_READ - {step.name}:
            self._unexpected.pop(0)
        if not self._unexpected:
            raise self._failure("The core told nothing.")
        event = self._unexpected.pop(0)
        if type(event).__name__ != step.name:
            raise self._failure("The core told instead:", [event, *self._unexpected])
        wrong = [f"  {name}: {was}" for name, was in _differences(event, step.values)]
        if wrong:
            raise self._failure("The core told:", [event], *wrong)

    def _world(self, step: World) -> None:
        now = self._clock.now()
        match step.verb:
            case "unplug":
                self._take(self._core.lost(LossReason.CABLE_UNPLUGGED, now))
            case "replug":
                self._take(self._core.start(now))
            case _ if isinstance(self._core, Eventful) and (told := self._core.happen(step, now)) is not None:
                self._take(told)
            case verb:
                raise TranscriptError(
                    _("{source}: `* {verb}` cannot be played against a core.").format(
                        source=self._transcript.source, verb=verb
                    ),
                    advice=_("Only `* unplug` and `* replug` can; the others are for the simulated modem."),
                )

    def _take(self, events: Sequence[LineEvent]) -> None:
        self.played.events += events
        self._unexpected += [
            event for event in events if type(event).__name__ not in TAKEN_AS_READ or self._is_expected(event)
        ]
        output = self._core.take_output()
        self.played.output += output
        if self._retelling:
            self._retelling.said(output)
        else:
            self._unsaid += output

    def _is_expected(self, event: LineEvent) -> bool:
        name = type(event).__name__
        return any(isinstance(step, Expect) and step.name == name for step in self._transcript.steps)

    def _failure(self, what: str, events: Sequence[LineEvent] = (), *more: str) -> PlayFailure:
        lines = [f"{self._transcript.source}:", *self._surroundings(), "", what]
        lines += [f"! {show_event(event)}" for event in events]
        return PlayFailure("\n".join([*lines, *more]))

    def _surroundings(self) -> Iterator[str]:
        """The steps around the one that failed, which is marked."""
        steps = self._transcript.steps
        for at in range(max(0, self._at - 6), min(len(steps), self._at + 3)):
            mark = "-->" if at == self._at else "   "
            yield f"{mark} {self._transcript.line_numbers[at]:4}  {_cut(render_step(steps[at]))}"


def show_event(event: LineEvent) -> str:
    """An event as a transcript writes it, without line, moment and what is empty."""
    empty = (None, "", b"", ())
    pairs = (
        (part.name, _comparable(getattr(event, part.name)))
        for part in fields(event)
        if part.name not in ("line", "at") and getattr(event, part.name) not in empty
    )
    return " ".join([type(event).__name__, *(f"{name}={_cut(repr(value))}" for name, value in pairs)])


def _cut(text: str) -> str:
    """Whole messages are long, and it is their beginning that tells one from another."""
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _differences(event: LineEvent, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, wanted in values.items():
        if not hasattr(event, name):
            yield name, "there is no such field"
            continue
        said = _comparable(getattr(event, name))
        if said != wanted and not (isinstance(said, str) and not isinstance(wanted, str) and said == str(wanted)):
            yield name, f"wanted {wanted!r}, was {said!r}"


def _comparable(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case bytes():
            return escape(value)
        case tuple():
            return [_comparable(part) for part in value]
    return value


class _Splitter:
    """Splits what the device says."""

    def split(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Bytewise(_Splitter):
    def split(self, data: bytes) -> Iterator[bytes]:
        for byte in data:
            yield bytes((byte,))


class _Random(_Splitter):
    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # repeatable, not secret

    def split(self, data: bytes) -> Iterator[bytes]:
        while data:
            length = self._chance.randint(1, len(data))
            yield data[:length]
            data = data[length:]


def _splitter(chunks: Chunks, seed: int) -> _Splitter:
    match chunks:
        case "whole":
            return _Splitter()
        case "bytewise":
            return _Bytewise()
        case "random":
            return _Random(seed)
