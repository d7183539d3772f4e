"""A program on a terminal of its own, looked at from the other side: the bytes it paints with."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

ROWS, COLUMNS = 40, 120
_KEPT = 200_000
"""Bytes of what was painted last that are looked through."""


class Terminal:
    """Runs `command` on a terminal of 120 × 40. Use as a context manager; it kills what still runs."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        )
        os.close(theirs)
        self._painted = b""

    def wait_for(self, what: bytes, patience_s: float = 30.0) -> float:
        """When `what` was painted, by the monotonic clock. What came before is forgotten. Raises `TimeoutError`."""
        until = time.monotonic() + patience_s
        while (at := self._painted.find(what)) < 0:
            self._read(until, what)
        self._painted = self._painted[at + len(what) :]
        return time.monotonic()

    def forget(self) -> None:
        """Take what was painted so far and forget it."""
        while select.select([self._ours], [], [], 0)[0]:
            os.read(self._ours, 65536)
        self._painted = b""

    def look_away(self) -> threading.Thread:
        """Read what is painted in a thread and forget it, until the program ends."""
        thread = threading.Thread(target=self._forget, daemon=True)
        thread.start()
        return thread

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, until: float, what: bytes) -> None:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError(f"never painted: {what.decode()}; but {self._painted[-500:]!r}")
        try:
            self._painted = (self._painted + os.read(self._ours, 65536))[-_KEPT:]
        except OSError as ended:  # EIO: nobody holds the other side any more
            raise TimeoutError(f"the program ended and said {self._painted[-2000:]!r}") from ended

    def _forget(self) -> None:
        try:
            while os.read(self._ours, 65536):
                pass
        except OSError:
            return


def dutyphone(*arguments: str) -> list[str]:
    """The command line of the product in this environment."""
    return [sys.executable, "-m", "dutyphone", *arguments]
