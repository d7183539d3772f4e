"""Recorders that began and ended: their rows, and the lines that nobody hears once one of them is gone."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import bindparam, insert, select, update

from dutyphone.journal.facts import RecorderStarted, RecorderStopped
from dutyphone.store.rows import micros, storable
from dutyphone.store.schema import recorders
from dutyphone.store.session import Session

_ADD = insert(recorders)
_UNFINISHED = (
    select(recorders.c.seq, recorders.c.lines)
    .where(recorders.c.recorder == bindparam("recorder"), recorders.c.stopped_us.is_(None))
    .order_by(recorders.c.seq.desc())
    .limit(1)
)
_STOP = update(recorders).where(recorders.c.seq == bindparam("wanted")).values(stopped_us=None)


def begin(session: Session, seq: int, fact: RecorderStarted) -> None:
    """A recorder began, in row `seq` of the journal."""
    session.run(
        _ADD,
        seq=seq,
        version=storable(fact.version),
        pid=fact.pid,
        simulated=fact.simulated,
        started_us=micros(fact.at),
        stopped_us=None,
        recorder=storable(fact.recorder),
        host=storable(fact.host),
        lines=json.dumps([storable(line) for line in fact.lines], ensure_ascii=False),
    )


def end(session: Session, fact: RecorderStopped) -> Collection[str] | None:
    """A recorder ended; the lines that nobody hears now, None: not one is heard.

    A farewell that comes a second time, because the recorder was found dead before it could say so itself, is none: its
    lines may be another one's by now.
    """
    wanted = storable(fact.recorder)
    row = session.one(_UNFINISHED, recorder=wanted)
    if row is not None:
        session.run(_STOP, wanted=row[0], stopped_us=micros(fact.at))
    if not wanted:
        return None
    return () if row is None else tuple(json.loads(row[1]))
