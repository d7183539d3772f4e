"""Databases of every released schema are kept, and every later program brings them up to date without losing a row."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from dutyphone.clock import SystemClock
from dutyphone.errors import DatabaseUnusable
from dutyphone.journal.facts import Book, CallNoted, Outcome
from dutyphone.store.database import Database
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.retention import purge
from dutyphone.store.schema import REVISION, journal, metadata
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

KEPT = Path(__file__).parent / "databases"
REVISIONS = sorted(path.name.partition(".")[0] for path in KEPT.glob("*.db.gz"))
AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
ROWS = {"0001": 43, "0002": 47, "0003": 47}
PURGED_CALLS = {"0001": 0, "0002": 1, "0003": 1}


@pytest.fixture(params=REVISIONS)
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old(revision: str, url: str, tmp_path: Path) -> str:
    """The URL of a database as that revision left it."""
    if url.startswith("sqlite"):
        (tmp_path / "duty.db").write_bytes(gzip.decompress((KEPT / f"{revision}.db.gz").read_bytes()))
        return url
    database = Database(url, create=True)
    with database.reading() as session:
        session.sql((KEPT / f"{revision}.sql").read_text(encoding="utf-8"))
    database.close()
    return url


def test_every_revision_before_this_one_is_kept_for_both_kinds_of_database() -> None:
    assert REVISIONS[: int(REVISION) - 1] == [f"{n:04}" for n in range(1, int(REVISION))]
    assert sorted(path.stem for path in KEPT.glob("*.sql")) == REVISIONS


def test_it_is_brought_up_to_date_without_losing_a_row(old: str, revision: str) -> None:
    if revision < REVISION:
        with pytest.raises(DatabaseUnusable, match="older version"):
            Store.open(old, create=False)
    with Store.open(old) as store:
        report = verify(store)
        assert report.first_bad is None
        assert report.projection_differences == ()
        assert report.rows == ROWS[revision]
        assert sum(row.purged for row in store.history(CallQuery()).rows) == PURGED_CALLS[revision]
        assert store.count_calls(CallQuery()) == len(Outcome) + 2
        (noted,) = store.history(CallQuery(text="无人接听")).rows
        assert (noted.settled_by, noted.number, noted.purged) == ("张三", "+861055501201", False)
        assert [row.call for row in store.history(CallQuery(text="55501202")).rows] == ["call-5", "call-2"]
        (line,) = store.lines()
        assert (line.line, line.title) == ("desk", "值班座机")


def test_it_has_the_same_tables_as_one_made_today(old: str) -> None:
    with Store.open(old) as store, store.database.engine.connect() as connection:

        def compared(_thing: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
            extra = ("alembic_version", "text_index", "number_index")
            return not (kind == "table" and reflected and str(name).startswith(extra))

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": compared})
        assert compare_metadata(context, metadata) == []


def test_it_is_written_and_purged_like_one_made_today(old: str, revision: str) -> None:
    later = AT + timedelta(days=400)
    with Store.open(old) as store:
        store.append([CallNoted(at=later, call="call-3", text="补记", by="李四")], recorded_at=later)
        report = purge(store, Book.CALLS, later - timedelta(days=30), clock=SystemClock(), rest=lambda _seconds: True)
        assert report.calls == len(Outcome) - 1 - PURGED_CALLS[revision]
        found = verify(store)
        assert found.first_bad is None
        assert found.projection_differences == ()
        with store.database.reading() as session:
            whole = {kind for kind, body in session.all(select(journal.c.kind, journal.c.body)) if body is not None}
        assert "CallNoted" in whole
        assert store.history(CallQuery(text="无人接听")).rows == ()
