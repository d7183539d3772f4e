"""Takes the bodies out of journal rows whose retention time is over, a slice at a time.

A slice is one transaction, short enough that a ringing line does not notice: the bodies, what the projections and the
search index say of them, and the facts that remember what stays. Whoever stops in between has stopped between slices.

A call goes as a whole, when the last thing said about it is old enough and it has ended. Until then nothing of it goes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, insert, select, update

from dutyphone.clock import Clock
from dutyphone.duty.retention import Answer, answer, book_of
from dutyphone.journal import seqs
from dutyphone.journal.codec import UnknownFact, decode
from dutyphone.journal.facts import BodiesPurged, Book, CallFact, CallPurged, Fact, LineFact, NoiseCounted, NoiseHeard
from dutyphone.store.line_batch import line_state
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone.store.rows import CALL_COLUMNS, call_row, micros, moment, storable
from dutyphone.store.schema import call_facts, calls, journal, line_states, purge_marks
from dutyphone.store.session import Session
from dutyphone.store.store import Store

SLICE_S = 0.003
"""How much longer than a commit a slice is meant to take, so that other writers wait for 5 ms at most."""

MOST_IN_A_SLICE = 100
"""Calls and lone rows."""

LOOK = 50
"""Journal rows that are looked at together, outside any transaction."""

LEISURELY = 100.0
"""While lines may ring, a rest is this many times as long as the work before it: p99 of commits stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeReport:
    """What was purged, or would be, and for how long others had to wait for a slice of it.

    `finished` is False if somebody ended it before all of it was.
    """

    calls: int = 0
    bodies: int = 0
    slices: int = 0
    last_s: float = 0.0
    shortest_s: float = math.inf
    longest_s: float = 0.0
    finished: bool = True


def due(store: Store, book: Book, older_than: datetime, now: datetime) -> PurgeReport:
    """What `purge` would do at `now`. Changes nothing."""
    with store.database.snapshot() as session:
        end = _end(session, _mark(session, book), older_than, now)
        found = [_look_up(session, book, row) for row in _rows(session, book, _mark(session, book), end)]
    targets = [target for target in found if target is not None]
    return PurgeReport(
        calls=sum(target.call is not None for target in targets), bodies=sum(len(target.rows) for target in targets)
    )


def purge(
    store: Store, book: Book, older_than: datetime, *, clock: Clock, rest: Callable[[float], bool]
) -> PurgeReport:
    """Purge what is due.

    Between slices `rest` is told for how many seconds there was work; it lets others work, and says False if there is
    to be no other slice. Two at a time do no harm. Raises `StoreError`; what was purged until then is purged.
    """
    with store.database.reading() as session:
        noted = mark = _mark(session, book)
        end = _end(session, mark, older_than, clock.now().utc)
    report, size = PurgeReport(), 1
    while mark < end and report.finished:
        begun = clock.now()
        with store.database.snapshot() as session:
            looked = list(islice(_rows(session, book, mark, end), LOOK))
            rows = [row for row in looked if _look_up(session, book, row) is not None]
        upto = end if len(looked) < LOOK else looked[-1].seq
        while rows and report.finished:
            taken, rows = rows[:size], rows[size:]
            noted = mark = taken[-1].seq
            report = _slice(store, book, older_than, taken, noted, clock, report)
            size = _next_size(size, report)
            report = replace(report, finished=rest(clock.now().since(begun)))
            begun = clock.now()
        mark = upto if report.finished else mark
    if noted < mark:
        report = _slice(store, book, older_than, [], mark, clock, report)
    if report.bodies:
        _clean(store)
    return report


def ask(store: Store, book: Book, now: datetime) -> Answer:
    """Whether `purge` may be called at `now` without a person's word. Remembers that it was asked."""
    with store.database.writing() as session:
        before_us = session.scalar(_ASKED, book=book.value)
        answered = answer(now, None if before_us is None else moment(before_us))
        if answered is not Answer.TOO_SOON:
            _set_mark(session, book, {"asked_us": micros(now)})
    return answered


