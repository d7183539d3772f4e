"""The lines that a batch of facts is about, and their blind intervals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from dutyphone.journal.facts import Fact, LineFact, RecorderStopped
from dutyphone.lines.events import LossReason, Trouble
from dutyphone.store.projections import Blindness, LineState, blindness_after, line_after, unheard
from dutyphone.store.rows import micros, moment, storable
from dutyphone.store.schema import blind_intervals, line_states
from dutyphone.store.session import Session

_ONE_LINE = select(line_states).where(line_states.c.line == bindparam("wanted"))
_LINES_UP = select(line_states.c.line).where(line_states.c.up)
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


class LineBatch:
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

    def leave(self, fact: RecorderStopped, lines: Collection[str] | None) -> None:
        """Those of `lines` (None: of all there are) that were up are unheard from now on."""
        if lines is None:
            known = {line for (line,) in self._session.all(_LINES_UP)} | set(self._now)
        else:
            known = set(lines)
        for line in sorted(known):
            state = self._find(line)
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
