"""Facts into rows: loads what a batch of facts is about, asks `projections` what becomes of it, and writes the changes.

The same code serves an append of one ring and a rebuild of ten million rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, func, insert, select, update

from dutyphone.journal.facts import (
    CallArrived,
    CallFact,
    CallNoted,
    Fact,
    LineFact,
    RecorderStarted,
    RecorderStopped,
)
from dutyphone.lines.events import LossReason, Trouble
from dutyphone.store.backend import CALL_SHIFT, SearchIndex
from dutyphone.store.projections import (
    Blindness,
    LineState,
    arrived,
    blindness_after,
    call_after,
    line_after,
    unheard,
)
from dutyphone.store.readmodels import CallRow
from dutyphone.store.rows import CALL_COLUMNS, call_record, call_row, micros, moment, storable
from dutyphone.store.schema import (
    PROJECTIONS,
    blind_intervals,
    call_facts,
    call_notes,
    calls,
    line_states,
    numbers,
    recorders,
)
from dutyphone.store.search import number_tokens, text_tokens
from dutyphone.store.session import Session

Entry = tuple[int, Fact]
"""A fact and its seq."""

_ONE_CALL = select(*(calls.c[name] for name in CALL_COLUMNS)).where(calls.c.call == bindparam("wanted"))
_LAST_CALL = select(func.max(calls.c.id))
_ADD_CALL = insert(calls)
_ONE_NUMBER = select(numbers.c.id).where(
    numbers.c.number == bindparam("wanted"), numbers.c.number_raw == bindparam("wanted_raw")
)
_LAST_NUMBER = select(func.max(numbers.c.id))
_ADD_NUMBER = insert(numbers)
_COUNT_NUMBER = (
    update(numbers).where(numbers.c.id == bindparam("wanted")).values(calls=numbers.c.calls + bindparam("step"))
)
_ADD_CALL_FACT = insert(call_facts)
_ADD_NOTE = insert(call_notes)
_ONE_LINE = select(line_states).where(line_states.c.line == bindparam("wanted"))
_LINES_UP = select(line_states.c.line).where(line_states.c.up).order_by(line_states.c.line)
_ADD_LINE = insert(line_states)
_SET_LINE = (
    update(line_states)
    .where(line_states.c.line == bindparam("wanted"))
    .values({column.name: None for column in line_states.c if column.name != "line"})
)
_OPEN_BLINDNESS = select(blind_intervals.c.from_us, blind_intervals.c.reason, blind_intervals.c.detail).where(
    blind_intervals.c.line == bindparam("wanted"), blind_intervals.c.until_us.is_(None)
)
_LAST_BLINDNESS = select(func.max(blind_intervals.c.id))
_ADD_BLINDNESS = insert(blind_intervals)
_END_BLINDNESS = (
    update(blind_intervals)
    .where(blind_intervals.c.line == bindparam("wanted"), blind_intervals.c.until_us.is_(None))
    .values(until_us=None)
)
_ADD_RECORDER = insert(recorders)
_LAST_RECORDER = select(func.max(recorders.c.seq)).where(recorders.c.stopped_us.is_(None))
_STOP_RECORDER = update(recorders).where(recorders.c.seq == bindparam("wanted")).values(stopped_us=None)


class Projector:
    """Projects batches of facts inside the transaction of `session`."""

    def __init__(self, session: Session, index: SearchIndex) -> None:
        self._session = session
        self._index = index

    def clear(self) -> None:
        """Empty every projection and the search index."""
        for table in PROJECTIONS:
            self._session.sql(f"DELETE FROM {table.name}")  # noqa: S608
        self._index.clear(self._session)

    def project(self, entries: Iterable[Entry]) -> None:
        """Bring the projections up to date with `entries`, which follow what was projected before."""
        calls_touched = _Calls(self._session, self._index)
        lines_touched = _Lines(self._session)
        for seq, fact in entries:
            if isinstance(fact, CallFact):
                calls_touched.take(seq, fact)
            elif isinstance(fact, LineFact):
                lines_touched.take(fact)
            elif isinstance(fact, RecorderStopped):
                lines_touched.leave(fact)
                self._recorder_stopped(fact)
            elif isinstance(fact, RecorderStarted):
                self._recorder_started(seq, fact)
        calls_touched.write()
        lines_touched.write()

    def _recorder_started(self, seq: int, fact: RecorderStarted) -> None:
        self._session.run(
            _ADD_RECORDER,
            seq=seq,
            version=storable(fact.version),
            pid=fact.pid,
            simulated=fact.simulated,
            started_us=micros(fact.at),
            stopped_us=None,
        )

    def _recorder_stopped(self, fact: RecorderStopped) -> None:
        last = self._session.scalar(_LAST_RECORDER)
        if last is not None:
            self._session.run(_STOP_RECORDER, wanted=last, stopped_us=micros(fact.at))


class _Calls:
    """The calls of one batch."""

    def __init__(self, session: Session, index: SearchIndex) -> None:
        self._session = session
        self._index = index
        self._before: dict[str, CallRow | None] = {}
        self._now: dict[str, CallRow | None] = {}
        self._facts: list[Mapping[str, Any]] = []
        self._notes: list[Mapping[str, Any]] = []
        self._last_id: int | None = None
        self._numbers = _Numbers(session, index)

    def take(self, seq: int, fact: CallFact) -> None:
        call = storable(fact.call)
        row = self._find(call)
        if row is None:
            if not isinstance(fact, CallArrived):
                return  # nobody saw this call arrive
            row = arrived(fact, self._next_id())
        else:
            after = call_after(row, fact)
            self._numbers.change(_number(row), _number(after))
            row = after
        self._now[call] = row
        self._facts.append({"call_id": row.id, "seq": seq})
        if isinstance(fact, CallNoted):
            self._notes.append(
                {
                    "call_id": row.id,
                    "note": row.notes,
                    "at_us": micros(fact.at),
                    "text": row.last_note,
                    "by": storable(fact.by),
                }
            )

    def write(self) -> None:
        for call, row in self._now.items():
            if row is not None:
                self._write_call(self._before[call], row)
        self._session.run_many(_ADD_CALL_FACT, self._facts)
        self._session.run_many(_ADD_NOTE, self._notes)
        add_text = self._index.add(self._index.text_index)
        for note in self._notes:
            number = (note["call_id"] << CALL_SHIFT) + note["note"]
            self._session.run(add_text, document=number, words=text_tokens(note["text"]))

    def _find(self, call: str) -> CallRow | None:
        if call not in self._now:
            record = self._session.one(_ONE_CALL, wanted=call)
            self._before[call] = self._now[call] = None if record is None else call_row(record)
        return self._now[call]

    def _next_id(self) -> int:
        if self._last_id is None:
            self._last_id = self._session.scalar(_LAST_CALL) or 0
        self._last_id += 1
        return self._last_id

    def _write_call(self, before: CallRow | None, row: CallRow) -> None:
        record = {**call_record(row), "number_id": self._numbers.find(_number(row))}
        if before is None:
            self._session.run(_ADD_CALL, **record)
        else:
            old = {**call_record(before), "number_id": self._numbers.find(_number(before))}
            changed = tuple(name for name, value in record.items() if value != old[name])
            if not changed:
                return
            self._session.run(_set_call(changed), wanted=row.id, **{name: record[name] for name in changed})
        old_name = text_tokens(before.name or "") if before else ""
        new_name = text_tokens(row.name or "")
        if old_name == new_name:
            return
        index, document = self._index, row.id << CALL_SHIFT
        if old_name:
            index.remove(self._session, index.text_index, document, old_name)
        if new_name:
            self._session.run(index.add(index.text_index), document=document, words=new_name)


Number = tuple[str, str]
"""A number as normalised and as sent; both empty if none came."""


def _number(row: CallRow) -> Number:
    return row.number or "", row.number_raw or ""


class _Numbers:
    """The dictionary of numbers. It grows in the order of the facts, however they come in batches."""

    def __init__(self, session: Session, index: SearchIndex) -> None:
        self._session = session
        self._index = index
        self._ids: dict[Number, int] = {}
        self._last_id: int | None = None

    def change(self, before: Number, after: Number) -> None:
        """A call's number became another one."""
        if before == after:
            return
        for number, step in ((before, -1), (after, 1)):
            if any(number):
                found = self.find(number) or self._add(number)
                self._session.run(_COUNT_NUMBER, wanted=found, step=step)

    def find(self, number: Number) -> int | None:
        """The id of a number, None if it is none or nobody ever called from it."""
        if any(number) and number not in self._ids:
            found = self._session.scalar(_ONE_NUMBER, wanted=number[0], wanted_raw=number[1])
            if found is None:
                return None
            self._ids[number] = found
        return self._ids.get(number)

    def _add(self, number: Number) -> int:
        if self._last_id is None:
            self._last_id = self._session.scalar(_LAST_NUMBER) or 0
        self._last_id += 1
        self._ids[number] = self._last_id
        self._session.run(_ADD_NUMBER, id=self._last_id, number=number[0], number_raw=number[1], calls=0)
        tokens = number_tokens(*number)
        if tokens:
            self._session.run(self._index.add(self._index.number_index), document=self._last_id, words=tokens)
        return self._last_id


