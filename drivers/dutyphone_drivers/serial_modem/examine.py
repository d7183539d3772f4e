"""Asks a modem what it is and what it can tell, for `dutyphone doctor`.

`ExaminingCore` runs in the same port thread as the listening core. It sets the modem up exactly as listening would,
keeps every answer, and asks some more; `examined` is what the answers amount to. A modem claims much: `OK` to `+VCID=1`
proves nothing, and an event map says what a chip was made for, not what it does on this line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from dutyphone.clock import Moment
from dutyphone.i18n import _
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason
from dutyphone.lines.examination import Asked, Certainty, Claim, Examination, Note, Power
from dutyphone_drivers.serial_modem import event_map, reader
from dutyphone_drivers.serial_modem.dialogue import (
    Answer,
    Command,
    Conversation,
    Dialogue,
    Memory,
    News,
    Plan,
    Report,
    Result,
    converse,
)
from dutyphone_drivers.serial_modem.profile import Profile
from dutyphone_drivers.serial_modem.signs import Sign
from dutyphone_drivers.serial_modem.timing import Timing
from dutyphone_drivers.serial_modem.tokenizer import DleCode, Line, Message, Token, Tokenizer

QUESTIONS = ("ATI1", "AT+GMI", "AT+GMM", "AT+GMR", "AT+VCID=?", "AT#CID=?", "AT+GCI?", "AT+FCLASS=?")
"""Asked after the set-up, unless the set-up did. None of them changes anything."""
CLASS_8 = ("AT+FCLASS=8", "AT+VLS=?", "AT+FCLASS=0")
"""Many chips answer `+VLS=?` in class 8 only (ITU-T V.253 §10.2.4)."""
LISTENING_LABEL = 20
"""The label of Conexant chips that stays on-hook and listens for tones ("t")."""
_OLD_CLASS_8 = ("AT#CLS=8", "AT+VLS=?", "AT#CLS=0")


@dataclass(slots=True)
class _Notebook:
    """What was asked and answered so far, in order."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def keep(self, command: str, answer: Answer) -> None:
        self.answers[command] = answer
        said = {Result.OK: "OK", Result.ERROR: "ERROR", Result.NONE: ""}[answer.result]
        self.asked.append(Asked(command=command, answer=answer.lines, result=said))


