"""PostgreSQL (psycopg 3): the shared database of several desks or rooms."""

from __future__ import annotations

import errno
from contextlib import suppress
from itertools import count
from pathlib import Path
from select import select as select_now
from typing import Any

from sqlalchemy import (
    URL,
    Engine,
    Select,
    Text,
    create_engine,
    func,
    select,
)

from dutyphone.errors import DatabaseBusy, DatabaseUnusable, DiskFull, StoreError
from dutyphone.i18n import _
from dutyphone.store.schema import journal
from dutyphone.store.session import Session
from dutyphone.store.tsvector import VectorIndex

APPEND_LOCK = 0x64757479
"""First half of the advisory lock that lets one append at a time in; the second half stands for the schema."""

CHANNEL = "dutyphone"
"""The channel that is notified once after each append, of the schema and the row that its journal ends with."""

LOCK_TIMEOUT_MS = 5_000
"""How long a writer waits for another one before `DatabaseBusy`."""

PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon a server that vanished without a word counts as gone (libpq: seconds, ms). The URL may say otherwise."""

NOTICE_THE_DEAD = (
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 20000",
)
"""The same for the server: what a machine that vanished had locked is free again after half a minute."""

_JOURNAL_BYTES = select(
    *(func.convert_to(column, "UTF8") if isinstance(column.type, Text) else column for column in journal.c)
).order_by(journal.c.seq)


class PostgresBackend:
    """One schema of a PostgreSQL database."""

    begin_write = (
        "BEGIN",
        f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}",
        f"SELECT pg_advisory_xact_lock({APPEND_LOCK}, hashtext(current_schema()))",
    )
    after_append = f"SELECT pg_notify('{CHANNEL}', current_schema() || ' {{seq}}')"
    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    cheap_commits = "SET synchronous_commit = off"

    def __init__(self, url: URL) -> None:
        self._url = url
        self.path: Path | None = None
        self.index = VectorIndex()
        self._streams = count(1)

    def make_engine(self) -> Engine:
        try:
            return create_engine(
                self._url,
                isolation_level="AUTOCOMMIT",
                pool_reset_on_return=None,
                pool_pre_ping=True,
                connect_args={name: value for name, value in PATIENCE.items() if name not in self._url.query},
            )
        except ImportError as error:
            raise DatabaseUnusable(
                _("The PostgreSQL driver is not installed."),
                advice=_("Install it: pip install 'dutyphone[postgres]'"),
                evidence=str(error),
            ) from error

    def prepare(self, *, create: bool) -> None:
        """A server has its own folder."""

    def settle(self, session: Session) -> None:
        """A server has its own settings."""

    def claim(self, session: Session) -> None:
        """The table of revisions is mark enough."""

    def ours(self, session: Session) -> bool | None:
        ((revisions, journal),) = session.sql("SELECT to_regclass('alembic_version'), to_regclass('journal')")
        if revisions is None and journal is None:
            return None
        return revisions is not None and journal is not None

    def streaming_cursor(self, connection: Any) -> Any:
        return connection.cursor(name=f"stream{next(self._streams)}")

    def clean(self, session: Session) -> None:
        for table in ("journal", "calls", "call_notes", "numbers", "text_index", "number_index"):
            session.sql(f"VACUUM {table}")

    @property
    def journal_bytes(self) -> Select[Any]:
        return _JOURNAL_BYTES

    def usable(self, connection: Any) -> bool:
        if connection.closed:
            return False
        unasked, _writable, _failed = select_now([connection.fileno()], [], [], 0)
        return not unasked  # a server says nothing to who asked nothing, but that it ends

    def roll_back(self, connection: Any) -> None:
        import psycopg

        with suppress(psycopg.Error):
            connection.rollback()

    def error(self, error: BaseException) -> StoreError | None:
        import psycopg

        if isinstance(error, OSError):
            return self._full(str(error)) if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        if not isinstance(error, psycopg.Error):
            return None
        evidence = f"{error.sqlstate or ''} {error}".strip()
        if error.sqlstate in ("53100", "53200"):  # disk_full, out_of_memory
            return self._full(evidence)
        if error.sqlstate in ("55P03", "40P01"):  # lock_not_available, deadlock_detected
            return DatabaseBusy(
                _("The database is in use by another program."), advice=_("Try again."), evidence=evidence
            )
        if error.sqlstate is None or error.sqlstate[:2] in ("08", "28", "3D", "57"):
            return DatabaseUnusable(
                _("The database server {host} cannot be used.").format(host=self._url.host or "localhost"),
                advice=_("Check that the server runs, and the user and database in the URL."),
                evidence=evidence,
            )
        return StoreError(
            _("The database could not be read or written."),
            advice=_("Look at the log of the database server."),
            evidence=evidence,
        )

    def _full(self, evidence: str) -> DiskFull:
        return DiskFull(
            _("There is no room left on the disk of the database server."),
            advice=_(
                "Free some space. What is heard meanwhile is kept in memory and written as soon as there is room."
            ),
            evidence=evidence,
        )
