"""Stores to test on: SQLite always, PostgreSQL where DUTYPHONE_TEST_POSTGRES_URL names a server.

The URL is that of a database in which schemas may be made, like postgresql+psycopg://postgres@127.0.0.1/dutytest.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from dutyphone.journal.facts import (
    CallArrived,
    CallEnded,
    CallIdentified,
    CallRang,
    Fact,
    LineCameBack,
    NumberKind,
    Outcome,
    RecorderStarted,
)
from dutyphone.lines.events import Evidence
from dutyphone.store.store import Store

SERVER = os.environ.get("DUTYPHONE_TEST_POSTGRES_URL")

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"] if SERVER else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/duty.db"
        return
    assert SERVER is not None
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        whole = make_url(SERVER).update_query_dict({"options": f"-csearch_path={schema}"})
        yield whole.render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    finally:
        engine.dispose()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(url, key_folder=tmp_path / "keys") as opened:
        yield opened


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """For what only an SQLite file can do or suffer."""
    return f"sqlite:///{tmp_path}/duty.db"


@pytest.fixture
def file_store(file_url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(file_url, key_folder=tmp_path / "keys") as opened:
        yield opened


@pytest.fixture
def write() -> Callable[..., range]:
    """Append facts, recorded when the last of them happened."""

    def append(store: Store, *facts: Fact) -> range:
        return store.append(facts, recorded_at=facts[-1].at)

    return append


@pytest.fixture(scope="session")
def a_call() -> Callable[..., list[Fact]]:
    """The facts of one whole call."""

    def facts(
        call: str,
        *,
        at: datetime = AT,
        line: str = "desk",
        number: str | None = "+861055501234",
        raw: str | None = "01055501234",
        name: str | None = None,
        outcome: Outcome = Outcome.MISSED,
    ) -> list[Fact]:
        return [
            CallArrived(at=at, call=call, line=line, wire=b"RING\r\n"),
            CallIdentified(
                at=at + timedelta(seconds=2),
                call=call,
                number=number,
                number_raw=raw,
                kind=NumberKind.FIXED if number else None,
                name=name,
            ),
            CallRang(at=at + timedelta(seconds=5), call=call, ring=2),
            CallEnded(
                at=at + timedelta(seconds=11),
                call=call,
                outcome=outcome,
                evidence=Evidence.RINGING_STOPPED,
                rings=2,
                ring_s=6.0,
            ),
        ]

    return facts


@pytest.fixture
def at_the_desk(store: Store) -> Store:
    """A store whose recorder runs and whose line `desk` is up."""
    store.append(
        [
            RecorderStarted(at=AT, version="0.1.0", pid=4242),
            LineCameBack(at=AT, line="desk", driver="serial_modem", port="/dev/ttyACM0"),
        ],
        recorded_at=AT,
    )
    return store
