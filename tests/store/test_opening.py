"""Opening a database, and what is said when it cannot be."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dutyphone.errors import (
    DatabaseOnNetworkDrive,
    DatabaseTooNew,
    DatabaseUnusable,
    StoreError,
    UnsafeSqlite,
)
from dutyphone.journal.facts import CallArrived
from dutyphone.store import mounts
from dutyphone.store.database import Database
from dutyphone.store.mounts import network_file_system
from dutyphone.store.schema import APPLICATION_ID, REVISION, metadata
from dutyphone.store.sqlite import refuse_unsafe, safe_driver
from dutyphone.store.store import Store
from dutyphone.store.upgrade import MIGRATIONS, ready
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /proc rw - proc proc rw
41 22 0:50 / /srv rw,relatime - nfs4 office:/srv rw,vers=4.2
42 41 8:17 / /srv/local\040disk rw,relatime - xfs /dev/sdb1 rw
43 22 0:51 / /home/duty/share rw - fuse.sshfs duty@office:/ rw
44 22 0:52 / /mnt/pc rw - cifs //office/pc rw
45 22 0:53 / /mnt/pc/inner rw - tmpfs tmpfs rw
not a line of mountinfo
"""


def test_a_new_database_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "duty.db"
    with Store.open(f"sqlite:///{path}") as store:
        assert store.last_seq() == 0
    assert path.exists()
    with Store.open(f"sqlite:///{path}", create=False) as store:
        assert store.last_seq() == 0


def test_commits_wait_for_the_disk(file_store: Store) -> None:
    """X30: WAL with synchronous=FULL (2), on the connection that writes facts."""
    with file_store.database.writing() as session:
        assert session.sql("PRAGMA journal_mode") == [("wal",)]
        assert session.sql("PRAGMA synchronous") == [(2,)]
    with file_store.database.reporting() as session:
        assert session.sql("PRAGMA synchronous") == [(1,)]


def test_there_is_nothing_to_open_for_who_may_not_create(tmp_path: Path) -> None:
    path = tmp_path / "duty.db"
    with pytest.raises(DatabaseUnusable, match="There is no database") as caught:
        Store.open(f"sqlite:///{path}", create=False)
    assert "dutyphone record" in caught.value.advice
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/duty", "duty.db", "", "postgresql+psycopg://[::1"]
)
def test_what_is_no_database_of_ours_is_refused_with_advice(url: str) -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        Store.open(url)
    assert caught.value.advice


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "duty.db"
    path.write_bytes(b"a letter to the office, " * 400)
    with pytest.raises(DatabaseUnusable) as caught:
        Store.open(f"sqlite:///{path}")
    assert "SQLITE_NOTADB" in caught.value.evidence
    assert path.read_bytes() == b"a letter to the office, " * 400


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "duty.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE contacts (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusable, match="another program"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_database_of_a_newer_program_is_left_alone(store: Store, url: str) -> None:
    with store.database.writing() as session:
        session.sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew) as caught:
        Store.open(url)
    assert "upgrade" in caught.value.advice
    assert "9999" in caught.value.evidence


def test_an_older_database_is_not_touched_by_who_may_not_create(store: Store, url: str) -> None:
    with store.database.writing() as session:
        session.sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(DatabaseUnusable, match="older version") as caught:
        Store.open(url, create=False)
    assert "dutyphone db upgrade" in caught.value.advice


@pytest.mark.skipif(sys.platform == "win32", reason="needs the permissions of POSIX")
@pytest.mark.parametrize("deeper", ["", "deeper/"])
def test_a_folder_that_cannot_be_written_is_told(deeper: str) -> None:
    program = """
import os, sys
import dutyphone.store.sqlite
from dutyphone.errors import DatabaseUnusable
from dutyphone.store.store import Store
if os.getuid() == 0:
    os.setuid(65534)  # to whom permissions apply
try:
    Store.open(sys.argv[1])
except DatabaseUnusable as error:
    print(error.message, error.advice, sep="|")
"""
    with tempfile.TemporaryDirectory(prefix="locked") as folder:
        Path(folder).chmod(0o555)
        url = f"sqlite:///{folder}/{deeper}duty.db"
        said = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=False)
    assert "cannot be used as a database" in said.stdout, said.stderr
    assert "locked" in said.stdout.partition("|")[2]


def test_a_server_that_does_not_answer_is_told() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(DatabaseUnusable, match=r"127\.0\.0\.1") as caught:
        Store.open("postgresql+psycopg://duty:secret@127.0.0.1:1/duty")
    assert "secret" not in f"{caught.value.message} {caught.value.advice} {caught.value.evidence}"


