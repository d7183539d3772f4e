"""The log at rest is read by nobody without its key, and the key is seen by nobody."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dutyphone.errors import (
    BackupUnusable,
    DatabaseBusy,
    DatabaseUnusable,
    KeyUnusable,
    RecorderAlreadyRunning,
    StoreError,
    WrongKey,
)
from dutyphone.journal.facts import CallNoted, Fact
from dutyphone.store.backup import back_up
from dutyphone.store.convert import convert
from dutyphone.store.database import Database
from dutyphone.store.key import LogKey, heard, key_of_passphrase, make_key_file, random_key, read_key_file
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.restore import restore
from dutyphone.store.sqlite import safe_driver
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
SECRETS = [b"01055501234", "王小明".encode(), "请速回电".encode(), b"SQLite format 3"]

ACall = Callable[..., list[Fact]]


def facts(a_call: ACall) -> list[Fact]:
    return [*a_call("a", name="王小明"), CallNoted(at=AT, call="a", text="请速回电", by="张三")]


@pytest.fixture
def key() -> LogKey:
    return random_key()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "duty.db"


def opened(path: Path, key: LogKey | None, **options: Any) -> Store:
    return Store.open(f"sqlite:///{path}", key_folder=path.parent / "keys", key=key, **options)


def in_the_clear(folder: Path) -> list[bytes]:
    """Which secrets can be read in the files of `folder`."""
    files = b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
    return [secret for secret in SECRETS if secret in files]


def test_nothing_can_be_read_without_the_key(path: Path, key: LogKey, a_call: ACall) -> None:
    """Not in the file, not in its write-ahead log, and not while it is open."""
    with opened(path, key) as store:
        store.append(facts(a_call), recorded_at=AT)
        assert in_the_clear(path.parent) == []
        assert [row.name for row in store.history(CallQuery(text="小明")).rows] == ["王小明"]
    assert in_the_clear(path.parent) == []
    with opened(path, key, create=False) as store:
        assert store.last_seq() == 5


def test_checking_an_encrypted_log_writes_nothing_in_the_clear(
    path: Path, key: LogKey, a_call: ACall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay beside has all of it too."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    seen: list[list[bytes]] = []
    close = Database.close

    def looked_at(database: Database) -> None:
        if database.path is not None and scratch in database.path.parents:
            seen.append(in_the_clear(scratch))
        close(database)

    with opened(path, key) as store:
        store.append(facts(a_call), recorded_at=AT)
        monkeypatch.setattr(Database, "close", looked_at)
        assert verify(store).ok
    assert seen == [[]]


@pytest.mark.parametrize("create", [True, False])
def test_another_key_does_not_open_it(path: Path, key: LogKey, create: bool) -> None:
    opened(path, key).close()
    before = path.read_bytes()
    with pytest.raises(WrongKey, match="does not open") as caught:
        opened(path, random_key(), create=create)
    assert "key" in caught.value.advice
    assert path.read_bytes() == before


def test_without_a_key_it_is_said_that_it_may_be_encrypted(path: Path, key: LogKey) -> None:
    opened(path, key).close()
    with pytest.raises(DatabaseUnusable) as caught:
        opened(path, None, create=False)
    assert "key_file" in caught.value.advice


def test_a_key_for_a_log_that_is_not_encrypted_is_refused(path: Path, key: LogKey) -> None:
    opened(path, None).close()
    with pytest.raises(WrongKey, match="not encrypted") as caught:
        opened(path, key)
    assert "dutyphone db encrypt" in caught.value.advice


def test_a_server_is_not_encrypted_by_us(key: LogKey) -> None:
    with pytest.raises(DatabaseUnusable, match="SQLite"):
        Store.open("postgresql://duty@127.0.0.1:1/duty", key=key)


# --- keys --------------------------------------------------------------------------------------------------------


def test_a_key_does_not_tell_itself(key: LogKey) -> None:
    assert key.raw.hex() not in f"{key!r} {key} {[key]}"


def test_a_key_is_handed_over_whole(key: LogKey) -> None:
    assert heard(key.spoken) == key
    salted = LogKey(key.raw, bytes(range(16)))
    assert heard(salted.spoken) == salted
    for nonsense in ("", "12", key.spoken + "0", key.spoken.upper() + "g"):
        with pytest.raises(KeyUnusable):
            heard(nonsense)


def test_a_key_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "log.key"
    key = make_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path) == key
    with pytest.raises(KeyUnusable, match="cannot be made"):
        make_key_file(path)
    assert read_key_file(path) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "log.key"
    make_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match="Other users") as caught:
        read_key_file(path)
    assert "chmod 600" in caught.value.advice


@pytest.mark.parametrize("content", [b"", b"hello", b"ab" * 31, b"\xff" * 64, b"ab" * 33])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(KeyUnusable) as caught:
        read_key_file(path)
    assert caught.value.advice


def test_a_missing_key_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="There is no key file"):
        read_key_file(tmp_path / "log.key")


def test_a_passphrase_is_the_one_that_sqlcipher_knows(path: Path) -> None:
    """So that the log can be opened with any of its tools, without us."""
    passphrase = "白日依山尽 1"
    opened(path, key_of_passphrase(passphrase, path)).close()
    opened(path, key_of_passphrase(passphrase, path), create=False).close()
    with pytest.raises(WrongKey):
        opened(path, key_of_passphrase("白日依山尽 2", path), create=False)
    connection = safe_driver().connect(str(path))
    try:
        connection.execute(f"PRAGMA key = '{passphrase}'")
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    finally:
        connection.close()


# --- from one to the other ---------------------------------------------------------------------------------------


@pytest.fixture
def plain(path: Path, a_call: ACall) -> Iterator[Path]:
    """A log that is not encrypted."""
    with opened(path, None) as store:
        store.append(facts(a_call), recorded_at=AT)
    assert set(SECRETS) == set(in_the_clear(path.parent))
    yield path
    assert not list(path.parent.glob("*.converting*"))


def test_a_log_is_encrypted_and_nothing_of_it_is_left_in_the_clear(plain: Path, key: LogKey) -> None:
    assert convert(plain, None, key) == 5
    assert in_the_clear(plain.parent) == []
    assert plain.stat().st_mode & 0o077 == 0
    with opened(plain, key, create=False) as store:
        assert verify(store).ok
        assert [row.name for row in store.history(CallQuery(text="小明")).rows] == ["王小明"]
        store.append([CallNoted(at=AT, call="a", text="再记", by="")], recorded_at=AT)
        assert verify(store).ok
        with store.database.reading() as session:
            assert session.sql("PRAGMA journal_mode") == [("wal",)]


def test_an_encrypted_log_is_decrypted_again_and_gets_another_key(plain: Path, key: LogKey) -> None:
    convert(plain, None, key)
    other = random_key()
    convert(plain, key, other)
    with pytest.raises(WrongKey):
        opened(plain, key)
    convert(plain, other, None)
    with opened(plain, None, create=False) as store:
        assert verify(store).ok


def test_a_name_of_the_file_that_somebody_else_gave_it_keeps_its_content(plain: Path, key: LogKey) -> None:
    twin = plain.with_name("twin.db")
    twin.hardlink_to(plain)
    convert(plain, None, key)
    with opened(twin, None, create=False) as store:
        assert store.last_seq() == 5


def test_a_log_in_use_is_not_converted(plain: Path, key: LogKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dutyphone.store.replace.PATIENCE_MS", 20)
    with opened(plain, None) as store:
        with store.lease(), pytest.raises(RecorderAlreadyRunning):
            convert(plain, None, key)
        with pytest.raises(DatabaseBusy):
            convert(plain, None, key)
        assert store.last_seq() == 5
    with opened(plain, None) as store:
        assert verify(store).ok


@pytest.mark.parametrize("fails", ["_export", "_check", "put_in_place"])
def test_a_conversion_that_fails_leaves_the_log_as_it_was(
    plain: Path, key: LogKey, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(f"dutyphone.store.convert.{fails}", broken)
    with pytest.raises(StoreError, match="the disk is gone"):
        convert(plain, None, key)
    with opened(plain, None, create=False) as store:
        assert verify(store).ok
        with store.database.reading() as session:
            assert session.sql("PRAGMA journal_mode") == [("wal",)]


# --- copies ------------------------------------------------------------------------------------------------------


def test_a_copy_of_an_encrypted_log_is_encrypted_and_comes_back(path: Path, key: LogKey, a_call: ACall) -> None:
    copy = path.with_name("copy.db")
    with opened(path, key) as store:
        store.append(facts(a_call), recorded_at=AT)
        manifest = back_up(store, copy, now=AT, pause=lambda _s: None, on_progress=lambda *_: None)
    assert manifest.encrypted
    assert in_the_clear(path.parent) == []
    url, keys = f"sqlite:///{path}", path.parent / "keys"
    with pytest.raises(BackupUnusable, match="encrypted"):
        restore(url, copy, key_folder=keys, now=AT, on_progress=lambda *_: None)
    with pytest.raises(WrongKey):
        restore(url, copy, key=random_key(), key_folder=keys, now=AT, on_progress=lambda *_: None)
    restore(url, copy, key=key, key_folder=keys, now=AT, on_progress=lambda *_: None)
    assert in_the_clear(path.parent) == []
    with opened(path, key, create=False) as store:
        assert verify(store).ok