class _Lines:
    """The lines of one batch and their blind intervals."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: dict[str, LineState | None] = {}
        self._now: dict[str, LineState | None] = {}
        self._blind: dict[str, Blindness | None] = {}
        self._last_interval: int | None = None

    def take(self, fact: LineFact) -> None:
        line = storable(fact.line)
        self._now[line] = line_after(self._find(line), fact)
        open_now = self._blind_now(line)
        self._turn(line, fact, open_now, blindness_after(open_now, fact))

    def leave(self, fact: RecorderStopped) -> None:
        """Every line that was up is unheard from now on."""
        for (line,) in self._session.all(_LINES_UP):
            self._find(line)
        for line in sorted(self._now):
            state = self._now[line]
            if state is not None and state.up:
                self._now[line] = unheard(state, fact.at)
                self._turn(line, fact, self._blind_now(line), Blindness(from_at=fact.at, reason=None))

    def write(self) -> None:
        for line, state in self._now.items():
            before = self._before[line]
            if state is None or state == before:
                continue
            record = _line_record(state)
            if before is None:
                self._session.run(_ADD_LINE, line=line, **record)
            else:
                self._session.run(_SET_LINE, wanted=line, **record)

    def _find(self, line: str) -> LineState | None:
        if line not in self._now:
            record = self._session.one(_ONE_LINE, wanted=line)
            self._before[line] = self._now[line] = None if record is None else line_state(record)
        return self._now[line]

    def _blind_now(self, line: str) -> Blindness | None:
        if line not in self._blind:
            record = self._session.one(_OPEN_BLINDNESS, wanted=line)
            self._blind[line] = (
                None
                if record is None
                else Blindness(
                    from_at=moment(record[0]),
                    reason=None if record[1] is None else LossReason(record[1]),
                    detail=record[2],
                )
            )
        return self._blind[line]

    def _turn(self, line: str, fact: Fact, before: Blindness | None, after: Blindness | None) -> None:
        if after == before:
            return
        if before is not None:
            self._session.run(_END_BLINDNESS, wanted=line, until_us=micros(max(fact.at, before.from_at)))
        if after is not None:
            self._session.run(
                _ADD_BLINDNESS,
                id=self._next_interval(),
                line=line,
                from_us=micros(after.from_at),
                until_us=None,
                reason=None if after.reason is None else after.reason.value,
                detail=after.detail,
            )
        self._blind[line] = after

    def _next_interval(self) -> int:
        if self._last_interval is None:
            self._last_interval = self._session.scalar(_LAST_BLINDNESS) or 0
        self._last_interval += 1
        return self._last_interval


def line_state(record: Sequence[Any]) -> LineState:
    """The line in a row of `schema.line_states`."""
    line, up, since_us, driver, port, device, reason, detail, troubles, noise = record
    return LineState(
        line=line,
        up=bool(up),
        since_at=moment(since_us),
        driver=driver,
        port=port,
        device=device,
        reason=None if reason is None else LossReason(reason),
        detail=detail,
        troubles=frozenset(Trouble(code) for code in troubles.split(",") if code),
        noise=noise,
    )


def _line_record(state: LineState) -> dict[str, Any]:
    return {
        "up": state.up,
        "since_us": micros(state.since_at),
        "driver": state.driver,
        "port": state.port,
        "device": state.device,
        "reason": None if state.reason is None else state.reason.value,
        "detail": state.detail,
        "troubles": ",".join(sorted(trouble.value for trouble in state.troubles)),
        "noise": state.noise,
    }


@cache
def _set_call(changed: tuple[str, ...]) -> Update:
    """One statement for each set of columns that changes together, so that indexes of other columns stay untouched."""
    return update(calls).where(calls.c.id == bindparam("wanted")).values(dict.fromkeys(changed))
