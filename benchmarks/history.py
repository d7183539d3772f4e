"""P5: a page of history costs what is on it, not what is in the log.

Every list page and search is asked of the store, and of the bare driver by SQL written by hand. Then the same is asked
of a log with a tenth of the calls: the larger one must not be much slower.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

from benchmarks.made_up_calls import BETWEEN_CALLS_S, FIRST, LINES, made_up_log
from benchmarks.measure import (
    Bound,
    Comparison,
    Finding,
    Goal,
    alternate,
    kept_folder,
    median,
    parser,
    report,
)
from dutyphone.journal.facts import Outcome
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.rows import CALL_COLUMNS, micros
from dutyphone.store.search import text_tokens
from dutyphone.store.sqlite import CACHE_KIB, safe_driver
from dutyphone.store.store import Store

PAGE = 50
REPEATS = 20
"""Times a question is asked in a round; the median of them counts."""

_COLUMNS = ", ".join(f"c.{name}" for name in CALL_COLUMNS)
_NEWEST = "ORDER BY c.arrived_us DESC, c.id DESC LIMIT 51"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The same question for the store and, as SQL with values, for the driver."""

    what: str
    query: CallQuery
    sql: str
    values: Sequence[Any]
    before: int | None = None


def main() -> None:
    """Run the benchmark."""
    options = _options()
    kept = kept_folder(options)
    large, small = made_up_log(kept, options.calls), made_up_log(kept, options.calls // 10)
    full = set()
    took: dict[str, dict[str, list[float]]] = {}
    with _Log(large, options.calls) as here, _Log(small, options.calls // 10) as there:
        for ours, tenth in zip(here.questions, there.questions, strict=True):
            took[ours.what] = alternate(
                options.rounds,
                {
                    "ours": partial(_median_s, partial(here.ask, ours)),
                    "reference": partial(_median_s, partial(here.ask_by_hand, ours)),
                    "tenth": partial(_median_s, partial(there.ask, tenth)),
                },
            )
            if len(here.ask(ours)) == len(there.ask(tenth)):
                full.add(ours.what)
    findings: list[Finding] = [_beside_by_hand(what, each) for what, each in took.items()]
    findings += [_beside_tenth(what, each) for what, each in took.items() if what in full]
    report("P5 history", options, findings, ["only pages that are as long in both logs are compared with a tenth"])


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--calls", type=int, default=2_000_000, help="calls in the log (default 2000000), made once")
    return made.parse_args()


def _beside_by_hand(what: str, took: dict[str, list[float]]) -> Comparison:
    return Comparison(
        what=what,
        unit="ms",
        ours=1000 * median(took["ours"]),
        reference=1000 * median(took["reference"]),
        goal=Goal(bound=Bound.AT_MOST, limit=2.0),
    )


def _beside_tenth(what: str, took: dict[str, list[float]]) -> Comparison:
    return Comparison(
        what=f"{what}, to a tenth of the data",
        unit="ms",
        ours=1000 * median(took["ours"]),
        reference=1000 * median(took["tenth"]),
        goal=Goal(bound=Bound.AT_MOST, limit=1.5),
    )


def _median_s(work: Callable[[], object]) -> float:
    times = []
    for _repeat in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)


class _Log:
    """One log, open for both sides."""

    def __init__(self, path: Path, calls: int) -> None:
        self._store = Store.open(f"sqlite:///{path}")
        self._connection = safe_driver().connect(str(path), isolation_level=None)
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self.questions = _questions(calls)
        for question in self.questions:
            by_hand = [row[0] for row in self.ask_by_hand(question)[:PAGE]]
            assert self.ask(question) == by_hand, f"the reference asks something else: {question.what}"

    def ask(self, question: Question) -> list[int]:
        page = self._store.history(question.query, before=question.before, limit=PAGE)
        return [row.id for row in page.rows]

    def ask_by_hand(self, question: Question) -> list[Any]:
        return list(self._connection.execute(question.sql, question.values).fetchall())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()
        self._store.close()


def _questions(calls: int) -> list[Question]:
    """What people ask, and how somebody would write it who knew the tables."""
    middle = calls // 2
    at = FIRST + timedelta(seconds=BETWEEN_CALLS_S * middle)
    day = datetime(at.year, at.month, at.day, tzinfo=UTC)
    span = (micros(day), micros(day + timedelta(days=1)))
    line = LINES[0]
    phrase = '"' + text_tokens("水位上涨").rpartition(" ")[0] + '"'
    rare = "0105550123"
    return [
        Question(what="newest page", query=CallQuery(), sql=f"SELECT {_COLUMNS} FROM calls c {_NEWEST}", values=()),
        Question(
            what="page in the middle",
            query=CallQuery(),
            before=middle,
            sql=f"SELECT {_COLUMNS} FROM calls c WHERE (c.arrived_us, c.id) <"
            f" ((SELECT arrived_us FROM calls WHERE id = ?), ?) {_NEWEST}",
            values=(middle, middle),
        ),
        Question(
            what="one line",
            query=CallQuery(line=line),
            sql=f"SELECT {_COLUMNS} FROM calls c WHERE c.line = ? {_NEWEST}",
            values=(line,),
        ),
        Question(
            what="missed",
            query=CallQuery(result=Outcome.MISSED),
            sql=f"SELECT {_COLUMNS} FROM calls c WHERE c.result = ? {_NEWEST}",
            values=("missed",),
        ),
        Question(
            what="one day",
            query=CallQuery(from_at=day, until_at=day + timedelta(days=1)),
            sql=f"SELECT {_COLUMNS} FROM calls c WHERE c.arrived_us >= ? AND c.arrived_us < ? {_NEWEST}",
            values=span,
        ),
        Question(
            what="words in a note",
            query=CallQuery(text="水位上涨"),
            sql=f"SELECT {_COLUMNS} FROM text_index t JOIN calls c ON c.id = t.rowid >> 20"
            " WHERE text_index MATCH ? ORDER BY t.rowid DESC LIMIT 51",
            values=(phrase,),
        ),
        Question(
            what="part of a number many calls have",
            query=CallQuery(text="1390000"),
            sql=f"SELECT {_COLUMNS} FROM calls c WHERE c.number LIKE ? OR c.number_raw LIKE ? {_NEWEST}",
            values=("%1390000%", "%1390000%"),
        ),
        Question(
            what="part of a number few calls have",
            query=CallQuery(text=rare),
            sql=f"SELECT {_COLUMNS} FROM calls c WHERE c.number_id IN (SELECT n.id FROM number_index"
            " JOIN numbers n ON n.id = number_index.rowid WHERE number_index MATCH ?"
            " AND (n.number LIKE ? OR n.number LIKE ? OR n.number_raw LIKE ?))"
            " ORDER BY +c.arrived_us DESC, +c.id DESC LIMIT 51",
            values=('("0123" AND "0555") OR ("0123" AND "0555")', f"%{rare}%", f"+86{rare[1:]}%", f"%{rare}%"),
        ),
    ]


if __name__ == "__main__":
    main()
