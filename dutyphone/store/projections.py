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
    Outcome,
    RequestMade,
    RequestSettled,
    Settlement,
    StrangersTurnedAway,
)
from dutyphone.lines.events import Direction, LossReason, Trouble
from dutyphone.store.readmodels import CallState, owed_for, result_of
from dutyphone.store.rows import CALL_COLUMNS, micros, storable


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


Columns = dict[str, Any]
"""Columns of `schema.calls` by name, as they are stored. A call is written as it is stored, not as it is shown: a
recorder makes a fact of every ring, and the way through a read model and back took most of its time."""


def arrived(fact: CallArrived, call_id: int) -> Columns:
    """The call that `fact` begins, every column of it. A telephone lifted to dial out is in use from the start."""
    ringing = fact.direction is Direction.INCOMING
    return {
        **_UNKNOWN,
        "id": call_id,
        "call": storable(fact.call),
        "line": storable(fact.line),
        "direction": fact.direction.value,
        "state": (CallState.RINGING if ringing else CallState.IN_CALL).value,
        "arrived_us": micros(fact.at),
    }


def purged(fact: CallPurged) -> Columns:
    """All that is known of a call whose retention time was over, whatever was known before; every column."""
    call = {
        **_UNKNOWN,
        "id": fact.row,
        "call": storable(fact.call),
        "line": storable(fact.line),
        "direction": fact.direction.value,
        "state": CallState.ENDED.value,
        "arrived_us": micros(fact.arrived_at),
        "last_ring_us": _micros(fact.last_ring_at),
        "answered_us": _micros(fact.answered_at),
        "ended_us": _micros(fact.ended_at),
        "rings": fact.rings,
        "ring_s": float(fact.ring_s),
        "talk_s": None if fact.talk_s is None else float(fact.talk_s),
        "outcome": None if fact.outcome is None else fact.outcome.value,
        "evidence": None if fact.evidence is None else fact.evidence.value,
        "settlement": None if fact.settlement is None else fact.settlement.value,
        "settled_us": _micros(fact.settled_at),
        "fax": fact.fax,
        "purged": True,
    }
    return call | _derived(call)


def changes(call: Columns, fact: CallFact) -> Columns:
    """What `fact` sets in `call`, which holds every column but "number_id"; what is as it was may be among it."""
    handler = _CALL_HANDLERS.get(type(fact))
    return handler(call, fact) if handler else {}


def line_after(state: LineState | None, fact: LineFact) -> LineState | None:
    """The line after `fact`; None: nothing is known of it. What others do to a line makes none."""
    if state is None and isinstance(fact, _SAY_NOTHING_OF_IT):
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


_SAY_NOTHING_OF_IT = (NoiseHeard, NoiseCounted, StrangersTurnedAway, RequestMade, RequestSettled)


# --- calls -------------------------------------------------------------------------------------------------------


_UNKNOWN: Columns = dict.fromkeys(CALL_COLUMNS) | {
    "rings": 0,
    "ring_s": 0.0,
    "identified": False,
    "doubtful": False,
    "settled_by": "",
    "fax": False,
    "digits": "",
    "notes": 0,
    "last_note": "",
    "purged": False,
    "number_id": None,
    "result": None,
    "owed": None,
}
"""A call of which nothing is known."""


def _rang(call: Columns, fact: CallRang) -> Columns:
    if call["ended_us"] is not None:  # its figures are final
        return {}
    at_us = micros(fact.at)
    heard_s = (at_us - call["arrived_us"]) / 1_000_000
    return {"rings": max(fact.ring, call["rings"]), "ring_s": max(heard_s, call["ring_s"]), "last_ring_us": at_us}


def _identified(call: Columns, fact: CallIdentified) -> Columns:
    after: Columns = {"identified": True}
    if fact.number_raw is not None or call["number_raw"] is None:
        # A number once heard is not lost to a later "private".
        after["number_raw"] = _text(fact.number_raw)
        after["number"] = _text(fact.number)
        after["kind"] = None if fact.kind is None else fact.kind.value
        after["extension"] = _text(fact.extension)
        after["absence"] = None if fact.absence is None else fact.absence.value
        after["doubtful"] = fact.intact is False
    if fact.name is not None or call["name"] is None:
        after["name"] = _text(fact.name)
        after["name_absence"] = None if fact.name_absence is None else fact.name_absence.value
    if fact.called is not None:
        after["called"] = _text(fact.called)
    if fact.redirected_from is not None:
        after["redirected_from"] = _text(fact.redirected_from)
    return after


def _answered(call: Columns, fact: CallAnswered) -> Columns:
    after: Columns = {} if call["answered_us"] is not None else {"answered_us": micros(fact.at)}
    if call["state"] == CallState.RINGING.value:
        after["state"] = CallState.IN_CALL.value
        after["ring_s"] = max((micros(fact.at) - call["arrived_us"]) / 1e6, call["ring_s"])
    return after


def _ended(call: Columns, fact: CallEnded) -> Columns:
    after = {
        "state": CallState.ENDED.value,
        "ended_us": micros(fact.at),
        "outcome": fact.outcome.value,
        "evidence": fact.evidence.value,
        "rings": fact.rings,
        "ring_s": float(fact.ring_s),
        "talk_s": None if fact.talk_s is None else float(fact.talk_s),
        "code": fact.code,
    }
    return after | _derived(call | after)


def _digits(call: Columns, fact: DigitsDialled) -> Columns:
    return {"digits": call["digits"] + storable(fact.digits)}


def _fax(_call: Columns, _fact: FaxCalling) -> Columns:
    return {"fax": True}


def _settled(call: Columns, fact: CallSettled) -> Columns:
    after = {"settlement": fact.settlement.value, "settled_by": storable(fact.by), "settled_us": micros(fact.at)}
    return after | _derived(call | after)


def _noted(call: Columns, fact: CallNoted) -> Columns:
    return {"notes": call["notes"] + 1, "last_note": storable(fact.text)}


_CALL_HANDLERS: dict[type[CallFact], Callable[[Columns, Any], Columns]] = {
    CallRang: _rang,
    CallIdentified: _identified,
    CallAnswered: _answered,
    CallEnded: _ended,
    DigitsDialled: _digits,
    FaxCalling: _fax,
    CallSettled: _settled,
    CallNoted: _noted,
}


def _derived(call: Columns) -> Columns:
    """The columns that follow from others, to be asked for by an index."""
    outcome = None if call["outcome"] is None else Outcome(call["outcome"])
    settlement = None if call["settlement"] is None else Settlement(call["settlement"])
    incoming = call["direction"] == Direction.INCOMING.value
    ended = call["state"] == CallState.ENDED.value
    result = result_of(outcome, settlement)
    owed = owed_for(outcome, settlement) if ended and incoming and not call["purged"] else None
    return {"result": None if result is None else result.value, "owed": None if owed is None else owed.value}


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


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
