"""Facts into rows: loads what a batch of facts is about, asks `projections` what becomes of it, and writes the changes.

The same code serves an append of one ring and a rebuild of ten million rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from dutyphone.journal.facts import CallFact, Fact, LineFact, RecorderStarted, RecorderStopped
from dutyphone.store.backend import SearchIndex
from dutyphone.store.call_batch import CallBatch
from dutyphone.store.line_batch import LineBatch
from dutyphone.store.recorder_batch import begin, end
from dutyphone.store.schema import PROJECTIONS
from dutyphone.store.session import Session

Entry = tuple[int, Fact]
"""A fact and its seq."""


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
                lines_touched.leave(fact, end(self._session, fact))
            elif isinstance(fact, RecorderStarted):
                begin(self._session, seq, fact)
        calls_touched.write()
        lines_touched.write()
