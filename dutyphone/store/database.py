"""One database, opened: who may read it and who may write it, and how its errors are told.

Reads borrow a connection from the pool. Writes of this process go one after the other through one kept connection, in
a transaction that no other process can be inside of, so that nobody builds on a chain head that is no longer the head.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from dutyphone.errors import DatabaseUnusable
from dutyphone.i18n import _
from dutyphone.store.backend import Backend
from dutyphone.store.key import LogKey
from dutyphone.store.session import Session, Statements


class Database:
    """The connections to one database."""

    def __init__(self, url: str, *, create: bool, key: LogKey | None = None) -> None:
        """Raises `StoreError` if it cannot work; nothing is read from the database yet."""
        self.url = _parse(url)
        self.key = key
        self.backend = _backend(self.url, key)
        self.backend.prepare(create=create)
        self.engine = self.backend.make_engine()
        self._statements = Statements(self.engine.dialect, self.backend.streaming_cursor)
        self._lock = threading.Lock()
        self._writer: Any = None
        self._reporter: Any = None
        self._guard: Callable[[Session], None] | None = None
        self._closed = False

    @property
    def path(self) -> Path | None:
        """The database file, None on a server."""
        return self.backend.path

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A connection to read from. Each statement sees what is committed when it begins."""
        with self.told(), self._borrowed() as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A connection to read from on which every statement sees the same moment."""
        with self.told(), self._borrowed() as session:
            session.sql(self.backend.begin_read)
            try:
                yield session
            finally:
                session.sql("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: all of it is durable when the block ends, none of it if the block raises."""
        with self.told(), self._lock:
            self._see_to_writer()
            with self._transaction(self._writer) as session:
                yield session

    def guard(self, take: Callable[[Session], None] | None) -> None:
        """Have `take` do what must be done on a connection before anything is written on it, now and on each new one.

        What it raises comes out of `writing`, and nothing is written. None: no more; what it did ends with the
        connection.
        """
        with self.told(), self._lock:
            self._guard = take
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()
            if take is not None:
                self._writer = self._guarded()

    def keep_guarded(self) -> None:
        """See to it now, and not only with the next writing, that the connection to write on is there and guarded."""
        with self.told(), self._lock:
            if self._guard is not None:
                self._see_to_writer()

    @contextmanager
    def reporting(self) -> Iterator[Session]:
        """A transaction for status that may be lost with the power, and is cheap for it. Not for facts."""
        with self.told(), self._lock:
            if self._reporter is None or not self.backend.usable(self._reporter):
                self._reporter = self._kept()
                self.session(self._reporter).sql(self.backend.cheap_commits)
            with self._transaction(self._reporter) as session:
                yield session

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what drivers raise into `StoreError`."""
        try:
            yield
        except DBAPIError as error:
            meant = self.backend.error(error.orig) if error.orig is not None else None
            raise (meant or error) from error
        except Exception as error:
            meant = self.backend.error(error)
            if meant is None:
                raise
            raise meant from error

    def lone_connection(self) -> Any:
        """A driver connection that the caller keeps and closes."""
        with self.told():
            return self._kept()

    def session(self, connection: Any) -> Session:
        """A session on a connection of `lone_connection`."""
        return Session(connection, self._statements)

    def close(self) -> None:
        """Close every connection. Readers must be done."""
        with self._lock:
            self._closed = True
            for connection in (self._writer, self._reporter):
                if connection is not None:
                    connection.close()
            self._writer = self._reporter = None
            self.engine.dispose()

    @contextmanager
    def _borrowed(self) -> Iterator[Session]:
        pooled = self.engine.raw_connection()
        try:
            session = Session(pooled.driver_connection, self._statements)
            try:
                yield session
            finally:
                session.close()
        except BaseException:
            pooled.invalidate()  # nobody knows what state it is in
            raise
        finally:
            pooled.close()

    @contextmanager
    def _transaction(self, connection: Any) -> Iterator[Session]:
        session = Session(connection, self._statements)
        try:
            for statement in self.backend.begin_write:
                session.sql(statement)
            yield session
            session.sql("COMMIT")
        except BaseException:
            self.backend.roll_back(connection)
            raise
        finally:
            session.close()

    def _see_to_writer(self) -> None:
        if self._writer is not None and not self.backend.usable(self._writer):
            lost, self._writer = self._writer, None
            lost.close()
        if self._writer is None:
            self._writer = self._guarded()

    def _guarded(self) -> Any:
        connection = self._kept()
        if self._guard is not None:
            try:
                with self.session(connection) as session:
                    self._guard(session)
            except BaseException:
                connection.close()
                raise
        return connection

    def _kept(self) -> Any:
        if self._closed:
            raise DatabaseUnusable(_("The database has been closed."))
        pooled = self.engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        return connection


def database_path(url: str) -> Path | None:
    """The file that `url` names; None for a server. Raises `DatabaseUnusable`."""
    return _backend(_parse(url), None).path


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnusable(
            _("{url} is not the URL of a database.").format(url=url),
            advice=_("Write sqlite:////absolute/path.db or postgresql+psycopg://user@host/database"),
            evidence=str(error),
        ) from error


def _backend(url: URL, key: LogKey | None) -> Backend:
    kind = url.get_backend_name()
    if kind == "sqlite":
        from dutyphone.store.sqlite import SqliteBackend

        return SqliteBackend(url, key)
    if key is not None:
        raise DatabaseUnusable(
            _("Only an SQLite file can be encrypted by dutyphone."),
            advice=_("Encrypt the disk of the database server, and take the key out of the configuration."),
        )
    if kind == "postgresql":
        from dutyphone.store.postgres import PostgresBackend

        return PostgresBackend(url.set(drivername="postgresql+psycopg"))
    raise DatabaseUnusable(
        _("{kind} is not a kind of database dutyphone can use.").format(kind=kind),
        advice=_("Write sqlite:////absolute/path.db or postgresql+psycopg://user@host/database"),
    )
