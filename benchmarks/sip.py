"""P11: a SIP account, from an INVITE to the log: how soon, how many, how dear, and how long until it is back.

The recorder is the real one, with one account. How soon: it is registered at a bare registrar, an INVITE is sent and a
`Feed` waits for the journal to grow; the reference is a bare process that answers a datagram after one durable commit.
How many and how long: an exchange (kamailio) with a crowd (SIPp) where they are installed, else the bare registrar with
callers of its own. How dear: beside SIPp as the telephone that is called by the same crowd.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure import (
    Bound,
    Comparison,
    Figure,
    Finding,
    Goal,
    alternate,
    median,
    parser,
    percentile,
    report,
    working_folder,
)
from benchmarks.processes import cpu_s, peak_mb, resident_mb
from benchmarks.sip_programs import PASSWORD, Kamailio, Sipp, has
from benchmarks.sip_registrar import HOST, Callers, Registrar
from benchmarks.terminals import dutyphone
from dutyphone.store.feed import Feed
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.sqlite import safe_driver
from dutyphone.store.store import Store

ACCOUNT, SECOND_ACCOUNT = "1001", "1002"
PATIENCE_S = 30.0

BARE = """
import socket, sys
path, driver = sys.argv[1:]
writer = __import__(driver, fromlist=["connect"]).connect(path, isolation_level=None)
writer.execute("PRAGMA journal_mode = WAL")
writer.execute("PRAGMA synchronous = FULL")
writer.execute("CREATE TABLE call (id INTEGER PRIMARY KEY, said BLOB NOT NULL)")
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.bind(("127.0.0.1", 0))
print(wire.getsockname()[1], flush=True)
while True:
    said, caller = wire.recvfrom(65535)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO call (said) VALUES (?)", (said,))
    writer.execute("COMMIT")
    wire.sendto(said, caller)
