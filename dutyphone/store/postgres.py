"""PostgreSQL (psycopg 3): the shared database of several desks or rooms."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    ColumnElement,
    Engine,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    create_engine,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.sql.dml import Insert

from dutyphone.errors import DatabaseBusy, DatabaseUnusable, DiskFull, StoreError
from dutyphone.i18n import _
from dutyphone.store.schema import journal
from dutyphone.store.search import NumberTerm, TextTerm, Token
from dutyphone.store.session import Session

APPEND_LOCK = 0x64757479
"""First half of the advisory lock that lets one append at a time in; the second half stands for the schema."""

CHANNEL = "dutyphone"
"""The channel that is notified once after each append."""

LOCK_TIMEOUT_MS = 5_000
"""How long a writer waits for another one before `DatabaseBusy`."""


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
    after_append = f"NOTIFY {CHANNEL}"
    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    cheap_commits = "SET synchronous_commit = off"

    def __init__(self, url: URL) -> None:
        self._url = url
        self.path: Path | None = None
        self.index = VectorIndex()
        self._streams = count(1)

    def make_engine(self) -> Engine:
        try:
            return create_engine(self._url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, pool_pre_ping=True)
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

    @property
    def journal_bytes(self) -> Select[Any]:
        return _JOURNAL_BYTES

    def usable(self, connection: Any) -> bool:
        return not connection.closed

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


class VectorIndex:
    """Tables of tsvectors made by us. They know which tokens, not where: the texts are compared as well."""

    knows_phrases = False

    def __init__(self) -> None:
        metadata = MetaData()
        self.text_index, self.number_index = (
            Table(name, metadata, Column("rowid", BigInteger, primary_key=True), Column("tokens", TSVECTOR))
            for name in ("text_index", "number_index")
        )
        words = func.array_to_tsvector(func.string_to_array(bindparam("words", type_=Text), " "))
        self._adds = {
            table.name: insert(table).values(rowid=bindparam("document"), tokens=words)
            for table in (self.text_index, self.number_index)
        }

    def like(self, column: ColumnElement[Any], pattern: ColumnElement[str]) -> ColumnElement[bool]:
        return column.collate("C").ilike(pattern, escape="\\")

    def unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return column  # the server knows how many rows there are and plans accordingly

    def text_matches(self) -> ColumnElement[bool]:
        return self.text_index.c.tokens.op("@@", is_comparison=True)(cast(bindparam("text_query", type_=Text), TSQUERY))

    def text_query(self, term: TextTerm) -> str:
        return " & ".join(map(_word, term.tokens))

    def number_matches(self) -> ColumnElement[bool]:
        return self.number_index.c.tokens.op("@@", is_comparison=True)(
            cast(bindparam("number_query", type_=Text), TSQUERY)
        )

    def number_query(self, term: NumberTerm) -> str:
        return " | ".join("(" + " & ".join(map(_word, tokens)) + ")" for tokens in term.anyof)

    def add(self, table: Table) -> Insert:
        return self._adds[table.name]

    def remove(self, session: Session, table: Table, rowid: int, tokens: str) -> None:  # noqa: ARG002
        session.sql(f"DELETE FROM {table.name} WHERE rowid = %s", (rowid,))  # noqa: S608

    def clear(self, session: Session) -> None:
        session.sql("DELETE FROM text_index")
        session.sql("DELETE FROM number_index")

    def documents(self, session: Session, table: Table) -> Iterator[tuple[int, str]]:
        token = func.unnest(func.tsvector_to_array(literal_column("tokens")))
        for row in session.stream(select(table.c.rowid, token)):
            yield row[0], row[1]


def _word(token: Token) -> str:
    return token.text + (":*" if token.prefix else "")
