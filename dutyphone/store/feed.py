"""Noticing that the journal has grown, for consoles.

The database is the bus; a feed only says when to look. A hint wakes it within a fraction of a millisecond, and where a
hint gets lost the database itself is asked once a second.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from sqlalchemy import func, select

from dutyphone.errors import StoreError
from dutyphone.store.database import Database
from dutyphone.store.nudge import Watcher, watchers_folder
from dutyphone.store.schema import journal

FLOOR_S = 1.0
"""How often the database is asked when no hint comes."""

SERVER_FLOOR_S = 10.0
"""The same for a server, whose notifications do not get lost as long as the connection lives."""

_LAST_SEQ = select(func.max(journal.c.seq))


class HasDatabase(Protocol):
    """A `Store`, as far as a feed needs one."""

    @property
    def database(self) -> Database: ...


class Feed:
    """Waits for changes of one store. `wait` from one thread, `close` from any.

    `last_seq` is where the journal ended when the feed last looked.
    """

    def __init__(self, store: HasDatabase) -> None:
        self._closed = False
        self._busy = threading.Lock()
        self._database = store.database
        self._watch: _Watch = (
            _FileWatch(self._database) if self._database.path is not None else _ServerWatch(self._database)
        )
        try:
            with self._database.told():
                self.last_seq = self._watch.ask()
        except BaseException:
            self._watch.close()
            raise

    def wait(self, timeout_s: float | None) -> bool:
        """True once the journal has grown since the last True; False after `timeout_s`, or `close`.

        None: wait for ever. A hint that comes to nothing begins the time anew. What was written before the first call
        counts, from when the feed was made. Raises `StoreError` if the database cannot be asked; the next call tries
        again, and misses nothing.
        """
        with self._busy, self._database.told():
            watch = self._watch
            left_s = timeout_s
            while not self._closed:
                slice_s = watch.floor_s if left_s is None or left_s > watch.floor_s else left_s
                hinted = watch.hinted(slice_s)
                seq = watch.ask() if hinted is None else hinted
                if seq != self.last_seq:
                    self.last_seq = seq
                    return not self._closed
                if hinted is None and left_s is not None:
                    left_s -= slice_s
                    if left_s <= 0:
                        break
            return False

    def close(self) -> None:
        """End a `wait` in another thread, and give everything back. May be called again."""
        self._closed = True
        self._watch.wake()
        with self._busy:
            self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Watch(Protocol):
    """What wakes a feed. Raises what the driver raises."""

    floor_s: float

    def hinted(self, timeout_s: float) -> int | None:
        """Wait for a hint; where the journal ends, as it says. None if none came in time."""

    def ask(self) -> int:
        """Where the journal ends, as the database says."""

    def wake(self) -> None:
        """End a `hinted` in another thread. Never raises."""

    def close(self) -> None:
        """Give everything back. May be called again."""


class _FileWatch:
    """An SQLite file: a datagram says that there may be more, and a connection of its own asks how much.

    Between the datagram and the answer there is one statement, and nothing else: what wakes up from a sleep of some
    milliseconds finds its memory cold, and every step costs five times what it costs when warm.
    """

    floor_s = FLOOR_S

    def __init__(self, database: Database) -> None:
        assert database.path is not None
        self._connection: Any = database.lone_connection()
        self._last_seq = database.session(self._connection).ready(_LAST_SEQ)
        self._watcher: Watcher | None = None
        self._closed = threading.Event()  # to sleep by in a folder that we may only read: the floor alone
        with suppress(OSError):
            self._watcher = Watcher(watchers_folder(database.path))

    def hinted(self, timeout_s: float) -> int | None:
        if self._watcher is None:
            self._closed.wait(timeout_s)
            return None
        return self.ask() if self._watcher.wait(timeout_s) else None

    def ask(self) -> int:
        return self._last_seq() or 0

    def wake(self) -> None:
        self._closed.set()
        if self._watcher is not None:
            self._watcher.nudge()

    def close(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
        self._connection.close()


class _ServerWatch:
    """A PostgreSQL schema: LISTEN on a connection of its own. A notification carries the end of the journal.

    A connection that is lost is made again, and what was missed shows by the end of the journal.
    """

    floor_s = SERVER_FLOOR_S

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ear, self._mouth = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._connection: Any = None
        self._socket = -1
        self._last_seq: Callable[[], int | None]
        self._ours = b""
        self._said: int | None = None

    def hinted(self, timeout_s: float) -> int | None:
        if self._connection is None:
            return self.ask()
        self._selector.select(timeout_s)
        try:
            with self._database.told():
                self._connection.pgconn.consume_input()
                while notification := self._connection.pgconn.notifies():
                    self._hear(notification.extra)
        except StoreError:
            self._hang_up()
            return self.ask()
        said, self._said = self._said, None
        return said

    def ask(self) -> int:
        if self._connection is not None:
            with suppress(StoreError), self._database.told():
                return self._asked()
            self._hang_up()  # and once more on a new one
        self._connect()
        return self._asked()

    def wake(self) -> None:
        with suppress(OSError):
            self._mouth.send(b"!")

    def close(self) -> None:
        self._hang_up()
        self._selector.close()
        self._mouth.close()
        self._ear.close()

    def _asked(self) -> int:
        return self._last_seq() or 0

    def _connect(self) -> None:
        from dutyphone.store.postgres import CHANNEL

        connection = self._database.lone_connection()
        try:
            session = self._database.session(connection)
            ((schema,),) = session.sql("SELECT current_schema()")
            self._ours = f"{schema} ".encode()
            session.sql(f"LISTEN {CHANNEL}")
            self._last_seq = session.ready(_LAST_SEQ)
            connection.add_notify_handler(lambda notification: self._hear(notification.payload.encode()))
        except BaseException:
            connection.close()
            raise
        self._connection, self._socket = connection, connection.fileno()
        self._selector.register(self._socket, selectors.EVENT_READ)

    def _hear(self, payload: bytes) -> None:
        if payload.startswith(self._ours):
            with suppress(ValueError):  # anybody may notify anything
                self._said = int(payload.removeprefix(self._ours))

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._selector.unregister(self._socket)
            connection.close()
