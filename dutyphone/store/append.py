"""The single door into the journal.

All the facts of one call to `append` become durable together, with their links of the hash chain and everything that
follows from them, or none of them does. Whoever comes with a hundred facts pays for one flush of the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, literal_column, select

from dutyphone.journal.chain import GENESIS, digest, row_hash
from dutyphone.journal.codec import encode
from dutyphone.journal.facts import VERSIONS, Fact
from dutyphone.store.backend import SearchIndex
from dutyphone.store.projector import Projector
from dutyphone.store.rows import micros
from dutyphone.store.schema import journal
from dutyphone.store.session import Session

_TAIL = select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(literal_column("1"))
_ADD = insert(journal)


@dataclass(frozen=True, slots=True)
class Tail:
    """The last row of the journal; `seq` 0 if it has none."""

    seq: int
    hash: bytes


def tail(session: Session) -> Tail:
    """Where the journal ends now."""
    row = session.one(_TAIL)
    return Tail(0, GENESIS) if row is None else Tail(row[0], bytes(row[1]))


def append(session: Session, index: SearchIndex, facts: Sequence[Fact], *, recorded_us: int) -> Tail:
    """Write `facts` in the order given; the new tail. `session` is inside a writing transaction."""
    last = tail(session)
    link = last.hash
    rows = []
    entries = []
    for seq, fact in enumerate(facts, last.seq + 1):
        kind = type(fact).__name__
        version = VERSIONS[kind]
        occurred_us = micros(fact.at)
        body = encode(fact)
        body_digest = digest(body)
        link = row_hash(link, seq, recorded_us, occurred_us, kind, version, body_digest)
        rows.append(
            {
                "seq": seq,
                "recorded_us": recorded_us,
                "occurred_us": occurred_us,
                "kind": kind,
                "version": version,
                "body": body,
                "body_digest": body_digest,
                "hash": link,
            }
        )
        entries.append((seq, fact))
    session.run_many(_ADD, rows)
    Projector(session, index).project(entries)
    return Tail(last.seq + len(rows), link)
