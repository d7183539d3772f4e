"""The terminal is asked how wide it draws a Chinese character, and left as it was."""

from __future__ import annotations

import os
import pty
import termios
import threading
from pathlib import Path

import pytest

from dutyphone.clock import SystemClock
from dutyphone.doctor.terminal import drawn_width


class Terminal:
    """The screen's end of a pseudo-terminal: answers the question for the cursor as if a character took `width`."""

    def __init__(self, width: int | None) -> None:
        self.master, self.slave = pty.openpty()
        self.said = b""
        self._thread = threading.Thread(target=self._answer, args=(width,))
        self._thread.start()

    def _answer(self, width: int | None) -> None:
        while b"\x1b[6n" not in self.said:
            self.said += os.read(self.master, 64)
        if width is not None:
            os.write(self.master, f"\x1b[7;{width + 1}R".encode())

    def close(self) -> None:
        self._thread.join(5)
        os.close(self.master)
        os.close(self.slave)


@pytest.mark.parametrize("width", [2, 1, 3])
def test_a_terminal_that_answers(width: int) -> None:
    """X24."""
    terminal = Terminal(width)
    before = termios.tcgetattr(terminal.slave)
    with (
        os.fdopen(os.dup(terminal.slave), "rb", buffering=0) as keys,
        os.fdopen(os.dup(terminal.slave), "wb") as screen,
    ):
        assert drawn_width(keys, screen, SystemClock(), patience_s=5) == width  # type: ignore[arg-type]  # unbuffered is as good
    assert termios.tcgetattr(terminal.slave) == before
    left = os.read(terminal.master, 64)
    terminal.close()
    assert left.endswith(b"\r\x1b[K"), "the sample is wiped away"


def test_a_terminal_that_does_not_answer() -> None:
    terminal = Terminal(None)
    with (
        os.fdopen(os.dup(terminal.slave), "rb", buffering=0) as keys,
        os.fdopen(os.dup(terminal.slave), "wb") as screen,
    ):
        assert drawn_width(keys, screen, SystemClock(), patience_s=0.05) is None  # type: ignore[arg-type]
    terminal.close()


def test_a_file_is_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("wb") as screen, path.open("rb") as keys:
        assert drawn_width(keys, screen, SystemClock()) is None
    assert path.read_bytes() == b"", "nothing is written where nobody looks"
