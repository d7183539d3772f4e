"""P2: what the recorder's real write costs beside sqlite3 by hand.

Both write the same calls with one durable commit for each fact. Ours is `Store.append`: journal, hash chain,
projections, search index. The reference has every statement and every value made beforehand and only executes them on
the bare driver; in the end its tables must be equal to ours.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from benchmarks.flushes import can_watch, watch
from benchmarks.made_up_calls import FIRST, made_up_facts
from benchmarks.measure import (
    Bound,
    Comparison,
    Figure,
    Finding,
    Goal,
    alternate,
    median,
    parser,
    report,
    working_folder,
)
from dutyphone.journal.facts import (
    CallArrived,
    CallEnded,
    CallFact,
    CallIdentified,
    CallNoted,
    CallRang,
    CallSettled,
    Fact,
)
from dutyphone.store.rows import micros
from dutyphone.store.search import number_tokens, text_tokens
from dutyphone.store.sqlite import BUSY_TIMEOUT_MS, CACHE_KIB, CHECKPOINT_PAGES, safe_driver
from dutyphone.store.store import Store

Step = tuple[str, Sequence[Any]]

TABLES = ("journal", "calls", "numbers", "call_facts", "call_notes")

BY_HAND = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}",
    f"PRAGMA cache_size = -{CACHE_KIB}",
)
"""The same settings as the store's, so that only the work differs."""


