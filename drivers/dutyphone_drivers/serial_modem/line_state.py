"""One telephone line as a state machine: what is going on, and what the log should hear of it.

`line_table` is the machine as data; here are its waits and what it tells. Where ringing ends without a handset seen,
the outcome is open unless the installation proved that this line shows handsets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from dutyphone.clock import Moment
from dutyphone.lines.events import (
    CallerIdHeard,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    Direction,
    Evidence,
    FaxHeard,
    LineEvent,
    RingHeard,
    WireNoise,
)
from dutyphone_drivers.serial_modem import dtmf
from dutyphone_drivers.serial_modem.caller_id import CallerId, merged, other_caller, same_news
from dutyphone_drivers.serial_modem.line_table import TABLE, Act, Cue, State
from dutyphone_drivers.serial_modem.timing import Timing

_MOST_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came with a cue. Only what fits the cue is looked at."""

    wire: bytes = b""
    cadence: str | None = None
    on_s: float | None = None
    caller_id: CallerId = field(default_factory=CallerId)
    evidence: Evidence = Evidence.EXTENSION_HOOK
    digits: str = ""
    station: str | None = None


class Manner(Enum):
    """Who tells of this line."""

    MODEM = "modem"  # tells every ring
    SILENT_BOX = "silent_box"  # tells who calls and nothing else
    REPORTING_BOX = "reporting_box"  # tells the first ring, the handset, and the end of the call


class Teller(Enum):
    """How a ring was told. Some modems tell each in two ways."""

    WORD = "word"  # RING
    SIGN = "sign"  # <DLE>R
    CADENCE = "cadence"  # DRON


@dataclass(frozen=True, slots=True)
class Rung:
    """An incoming call stopped ringing: how often it rang, and whether caller ID came."""

    rings: int
    identified: bool


