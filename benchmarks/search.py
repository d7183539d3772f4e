"""P6: Chinese words of two to eight characters are found at once, and exactly where LIKE finds them.

The reference counts by LIKE over all names and notes on the bare driver. Ours is the first page of the search. Terms
are cut out of the texts of the log at random, punctuation included; some are turned around, to be in no text.
`--postgres` asks the same of a server, into whose empty database the log is copied first.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.made_up_calls import made_up_log
from benchmarks.measure import (
    Bound,
    Comparison,
    Figure,
    Finding,
    Goal,
    alternate,
    kept_folder,
    median,
    parser,
    report,
    seconds,
)
from dutyphone.store.copying import copy
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.search import contains
from dutyphone.store.sqlite import CACHE_KIB, safe_driver
from dutyphone.store.store import Store

LENGTHS = range(2, 9)

_LIKE = (
    r"SELECT {what} FROM calls c WHERE c.name LIKE ?1 ESCAPE '\'"
    r" OR EXISTS (SELECT 1 FROM call_notes n WHERE n.call_id = c.id AND n.text LIKE ?1 ESCAPE '\')"
)
_INDEX_TABLES = ("text_index", "number_index")


def main() -> None:
    """Run the benchmark."""
    options = _options()
    kept = kept_folder(options)
    large, checked = (
        f"sqlite:///{made_up_log(kept, options.calls)}",
        f"sqlite:///{made_up_log(kept, options.checked_calls)}",
    )
    if options.postgres:
        large = checked = _on_server(large, options.postgres)
    with Store.open(large) as store:
        connection = _bare(store)
        try:
            terms = iter(_terms(connection, 10_000))
            took = alternate(
                options.rounds,
                {
                    "ours": lambda: median(
                        [seconds(partial(store.history, CallQuery(text=next(terms)))) for _each in range(50)]
                    ),
                    "reference": lambda: seconds(partial(_count, connection, next(terms))),
                },
            )
            share = _index_share(connection, server=bool(options.postgres))
        finally:
            connection.close()
    findings: list[Finding] = [
        Comparison(
            what="first page of a search, a LIKE count",
            unit="ms",
            ours=1000 * median(took["ours"]),
            reference=1000 * median(took["reference"]),
            goal=Goal(bound=Bound.AT_LEAST, limit=1000),
            times_better=True,
        ),
        Figure(
            what=f"of {options.terms} terms, found elsewhere than by LIKE",
            unit="",
            value=_differences(checked, options.terms),
            goal=Goal(bound=Bound.AT_MOST, limit=0),
        ),
        Figure(what="the index, of the database", unit="%", value=100 * share, goal=Goal(bound=Bound.AT_MOST, limit=8)),
    ]
    report("P6 search", options, findings)


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--calls", type=int, default=2_000_000, help="calls in the log (default 2000000), made once")
    made.add_argument("--terms", type=int, default=1000, help="terms compared with LIKE (default 1000)")
    made.add_argument(
        "--checked-calls", type=int, default=20_000, help="calls in the log they are compared on (default 20000)"
    )
    made.add_argument("--postgres", metavar="URL", default="", help="an empty database of a server instead of a file")
    return made.parse_args()


def _on_server(log: str, url: str) -> str:
    with Store.open(log) as source, Store.open(url) as target:
        copy(source, target, on_progress=lambda _done, _total: None)
        with target.database.reading() as session:
            session.sql("VACUUM ANALYZE")
    return url


def _bare(store: Store) -> Any:
    """The driver, and nothing between."""
    if store.database.path is None:
        return store.database.lone_connection()
    connection = safe_driver().connect(str(store.database.path), isolation_level=None)
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def _asked(connection: Any, what: str, term: str) -> list[Any]:
    sql, pattern = _LIKE.format(what=what), contains(term)
    if isinstance(connection, safe_driver().Connection):
        return list(connection.execute(sql, (pattern,)))
    return list(connection.execute(sql.replace("?1", "%(term)s"), {"term": pattern}))


def _terms(connection: Any, wanted: int) -> Iterator[str]:
    chance = random.Random(wanted)
    texts = [
        text
        for (text,) in connection.execute(
            "SELECT text FROM (SELECT text FROM call_notes LIMIT 5000)"
            " AS notes UNION SELECT name FROM (SELECT name FROM calls WHERE name IS NOT NULL LIMIT 5000) AS names"
        )
    ]
    made = 0
    while made < wanted:
        text, length = chance.choice(texts), chance.choice(LENGTHS)
        begin = chance.randrange(max(1, len(text) - length + 1))
        term = text[begin : begin + length].strip()
        if chance.random() < 0.1:
            term = term[::-1]
        if len(term) >= LENGTHS[0] and not term.isdecimal():
            made += 1
            yield term


def _count(connection: Any, term: str) -> int:
    ((found,),) = _asked(connection, "count(*)", term)
    return int(found)


def _differences(log: str, wanted: int) -> int:
    with Store.open(log) as store:
        connection = _bare(store)
        try:
            return sum(_differs(store, connection, term) for term in _terms(connection, wanted))
        finally:
            connection.close()


def _differs(store: Store, connection: Any, term: str) -> bool:
    by_like = {call for (call,) in _asked(connection, "c.id", term)}
    return {row.id for row in store.stream_calls(CallQuery(text=term))} != by_like


def _index_share(connection: Any, *, server: bool) -> float:
    """What is kept of both indexes. Of FTS5 the blocks of its b-tree and the terms that lead to them."""
    if server:
        sizes = ", ".join(f"pg_total_relation_size('{table}')" for table in _INDEX_TABLES)
        ours = "relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        every = f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE {ours}"
        ((whole,),) = connection.execute(every).fetchall()
        ((text, number),) = connection.execute(f"SELECT {sizes}").fetchall()
        return float((text + number) / whole)
    ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
    ((page_bytes,),) = connection.execute("PRAGMA page_size").fetchall()
    index = 0.0
    for table in _INDEX_TABLES:
        for part, column in (("data", "block"), ("idx", "term")):
            sql = f"SELECT coalesce(sum(length({column}) + 8), 0) FROM {table}_{part}"
            ((size,),) = connection.execute(sql).fetchall()
            index += size
    return index / float(pages * page_bytes)


if __name__ == "__main__":
    main()