def test_a_closed_store_says_so(file_store: Store) -> None:
    file_store.close()
    with pytest.raises(StoreError, match="closed"):
        file_store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
    file_store.close()


def test_the_url_is_shown_without_its_password() -> None:
    pytest.importorskip("psycopg")
    database = Database("postgresql://duty:secret@127.0.0.1:1/duty", create=False)
    store = Store(database, None, keeps_head=False)
    assert store.url == "postgresql://duty:***@127.0.0.1:1/duty"
    store.close()


def test_the_url_says_where_the_file_is(file_store: Store, tmp_path: Path) -> None:
    assert file_store.url == f"sqlite:///{tmp_path}/duty.db"
    assert file_store.database.path == tmp_path / "duty.db"


# --- SQLite itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 0), (3, 51, 2)])
def test_an_sqlite_with_the_wal_race_is_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(UnsafeSqlite, match=r"3\.\d+\.\d of the module sqlite3") as caught:
        refuse_unsafe(version, "sqlite3")
    assert "sqlcipher3" in caught.value.advice


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 4), (4, 0, 0)])
def test_a_sound_sqlite_is_taken(version: tuple[int, int, int]) -> None:
    refuse_unsafe(version, "sqlite3")


def test_without_the_wheel_the_system_library_is_taken_only_if_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3.dbapi2", None)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    with pytest.raises(UnsafeSqlite):
        safe_driver()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 53, 0))
    assert safe_driver() is sqlite3


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/duty", "nfs4"),
        ("/srv/local disk/duty", None),
        ("/home/duty/share", "fuse.sshfs"),
        ("/home/duty/sharedrive", None),
        ("/mnt/pc/deep/er", "cifs"),
        ("/mnt/pc/inner/x", None),
        ("/var/lib/dutyphone", None),
    ],
)
def test_network_drives_are_known_by_their_mount(path: str, kind: str | None) -> None:
    assert network_file_system(Path(path), MOUNTS) == kind


def test_a_database_on_a_network_drive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "mountinfo"
    listed.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n41 22 0:50 / {tmp_path} rw - nfs office:/srv rw\n")
    monkeypatch.setattr(mounts, "MOUNTINFO", listed)
    with pytest.raises(DatabaseOnNetworkDrive) as caught:
        Store.open(f"sqlite:///{tmp_path}/new/duty.db")
    assert "PostgreSQL" in caught.value.advice
    assert not (tmp_path / "new").exists()


# --- migrations --------------------------------------------------------------------------------------------------


def test_the_newest_revision_is_the_one_this_program_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_migrations_make_the_tables_that_the_schema_says(store: Store) -> None:
    ours = {"alembic_version", "text_index", "number_index"}

    def compared(thing: object, name: str, kind: str, reflected: bool, _other: object) -> bool:
        return not (kind == "table" and reflected and name.startswith(tuple(ours)))

    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": compared, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


def test_a_database_that_is_up_to_date_is_opened_without_alembic(file_url: str) -> None:
    """P8: a tenth of a second that nobody needs to wait for."""
    with Store.open(file_url):
        pass
    program = f"""
import sys
from dutyphone.store.store import Store
with Store.open({file_url!r}) as store:
    store.last_seq()
print([name for name in sys.modules if name.startswith(("alembic", "psycopg"))])
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_several_may_make_the_same_database_at_once(url: str) -> None:
    problems: list[BaseException] = []
    begin = threading.Barrier(4)

    def make() -> None:
        begin.wait()
        try:
            with Store.open(url) as store:
                store.append([CallArrived(at=AT, call=str(threading.get_ident()), line="desk")], recorded_at=AT)
        except BaseException as error:  # noqa: BLE001 (shown below)
            problems.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with Store.open(url, create=False) as store:
        assert store.last_seq() == 4
        assert verify(store).ok


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path}/duty.db", create=True)
    monkeypatch.setattr("alembic.operations.Operations.create_index", _fails)
    with pytest.raises(RuntimeError, match="in the middle"):
        ready(database, upgrade=True)
    monkeypatch.undo()
    with database.reading() as session:
        assert database.backend.ours(session) is None
    ready(database, upgrade=True)
    with database.reading() as session:
        assert session.sql("PRAGMA application_id") == [(APPLICATION_ID,)]
    database.close()


def _fails(*_arguments: object, **_options: object) -> None:
    raise RuntimeError("in the middle")


@pytest.mark.skipif("DUTYPHONE_TEST_POSTGRES_URL" in os.environ, reason="PostgreSQL is tested")
def test_postgresql() -> None:
    pytest.skip("DUTYPHONE_TEST_POSTGRES_URL names no PostgreSQL server; the suite ran on SQLite alone")
