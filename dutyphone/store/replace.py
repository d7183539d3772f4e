"""One database file in the place of another, with nobody in it and never a moment without one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dutyphone.errors import DatabaseBusy, StoreError
from dutyphone.i18n import _
from dutyphone.store.database import Database
from dutyphone.store.key import LogKey
from dutyphone.store.lease import FileLease
from dutyphone.store.manifest import flush_file, flush_folder
from dutyphone.store.store import HEAD

PATIENCE_MS = 2_000
"""How long somebody who just looks may take to be done."""

BLOCK = 1024 * 1024


@contextmanager
def no_recorder(path: Path) -> Iterator[None]:
    """No recorder writes to the database at `path`, and none begins to. Raises `RecorderAlreadyRunning`."""
    lease = FileLease(path)
    try:
        yield
    finally:
        lease.release()


@contextmanager
def alone(path: Path, key: LogKey | None, *, leave: bool = False) -> Iterator[Any]:
    """A driver connection that nobody else has one beside; who comes later waits. All of the log is in its one file.

    What is at `path` afterwards has its write-ahead log again, unless `leave`. Raises `DatabaseBusy` if somebody is
    there, and another `StoreError` if it cannot be opened at all.
    """
    database = Database(f"sqlite:///{path}", create=False, key=key)
    try:
        connection = database.lone_connection()
        try:
            with database.told(), database.session(connection) as session:
                session.sql(f"PRAGMA busy_timeout = {PATIENCE_MS}")
                session.sql("PRAGMA journal_mode = DELETE")  # which needs to be alone, and keeps nothing beside
                session.sql("PRAGMA locking_mode = EXCLUSIVE")
                session.sql("BEGIN EXCLUSIVE")
                session.sql("COMMIT")  # the lock stays until the connection is closed
            yield connection
        finally:
            connection.close()
            if not leave:
                with suppress(StoreError), database.reading() as session:  # another key may be needed by now
                    database.backend.settle(session)
    except DatabaseBusy as busy:
        raise DatabaseBusy(
            _("Somebody has {path} open.").format(path=path),
            advice=_("Close all consoles and every other program that has it open, and try again."),
            evidence=busy.evidence,
        ) from busy
    finally:
        database.close()


def into_one_file(path: Path, key: LogKey | None) -> None:
    """Keep nothing of the database beside its file, until it is opened again. Nobody has it open."""
    with alone(path, key, leave=True):
        pass
    flush_file(path)


def put_aside(path: Path, stamp: str) -> Path:
    """Give the database at `path` a second name, and its head that name alone; the name. Both are kept for ever."""
    aside = _free(path, f"{path.name}.before-{stamp}")
    try:
        os.link(path, aside)
    except OSError:  # a file system without second names
        path.replace(aside)
    for suffix in (HEAD, "-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        with suppress(FileNotFoundError):
            beside.replace(aside.with_name(aside.name + suffix))
    return aside


def put_in_place(part: Path, path: Path, held: Any | None) -> None:
    """Make the file `part` the one at `path`. `held`: the connection of `alone` to the file that is there now."""
    try:
        part.replace(path)
    except PermissionError:  # where an open file cannot be replaced
        if held is None:
            raise
        held.close()
        part.replace(path)
    flush_folder(path.parent)


def overwrite(file: Any) -> None:
    """Write zeros over an open file that has no name any more. What a disk keeps elsewhere it keeps."""
    if os.fstat(file.fileno()).st_nlink > 0:
        return
    left = os.fstat(file.fileno()).st_size
    file.seek(0)
    while left > 0:
        left -= file.write(bytes(min(BLOCK, left)))
    file.flush()
    os.fsync(file.fileno())


def _free(path: Path, name: str) -> Path:
    aside, n = path.with_name(name), 2
    while aside.exists():
        aside, n = path.with_name(f"{name}-{n}"), n + 1
    return aside