# --- one slice ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A journal row with a body that belongs to the book."""

    seq: int
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What is to go because of one row: all bodies of a `call`, noise of a `line`, or a row that is alone."""

    rows: Sequence[int]
    call: CallRow | None = None
    line: str | None = None
    arrived_seq: int = 0


def _slice(
    store: Store, book: Book, older_than: datetime, rows: Sequence[_Row], upto: int, clock: Clock, report: PurgeReport
) -> PurgeReport:
    """Purge what `rows` lead to, and note that everything up to `upto` was looked at. `report` with this slice."""
    targets: list[_Target] = []
    begun = clock.now()  # and once more when nobody else can write

    def find(session: Session) -> list[Fact]:
        nonlocal begun
        begun = clock.now()
        targets.extend(filter(None, (_look_up(session, book, row) for row in rows)))
        gone = sorted({seq for target in targets for seq in target.rows})
        session.run_many(_TAKE_BODY, [{"wanted": seq, "body": None} for seq in gone])
        _set_mark(session, book, {"seq": upto})
        if not gone:
            return []
        act = BodiesPurged(at=begun.utc, book=book, rows=seqs.spelled(gone), older_than=older_than)
        return [*_what_stays(session, targets, begun.utc), act]

    store.append_from(find, recorded_at=begun.utc)
    took_s = clock.now().since(begun)
    return replace(
        report,
        calls=report.calls + sum(target.call is not None for target in targets),
        bodies=report.bodies + sum(len(target.rows) for target in targets),
        slices=report.slices + 1,
        last_s=took_s,
        shortest_s=min(report.shortest_s, took_s),
        longest_s=max(report.longest_s, took_s),
    )


def _look_up(session: Session, book: Book, row: _Row) -> _Target | None:
    """What goes with `row`; None if its call is not over, or was spoken of later."""
    if isinstance(row.fact, LineFact):
        is_noise = isinstance(row.fact, NoiseHeard)
        return _Target(rows=[row.seq], line=storable(row.fact.line) if is_noise else None)
    assert isinstance(row.fact, CallFact)
    record = session.one(_CALL, wanted=storable(row.fact.call))
    call = None if record is None else call_row(record)
    linked = [] if call is None else session.all(_CALL_ROWS, wanted=call.id)
    if call is None or row.seq not in {seq for seq, _kind, _has_body in linked}:
        return _Target(rows=[row.seq])  # nobody saw its call arrive
    if call.state is not CallState.ENDED or row.seq != linked[-1][0]:
        return None
    rows = [seq for seq, kind, has_body in linked if has_body and book_of(kind) is book]
    return _Target(rows=rows, call=call, arrived_seq=linked[0][0])


def _what_stays(session: Session, targets: Sequence[_Target], at: datetime) -> Iterator[Fact]:
    for target in targets:
        if target.call is not None:
            yield _call_purged(target.call, target, at)
    for line in sorted({target.line for target in targets if target.line is not None}):
        record = session.one(_LINE, wanted=line)
        if record is not None:
            yield NoiseCounted(at=at, line=line, pieces=line_state(record).noise)


def _call_purged(row: CallRow, target: _Target, at: datetime) -> CallPurged:
    return CallPurged(
        at=at,
        call=row.call,
        row=row.id,
        arrived_seq=target.arrived_seq,
        rows=seqs.spelled(target.rows),
        line=row.line,
        direction=row.direction,
        arrived_at=row.arrived_at,
        last_ring_at=row.last_ring_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        rings=row.rings,
        ring_s=row.ring_s,
        talk_s=row.talk_s,
        outcome=row.outcome,
        evidence=row.evidence,
        settlement=row.settlement,
        settled_at=row.settled_at,
        fax=row.fax,
    )


def _next_size(size: int, report: PurgeReport) -> int:
    """How many rows the next slice may begin with. What a commit alone takes, on this disk, the shortest slice says."""
    room_s = report.shortest_s + SLICE_S - report.last_s
    if room_s < 0:
        return max(1, size // 2)
    return min(MOST_IN_A_SLICE, size * 2 if room_s > SLICE_S / 2 else size + 1)


def _clean(store: Store) -> None:
    connection = store.database.lone_connection()
    try:
        with store.database.told(), store.database.session(connection) as session:
            store.database.backend.clean(session)
    finally:
        connection.close()


# --- the journal -------------------------------------------------------------------------------------------------

_SEQ: BindParameter[Any] = bindparam("wanted")
_NEVER = 2**62
_FIRST_YOUNG = (
    select(journal.c.seq)
    .where(journal.c.seq > _SEQ, journal.c.recorded_us.between(bindparam("older_us"), bindparam("now_us")))
    .order_by(journal.c.seq)
    .limit(1)
)
_LAST_OLD = (
    select(journal.c.seq)
    .where(journal.c.seq > _SEQ, journal.c.seq < bindparam("young"), journal.c.recorded_us < bindparam("older_us"))
    .order_by(journal.c.seq.desc())
    .limit(1)
)
_BETWEEN = (
    select(journal.c.seq, journal.c.kind, journal.c.version, journal.c.body)
    .where(journal.c.seq > _SEQ, journal.c.seq <= bindparam("end"), journal.c.body.is_not(None))
    .order_by(journal.c.seq)
)
_TAKE_BODY = update(journal).where(journal.c.seq == _SEQ).values(body=None)
_CALL = select(*(calls.c[name] for name in CALL_COLUMNS)).where(calls.c.call == _SEQ)
_CALL_ROWS = (
    select(journal.c.seq, journal.c.kind, journal.c.body.is_not(None))
    .join(call_facts, call_facts.c.seq == journal.c.seq)
    .where(call_facts.c.call_id == _SEQ)
    .order_by(call_facts.c.seq)
)
_LINE = select(line_states).where(line_states.c.line == _SEQ)
_MARK = select(func.coalesce(func.max(purge_marks.c.seq), 0)).where(purge_marks.c.book == bindparam("book"))
_ASKED = select(purge_marks.c.asked_us).where(purge_marks.c.book == bindparam("book"))
_SET_SEQ = update(purge_marks).where(purge_marks.c.book == bindparam("wanted")).values(seq=None)
_SET_ASKED = update(purge_marks).where(purge_marks.c.book == bindparam("wanted")).values(asked_us=None)
_ADD_MARK = insert(purge_marks)


def _end(session: Session, mark: int, older_than: datetime, now: datetime) -> int:
    """The last row that is old enough, or `mark`.

    The journal is in the order in which it was written, so the first young row ends the question. A row dated later
    than `now` was written while the clock was wrong, and is as old as the rows around it.
    """
    older_us = micros(older_than)
    young = session.scalar(_FIRST_YOUNG, wanted=mark, older_us=older_us, now_us=micros(now))
    last = session.scalar(_LAST_OLD, wanted=mark, young=_NEVER if young is None else young, older_us=older_us)
    return mark if last is None else int(last)


def _rows(session: Session, book: Book, mark: int, end: int) -> Iterator[_Row]:
    """Rows of `book` behind `mark`, to `end`, that have a body this program can read."""
    for seq, kind, version, body in session.stream(_BETWEEN, wanted=mark, end=end):
        if book_of(kind) is book:
            try:
                yield _Row(seq, decode(kind, version, body))
            except UnknownFact:
                continue


def _mark(session: Session, book: Book) -> int:
    return int(session.scalar(_MARK, book=book.value))


def _set_mark(session: Session, book: Book, values: dict[str, int]) -> None:
    statement = _SET_SEQ if "seq" in values else _SET_ASKED
    if session.run(statement, wanted=book.value, **values) == 0:
        session.run(_ADD_MARK, **{"book": book.value, "seq": 0, "asked_us": None, **values})
