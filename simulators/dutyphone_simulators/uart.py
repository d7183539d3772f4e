"""The way from the modem to the computer: a buffer that can be made slow, lumpy, or lose line ends. Pure."""

from __future__ import annotations

from collections import deque
from enum import Enum

BUFFER_LIMIT = 65_536
"""Bytes held for a computer that does not read. What comes after them is lost, as in a real receive buffer."""


class LineEnds(Enum):
    """What is left of the CR LF that a modem sends."""

    CRLF = "crlf"
    CR = "cr"
    LF = "lf"
    NONE = "none"


_LEFT = {LineEnds.CR: b"\r", LineEnds.LF: b"\n", LineEnds.NONE: b""}


class Uart:
    """Bytes on their way, without delay until `split` or `join` is called."""

    def __init__(self) -> None:
        self._every = 0
        self._gap_s = 0.0
        self._hold_s = 0.0
        self._bunch_at = 0.0  # when what is held back comes
        self._line_ends = LineEnds.CRLF
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._free_at = 0.0
        self._ready = bytearray()
        self.lost = 0

    def split(self, every: int, gap_s: float) -> None:
        """From now on send at most `every` bytes at once, `gap_s` seconds apart; 0 sends everything at once."""
        self._every, self._gap_s, self._hold_s = every, gap_s, 0.0

    def join(self, hold_s: float) -> None:
        """From now on hold bytes back and hand all of them over `hold_s` seconds after the first; 0 ends it."""
        self._every, self._gap_s, self._hold_s = 0, 0.0, hold_s

    def lose_line_ends(self, left: LineEnds) -> None:
        """From now on only `left` arrives of every CR LF."""
        self._line_ends = left

    def send(self, data: bytes, at: float) -> None:
        """`data` leaves the modem at `at`."""
        if self._line_ends is not LineEnds.CRLF:
            data = data.replace(b"\r\n", _LEFT[self._line_ends])
        held = len(self._ready) + sum(len(piece) for _, piece in self._waiting)
        kept = data[: max(0, BUFFER_LIMIT - held)]
        self.lost += len(data) - len(kept)
        step = self._every or len(kept) or 1
        for start in range(0, len(kept), step):
            leaves = max(self._bunch_of(at), self._free_at)
            self._waiting.append((leaves, kept[start : start + step]))
            self._free_at = leaves + (self._gap_s if self._every else 0.0)
        self.arrive(at)

    def arrive(self, now_s: float) -> None:
        """What has had its time is ready to be taken."""
        while self._waiting and self._waiting[0][0] <= now_s:
            self._ready += self._waiting.popleft()[1]

    def take(self) -> bytes:
        """Everything that is ready; taken away."""
        data = bytes(self._ready)
        self._ready.clear()
        return data

    def next_deadline(self) -> float | None:
        """When the next bytes will be ready."""
        return self._waiting[0][0] if self._waiting else None

    def clear(self) -> None:
        """Forget everything on its way."""
        self._waiting.clear()
        self._ready.clear()
        self._free_at = self._bunch_at = 0.0

    def _bunch_of(self, at: float) -> float:
        """When what is said at `at` leaves."""
        if not self._hold_s:
            return at
        if at >= self._bunch_at:
            self._bunch_at = at + self._hold_s
        return self._bunch_at
