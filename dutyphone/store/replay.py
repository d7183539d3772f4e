"""The journal read from its beginning: the facts, and the projections made of them again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select

from dutyphone.journal.codec import UnknownFact, decode
from dutyphone.store.projector import Entry, Projector
from dutyphone.store.schema import journal
from dutyphone.store.session import Session

FACTS_AT_A_TIME = 2_000
"""Facts projected together: enough that a call's facts mostly share one write, few enough for any memory."""

_BODIES = select(journal.c.seq, journal.c.kind, journal.c.version, journal.c.body).order_by(journal.c.seq)


def facts(session: Session) -> Iterator[Entry]:
    """Every fact that can still be read, in order. Purged bodies and kinds of a later program are passed over."""
    for seq, kind, version, body in session.stream(_BODIES):
        if body is None:
            continue
        try:
            yield seq, decode(kind, version, body)
        except UnknownFact:
            continue


def project_all(entries: Iterator[Entry], projector: Projector) -> int:
    """Project `entries`; how many there were."""
    done = 0
    while batch := list(islice(entries, FACTS_AT_A_TIME)):
        projector.project(batch)
        done += len(batch)
    return done
