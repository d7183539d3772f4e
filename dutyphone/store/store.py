"""The store: the journal on disk and everything that is read from it.

A `Store` may be used by several threads. Every writer, recorder or console, goes through `append`; every reader gets
read models. What a driver of the database raises comes out as `dutyphone.errors.StoreError`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from operator import is_
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import bindparam, select

from dutyphone.errors import DatabaseBusy, StoreError
from dutyphone.i18n import _
from dutyphone.journal.facts import Fact, RequestMade, RequestSettled
from dutyphone.store import queries, status
from dutyphone.store.append import Tail, append, tail
from dutyphone.store.database import Database
from dutyphone.store.head import HeadKeeper, load_key
from dutyphone.store.history import History
from dutyphone.store.key import LogKey
from dutyphone.store.lease import RecorderLease, lease_all, lease_lines
from dutyphone.store.nudge import Nudger, watchers_folder
from dutyphone.store.readmodels import (
    BlindRow,
    CallDetail,
    CallPage,
    CallQuery,
    CallRecord,
    CallRow,
    DayCounts,
    LineRow,
    RecorderRow,
)
from dutyphone.store.requests import requests_between
from dutyphone.store.rows import micros
from dutyphone.store.schema import journal
from dutyphone.store.session import Session
from dutyphone.store.status import LineDeclaration
from dutyphone.store.upgrade import ready

__all__ = ["LineDeclaration", "Store"]

HEAD = ".head"
"""What is added to the name of the log for the file of its head."""

MOST_DOUBTS = 8
"""Appends remembered of which nobody knows whether they were written; one thread has one."""

_HASH_AT = select(journal.c.hash).where(journal.c.seq == bindparam("wanted"))


class Store:
    """One open database. Made by `Store.open`; `close` it, or use it as a context manager."""

    def __init__(
        self, database: Database, head: HeadKeeper | None, *, keeps_head: bool, place: Path | None = None
    ) -> None:
        """For `Store.open`; `database` is ready. `keeps_head` without a `head`: its key cannot be read."""
        self.database = database
        self.head = head
        self.keeps_head = keeps_head
        self._place = place
        self._history = History(database.backend.index)
        self._nudger = None if database.path is None else Nudger(watchers_folder(database.path))
        self._last_at: datetime | None = None
        self._recorder = ""
        self._doubts: deque[tuple[tuple[Fact, ...], Tail]] = deque(maxlen=MOST_DOUBTS)

    @classmethod
    def open(cls, url: str, *, create: bool = True, key_folder: Path | None = None, key: LogKey | None = None) -> Store:
        """Open the database at `url` (`sqlite:////absolute/path.db`, `postgresql+psycopg://user@host/name`).

        `create` makes a database that is not there and brings an older one up to date. `key_folder` keeps the key that
        signs the head of the journal, best where only the recorder's user can read; None: beside the SQLite file. A
        head is kept beside the SQLite file; for a server it is kept in `key_folder`, and not at all without one. `key`
        is what an SQLite file is encrypted with, None if it is not.

        Raises `StoreError`.
        """
        database = Database(url, create=create, key=key)
        try:
            before = _file(database.path)
            ready(database, upgrade=create)
            _refuse_replaced(database.path, before)
            place = log_place(database, key_folder)
            head = None if place is None else _head_keeper(place, key_folder, make=create)
            return cls(database, head, keeps_head=place is not None, place=place)
        except BaseException:
            database.close()
            raise

    @property
    def url(self) -> str:
        """Where the database is, without a password."""
        return self.database.url.render_as_string(hide_password=True)

    def beside(self, suffix: str) -> Path | None:
        """The file about this log with that suffix; None if there is no folder for it."""
        return None if self._place is None else self._place.with_name(self._place.name + suffix)

    def close(self) -> None:
        """Write the head and close every connection. May be called again."""
        if self._last_at is not None:
            self.keep_head(self._last_at)
            self._last_at = None
        if self._nudger is not None:
            self._nudger.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- writing -------------------------------------------------------------------------------------------------

    def append(self, facts: Sequence[Fact], *, recorded_at: datetime) -> range:
        """Write `facts` for ever, all of them or none; the seqs of what was written. Durable when this returns.

        Raises `DatabaseBusy`, `DiskFull` or `DatabaseUnusable` if it may be tried again with the same facts, and more
        behind them. If the connection was lost in the very commit, nobody knows whether they were written; the next
        attempt finds out, and writes what is missing.
        """
        if not facts:
            return range(0)
        return self.append_from(lambda session: facts[self._written_already(session, facts) :], recorded_at=recorded_at)

    def append_from(self, find: Callable[[Session], Sequence[Fact]], *, recorded_at: datetime) -> range:
        """Write the facts that `find` finds, in one transaction with whatever else it changes; their seqs."""
        backend = self.database.backend
        last: Tail | None = None
        try:
            with self.database.writing() as session:
                facts = tuple(find(session))
                if not facts:
                    return range(0)
                last = append(session, backend.index, facts, recorded_us=micros(recorded_at))
                if backend.after_append:
                    session.sql(backend.after_append.format(seq=last.seq))
        except StoreError:
            if last is not None:
                self._doubts.append((facts, last))
            raise
        if self._nudger is not None:
            self._nudger.nudge()
        self._last_at = recorded_at
        if self.head is not None and self.head.due(recorded_at):
            self.keep_head(recorded_at)
        return range(last.seq - len(facts) + 1, last.seq + 1)

    def declare_lines(self, lines: Sequence[LineDeclaration], *, place: str = "") -> None:
        """These are the lines of the configuration at `place`, in this order; it has no others. "": nor has anybody."""
        with self.database.reporting() as session:
            status.declare_lines(session, lines, place)

    def beat(self, at: datetime, heard: Mapping[str, datetime]) -> None:
        """The recorder lives at `at`, and last heard each line at the time given. Cheap; may be lost with the power."""
        self.database.keep_guarded()
        with self.database.reporting() as session:
            status.beat(session, at, heard, self._recorder)
        if self._last_at is not None and self.head is not None and self.head.due(at):
            self.keep_head(at)

    def keep_head(self, at: datetime) -> None:
        """Write down where the journal ends. Never raises: the facts are written, and an error would repeat them."""
        if self.head is None:
            return
        with suppress(StoreError), self.database.snapshot() as session:
            self.head.keep(tail(session), lambda seq: hash_at(session, seq), at)

    def lease(self) -> RecorderLease:
        """The right that nobody else records. Raises `RecorderAlreadyRunning`. Release it."""
        return lease_all(self.database)

    def lease_lines(self, lines: Sequence[str], recorder: str) -> RecorderLease:
        """The right to record `lines` as the recorder of that id, as far as they are free. Release it.

        On a server several recorders work side by side. Raises `RecorderAlreadyRunning`; see `store.lease`.
        """
        lease = lease_lines(self.database, lines, recorder)
        self._recorder = recorder
        return lease

    def _written_already(self, session: Session, facts: Sequence[Fact]) -> int:
        """How many of `facts` were written by attempts that seemed to fail."""
        done = 0
        for doubted, end in self._doubts:
            again = facts[done : done + len(doubted)]
            same = len(again) == len(doubted) and all(map(is_, again, doubted))
            if same and hash_at(session, end.seq) == end.hash:
                done += len(doubted)
        return done

    # --- reading -------------------------------------------------------------------------------------------------

    def recorder(self) -> RecorderRow | None:
        """The last recorder that began; None if there never was one."""
        with self.database.snapshot() as session:
            return status.recorder(session)

    def recorders(self) -> tuple[RecorderRow, ...]:
        """The last recorder of each line that is declared, newest first: those that are to be alive if all is well."""
        with self.database.snapshot() as session:
            return status.current_recorders(session)

    def unfinished_recorders(self) -> tuple[RecorderRow, ...]:
        """Recorders that have not said farewell, oldest first; they live, or died without one."""
        with self.database.reading() as session:
            return status.unfinished_recorders(session)

    def lines(self) -> tuple[LineRow, ...]:
        """The lines as they stand, in the order of the configuration."""
        with self.database.snapshot() as session:
            return status.lines(session)

    def open_calls(self) -> tuple[CallRow, ...]:
        """Calls that have not ended, oldest first."""
        with self.database.reading() as session:
            return queries.open_calls(session)

    def owed_calls(self, limit: int = 200) -> tuple[CallRow, ...]:
        """Calls that the officer still owes something, newest first."""
        with self.database.reading() as session:
            return queries.owed_calls(session, limit)

    def calls_between(self, from_at: datetime, until_at: datetime, limit: int = 500) -> tuple[CallRow, ...]:
        """Calls that arrived from `from_at` and before `until_at`, newest first."""
        return self.history(CallQuery(from_at=from_at, until_at=until_at), limit=limit).rows

    def history(self, query: CallQuery, *, before: int | None = None, limit: int = 50) -> CallPage:
        """One page of the calls that `query` asks for, newest first, behind the call with id `before`."""
        with self.database.reading() as session:
            return self._history.page(session, query, before, limit)

    def call(self, call: str) -> CallDetail | None:
        """Everything about one call; None if there is no such call."""
        with self.database.snapshot() as session:
            return queries.call_detail(session, call)

    def calls_of_number(self, number: str, *, excluding: str = "", limit: int = 5) -> tuple[CallRow, ...]:
        """The last calls of a normalised number, newest first, without the call `excluding`."""
        with self.database.reading() as session:
            return queries.calls_of_number(session, number, excluding, limit)

    def counts(self, from_at: datetime, until_at: datetime) -> DayCounts:
        """Calls that arrived in a span of time, by result."""
        with self.database.reading() as session:
            return queries.counts(session, from_at, until_at)

    def blind_intervals(self, from_at: datetime, until_at: datetime) -> tuple[BlindRow, ...]:
        """Blind intervals that overlap a span of time, oldest first; those that still last included."""
        with self.database.reading() as session:
            return queries.blind_between(session, from_at, until_at)

    def blind_open(self) -> tuple[BlindRow, ...]:
        """Blind intervals that still last."""
        with self.database.reading() as session:
            return queries.blind_open(session)

    def stream_calls(self, query: CallQuery) -> Iterator[CallRow]:
        """All calls that `query` asks for, oldest first, as they are at the first one. Takes little memory.

        Exhaust or close it: until then it holds a connection, and on SQLite the write-ahead log grows.
        """
        with self.database.snapshot() as session:
            yield from self._history.stream(session, query)

    def stream_records(self, query: CallQuery) -> Iterator[Sequence[CallRecord]]:
        """The calls of `stream_calls` for exports, some at a time; at a third of the cost."""
        with self.database.snapshot() as session:
            yield from self._history.records(session, query)

    def count_calls(self, query: CallQuery) -> int:
        """How many calls `stream_calls` gives."""
        with self.database.reading() as session:
            return self._history.count(session, query)

    def requests_between(self, after: int, upto: int) -> tuple[RequestMade | RequestSettled, ...]:
        """What was asked of lines, and what became of it, in the journal's rows after `after` up to `upto`."""
        with self.database.reading() as session:
            return tuple(requests_between(session, after, upto))

    def last_seq(self) -> int:
        """The number of the journal's last row, 0 if it has none."""
        with self.database.reading() as session:
            return tail(session).seq