"""


def main() -> None:
    """Run the benchmark."""
    options = _options()
    findings: list[Finding] = []
    notes = []
    with working_folder(options) as folder:
        findings += _how_soon(folder, options)
        with _exchange(folder) as exchange:
            findings += _how_many(folder, exchange, options)
            findings += _how_long(folder, exchange, options)
        if has("sipp"):
            findings += _how_dear(folder, options)
        else:
            notes.append("SIPp is not installed: nothing to compare the processor time of a call with")
        notes.append(f"the exchange was {exchange.name}")
    report("P11 SIP", options, findings, notes)


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--calls", type=int, default=200, help="calls in a round, one after the other (default 200)")
    made.add_argument("--pause-s", type=float, default=0.02, help="quiet before each of them (default 0.02)")
    made.add_argument("--ringing", type=int, default=1000, help="calls that ring at once (default 1000)")
    made.add_argument("--a-second", type=float, default=200.0, help="calls a second of the crowd (default 200)")
    made.add_argument("--for-s", type=float, default=60.0, help="how long the crowd calls (default 60)")
    made.add_argument("--dear-calls", type=int, default=2000, help="calls whose processor time counts (default 2000)")
    made.add_argument(
        "--outages", type=float, nargs="*", default=[1.0, 8.0, 40.0], help="seconds the server is away (default 1 8 40)"
    )
    made.add_argument("--outage-rounds", type=int, default=2, help="how often each (default 2)")
    return made.parse_args()


# --- how soon --------------------------------------------------------------------------------------------------------


def _how_soon(folder: Path, options: argparse.Namespace) -> Iterator[Finding]:
    with ExitStack() as running:
        registrar = running.enter_context(Registrar())
        desk = Desk(folder / "soon", {ACCOUNT: registrar.server})
        running.enter_context(desk.recorder())
        callers = running.enter_context(Callers(registrar.contact(ACCOUNT)))
        store = running.enter_context(desk.store())
        feed = running.enter_context(Feed(store))
        bare = running.enter_context(_bare(folder / "bare.db"))
        times = alternate(
            options.rounds,
            {
                "ours": lambda: [_stored(callers, feed, options.pause_s) for _call in range(options.calls)],
                "reference": lambda: [_echoed(bare, options.pause_s) for _call in range(options.calls)],
            },
        )
    yield Comparison(
        what="INVITE -> ringing fact stored, p50",
        unit="ms",
        ours=1000 * median([median(each) for each in times["ours"]]),
        reference=1000 * median([median(each) for each in times["reference"]]),
        goal=Goal(bound=Bound.AT_MOST, limit=3),
    )
    every = [took for each in times["ours"] for took in each]
    yield Figure(what="the same, p99", unit="ms", value=1000 * percentile(every, 0.99))


def _stored(callers: Callers, feed: Feed, pause_s: float) -> float:
    """How long a call took into the journal; after it, quiet."""
    began = time.monotonic()
    number = callers.ring()
    if not feed.wait(PATIENCE_S):
        sys.exit("a call was not stored")
    took = time.monotonic() - began
    callers.hang_up(number)
    while feed.wait(pause_s):
        pass
    return took


def _echoed(bare: socket.socket, pause_s: float) -> float:
    began = time.monotonic()
    bare.send(b"INVITE".ljust(600))
    bare.recv(65_535)
    took = time.monotonic() - began
    time.sleep(pause_s)
    return took


@contextmanager
def _bare(path: Path) -> Iterator[socket.socket]:
    command = [sys.executable, "-c", BARE, str(path), safe_driver().__name__]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        try:
            assert process.stdout is not None
            ours.connect((HOST, int(process.stdout.readline())))
            yield ours
        finally:
            process.kill()


# --- how many --------------------------------------------------------------------------------------------------------


class Exchange:
    """A recorder with one account at an exchange, and crowds that call it."""

    def __init__(self, desk: Desk, recorder: int, kamailio: Kamailio | None, registrar: Registrar | None) -> None:
        self.desk, self.recorder = desk, recorder
        self.kamailio, self._registrar = kamailio, registrar

    @property
    def name(self) -> str:
        """Of the programs."""
        return "kamailio, called by SIPp" if self.kamailio else "the bare registrar, with callers of its own"

    @contextmanager
    def crowd(self, calls: int, *, a_second: float, rings_s: float) -> Iterator[None]:
        """So many calls, each of which rings for so long; all are over at the end of the block."""
        if self.kamailio is not None:
            uri, server = f"sip:{ACCOUNT}@{self.kamailio.server}", self.kamailio.server
            with Sipp.callers(self.desk.folder, uri, server, calls=calls, a_second=a_second, rings_s=rings_s) as sipp:
                yield
                sipp.finish(calls / a_second + rings_s + PATIENCE_S)
            return
        assert self._registrar is not None
        with Callers(self._registrar.contact(ACCOUNT)) as callers, ThreadPoolExecutor(1) as pool:
            calling = pool.submit(callers.crowd, calls, a_second=a_second, rings_s=rings_s)
            yield
            calling.result()


@contextmanager
def _exchange(folder: Path) -> Iterator[Exchange]:
    with ExitStack() as running:
        if has("kamailio") and has("sipp"):
            kamailio = running.enter_context(Kamailio(folder / "kamailio", ACCOUNT))
            desk = Desk(folder / "crowd", {ACCOUNT: kamailio.server}, password=PASSWORD)
            recorder = running.enter_context(desk.recorder())
            kamailio.bound()
            yield Exchange(desk, recorder, kamailio, None)
            return
        registrar = running.enter_context(Registrar())
        desk = Desk(folder / "crowd", {ACCOUNT: registrar.server})
        recorder = running.enter_context(desk.recorder())
        registrar.contact(ACCOUNT)
        yield Exchange(desk, recorder, None, registrar)


def _how_many(folder: Path, exchange: Exchange, options: argparse.Namespace) -> Iterator[Finding]:
    nothing, crowd = Goal(bound=Bound.AT_MOST, limit=0), round(options.a_second * options.for_s)
    recorder, ringing = exchange.recorder, options.ringing
    with exchange.desk.store() as store:
        idle_mb, idle_threads = resident_mb(recorder), _threads(recorder)
        with exchange.crowd(ringing, a_second=250.0, rings_s=ringing / 250 + 8.0):
            most = _wait_for(lambda: len(store.open_calls()), ringing, ringing / 250 + 7.0)
            busy_mb, busy_threads = resident_mb(recorder), _threads(recorder)
        rung = _wait_for(lambda: store.count_calls(CallQuery()), ringing, PATIENCE_S)
        with exchange.crowd(crowd, a_second=options.a_second, rings_s=0.5):
            pass
        stored = _wait_for(lambda: store.count_calls(CallQuery()) - rung, crowd, PATIENCE_S)
        peak = peak_mb(recorder)
    yield Figure(what=f"of {ringing} calls, not ringing at once", unit="", value=ringing - most, goal=nothing)
    yield Figure(what=f"of {ringing} calls that rang, not stored", unit="", value=ringing - rung, goal=nothing)
    yield Figure(
        what="threads that an account has",
        unit="",
        value=_threads_of_an_account(folder),
        goal=Goal(bound=Bound.AT_MOST, limit=3),
    )
    yield Figure(what="threads that the calls add", unit="", value=busy_threads - idle_threads, goal=nothing)
    yield Figure(
        what="memory of the recorder while they ring",
        unit="MB",
        value=busy_mb,
        goal=Goal(bound=Bound.AT_MOST, limit=60),
    )
    yield Figure(what="of it for the calls", unit="MB", value=busy_mb - idle_mb)
    yield Figure(what=f"of {crowd} calls of the crowd, not stored", unit="", value=crowd - stored, goal=nothing)
    yield Figure(what="most memory of the recorder", unit="MB", value=peak)


def _threads_of_an_account(folder: Path) -> int:
    """What a recorder with two accounts has more than one with one."""
    counted = []
    with Registrar() as registrar:
        for accounts in ([ACCOUNT], [ACCOUNT, SECOND_ACCOUNT]):
            desk = Desk(folder / f"threads-{len(accounts)}", dict.fromkeys(accounts, registrar.server))
            with desk.recorder() as recorder:
                for account in accounts:
                    registrar.contact(account)
                time.sleep(1.0)
                counted.append(_threads(recorder))
            registrar.forget()
    return counted[1] - counted[0]


def _threads(process: int) -> int:
    return sum(1 for _task in Path(f"/proc/{process}/task").iterdir())


def _wait_for(count: Callable[[], int], wanted: int, patience_s: float) -> int:
    """`count` once it is `wanted`; the most it was if that does not come."""
    most, until = 0, time.monotonic() + patience_s
    while (most := max(most, count())) < wanted and time.monotonic() < until:
        time.sleep(0.2)
    return most


# --- how long until it is back ---------------------------------------------------------------------------------------


def _how_long(folder: Path, exchange: Exchange, options: argparse.Namespace) -> Iterator[Finding]:
    lengths = options.outages * options.outage_rounds
    if not lengths:
        return
    goal = Goal(bound=Bound.AT_MOST, limit=5)
    if exchange.kamailio is not None:
        value = max(exchange.kamailio.outage(length) for length in lengths)
        yield Figure(what="server killed: longest until bound again", unit="s", value=value, goal=goal)
    with Registrar() as registrar, Desk(folder / "swallowed", {ACCOUNT: registrar.server}).recorder():
        registrar.contact(ACCOUNT)
        value = max(registrar.outage(ACCOUNT, length) for length in lengths)
    yield Figure(what="network silent: longest until bound again", unit="s", value=value, goal=goal)


# --- how dear --------------------------------------------------------------------------------------------------------


def _how_dear(folder: Path, options: argparse.Namespace) -> Iterator[Finding]:
    with ExitStack() as running:
        registrar = running.enter_context(Registrar())
        desk = Desk(folder / "dear", {ACCOUNT: registrar.server})
        recorder = running.enter_context(desk.recorder())
        telephone = running.enter_context(Sipp.telephone(folder))
        contact = registrar.contact(ACCOUNT)
        theirs = f"sip:desk@{HOST}:{telephone.port}"
        per_round = max(1, options.dear_calls // options.rounds)
        costs = alternate(
            options.rounds,
            {
                "ours": lambda: _cost(folder, recorder, contact, per_round),
                "reference": lambda: _cost(folder, telephone.pid, theirs, per_round),
            },
        )
    yield Comparison(
        what="CPU of a missed call, of SIPp as callee",
        unit="ms",
        ours=1000 * median(costs["ours"]),
        reference=1000 * median(costs["reference"]),
        goal=Goal(bound=Bound.AT_MOST, limit=20),
    )


def _cost(folder: Path, process: int, uri: str, calls: int) -> float:
    """Processor seconds of `process` for each of `calls`, until all of them are over."""
    before, server = cpu_s(process), uri.partition("@")[2].partition(";")[0]
    with Sipp.callers(folder, uri, server, calls=calls, a_second=100.0, rings_s=0.2) as sipp:
        sipp.finish(calls / 100 + PATIENCE_S)
    time.sleep(0.3)  # what is heard last is written, too
    return (cpu_s(process) - before) / calls


# --- the recorder ----------------------------------------------------------------------------------------------------


class Desk:
    """A folder with settings and database; `accounts` says at which server each is."""

    def __init__(self, folder: Path, accounts: Mapping[str, str], *, password: str = "") -> None:
        self.folder = folder
        (folder / "data").mkdir(parents=True)
        secret = folder / "password"
        secret.write_text(password, encoding="utf-8")
        secret.chmod(0o600)
        (folder / "config.toml").write_text(
            "\n".join(
                f'[lines.line{account}]\ndriver = "sip_account"\nserver = "{server}"\naccount = "{account}"\n'
                f'password_file = "{secret}"\nlocal = "{HOST}"\n'
                for account, server in accounts.items()
            ),
            encoding="utf-8",
        )

    @contextmanager
    def recorder(self) -> Iterator[int]:
        """The pid of `dutyphone record`, once it listens."""
        desk = {
            "DUTYPHONE_CONFIG": str(self.folder / "config.toml"),
            "DUTYPHONE_DATA_FOLDER": str(self.folder / "data"),
            "LC_ALL": "C.UTF-8",
        }
        process = subprocess.Popen(
            dutyphone("record", "--tell-parent"), stdout=subprocess.PIPE, env={**os.environ, **desk}
        )
        with process:
            assert process.stdout is not None
            if not process.stdout.readline():
                sys.exit("the recorder did not start")
            try:
                yield process.pid
            finally:
                process.kill()

    def store(self) -> Store:
        """Its log. To be closed."""
        data = self.folder / "data"
        return Store.open(f"sqlite:///{data}/duty.db", create=False, key_folder=data)


if __name__ == "__main__":
    main()
