"""What the driver says to the modem, and when: set-up, and the health check of an idle line.

The conversation is a generator (`converse`) that yields what it wants next and is sent the answer; `Dialogue` runs it
one command at a time and never while the line is busy. `OK` proves nothing, some chips say it to everything; so caller
ID goes down a list of switches, each read back, and moves on to the next when calls come without it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

from dutyphone_drivers.serial_modem.profile import CallerIdSwitch, Profile
from dutyphone_drivers.serial_modem.timing import Timing

QUIET_MODE = "ATE0V1Q0S0=0"
"""No echo, results in words, results on, never answer by itself (ITU-T V.250 §6.2.4, 6.2.5, 6.2.6, 6.3.8)."""
QUIET_MODE_TRIES = 4
IDENTIFY = ("ATI0", "ATI3", "AT+GMM")
_MOST_ANSWER_LINES = 64
_SHORTEST_NAME = 4


class Result(Enum):
    """How a command ended."""

    OK = "ok"
    ERROR = "error"
    NONE = "none"  # no answer in time


@dataclass(frozen=True, slots=True)
class Answer:
    """What the modem said to a command, without the echo."""

    result: Result
    lines: tuple[str, ...] = ()
    echoed: bool = False

    @property
    def number(self) -> int | None:
        """The last number it named: `+VCID: 1`, or a bare `1`."""
        digits = re.findall(r"\d+", self.lines[-1]) if self.lines else []
        return int(digits[-1][-9:]) if digits else None


@dataclass(frozen=True, slots=True)
class Command:
    """Say `text` and wait for the answer. `numeric`: until results are set to words it may be a number."""

    text: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


class News(Enum):
    """What the conversation found out."""

    READY = "ready"  # set up, for the first time or again
    SILENT = "silent"  # it does not answer any more
    LATE = "late"  # one check went unanswered
    ANSWERS = "answers"  # a check was answered
    WAS_RESET = "was_reset"  # it has forgotten what it was told, and is being told again


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """News for the core. `refused` are the commands that mattered and were not accepted."""

    news: News
    device: str | None = None
    profile: Profile | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the line is set up with. With `profile` None the family is recognised among `candidates`."""

    generic: Profile
    profile: Profile | None = None
    candidates: tuple[Profile, ...] = ()
    country_code: str | None = None
    class8: bool = False
    extra: tuple[str, ...] = ()


@dataclass(slots=True)
class Memory:
    """What outlives a set-up: how many caller-ID switches were given up because calls came without caller ID."""

    switches_given_up: int = 0


Step = Command | Pause | Report
Conversation = Generator[Step, Answer, None]
_SetUp = Generator[Step, Answer, "_Setting | None"]

_NO_ANSWER = Answer(Result.NONE)


@dataclass(frozen=True, slots=True)
class _Setting:
    device: str | None
    profile: Profile
    refused: tuple[str, ...]
    switch: CallerIdSwitch | None
    read_back: int | None
    echoes: bool


def converse(plan: Plan, memory: Memory, timing: Timing) -> Conversation:
    """The whole conversation with one modem, from opening until it falls silent."""
    if plan.profile is not None and not plan.profile.talks_at:
        yield Report(news=News.READY, profile=plan.profile)
        return
    setting = yield from _set_up(plan, memory)
    late = False
    while setting is not None:
        yield Report(news=News.READY, device=setting.device, profile=setting.profile, refused=setting.refused)
        while True:
            yield Pause(timing.check_again_s if late else timing.check_every_s)
            answer = yield Command(setting.switch.read_back if setting.switch else "AT")
            if answer.result is Result.NONE:
                if late:
                    yield Report(news=News.SILENT)
                    return
                late = True
                yield Report(news=News.LATE)
                continue
            late = False
            yield Report(news=News.ANSWERS)
            if (answer.echoed and not setting.echoes) or answer.number != setting.read_back:
                yield Report(news=News.WAS_RESET)
                setting = yield from _set_up(plan, memory)
                break
    yield Report(news=News.SILENT)


