"""A quick look at a log that may be in use: its last rows, its head, what the exchange stamped on the last calls.

`verify` checks everything and takes its time; this takes milliseconds at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from dutyphone.i18n import _
from dutyphone.journal.codec import decode
from dutyphone.journal.facts import CallIdentified
from dutyphone.store.rows import moment
from dutyphone.store.schema import journal
from dutyphone.store.store import Store, hash_at
from dutyphone.store.verify import check_head, check_rows

LAST_ROWS = 2000
_LATEST_IDENTIFIED = (
    select(journal.c.occurred_us, journal.c.kind, journal.c.version, journal.c.body)
    .where(journal.c.kind == CallIdentified.__name__, journal.c.seq > bindparam("after"), journal.c.body.is_not(None))
    .order_by(journal.c.seq.desc())
    .limit(bindparam("most"))
)
_NEWEST = select(journal.c.recorded_us).order_by(journal.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """`checked` of `rows` rows were checked. `broken` and `head_problem` are sentences, empty if nothing is wrong."""

    rows: int
    checked: int
    broken: str = ""
    head_problem: str = ""


def check_up(store: Store, *, last_rows: int = LAST_ROWS) -> Checkup:
    """Look at the last rows and the head. Raises `StoreError` only if the log cannot be read at all."""
    rows = store.last_seq()
    first = max(1, rows - last_rows + 1)
    bad = check_rows(store.database, first)
    with store.database.reading() as session:
        head_problem = check_head(store, rows, bad, lambda seq: hash_at(session, seq))
    broken = ""
    if bad is not None:
        broken = _("Row {seq} of the journal is the first bad one: {what}.").format(seq=bad.seq, what=bad.what)
    return Checkup(
        rows=rows,
        checked=rows - first + 1,
        broken=broken,
        head_problem=head_problem or "",
    )


def newest_row_at(store: Store) -> datetime | None:
    """When the last row was written; None if there is none."""
    with store.database.reading() as session:
        newest = session.scalar(_NEWEST)
    return None if newest is None else moment(newest)


def last_stamps(store: Store, *, most: int = 20, within_rows: int = 5000) -> list[tuple[str, datetime]]:
    """What the exchange stamped on the last caller IDs, as sent, and when each was heard; newest first."""
    after = store.last_seq() - within_rows
    with store.database.reading() as session:
        found = session.all(_LATEST_IDENTIFIED, after=after, most=most)
    stamps = []
    for occurred_us, kind, version, body in found:
        fact = decode(kind, version, body)
        if isinstance(fact, CallIdentified) and fact.stamped:
            stamps.append((fact.stamped, moment(occurred_us)))
    return stamps
