"""P4: how soon another process notices what was committed, what waiting costs it, and whether it misses anything.

Time runs from the moment the commit has returned until the other process has read how far the journal goes. Ours is
the store's nudge and `Feed`; the reference is a bare datagram and a bare SELECT after the same commits to the same
database, so that both wake up on a machine that was at the same work. Both processes are on this machine and share its
monotonic clock. `--postgres` asks the same of a server, against bare LISTEN on the same channel.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
from dutyphone.journal.facts import ClockStepped
from dutyphone.store.append import append
from dutyphone.store.feed import Feed
from dutyphone.store.nudge import Nudger, watchers_folder
from dutyphone.store.postgres import CHANNEL
from dutyphone.store.sqlite import safe_driver
from dutyphone.store.store import Store

AT = datetime(2026, 5, 9, tzinfo=UTC)
TICK = ClockStepped(at=AT, step_s=0.0)
PAUSE_S = 0.003
"""Between two changes, so that the other process is asleep again; console and recorder live like that."""

ASIDE_S = 0.4137
"""A change without a nudge comes this long after the last one, somewhere in the second of the floor."""


def main() -> None:
    """Run the benchmark."""
    options = _options()
    if options.child:
        _CHILDREN[options.child](options)
        return
    with working_folder(options) as folder:
        url = options.postgres or f"sqlite:///{folder}/duty.db"
        with Store.open(url, key_folder=folder) as store:
            report("P4 notice", options, list(_findings(store, options)))


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--changes", type=int, default=300, help="changes in a round (default 300)")
    made.add_argument("--events", type=int, default=100_000, help="events none of which may be missed (default 100000)")
    made.add_argument("--unnudged", type=int, default=10, help="changes without a nudge (default 10)")
    made.add_argument("--idle-s", type=float, default=20.0, help="how long idleness is watched (default 20)")
    made.add_argument("--postgres", metavar="URL", default="", help="an empty database of a server instead of a file")
    made.add_argument("--child", choices=("feed", "datagram", "listen", "reader", "idle"), help=argparse.SUPPRESS)
    made.add_argument("--url", help=argparse.SUPPRESS)
    return made.parse_args()


def _findings(store: Store, options: argparse.Namespace) -> Iterator[Finding]:
    url = store.database.url.render_as_string(hide_password=False)
    bare = (lambda: _bare_listen(store, url, options)) if options.postgres else lambda: _bare_datagram(store, options)
    delays = alternate(options.rounds, {"ours": lambda: _ours(store, url, options), "reference": bare})
    yield Comparison(
        what="from the commit to what is new being read, p50",
        unit="ms",
        ours=1000 * median([median(each) for each in delays["ours"]]),
        reference=1000 * median([median(each) for each in delays["reference"]]),
        goal=Goal(bound=Bound.AT_MOST, limit=1.5),
    )
    with _child("idle", url, options) as idle:
        share = float(idle.heard())
    yield Figure(
        what="CPU of a feed where nothing happens",
        unit="%",
        value=100 * share,
        goal=Goal(bound=Bound.AT_MOST, limit=0.05),
    )
    if options.unnudged and not options.postgres:
        yield Figure(
            what="with the nudge cut: longest until noticed",
            unit="s",
            value=max(_unnudged(store, url, options)),
            goal=Goal(bound=Bound.AT_MOST, limit=1.1),
        )
    yield Figure(
        what=f"lost of {options.events} events",
        unit="",
        value=_lost(store, url, options),
        goal=Goal(bound=Bound.AT_MOST, limit=0),
    )


# --- the process that writes -----------------------------------------------------------------------------------------


def _ours(store: Store, url: str, options: argparse.Namespace) -> list[float]:
    with _child("feed", url, options) as child:
        if store.database.path is None:
            return [-_append(store) + child.heard_at() for _change in _changes(options.changes)]
        nudger = Nudger(watchers_folder(store.database.path))
        try:
            return [_nudged(store, nudger, child) for _change in _changes(options.changes)]
        finally:
            nudger.close()


def _nudged(store: Store, nudger: Nudger, child: _Child) -> float:
    """What `Store.append` does, with the clock read between the commit and the nudge."""
    committed = _commit(store)
    nudger.nudge()
    return child.heard_at() - committed


def _commit(store: Store) -> float:
    with store.database.writing() as session:
        append(session, store.database.backend.index, [TICK], recorded_us=0)
    return time.monotonic()


def _append(store: Store) -> float:
    store.append([TICK], recorded_at=AT)
    return time.monotonic()


def _unnudged(store: Store, url: str, options: argparse.Namespace) -> list[float]:
    delays = []
    with _child("feed", url, options) as child:
        for _change in range(options.unnudged):
            time.sleep(ASIDE_S)
            committed = _commit(store)
            delays.append(child.heard_at() - committed)
    return delays


def _lost(store: Store, url: str, options: argparse.Namespace) -> int:
    """Written ten at a time, as fast as can be; the reader says how many it has seen when it has seen the last."""
    first = store.last_seq() + 1
    with _child("reader", url, options, "--events", str(first + options.events - 1)) as child:
        for number in range(0, options.events, 10):
            facts = [TICK] * min(10, options.events - number)
            store.append(facts, recorded_at=AT + timedelta(milliseconds=number))
        return int(options.events) - int(child.heard())


def _bare_datagram(store: Store, options: argparse.Namespace) -> list[float]:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
        _child("datagram", str(store.database.path), options) as child,
    ):
        return [_told(store, sender, child) for _change in _changes(options.changes)]


def _told(store: Store, sender: socket.socket, child: _Child) -> float:
    committed = _commit(store)
    sender.sendto(b"!", _address(os.getpid()))
    return child.heard_at() - committed


def _bare_listen(store: Store, url: str, options: argparse.Namespace) -> list[float]:
    with _child("listen", url, options) as child:
        return [-_append(store) + child.heard_at() for _change in _changes(options.changes)]


def _changes(wanted: int) -> Iterator[int]:
    for number in range(wanted):
        time.sleep(PAUSE_S)
        yield number


class _Child:
    """The process that watches. It says "ready", and then whatever it is asked for, a line each."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def heard(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("the process that watches has ended")
        return line.strip()

    def heard_at(self) -> float:
        """When it had read what is new, by the monotonic clock."""
        return float(self.heard())


