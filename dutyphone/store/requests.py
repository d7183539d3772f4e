"""What was asked of lines, and what became of it: read from the journal itself, which is all that keeps it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, or_, select

from dutyphone.journal.codec import UnknownFact, decode
from dutyphone.journal.facts import RequestMade, RequestSettled
from dutyphone.store.schema import journal
from dutyphone.store.session import Session

_SINCE = (
    select(journal.c.seq, journal.c.kind, journal.c.version, journal.c.body)
    .where(
        journal.c.seq > bindparam("after"),
        journal.c.seq <= bindparam("upto"),
        or_(journal.c.kind == RequestMade.__name__, journal.c.kind == RequestSettled.__name__),
        journal.c.body.is_not(None),
    )
    .order_by(journal.c.seq)
)


def requests_between(session: Session, after: int, upto: int) -> Iterator[RequestMade | RequestSettled]:
    """What was asked and answered in the journal's rows after `after` up to `upto`, in order."""
    for _seq, kind, version, body in session.all(_SINCE, after=after, upto=upto):
        try:
            fact = decode(kind, version, body)
        except UnknownFact:
            continue  # of a newer program
        if isinstance(fact, RequestMade | RequestSettled):
            yield fact
