"""Noticing that the database has changed, for consoles.

The database is the bus; a feed only says when to look. A nudge wakes it within a fraction of a millisecond, and where a
nudge gets lost the database itself is asked once a second.
"""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from dutyphone.errors import StoreError
from dutyphone.store.database import Database
from dutyphone.store.nudge import Watcher, watchers_folder

FLOOR_S = 1.0
"""How often the database is asked when no nudge comes."""

SERVER_FLOOR_S = 10.0
"""The same for a server, whose notifications do not get lost as long as the connection lives."""


class HasDatabase(Protocol):
    """A `Store`, as far as a feed needs one."""

    @property
    def database(self) -> Database: ...


class Feed:
    """Waits for changes of one store. `wait` from one thread, `close` from any."""

    def __init__(self, store: HasDatabase) -> None:
        self._closed = False
        self._busy = threading.Lock()
        self._wake_up, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        database = store.database
        try:
            self._watch: _Watch = _FileWatch(database) if database.path is not None else _ServerWatch(database)
        except BaseException:
            self._wake_up.close()
            self._woken.close()
            raise

    def wait(self, timeout_s: float | None) -> bool:
        """True once something may have changed since the last True; False after `timeout_s` or `close`.

        None: wait for ever. Changes before the first call count, from when the feed was made. Raises `StoreError` if
        the database can no longer be asked.
        """
        with self._busy:
            left_s = timeout_s
            while not self._closed:
                slice_s = self._watch.floor_s if left_s is None else min(self._watch.floor_s, left_s)
                if self._watch.changed(slice_s, self._woken):
                    return not self._closed
                if left_s is not None:
                    left_s -= slice_s
                    if left_s <= 0:
                        break
            return False

    def close(self) -> None:
        """End a `wait` in another thread, and give everything back. May be called again."""
        self._closed = True
        with suppress(OSError):
            self._wake_up.send(b"!")
        with self._busy:
            self._watch.close()
            self._wake_up.close()
            self._woken.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Watch(Protocol):
    floor_s: float

    def changed(self, timeout_s: float, woken: socket.socket) -> bool:
        """Whether there was a change. Waits until there is one, `woken` is readable, or `timeout_s` has passed."""

    def close(self) -> None: ...


class _FileWatch:
    """An SQLite file: a datagram socket, and `PRAGMA data_version` on a connection of its own.

    The version compares only with earlier answers of the same connection, and only outside a transaction. It moves
    when anybody else commits, and now and then when nobody does: a hint as well.
    """

    floor_s = FLOOR_S

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = database.lone_connection()
        assert database.path is not None
        self._watcher: Watcher | None
        try:
            self._watcher = Watcher(watchers_folder(database.path))
        except OSError:
            self._watcher = None  # a folder we may only read: the floor alone
        self._version = self._ask()

    def changed(self, timeout_s: float, woken: socket.socket) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            if self._watcher is not None:
                selector.register(self._watcher.socket, selectors.EVENT_READ)
            selector.select(timeout_s)
        nudged = self._watcher is not None and self._watcher.drain()
        version = self._ask()
        moved, self._version = version != self._version, version
        return nudged or moved

    def close(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
        self._connection.close()

    def _ask(self) -> int:
        with self._database.told(), self._database.session(self._connection) as session:
            ((version,),) = session.sql("PRAGMA data_version")
        return int(version)


class _ServerWatch:
    """A PostgreSQL schema: LISTEN on a connection of its own, and the length of the journal as a net."""

    floor_s = SERVER_FLOOR_S

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None
        self._last_seq = -1
        self._connect()
        self._last_seq = self._ask()

    def changed(self, timeout_s: float, woken: socket.socket) -> bool:
        if self._connection is None or self._connection.closed:
            self._connect()
            return True  # nobody knows what was missed
        with selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            selector.register(self._connection.fileno(), selectors.EVENT_READ)
            ready = selector.select(timeout_s)
        try:
            with self._database.told():
                told = any(True for _ in self._connection.notifies(timeout=0)) if ready else False
                last_seq = self._ask()
        except StoreError:
            self._connection.close()
            raise
        moved, self._last_seq = last_seq != self._last_seq, last_seq
        return told or moved

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> None:
        from dutyphone.store.postgres import CHANNEL

        self._connection = self._database.lone_connection()
        with self._database.told(), self._database.session(self._connection) as session:
            session.sql(f"LISTEN {CHANNEL}")

    def _ask(self) -> int:
        with self._database.told(), self._database.session(self._connection) as session:
            ((last_seq,),) = session.sql("SELECT coalesce(max(seq), 0) FROM journal")
        return int(last_seq)
