"""What each fact does to a call, a line and the blind intervals. Pure.

A projection is a function from what stood before and one fact to what stands after, so that replaying the journal must
give what the recorder gave. Facts about a call nobody has seen arrive give None and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallFact,
    CallIdentified,
    CallNoted,
    CallPurged,
    CallRang,
    CallSettled,
    DigitsDialled,
    FaxCalling,
    LineCameBack,
    LineFact,
    LineTroubled,
    LineTroubleEnded,
    LineWentDown,
    NoiseCounted,
    NoiseHeard,
    StrangersTurnedAway,
)
from dutyphone.lines.events import Direction, LossReason, Trouble
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone.store.rows import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """A line as the facts have it. While it is not `up`, `reason` says why; None: no recorder runs."""

    line: str
    up: bool
    since_at: datetime
    driver: str = ""
    port: str = ""
    device: str | None = None
    reason: LossReason | None = None
    detail: str = ""
    troubles: frozenset[Trouble] = frozenset()
    noise: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """A blind interval that still lasts."""

    from_at: datetime
    reason: LossReason | None
    detail: str = ""


def arrived(fact: CallArrived, call_id: int) -> CallRow:
    """The call that `fact` begins. A telephone lifted to dial out is in use from the start."""
    ringing = fact.direction is Direction.INCOMING
    return CallRow(
        id=call_id,
        call=storable(fact.call),
        line=storable(fact.line),
        direction=fact.direction,
        state=CallState.RINGING if ringing else CallState.IN_CALL,
        arrived_at=fact.at,
    )


def purged(fact: CallPurged) -> CallRow:
    """All that is known of a call whose retention time was over, whatever was known before."""
    return CallRow(
        id=fact.row,
        call=storable(fact.call),
        line=storable(fact.line),
        direction=fact.direction,
        state=CallState.ENDED,
        arrived_at=fact.arrived_at,
        last_ring_at=fact.last_ring_at,
        answered_at=fact.answered_at,
        ended_at=fact.ended_at,
        rings=fact.rings,
        ring_s=float(fact.ring_s),
        talk_s=None if fact.talk_s is None else float(fact.talk_s),
        outcome=fact.outcome,
        evidence=fact.evidence,
        settlement=fact.settlement,
        settled_at=fact.settled_at,
        fax=fact.fax,
        purged=True,
    )


def call_after(row: CallRow, fact: CallFact) -> CallRow:
    """The call after `fact`."""
    handler = _CALL_HANDLERS.get(type(fact))
    return handler(row, fact) if handler else row


def line_after(state: LineState | None, fact: LineFact) -> LineState | None:
    """The line after `fact`; None: nothing is known of it. Noise and strangers alone make no line."""
    if state is None and isinstance(fact, NoiseHeard | NoiseCounted | StrangersTurnedAway):
        return None
    before = state or LineState(line=storable(fact.line), up=False, since_at=fact.at)
    handler = _LINE_HANDLERS.get(type(fact))
    return handler(before, fact) if handler else before


def unheard(state: LineState, at: datetime) -> LineState:
    """The line once no recorder runs any more."""
    return replace(state, up=False, since_at=at, reason=None, detail="")


def blindness_after(open_now: Blindness | None, fact: LineFact) -> Blindness | None:
    """The line's blind interval after `fact`. Another reason begins another interval."""
    if isinstance(fact, LineCameBack):
        return None
    if isinstance(fact, LineWentDown) and (open_now is None or open_now.reason is not fact.reason):
        return Blindness(from_at=fact.at, reason=fact.reason, detail=storable(fact.detail))
    return open_now


# --- calls -------------------------------------------------------------------------------------------------------


def _rang(row: CallRow, fact: CallRang) -> CallRow:
    if row.ended_at is not None:  # its figures are final
        return row
    heard_s = max((fact.at - row.arrived_at).total_seconds(), row.ring_s)
    return replace(row, rings=max(fact.ring, row.rings), ring_s=heard_s, last_ring_at=fact.at)


def _identified(row: CallRow, fact: CallIdentified) -> CallRow:
    after = replace(row, identified=True)
    if fact.number_raw is not None or row.number_raw is None:  # a number once heard is not lost to a later "private"
        after = replace(
            after,
            number_raw=_text(fact.number_raw),
            number=_text(fact.number),
            kind=fact.kind,
            extension=_text(fact.extension),
            absence=fact.absence,
            doubtful=fact.intact is False,
        )
    if fact.name is not None or row.name is None:
        after = replace(after, name=_text(fact.name), name_absence=fact.name_absence)
    return after


def _answered(row: CallRow, fact: CallAnswered) -> CallRow:
    state = CallState.IN_CALL if row.state is CallState.RINGING else row.state
    return replace(row, state=state, answered_at=row.answered_at or fact.at)


def _ended(row: CallRow, fact: CallEnded) -> CallRow:
    return replace(
        row,
        state=CallState.ENDED,
        ended_at=fact.at,
        outcome=fact.outcome,
        evidence=fact.evidence,
        rings=fact.rings,
        ring_s=float(fact.ring_s),
        talk_s=None if fact.talk_s is None else float(fact.talk_s),
    )


def _digits(row: CallRow, fact: DigitsDialled) -> CallRow:
    return replace(row, digits=row.digits + storable(fact.digits))


def _fax(row: CallRow, fact: FaxCalling) -> CallRow:  # noqa: ARG001 (handlers are called alike)
    return replace(row, fax=True)


def _settled(row: CallRow, fact: CallSettled) -> CallRow:
    return replace(row, settlement=fact.settlement, settled_by=storable(fact.by), settled_at=fact.at)


def _noted(row: CallRow, fact: CallNoted) -> CallRow:
    return replace(row, notes=row.notes + 1, last_note=storable(fact.text))


_CALL_HANDLERS: dict[type[CallFact], Callable[[CallRow, Any], CallRow]] = {
    CallRang: _rang,
    CallIdentified: _identified,
    CallAnswered: _answered,
    CallEnded: _ended,
    DigitsDialled: _digits,
    FaxCalling: _fax,
    CallSettled: _settled,
    CallNoted: _noted,
}


# --- lines -------------------------------------------------------------------------------------------------------


def _came_back(state: LineState, fact: LineCameBack) -> LineState:
    return LineState(
        line=state.line,
        up=True,
        since_at=fact.at,
        driver=storable(fact.driver),
        port=storable(fact.port),
        device=_text(fact.device),
    )


def _went_down(state: LineState, fact: LineWentDown) -> LineState:
    since_at = fact.at if state.up else state.since_at
    return replace(state, up=False, since_at=since_at, reason=fact.reason, detail=storable(fact.detail))


def _troubled(state: LineState, fact: LineTroubled) -> LineState:
    return replace(state, troubles=state.troubles | {fact.trouble})


def _trouble_ended(state: LineState, fact: LineTroubleEnded) -> LineState:
    return replace(state, troubles=state.troubles - {fact.trouble})


def _noise(state: LineState, fact: NoiseHeard) -> LineState:
    return replace(state, noise=state.noise + fact.pieces)


def _noise_counted(state: LineState, fact: NoiseCounted) -> LineState:
    return replace(state, noise=fact.pieces)


_LINE_HANDLERS: dict[type[LineFact], Callable[[LineState, Any], LineState]] = {
    LineCameBack: _came_back,
    LineWentDown: _went_down,
    LineTroubled: _troubled,
    LineTroubleEnded: _trouble_ended,
    NoiseHeard: _noise,
    NoiseCounted: _noise_counted,
}


def _text(text: str | None) -> str | None:
    return None if text is None else storable(text)
