"""Facts into rows: loads what a batch of facts is about, asks `projections` what becomes of it, and writes the changes.

The same code serves an append of one ring and a rebuild of ten million rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, func, insert, select, update

from dutyphone.journal.facts import CallFact, Fact, LineFact, RecorderStarted, RecorderStopped
from dutyphone.store.backend import SearchIndex
from dutyphone.store.call_batch import CallBatch
from dutyphone.store.line_batch import LineBatch
from dutyphone.store.rows import micros, storable
from dutyphone.store.schema import PROJECTIONS, recorders
from dutyphone.store.session import Session

Entry = tuple[int, Fact]
"""A fact and its seq."""

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
        calls_touched = CallBatch(self._session, self._index)
        lines_touched = LineBatch(self._session)
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
