"""Any journal: facts of every kind, true or nonsense, in batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    CallNoted,
    CallRang,
    CallSettled,
    ClockStepped,
    DigitsDialled,
    Fact,
    FaxCalling,
    LineCameBack,
    LineTroubled,
    LineTroubleEnded,
    LineWentDown,
    NoiseHeard,
    NumberKind,
    Outcome,
    RecorderStarted,
    RecorderStopped,
    RequestKind,
    RequestMade,
    RequestSettled,
    Settlement,
    StopReason,
    StrangersTurnedAway,
)
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence, Trouble

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

moments = st.integers(-90, 90).map(lambda seconds: AT + timedelta(seconds=seconds))
call_ids = st.sampled_from(["a", "b", "c", "丁"])
lines = st.sampled_from(["desk", "fax"])
recorder_ids = st.sampled_from(["", "r1", "r2"])
texts = st.text(alphabet="甲乙丙，。 abAB12%_\\\x00\udc80𠀀", max_size=8)
maybe_texts = st.none() | texts
counts = st.integers(0, 9)
seconds = st.floats(0, 99, allow_nan=False)


def call_fact(kind: type[Fact], /, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Fact]:
    return st.builds(kind, at=moments, call=call_ids, **parts)


def line_fact(kind: type[Fact], /, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Fact]:
    return st.builds(kind, at=moments, line=lines, **parts)


any_fact = st.one_of(
    st.builds(
        RecorderStarted,
        at=moments,
        version=texts,
        pid=counts,
        simulated=st.booleans(),
        recorder=recorder_ids,
        host=texts,
        lines=st.lists(lines, unique=True).map(tuple),
    ),
    st.builds(RecorderStopped, at=moments, reason=st.sampled_from(StopReason), recorder=recorder_ids),
    st.builds(ClockStepped, at=moments, step_s=seconds),
    line_fact(LineCameBack, driver=texts, port=texts, device=maybe_texts),
    line_fact(LineWentDown, reason=st.sampled_from(LossReason), detail=texts),
    line_fact(LineTroubled, trouble=st.sampled_from(Trouble)),
    line_fact(LineTroubleEnded, trouble=st.sampled_from(Trouble)),
    line_fact(NoiseHeard, pieces=counts, wire=st.binary(max_size=4)),
    line_fact(RequestMade, request=call_ids, what=st.sampled_from(RequestKind), number=maybe_texts),
    line_fact(RequestSettled, request=call_ids, done=st.booleans(), why=texts),
    line_fact(StrangersTurnedAway, source=texts, what=texts, times=counts),
    call_fact(CallArrived, line=lines, direction=st.sampled_from(Direction)),
    call_fact(CallRang, ring=counts),
    call_fact(
        CallIdentified,
        number_raw=st.none() | st.sampled_from(["01055501234", "110", "55501234", "*57*"]),
        number=st.none() | st.sampled_from(["+861055501234", "110"]),
        kind=st.none() | st.sampled_from(NumberKind),
        absence=st.none() | st.sampled_from(NumberAbsence),
        name=maybe_texts,
        name_absence=st.none() | st.sampled_from(NameAbsence),
        intact=st.none() | st.booleans(),
    ),
    call_fact(CallAnswered, evidence=st.sampled_from(Evidence)),
    call_fact(
        CallEnded,
        outcome=st.sampled_from(Outcome),
        evidence=st.sampled_from(Evidence),
        rings=counts,
        ring_s=seconds,
        talk_s=st.none() | seconds,
    ),
    call_fact(DigitsDialled, digits=texts),
    call_fact(FaxCalling),
    call_fact(CallSettled, settlement=st.sampled_from(Settlement), by=texts),
    call_fact(CallNoted, text=texts, by=texts),
)
batches = st.lists(st.lists(any_fact, min_size=1, max_size=8), max_size=8)
