"""Is the journal what was written, all of it, and do the tables say what it says?

Three questions: whether every row follows from the row before and every text that is missing was purged by a fact that
says so (the chain), whether the journal is as long as it once was (the signed head), and whether the projections are
what the facts amount to (replayed beside).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import Select, Table, Text, func, select

from dutyphone.errors import StoreError
from dutyphone.i18n import _
from dutyphone.journal import seqs
from dutyphone.journal.chain import GENESIS, digest_bytes, row_hash
from dutyphone.journal.facts import BodiesPurged
from dutyphone.store.backend import SearchIndex
from dutyphone.store.database import Database
from dutyphone.store.head import HeadUnreadable, agrees
from dutyphone.store.key import random_key
from dutyphone.store.manifest import Manifest
from dutyphone.store.projector import Projector
from dutyphone.store.replay import facts, project_all
from dutyphone.store.schema import PROJECTIONS, calls, journal, numbers
from dutyphone.store.session import Row, Session
from dutyphone.store.store import Store, hash_at
from dutyphone.store.upgrade import ready

_ROWS = select(func.count()).select_from(journal)


@dataclass(frozen=True, slots=True)
class BadRow:
    """The first journal row that cannot be what was written. `what` is a sentence for people."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `verify` found. `head_problem` and `projection_differences` are sentences for people.

    `purged` is how many of the rows lost their body when their retention time was over.
    """

    rows: int
    purged: int
    first_bad: BadRow | None
    head_problem: str | None
    projection_differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return self.first_bad is None and self.head_problem is None and not self.projection_differences


def verify(store: Store) -> VerifyReport:
    """Check everything. Reads the whole database, and needs room for a copy of its tables in the temporary folder."""
    try:
        with store.database.snapshot() as session:
            rows = int(session.scalar(_ROWS))
    except StoreError as error:
        return VerifyReport(
            rows=0, purged=0, first_bad=BadRow(1, _said(error)), head_problem=None, projection_differences=()
        )
    seen = Seen()
    first_bad = check_chain(store.database, seen)
    with store.database.reading() as session:
        head_problem = check_head(store, rows, first_bad, lambda seq: hash_at(session, seq))
    return VerifyReport(
        rows=rows,
        purged=sum(map(len, seen.empty)),
        first_bad=first_bad,
        head_problem=head_problem,
        projection_differences=() if first_bad else compare_projections(store.database),
    )


@dataclass(slots=True)
class Seen:
    """What a walk along the chain has seen: the last sound row, the rows without body, and those said to be purged."""

    seq: int = 0
    empty: list[range] = field(default_factory=list)
    purged: list[range] = field(default_factory=list)


def check_chain(database: Database, seen: Seen | None = None) -> BadRow | None:
    """The first row that does not follow from the one before, or cannot be read; None if all do."""
    return check_rows(database, 1, seen)


def check_rows(database: Database, first: int, seen: Seen | None = None) -> BadRow | None:
    """The same for the rows from `first` on; the hash of the row before them is taken as it is."""
    seen = seen or Seen()
    seen.seq = first - 1
    rows = database.backend.journal_bytes
    try:
        with database.snapshot() as session:
            if first == 1:
                return break_in(session.stream(rows), seen)
            previous = hash_at(session, first - 1)
            if previous is None:
                return BadRow(first - 1, _("it is missing"))
            return break_in(session.stream(rows.where(journal.c.seq >= first)), seen, previous)
    except StoreError as error:
        return BadRow(seen.seq + 1, _said(error))


def break_in(rows: Iterator[Row], seen: Seen | None = None, previous: bytes = GENESIS) -> BadRow | None:
    """The first of `rows` (those of `Backend.journal_bytes`, to the last) that is not what was written.

    `previous` is the hash of the row before the first, which is the one behind `seen.seq`.
    """
    seen = seen or Seen()
    for row in rows:
        seq = seen.seq + 1
        found, recorded_us, occurred_us, kind, version, body, body_digest, written_hash = row
        if found != seq:
            return BadRow(seq, _("it is missing"))
        try:
            if body is not None and digest_bytes(body) != body_digest:
                return BadRow(seq, _("its text was changed"))
            said_kind = str(kind, "utf-8", "replace")
            previous = row_hash(previous, seq, recorded_us, occurred_us, said_kind, version, body_digest)
        except (TypeError, ValueError):  # a column holds what no writer of ours puts there
            return BadRow(seq, _("it was changed"))
        if previous != written_hash:
            return BadRow(seq, _("it does not follow from the row before"))
        if body is None:
            _note_empty(seen.empty, seq)
        elif kind == _PURGE:
            seen.purged += _rows_purged(body)
        seen.seq = seq
    taken = seqs.first_outside(seen.empty, seqs.joined(seen.purged))
    return None if taken is None else BadRow(taken, _("its text was taken out, and no purge says so"))


_PURGE = BodiesPurged.__name__.encode()


def _rows_purged(body: bytes) -> Iterator[range]:
    try:
        yield from seqs.read(json.loads(body)["rows"])
    except (ValueError, KeyError, TypeError):
        return  # of a later version, or made by somebody else: it excuses nothing


def _note_empty(empty: list[range], seq: int) -> None:
    if empty and empty[-1].stop == seq:
        empty[-1] = range(empty[-1].start, seq + 1)
    else:
        empty.append(range(seq, seq + 1))


def check_head(store: Store, rows: int, first_bad: BadRow | None, hash_of: Callable[[int], bytes | None]) -> str | None:
    """What is wrong with the signed head, None if nothing is. `hash_of` tells the hash of a row."""
    if not store.keeps_head:
        return None
    if store.head is None:
        return _("The key of the journal's head cannot be read, so nobody can tell whether rows were cut off its end.")
    try:
        head = store.head.read()
    except (OSError, HeadUnreadable) as error:
        return _("{path} is not a head signed with our key ({reason}).").format(path=store.head.path, reason=error)
    if head is None:
        return _("{path} is missing.").format(path=store.head.path) if rows else None
    if head.seq > rows:
        return _("The journal ends at row {rows}, but once had {seq}: rows were cut off its end.").format(
            rows=rows, seq=head.seq
        )
    if first_bad is not None and first_bad.seq <= head.seq:
        return None  # the bad row says it already
    if not agrees(head, hash_of):
        return _("Row {seq} of the journal is not the one that was there at {at}.").format(
            seq=head.seq, at=head.at.isoformat(timespec="seconds")
        )
    return None


def check_against(store: Store, manifest: Manifest) -> str | None:
    """What is wrong with the log if the copy of `manifest` was made of it, None if nothing is.

    A manifest kept elsewhere knows what not even the owner of the machine can change.
    """
    with store.database.reading() as session:
        if manifest.rows == 0 or hash_at(session, manifest.rows) == manifest.head:
            return None
    return _("Row {seq} of the journal is not the one that the copy of {at} ends with.").format(
        seq=manifest.rows, at=manifest.made_at.isoformat(timespec="seconds")
    )


def compare_projections(database: Database) -> tuple[str, ...]:
    """Replay the journal into a scratch database and compare; a sentence for each table that differs."""
    with tempfile.TemporaryDirectory(prefix="dutyphone-verify-") as folder:
        key = None if database.key is None else random_key()  # what is secret is not written down in the clear
        scratch = Database(f"sqlite:///{Path(folder) / 'replayed.db'}", create=True, key=key)
        try:
            ready(scratch, upgrade=True)
            with database.snapshot() as live, scratch.writing() as replayed:
                project_all(facts(live), Projector(replayed, scratch.backend.index))
                return tuple(_differences(live, database.backend.index, replayed, scratch.backend.index))
        except StoreError as error:
            return (_said(error),)
        finally:
            scratch.close()


def _differences(
    live: Session, live_index: SearchIndex, replayed: Session, replayed_index: SearchIndex
) -> Iterator[str]:
    for table in PROJECTIONS:
        if table is numbers:
            if _sum(_numbers(live)) != _sum(_numbers(replayed)):
                yield _("Table {table} differs from the journal.").format(table=table.name)
            continue
        found, first = 0, None
        for key in _unequal(_ordered(live, table), _ordered(replayed, table), len(table.primary_key)):
            found += 1
            first = first or key
        if first is not None:
            yield _("Table {table} differs from the journal in {n} rows, the first of them {key}.").format(
                table=table.name, n=found, key=", ".join(map(str, first))
            )
    for name, documents in (("text_index", _text_documents), ("number_index", _number_documents)):
        if _sum(documents(live, live_index)) != _sum(documents(replayed, replayed_index)):
            yield _("The search index {table} differs from the journal.").format(table=name)


def _ordered(session: Session, table: Table) -> Iterator[Row]:
    """The rows of `table` in the order of its key, as Python sorts."""
    rows = session.stream(_comparable(table).order_by(*table.primary_key.columns))
    if any(isinstance(column.type, Text) for column in table.primary_key.columns):
        return iter(sorted(rows, key=tuple))  # databases sort text in ways of their own; these tables are small
    return rows


def _comparable(table: Table) -> Select[Any]:
    """What is compared of `table`: all of it, but numbers by what they say.

    Their ids follow the order in which they came, and that is not the same once some were purged.
    """
    if table is not calls:
        return select(table)
    own = [column for column in calls.c if column is not calls.c.number_id]
    return select(*own, numbers.c.number.label("known"), numbers.c.number_raw.label("known_raw")).select_from(
        calls.outerjoin(numbers, numbers.c.id == calls.c.number_id)
    )


_NUMBERS = select(numbers.c.id, numbers.c.number, numbers.c.number_raw, numbers.c.calls)


def _numbers(session: Session) -> Iterator[tuple[object, ...]]:
    return ((number, raw, n) for _id, number, raw, n in session.stream(_NUMBERS))


def _text_documents(session: Session, index: SearchIndex) -> Iterator[tuple[object, ...]]:
    return index.documents(session, index.text_index)


def _number_documents(session: Session, index: SearchIndex) -> Iterator[tuple[object, ...]]:
    known = {row[0]: (row[1], row[2]) for row in session.stream(_NUMBERS)}
    for document, token in index.documents(session, index.number_index):
        yield known.get(document, document), token


def _unequal(ours: Iterator[Row], theirs: Iterator[Row], key_length: int) -> Iterator[tuple[Any, ...]]:
    """Keys of rows that only one side has or that are not the same."""
    left, right = next(ours, None), next(theirs, None)
    while left is not None or right is not None:
        left_key = None if left is None else tuple(left[:key_length])
        right_key = None if right is None else tuple(right[:key_length])
        if left_key == right_key:
            if tuple(left or ()) != tuple(right or ()):
                yield left_key or ()
            left, right = next(ours, None), next(theirs, None)
        elif right_key is None or (left_key is not None and left_key < right_key):
            yield left_key or ()
            left = next(ours, None)
        else:
            yield right_key
            right = next(theirs, None)


def _sum(things: Iterable[tuple[object, ...]]) -> tuple[int, int]:
    """How many there are, and a sum over them that does not depend on their order."""
    total = count = 0
    for thing in things:
        total += int.from_bytes(blake2b(repr(thing).encode("utf-8", "backslashreplace"), digest_size=16).digest())
        count += 1
    return count, total % 2**128


def _said(error: StoreError) -> str:
    return f"{error.message} {error.evidence}".strip()
