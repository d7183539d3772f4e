"""What recorders that died without farewell left open, and the facts that close it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from dutyphone.calls.outcome import outcome_of
from dutyphone.journal.facts import CallEnded, Fact, RecorderStopped, StopReason
from dutyphone.lines.events import Evidence
from dutyphone.store.readmodels import CallRow, RecorderRow


def close_leftovers(
    recorders: Iterable[RecorderRow], open_calls: Iterable[CallRow], rescued: Sequence[Fact] = ()
) -> list[Fact]:
    """The farewells that `recorders` owe (each at its last sign of life), and the end of each call left open.

    `recorders` are none that live, and `open_calls` none of theirs. `rescued` is what will be written before: what is
    in there is owed no more.
    """
    departed = {fact.recorder for fact in rescued if isinstance(fact, RecorderStopped)}
    gone = [recorder for recorder in recorders if recorder.recorder not in departed]
    farewells: list[Fact] = [
        RecorderStopped(at=recorder.beat_at, reason=StopReason.FOUND_DEAD, recorder=recorder.recorder)
        for recorder in gone
        if recorder.stopped_at is None
    ]
    ended = {fact.call for fact in rescued if isinstance(fact, CallEnded)}
    return farewells + [_cut_off(call, _last_sign(call.line, gone)) for call in open_calls if call.call not in ended]


def _last_sign(line: str, recorders: Sequence[RecorderRow]) -> datetime | None:
    """When a recorder of `line` last lived; None if none is known."""
    return max(
        (recorder.stopped_at or recorder.beat_at for recorder in recorders if recorder.records(line)), default=None
    )


def _cut_off(call: CallRow, last_sign: datetime | None) -> CallEnded:
    seen_until = max(t for t in (call.arrived_at, call.last_ring_at, call.answered_at, last_sign) if t is not None)
    talk_s = (seen_until - call.answered_at).total_seconds() if call.answered_at else None
    stopped = Evidence.RECORDER_STOPPED
    return CallEnded(
        at=seen_until,
        call=call.call,
        outcome=outcome_of(stopped, None, call.direction, taken=stopped if call.answered_at else None),
        evidence=stopped,
        rings=call.rings,
        ring_s=call.ring_s,
        talk_s=round(talk_s, 3) if talk_s is not None else None,
    )
