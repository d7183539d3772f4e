"""P10: the recorder's commits while others are at work on the same database.

Facts are appended one at a time, at an even pace, and the time of each durable append is kept: alone, and while another
process exports, makes backups as `dutyphone db backup` does, purges calls as retention does, or writes notes as a
console does. What counts is the 99th percentile, others at work to alone, round by round in turn.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain, count, cycle
from pathlib import Path

from benchmarks.made_up_calls import made_up_facts, made_up_log
from benchmarks.measure import (
    Bound,
    Comparison,
    Goal,
    alternate,
    kept_folder,
    median,
    parser,
    percentile,
    report,
    working_folder,
)
from dutyphone.clock import SystemClock
from dutyphone.journal.facts import Book, Fact
from dutyphone.outputs.columns import Profile
from dutyphone.outputs.export import Format, export_calls
from dutyphone.store import commands
from dutyphone.store.backup import back_up
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.retention import LEISURELY, purge
from dutyphone.store.store import Store

NOTES_EVERY_S = 0.05


def main() -> None:
    """Run the benchmark."""
    options = _options()
    if options.child:
        _CHILDREN[options.child](options.log)
        return
    kept = made_up_log(kept_folder(options), options.calls)
    with working_folder(options) as folder:
        log = Path(shutil.copy(kept, folder / "duty.db"))
        with Store.open(f"sqlite:///{log}") as store:
            facts = chain.from_iterable(made_up_facts(10_000_000, first=options.calls))
            times = alternate(
                options.rounds,
                {
                    "alone": partial(_appends, store, facts, options),
                    **{name: partial(_while_at_work, name, store, facts, log, options) for name in _CHILDREN},
                },
            )
    alone = median([percentile(each, 0.99) for each in times["alone"]])
    report(
        "P10 others at work",
        options,
        [
            Comparison(
                what=f"p99 of commits during {name}",
                unit="ms",
                ours=1000 * median([percentile(each, 0.99) for each in times[name]]),
                reference=1000 * alone,
                goal=Goal(bound=Bound.AT_MOST, limit=1.5),
            )
            for name in _CHILDREN
        ],
        ["the reference is ours alone"],
    )


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--calls", type=int, default=200_000, help="calls in the log (default 200000), made once")
    made.add_argument("--round-s", type=float, default=5.0, help="length of a round (default 5)")
    made.add_argument("--pace-ms", type=float, default=5.0, help="from one append to the next (default 5)")
    made.add_argument("--child", choices=tuple(_CHILDREN), help=argparse.SUPPRESS)
    made.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    return made.parse_args()


def _appends(store: Store, facts: Iterator[Fact], options: argparse.Namespace) -> list[float]:
    """How long each append took."""
    times = []
    until = time.perf_counter() + options.round_s
    while (began := time.perf_counter()) < until:
        store.append((next(facts),), recorded_at=datetime.now(UTC))
        times.append(time.perf_counter() - began)
        time.sleep(max(0.0, options.pace_ms / 1000 - times[-1]))
    return times


def _while_at_work(
    name: str, store: Store, facts: Iterator[Fact], log: Path, options: argparse.Namespace
) -> list[float]:
    with _at_work(name, log):
        return _appends(store, facts, options)


@contextmanager
def _at_work(name: str, log: Path) -> Iterator[None]:
    """Another process works from here on until the end of the block."""
    command = [sys.executable, "-m", "benchmarks.others_at_work", "--child", name, "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            sys.exit(f"the process for {name} did not start")
        try:
            yield
        finally:
            process.kill()


# --- the others ------------------------------------------------------------------------------------------------------


def _export(log: Path) -> None:
    with Store.open(f"sqlite:///{log}", create=False) as store:
        _ready()
        while True:
            export_calls(
                store,
                CallQuery(),
                log.with_name("exported.csv"),
                format=Format.CSV,
                profile=Profile.PEOPLE,
                zone=UTC,
                language="zh_CN",
                simulated=False,
                now=datetime.now(UTC),
            )


def _back_up(log: Path) -> None:
    with Store.open(f"sqlite:///{log}", create=False) as store:
        _ready()
        while True:
            copy = log.with_name("copy.db")
            copy.unlink(missing_ok=True)
            back_up(store, copy, now=datetime.now(UTC), pause=time.sleep, on_progress=lambda *_told: None)


def _purge(log: Path) -> None:
    """What is in the log, not what is written meanwhile."""

    def rest(worked_s: float) -> bool:
        time.sleep(worked_s * LEISURELY)
        return True

    with Store.open(f"sqlite:///{log}", create=False) as store:
        _ready()
        purge(store, Book.CALLS, datetime.now(UTC), clock=SystemClock(), rest=rest)
        sys.exit("everything was purged before the round was over; take more --calls")


def _write_notes(log: Path) -> None:
    with Store.open(f"sqlite:///{log}", create=False) as store:
        calls = [row.call for row in store.history(CallQuery(), limit=50).rows]
        _ready()
        for call, number in zip(cycle(calls), count(), strict=False):
            commands.note(store, call, f"已转告带班领导 {number}", by="张三", now=datetime.now(UTC))
            time.sleep(NOTES_EVERY_S)


def _ready() -> None:
    os.write(1, b"ready\n")


_CHILDREN: dict[str, Callable[[Path], None]] = {
    "export": _export,
    "backup": _back_up,
    "retention": _purge,
    "notes": _write_notes,
}


if __name__ == "__main__":
    main()