class ExaminingCore:
    """A `dutyphone.lines.driver.LineCore` that asks and does not listen. `LineOpened` means that it knows enough."""

    def __init__(self, *, line: str, port: str, plan: Plan, timing: Timing | None = None) -> None:
        self._line, self._port, self._plan = line, port, plan
        self._timing = timing or Timing()
        self._tokenizer = Tokenizer()
        self._dialogue: Dialogue | None = None
        self._notebook = _Notebook()
        self._set_up: Report | None = None
        self._line_end_at: float | None = None
        self._spoke_at = float("-inf")
        self._output = b""
        self.result: Examination | None = None
        self.profile = plan.profile or plan.generic

    def start(self, now: Moment) -> Sequence[LineEvent]:
        """The wire is open."""
        self._tokenizer, self._notebook = Tokenizer(), _Notebook()
        self._dialogue = Dialogue(self._converse(), self._timing)
        return self._report(self._dialogue.begin(now.mono), now)

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        """Answers, and what the line says in between, which is left out of them."""
        events = [event for token in self._tokenizer.feed(data) for event in self._hear(token, now)]
        self._line_end_at = now.mono + self._timing.line_flush_s if self._tokenizer.pending else None
        return events

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        """The wire is gone."""
        self._dialogue = None
        return [LineLost(line=self._line, at=now, reason=reason, detail=detail)]

    def take_output(self) -> bytes:
        """Questions for the modem."""
        output, self._output = self._output, b""
        return output

    def next_deadline(self) -> float | None:
        """The end of an unfinished line, an unanswered question, or the time for the next one."""
        waits = [at for at in (self._line_end_at, self._dialogue_deadline()) if at is not None]
        return min(waits, default=None)

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        """Time has passed."""
        events: list[LineEvent] = []
        if self._line_end_at is not None and self._line_end_at <= now.mono:
            self._line_end_at = None
            for token in self._tokenizer.flush():
                events += self._hear(token, now)
        due = self._dialogue_deadline()
        if self._dialogue is not None and due is not None and due <= now.mono:
            output, reports = self._dialogue.on_deadline(now.mono)
            self._output += output
            events += self._report(reports, now)
        return events

    def _dialogue_deadline(self) -> float | None:
        due = self._dialogue.deadline if self._dialogue is not None else None
        if due is None or self._dialogue is None or not self._dialogue.wants_to_write:
            return due
        return max(due, self._spoke_at + self._timing.after_call_s)

    def _hear(self, token: Token, now: Moment) -> list[LineEvent]:
        match token:
            case Line(text, _wire) if self._dialogue is not None:
                cleaned = reader.clean(text)
                words = cleaned.decode("latin-1")
                if not cleaned or self._dialogue.hears_echo(words):
                    return []
                reading = reader.read_line(cleaned)
                if self._is_of_the_line(reading):
                    self._disturbed(now)
                    return []
                return self._report(self._dialogue.hear(words, now.mono) or [], now)
            case DleCode() | Message():
                self._disturbed(now)
        return []

    def _is_of_the_line(self, reading: reader.Reading) -> bool:
        """Whether this is a ring or a part of caller ID. An answer may look like hexadecimal: a serial number."""
        if not reading.understood or reading.sign is Sign.IDLE_TALK:
            return False
        listening = self._dialogue is not None and self._dialogue.listening
        return not (listening and reading.hexadecimal and not reading.fields and not reading.rings)

    def _disturbed(self, now: Moment) -> None:
        self._spoke_at = now.mono
        if self._dialogue is not None:
            self._dialogue.disturb()

    def _report(self, reports: Sequence[Report], now: Moment) -> list[LineEvent]:
        events: list[LineEvent] = []
        for report in reports:
            if report.news is News.SILENT:
                return [*events, *self.lost(LossReason.MODEM_SILENT, now)]
            if report.news is News.READY:
                self.profile = report.profile or self._plan.generic
                self.result = examined(self._plan, report, self._notebook.answers, self._notebook.asked)
                events.append(LineOpened(line=self._line, at=now, port=self._port, device=report.device))
        return events

    def _converse(self) -> Conversation:
        """The set-up as it always is, then the questions."""
        set_up = converse(self._plan, Memory(), self._timing)
        step = next(set_up)
        while isinstance(step, Command):
            answer = yield step
            self._notebook.keep(step.text, answer)
            step = set_up.send(answer)
        set_up.close()
        if isinstance(step, Report) and step.news is News.READY and _talks(self._plan, step):
            yield from self._ask(QUESTIONS)
            if _offers_class_8(self._notebook.answers["AT+FCLASS=?"]):
                yield from self._ask(CLASS_8)
            else:
                yield from self._ask(("AT#CLS=?",))
                if _offers_class_8(self._notebook.answers["AT#CLS=?"]):
                    yield from self._ask(_OLD_CLASS_8)
        yield step

    def _ask(self, commands: Sequence[str]) -> Conversation:
        for command in commands:
            if command not in self._notebook.answers or command.endswith(("=8", "=0")):
                answer = yield Command(command)
                self._notebook.keep(command, answer)


def examined(plan: Plan, report: Report, answers: Mapping[str, Answer], asked: Sequence[Asked]) -> Examination:
    """What the answers amount to."""
    profile = report.profile or plan.generic
    maps = event_map.idle_maps(answers["AT+VLS=?"].lines) if "AT+VLS=?" in answers else {}
    label = _label(profile)
    idle = maps.get(label)
    claims = {
        Power.RING: Claim(certainty=Certainty.CLAIMED),
        Power.CALLER_ID: _caller_id(profile, answers, report.refused),
    }
    for power, numbers in (
        (Power.HANDSET, {event_map.LOCAL_HOOK, event_map.EXTENSION_HOOK}),
        (Power.DIALLED_DIGITS, {event_map.DTMF}),
        (Power.FAX_TONE, {event_map.FAX_CALLING}),
    ):
        claims[power] = _event_claim(plan, profile, label, idle, numbers)
    return Examination(
        device=report.device,
        family=profile.name,
        family_title=profile.title,
        recognised=profile.name != plan.generic.name,
        claims=claims,
        refused=report.refused,
        notes=tuple(_notes(plan, profile, label, maps, answers)),
        asked=tuple(asked),
    )


