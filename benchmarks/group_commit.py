"""P3: many busy lines on a slow disk share their flushes.

The disk is made slow by a preloaded library, which lets every flush take 5 ms longer. Ours is the recorder's writer
behind its inbox, fed by as many lines as fast as it takes events. The reference commits every event by itself, with
sqlite3 by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.flushes import Watched, can_watch, watch
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
from dutyphone.calls.numbers import Site
from dutyphone.calls.tracker import CallTracker
from dutyphone.clock import Moment, SystemClock
from dutyphone.journal.facts import Fact
from dutyphone.lines.events import CallerIdHeard, CallWithdrawn, Evidence, LineEvent, LineOpened, RingHeard
from dutyphone.recorder.inbox import Inbox
from dutyphone.recorder.linewatch import LineWatch
from dutyphone.recorder.scribe import Scribe
from dutyphone.recorder.writer import Writer
from dutyphone.store.sqlite import safe_driver
from dutyphone.store.store import Store

BURST = 1000
EVENTS_A_CALL = 4


def main() -> None:
    """Run the benchmark."""
    options = _options()
    if options.child:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            print(json.dumps(_CHILDREN[options.child](Path(folder), options)))
        return
    if not can_watch():
        sys.exit("This benchmark makes the disk slow, which takes Linux and a C compiler (cc).")
    with working_folder(options) as folder:
        rates = alternate(
            options.rounds,
            {
                "ours": lambda: float(_under_slow_disk("ours", folder, options).said),
                "reference": lambda: float(_under_slow_disk("reference", folder, options).said),
            },
        )
        burst = _under_slow_disk("burst", folder, options)
    findings: list[Finding] = [
        Comparison(
            what=f"events of {options.lines} lines made durable",
            unit="1/s",
            ours=median(rates["ours"]),
            reference=median(rates["reference"]),
            goal=Goal(bound=Bound.AT_LEAST, limit=80),
        ),
        Figure(
            what=f"commits for a burst of {BURST} events",
            unit="",
            value=burst.said["commits"],
            goal=Goal(bound=Bound.AT_MOST, limit=2),
        ),
        Figure(what="until the burst is durable", unit="ms", value=burst.said["took_s"] * 1000),
    ]
    report("P3 group commit", options, findings)


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--lines", type=int, default=256, help="busy lines (default 256)")
    made.add_argument("--events", type=int, default=30_000, help="events in a round of ours (default 30000)")
    made.add_argument("--single", type=int, default=300, help="events in a round of the reference (default 300)")
    made.add_argument("--flush-ms", type=float, default=5.0, help="added to every flush (default 5)")
    made.add_argument("--child", choices=("ours", "reference", "burst"), help=argparse.SUPPRESS)
    return made.parse_args()


def _under_slow_disk(child: str, folder: Path, options: argparse.Namespace) -> Watched:
    sizes = ["--lines", options.lines, "--events", options.events, "--single", options.single, "--folder", folder]
    return watch(["benchmarks.group_commit", "--child", child, *map(str, sizes)], folder, flush_ms=options.flush_ms)


# --- in the children, where flushes are slow -----------------------------------------------------------------------


def _ours(folder: Path, options: argparse.Namespace) -> float:
    """Events a second, from the first that is posted until the last is durable."""
    with Store.open(f"sqlite:///{folder}/ours.db") as store:
        ledger = _Counted(store)
        inbox, writer = _recorder(ledger, options.lines)
        thread = threading.Thread(target=writer.run, name="writer")
        events = list(_events(options.lines, options.events))
        thread.start()
        began = time.perf_counter()
        inbox.post(events)
        inbox.close()
        thread.join()
        return len(events) / (ledger.last_at - began)


def _burst(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """All the events are there when the writer looks."""
    with Store.open(f"sqlite:///{folder}/burst.db") as store:
        ledger = _Counted(store)
        inbox, writer = _recorder(ledger, options.lines)
        inbox.post(_events(options.lines, BURST))
        began = time.perf_counter()
        items, _closed = inbox.take(0, BURST)
        writer.work(items)
        return {"commits": ledger.commits, "took_s": ledger.last_at - began}


def _reference(folder: Path, options: argparse.Namespace) -> float:
    """Events a second, each a row and a commit of its own."""
    connection = safe_driver().connect(str(folder / "reference.db"), isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        cursor = connection.cursor()
        began = time.perf_counter()
        for number in range(options.single):
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("INSERT INTO event VALUES (?, ?)", (number, "ring"))
            cursor.execute("COMMIT")
        return float(options.single / (time.perf_counter() - began))
    finally:
        connection.close()


_CHILDREN: dict[str, Callable[[Path, argparse.Namespace], Any]] = {
    "ours": _ours,
    "burst": _burst,
    "reference": _reference,
}


class _Counted:
    """A ledger that counts its commits and remembers when the last one was done."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits = 0
        self.last_at = 0.0

    def append(self, facts: Sequence[Fact], *, recorded_at: datetime) -> range:
        written = self._store.append(facts, recorded_at=recorded_at)
        self.commits += 1
        self.last_at = time.perf_counter()
        return written

    def beat(self, at: datetime, heard: Mapping[str, datetime]) -> None:
        self._store.beat(at, heard)


def _recorder(ledger: _Counted, lines: int) -> tuple[Inbox, Writer]:
    inbox = Inbox()
    numbers = count()
    return inbox, Writer(
        inbox=inbox,
        ledger=ledger,
        scribes={
            name: Scribe(CallTracker(name, Site(), lambda: f"{next(numbers):032x}"), LineWatch(name, "serial_modem"))
            for name in _names(lines)
        },
        clock=SystemClock(),
        complain=lambda sentence: print(sentence, file=sys.stderr),
        keep_for_next_start=_lost,
    )


def _lost(facts: Sequence[Fact]) -> None:
    sys.exit(f"{len(facts)} facts could not be written")


def _names(lines: int) -> list[str]:
    return [f"line{number}" for number in range(lines)]


def _events(lines: int, wanted: int) -> Iterator[LineEvent]:
    """Calls on all lines at once: a ring, a number, a ring, the end."""
    clock = SystemClock()
    names = _names(lines)
    for name in names:
        yield LineOpened(line=name, at=clock.now(), port="benchmark")
    for number in range(max(0, wanted - lines)):
        turn, line = divmod(number, lines)
        yield _event(names[line], turn, number, clock.now())


def _event(line: str, turn: int, number: int, at: Moment) -> LineEvent:
    match turn % EVENTS_A_CALL:
        case 1:
            return CallerIdHeard(line=line, at=at, number=f"0105550{number % 10_000:04}", wire=b"NMBR = ...\r\n")
        case 3:
            return CallWithdrawn(line=line, at=at, evidence=Evidence.RINGING_STOPPED)
        case _:
            return RingHeard(line=line, at=at, wire=b"RING\r\n")


if __name__ == "__main__":
    main()