def main() -> None:
    """Run the benchmark."""
    options = _options()
    if options.only_ours is not None:
        print(json.dumps({"commits": len(_write_ours(options.only_ours, options.calls)[1])}))
        return
    with working_folder(options) as folder:
        facts = _facts(options.calls)
        _write_ours(folder / "pattern.db", options.calls)
        steps = _steps_by_hand(folder / "pattern.db", facts)
        number = count()
        rates = alternate(
            options.rounds,
            {
                "ours": lambda: _commits_a_second(_ours(folder / f"ours-{next(number)}.db", facts), len(facts)),
                "reference": lambda: _commits_a_second(
                    _by_hand(folder / f"hand-{next(number)}.db", folder / "pattern.db", steps), len(facts)
                ),
            },
        )
        findings: list[Finding] = [
            Comparison(
                what="durable commits, one fact each",
                unit="1/s",
                ours=median(rates["ours"]),
                reference=median(rates["reference"]),
                goal=Goal(bound=Bound.AT_LEAST, limit=0.5),
            )
        ]
        notes = []
        if can_watch():
            findings.append(_flushes_a_commit(folder, options.calls))
        else:
            notes.append("flushes are not counted: that takes Linux and a C compiler (cc)")
    report("P2 append", options, findings, notes)


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--calls", type=int, default=300, help="calls written in a round (default 300)")
    made.add_argument("--only-ours", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    return made.parse_args()


def _facts(calls: int) -> list[Fact]:
    return list(chain.from_iterable(made_up_facts(calls)))


def _recorded(number: int) -> datetime:
    """A thousand facts a second: the head beside the journal is written as often as on a very busy desk."""
    return FIRST + timedelta(milliseconds=number)


# --- ours --------------------------------------------------------------------------------------------------------


def _write_ours(path: Path, calls: int) -> tuple[Path, list[Fact]]:
    facts = _facts(calls)
    for _each in _ours(path, facts):
        pass
    return path, facts


def _ours(path: Path, facts: Sequence[Fact]) -> Iterator[None]:
    """Ready at the first step; everything written at the last."""
    with Store.open(f"sqlite:///{path}") as store:
        store.append(facts[:1], recorded_at=_recorded(0))
        yield
        for number, fact in enumerate(facts[1:], 1):
            store.append((fact,), recorded_at=_recorded(number))
        yield


def _commits_a_second(work: Iterator[None], commits: int) -> float:
    next(work)
    began = time.perf_counter()
    next(work)
    took = time.perf_counter() - began
    next(work, None)
    return (commits - 1) / took


def _flushes_a_commit(folder: Path, calls: int) -> Figure:
    """What twice the calls flush more than once the calls: opening and closing do not count."""
    once, twice = (
        watch(["benchmarks.append", "--calls", str(many), "--only-ours", str(folder / f"watched-{many}.db")], folder)
        for many in (calls, 2 * calls)
    )
    more = twice.said["commits"] - once.said["commits"]
    return Figure(
        what="flushes a commit",
        unit="",
        value=(twice.flushes - once.flushes) / more,
        goal=Goal(bound=Bound.AT_MOST, limit=1.05),
    )


# --- by hand -----------------------------------------------------------------------------------------------------


def _by_hand(path: Path, pattern: Path, steps: Sequence[Sequence[Step]]) -> Iterator[None]:
    """As `_ours`, on a database with the tables of `pattern`."""
    connection = safe_driver().connect(str(path), isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        for setting in BY_HAND:
            connection.execute(setting)
        for (sql,) in _schema(pattern):
            connection.execute(sql)
        cursor = connection.cursor()
        _commit(cursor, steps[0])
        yield
        for batch in islice(steps, 1, None):
            _commit(cursor, batch)
        yield
        _must_be_equal(connection, pattern)
    finally:
        connection.close()


def _commit(cursor: Any, batch: Sequence[Step]) -> None:
    cursor.execute("BEGIN IMMEDIATE")
    for sql, values in batch:
        cursor.execute(sql, values)
    cursor.execute("COMMIT")


def _schema(pattern: Path) -> list[tuple[str]]:
    """The tables of the store, without those that the search index makes by itself."""
    return _rows(
        pattern,
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT GLOB '*_index_*' ORDER BY type = 'index'",
    )


def _rows(path: Path, sql: str) -> list[Any]:
    connection = safe_driver().connect(str(path), isolation_level=None)
    try:
        return list(connection.execute(sql).fetchall())
    finally:
        connection.close()


def _must_be_equal(connection: Any, pattern: Path) -> None:
    for table in TABLES:
        by_hand = connection.execute(f"SELECT * FROM {table}").fetchall()
        if by_hand != _rows(pattern, f"SELECT * FROM {table}"):
            sys.exit(f"the reference does not write the same {table}: it is not worth comparing with")


_JOURNAL = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_CALL_FACT = "INSERT INTO call_facts VALUES (?, ?)"
_TEXT = "INSERT INTO text_index (rowid, tokens) VALUES (?, ?)"


def _steps_by_hand(pattern: Path, facts: Sequence[Fact]) -> list[list[Step]]:
    """The statements of each commit, in full. `pattern` says what the journal is to hold, hashes included."""
    writer = _ByHand()
    steps = []
    for row, fact in zip(_rows(pattern, "SELECT * FROM journal ORDER BY seq"), facts, strict=True):
        assert isinstance(fact, CallFact)
        steps.append([(_JOURNAL, row), *writer.steps(row[0], fact)])
    return steps


class _ByHand:
    """The projections as somebody would write them who needs no other facts than these."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._arrived: dict[str, datetime] = {}
        self._numbers: dict[tuple[str, str], int] = {}

    def steps(self, seq: int, fact: CallFact) -> Iterator[Step]:
        if isinstance(fact, CallArrived):
            self._ids[fact.call] = len(self._ids) + 1
            self._arrived[fact.call] = fact.at
        number = self._ids[fact.call]
        yield from self._about(number, fact)
        yield _CALL_FACT, (number, seq)

    def _about(self, number: int, fact: CallFact) -> Iterator[Step]:
        match fact:
            case CallArrived():
                yield (
                    "INSERT INTO calls (id, call, line, direction, state, arrived_us, rings, ring_s, identified,"
                    " doubtful, settled_by, fax, digits, notes, last_note)"
                    " VALUES (?, ?, ?, 'incoming', 'ringing', ?, 0, 0, 0, 0, '', 0, '', 0, '')",
                    (number, fact.call, fact.line, micros(fact.at)),
                )
            case CallRang():
                heard_s = (fact.at - self._arrived[fact.call]).total_seconds()
                yield (
                    "UPDATE calls SET rings = ?, ring_s = ?, last_ring_us = ? WHERE id = ?",
                    (fact.ring, heard_s, micros(fact.at), number),
                )
            case CallIdentified():
                yield from self._identified(number, fact)
            case CallEnded():
                owed = {"unknown": "settle", "missed": "call_back"}.get(fact.outcome.value)
                yield (
                    "UPDATE calls SET state = 'ended', ended_us = ?, outcome = ?, evidence = ?, rings = ?, ring_s = ?,"
                    " talk_s = ?, result = ?, owed = ? WHERE id = ?",
                    (
                        micros(fact.at),
                        fact.outcome.value,
                        fact.evidence.value,
                        fact.rings,
                        fact.ring_s,
                        fact.talk_s,
                        fact.outcome.value,
                        owed,
                        number,
                    ),
                )
            case CallSettled():
                yield (
                    "UPDATE calls SET settlement = ?, settled_by = ?, settled_us = ?, result = 'answered', owed = NULL"
                    " WHERE id = ?",
                    (fact.settlement.value, fact.by, micros(fact.at), number),
                )
            case CallNoted():
                yield "UPDATE calls SET notes = 1, last_note = ? WHERE id = ?", (fact.text, number)
                yield "INSERT INTO call_notes VALUES (?, 1, ?, ?, ?)", (number, micros(fact.at), fact.text, fact.by)
                yield _TEXT, ((number << 20) + 1, text_tokens(fact.text))

    def _identified(self, number: int, fact: CallIdentified) -> Iterator[Step]:
        known = (fact.number or "", fact.number_raw or "")
        if known not in self._numbers:
            self._numbers[known] = len(self._numbers) + 1
            yield "INSERT INTO numbers VALUES (?, ?, ?, 0)", (self._numbers[known], *known)
            yield (
                "INSERT INTO number_index (rowid, tokens) VALUES (?, ?)",
                (self._numbers[known], number_tokens(*known)),
            )
        yield "UPDATE numbers SET calls = calls + 1 WHERE id = ?", (self._numbers[known],)
        kind = None if fact.kind is None else fact.kind.value
        yield (
            "UPDATE calls SET identified = 1, number_raw = ?, number = ?, kind = ?, name = ?, number_id = ?"
            " WHERE id = ?",
            (fact.number_raw, fact.number, kind, fact.name, self._numbers[known], number),
        )
        if fact.name:
            yield _TEXT, (number << 20, text_tokens(fact.name))


if __name__ == "__main__":
    main()
