"""Who records what: one recorder a line, and never two.

Two recorders on one line would write every call twice. An SQLite file has one recorder, which has every line. On a
server several recorders work side by side, each with a lease on its own lines.

A lease is a lock of the operating system, or of the server, so it ends with the process that holds it, however that
ends. On the server it belongs to the very connection on which the recorder writes: a recorder that was cut off takes
its lines again before it writes another row, and if they are somebody else's by then, writes no more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from sqlalchemy import bindparam, select

from dutyphone.errors import DatabaseBusy, RecorderAlreadyRunning
from dutyphone.i18n import _
from dutyphone.store.database import Database
from dutyphone.store.readmodels import RecorderRow
from dutyphone.store.schema import recorders
from dutyphone.store.session import Session
from dutyphone.store.status import unfinished_recorders

SERVER_LOCK = 0x64757470
"""First half of the advisory lock of a whole database on a server; the second half stands for the schema.

Every recorder shares it; whoever replaces or copies the database has it alone.
"""

LINE_LOCK = 0x6475746C696E65
"""Seed of the 64-bit advisory lock of one line."""

OLD_CONNECTION_TRIES, OLD_CONNECTION_EVERY_S = 100, 0.05
"""A recorder that was cut off has the server end its old connection, which takes a moment."""

_PID_ROOM = 32
"""Bytes at the beginning of the lock file that hold the pid; Windows locks the byte behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who records a line: `pid` on `host`, since `since`. None and "": it cannot be told, or has only just begun."""

    pid: int | None = None
    host: str = ""
    since: datetime | None = None


class RecorderLease:
    """Held from construction to `release`.

    `held` are the lines that are leased, all that were asked for but those in `taken`, with who has them.
    """

    def __init__(self, lease: _Lease, held: Sequence[str], taken: Mapping[str, Holder]) -> None:
        """For the functions of this module."""
        self._lease = lease
        self.held = tuple(held)
        self.taken = dict(taken)

    def release(self) -> None:
        """Let the next recorder in. May be called again."""
        self._lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lease_all(database: Database) -> RecorderLease:
    """Nobody else may record, on any line. Raises `RecorderAlreadyRunning` at once if somebody does."""
    if database.path is not None:
        return RecorderLease(FileLease(database.path), (), {})
    return RecorderLease(_WholeServer(database), (), {})


def lease_lines(database: Database, lines: Sequence[str], recorder: str) -> RecorderLease:
    """Record those of `lines` that nobody else records, as the recorder of that id.

    Raises `RecorderAlreadyRunning` if somebody has the whole database. Later, when lines had to be taken again and
    could not be, it comes out of every attempt to write.
    """
    if database.path is not None:
        return RecorderLease(FileLease(database.path), lines, {})
    lease = _ServerLines(database, lines, recorder)
    return RecorderLease(lease, lease.held, lease.taken)


def one_recorder_a_line() -> str:
    """What to do where two recorders want one line."""
    return _("A line has one recorder: take it out of the configuration of one of the two, or stop the other recorder.")


class FileLease:
    """The lease of the file `database`, whether it can be opened or not, or is there at all. Release it."""

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.release()


class _Lease(Protocol):
    def release(self) -> None: ...


# --- a server ----------------------------------------------------------------------------------------------------

_STOPPED = select(recorders.c.stopped_us).where(recorders.c.recorder == bindparam("wanted"))

_LOCK_ALL = f"SELECT pg_try_advisory_lock({SERVER_LOCK}, hashtext(current_schema()))"
_SHARE_ALL = f"SELECT pg_try_advisory_lock_shared({SERVER_LOCK}, hashtext(current_schema()))"
_LOCK_LINE = f"SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '/' || %s, {LINE_LOCK}))"
_OURSELVES = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END_OURSELVES = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"


class _WholeServer:
    def __init__(self, database: Database) -> None:
        self._connection: Any = database.lone_connection()
        try:
            with database.told(), database.session(self._connection) as session:
                _take_whole(session)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _take_whole(session: Session) -> None:
    if not _got(session, _LOCK_ALL):
        raise _others_running(unfinished_recorders(session))


class _ServerLines:
    """The lines of one recorder, locked on the connection that it writes on."""

    def __init__(self, database: Database, lines: Sequence[str], recorder: str) -> None:
        self.held: list[str] = []
        self.taken: dict[str, Holder] = {}
        self._database = database
        self._wanted = list(lines)
        self._recorder = recorder
        self._before: tuple[Any, Any] | None = None
        try:
            database.guard(self._take)
        except BaseException:
            database.guard(None)
            raise

    def release(self) -> None:
        self._database.guard(None)

    def _take(self, session: Session) -> None:
        from dutyphone.store.postgres import NOTICE_THE_DEAD

        for statement in NOTICE_THE_DEAD:
            session.sql(statement)
        if self._before is None:
            self._take_first(session)
        else:
            self._take_again(session)
        ((pid, begun),) = session.sql(_OURSELVES)
        self._before = (pid, begun)

    def _take_first(self, session: Session) -> None:
        if not _got(session, _SHARE_ALL):
            raise _others_running(unfinished_recorders(session))
        for line in self._wanted:
            if _got(session, _LOCK_LINE, line):
                self.held.append(line)
            else:
                self.taken[line] = _holder(session, line)

    def _take_again(self, session: Session) -> None:
        self._end_old_connection(session)
        if not _got(session, _SHARE_ALL):
            raise DatabaseBusy(_("The database is in use by another program."), advice=_("Try again."))
        for line in self.held:
            if not _got(session, _LOCK_LINE, line):
                raise _taken_over(line, _holder(session, line))
        if self._was_given_up(session):
            raise RecorderAlreadyRunning(
                _("While the database was out of reach, another recorder took over lines of this one."),
                advice=one_recorder_a_line(),
            )

    def _end_old_connection(self, session: Session) -> None:
        """See to it that the server has given up the connection that was lost; its locks are free then."""
        assert self._before is not None
        for _try in range(OLD_CONNECTION_TRIES):
            if not session.sql(_END_OURSELVES, self._before):
                return
            session.sql("SELECT pg_sleep(%s)", (OLD_CONNECTION_EVERY_S,))
        raise DatabaseBusy(
            _("The server has not given up the connection that was lost."), advice=_("Wait; it is tried again.")
        )

    def _was_given_up(self, session: Session) -> bool:
        """Whether the log says that this recorder is dead, because somebody who took one of its lines found it so."""
        return session.scalar(_STOPPED, wanted=self._recorder) is not None


def _got(session: Session, statement: str, *arguments: str) -> bool:
    ((got,),) = session.sql(statement, arguments)
    return bool(got)


def _holder(session: Session, line: str) -> Holder:
    """As the log has it: the last one to begin on the line."""
    rows: list[RecorderRow] = [row for row in unfinished_recorders(session) if row.records(line)]
    return Holder(pid=rows[-1].pid, host=rows[-1].host, since=rows[-1].started_at) if rows else Holder()


def _taken_over(line: str, holder: Holder) -> RecorderAlreadyRunning:
    return RecorderAlreadyRunning(
        _("While the database was out of reach, line {line} was taken over by process {pid} on {host}.").format(
            line=line, pid="?" if holder.pid is None else holder.pid, host=holder.host or "?"
        ),
        pid=holder.pid,
        advice=one_recorder_a_line(),
    )


def _others_running(others: Sequence[RecorderRow]) -> RecorderAlreadyRunning:
    if not any(row.host for row in others):
        return _already_running(others[-1].pid if others else None)
    named = ", ".join(_("process {pid} on {host}").format(pid=row.pid, host=row.host) for row in others)
    return RecorderAlreadyRunning(
        _("Recorders are already writing to this database: {recorders}.").format(recorders=named),
        pid=others[-1].pid,
        advice=_("Stop them first, each on its own machine: dutyphone stop"),
    )


# --- a file ------------------------------------------------------------------------------------------------------


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
