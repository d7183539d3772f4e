"""X30, S2-81: a copy of the log is taken while it is written, is checked, and comes back whole."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dutyphone_simulators.clock import ManualClock
from sqlalchemy import select

from dutyphone.errors import (
    BackupUnusable,
    DatabaseBusy,
    OutputError,
    RecorderAlreadyRunning,
    StoreError,
)
from dutyphone.journal.facts import Book, CallNoted, Fact, LineCameBack, RecorderStarted
from dutyphone.recorder.leftovers import close_leftovers
from dutyphone.store import store as room
from dutyphone.store.backup import back_up
from dutyphone.store.manifest import BACKUP_NOTE, Manifest, file_digest, last_backup, manifest_path, read_manifest
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.restore import Restored, restore
from dutyphone.store.retention import purge
from dutyphone.store.schema import journal
from dutyphone.store.store import LineDeclaration, Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(days=3)
CALLS = 30

ACall = Callable[..., list[Fact]]


def nothing(_done: int, _of: int) -> None: ...


def copied(store: Store, path: Path, *, pause: Callable[[float], None] = lambda _seconds: None) -> Manifest:
    return back_up(store, path, now=LATER, pause=pause, on_progress=nothing)


def restored(url: str, copy: Path, keys: Path) -> Restored:
    return restore(url, copy, key_folder=keys, now=LATER + timedelta(hours=1), on_progress=nothing)


def rows_of(store: Store) -> list[tuple[Any, ...]]:
    with store.database.snapshot() as session:
        return [tuple(row) for row in session.all(select(journal).order_by(journal.c.seq))]


@pytest.fixture
def full(store: Store, a_call: ACall) -> Store:
    """A store with a month in it, some of which was purged."""
    store.declare_lines([LineDeclaration(line="desk", title="值班座机", driver="serial_modem", port="/dev/ttyACM0")])
    store.append(
        [
            RecorderStarted(at=AT - timedelta(days=60), version="0.1.0", pid=4242),
            LineCameBack(at=AT - timedelta(days=60), line="desk", driver="serial_modem", port="/dev/ttyACM0"),
            *a_call("ancient", at=AT - timedelta(days=50)),
        ],
        recorded_at=AT - timedelta(days=50),
    )
    calls = [fact for i in range(CALLS) for fact in a_call(f"c{i}", at=AT + timedelta(minutes=i), name=f"第{i}值班室")]
    store.append(calls, recorded_at=AT)
    store.append([CallNoted(at=AT, call="c7", text="已回拨", by="张三")], recorded_at=AT)
    purge(store, Book.CALLS, AT - timedelta(days=30), clock=ManualClock(AT), rest=lambda _seconds: True)
    store.beat(AT + timedelta(hours=1), {})
    return store


def test_a_copy_says_what_is_in_it(full: Store, tmp_path: Path) -> None:
    manifest = copied(full, tmp_path / "copy")
    assert read_manifest(tmp_path / "copy") == manifest
    assert (manifest.rows, manifest.made_at) == (full.last_seq(), LATER)
    assert manifest.head == rows_of(full)[-1][-1]
    assert manifest.size == (tmp_path / "copy").stat().st_size
    note = full.beside(BACKUP_NOTE)
    assert note is not None
    last = last_backup(note)
    assert last is not None
    assert (last.at, last.path, last.rows) == (LATER, tmp_path / "copy", manifest.rows)


def test_a_copy_is_for_nobody_else_to_read(full: Store, tmp_path: Path) -> None:
    copied(full, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


def test_a_copy_is_taken_while_others_write(file_store: Store, a_call: ACall, tmp_path: Path) -> None:
    """P10: from one moment, and never begun anew because of them."""
    file_store.append([fact for i in range(400) for fact in a_call(f"c{i}", name=f"第{i}值班室")], recorded_at=AT)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        with Store.open(file_store.url, create=False, key_folder=tmp_path / "keys") as other:
            other.append(a_call(f"meanwhile-{len(pauses)}"), recorded_at=AT)

    manifest = copied(file_store, tmp_path / "copy.db", pause=pause)
    assert manifest.rows == 1600
    assert len(pauses) > 2
    assert file_store.last_seq() == 1600 + 4 * len(pauses)
    with Store.open(f"sqlite:///{tmp_path}/copy.db", key_folder=tmp_path / "other") as copy:
        report = verify(copy)
        assert (report.rows, report.first_bad, report.projection_differences) == (1600, None, ())


def test_a_copy_has_nothing_beside_it_that_could_be_forgotten(file_store: Store, a_call: ACall, tmp_path: Path) -> None:
    file_store.append(a_call("a"), recorded_at=AT)
    (tmp_path / "copies").mkdir()
    copied(file_store, tmp_path / "copies" / "one.db")
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == ["one.db", "one.db.manifest"]


def test_nothing_is_written_over_another_copy(full: Store, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("an older one", encoding="utf-8")
    with pytest.raises(OutputError):
        copied(full, tmp_path / "copy")
    assert (tmp_path / "copy").read_text(encoding="utf-8") == "an older one"


def test_a_copy_that_fails_leaves_nothing(file_store: Store, a_call: ACall, tmp_path: Path) -> None:
    file_store.append(a_call("a"), recorded_at=AT)
    (tmp_path / "copies").mkdir()

    def pulled_out(_seconds: float) -> None:
        raise OSError(5, "Input/output error")

    with pytest.raises(OutputError, match="Input/output error"):
        copied(file_store, tmp_path / "copies" / "one.db", pause=pulled_out)
    assert list((tmp_path / "copies").iterdir()) == []
    with pytest.raises(OutputError):
        copied(file_store, tmp_path / "no such folder" / "one.db")
    assert last_backup(tmp_path / f"duty.db{BACKUP_NOTE}") is None


def test_a_log_that_is_not_whole_is_not_copied_as_if_it_were(full: Store, tmp_path: Path) -> None:
    with full.database.writing() as session:
        session.sql("UPDATE journal SET body = replace(body, '5550', '5551') WHERE seq = 20")
    with pytest.raises(BackupUnusable, match="20"):
        copied(full, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


# --- back again --------------------------------------------------------------------------------------------------


def test_what_is_restored_is_what_was_copied(full: Store, url: str, a_call: ACall, tmp_path: Path) -> None:
    """The rehearsal: copy, go on, lose it, restore."""
    manifest = copied(full, tmp_path / "copy")
    before = rows_of(full)
    full.append(a_call("after the copy", at=LATER), recorded_at=LATER)
    full.close()
    done = restored(url, tmp_path / "copy", tmp_path / "keys")
    assert (done.rows, done.copied_at) == (manifest.rows, LATER)
    with Store.open(url, create=False, key_folder=tmp_path / "keys") as store:
        rows = rows_of(store)
        assert rows[:-1] == before
        assert rows[-1][3] == "LogRestored"
        report = verify(store)
        assert report.ok, report
        assert report.purged == 4
        assert store.call("after the copy") is None
        assert [row.call for row in store.history(CallQuery(text="已回")).rows] == ["c7"]
        (stopped, *_) = close_leftovers(store.recorders(), store.open_calls())
        assert stopped.at >= AT, "the last recorder is known to have lived when it last wrote"
        store.append(a_call("next", at=LATER + timedelta(days=1)), recorded_at=LATER + timedelta(days=1))
        assert verify(store).ok


def test_the_log_that_was_there_is_kept(file_store: Store, file_url: str, a_call: ACall, tmp_path: Path) -> None:
    file_store.append(a_call("a"), recorded_at=AT)
    copied(file_store, tmp_path / "copy.db")
    file_store.append(a_call("only here"), recorded_at=LATER)
    file_store.close()
    done = restored(file_url, tmp_path / "copy.db", tmp_path / "keys")
    aside = Path(done.aside)
    assert aside.name == "duty.db.before-20260219-103000"
    with Store.open(f"sqlite:///{aside}", key_folder=tmp_path / "keys") as store:
        assert store.call("only here") is not None
        assert verify(store).ok, "its head is kept with it"


def test_on_a_server_the_tables_that_were_there_are_kept(full: Store, url: str, a_call: ACall, tmp_path: Path) -> None:
    if url.startswith("sqlite"):
        pytest.skip("of a server")
    copied(full, tmp_path / "copy")
    full.append(a_call("only here"), recorded_at=LATER)
    done = restored(url, tmp_path / "copy", tmp_path / "keys")
    assert done.aside.endswith("_before_20260219103000")
    with full.database.writing() as session:
        ((kept,),) = session.sql(f"SELECT count(*) FROM \"{done.aside}\".calls WHERE call = 'only here'")
        session.sql(f'DROP SCHEMA "{done.aside}" CASCADE')
    assert kept == 1


def test_a_server_s_copy_goes_into_a_file_too(full: Store, url: str, tmp_path: Path) -> None:
    if url.startswith("sqlite"):
        pytest.skip("of a server")
    copied(full, tmp_path / "copy")
    done = restored(f"sqlite:///{tmp_path}/new.db", tmp_path / "copy", tmp_path / "new keys")
    assert done.aside == ""
    with Store.open(f"sqlite:///{tmp_path}/new.db", key_folder=tmp_path / "new keys") as store:
        assert rows_of(store)[:-1] == rows_of(full)
        assert verify(store).ok
    with Store.open(f"sqlite:///{tmp_path}/new.db") as store:
        copied(store, tmp_path / "second")
    with pytest.raises(BackupUnusable, match="SQLite"):
        restored(url, tmp_path / "second", tmp_path / "keys")


@pytest.fixture
def closed(file_store: Store, a_call: ACall, tmp_path: Path) -> Iterator[Path]:
    """A copy of a closed log at `duty.db`."""
    file_store.append(a_call("a", name="值班室"), recorded_at=AT)
    copied(file_store, tmp_path / "copy.db")
    file_store.append(a_call("b"), recorded_at=AT)
    file_store.close()
    before = (tmp_path / "duty.db").read_bytes()
    yield tmp_path / "copy.db"
    assert (tmp_path / "duty.db").read_bytes() == before, "the log was not touched"
    assert not list(tmp_path.glob("*.restoring*"))


@pytest.mark.parametrize("damage", ["a byte", "cut", "gone", "no manifest", "garbled manifest", "forged", "newer"])
def test_a_copy_that_is_not_whole_is_refused(closed: Path, file_url: str, tmp_path: Path, damage: str) -> None:
    data, manifest = closed.read_bytes(), manifest_path(closed)
    if damage == "a byte":
        closed.write_bytes(data[:9000] + bytes([data[9000] ^ 1]) + data[9001:])
    elif damage == "cut":
        closed.write_bytes(data[:-4096])
    elif damage == "gone":
        closed.unlink()
    elif damage == "no manifest":
        manifest.unlink()
    elif damage == "garbled manifest":
        manifest.write_text("{", encoding="utf-8")
    elif damage == "newer":
        manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    else:
        values = json.loads(manifest.read_text())
        manifest.write_text(json.dumps(values | {"head": "00" * 32}))
    with pytest.raises(BackupUnusable) as caught:
        restored(file_url, closed, tmp_path / "keys")
    assert caught.value.advice


def test_a_copy_whose_journal_was_changed_is_refused_though_its_manifest_agrees(
    closed: Path, file_url: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(closed, isolation_level=None)) as connection:
        connection.execute("UPDATE journal SET body = replace(body, '5550', '5551') WHERE seq = 2")
    values = json.loads(manifest_path(closed).read_text())
    values |= {"sha256": file_digest(closed).hex(), "size": closed.stat().st_size}
    manifest_path(closed).write_text(json.dumps(values))
    with pytest.raises(BackupUnusable, match="row 2"):
        restored(file_url, closed, tmp_path / "keys")


def test_nothing_is_restored_while_a_recorder_writes(closed: Path, file_url: str, tmp_path: Path) -> None:
    with Store.open(file_url, key_folder=tmp_path / "keys") as store, store.lease():
        with pytest.raises(RecorderAlreadyRunning):
            restored(file_url, closed, tmp_path / "keys")
        assert store.call("b") is not None


def test_nothing_is_restored_while_a_console_is_open(
    closed: Path, file_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go on writing notes into a file that nobody reads any more."""
    monkeypatch.setattr("dutyphone.store.replace.PATIENCE_MS", 20)
    with Store.open(file_url, key_folder=tmp_path / "keys") as console:
        assert console.call("b") is not None
        with pytest.raises(DatabaseBusy, match="Somebody has"):
            restored(file_url, closed, tmp_path / "keys")
        with console.database.reading() as session:
            assert session.sql("PRAGMA journal_mode") == [("wal",)]


