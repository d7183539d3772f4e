"""Journal rows from elsewhere into an empty database, unchanged, and everything else made of them anew.

Rows come as `Backend.journal_bytes` gives them, whatever they were read from, and are checked against their hashes on
the way in and once more as they stand in the new database.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import func, insert, select

from dutyphone.errors import BackupUnusable, ChainBroken, DatabaseUnusable
from dutyphone.i18n import _
from dutyphone.store import status
from dutyphone.store.append import Tail, tail
from dutyphone.store.backend import Backend
from dutyphone.store.projector import Projector
from dutyphone.store.replay import facts, project_all
from dutyphone.store.rows import moment
from dutyphone.store.schema import journal
from dutyphone.store.session import ROWS_AT_A_TIME, Row, Session
from dutyphone.store.verify import BadRow, Seen, break_in

ROWS = select(func.count()).select_from(journal)

DUMP = "dutyphone-journal"
"""First word of a dump."""

_ADD = insert(journal)
_LAST_RECORDED = select(func.max(journal.c.recorded_us))

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


def load(rows: Iterator[Row], session: Session, backend: Backend) -> Tail:
    """Put `rows` into the empty journal of `session`, which is in a writing transaction; where it ends.

    Raises `ChainBroken` if they are not what was written, and `DatabaseUnusable` if the journal is not empty.
    """
    if tail(session).seq:
        raise DatabaseUnusable(
            _("There is a log in that database already."),
            advice=_("Name an empty database. Nothing is ever written over a log."),
        )
    _refuse_broken(break_in(_stored(rows, session)))
    seen = Seen()
    _refuse_broken(break_in(session.stream(backend.journal_bytes), seen))
    project_all(facts(session), Projector(session, backend.index))
    last_us = session.scalar(_LAST_RECORDED)
    if last_us is not None:  # recorders of those days that said no farewell lived until then, as far as anybody knows
        for recorder in status.unfinished_recorders(session):
            status.beat(session, moment(last_us), {}, recorder.recorder)
    return tail(session)


def dump(rows: Iterator[Row], file: BinaryIO, *, program: str) -> None:
    """Write `rows` as gzipped JSON lines, which any program can read and `read_dump` gives back."""
    with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
        packed.write(_line({DUMP: 1, "program": program, "columns": [column.name for column in journal.c]}))
        for seq, recorded_us, occurred_us, kind, version, body, body_digest, row_hash in rows:
            text = None if body is None else str(body, "utf-8")
            said = [seq, recorded_us, occurred_us, str(kind, "utf-8"), version, text]
            packed.write(_line([*said, bytes(body_digest).hex(), bytes(row_hash).hex()]))


def read_dump(path: Path) -> Iterator[Row]:
    """The rows of a dump. Raises `BackupUnusable`."""
    try:
        with gzip.open(path, "rb") as packed:
            if json.loads(packed.readline())[DUMP] != 1:
                raise _too_new(path)
            for line in packed:
                seq, recorded_us, occurred_us, kind, version, body, body_digest, row_hash = json.loads(line)
                text = None if body is None else body.encode()
                both = bytes.fromhex(body_digest), bytes.fromhex(row_hash)
                yield seq, recorded_us, occurred_us, kind.encode(), version, text, *both
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise BackupUnusable(
            _("{path} is not a dump of a journal, or not whole.").format(path=path),
            advice=_("Take another copy."),
            evidence=str(wrong),
        ) from wrong


def _too_new(path: Path) -> BackupUnusable:
    return BackupUnusable(
        _("{path} was made by a newer version of dutyphone.").format(path=path),
        advice=_("Install that version or a later one: pip install --upgrade dutyphone"),
    )


def told(rows: Iterator[Row], total: int, on_progress: Progress) -> Iterator[Row]:
    """`rows`, telling how many have passed."""
    for done, row in enumerate(rows, 1):
        yield row
        if done % ROWS_AT_A_TIME == 0 or done == total:
            on_progress(done, total)


def _stored(rows: Iterator[Row], session: Session) -> Iterator[Row]:
    """`rows`, each put into the journal some time after it was looked at."""
    waiting: list[dict[str, Any]] = []
    names = [column.name for column in journal.c]
    for row in rows:
        yield row
        seq, recorded_us, occurred_us, kind, version, body, body_digest, row_hash = row
        text = None if body is None else str(body, "utf-8")
        values = (seq, recorded_us, occurred_us, str(kind, "utf-8"), version, text, body_digest, row_hash)
        waiting.append(dict(zip(names, values, strict=True)))
        if len(waiting) == ROWS_AT_A_TIME:
            session.run_many(_ADD, waiting)
            waiting.clear()
    session.run_many(_ADD, waiting)


def _refuse_broken(bad: BadRow | None) -> None:
    if bad is not None:
        raise ChainBroken(
            _("Row {seq} of the journal is the first bad one: {what}.").format(seq=bad.seq, what=bad.what),
            seq=bad.seq,
            advice=_("Only a whole journal is copied. Find out more with: dutyphone verify"),
        )


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
