"""The journal read from its beginning: the facts, and the projections made of them again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from sqlalchemy import bindparam, literal, select

from dutyphone.journal.codec import UnknownFact, decode
from dutyphone.journal.facts import CallPurged, Fact
from dutyphone.store.projector import Entry, Projector
from dutyphone.store.schema import journal
from dutyphone.store.session import Session

FACTS_AT_A_TIME = 2_000
"""Facts projected together: enough that a call's facts mostly share one write, few enough for any memory."""

_COLUMNS = (journal.c.seq, journal.c.kind, journal.c.version, journal.c.body)
_BODIES = select(*_COLUMNS).order_by(journal.c.seq)
_ONE = select(*_COLUMNS).where(journal.c.seq == bindparam("wanted"))
_PURGED = (
    select(journal.c.seq, journal.c.body)
    .where(journal.c.kind == literal(CallPurged.__name__), journal.c.body.is_not(None))
    .order_by(journal.c.seq)
)


def facts(session: Session) -> Iterator[Entry]:
    """Every fact that can still be read, in order. Kinds of a later program and purged bodies are passed over.

    Where the body of a call's arrival was purged, the fact that says what stays of the call stands in for it, so that
    the call is there, with its number, before those that arrived after it.
    """
    stand_ins = _stand_ins(session)
    for seq, kind, version, body in session.stream(_BODIES):
        if body is not None:
            fact = _read(kind, version, body)
        elif seq in stand_ins:
            row = session.one(_ONE, wanted=stand_ins[seq])
            fact = None if row is None or row[3] is None else _read(row[1], row[2], row[3])
        else:
            continue
        if fact is not None:
            yield seq, fact


def project_all(entries: Iterator[Entry], projector: Projector) -> int:
    """Project `entries`; how many there were."""
    done = 0
    while batch := list(islice(entries, FACTS_AT_A_TIME)):
        projector.project(batch)
        done += len(batch)
    return done


def _read(kind: str, version: int, body: str) -> Fact | None:
    try:
        return decode(kind, version, body)
    except UnknownFact:
        return None


def _stand_ins(session: Session) -> Mapping[int, int]:
    """The rows of arrivals that lost their bodies, and for each the row that says what stays of the call."""
    found: dict[int, int] = {}
    for seq, body in session.stream(_PURGED):
        found.setdefault(json.loads(body)["arrived_seq"], seq)
    return found
