"""Calls by `CallQuery`: pages, streams and counts.

Lists are paged by key: a page begins behind the last call of the page before, wherever among how many that stands. A
statement is put together once for each shape of question, never for its values.

There are four ways to go about a question, and in each a page costs what is on it and not what is in the log:

- BY_TIME: no text. Newest first is by time of arrival, along an index.
- BY_TEXT: the text index is read from its newest call on, and left when the page is full. Newest first is by number of
  the call here; the two differ only where the clock was set back.
- OF_NUMBERS: digits that few calls have. The numbers that contain them are looked up, and their calls sorted.
- LOOKING_AT_NUMBERS: digits that many calls have. Along the index of time, calls with other numbers passed over.

Which of the last two serves a page is found out step by step, each as cheap as a page: perhaps the latest calls fill
it, perhaps the numbers are so few that they can be named; only of many numbers are the calls counted.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from dutyphone.store.backend import CALL_SHIFT, SearchIndex
from dutyphone.store.readmodels import CallCodes, CallPage, CallQuery, CallRecord, CallRow
from dutyphone.store.rows import CALL_COLUMNS, call_row, micros
from dutyphone.store.schema import call_notes, calls, numbers
from dutyphone.store.search import number_term, number_typed, text_term
from dutyphone.store.session import Session

MOST_SORTED = 10_000
"""At most so many calls are sorted in memory for a stream."""

FEW_NUMBERS = 16
"""Fewer different numbers than these are looked up one by one."""

AT_HAND = 3
"""A page of calls with some digits is first looked for in so many times its length of calls."""

MOST_NUMBERS = 4_000
"""So many different numbers are many calls, without counting further."""

RECORDS_AT_A_TIME = 250
"""So few that they are still in the processor's cache when their cells are made."""

_COLUMNS = tuple(calls.c[name] for name in CALL_COLUMNS)
_CODES = func.concat_ws(
    literal_column("' '"),
    *(
        cast(column, Integer) if isinstance(column.type, Boolean) else func.coalesce(column, literal_column("''"))
        for column in (calls.c[name] for name in CallCodes._fields)
    ),
)
_RECORD = tuple(_CODES if name == "codes" else calls.c[name] for name in CallRecord._fields)
_BEHIND_EVERYTHING = 2**62
_ARRIVED = select(calls.c.arrived_us).where(calls.c.id == bindparam("before"))
_LAST_CALL = select(func.coalesce(func.max(calls.c.id), 0))


class _Way(Enum):
    """How a question is gone about."""

    BY_TIME = auto()
    BY_TEXT = auto()
    OF_NUMBERS = auto()
    OF_A_FEW = auto()  # the same, once it is known which numbers they are
    LOOKING_AT_NUMBERS = auto()


class _Wanted(Enum):
    """What is to come of it."""

    PAGE = auto()  # one page behind a call, newest first
    STREAM = auto()  # all, oldest first
    RECORDS = auto()  # likewise, as `CallRecord`
    COUNT = auto()
    WEIGHT = auto()  # how many numbers have the digits, and how many calls have those numbers
    NUMBERS = auto()  # a few of these numbers, each with how many calls have it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What the statements for one `CallQuery` depend on, and `values` to put in."""

    values: Mapping[str, Any]
    texts: bool = False
    compares_texts: bool = False
    patterns: int = 0  # LIKE patterns for numbers
    indexed: bool = False  # whether the number index helps


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """All that one statement depends on."""

    way: _Way
    wanted: _Wanted
    narrows: tuple[str, ...]
    compares_texts: bool
    patterns: int
    indexed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """So many calls as are `wanted`, behind the one with that time and id."""

    before_us: int
    before: int
    wanted: int


