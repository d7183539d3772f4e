"""Questions about calls.

Lists are paged by key: a page begins behind the last call of the page before, wherever among how many that stands.
A statement is put together once for each shape of question, never for its values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from dutyphone.journal.facts import Outcome
from dutyphone.journal.upcasters import upcast
from dutyphone.store.backend import CALL_SHIFT, SearchIndex
from dutyphone.store.readmodels import (
    BlindRow,
    CallDetail,
    CallPage,
    CallQuery,
    CallRow,
    DayCounts,
    FactRow,
    NoteRow,
)
from dutyphone.store.rows import CALL_COLUMNS, blind_row, call_row, micros, moment
from dutyphone.store.schema import blind_intervals, call_facts, call_notes, calls, journal
from dutyphone.store.search import NumberTerm, TextTerm, number_term, number_typed, text_term
from dutyphone.store.session import Row, Session

_COLUMNS = tuple(calls.c[name] for name in CALL_COLUMNS)
_NEWEST_FIRST = (calls.c.arrived_us.desc(), calls.c.id.desc())
_BEHIND_EVERYTHING = 2**62

_ARRIVED = select(calls.c.arrived_us).where(calls.c.id == bindparam("before"))
_OPEN = select(*_COLUMNS).where(calls.c.ended_us.is_(None)).order_by(calls.c.arrived_us, calls.c.id)
_OWED = select(*_COLUMNS).where(calls.c.owed.is_not(None)).order_by(*_NEWEST_FIRST).limit(bindparam("limit"))
_OF_NUMBER = (
    select(*_COLUMNS)
    .where(calls.c.number == bindparam("wanted"), calls.c.call != bindparam("excluding"))
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("limit"))
)
_ONE = select(*_COLUMNS).where(calls.c.call == bindparam("wanted"))
_NOTES = (
    select(call_notes.c.at_us, call_notes.c.text, call_notes.c.by)
    .where(call_notes.c.call_id == bindparam("wanted"))
    .order_by(call_notes.c.note)
)
_FACTS = (
    select(
        journal.c.seq,
        journal.c.occurred_us,
        journal.c.recorded_us,
        journal.c.kind,
        journal.c.version,
        journal.c.body,
    )
    .join(call_facts, call_facts.c.seq == journal.c.seq)
    .where(call_facts.c.call_id == bindparam("wanted"))
    .order_by(call_facts.c.seq)
)


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_COUNTS = select(
    func.count(),
    _how_many(calls.c.result == Outcome.ANSWERED.value),
    _how_many(calls.c.result == Outcome.MISSED.value),
    _how_many(calls.c.result == Outcome.UNKNOWN.value),
    _how_many(calls.c.owed.is_not(None)),
).where(calls.c.arrived_us >= bindparam("from_us"), calls.c.arrived_us < bindparam("until_us"))

_BLIND = (
    select(blind_intervals)
    .where(
        blind_intervals.c.from_us < bindparam("until_us"),
        or_(blind_intervals.c.until_us.is_(None), blind_intervals.c.until_us > bindparam("from_us")),
    )
    .order_by(blind_intervals.c.from_us, blind_intervals.c.id)
)
_BLIND_OPEN = select(blind_intervals).where(blind_intervals.c.until_us.is_(None)).order_by(blind_intervals.c.id)


def open_calls(session: Session) -> tuple[CallRow, ...]:
    """Calls that have not ended, oldest first."""
    return tuple(map(call_row, session.all(_OPEN)))


def owed_calls(session: Session, limit: int) -> tuple[CallRow, ...]:
    """Calls that the officer still owes something, newest first."""
    return tuple(map(call_row, session.all(_OWED, limit=limit)))


def calls_of_number(session: Session, number: str, excluding: str, limit: int) -> tuple[CallRow, ...]:
    """The last calls of a normalised number, newest first, without the call `excluding`."""
    return tuple(map(call_row, session.all(_OF_NUMBER, wanted=number, excluding=excluding, limit=limit)))


def call_detail(session: Session, call: str) -> CallDetail | None:
    """Everything about one call; None if there is no such call. `session` is a snapshot."""
    record = session.one(_ONE, wanted=call)
    if record is None:
        return None
    row = call_row(record)
    return CallDetail(
        row=row,
        notes=tuple(NoteRow(at=moment(at), text=text, by=by) for at, text, by in session.all(_NOTES, wanted=row.id)),
        facts=tuple(map(_fact_row, session.all(_FACTS, wanted=row.id))),
    )


def counts(session: Session, from_at: datetime, until_at: datetime) -> DayCounts:
    """Calls that arrived in a span of time, by result."""
    row = session.one(_COUNTS, from_us=micros(from_at), until_us=micros(until_at))
    assert row is not None
    total, answered, missed, unknown, owed = row
    return DayCounts(total=total, answered=answered, missed=missed, unknown=unknown, owed=owed)


def blind_between(session: Session, from_at: datetime, until_at: datetime) -> tuple[BlindRow, ...]:
    """Blind intervals that overlap a span of time, oldest first."""
    return tuple(map(blind_row, session.all(_BLIND, from_us=micros(from_at), until_us=micros(until_at))))


def blind_open(session: Session) -> tuple[BlindRow, ...]:
    """Blind intervals that still last."""
    return tuple(map(blind_row, session.all(_BLIND_OPEN)))


# --- history -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What a statement over calls depends on."""

    source: str  # "calls", "text_index" or "number_index"
    compares: int = 0  # patterns that a number is compared with
    compares_texts: bool = False
    narrows: tuple[str, ...] = ()  # of "line", "result", "from_us", "until_us"
    pages: bool = False  # one page behind a call, newest first; else all, oldest first
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One `CallQuery`: the shape of its statement and the values to put in."""

    source: str
    compares: int
    compares_texts: bool
    values: Mapping[str, Any]

    def shape(self, *, pages: bool = False, counts: bool = False) -> _Shape:
        narrows = tuple(name for name in ("line", "result", "from_us", "until_us") if name in self.values)
        return _Shape(
            source=self.source,
            compares=self.compares,
            compares_texts=self.compares_texts,
            narrows=narrows,
            pages=pages,
            counts=counts,
        )


class History:
    """Calls by `CallQuery`.

    Without a text, newest first means by time of arrival. With one it means by number of the call, for so the search
    index can be read from its new end and left when the page is full; the two differ only where the clock stepped back.
    """

    def __init__(self, index: SearchIndex) -> None:
        self._index = index
        self._statements: dict[_Shape, Select[Any]] = {}

    def page(self, session: Session, query: CallQuery, before: int | None, limit: int) -> CallPage:
        """At most `limit` calls older than call `before`."""
        question = self._ask(query)
        statement = self._statement(question.shape(pages=True))
        if question.source == "calls":
            behind = self._behind(session, before)
            rows = [] if behind is None else session.all(statement, **question.values, **behind, limit=limit + 1)
            found = [call_row(row) for row in rows]
        else:
            found = self._documents(session, statement, question, before, limit + 1)
        older = found[limit - 1].id if len(found) > limit else None
        return CallPage(rows=tuple(found[:limit]), older=older)

    def stream(self, session: Session, query: CallQuery) -> Iterator[CallRow]:
        """All calls, oldest first. `session` is a snapshot."""
        question = self._ask(query)
        last = 0
        for row in session.stream(self._statement(question.shape()), **question.values):
            if row[0] != last:
                yield call_row(row)
            last = row[0]

    def count(self, session: Session, query: CallQuery) -> int:
        """How many calls `stream` gives."""
        question = self._ask(query)
        return int(session.scalar(self._statement(question.shape(counts=True)), **question.values))

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
        source, compares, compares_texts = "calls", 0, False
        text = query.text.strip()
        digits = number_typed(text)
        if digits is not None:
            number = number_term(digits)
            source, compares = ("number_index" if number.anyof else "calls"), len(number.likes)
            values |= self._number_values(number)
        elif text:
            term = text_term(text)
            source, compares_texts = "text_index", not (term.exact and self._index.knows_phrases)
            values |= self._text_values(term, compares_texts)
        return _Question(source=source, compares=compares, compares_texts=compares_texts, values=values)

    def _number_values(self, number: NumberTerm) -> dict[str, Any]:
        values: dict[str, Any] = {f"like_{i}": like for i, like in enumerate(number.likes)}
        if number.anyof:
            values["number_query"] = self._index.number_query(number)
        return values

    def _text_values(self, term: TextTerm, compares_texts: bool) -> dict[str, Any]:
        values = {"text_query": self._index.text_query(term)}
        return {**values, "like_text": term.like} if compares_texts else values

    def _behind(self, session: Session, before: int | None) -> dict[str, int] | None:
        """The key that a page begins behind, None if there is no call `before`."""
        if before is None:
            return {"before_us": _BEHIND_EVERYTHING, "before": _BEHIND_EVERYTHING}
        arrived_us = session.scalar(_ARRIVED, before=before)
        return None if arrived_us is None else {"before_us": arrived_us, "before": before}

    def _documents(
        self, session: Session, statement: Select[Any], question: _Question, before: int | None, wanted: int
    ) -> list[CallRow]:
        """The calls of the newest documents. A call is there once, however many of its texts were found."""
        shift = CALL_SHIFT if question.source == "text_index" else 0
        document = _BEHIND_EVERYTHING if before is None else before << shift
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

    def _statement(self, shape: _Shape) -> Select[Any]:
        if shape not in self._statements:
            self._statements[shape] = self._build(shape)
        return self._statements[shape]

    def _build(self, shape: _Shape) -> Select[Any]:
        statement: Select[Any]
        key: ColumnElement[int] = calls.c.id
        if shape.source == "calls":
            statement = select(func.count()).select_from(calls) if shape.counts else select(*_COLUMNS)
        else:
            table = self._index.text_index if shape.source == "text_index" else self._index.number_index
            key = table.c.rowid
            texts = shape.source == "text_index"
            call_id = key.bitwise_rshift(literal_column(str(CALL_SHIFT))) if texts else key
            matches = self._index.text_matches() if texts else self._index.number_matches()
            columns = (func.count(call_id.distinct()),) if shape.counts else (*_COLUMNS, key)
            statement = select(*columns).select_from(table.join(calls, calls.c.id == call_id)).where(matches)
        for condition in self._conditions(shape):
            statement = statement.where(condition)
        if shape.counts:
            return statement
        if not shape.pages:
            return statement.order_by(calls.c.arrived_us, calls.c.id) if key is calls.c.id else statement.order_by(key)
        if key is calls.c.id:
            edge = tuple_(bindparam("before_us", type_=BigInteger), bindparam("before", type_=BigInteger))
            statement = statement.where(tuple_(calls.c.arrived_us, calls.c.id) < edge).order_by(*_NEWEST_FIRST)
        else:
            statement = statement.where(key < bindparam("document", type_=BigInteger)).order_by(key.desc())
        return statement.limit(bindparam("limit"))

    def _conditions(self, shape: _Shape) -> Iterator[ColumnElement[bool]]:
        columns = {"line": calls.c.line == bindparam("line"), "result": calls.c.result == bindparam("result")}
        columns["from_us"] = calls.c.arrived_us >= bindparam("from_us")
        columns["until_us"] = calls.c.arrived_us < bindparam("until_us")
        yield from (columns[name] for name in shape.narrows)
        if shape.compares:
            likes = [bindparam(f"like_{i}", type_=Text) for i in range(shape.compares)]
            yield or_(*(self._index.like(column, like) for like in likes for column in _NUMBERS))
        if shape.compares_texts:
            like = bindparam("like_text", type_=Text)
            noted = exists().where(call_notes.c.call_id == calls.c.id, self._index.like(call_notes.c.text, like))
            yield or_(self._index.like(calls.c.name, like), noted)


_NUMBERS = (calls.c.number, calls.c.number_raw)

_BARE = re.compile(r"""[^\s"=\[\]{}]+""")
_SAID_ELSEWHERE = frozenset({"at", "call", "wire"})


def _fact_row(record: Row) -> FactRow:
    seq, occurred_us, recorded_us, kind, version, body = record
    values: dict[str, Any] = {} if body is None else upcast(kind, version, json.loads(body))
    return FactRow(
        seq=seq,
        at=moment(occurred_us),
        recorded_at=moment(recorded_us),
        kind=kind,
        summary=" ".join(f"{k}={_said(v)}" for k, v in values.items() if k not in _SAID_ELSEWHERE),
        wire=values.get("wire", "").encode("latin-1"),
    )


def _said(value: Any) -> str:
    """As a transcript writes it: a bare word, or JSON."""
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