def test_a_damaged_log_is_replaced_and_kept(file_store: Store, file_url: str, a_call: ACall, tmp_path: Path) -> None:
    """What restoring is for."""
    file_store.append(a_call("a"), recorded_at=AT)
    copied(file_store, tmp_path / "copy.db")
    file_store.close()
    (tmp_path / "duty.db").write_bytes(b"\xff" * 5000)
    done = restored(file_url, tmp_path / "copy.db", tmp_path / "keys")
    assert Path(done.aside).read_bytes() == b"\xff" * 5000
    with Store.open(file_url, key_folder=tmp_path / "keys") as store:
        assert verify(store).ok


def test_a_log_that_is_not_there_is_restored(closed: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/duty.db"
    done = restored(url, closed, tmp_path / "new keys")
    assert done.aside == ""
    with Store.open(url, create=False, key_folder=tmp_path / "new keys") as store:
        assert verify(store).ok
        assert store.last_seq() == 5


def test_a_copy_of_an_older_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    kept = Path(__file__).parent / "databases" / "0001.db.gz"
    (tmp_path / "old.db").write_bytes(gzip.decompress(kept.read_bytes()))
    with Store.open(f"sqlite:///{tmp_path}/old.db") as store:
        copied(store, tmp_path / "copy.db")
        rows = rows_of(store)
    shutil.copy(tmp_path / "copy.db", tmp_path / "other.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (len(rows),)
    restored(f"sqlite:///{tmp_path}/new.db", tmp_path / "copy.db", tmp_path / "keys")
    with Store.open(f"sqlite:///{tmp_path}/new.db", key_folder=tmp_path / "keys") as store:
        assert rows_of(store)[:-1] == rows
        assert verify(store).ok


def test_a_file_replaced_while_it_is_opened_is_noticed(
    closed: Path, file_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waited for the lock of a restore has the old file in hand, which nobody else reads any more."""
    shutil.copy(tmp_path / "duty.db", tmp_path / "twin.db")
    ready = room.ready

    def replaced(database: Any, *, upgrade: bool) -> None:
        ready(database, upgrade=upgrade)
        (tmp_path / "twin.db").replace(tmp_path / "duty.db")

    monkeypatch.setattr(room, "ready", replaced)
    with pytest.raises(StoreError, match="replaced"):
        Store.open(file_url, key_folder=tmp_path / "keys")