class History:
    """Calls by query. Keeps its statements; has no state otherwise."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index
        self._statements: dict[_Shape, Select[Any]] = {}

    def page(self, session: Session, query: CallQuery, before: int | None, limit: int) -> CallPage:
        """At most `limit` calls older than call `before`, newest first."""
        question = self._ask(query)
        if question.texts:
            found = self._by_text(session, question, before, limit + 1)
        else:
            found = self._by_time(session, question, before, limit + 1)
        older = found[limit - 1].id if len(found) > limit else None
        return CallPage(rows=tuple(found[:limit]), older=older)

    def stream(self, session: Session, query: CallQuery) -> Iterator[CallRow]:
        """All calls, oldest first. `session` is a snapshot."""
        question = self._ask(query)
        way = self._way(session, question, MOST_SORTED**2)
        last = 0
        for row in session.stream(self._statement(question, way, _Wanted.STREAM), **question.values):
            if row[0] != last:  # a call is there once, however many of its texts were found
                yield call_row(row)
            last = row[0]

    def records(self, session: Session, query: CallQuery) -> Iterator[Sequence[CallRecord]]:
        """The same calls for exports. `session` is a snapshot."""
        question = self._ask(query)
        way = self._way(session, question, MOST_SORTED**2)
        statement = self._statement(question, way, _Wanted.RECORDS)
        last = 0
        for batch in session.batches(statement, RECORDS_AT_A_TIME, **question.values):
            if not question.texts:
                yield typing.cast("Sequence[CallRecord]", batch)
                continue
            ids = [last, *(row[0] for row in batch)]
            yield [CallRecord(*row[:-1]) for before, row in zip(ids, batch, strict=False) if row[0] != before]
            last = ids[-1]

    def count(self, session: Session, query: CallQuery) -> int:
        """How many calls `stream` gives."""
        question = self._ask(query)
        way = _Way.BY_TEXT if question.texts else _Way.OF_NUMBERS if question.patterns else _Way.BY_TIME
        return int(session.scalar(self._statement(question, way, _Wanted.COUNT), **question.values))

    # --- questions ---------------------------------------------------------------------------------------------------

    def _ask(self, query: CallQuery) -> _Question:
        values: dict[str, Any] = {}
        if query.line is not None:
            values["line"] = query.line
        if query.result is not None:
            values["result"] = query.result.value
        if query.from_at is not None:
            values["from_us"] = micros(query.from_at)
        if query.until_at is not None:
            values["until_us"] = micros(query.until_at)
        text = query.text.strip()
        digits = number_typed(text)
        if digits is not None:
            number = number_term(digits)
            values |= {f"like_{i}": like for i, like in enumerate(number.likes)}
            if number.anyof:
                values["number_query"] = self._index.number_query(number)
            return _Question(values=values, patterns=len(number.likes), indexed=bool(number.anyof))
        if not text:
            return _Question(values=values)
        term = text_term(text)
        values["text_query"] = self._index.text_query(term)
        compares = not (term.exact and self._index.knows_phrases)
        if compares:
            values["like_text"] = term.like
        return _Question(values=values, texts=True, compares_texts=compares)

    def _way(self, session: Session, question: _Question, budget: int) -> _Way:
        """Numbers are looked up if the square of how many calls they have is within `budget`, else looked at.

        Looking up costs a step for each of the calls; looking at passes over as many others for each call found, as
        there are calls in all for each of these. The two are equal where the square is calls wanted times all calls.
        """
        if question.texts:
            return _Way.BY_TEXT
        if not question.patterns:
            return _Way.BY_TIME
        row = session.one(self._statement(question, _Way.OF_NUMBERS, _Wanted.WEIGHT), **question.values)
        assert row is not None
        different, weight = row
        few = different < MOST_NUMBERS and weight**2 <= budget
        return _Way.OF_NUMBERS if few else _Way.LOOKING_AT_NUMBERS

    def _by_time(self, session: Session, question: _Question, before: int | None, wanted: int) -> list[CallRow]:
        arrived_us = _BEHIND_EVERYTHING
        if before is not None:
            arrived_us = session.scalar(_ARRIVED, before=before)
            if arrived_us is None:
                return []
        page = _Page(before_us=arrived_us, before=_BEHIND_EVERYTHING if before is None else before, wanted=wanted)
        if question.patterns:
            return self._by_number(session, question, page)
        return self._rows(session, question, _Way.BY_TIME, page)

    def _by_number(self, session: Session, question: _Question, page: _Page) -> list[CallRow]:
        last = session.scalar(_LAST_CALL)
        found = self._at_hand(session, question, page, last)
        if len(found) == page.wanted:
            return found
        budget = page.wanted * last
        few = session.all(self._statement(question, _Way.OF_NUMBERS, _Wanted.NUMBERS), **question.values)
        if len(few) == FEW_NUMBERS:
            return self._rows(session, question, self._way(session, question, budget), page)
        if sum(calls_of for _, calls_of in few) ** 2 > budget:
            return self._rows(session, question, _Way.LOOKING_AT_NUMBERS, page)
        if not few:
            return []
        return self._rows(session, _with_numbers(question, [number for number, _ in few]), _Way.OF_A_FEW, page)

    def _at_hand(self, session: Session, question: _Question, page: _Page, last: int) -> list[CallRow]:
        """What of the page is among the latest calls. If it is all of it, it is the page."""
        from_us = session.scalar(_ARRIVED, before=max(1, min(page.before, last) - AT_HAND * page.wanted))
        if from_us is None:
            return []
        latest = {**question.values, "from_us": max(from_us, question.values.get("from_us", from_us))}
        return self._rows(session, replace(question, values=latest), _Way.LOOKING_AT_NUMBERS, page)

    def _rows(self, session: Session, question: _Question, way: _Way, page: _Page) -> list[CallRow]:
        rows = session.all(
            self._statement(question, way, _Wanted.PAGE),
            **question.values,
            before_us=page.before_us,
            before=page.before,
            limit=page.wanted,
        )
        return list(map(call_row, rows))

    def _by_text(self, session: Session, question: _Question, before: int | None, wanted: int) -> list[CallRow]:
        statement = self._statement(question, _Way.BY_TEXT, _Wanted.PAGE)
        document = _BEHIND_EVERYTHING if before is None else before << CALL_SHIFT
        found: list[CallRow] = []
        while len(found) < wanted:
            rows = session.all(statement, **question.values, document=document, limit=wanted)
            for row in rows:
                if not found or found[-1].id != row[0]:
                    found.append(call_row(row))
            if len(rows) < wanted:
                break
            document = rows[-1][-1]
        return found

    # --- statements --------------------------------------------------------------------------------------------------

    def _statement(self, question: _Question, way: _Way, wanted: _Wanted) -> Select[Any]:
        narrows = tuple(name for name in ("line", "result", "from_us", "until_us") if name in question.values)
        shape = _Shape(
            way=way,
            wanted=wanted,
            narrows=narrows,
            compares_texts=question.compares_texts,
            patterns=question.patterns,
            indexed=question.indexed,
        )
        if shape not in self._statements:
            self._statements[shape] = self._build(shape)
        return self._statements[shape]

    def _build(self, shape: _Shape) -> Select[Any]:
        if shape.wanted is _Wanted.WEIGHT:
            found = self._numbers(shape, numbers.c.calls).limit(MOST_NUMBERS).subquery()
            return select(func.count(), func.coalesce(func.sum(found.c.calls), 0)).select_from(found)
        if shape.wanted is _Wanted.NUMBERS:
            return self._numbers(shape, numbers.c.id, numbers.c.calls).limit(literal_column(str(FEW_NUMBERS)))
        if shape.way is _Way.BY_TEXT:
            return self._text_statement(shape)
        statement: Select[Any] = select(func.count()) if shape.wanted is _Wanted.COUNT else select(*_columns(shape))
        statement = statement.select_from(calls)
        arrived: ColumnElement[int] = calls.c.arrived_us
        number: ColumnElement[int] = calls.c.id
        if shape.way in (_Way.OF_NUMBERS, _Way.OF_A_FEW):
            arrived, number = self._index.unindexed(arrived), self._index.unindexed(number)
            few = [bindparam(f"number_{i}", type_=BigInteger) for i in range(FEW_NUMBERS)]
            wanted = few if shape.way is _Way.OF_A_FEW else self._numbers(shape, numbers.c.id)
            statement = statement.where(calls.c.number_id.in_(wanted))
        elif shape.way is _Way.LOOKING_AT_NUMBERS:
            statement = statement.where(self._alike(shape, calls.c.number, calls.c.number_raw))
        statement = statement.where(*self._narrowings(shape))
        if shape.wanted is _Wanted.COUNT:
            return statement
        if shape.wanted in (_Wanted.STREAM, _Wanted.RECORDS):
            return statement.order_by(arrived, number)
        edge = tuple_(bindparam("before_us", type_=BigInteger), bindparam("before", type_=BigInteger))
        return (
            statement.where(tuple_(arrived, number) < edge)
            .order_by(arrived.desc(), number.desc())
            .limit(bindparam("limit"))
        )

    def _text_statement(self, shape: _Shape) -> Select[Any]:
        table: FromClause = self._index.text_index
        matches = [self._index.text_matches()]
        behind = table.c.rowid < bindparam("document", type_=BigInteger)
        if shape.wanted is _Wanted.PAGE and not self._index.knows_order:
            table = _newest_first(table.c.rowid, *matches, behind)
            matches = []
        elif shape.wanted is _Wanted.PAGE:
            matches.append(behind)
        document = table.c.rowid
        call_id = document.bitwise_rshift(literal_column(str(CALL_SHIFT)))
        counts = shape.wanted is _Wanted.COUNT
        statement: Select[Any] = (
            select(func.count(call_id.distinct())) if counts else select(*_columns(shape), document)
        )
        statement = statement.select_from(table.join(calls, calls.c.id == call_id)).where(
            *matches, *self._narrowings(shape)
        )
        if shape.compares_texts:
            like = bindparam("like_text", type_=Text)
            noted = exists().where(call_notes.c.call_id == calls.c.id, self._index.like(call_notes.c.text, like))
            statement = statement.where(or_(self._index.like(calls.c.name, like), noted))
        if counts:
            return statement
        if shape.wanted in (_Wanted.STREAM, _Wanted.RECORDS):
            return statement.order_by(document)
        return statement.order_by(document.desc()).limit(bindparam("limit"))

    def _numbers(self, shape: _Shape, *columns: ColumnElement[Any]) -> Select[Any]:
        """`columns` of the numbers that contain the digits."""
        table = self._index.number_index
        statement: Select[Any] = select(*columns).select_from(
            table.join(numbers, numbers.c.id == table.c.rowid) if shape.indexed else numbers
        )
        if shape.indexed:
            statement = statement.where(self._index.number_matches())
        return statement.where(self._alike(shape, numbers.c.number, numbers.c.number_raw))

    def _alike(self, shape: _Shape, *columns: ColumnElement[Any]) -> ColumnElement[bool]:
        patterns = [bindparam(f"like_{i}", type_=Text) for i in range(shape.patterns)]
        return or_(*(self._index.like(column, pattern) for pattern in patterns for column in columns))

    def _narrowings(self, shape: _Shape) -> list[ColumnElement[bool]]:
        """Conditions that a page by time goes along an index for, and every other way only checks."""
        by_time = shape.way in (_Way.BY_TIME, _Way.LOOKING_AT_NUMBERS)
        line, result, arrived = (
            column if by_time else self._index.unindexed(column)
            for column in (calls.c.line, calls.c.result, calls.c.arrived_us)
        )
        conditions = {
            "line": line == bindparam("line", type_=Text),
            "result": result == bindparam("result", type_=Text),
            "from_us": arrived >= bindparam("from_us", type_=BigInteger),
            "until_us": arrived < bindparam("until_us", type_=BigInteger),
        }
        return [conditions[name] for name in shape.narrows]


def _newest_first(document: ColumnElement[int], *matches: ColumnElement[bool]) -> FromClause:
    """The documents that match, put in order before anything else is asked of them.

    OFFSET keeps the planner from looking at the calls of all of them before it sorts.
    """
    return select(document).where(*matches).order_by(document.desc()).offset(literal_column("0")).subquery()


def _columns(shape: _Shape) -> tuple[ColumnElement[Any], ...]:
    return _RECORD if shape.wanted is _Wanted.RECORDS else _COLUMNS


def _with_numbers(question: _Question, known: Sequence[int]) -> _Question:
    """The question about these numbers, fewer than `FEW_NUMBERS`; the last of them fills the places that are left."""
    places = {f"number_{i}": known[min(i, len(known) - 1)] for i in range(FEW_NUMBERS)}
    return replace(question, values={**question.values, **places})