def _set_up(plan: Plan, memory: Memory) -> _SetUp:
    """Tell the modem everything. None if it does not answer at all."""
    yield Command((plan.profile or plan.generic).reset, numeric=True)
    for __ in range(QUIET_MODE_TRIES):
        answer = yield Command(QUIET_MODE, numeric=True)
        if answer.result is not Result.NONE:
            break
    else:
        return None
    said: dict[str, Answer] = {}
    for command in IDENTIFY:
        said[command] = yield Command(command)
    profile = plan.profile
    if profile is None:
        profile = yield from _recognise(plan, said)
    refused: list[str] = []
    region = [command.format(country=plan.country_code) for command in profile.region] if plan.country_code else []
    for command in (*profile.commands, *plan.extra, *region):
        answer = yield Command(command)
        if answer.result is not Result.OK:
            refused.append(command)
    switch, read_back = yield from _switch_caller_id_on(profile.caller_id, memory)
    if switch is None and profile.caller_id:
        refused.append(profile.caller_id[0].command)
    for command in profile.class8 if plan.class8 else ():
        answer = yield Command(command)
        if answer.result is not Result.OK:
            refused.append(command)
    echoes = said[IDENTIFY[-1]].echoed  # although it was told not to: this modem always does
    return _Setting(_device(said), profile, tuple(refused), switch, read_back, echoes)


def _recognise(plan: Plan, said: dict[str, Answer]) -> Generator[Step, Answer, Profile]:
    """The family that the answers show; more is asked only if those so far show none."""
    if (profile := _shown(plan, said)) is not None:
        return profile
    for command in dict.fromkeys(sighting.command for family in plan.candidates for sighting in family.sightings):
        if command not in said:
            said[command] = yield Command(command)
            if (profile := _shown(plan, said)) is not None:
                return profile
    return plan.generic


def _shown(plan: Plan, said: dict[str, Answer]) -> Profile | None:
    for profile in plan.candidates:
        for sighting in profile.sightings:
            if sighting.command in said and any(sighting.says.search(line) for line in said[sighting.command].lines):
                return profile
    return None


def _switch_caller_id_on(
    switches: Sequence[CallerIdSwitch], memory: Memory
) -> Generator[Step, Answer, tuple[CallerIdSwitch | None, int | None]]:
    """The first switch that takes, after those given up, which come last; with what reading it back says."""
    ranges: dict[str, Answer] = {}
    start = memory.switches_given_up % len(switches) if switches else 0
    for switch in (*switches[start:], *switches[:start]):
        if switch.ask_range:
            if switch.ask_range not in ranges:
                ranges[switch.ask_range] = yield Command(switch.ask_range)
            if not _in_range(switch.value, ranges[switch.ask_range]):
                continue
        answer = yield Command(switch.command)
        if answer.result is not Result.OK:
            continue
        back = yield Command(switch.read_back)
        if back.number is None or back.number == switch.value:
            return switch, back.number
    return None, None


def _in_range(value: int, answer: Answer) -> bool:
    """Whether `value` is in `(0-2)`, `(0,1,2)`, `0,1,2` or `+VCID: (0-2)`."""
    said = answer.lines[-1] if answer.lines else ""
    for low, high in re.findall(r"(\d{1,9})(?:\s*-\s*(\d{1,9}))?", said):
        if int(low) <= value <= int(high or low):
            return True
    return False


def _device(said: dict[str, Answer]) -> str | None:
    """How the modem names itself: the first of its answers that looks like a name, else any."""
    lines = [line for command in ("ATI3", "AT+GMM", "ATI0") for line in said[command].lines]
    names = [line for line in lines if len(line) >= _SHORTEST_NAME and re.search(r"[A-Za-z]{2}", line)]
    return next(iter(names + lines), None)


