"""SQLAlchemy statements, compiled once and executed on the driver's own connection.

SQLAlchemy writes the SQL; the driver runs it. What lies between the two in an ordinary execution costs more than the
statement itself on a local file, and a recorder commits after every ring. Statements given to a `Session` are made once
(at module level, or by a cached function) and name their parameters with `bindparam`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Self

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Row = Sequence[Any]

ROWS_AT_A_TIME = 1000
"""How many rows `Session.stream` asks the driver for at once."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL text in the driver's own form, and how the driver wants its parameters."""

    sql: str
    arguments: Callable[[Mapping[str, Any]], Any]


class Statements:
    """The compiled statements of one database, by the statement they come from."""

    def __init__(self, dialect: Dialect, streaming_cursor: Callable[[Any], Any]) -> None:
        """`streaming_cursor` makes a cursor on a driver connection that does not fetch everything at once."""
        self._dialect = dialect
        self.streaming_cursor = streaming_cursor
        self._compiled: dict[ClauseElement, Compiled] = {}

    def __getitem__(self, statement: ClauseElement) -> Compiled:
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = _compile(statement, self._dialect)
        return compiled


class Session:
    """One driver connection, for one thread at a time. Whoever opened it ends its transaction."""

    def __init__(self, connection: Any, statements: Statements) -> None:
        self.connection = connection
        self.cursor = connection.cursor()
        self._statements = statements

    def run(self, statement: ClauseElement, /, **values: Any) -> int:
        """Execute; the number of rows changed."""
        compiled = self._statements[statement]
        self.cursor.execute(compiled.sql, compiled.arguments(values))
        return int(self.cursor.rowcount)

    def run_many(self, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each of `rows`."""
        compiled = self._statements[statement]
        if len(rows) == 1:
            self.cursor.execute(compiled.sql, compiled.arguments(rows[0]))
        elif rows:
            self.cursor.executemany(compiled.sql, [compiled.arguments(row) for row in rows])

    def one(self, statement: ClauseElement, /, **values: Any) -> Row | None:
        """The first row, None if there is none."""
        compiled = self._statements[statement]
        self.cursor.execute(compiled.sql, compiled.arguments(values))
        row: Row | None = self.cursor.fetchone()
        return row

    def scalar(self, statement: ClauseElement, /, **values: Any) -> Any:
        """The first column of the first row, None if there is none."""
        row = self.one(statement, **values)
        return None if row is None else row[0]

    def ready(self, statement: ClauseElement) -> Callable[[], Any]:
        """`scalar` of a statement without parameters, to be asked again and again at the driver's own speed."""
        execute, sql = self.cursor.execute, self._statements[statement].sql

        def ask() -> Any:
            row = execute(sql).fetchone()
            return None if row is None else row[0]

        return ask

    def all(self, statement: ClauseElement, /, **values: Any) -> list[Row]:
        """Every row."""
        compiled = self._statements[statement]
        self.cursor.execute(compiled.sql, compiled.arguments(values))
        rows: list[Row] = self.cursor.fetchall()
        return rows

    def stream(self, statement: ClauseElement, /, **values: Any) -> Generator[Row, None, None]:
        """Every row, a thousand in memory at a time, on a cursor of its own. Only within a transaction."""
        for rows in self.batches(statement, ROWS_AT_A_TIME, **values):
            yield from rows

    def batches(self, statement: ClauseElement, size: int, /, **values: Any) -> Generator[list[Row], None, None]:
        """As `stream`, `size` rows at a time."""
        compiled = self._statements[statement]
        cursor = self._statements.streaming_cursor(self.connection)
        try:
            cursor.execute(compiled.sql, compiled.arguments(values))
            while rows := cursor.fetchmany(size):
                yield rows
        finally:
            cursor.close()

    def sql(self, text: str, arguments: Sequence[Any] = ()) -> list[Row]:
        """Run SQL text of the database's own kind (a pragma, BEGIN); the rows it gives, if any."""
        self.cursor.execute(text, arguments) if arguments else self.cursor.execute(text)
        return list(self.cursor.fetchall()) if self.cursor.description else []

    def close(self) -> None:
        """Give up the cursor; the connection stays open."""
        self.cursor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _compile(statement: ClauseElement, dialect: Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    order = tuple(compiled.positiontup or ()) if compiled.positional else None
    if order is None:
        names = tuple(compiled.bind_names.values())

        def by_name(values: Mapping[str, Any]) -> Any:
            merged = {**constants, **values}
            return {name: merged[name] for name in names}

        return Compiled(str(compiled), by_name)
    if not order:
        return Compiled(str(compiled), _nothing)
    pick = itemgetter(*order) if len(order) > 1 else _alone(order[0])
    if not constants:
        return Compiled(str(compiled), pick)
    return Compiled(str(compiled), lambda values: pick({**constants, **values}))


def _nothing(_values: Mapping[str, Any]) -> Any:
    return ()


def _alone(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda values: (values[name],)
