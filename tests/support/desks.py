"""Several desks on one PostgreSQL: each with a configuration, a data folder and real processes of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import make_url
from support.office import PATIENCE_S

from dutyphone.store.feed import Feed
from dutyphone.store.readmodels import CallQuery, CallRow, CallState
from dutyphone.store.store import Store

SPEED = 20.0
"""How much faster than life the lines go."""

ROOT = Path(__file__).resolve().parents[2]


class Desk:
    """A desk with simulated lines: name to scenario. `folder` is its own."""

    def __init__(self, folder: Path, url: str, lines: Mapping[str, str]) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []
        folder.mkdir()
        text = f'language = "en"\ndata_folder = "{folder}/data"\n[room]\narea_code = "010"\n[database]\nurl = "{url}"\n'
        for line, scenario in lines.items():
            (folder / f"{line}.txt").write_text(scenario, "utf-8")
            port = f"sim://{folder}/{line}.txt?speed={SPEED:g}&personality=conexant-cx81801"
            text += f'[lines.{line}]\ndriver = "serial_modem"\nport = "{port}"\nidle_class = 8\n'
        (folder / "config.toml").write_text(text, "utf-8")

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `dutyphone` to its end."""
        return subprocess.run(
            self._command(*arguments),
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def record(self) -> subprocess.Popen[str]:
        """The recorder of this desk, once it is ready."""
        process = subprocess.Popen(
            self._command("record", "--wait", "--tell-parent"),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", process.communicate()[1]
        return process

    def stop(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Stop a recorder in good order; its exit code and what it said on stderr."""
        process.send_signal(signal.SIGTERM)
        _out, said = process.communicate(timeout=PATIENCE_S)
        return process.returncode, said

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "dutyphone", *arguments, "--config", str(self.folder / "config.toml")]


class Onlooker:
    """A console as far as it watches: a feed, and what it made one read."""

    def __init__(self, url: str) -> None:
        self.seen: list[int] = []
        self.failures = 0
        self._store = Store.open(url, create=False)
        self._feed = Feed(self._store)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="onlooker")
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._feed.close()
        self._thread.join()
        self._store.close()

    def _watch(self) -> None:
        last = 0
        while not self._stopping.is_set():
            try:
                with self._store.database.reading() as session:
                    rows = session.sql("SELECT seq FROM journal WHERE seq > %s ORDER BY seq", (last,))
                self.seen += [seq for (seq,) in rows]
                last = max(self.seen, default=0)
                self._feed.wait(None)
            except Exception:  # noqa: BLE001  counted, and tried again, as a console does
                self.failures += 1
                self._stopping.wait(0.05)


class OwnServer:
    """A PostgreSQL server that a test may stop and start as it likes. Close it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(ROOT / "tools" / "with-postgres"), "sh", "-c", "echo $DUTYPHONE_TEST_POSTGRES_URL; cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._home = str(make_url(self.url).query["host"])

    def stop(self) -> None:
        """As if the machine was switched off, but that it is quick."""
        self._control("stop", "--mode", "immediate")

    def start(self) -> None:
        self._control(
            *("start", "--log", f"{self._home}/log", "--options"),
            f"-c listen_addresses='' -c unix_socket_directories='{self._home}' -c fsync=off",
        )

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE_S)

    def _control(self, *arguments: str) -> None:
        command = [_pg_ctl(), *arguments, "--pgdata", f"{self._home}/data", "--wait", "--silent"]
        as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*as_server, *command], check=True, timeout=PATIENCE_S, cwd=self._home, stdout=subprocess.DEVNULL
        )


def rows(store: Store, line: str | None = None) -> list[CallRow]:
    """Calls in the log, in the order in which they came."""
    return sorted(store.stream_calls(CallQuery(line=line)), key=lambda row: row.id)


def ended(store: Store, line: str | None = None) -> int:
    """How many calls are over."""
    return sum(row.state is CallState.ENDED for row in rows(store, line))


def wait_for(what: Callable[[], bool], tell: Callable[[], object] = lambda: "") -> None:
    """Until `what` is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.02)


def _environment() -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("DUTYPHONE_")}
    return {**known, "LC_ALL": "en_US.UTF-8"}


def _pg_ctl() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    beside = Path(os.path.realpath(shutil.which("postgres") or "")).with_name("pg_ctl")
    return str(beside if beside.is_file() else found[-1])
