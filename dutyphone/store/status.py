"""What recorders say of themselves while they run, and what screens make of it: lines and recorders as they stand.

Several recorders may share a database, each with lines of its own; see `store.lease`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update

from dutyphone.store.line_batch import line_state
from dutyphone.store.projections import LineState
from dutyphone.store.readmodels import CallState, LineCondition, LineRow, RecorderRow
from dutyphone.store.rows import EPOCH, micros, moment
from dutyphone.store.schema import calls, line_states, line_status, recorder_beats, recorders
from dutyphone.store.session import Row, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDeclaration:
    """A line of the configuration: its name, what people call it, how it is reached, and whether it only listens."""

    line: str
    title: str
    driver: str
    port: str
    obeys: bool = False


_STATES = select(line_states)
_STATUS = select(line_status).order_by(line_status.c.place, line_status.c.position, line_status.c.line)
_DECLARED = select(line_status.c.line).where(line_status.c.position.is_not(None))
_OPEN_STATES = select(calls.c.line, calls.c.state).where(calls.c.ended_us.is_(None))
_RECORDERS = select(*recorders.c, recorder_beats.c.at_us).select_from(
    recorders.outerjoin(recorder_beats, recorder_beats.c.recorder == recorders.c.seq)
)
_RECORDERS_BEFORE = (
    _RECORDERS.where(recorders.c.seq < bindparam("before")).order_by(recorders.c.seq.desc()).limit(bindparam("limit"))
)
_UNFINISHED = _RECORDERS.where(recorders.c.stopped_us.is_(None)).order_by(recorders.c.seq)
_LAST_RECORDER = select(func.coalesce(func.max(recorders.c.seq), 0))
_SEQ_OF = select(func.coalesce(func.max(recorders.c.seq), 0)).where(recorders.c.recorder == bindparam("wanted"))
_SET_BEAT = update(recorder_beats).where(recorder_beats.c.recorder == bindparam("wanted")).values(at_us=None)
_ADD_BEAT = insert(recorder_beats)
_DROP_OLD_BEATS = delete(recorder_beats).where(
    recorder_beats.c.recorder.in_(select(recorders.c.seq).where(recorders.c.stopped_us.is_not(None)))
)
_SET_HEARD = update(line_status).where(line_status.c.line == bindparam("wanted")).values(heard_us=None)
_ADD_STATUS = insert(line_status)
_SET_STATUS = (
    update(line_status)
    .where(line_status.c.line == bindparam("wanted"))
    .values(position=None, title=None, driver=None, port=None, place=None, obeys=None)
)
_FORGET = update(line_status).where(line_status.c.place.in_([bindparam("wanted"), ""])).values(position=None)
_DROP_UNHEARD = delete(line_status).where(line_status.c.position.is_(None), line_status.c.heard_us.is_(None))

_UNDECLARED = {"position": None, "title": "", "driver": "", "port": "", "place": "", "obeys": False}
"""What stands in `line_status` of a line that was heard and that nobody declared."""

_NOBODY_DECLARED = ("", None, "", "", "", None, "", False)
"""Its row if it was not even heard."""

_END = 2**62
_AT_A_TIME = 32
"""Recorders that are read together; a line whose recorder began longer ago than so many others is rare."""


def declare_lines(session: Session, lines: Sequence[LineDeclaration], place: str) -> None:
    """These are the lines of the configuration at `place`, in this order; it has no others. "": there is no other."""
    session.run(_FORGET, wanted=place, position=None)
    for position, line in enumerate(lines):
        values = {
            "position": position,
            "title": line.title,
            "driver": line.driver,
            "port": line.port,
            "place": place,
            "obeys": line.obeys,
        }
        if session.run(_SET_STATUS, wanted=line.line, **values) == 0:
            session.run(_ADD_STATUS, line=line.line, heard_us=None, **values)
    session.run(_DROP_UNHEARD)


def beat(session: Session, at: datetime, heard: Mapping[str, datetime], recorder: str) -> None:
    """The recorder of that id ("": the last one) lives at `at`, and last heard each line at the time given."""
    seq = session.scalar(_SEQ_OF, wanted=recorder) if recorder else session.scalar(_LAST_RECORDER)
    if session.run(_SET_BEAT, wanted=seq, at_us=micros(at)) == 0:
        session.run(_DROP_OLD_BEATS)
        session.run(_ADD_BEAT, recorder=seq, at_us=micros(at))
    for line, heard_at in heard.items():
        if session.run(_SET_HEARD, wanted=line, heard_us=micros(heard_at)) == 0:
            session.run(_ADD_STATUS, line=line, heard_us=micros(heard_at), **_UNDECLARED)


def recorder(session: Session) -> RecorderRow | None:
    """The last recorder; None if there never was one."""
    return next(_newest_recorders(session), None)


def current_recorders(session: Session) -> tuple[RecorderRow, ...]:
    """The last recorder of each line that is declared, newest first: whoever is to be alive if all is well."""
    lines = {line for (line,) in session.all(_DECLARED)}
    last: RecorderRow | None = None
    found: list[RecorderRow] = []
    for row in _newest_recorders(session):
        last = last or row
        if not row.recorder or lines.intersection(row.lines):
            found.append(row)
        lines.difference_update(row.lines)
        if not row.recorder or not lines:
            break
    return tuple(found) if found or last is None else (last,)


def unfinished_recorders(session: Session) -> tuple[RecorderRow, ...]:
    """Recorders that have not said farewell, oldest first; they live, or died without one."""
    return tuple(map(_recorder_row, session.all(_UNFINISHED)))


def lines(session: Session) -> tuple[LineRow, ...]:
    """The lines of the configuration in its order; before any were declared, those the journal knows, by name."""
    states = {state.line: state for state in map(line_state, session.all(_STATES))}
    status = {row[0]: row for row in session.all(_STATUS)}
    open_states: dict[str, set[str]] = {}
    for line, state in session.all(_OPEN_STATES):
        open_states.setdefault(line, set()).add(state)
    declared = [line for line, row in status.items() if row[1] is not None]
    last = recorder(session)
    since = EPOCH if last is None else last.started_at
    rows = []
    for line in declared or sorted(states):
        _line, _position, title, driver, port, heard_us, _place, obeys = status.get(line, _NOBODY_DECLARED)
        state = states.get(line) or LineState(line=line, up=False, since_at=since)
        rows.append(
            LineRow(
                line=line,
                title=title or line,
                driver=driver or state.driver,
                port=port or state.port,
                device=state.device,
                condition=_condition(state, open_states.get(line, set())),
                since_at=state.since_at,
                last_heard_at=None if heard_us is None else moment(heard_us),
                down_reason=None if state.up else state.reason,
                down_detail="" if state.up else state.detail,
                troubles=tuple(sorted(state.troubles, key=lambda trouble: trouble.value)),
                noise=state.noise,
                obeys=bool(obeys),
            )
        )
    return tuple(rows)


def _newest_recorders(session: Session) -> Iterator[RecorderRow]:
    before = _END
    while rows := session.all(_RECORDERS_BEFORE, before=before, limit=_AT_A_TIME):
        yield from map(_recorder_row, rows)
        before = rows[-1][0]


def _recorder_row(record: Row) -> RecorderRow:
    _seq, version, pid, simulated, started_us, stopped_us, recorder_id, host, recorded_lines, beat_us = record
    return RecorderRow(
        version=version,
        pid=pid,
        simulated=bool(simulated),
        started_at=moment(started_us),
        beat_at=moment(started_us if beat_us is None else beat_us),
        stopped_at=None if stopped_us is None else moment(stopped_us),
        recorder=recorder_id,
        host=host,
        lines=tuple(json.loads(recorded_lines)),
    )


def _condition(state: LineState, calls_open: set[str]) -> LineCondition:
    if not state.up:
        return LineCondition.DOWN
    if CallState.RINGING.value in calls_open:
        return LineCondition.RINGING
    return LineCondition.IN_CALL if calls_open else LineCondition.IDLE
