"""The search index on SQLite: FTS5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, MetaData, Table, Text, bindparam, insert, literal_column
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from dutyphone.store.search import NumberTerm, TextTerm, Token
from dutyphone.store.session import Session

_PLUS = custom_op[Any]("+")
"""Takes a column out of the planner's sight (SQLite, "The Query Optimizer Overview", §2.1)."""


class FtsIndex:
    """FTS5 tables without content: they keep positions and numbers, no text."""

    knows_phrases = True
    knows_order = True

    def __init__(self) -> None:
        metadata = MetaData()
        self.text_index, self.number_index = (
            Table(name, metadata, Column("rowid", Integer, primary_key=True), Column("tokens", Text))
            for name in ("text_index", "number_index")
        )
        self._adds = {
            table.name: insert(table).values(rowid=bindparam("document"), tokens=bindparam("words"))
            for table in (self.text_index, self.number_index)
        }

    def like(self, column: ColumnElement[Any], pattern: ColumnElement[str]) -> ColumnElement[bool]:
        return column.like(pattern, escape="\\")

    def unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return UnaryExpression(column, operator=_PLUS)

    def text_matches(self) -> ColumnElement[bool]:
        return literal_column("text_index").op("MATCH", is_comparison=True)(bindparam("text_query", type_=Text))

    def text_query(self, term: TextTerm) -> str:
        if any(token.prefix for token in term.tokens):
            return " ".join(map(_word, term.tokens))
        return '"' + " ".join(token.text for token in term.tokens) + '"'

    def number_matches(self) -> ColumnElement[bool]:
        return literal_column("number_index").op("MATCH", is_comparison=True)(bindparam("number_query", type_=Text))

    def number_query(self, term: NumberTerm) -> str:
        return " OR ".join("(" + " AND ".join(map(_word, tokens)) + ")" for tokens in term.anyof)

    def add(self, table: Table) -> Insert:
        return self._adds[table.name]

    def remove(self, session: Session, table: Table, rowid: int, tokens: str) -> None:
        session.sql(
            f"INSERT INTO {table.name} ({table.name}, rowid, tokens) VALUES ('delete', ?, ?)",  # noqa: S608
            (rowid, tokens),
        )

    def clear(self, session: Session) -> None:
        for table in (self.text_index, self.number_index):
            session.sql(f"INSERT INTO {table.name} ({table.name}) VALUES ('delete-all')")  # noqa: S608

    def documents(self, session: Session, table: Table) -> Iterator[tuple[int, str]]:
        session.sql(f"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', '{table.name}', 'instance')")
        cursor = session.connection.cursor()
        try:
            last = None
            for row in cursor.execute("SELECT doc, term FROM temp.vocabulary"):
                if row != last:  # one row for each place in the document
                    yield row
                last = row
        finally:
            cursor.close()
            session.sql("DROP TABLE temp.vocabulary")


def _word(token: Token) -> str:
    return f'"{token.text}"' + ("*" if token.prefix else "")
