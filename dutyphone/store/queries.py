"""Questions about calls and blind intervals that are always asked alike. For calls by query see `store.history`."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    func,
    or_,
    select,
)

from dutyphone.journal.facts import Outcome
from dutyphone.journal.upcasters import upcast
from dutyphone.store.readmodels import (
    BlindRow,
    CallDetail,
    CallRow,
    DayCounts,
    FactRow,
    NoteRow,
)
from dutyphone.store.rows import CALL_COLUMNS, blind_row, call_row, micros, moment
from dutyphone.store.schema import blind_intervals, call_facts, call_notes, calls, journal, numbers
from dutyphone.store.session import Row, Session

_COLUMNS = tuple(calls.c[name] for name in CALL_COLUMNS)
_NEWEST_FIRST = (calls.c.arrived_us.desc(), calls.c.id.desc())

_OPEN = select(*_COLUMNS).where(calls.c.ended_us.is_(None)).order_by(calls.c.arrived_us, calls.c.id)
_OWED = select(*_COLUMNS).where(calls.c.owed.is_not(None)).order_by(*_NEWEST_FIRST).limit(bindparam("limit"))
_OF_NUMBER = (
    select(*_COLUMNS)
    .where(
        calls.c.number_id.in_(select(numbers.c.id).where(numbers.c.number == bindparam("wanted"))),
        calls.c.call != bindparam("excluding"),
    )
    .order_by(calls.c.id.desc())
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
