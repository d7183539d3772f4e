"""What the recorder says of itself while it runs, and what screens make of it: lines and recorder as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update

from dutyphone.store.line_batch import line_state
from dutyphone.store.projections import LineState
from dutyphone.store.readmodels import CallState, LineCondition, LineRow, RecorderRow
from dutyphone.store.rows import EPOCH, micros, moment
from dutyphone.store.schema import calls, line_states, line_status, recorder_beat, recorders
from dutyphone.store.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDeclaration:
    """A line of the configuration: its name, what people call it, and how it is reached."""

    line: str
    title: str
    driver: str
    port: str


_STATES = select(line_states)
_STATUS = select(line_status).order_by(line_status.c.position, line_status.c.line)
_OPEN_STATES = select(calls.c.line, calls.c.state).where(calls.c.ended_us.is_(None))
_RECORDER = select(recorders).order_by(recorders.c.seq.desc()).limit(1)
_LAST_RECORDER = select(func.coalesce(func.max(recorders.c.seq), 0))
_BEAT = select(recorder_beat.c.recorder, recorder_beat.c.at_us)
_SET_BEAT = update(recorder_beat).values(recorder=None, at_us=None)
_ADD_BEAT = insert(recorder_beat)
_SET_HEARD = update(line_status).where(line_status.c.line == bindparam("wanted")).values(heard_us=None)
_ADD_STATUS = insert(line_status)
_SET_STATUS = (
    update(line_status)
    .where(line_status.c.line == bindparam("wanted"))
    .values(position=None, title=None, driver=None, port=None)
)
_FORGET = update(line_status).values(position=None)
_DROP_UNHEARD = delete(line_status).where(line_status.c.position.is_(None), line_status.c.heard_us.is_(None))


def declare_lines(session: Session, lines: Sequence[LineDeclaration]) -> None:
    """These are the lines of the configuration, in this order; there are no others."""
    session.run(_FORGET, position=None)
    for position, line in enumerate(lines):
        values = {"position": position, "title": line.title, "driver": line.driver, "port": line.port}
        if session.run(_SET_STATUS, wanted=line.line, **values) == 0:
            session.run(_ADD_STATUS, line=line.line, heard_us=None, **values)
    session.run(_DROP_UNHEARD)


def beat(session: Session, at: datetime, heard: Mapping[str, datetime]) -> None:
    """The recorder lives at `at`, and last heard each line at the time given."""
    values = {"recorder": session.scalar(_LAST_RECORDER), "at_us": micros(at)}
    if session.run(_SET_BEAT, **values) == 0:
        session.run(_ADD_BEAT, id=1, **values)
    for line, heard_at in heard.items():
        if session.run(_SET_HEARD, wanted=line, heard_us=micros(heard_at)) == 0:
            session.run(_ADD_STATUS, line=line, position=None, title="", driver="", port="", heard_us=micros(heard_at))


def recorder(session: Session) -> RecorderRow | None:
    """The last recorder; None if there never was one."""
    row = session.one(_RECORDER)
    if row is None:
        return None
    seq, version, pid, simulated, started_us, stopped_us = row
    last_beat = session.one(_BEAT)
    beat_us = last_beat[1] if last_beat is not None and last_beat[0] == seq else started_us
    return RecorderRow(
        version=version,
        pid=pid,
        simulated=bool(simulated),
        started_at=moment(started_us),
        beat_at=moment(beat_us),
        stopped_at=None if stopped_us is None else moment(stopped_us),
    )


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
        _line, _position, title, driver, port, heard_us = status.get(line, (line, None, "", "", "", None))
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
            )
        )
    return tuple(rows)


def _condition(state: LineState, calls_open: set[str]) -> LineCondition:
    if not state.up:
        return LineCondition.DOWN
    if CallState.RINGING.value in calls_open:
        return LineCondition.RINGING
    return LineCondition.IN_CALL if calls_open else LineCondition.IDLE
