"""A duty room in real processes, on a data folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dutyphone.store.store import Store

PATIENCE_S = 30.0
"""A process that has not done by then what it was to do has failed; nothing waits this long when all is well."""


class Office:
    """A data folder, and the command `dutyphone` run on it as a user would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DUTYPHONE_DATA_FOLDER": str(self.folder / "data"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "LC_ALL": "en_US.UTF-8",
        }

    def call(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dutyphone", *arguments],
            env=self.environment,
            cwd=cwd or self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "dutyphone", *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def record(self, scenario: str | Path, *, speed: float = 20, options: Sequence[str] = ()) -> subprocess.Popen[str]:
        """A recorder on a simulated line, once it is ready."""
        process = self.start("record", "--simulate", str(scenario), "--speed", str(speed), "--tell-parent", *options)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", process.communicate()[1]
        return process

    def scenario(self, text: str) -> Path:
        path = self.folder / "scenario.txt"
        path.write_text(text, encoding="utf-8")
        return path

    def store(self) -> Store:
        return Store.open(
            f"sqlite:///{self.folder / 'data' / 'drill.db'}", create=False, key_folder=self.folder / "data"
        )

    def wait_for(self, what: Callable[[Store], bool]) -> None:
        """Until `what` is true of the log."""
        deadline = time.monotonic() + PATIENCE_S
        with self.store() as store:
            while not what(store):
                assert time.monotonic() < deadline, store.lines()
                time.sleep(0.02)

    def stop(self, process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
        """End `process`; its exit code and what it said on stderr."""
        process.send_signal(number)
        _out, said = process.communicate(timeout=PATIENCE_S)
        return process.returncode, said

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
