"""A log moves to another kind of database without losing a row, and its chain proves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dutyphone_simulators.clock import ManualClock
from sqlalchemy import select

from dutyphone.errors import ChainBroken, DatabaseBusy, DatabaseUnusable
from dutyphone.journal.facts import Book, CallNoted, Fact, RecorderStarted
from dutyphone.store.copying import copy
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.retention import purge
from dutyphone.store.schema import journal
from dutyphone.store.store import LineDeclaration, Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

ACall = Callable[..., list[Fact]]


def rows_of(store: Store) -> list[tuple[Any, ...]]:
    with store.database.snapshot() as session:
        return [tuple(row) for row in session.all(select(journal).order_by(journal.c.seq))]


@pytest.fixture
def source(tmp_path: Path, a_call: ACall) -> Store:
    """A log in a file, part of it purged, with everything people and modems may write."""
    with Store.open(f"sqlite:///{tmp_path}/source.db", key_folder=tmp_path / "source keys") as store:
        store.declare_lines(
            [
                LineDeclaration(line="fax", title="传真", driver="serial_modem", port="/dev/ttyACM1"),
                LineDeclaration(line="desk", title="值班座机", driver="serial_modem", port="/dev/ttyACM0"),
            ]
        )
        store.append([RecorderStarted(at=AT, version="0.1.0", pid=1), *a_call("ancient")], recorded_at=AT)
        later = AT + timedelta(days=40)
        calls = [fact for i in range(700) for fact in a_call(f"c{i}", at=later, name=f"第{i}值班室")]
        store.append(calls, recorded_at=later)
        odd = "\x00 𠀀 \udcff \n 'quoted' \\"
        store.append([CallNoted(at=later, call="c1", text=odd, by="张三")], recorded_at=later)
        purge(store, Book.CALLS, AT + timedelta(days=1), clock=ManualClock(later), rest=lambda _seconds: True)
    return Store.open(f"sqlite:///{tmp_path}/source.db", key_folder=tmp_path / "source keys")


def test_every_row_arrives_with_its_hash(source: Store, store: Store) -> None:
    told: list[tuple[int, int]] = []
    with source:
        end = copy(source, store, on_progress=lambda done, total: told.append((done, total)))
        assert rows_of(store) == rows_of(source)
        assert (end.seq, end.hash) == (rows_of(source)[-1][0], rows_of(source)[-1][-1])
        report = verify(store)
        assert (report.first_bad, report.projection_differences, report.purged) == (None, (), 4)
        everything = CallQuery(text="第12")
        assert store.history(everything).rows == source.history(everything).rows
        assert [line.title for line in store.lines()] == ["传真", "值班座机"]
    assert told[-1] == (end.seq, end.seq)
    assert len(told) == 3


def test_it_goes_on_where_it_was(source: Store, store: Store, a_call: ACall) -> None:
    with source:
        end = copy(source, store, on_progress=lambda *_: None)
    later = AT + timedelta(days=50)
    assert store.append(a_call("next", at=later), recorded_at=later)[0] == end.seq + 1
    assert verify(store).ok


def test_a_database_that_is_not_empty_is_left_alone(source: Store, store: Store, a_call: ACall) -> None:
    store.append(a_call("mine"), recorded_at=AT)
    before = rows_of(store)
    with source, pytest.raises(DatabaseUnusable, match="already"):
        copy(source, store, on_progress=lambda *_: None)
    assert rows_of(store) == before


def test_a_broken_chain_is_not_copied(source: Store, store: Store) -> None:
    with source:
        with source.database.writing() as session:
            session.sql("UPDATE journal SET body = replace(body, '5550', '5551') WHERE seq = 1499")
        with pytest.raises(ChainBroken) as caught:
            copy(source, store, on_progress=lambda *_: None)
    assert caught.value.seq == 1499
    assert store.last_seq() == 0


def test_a_copy_that_is_interrupted_leaves_nothing(source: Store, store: Store) -> None:
    def interrupted(done: int, _total: int) -> None:
        if done == 2000:
            raise KeyboardInterrupt

    with source, pytest.raises(KeyboardInterrupt):
        copy(source, store, on_progress=interrupted)
    assert store.last_seq() == 0
    assert store.count_calls(CallQuery()) == 0


def test_what_is_written_meanwhile_is_not_lost_silently(source: Store, store: Store, a_call: ACall) -> None:
    def written(done: int, total: int) -> None:
        if done == total:
            source.append(a_call("meanwhile"), recorded_at=AT)

    with source, pytest.raises(DatabaseBusy, match="while it was copied"):
        copy(source, store, on_progress=written)
    assert store.last_seq() == 0
