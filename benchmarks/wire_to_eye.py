"""P1: from the bytes of a modem to the row on the screen, with a durable commit in between.

A caller-ID box on a terminal writes a call; the recorder commits it; the console, another process, paints the number
on a terminal of its own, and there the clock stops. The reference is one bare process between the same two terminals:
os.read, one SQLite commit, one ANSI row. A third chain looks into its database once a second, as many consoles do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import (
    Bound,
    Comparison,
    Figure,
    Goal,
    alternate,
    median,
    parser,
    percentile,
    report,
    working_folder,
)
from benchmarks.terminals import Terminal, dutyphone
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.sqlite import safe_driver
from dutyphone.store.store import Store

PATIENCE_S = 10.0

BARE = """
import os, sys, threading, time
port, path, polls, driver = sys.argv[1:]
sqlite3 = __import__(driver, fromlist=["connect"])

def database():
    return sqlite3.connect(path, isolation_level=None)

wire = os.open(port, os.O_RDWR | os.O_NOCTTY)
writer = database()
writer.execute("PRAGMA journal_mode = WAL")
writer.execute("PRAGMA synchronous = FULL")
writer.execute("CREATE TABLE call (id INTEGER PRIMARY KEY, number TEXT NOT NULL)")

def paint(number):
    os.write(1, b"\\x1b[5;1H\\x1b[1m" + number + b"\\x1b[0m\\x1b[K")

def shown(number):
    return number[:3] + b" " + number[3:7] + b" " + number[7:]

def look():
    reader, seen = database(), 0
    while True:
        time.sleep(1.0)
        for row, number in reader.execute("SELECT id, number FROM call WHERE id > ? ORDER BY id", (seen,)).fetchall():
            seen = row
            paint(shown(number.encode()))

if polls == "yes":
    threading.Thread(target=look, daemon=True).start()
os.write(1, b"ready")
text = b""
while True:
    text += os.read(wire, 4096)
    while b"\\r\\n" in text:
        line, _, text = text.partition(b"\\r\\n")
        if line[5:6] != b"S":
            continue
        number = line[32:43]
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO call (number) VALUES (?)", (number.decode(),))
        writer.execute("COMMIT")
        if polls == "no":
            paint(shown(number))
"""


@dataclass(slots=True)
class Wire:
    """The box's end of a line. Every call has a number of its own, in a range of mobiles that nobody has."""

    descriptor: int
    calls: int = 0

    def call(self, terminal: Terminal, pause_s: float) -> float:
        """A call comes and goes; how long its number took to the screen."""
        number = f"1390000{self.calls % 10_000:04}"
        self.calls += 1
        shown = f"{number[:3]} {number[3:7]} {number[7:]}".encode()
        terminal.forget()
        began = time.monotonic()
        self._say("S", number)
        took = terminal.wait_for(shown, PATIENCE_S) - began
        self._say("E", number)
        time.sleep(pause_s)
        return took

    def _say(self, what: str, number: str) -> None:
        os.write(self.descriptor, f"01 I {what} 0000 G A1 09/26 11:28 AM {number}\r\n".encode())


def main() -> None:
    """Run the benchmark."""
    options = _options()
    per_round = max(1, options.events // options.rounds)
    with working_folder(options) as folder, _chains(folder) as (ours, bare, polled):
        times = alternate(
            options.rounds,
            {
                "ours": lambda: [ours(options.pause_s) for _event in range(per_round)],
                "reference": lambda: [bare(options.pause_s) for _event in range(per_round)],
                "polled": lambda: [polled(0.137) for _event in range(max(1, options.polled // options.rounds))],
            },
        )
        stored = _stored(folder)
    every = [took for each in times["ours"] for took in each]
    middle = median([median(each) for each in times["ours"]])
    report(
        "P1 wire to eye",
        options,
        [
            Comparison(
                what="wire to eye, p50",
                unit="ms",
                ours=1000 * middle,
                reference=1000 * median([median(each) for each in times["reference"]]),
                goal=Goal(bound=Bound.AT_MOST, limit=2.5),
            ),
            Comparison(
                what="sooner than a look once a second, p50",
                unit="ms",
                ours=1000 * middle,
                reference=1000 * median([took for each in times["polled"] for took in each]),
                goal=Goal(bound=Bound.AT_LEAST, limit=150),
                times_better=True,
            ),
            Figure(what="wire to eye, p99", unit="ms", value=1000 * percentile(every, 0.99)),
            Figure(
                what=f"of {len(every)} calls, not shown or not stored",
                unit="",
                value=len(every) - min(stored, len(every)),
                goal=Goal(bound=Bound.AT_MOST, limit=0),
            ),
        ],
        ["a call that is not shown within ten seconds ends the benchmark"],
    )


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument(
        "--events", type=int, default=2100, help="calls of each chain, all rounds together (default 2100)"
    )
    made.add_argument("--polled", type=int, default=35, help="calls of the chain that polls (default 35)")
    made.add_argument("--pause-s", type=float, default=0.05, help="between two calls (default 0.05)")
    return made.parse_args()


Chain = Callable[[float], float]


@contextmanager
def _chains(folder: Path) -> Iterator[tuple[Chain, Chain, Chain]]:
    with (
        _our_chain(folder) as ours,
        _bare_chain(folder / "bare.db", polls=False) as bare,
        _bare_chain(folder / "polled.db", polls=True) as polled,
    ):
        yield ours, bare, polled


@contextmanager
def _our_chain(folder: Path) -> Iterator[Chain]:
    """Recorder and console as a user starts them."""
    with _line() as (wire, port):
        config = folder / "config.toml"
        config.write_text(
            f'[lines.desk]\ndriver = "serial_modem"\nport = "{port}"\nprofile = "box"\n', encoding="utf-8"
        )
        desk = {
            "DUTYPHONE_CONFIG": str(config),
            "DUTYPHONE_DATA_FOLDER": str(folder / "data"),
            "LC_ALL": "C.UTF-8",
        }
        recorder = subprocess.Popen(
            dutyphone("record", "--tell-parent"), stdout=subprocess.PIPE, env={**os.environ, **desk}
        )
        with recorder:
            try:
                assert recorder.stdout is not None
                if not recorder.stdout.readline():
                    sys.exit("the recorder did not start")
                with Terminal(dutyphone("console", "--language", "en"), desk) as console:
                    console.wait_for(b"Calls today, since")
                    time.sleep(1.0)
                    yield lambda pause_s: wire.call(console, pause_s)
            finally:
                recorder.terminate()


@contextmanager
def _bare_chain(path: Path, *, polls: bool) -> Iterator[Chain]:
    with _line() as (wire, port):
        driver = safe_driver().__name__
        command = [sys.executable, "-c", BARE, port, str(path), "yes" if polls else "no", driver]
        with Terminal(command, {}) as terminal:
            terminal.wait_for(b"ready")
            yield lambda pause_s: wire.call(terminal, pause_s)


@contextmanager
def _line() -> Iterator[tuple[Wire, str]]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    try:
        yield Wire(ours), os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def _stored(folder: Path) -> int:
    with Store.open(f"sqlite:///{folder}/data/duty.db", create=False, key_folder=folder / "data") as store:
        return store.count_calls(CallQuery())


if __name__ == "__main__":
    main()
