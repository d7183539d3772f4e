"""The search index on PostgreSQL: tsvector with GIN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.sql.dml import Insert

from dutyphone.store.search import NumberTerm, TextTerm, Token
from dutyphone.store.session import Session


class VectorIndex:
    """Tables of tsvectors made by us. They know which tokens, not where: the texts are compared as well."""

    knows_phrases = False
    knows_order = False

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
