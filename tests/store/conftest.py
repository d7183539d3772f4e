"""Stores to test on: SQLite always, PostgreSQL where there is a server for tests; see `support.server`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.server import SERVER, schema_of

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

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"] if SERVER else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/duty.db"
    return str(request.getfixturevalue("server_url"))


@pytest.fixture
def server_url() -> Iterator[str]:
    """An empty schema of the server, for what only a server can do or suffer."""
    if SERVER is None:
        pytest.skip("DUTYPHONE_TEST_POSTGRES_URL names no server; see tools/with-postgres")
    with schema_of(SERVER) as made:
        yield made


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
def server_store(server_url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(server_url, key_folder=tmp_path / "keys") as opened:
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
