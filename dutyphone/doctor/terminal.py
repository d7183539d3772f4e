"""How wide a terminal really draws a Chinese character: it is asked, by where its cursor stands afterwards."""

from __future__ import annotations

import os
import re
import select
import sys
from contextlib import suppress
from typing import BinaryIO

from dutyphone.clock import Clock

SAMPLE = "值"
PATIENCE_S = 0.3
"""A terminal answers within milliseconds, behind a slow network within some hundred; the others never do."""
_REPORT = re.compile(rb"\x1b\[(\d+);(\d+)R")
_ASK = b"\r" + SAMPLE.encode() + b"\x1b[6n"  # ECMA-48 §8.3.35, DSR 6: where is the cursor?
_ERASE = b"\r\x1b[K"


def drawn_width(keys: BinaryIO, screen: BinaryIO, clock: Clock, *, patience_s: float = PATIENCE_S) -> int | None:
    """Columns that one Chinese character takes; None if either is no terminal or it does not answer."""
    try:
        import termios
        import tty
    except ImportError:  # not a POSIX system
        return None
    try:
        in_, out = keys.fileno(), screen.fileno()
        if not (os.isatty(in_) and os.isatty(out)):
            return None
        before = termios.tcgetattr(in_)
    except (OSError, ValueError, termios.error):
        return None
    try:
        tty.setcbreak(in_)
        os.write(out, _ASK)
        return _answer(in_, clock, clock.now().mono + patience_s)
    except (OSError, termios.error):
        return None
    finally:
        with suppress(OSError, termios.error):
            os.write(out, _ERASE)
            termios.tcsetattr(in_, termios.TCSADRAIN, before)


def _answer(descriptor: int, clock: Clock, until: float) -> int | None:
    said = b""
    while (left := until - clock.now().mono) > 0 and len(said) < 64:
        if not select.select([descriptor], [], [], left)[0]:
            break
        said += os.read(descriptor, 64)
        if found := _REPORT.search(said):
            return int(found[2]) - 1
    return None


def standard_streams() -> tuple[BinaryIO, BinaryIO] | None:
    """The keyboard and the screen of this process; None if it has none."""
    if sys.stdin is None or sys.stdout is None or not sys.stdout.isatty():
        return None
    return sys.stdin.buffer, sys.stdout.buffer