class TelephoneLine:
    """The state of one telephone line. `channel` is empty for a modem; a box has one of these for each of its lines."""

    def __init__(self, line: str, *, channel: str = "", timing: Timing, hook_proved: bool = False) -> None:
        self.state = State.IDLE
        self.manner = Manner.MODEM
        self._line, self._channel, self._timing = line, channel, timing
        self._hook_proved = hook_proved
        self._since = 0.0
        self._calls = 0
        self._rings = 0
        self._last_ring: tuple[float, Teller] | None = None
        self._longest_gap = 0.0
        self._taken_by: Evidence | None = None
        self._known: CallerId | None = None
        self._known_at = 0.0
        self._last_known: CallerId | None = None
        self._digits = bytearray()
        self._digits_wire = b""
        self._digits_at = 0.0
        self._rung: list[Rung] = []

    @property
    def answered_here(self) -> bool:
        """Whether the modem itself answered this call."""
        return self.state is State.IN_CALL and self._taken_by is Evidence.OWN_ANSWER

    # --- what is heard --------------------------------------------------------------------------------------------

    def ring(
        self, now: Moment, said: Said, *, teller: Teller = Teller.WORD, inside_cadence: bool = False
    ) -> list[LineEvent]:
        """One ring. Two tellings of the same ring count once."""
        events = self._close_digits(now, it_rings=True)
        if self.state is State.RINGING and self._last_ring is not None:
            at, told_by = self._last_ring
            if inside_cadence or (teller is not told_by and now.mono - at <= self._timing.ring_merge_s):
                return events
        if self.state is State.IN_CALL and now.mono - self._since <= self._timing.late_ring_s:
            return [*events, WireNoise(line=self._line, at=now, wire=said.wire)]
        if self.state is State.RINGING and self._last_ring is not None:
            self._longest_gap = max(self._longest_gap, now.mono - self._last_ring[0])
        self._last_ring = (now.mono, teller)
        return events + self.cue(Cue.RING, now, said)

    def caller_id(self, now: Moment, caller_id: CallerId, wire: bytes) -> list[LineEvent]:
        """One burst, complete."""
        said = Said(wire=wire, caller_id=caller_id)
        known = self._known
        if self.state is State.IN_CALL:
            late = now.mono - self._since > self._timing.late_caller_id_s
            said_again = known is not None and caller_id.number is not None and not other_caller(known, caller_id)
            return self.cue(Cue.OTHER_CALLER if late and not said_again else Cue.CALLER_ID, now, said)
        another = (
            known is not None
            and other_caller(known, caller_id)
            and now.mono - self._known_at >= self._timing.other_caller_s
        )
        return self.cue(Cue.OTHER_CALLER if another else Cue.CALLER_ID, now, said)

    def digit(self, now: Moment, digit: int, wire: bytes) -> list[LineEvent]:
        """One DTMF digit: somebody dials, or the exchange sends the caller's number."""
        if len(self._digits) < _MOST_DIGITS:
            self._digits.append(digit)
            self._digits_wire += wire
        self._digits_at = now.mono
        return self._close_digits(now) if dtmf.is_complete(bytes(self._digits)) else []

    def over_again(self, now: Moment, caller_id: CallerId, wire: bytes) -> list[LineEvent]:
        """A box tells a whole call after its end: news only if the call itself was not heard."""
        if self.state is not State.IDLE:
            return self.cue(Cue.TOLD_OVER, now, Said(wire=wire))
        if self._last_known is not None and not other_caller(self._last_known, caller_id):
            self._last_known = None
            return []
        return self.cue(Cue.CALLER_ID, now, Said(wire=wire, caller_id=caller_id)) + self.cue(Cue.TOLD_OVER, now, Said())

    def cue(self, cue: Cue, now: Moment, said: Said) -> list[LineEvent]:
        """Any cue that needs no more thought than the table."""
        events = self._close_digits(now) if cue not in (Cue.DIGITS, Cue.CALLER_ID, Cue.OTHER_CALLER) else []
        move = TABLE.get((self.state, cue))
        if move is None:
            return [*events, WireNoise(line=self._line, at=now, wire=said.wire)] if said.wire else events
        for act in move.acts:
            events += self._ACTS[act](self, now, said)
        if move.again or move.to is not self.state:
            self._since = now.mono
        self._leave(move.to)
        return events

    # --- time -----------------------------------------------------------------------------------------------------

    def deadline(self) -> float | None:
        """When `on_deadline` is wanted, None while nothing is waited for."""
        waits = [wait for wait in (self._state_deadline(), self._digits_deadline()) if wait is not None]
        return min(waits, default=None)

    def on_deadline(self, now: Moment) -> list[LineEvent]:
        """A wait is over; too early is harmless."""
        digits = self._digits_deadline()
        if digits is not None and now.mono >= digits:
            return self._close_digits(now)
        state = self._state_deadline()
        if state is not None and now.mono >= state:
            return self.cue(Cue.TIME_UP, now, Said())
        return []

    def take_rung(self) -> Sequence[Rung]:
        """The calls that stopped ringing since the last time this was asked."""
        rung, self._rung = self._rung, []
        return rung

    def lost(self, now: Moment) -> list[LineEvent]:
        """The wire is gone: what was half heard is told, and the line is idle when it comes back."""
        events = self._close_digits(now)
        self.state = State.IDLE
        self._known = self._last_known = None
        return events

    def _state_deadline(self) -> float | None:
        timing = self._timing
        match self.state:
            case State.IDLE:
                return None
            case State.PRE_CALL | State.RINGING if self.manner is Manner.REPORTING_BOX:
                return self._since + timing.box_gone_s
            case State.PRE_CALL:
                return self._since + timing.no_ring_s
            case State.RINGING:
                gone = max(timing.gone_s, timing.gone_factor * self._longest_gap)
                return self._since + min(gone, timing.gone_limit_s)
            case State.OUT_CALL if self._taken_by is None:
                return self._since + timing.dialled_only_s
            case State.IN_CALL | State.OUT_CALL:
                return self._since + timing.longest_call_s

    def _digits_deadline(self) -> float | None:
        return self._digits_at + self._timing.digits_quiet_s if self._digits else None

    def _close_digits(self, now: Moment, *, it_rings: bool = False) -> list[LineEvent]:
        """Digits before or between rings are the caller's number; without a ring they were dialled here."""
        if not self._digits:
            return []
        digits, wire = bytes(self._digits), self._digits_wire
        self._digits.clear()
        self._digits_wire = b""
        before_answer = self.state in (State.PRE_CALL, State.RINGING)
        if before_answer or (self.state is State.IDLE and (it_rings or dtmf.is_caller_id(digits))):
            return self.caller_id(now, dtmf.read_caller_id(digits), wire)
        return self.cue(Cue.DIGITS, now, Said(wire=wire, digits=digits.decode("ascii")))

    # --- what is told ---------------------------------------------------------------------------------------------

    @property
    def _call_ref(self) -> str:
        return f"{self._channel}-{self._calls}" if self._channel else ""

    def _begin(self, _now: Moment, _said: Said) -> list[LineEvent]:
        self._calls += 1
        self._rings = 0
        self._taken_by = None
        self._known = None
        return []

    def _leave(self, to: State) -> None:
        if to is self.state:
            return
        if self.state in (State.RINGING, State.PRE_CALL) and to not in (State.RINGING, State.PRE_CALL):
            self._rung.append(Rung(self._rings, self._known is not None))
        if to is State.IDLE:
            self._last_known, self._known = self._known, None
        self.state = to

    def _tell_ring(self, now: Moment, said: Said) -> list[LineEvent]:
        self._rings += 1
        return [
            RingHeard(
                line=self._line,
                at=now,
                wire=said.wire,
                call_ref=self._call_ref,
                cadence=said.cadence,
                on_s=said.on_s,
            )
        ]

    def _tell_caller_id(self, now: Moment, said: Said) -> list[LineEvent]:
        known = self._known
        news = said.caller_id if known is None else merged(known, said.caller_id)
        if known is None:
            self._known_at = now.mono
        self._known = news
        if known is not None and same_news(known, news):
            return []
        return [_heard(self._line, now, said.wire, self._call_ref, news)]

    def _tell_waiting_caller(self, now: Moment, said: Said) -> list[LineEvent]:
        """Somebody calls while the line is taken (call waiting). It says nothing about the call under way."""
        return [_heard(self._line, now, said.wire, self._call_ref, said.caller_id)]

    def _tell_offer_out(self, now: Moment, said: Said) -> list[LineEvent]:
        return [
            CallOffered(line=self._line, at=now, wire=said.wire, call_ref=self._call_ref, direction=Direction.OUTGOING)
        ]

    def _tell_taken(self, now: Moment, said: Said) -> list[LineEvent]:
        if self._taken_by is not None:
            return []
        self._taken_by = said.evidence
        return [CallTaken(line=self._line, at=now, wire=said.wire, call_ref=self._call_ref, evidence=said.evidence)]

    def _tell_withdrawn(self, now: Moment, said: Said) -> list[LineEvent]:
        evidence = Evidence.NO_HOOK_SEEN if self._hook_proved else Evidence.RINGING_STOPPED
        return self._withdrawn(now, said, evidence)

    def _tell_never_rang(self, now: Moment, said: Said) -> list[LineEvent]:
        evidence = Evidence.NEVER_RANG if self.manner is Manner.MODEM else Evidence.RINGING_STOPPED
        return self._withdrawn(now, said, evidence)

    def _withdrawn(self, now: Moment, said: Said, evidence: Evidence) -> list[LineEvent]:
        return [CallWithdrawn(line=self._line, at=now, wire=said.wire, call_ref=self._call_ref, evidence=evidence)]

    def _tell_let_go(self, now: Moment, said: Said) -> list[LineEvent]:
        return self._end(now, said.wire, Evidence.NOTHING_MORE_HEARD)

    def _tell_over(self, now: Moment, said: Said) -> list[LineEvent]:
        return self._end(now, said.wire, said.evidence)

    def _tell_next_call(self, now: Moment, _said: Said) -> list[LineEvent]:
        return self._end(now, b"", Evidence.NEXT_CALL)

    def _end(self, now: Moment, wire: bytes, evidence: Evidence) -> list[LineEvent]:
        """A call that was seen to be taken is over; one of which only digits were heard is merely let go."""
        if self._taken_by is None:
            return self._withdrawn(now, Said(wire=wire), Evidence.NOTHING_MORE_HEARD)
        return [CallOver(line=self._line, at=now, wire=wire, call_ref=self._call_ref, evidence=evidence)]

    def _tell_fax(self, now: Moment, said: Said) -> list[LineEvent]:
        return [FaxHeard(line=self._line, at=now, wire=said.wire, call_ref=self._call_ref, station=said.station)]

    def _tell_digits(self, now: Moment, said: Said) -> list[LineEvent]:
        return [DigitsHeard(line=self._line, at=now, wire=said.wire, call_ref=self._call_ref, digits=said.digits)]

    _ACTS: dict[Act, Callable[[TelephoneLine, Moment, Said], list[LineEvent]]] = {  # noqa: RUF012  # never changed
        Act.RING: _tell_ring,
        Act.CALLER_ID: _tell_caller_id,
        Act.WAITING_CALLER: _tell_waiting_caller,
        Act.OFFER_OUT: _tell_offer_out,
        Act.TAKE: _tell_taken,
        Act.WITHDRAW: _tell_withdrawn,
        Act.NEVER_RANG: _tell_never_rang,
        Act.LET_GO: _tell_let_go,
        Act.OVER: _tell_over,
        Act.NEXT_CALL: _tell_next_call,
        Act.FAX: _tell_fax,
        Act.DIGITS: _tell_digits,
        Act.BEGIN: _begin,
    }


def _heard(line: str, at: Moment, wire: bytes, call_ref: str, caller_id: CallerId) -> CallerIdHeard:
    return CallerIdHeard(
        line=line,
        at=at,
        wire=wire,
        call_ref=call_ref,
        number=caller_id.number,
        absence=caller_id.absence,
        name=caller_id.name,
        name_absence=caller_id.name_absence,
        name_bytes=caller_id.name_bytes,
        called=caller_id.called,
        redirected_from=caller_id.redirected_from,
        stamped=caller_id.stamped,
        form=caller_id.form,
        intact=caller_id.intact,
        fields=caller_id.fields,
    )
