"""Projections are nothing but the journal: replayed, they are the same, row for row and token for token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

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
    Settlement,
    StopReason,
)
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence, Trouble
from dutyphone.store.rebuild import rebuild
from dutyphone.store.schema import PROJECTIONS
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

moments = st.integers(-90, 90).map(lambda seconds: AT + timedelta(seconds=seconds))
call_ids = st.sampled_from(["a", "b", "c", "丁"])
lines = st.sampled_from(["desk", "fax"])
texts = st.text(alphabet="甲乙丙，。 abAB12%_\\\x00\udc80𠀀", max_size=8)
maybe_texts = st.none() | texts
counts = st.integers(0, 9)
seconds = st.floats(0, 99, allow_nan=False)


def call_fact(kind: type[Fact], /, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Fact]:
    return st.builds(kind, at=moments, call=call_ids, **parts)


def line_fact(kind: type[Fact], /, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Fact]:
    return st.builds(kind, at=moments, line=lines, **parts)


any_fact = st.one_of(
    st.builds(RecorderStarted, at=moments, version=texts, pid=counts, simulated=st.booleans()),
    st.builds(RecorderStopped, at=moments, reason=st.sampled_from(StopReason)),
    st.builds(ClockStepped, at=moments, step_s=seconds),
    line_fact(LineCameBack, driver=texts, port=texts, device=maybe_texts),
    line_fact(LineWentDown, reason=st.sampled_from(LossReason), detail=texts),
    line_fact(LineTroubled, trouble=st.sampled_from(Trouble)),
    line_fact(LineTroubleEnded, trouble=st.sampled_from(Trouble)),
    line_fact(NoiseHeard, pieces=counts, wire=st.binary(max_size=4)),
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


def everything(store: Store) -> list[Any]:
    """All projections and the search index, as they stand."""
    index = store.database.backend.index
    with store.database.snapshot() as session:
        tables: list[Any] = [
            [tuple(row) for row in session.all(select(table).order_by(*table.primary_key.columns))]
            for table in PROJECTIONS
        ]
        tables += [sorted(index.documents(session, table)) for table in (index.text_index, index.number_index)]
        return tables


@given(batches=batches)
@settings(max_examples=25, deadline=None)
def test_any_journal_replays_to_the_same_tables(tmp_path_factory: Any, batches: Sequence[Sequence[Fact]]) -> None:
    """However the facts came in batches, in whatever order, true or nonsense."""
    folder: Path = tmp_path_factory.mktemp("replay")
    with Store.open(f"sqlite:///{folder}/duty.db") as store:
        for batch in batches:
            store.append(batch, recorded_at=AT)
        before = everything(store)
        assert rebuild(store) == sum(map(len, batches))
        assert everything(store) == before
        report = verify(store)
        assert report.ok, report


@given(batches=batches)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_kind_of_database_replays_to_the_same_tables(store: Store, batches: Sequence[Sequence[Fact]]) -> None:
    for batch in batches:
        store.append(batch, recorded_at=AT)
    before = everything(store)
    rebuild(store)
    assert everything(store) == before
    assert verify(store).ok


def test_a_rebuild_mends_what_somebody_did_to_the_tables(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    store.append([*a_call("a", name="值班室"), *a_call("b")], recorded_at=AT)
    before = everything(store)
    with store.database.writing() as session:
        session.sql("UPDATE calls SET number = '110', result = 'answered' WHERE id = 1")
        session.sql("DELETE FROM call_facts")
        store.database.backend.index.clear(session)
    assert everything(store) != before
    assert not verify(store).ok
    rebuild(store)
    assert everything(store) == before
    assert verify(store).ok


def test_more_facts_than_are_replayed_at_a_time(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    facts = [fact for i in range(700) for fact in a_call(f"c{i}", at=AT + timedelta(seconds=i), name=f"第{i}室")]
    store.append(facts, recorded_at=AT)
    before = everything(store)
    assert rebuild(store) == len(facts) == 2800
    assert everything(store) == before
    assert verify(store).ok


def test_purged_bodies_leave_a_chain_that_holds(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    """X32: a call whose time is over is gone from the tables and from the journal's bodies, not from the chain."""
    store.append([*a_call("old"), *a_call("kept")], recorded_at=AT)
    with store.database.writing() as session:
        session.sql("UPDATE journal SET body = NULL WHERE seq <= 4")
    assert rebuild(store) == 4
    assert [row.call for row in store.calls_between(AT, AT + timedelta(hours=1))] == ["kept"]
    assert verify(store).ok
