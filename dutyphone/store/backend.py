"""What the two kinds of database do differently, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Engine, Select, Table
from sqlalchemy.sql.dml import Insert

from dutyphone.errors import StoreError
from dutyphone.store.search import NumberTerm, TextTerm
from dutyphone.store.session import Session

CALL_SHIFT = 20
"""A document of the text index is numbered `call_id << CALL_SHIFT | n`: 0 is the name, 1, 2, … the notes."""


class SearchIndex(Protocol):
    """The two index tables, `text_index` and `number_index`, as one kind of database has them."""

    text_index: Table
    number_index: Table

    knows_phrases: bool
    """Whether a match of the text index proves that the tokens stand one behind the other."""

    knows_order: bool
    """Whether it gives the documents it finds in the order of their numbers, without finding all of them first."""

    def like(self, column: ColumnElement[Any], pattern: ColumnElement[str]) -> ColumnElement[bool]:
        r"""LIKE with `\` as the escape, in which A to Z are a to z and no other letters are the same."""

    def unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column, where no index of it is to be used."""

    def text_matches(self) -> ColumnElement[bool]:
        """`text_index` has the term; its query is the parameter "text_query"."""

    def text_query(self, term: TextTerm) -> str: ...

    def number_matches(self) -> ColumnElement[bool]:
        """`number_index` (of `schema.numbers`) has the digits; its query is the parameter "number_query"."""

    def number_query(self, term: NumberTerm) -> str: ...

    def add(self, table: Table) -> Insert:
        """Put a document into one of the two: parameters "document" (its number) and "words" (its tokens)."""

    def remove(self, session: Session, table: Table, rowid: int, tokens: str) -> None:
        """Take out a document that was added with these tokens."""

    def clear(self, session: Session) -> None:
        """Empty both."""

    def documents(self, session: Session, table: Table) -> Iterator[tuple[int, str]]:
        """Every (number of the document, token), in no order that matters."""


class Backend(Protocol):
    """One kind of database."""

    @property
    def path(self) -> Path | None:
        """The database file, None where there is none."""

    @property
    def begin_write(self) -> Sequence[str]:
        """Opens a transaction that no other writer can be inside of."""

    after_append: str
    """Runs last in the transaction of an append, {seq} being its last row; empty if nothing is to be run."""

    begin_read: str
    """Opens a transaction that sees one moment."""

    cheap_commits: str
    """Makes a connection commit without waiting for the disk."""

    @property
    def index(self) -> SearchIndex: ...

    def make_engine(self) -> Engine:
        """An engine whose driver connections are in autocommit mode."""

    def prepare(self, *, create: bool) -> None:
        """Refuse what cannot work, before the first connection; make the folder if `create`."""

    def settle(self, session: Session) -> None:
        """Make settings that stay with the database. Called outside a transaction, once it is ours or empty."""

    def claim(self, session: Session) -> None:
        """Mark an empty database as ours. Called inside the transaction that makes the tables."""

    def ours(self, session: Session) -> bool | None:
        """Whether it is a database of ours; None if it is empty."""

    def streaming_cursor(self, connection: Any) -> Any:
        """A cursor on a driver connection, within a transaction, that does not fetch everything at once."""

    def clean(self, session: Session) -> None:
        """Get rid of what purged rows left behind, as far as nobody has to wait. Called outside a transaction."""

    @property
    def journal_bytes(self) -> Select[Any]:
        """All columns of the journal in order, texts as the bytes that are stored."""

    def usable(self, connection: Any) -> bool:
        """Whether a kept connection still reaches the database."""

    def roll_back(self, connection: Any) -> None:
        """End a transaction that failed, if it has not ended itself. Never raises."""

    def error(self, error: BaseException) -> StoreError | None:
        """What a driver's error means, None if it is not a driver's."""
