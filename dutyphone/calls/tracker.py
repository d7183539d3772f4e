"""From what a line said to what is true of its calls.

One tracker a line. Events go in, facts come out, and there is no other effect: no clock is read, nothing is stored, and
ids come from the function it is given. Two tables at the end of the class say what each event does in each phase of a
call.

A line that carries one call at a time has one call under the empty reference; a line that carries several has one under
each reference its driver gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from dutyphone.calls.identity import Identity, identity_of
from dutyphone.calls.numbers import Site
from dutyphone.calls.outcome import outcome_of
from dutyphone.clock import Moment
from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallRang,
    DigitsDialled,
    Fact,
    FaxCalling,
)
from dutyphone.lines.events import (
    CallerIdHeard,
    CallEvent,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    Direction,
    Evidence,
    FaxHeard,
    LineEvent,
    LineLost,
    LossReason,
    RingHeard,
)

LONGEST_SILENCE_S = 180.0
"""A call that is offered and says nothing more for this long is over. A net under the drivers, which know better."""

LONGEST_OFFER_S = 600.0
"""The same for a call with a reference: it says nothing while it rings, and its driver limits its ringing."""

WAITING_CALL_S = 30.0
"""How long a call that knocks during another is taken to wait: nothing on an analog line shows its end."""

LATE_IDENTITY_S = 10.0
"""Caller ID this soon after the answer belongs to the answered call; later, another call is knocking."""

NEXT_CALLER_RING_S = 8.0
"""A ring this short a time before another caller's ID was already that caller's (caller ID follows the first ring)."""


_SEEN_BY_SILENCE = frozenset({Evidence.RINGING_STOPPED, Evidence.NO_HOOK_SEEN, Evidence.NEVER_RANG})
"""Evidence that is noticed only some time after the end: the last ring is the last thing that was seen."""


_EXCHANGE_SILENT = frozenset({LossReason.NOT_REGISTERED, LossReason.NETWORK})
"""No new call can come, but one that was put through may well go on: a call in progress needs no registration."""


_OFFER_END_SEEN = frozenset({Evidence.EXCHANGE, Evidence.ANSWERED_ELSEWHERE})
"""Evidence that is an event: a call that was not taken here rang until then."""

_END_UNSEEN = frozenset({Evidence.NEXT_CALL, Evidence.ANSWERED_ELSEWHERE})
"""Evidence that says a call that was taken is over, and not when it ended."""


class Phase(Enum):
    """How far a call has come."""

    ANNOUNCED = "announced"  # caller ID or an offer came, no ring yet
    RINGING = "ringing"
    IN_CALL = "in_call"
    WAITING = "waiting"  # knocks while another is in call


@dataclass(slots=True, kw_only=True)
class OpenCall:
    """A call as the tracker follows it. `expires` is the `mono` second at which it is given up."""

    call: str
    ref: str
    direction: Direction
    phase: Phase
    arrived: Moment
    expires: float | None
    rings: int = 0
    last_ring: Moment | None = None
    ring_before_last: Moment | None = None
    taken: Moment | None = None
    taken_by: Evidence | None = None
    identity: Identity | None = None

    @property
    def last_sign(self) -> Moment:
        """The last moment at which it was seen to be offered."""
        return self.last_ring or self.arrived


def _patience_s(ref: str, *, waiting: bool) -> float:
    if waiting:
        return WAITING_CALL_S
    return LONGEST_OFFER_S if ref else LONGEST_SILENCE_S


class CallTracker:
    """Follows the calls of one line.

    `new_call_id` gives a fresh id that is unique for ever. Feed every event of the line to `on_event` in order, and
    call `on_deadline` when `next_deadline` has come.
    """

    def __init__(self, line: str, site: Site, new_call_id: Callable[[], str]) -> None:
        self._line = line
        self._site = site
        self._new_call_id = new_call_id
        self._calls: dict[str, OpenCall] = {}
        self._waiting: list[OpenCall] = []

    def __repr__(self) -> str:
        calls = [*self._calls.values(), *self._waiting]
        return f"<CallTracker {self._line} {', '.join(f'{c.call}:{c.phase.value}' for c in calls) or 'idle'}>"

    @property
    def open_calls(self) -> int:
        """How many calls have begun and not ended."""
        return len(self._calls) + len(self._waiting)

    def ref_of(self, call: str) -> str | None:
        """The line's own name for an open call; None if `call` is over, or another line's."""
        return next((open_call.ref for open_call in self._calls.values() if open_call.call == call), None)

    def on_event(self, event: LineEvent) -> list[Fact]:
        """What `event` makes true."""
        if isinstance(event, LineLost):
            return self._lose(event)
        if not isinstance(event, CallEvent):
            return []
        call = self._calls.get(event.call_ref)
        if call is None:
            first = self._FIRST_SIGN.get(type(event))
            return first(self, event) if first else []
        step = self._STEPS.get((call.phase, type(event)))
        return step(self, call, event) if step else []

    def next_deadline(self) -> float | None:
        """The `mono` second at which a call will be given up; None if nothing is open that could be."""
        return min((c.expires for c in self._all() if c.expires is not None), default=None)

    def on_deadline(self, now: Moment) -> list[Fact]:
        """Give up the calls whose time has come."""
        expired = [c for c in self._all() if c.expires is not None and c.expires <= now.mono]
        return [fact for call in expired for fact in self._end(call, Evidence.NOTHING_MORE_HEARD, call.last_sign)]

    def cut_off(self, now: Moment, evidence: Evidence, wire: bytes = b"") -> list[Fact]:
        """Close every open call because nobody can follow it any more (LINE_LOST, RECORDER_STOPPED)."""
        return [fact for call in self._all() for fact in self._end(call, evidence, now, wire)]

    def _lose(self, event: LineLost) -> list[Fact]:
        """A driver that gives references follows its calls through a silence of the exchange, and ends them itself."""
        followed = event.reason in _EXCHANGE_SILENT
        return [
            fact
            for call in self._all()
            if not (call.ref and followed)
            for fact in self._end(call, Evidence.LINE_LOST, event.at, event.wire)
        ]

    # --- steps: one for each arrow in the table ------------------------------------------------------------------

    def _ring_first(self, event: RingHeard) -> list[Fact]:
        arrived, facts = self._arrive(event, Phase.RINGING)
        return facts + self._ring(arrived, event)

    def _ring(self, call: OpenCall, event: RingHeard) -> list[Fact]:
        call.phase = Phase.RINGING
        call.rings += 1
        call.ring_before_last, call.last_ring = call.last_ring, event.at
        call.expires = event.at.mono + _patience_s(call.ref, waiting=False)
        return [CallRang(at=event.at.utc, call=call.call, wire=event.wire, ring=call.rings, cadence=event.cadence)]

    def _ring_during_call(self, call: OpenCall, event: RingHeard) -> list[Fact]:
        """The line rings although it is taken: the handset was put down unseen, and this is the next call."""
        return self._end(call, Evidence.NEXT_CALL, event.at) + self._ring_first(event)

    def _identify_first(self, event: CallerIdHeard) -> list[Fact]:
        arrived, facts = self._arrive(event, Phase.ANNOUNCED)
        return facts + self._identify(arrived, event)

    def _identify(self, call: OpenCall, event: CallerIdHeard) -> list[Fact]:
        said = identity_of(event, self._site)
        if call.identity is None:
            call.identity = said
        elif call.identity.contradicts(said) and not call.ref:
            return self._next_caller(call, event)
        else:
            merged = call.identity.completed_by(said)
            if merged == call.identity:
                return []
            call.identity = merged
        return [call.identity.fact(call.call, event.at.utc, event.wire)]

    def _identify_during_call(self, call: OpenCall, event: CallerIdHeard) -> list[Fact]:
        """Late caller ID of the answered call, or another call that knocks."""
        assert call.taken is not None
        said = identity_of(event, self._site)
        late = event.at.since(call.taken) <= LATE_IDENTITY_S
        if call.ref or (late and (call.identity is None or not call.identity.contradicts(said))):
            return self._identify(call, event)
        if call.identity is not None and call.identity.same_number(said):
            return self._identify(call, event)
        if any(waiting.identity and not waiting.identity.contradicts(said) for waiting in self._waiting):
            return []
        arrived, facts = self._arrive(event, Phase.WAITING)
        return facts + self._identify(arrived, event)

    def _next_caller(self, call: OpenCall, event: CallerIdHeard) -> list[Fact]:
        """Another number while the first still seemed to ring: its caller gave up and the next one is on the line.

        Caller ID follows the first ring, so a ring just before it was the next caller's already.
        """
        stolen = call.last_ring
        if stolen is not None and event.at.since(stolen) <= NEXT_CALLER_RING_S and call.rings > 1:
            call.rings -= 1
            call.last_ring = call.ring_before_last
        else:
            stolen = None
        facts = self._end(call, Evidence.NEXT_CALL, call.last_sign)
        first_sign = replace(event, at=stolen) if stolen else event
        following, arrival = self._arrive(first_sign, Phase.ANNOUNCED)
        facts += arrival
        if stolen:
            following.phase = Phase.RINGING
            following.rings, following.last_ring = 1, stolen
            facts.append(CallRang(at=stolen.utc, call=following.call, ring=1))
        return facts + self._identify(following, event)

    def _offer(self, event: CallOffered) -> list[Fact]:
        return self._arrive(event, Phase.ANNOUNCED, event.direction)[1]

    def _offer_during_call(self, call: OpenCall, event: CallOffered) -> list[Fact]:
        return self._end(call, Evidence.NEXT_CALL, event.at) + self._offer(event)

    def _take_unannounced(self, event: CallTaken) -> list[Fact]:
        """A handset lifted while nothing rang: somebody dials out."""
        arrived, facts = self._arrive(event, Phase.ANNOUNCED, Direction.OUTGOING)
        return facts + self._take(arrived, event)

    def _take(self, call: OpenCall, event: CallTaken) -> list[Fact]:
        call.phase = Phase.IN_CALL
        call.taken, call.taken_by = event.at, event.evidence
        call.expires = None
        return [CallAnswered(at=event.at.utc, call=call.call, wire=event.wire, evidence=event.evidence)]

    def _withdraw(self, call: OpenCall, event: CallWithdrawn) -> list[Fact]:
        seen_until = call.last_sign if event.evidence in _SEEN_BY_SILENCE else event.at
        return self._end(call, event.evidence, seen_until, event.wire, event.code)

    def _hang_up(self, call: OpenCall, event: CallOver) -> list[Fact]:
        facts = [fact for waiting in list(self._waiting) for fact in self._end(waiting, event.evidence, event.at)]
        return facts + self._end(call, event.evidence, event.at, event.wire)

    def _dial_unannounced(self, event: DigitsHeard) -> list[Fact]:
        arrived, facts = self._arrive(event, Phase.ANNOUNCED, Direction.OUTGOING)
        return facts + self._dial(arrived, event)

    def _dial(self, call: OpenCall, event: DigitsHeard) -> list[Fact]:
        return [DigitsDialled(at=event.at.utc, call=call.call, wire=event.wire, digits=event.digits)]

    def _fax(self, call: OpenCall, event: FaxHeard) -> list[Fact]:
        return [FaxCalling(at=event.at.utc, call=call.call, wire=event.wire, station=event.station)]

    # --- the ends of a call --------------------------------------------------------------------------------------

    def _arrive(
        self, event: CallEvent, phase: Phase, direction: Direction = Direction.INCOMING
    ) -> tuple[OpenCall, list[Fact]]:
        waiting = phase is Phase.WAITING
        call = OpenCall(
            call=self._new_call_id(),
            ref=event.call_ref,
            direction=direction,
            phase=phase,
            arrived=event.at,
            expires=event.at.mono + _patience_s(event.call_ref, waiting=waiting),
        )
        if waiting:
            self._waiting.append(call)
        else:
            self._calls[call.ref] = call
        fact = CallArrived(at=event.at.utc, call=call.call, wire=event.wire, line=self._line, direction=direction)
        return call, [fact]

    def _end(
        self, call: OpenCall, evidence: Evidence, ended: Moment, wire: bytes = b"", code: int | None = None
    ) -> list[Fact]:
        if call in self._waiting:
            self._waiting.remove(call)
        else:
            del self._calls[call.ref]
        offered_until = call.taken or (ended if evidence in _OFFER_END_SEEN else call.last_sign)
        end_seen = evidence not in _END_UNSEEN
        return [
            CallEnded(
                at=ended.utc,
                call=call.call,
                wire=wire,
                outcome=outcome_of(evidence, code, call.direction, taken=call.taken_by),
                evidence=evidence,
                rings=call.rings,
                ring_s=round(max(0.0, offered_until.since(call.arrived)), 3),
                talk_s=round(max(0.0, ended.since(call.taken)), 3) if call.taken and end_seen else None,
                code=code,
            )
        ]

    def _all(self) -> list[OpenCall]:
        return [*self._calls.values(), *self._waiting]

    # --- what each event does ------------------------------------------------------------------------------------

    _FIRST_SIGN: ClassVar[dict[type[CallEvent], Callable[..., list[Fact]]]] = {
        RingHeard: _ring_first,
        CallerIdHeard: _identify_first,
        CallOffered: _offer,
        CallTaken: _take_unannounced,
        DigitsHeard: _dial_unannounced,
    }
    """What an event does where there is no call."""

    _STEPS: ClassVar[dict[tuple[Phase, type[CallEvent]], Callable[..., list[Fact]]]] = {
        (Phase.ANNOUNCED, RingHeard): _ring,
        (Phase.ANNOUNCED, CallerIdHeard): _identify,
        (Phase.ANNOUNCED, CallTaken): _take,
        (Phase.ANNOUNCED, CallWithdrawn): _withdraw,
        (Phase.ANNOUNCED, CallOver): _hang_up,
        (Phase.ANNOUNCED, DigitsHeard): _dial,
        (Phase.ANNOUNCED, FaxHeard): _fax,
        (Phase.RINGING, RingHeard): _ring,
        (Phase.RINGING, CallerIdHeard): _identify,
        (Phase.RINGING, CallTaken): _take,
        (Phase.RINGING, CallWithdrawn): _withdraw,
        (Phase.RINGING, CallOver): _hang_up,
        (Phase.RINGING, FaxHeard): _fax,
        (Phase.IN_CALL, RingHeard): _ring_during_call,
        (Phase.IN_CALL, CallerIdHeard): _identify_during_call,
        (Phase.IN_CALL, CallOffered): _offer_during_call,
        (Phase.IN_CALL, CallOver): _hang_up,
        (Phase.IN_CALL, DigitsHeard): _dial,
        (Phase.IN_CALL, FaxHeard): _fax,
    }
    """What an event does to a call in each phase. What is not here changes nothing."""
