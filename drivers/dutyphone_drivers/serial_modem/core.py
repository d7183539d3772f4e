"""A telephone line behind a serial modem, as a pure machine: bytes and moments in, line events and bytes out.

The path of a byte: `tokenizer` makes lines and `<DLE>` codes, `reader` says what a line is, `caller_id` collects a
burst, `line_state` knows what is going on and what to tell, `dialogue` talks to the modem while the line is idle,
`health` watches over all of it. This module joins them and owns the waits that belong to no single one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from dutyphone.clock import Moment
from dutyphone.lines.events import (
    CallerIdHeard,
    CallEvent,
    Evidence,
    LineEvent,
    LineHeard,
    LineLost,
    LineOpened,
    LossReason,
    Trouble,
    WireNoise,
)
from dutyphone_drivers.serial_modem import dtmf, reader, signs
from dutyphone_drivers.serial_modem.boxes import Record
from dutyphone_drivers.serial_modem.boxes import Step as BoxStep
from dutyphone_drivers.serial_modem.caller_id import Burst, put_together
from dutyphone_drivers.serial_modem.dialogue import QUIET_MODE, Dialogue, Memory, News, Plan, Report, converse
from dutyphone_drivers.serial_modem.health import Health
from dutyphone_drivers.serial_modem.line_state import Manner, Said, TelephoneLine, Teller
from dutyphone_drivers.serial_modem.line_table import CUE_OF_SIGN, Cue, State
from dutyphone_drivers.serial_modem.signs import Sign
from dutyphone_drivers.serial_modem.timing import Timing
from dutyphone_drivers.serial_modem.tokenizer import ComplexCloses, DleCode, Line, Message, Token, Tokenizer

_MOST_CHANNELS = 16
"""Lines of the largest box; what names a further one is kept as noise."""


class _Wait(Enum):
    """The waits of this module, in the order in which they are looked at when they are due together."""

    LINE_END = 1
    BURST = 2
    TELEPHONE_LINE = 3
    DIALOGUE = 4


@dataclass(slots=True, kw_only=True)
class _Wire:
    """What is forgotten when the wire is lost. What was learned about the line and the modem stays in the core."""

    up: bool = False
    opened: bool = False  # LineOpened was told
    ready: bool = False  # the modem is set up
    spoke: bool = False  # it said something unasked
    spoke_at: float = float("-inf")
    tokenizer: Tokenizer = field(default_factory=Tokenizer)
    line_end_at: float | None = None
    burst: Burst = field(default_factory=Burst)
    burst_began: float | None = None
    burst_until: float | None = None
    bare_number: bool = False
    pause_s: float = 0.0  # the last DROF
    dialogue: Dialogue | None = None
    output: bytes = b""


class ModemCore:
    """A `dutyphone.lines.driver.LineCore`. Events that contain `LineLost` mean that the wire is of no more use."""

    def __init__(
        self,
        *,
        line: str,
        port: str,
        plan: Plan,
        hook_proved: bool = False,
        deaf_after: int = 3,
        timing: Timing | None = None,
    ) -> None:
        self._line, self._port, self._plan, self._hook_proved = line, port, plan, hook_proved
        self._timing = timing or Timing()
        self._health = Health(line, deaf_after=deaf_after, noise_window_s=self._timing.noise_window_s)
        self._memory = Memory()
        self._lines: dict[str, TelephoneLine] = {"": self._telephone_line("")}
        self._first_channel = ""
        self._wire = _Wire()

    # --- the contract ---------------------------------------------------------------------------------------------

    def start(self, now: Moment) -> Sequence[LineEvent]:
        """The wire is open: set the modem up. `LineOpened` follows when it is, or with the first sign of a call."""
        bare_number = self._plan.profile is not None and self._plan.profile.bare_number
        self._wire = _Wire(up=True, bare_number=bare_number)
        return self._begin_dialogue(now)

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        """Bytes from the modem. Waits that ended before `now` are dealt with first."""
        events = self._expire(now, data_came=True)
        for token in self._wire.tokenizer.feed(data):
            events += self._hear(token, now)
            events += self._expire(now, data_came=True)  # it may have made a wait shorter
        self._wire.line_end_at = now.mono + self._timing.line_flush_s if self._wire.tokenizer.pending else None
        return self._watched(events, now)

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        """The wire is gone. What was half heard is told first."""
        events: list[LineEvent] = []
        for token in self._wire.tokenizer.flush():
            events += self._hear(token, now)
        events += self._close_burst(now)
        for line in self._lines.values():
            events += line.lost(now)
        self._wire = _Wire()
        return self._watched([*events, LineLost(line=self._line, at=now, reason=reason, detail=detail)], now)

    def take_output(self) -> bytes:
        """Commands for the modem."""
        output, self._wire.output = self._wire.output, b""
        return output

    def next_deadline(self) -> float | None:
        """The earliest of all waits."""
        return min((at for at, __ in self._waits()), default=None)

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        """Time has passed."""
        return self._watched(self._expire(now), now)

    # --- waiting --------------------------------------------------------------------------------------------------

    def _waits(self) -> list[tuple[float, _Wait]]:
        waits = [
            (self._wire.line_end_at, _Wait.LINE_END),
            (self._wire.burst_until, _Wait.BURST),
            (min((at for line in self._lines.values() if (at := line.deadline()) is not None), default=None),
             _Wait.TELEPHONE_LINE),
            (self._dialogue_deadline(), _Wait.DIALOGUE),
        ]  # fmt: skip
        return [(at, wait) for at, wait in waits if at is not None]

    def _dialogue_deadline(self) -> float | None:
        due = self._wire.dialogue.deadline if self._wire.dialogue is not None else None
        if due is None or self._wire.dialogue is None or not self._wire.dialogue.wants_to_write:
            return due
        if self._busy():
            return None
        return max(due, self._wire.spoke_at + self._timing.after_call_s)

    def _busy(self) -> bool:
        """Whether a call is going on or something is half heard: no time to write."""
        return (
            self._wire.burst.is_open
            or self._wire.tokenizer.pending
            or any(line.state is not State.IDLE or line.deadline() is not None for line in self._lines.values())
        )

    def _expire(self, now: Moment, *, data_came: bool = False) -> list[LineEvent]:
        """Deal with every wait that is over, the earliest first; what its end means was true when it ended.

        When data has just come, only what was over before it is, and nothing is written: the data may be a ring.
        """
        events: list[LineEvent] = []
        while due := [
            (at, wait.value)
            for at, wait in self._waits()
            if (at < now.mono and not (wait is _Wait.DIALOGUE and self._would_write()) if data_came else at <= now.mono)
        ]:
            at, wait = min(due)
            events += self._end_of_wait(_Wait(wait), at, now)
        return events

    def _would_write(self) -> bool:
        return self._wire.dialogue is not None and self._wire.dialogue.wants_to_write

    def _end_of_wait(self, wait: _Wait, at: float, now: Moment) -> list[LineEvent]:
        """The wait ended in the second `at`; `now` may be later, if nobody had the time to look."""
        then = Moment(at, now.plus(at - now.mono).utc)
        match wait:
            case _Wait.LINE_END:
                self._wire.line_end_at = None
                return [event for token in self._wire.tokenizer.flush() for event in self._hear(token, then)]
            case _Wait.BURST:
                return self._burst_is_quiet(then)
            case _Wait.TELEPHONE_LINE:
                return [event for line in self._lines.values() for event in line.on_deadline(then)]
            case _Wait.DIALOGUE:
                assert self._wire.dialogue is not None
                output, reports = self._wire.dialogue.on_deadline(now.mono)
                self._wire.output += output
                return self._report(reports, now)

    # --- hearing --------------------------------------------------------------------------------------------------

    def _hear(self, token: Token, now: Moment) -> list[LineEvent]:
        match token:
            case ComplexCloses():
                if self._wire.burst.is_open:  # a Motorola prints the name behind it
                    self._wire.burst_until = now.mono + self._timing.burst_settled_s
                return []
            case DleCode(code, wire):
                sign = signs.DLE_SIGNS.get(code)
                return self._noise(wire, now) if sign is None else self._sign(sign, now, wire, code=code)
            case Message(body, wire):
                self._spoken(now)
                self._wire.burst.add_hex(body.hex().upper().encode("ascii"), wire)
                return self._burst_grew(now)
            case Line(text, wire):
                return self._hear_line(reader.clean(text), wire, now)

    def _hear_line(self, text: bytes, wire: bytes, now: Moment) -> list[LineEvent]:
        if not text.strip(reader.LINE_ENDS_WITH_PARITY):
            return self._noise(wire, now) if wire.strip(reader.LINE_ENDS_WITH_PARITY + b" \t\r\n\f\v") else []
        words = (reader.without_parity(text) or text).decode("latin-1")
        dialogue = self._wire.dialogue
        if dialogue is not None and dialogue.hears_echo(words):
            return []
        if text == reader.NUMERIC_RING and self._numbers_are_results():
            self._spoken(now)
            return self._ring(now, Said(wire=wire))
        reading = reader.read_line(
            text,
            bare_number=self._wire.bare_number and not (dialogue is not None and dialogue.listening),
            more_hex=self._wire.burst.wants_hex,
            ringing=self._is_ringing() and not (dialogue is not None and dialogue.expects_answer),
        )
        if reading.understood:
            return self._understand(reading, wire, now)
        if self._wire.dialogue is not None and (reports := self._wire.dialogue.hear(words, now.mono)) is not None:
            return self._report(reports, now)
        return self._noise(wire, now)

    def _numbers_are_results(self) -> bool:
        """Whether a number on its own can only be a result of a modem that forgot to say them in words."""
        if self._plan.profile is not None and not self._plan.profile.talks_at:
            return False
        return self._wire.dialogue is not None and not self._wire.dialogue.may_be_told_a_number

    def _is_ringing(self) -> bool:
        return self._wire.burst.is_open or self._lines[""].state in (State.PRE_CALL, State.RINGING)

    def _understand(self, reading: reader.Reading, wire: bytes, now: Moment) -> list[LineEvent]:
        if reading.sign is Sign.IDLE_TALK:
            return []
        self._spoken(now)
        if reading.record is not None:
            return self._record(reading.record, wire, now)
        if reading.digit is not None:
            return self._sign(Sign.DIGIT, now, wire, code=reading.digit)
        if reading.tones:
            return self._close_burst(now) + self._lines[""].caller_id(now, dtmf.read_caller_id(reading.tones), wire)
        if reading.sign is not None:
            return self._sign(reading.sign, now, wire)
        events: list[LineEvent] = []
        for ring in reading.rings:
            events += self._ring(now, Said(wire=wire, cadence=ring.cadence))
            if ring.fields:
                self._wire.burst.add(ring.fields, wire)
                events += self._close_burst(now)
        if reading.fields:
            self._wire.burst.add(reading.fields, wire)
        if reading.hexadecimal:
            self._wire.burst.add_hex(reading.hexadecimal, wire)
        if self._wire.burst.is_open:
            events += self._burst_grew(now)
        for ringing, seconds in reading.cadence:
            events += self._cadence(ringing, seconds, now, wire)
        if reading.ring_follows:
            events += self._ring(now, Said(wire=wire))
        return events + (self._noise(reading.rest, now) if reading.rest else [])

    def _sign(self, sign: Sign, now: Moment, wire: bytes, *, code: int = 0) -> list[LineEvent]:
        """A `<DLE>` code or a word, see `signs`."""
        if sign is Sign.IDLE_TALK:
            return []
        self._spoken(now)
        line = self._lines[""]
        match sign:
            case Sign.RING:
                return self._ring(now, Said(wire=wire), teller=Teller.SIGN)
            case Sign.BURST_BEGINS:
                self._wire.burst.open(wire)
                return self._burst_grew(now)
            case Sign.BURST_ENDS:
                if self._wire.burst.is_open:
                    return self._close_burst(now)
                if line.answered_here:
                    return line.cue(Cue.TOLD_OVER, now, Said(wire=wire, evidence=Evidence.EXCHANGE))
                return []
        events = self._close_burst(now)
        if sign is Sign.DIGIT:
            return events + line.digit(now, code, wire)
        cue, evidence = CUE_OF_SIGN[sign]
        return events + line.cue(cue, now, Said(wire=wire, evidence=evidence, station=signs.fax_station(wire)))

    def _ring(self, now: Moment, said: Said, *, teller: Teller = Teller.WORD, inside: bool = False) -> list[LineEvent]:
        """A ring ends a burst, unless it came into the middle of a hexadecimal message."""
        events = [] if self._wire.burst.wants_hex else self._close_burst(now)
        self._lines[""].manner = Manner.MODEM
        return events + self._lines[""].ring(now, said, teller=teller, inside_cadence=inside)

    def _cadence(self, ringing: bool, seconds: float, now: Moment, wire: bytes) -> list[LineEvent]:
        """`DROF` is the pause before the `DRON` that follows it."""
        if not ringing:
            self._wire.pause_s = seconds
            return []
        inside = 0 < self._wire.pause_s <= self._timing.short_pause_s
        self._wire.pause_s = 0.0
        return self._ring(now, Said(wire=wire, on_s=seconds), teller=Teller.CADENCE, inside=inside)

    def _record(self, record: Record, wire: bytes, now: Moment) -> list[LineEvent]:
        """A line of a box, see `boxes`."""
        line = self._line_of(record.channel)
        if line is None:
            return self._noise(wire, now)
        if line.state is not State.RINGING or line.manner is not Manner.MODEM:
            line.manner = Manner.REPORTING_BOX if record.rings_told else Manner.SILENT_BOX
        events = self._close_burst(now)
        caller_id = put_together(record.fields, intact=record.intact)
        match record.step:
            case BoxStep.CALLER_ID:
                return events + line.caller_id(now, caller_id, wire)
            case BoxStep.CALL_OVER:
                return events + line.over_again(now, caller_id, wire)
            case BoxStep.RING:
                return events + line.ring(now, Said(wire=wire))
            case BoxStep.OFF_HOOK:
                return events + line.cue(Cue.OFF_HOOK, now, Said(wire=wire))
            case BoxStep.ON_HOOK:
                return events + line.cue(Cue.ON_HOOK, now, Said(wire=wire))
            case BoxStep.DIALLED:
                return events + line.cue(Cue.DIGITS, now, Said(wire=wire, digits=record.digits))
            case BoxStep.DIALLED_CALL_OVER | BoxStep.OVER:
                return events + line.cue(Cue.TOLD_OVER, now, Said(wire=wire))
            case BoxStep.FLASH:
                return events

    def _burst_grew(self, now: Moment) -> list[LineEvent]:
        """A caller ID is told as soon as nothing can be missing from it."""
        if self._wire.burst_began is None:
            self._wire.burst_began = now.mono
        if self._wire.burst.proved:
            return self._close_burst(now)
        quiet = self._timing.burst_settled_s if self._wire.burst.settled else self._timing.burst_quiet_s
        self._wire.burst_until = now.mono + quiet
        return []

    def _burst_is_quiet(self, now: Moment) -> list[LineEvent]:
        """Nothing more came; but a line that has begun may belong to it."""
        assert self._wire.burst_began is not None
        if self._wire.tokenizer.pending and now.mono - self._wire.burst_began < self._timing.burst_longest_s:
            self._wire.burst_until = now.mono + self._timing.line_flush_s
            return []
        return self._close_burst(now)

    def _close_burst(self, now: Moment) -> list[LineEvent]:
        if not self._wire.burst.is_open:
            return []
        wire, about_caller = self._wire.burst.wire, self._wire.burst.about_caller
        caller_id = self._wire.burst.close()
        self._wire.burst_until = self._wire.burst_began = None
        line = self._lines[""]
        if caller_id is None or (not about_caller and line.state is State.IDLE):
            return self._noise(wire, now)
        return line.caller_id(now, caller_id, wire)

    def _noise(self, wire: bytes, now: Moment) -> list[LineEvent]:
        return [WireNoise(line=self._line, at=now, wire=wire)]

    def _spoken(self, now: Moment) -> None:
        """The modem said something unasked."""
        self._wire.spoke_at = now.mono
        self._wire.spoke = True
        if self._wire.dialogue is not None:
            self._wire.dialogue.disturb()

    # --- watching -------------------------------------------------------------------------------------------------

    def _watched(self, events: list[LineEvent], now: Moment) -> list[LineEvent]:
        """`events` and what they mean for the health of the line."""
        told: list[LineEvent] = []
        for event in events:
            if isinstance(event, CallEvent) and self._wire.up and not self._wire.opened:
                self._wire.opened = True
                told.append(LineOpened(line=self._line, at=now, port=self._port))
            told.append(event)
            if isinstance(event, CallerIdHeard):
                told += self._health.caller_id_came(now)
            elif isinstance(event, WireNoise):
                told += self._health.noise_came(now)
        for line in self._lines.values():
            for rung in line.take_rung():
                troubles, deaf = self._health.rang(rung.rings, identified=rung.identified, now=now)
                told += troubles
                if deaf and self._wire.up and self._wire.ready:
                    self._memory.switches_given_up += 1
                    told += self._begin_dialogue(now)
        return told

    def _begin_dialogue(self, now: Moment) -> list[LineEvent]:
        self._wire.dialogue = Dialogue(converse(self._plan, self._memory, self._timing), self._timing)
        return self._report(self._wire.dialogue.begin(now.mono), now)

    def _report(self, reports: Sequence[Report], now: Moment) -> list[LineEvent]:
        events: list[LineEvent] = []
        for report in reports:
            match report.news:
                case News.READY:
                    events += self._set_up(report, now)
                case News.LATE:
                    events += self._health.begins(Trouble.ANSWERS_LATE, now)
                case News.ANSWERS:
                    events.append(LineHeard(line=self._line, at=now))
                    events += self._health.ends(Trouble.ANSWERS_LATE, now)
                    events += self._health.all_is_quiet(now)
                case News.WAS_RESET:
                    events += self._health.begins(Trouble.ECHO_CAME_BACK, now)
                case News.SILENT:
                    events += self._silent(now)
        return events

    def _set_up(self, report: Report, now: Moment) -> list[LineEvent]:
        events: list[LineEvent] = []
        profile = report.profile or self._plan.generic
        self._wire.ready = True
        self._wire.bare_number = profile.bare_number
        self._wire.tokenizer.class8 = self._plan.class8 and bool(profile.class8)
        if not self._wire.opened:
            self._wire.opened = True
            events.append(LineOpened(line=self._line, at=now, port=self._port, device=report.device))
        for trouble in (Trouble.ECHO_CAME_BACK, Trouble.ANSWERS_LATE):
            events += self._health.ends(trouble, now)
        if report.refused:
            events += self._health.begins(Trouble.INIT_INCOMPLETE, now, ", ".join(report.refused))
        else:
            events += self._health.ends(Trouble.INIT_INCOMPLETE, now)
        return events

    def _silent(self, now: Moment) -> list[LineEvent]:
        """A modem that answers nothing is lost, unless it was never set up and yet speaks: then it is listened to."""
        if self._wire.spoke and not self._wire.ready:
            self._wire.dialogue = None
            events: list[LineEvent] = []
            if not self._wire.opened:
                self._wire.opened = True
                events.append(LineOpened(line=self._line, at=now, port=self._port))
            return events + self._health.begins(Trouble.INIT_INCOMPLETE, now, QUIET_MODE)
        return list(self.lost(LossReason.MODEM_SILENT, now))

    def _line_of(self, channel: str) -> TelephoneLine | None:
        """The first channel that is named is the line itself; each further one is a line of its own."""
        self._first_channel = self._first_channel or channel
        own = "" if channel == self._first_channel else channel
        if own not in self._lines and len(self._lines) < _MOST_CHANNELS:
            self._lines[own] = self._telephone_line(own)
        return self._lines.get(own)

    def _telephone_line(self, channel: str) -> TelephoneLine:
        return TelephoneLine(self._line, channel=channel, timing=self._timing, hook_proved=self._hook_proved)