def hash_at(session: Session, seq: int) -> bytes | None:
    """The hash of row `seq`, None if there is no such row."""
    found = session.scalar(_HASH_AT, wanted=seq)
    return None if found is None else bytes(found)


def _refuse_replaced(path: Path | None, before: tuple[int, int] | None) -> None:
    """A file that a restore put in the place of this one while it was opened would be written by everybody but us."""
    if before is not None and before != _file(path):
        raise DatabaseBusy(
            _("{path} was replaced while it was being opened.").format(path=path), advice=_("Try again.")
        )


def _file(path: Path | None) -> tuple[int, int] | None:
    """Which file it is, whatever it is called; None if there is none."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)


def log_place(database: Database, key_folder: Path | None) -> Path | None:
    """What files about a log are named after: its own file, or for a server one in `key_folder`, if there is one."""
    if database.path is not None or key_folder is None:
        return database.path
    return key_folder / f"{database.url.host or 'localhost'}-{database.url.database}"


def _head_keeper(place: Path, key_folder: Path | None, *, make: bool) -> HeadKeeper | None:
    key_path = place.with_name(place.name + ".key") if key_folder is None else key_folder / "journal.key"
    key = load_key(key_path, make=make)
    return None if key is None else HeadKeeper(place.with_name(place.name + HEAD), key)
