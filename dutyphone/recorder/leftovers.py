"""What a recorder that died without farewell left open, and the facts that close it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from dutyphone.calls.outcome import outcome_of
from dutyphone.journal.facts import CallEnded, Fact, RecorderStarted, RecorderStopped, StopReason
from dutyphone.lines.events import Evidence
from dutyphone.store.readmodels import CallRow, RecorderRow


def close_leftovers(
    recorder: RecorderRow | None, open_calls: Iterable[CallRow], rescued: Sequence[Fact] = ()
) -> list[Fact]:
    """The farewell the last recorder owes (at its last sign of life), and the end of each call it left open.

    `rescued` is what will be written before that: what is in there is owed no more.
    """
    facts: list[Fact] = []
    last_sign: datetime | None = None
    lives = [fact for fact in rescued if isinstance(fact, RecorderStarted | RecorderStopped)]
    if recorder is not None and not (lives and isinstance(lives[-1], RecorderStopped)):
        last_sign = recorder.stopped_at or recorder.beat_at
        if recorder.stopped_at is None:
            facts.append(RecorderStopped(at=recorder.beat_at, reason=StopReason.FOUND_DEAD))
    ended = {fact.call for fact in rescued if isinstance(fact, CallEnded)}
    return facts + [_cut_off(call, last_sign) for call in open_calls if call.call not in ended]


def _cut_off(call: CallRow, last_sign: datetime | None) -> CallEnded:
    seen_until = max(t for t in (call.arrived_at, call.last_ring_at, call.answered_at, last_sign) if t is not None)
    talk_s = (seen_until - call.answered_at).total_seconds() if call.answered_at else None
    return CallEnded(
        at=seen_until,
        call=call.call,
        outcome=outcome_of(Evidence.RECORDER_STOPPED, None, call.direction, taken=call.answered_at is not None),
        evidence=Evidence.RECORDER_STOPPED,
        rings=call.rings,
        ring_s=call.ring_s,
        talk_s=round(talk_s, 3) if talk_s is not None else None,
    )