@contextmanager
def _child(kind: str, url: str, options: argparse.Namespace, *more: str) -> Iterator[_Child]:
    command = [sys.executable, "-m", "benchmarks.notice", "--child", kind, "--url", url]
    process = subprocess.Popen(
        [*command, "--idle-s", str(options.idle_s), *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        child = _Child(process)
        child.heard()
        try:
            yield child
        finally:
            process.kill()


# --- the process that watches ----------------------------------------------------------------------------------------


def _watch_feed(options: argparse.Namespace) -> None:
    with Store.open(options.url, create=False, key_folder=_no_key(options)) as store, Feed(store) as feed:
        _say("ready")
        while feed.wait(None):
            _say(time.monotonic())  # and `feed.last_seq` is where the journal ends


def _watch_datagrams(options: argparse.Namespace) -> None:
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(_address(os.getppid()))
    connection = safe_driver().connect(options.url, isolation_level=None)
    _say("ready")
    while True:
        receiver.recv(16)
        connection.execute("SELECT max(seq) FROM journal").fetchone()
        _say(time.monotonic())


def _watch_notifications(options: argparse.Namespace) -> None:
    with _psycopg(options.url) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        _say("ready")
        for _notification in connection.notifies():
            _say(time.monotonic())


def _read_on(options: argparse.Namespace) -> None:
    """Read everything by `id > last seen`; the rows seen, once the last one was."""
    with Store.open(options.url, create=False, key_folder=_no_key(options)) as store, Feed(store) as feed:
        seen = first = store.last_seq()
        rows = 0
        _say("ready")
        while seen < options.events:
            feed.wait(1.0)
            with store.database.reading() as session:
                found = [seq for (seq,) in session.sql(f"SELECT seq FROM journal WHERE seq > {seen} ORDER BY seq")]
            assert found == sorted(set(found))
            rows += len(found)
            seen = max(found, default=seen)
        assert rows <= options.events - first
        _say(rows)


def _be_idle(options: argparse.Namespace) -> None:
    with Store.open(options.url, create=False, key_folder=_no_key(options)) as store, Feed(store) as feed:
        _say("ready")
        used, until = time.process_time(), time.monotonic() + options.idle_s
        while (left_s := until - time.monotonic()) > 0:
            feed.wait(left_s)
        _say((time.process_time() - used) / options.idle_s)


_CHILDREN: dict[str, Callable[[argparse.Namespace], None]] = {
    "feed": _watch_feed,
    "datagram": _watch_datagrams,
    "listen": _watch_notifications,
    "reader": _read_on,
    "idle": _be_idle,
}


def _address(parent: int) -> str:
    """Without a place in the file system (unix(7)): the path of a folder may be too long for a socket."""
    return f"\0dutyphone-benchmark-{parent}"


def _no_key(options: argparse.Namespace) -> Path | None:
    return None if options.url.startswith("sqlite") else options.folder


def _psycopg(url: str) -> Any:
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)


def _say(what: object) -> None:
    os.write(1, f"{what}\n".encode())


if __name__ == "__main__":
    main()
