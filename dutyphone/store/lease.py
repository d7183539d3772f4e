"""One recorder a database.

Two recorders on one line would write every call twice. The lease is a lock of the operating system (or a session lock
of the server), so it ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dutyphone.errors import RecorderAlreadyRunning
from dutyphone.i18n import _
from dutyphone.store.database import Database

SERVER_LOCK = 0x64757470
"""First half of the advisory lock on a server; the second half stands for the schema."""

_PID_ROOM = 32
"""Bytes at the beginning of the lock file that hold the pid; Windows locks the byte behind them."""


class RecorderLease:
    """Held from construction to `release`. Raises `RecorderAlreadyRunning` at once if somebody else holds it."""

    def __init__(self, database: Database, *, last_pid: int | None = None) -> None:
        """`last_pid` is what the database says of its last recorder, for a server cannot tell the other's pid."""
        self._held: FileLease | _ServerLock
        if database.path is not None:
            self._held = FileLease(database.path)
        else:
            self._held = _ServerLock(database, last_pid)

    def release(self) -> None:
        """Let the next recorder in. May be called again."""
        self._held.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class FileLease:
    """The lease of the database in file `database`, whether it can be opened or not. Release it."""

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(self._descriptor):
            pid = _read_pid(self._descriptor)
            self.release()
            raise _already_running(pid)
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let the next one in. May be called again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)  # and the lock with it


class _ServerLock:
    def __init__(self, database: Database, last_pid: int | None) -> None:
        self._connection: Any = database.lone_connection()
        with database.told(), database.session(self._connection) as session:
            ((got,),) = session.sql(f"SELECT pg_try_advisory_lock({SERVER_LOCK}, hashtext(current_schema()))")
        if not got:
            self.release()
            raise _already_running(last_pid)

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _PID_ROOM, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_pid(descriptor: int) -> int | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, _PID_ROOM).strip()
    return int(text) if text.isdigit() else None


def _already_running(pid: int | None) -> RecorderAlreadyRunning:
    if pid is None:
        message = _("Another recorder is already writing to this database.")
    else:
        message = _("Another recorder (process {pid}) is already writing to this database.").format(pid=pid)
    return RecorderAlreadyRunning(
        message, pid=pid, advice=_("Open a console with: dutyphone console. Or end the other recorder first.")
    )
