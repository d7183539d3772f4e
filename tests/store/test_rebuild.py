"""Projections are nothing but the journal: replayed, they are the same, row for row and token for token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from support.journals import batches

from dutyphone.journal.facts import Fact
from dutyphone.store.rebuild import rebuild
from dutyphone.store.schema import PROJECTIONS
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)


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