def _event_claim(plan: Plan, profile: Profile, label: int, idle: str | None, numbers: AbstractSet[int]) -> Claim:
    if not profile.talks_at:
        return Claim(certainty=Certainty.UNKNOWN)
    if idle is None:
        return Claim(certainty=Certainty.UNKNOWN if profile.class8 else Certainty.NO)
    because = f"+VLS {label}: {idle}"
    if not numbers & event_map.bits(idle) or not profile.class8:
        return Claim(certainty=Certainty.NO, because=because)
    return Claim(certainty=Certainty.CLAIMED if plan.class8 else Certainty.OTHERWISE, because=because)


def _caller_id(profile: Profile, answers: Mapping[str, Answer], refused: Sequence[str]) -> Claim:
    if not profile.caller_id:
        return Claim(certainty=Certainty.CLAIMED, because=", ".join(profile.commands))
    if profile.caller_id[0].command in refused:
        return Claim(certainty=Certainty.NO, because=", ".join(switch.command for switch in profile.caller_id))
    taken = [
        switch
        for switch in profile.caller_id
        if switch.command in answers
        and answers[switch.command].result is Result.OK
        and switch.read_back in answers
        and answers[switch.read_back].number in (None, switch.value)
    ]
    return Claim(certainty=Certainty.CLAIMED, because=taken[-1].command if taken else "")


def _notes(
    plan: Plan, profile: Profile, label: int, maps: Mapping[int, str], answers: Mapping[str, Answer]
) -> list[Note]:
    notes = []
    if plan.country_code is None and (region := answers.get("AT+GCI?")) is not None and region.result is Result.OK:
        said = " ".join(region.lines)
        if not re.search(r"\b26\b", said):  # ITU-T T.35 annex A: China
            notes.append(
                Note(
                    sentence=_("Its region setting is {said}, not 26 (China).").format(said=said),
                    advice=_('In China, add country_code = "26" to the line, or it may miss caller ID.'),
                )
            )
    if (idle := maps.get(label)) is None:
        return notes
    seen = event_map.bits(idle)
    handset = seen & {event_map.LOCAL_HOOK, event_map.EXTENSION_HOOK}
    notes.append(
        Note(sentence=_("While idle it says it can report: {events}.").format(events=event_map.in_words(idle)))
    )
    if handset and not profile.class8:
        notes.append(
            Note(
                sentence=_("It says that it sees the handset, but how to make this family tell is not known yet."),
                advice=_("Send in the transcript of the guided check, so that the family can be taught."),
            )
        )
    elif handset == {event_map.LOCAL_HOOK}:
        notes.append(
            Note(sentence=_("It sees only the handset of the telephone that is plugged into its own PHONE jack."))
        )
    if event_map.DTMF not in seen and event_map.DTMF in event_map.bits(maps.get(LISTENING_LABEL, "")):
        notes.append(Note(sentence=_("Label {label} would report dialled keys as well.").format(label=LISTENING_LABEL)))
    return notes


def _label(profile: Profile) -> int:
    """The label in which the family idles; 0 is the modem on-hook and the telephone on the line."""
    named = [found[1] for command in profile.class8 if (found := re.fullmatch(r"AT\+VLS=(\d+)", command))]
    return int(named[-1]) if named else 0


def _talks(plan: Plan, report: Report) -> bool:
    return (report.profile or plan.generic).talks_at


def _offers_class_8(answer: Answer) -> bool:
    said = " ".join(answer.lines)
    if any(int(low) <= 8 <= int(high) for low, high in re.findall(r"\b(\d{1,3})\s*-\s*(\d{1,3})\b", said)):
        return True
    return re.search(r"(?<![\d.])8(?![\d.])", said) is not None