class Dialogue:
    """Runs a conversation. Its owner says when writing is allowed by calling `on_deadline` only then."""

    def __init__(self, conversation: Conversation, timing: Timing) -> None:
        self._conversation = conversation
        self._timing = timing
        self._step: Command | None = None
        self._sent = False
        self._disturbed = False
        self._owed = False  # an answer did not come in time, and may still
        self._due: float | None = None
        self._lines: list[str] = []
        self._echoed = False
        self._said: set[str] = set()

    @property
    def listening(self) -> bool:
        """Whether a command is out and its answer may still come."""
        return self._sent

    @property
    def expects_answer(self) -> bool:
        """Whether what comes next is the answer to a command, with nothing unasked heard since."""
        return self._sent and not self._disturbed

    @property
    def may_be_told_a_number(self) -> bool:
        """Whether a command is out whose answer may be a number, or one was not answered yet that may come late."""
        return self._owed or (self._sent and self._step is not None and not self._step.numeric)

    @property
    def wants_to_write(self) -> bool:
        """Whether `on_deadline` would write."""
        return self._step is not None and (not self._sent or self._disturbed)

    @property
    def deadline(self) -> float | None:
        return self._due

    def begin(self, mono: float) -> list[Report]:
        """Start talking. Returns the news up to the first command."""
        return self._advance(None, mono)

    def disturb(self) -> None:
        """The line spoke by itself: an answer under way may be lost, and is asked for again rather than missed."""
        self._disturbed = self._sent

    def hears_echo(self, text: str) -> bool:
        """Whether `text` is the echo of something said."""
        if text not in self._said:
            return False
        self._echoed = self._echoed or (self._sent and self._step is not None and text == self._step.text)
        return True

    def hear(self, text: str, mono: float) -> list[Report] | None:
        """The news in a line of an answer; None if the line is no part of one."""
        numeric = self._sent and self._step is not None and self._step.numeric
        result = _result(text, numeric=numeric)
        late, self._owed = self._owed, self._owed and result is None
        if not self._sent:
            return [] if result is not None or late else None
        if result is None:
            if len(self._lines) < _MOST_ANSWER_LINES:
                self._lines.append(text)
            return []
        return self._advance(Answer(result, tuple(self._lines), self._echoed), mono)

    def on_deadline(self, mono: float) -> tuple[bytes, list[Report]]:
        """What to write now, and news; only once `deadline` has come."""
        self._due = None
        if self._step is None:
            return b"", self._advance(None, mono)
        if not self._sent or self._disturbed:
            return self._say(self._step, mono), []
        self._owed = not self._step.numeric
        return b"", self._advance(Answer(Result.NONE, tuple(self._lines), self._echoed), mono)

    def _say(self, command: Command, mono: float) -> bytes:
        self._sent, self._disturbed, self._echoed, self._owed = True, False, False, False
        self._lines.clear()
        self._said.add(command.text)
        self._due = mono + self._timing.answer_s
        return command.text.encode("ascii") + b"\r"

    def _advance(self, answer: Answer | None, mono: float) -> list[Report]:
        """Let the conversation go on to the next thing that takes time."""
        self._step, self._sent, self._due = None, False, None
        reports: list[Report] = []
        while True:
            try:
                step = self._conversation.send(answer) if answer is not None else next(self._conversation)
            except StopIteration:
                return reports
            answer = None
            match step:
                case Report():
                    reports.append(step)
                case Pause(seconds):
                    self._due = mono + seconds
                    return reports
                case Command():
                    self._step = step
                    self._due = mono + self._timing.between_commands_s
                    return reports


def _result(text: str, *, numeric: bool) -> Result | None:
    """Final results in words, and in numbers (ITU-T V.250 table 1) where they may be."""
    upper = text.upper()
    if upper == "OK" or (numeric and text == "0"):
        return Result.OK
    if upper in ("ERROR", "COMMAND NOT SUPPORTED") or upper.startswith(("+CME ERROR", "+FCERROR")):
        return Result.ERROR
    return Result.ERROR if numeric and text == "4" else None
