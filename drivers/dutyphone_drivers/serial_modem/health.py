"""How well the line does: which troubles it has, and when they begin and end."""

from __future__ import annotations

from collections import deque

from dutyphone.clock import Moment
from dutyphone.lines.events import LineDegraded, LineEvent, LineRestored, Trouble

MANY_NOISES = 30
"""Misunderstood pieces within `noise_window_s` that are worth a word; line noise at hang-up makes one or two."""
RINGS_WITH_CALLER_ID = 2
"""By the second ring caller ID must have come, whichever standard the exchange follows."""


class Health:
    """Remembers troubles. It outlives the wire: a trouble that was told is told to be over, too."""

    def __init__(self, line: str, *, deaf_after: int, noise_window_s: float) -> None:
        self._line, self._deaf_after, self._noise_window_s = line, deaf_after, noise_window_s
        self._troubles: set[Trouble] = set()
        self._calls_without = 0
        self._noises: deque[float] = deque(maxlen=MANY_NOISES)

    def has(self, trouble: Trouble) -> bool:
        return trouble in self._troubles

    def begins(self, trouble: Trouble, now: Moment, detail: str = "") -> list[LineEvent]:
        """Tell it once."""
        if trouble in self._troubles:
            return []
        self._troubles.add(trouble)
        return [LineDegraded(line=self._line, at=now, trouble=trouble, detail=detail)]

    def ends(self, trouble: Trouble, now: Moment) -> list[LineEvent]:
        """Tell that it is over, if it was told."""
        if trouble not in self._troubles:
            return []
        self._troubles.discard(trouble)
        return [LineRestored(line=self._line, at=now, trouble=trouble)]

    def caller_id_came(self, now: Moment) -> list[LineEvent]:
        """The only proof that caller ID works."""
        self._calls_without = 0
        return self.ends(Trouble.NO_CALLER_ID, now)

    def rang(self, rings: int, *, identified: bool, now: Moment) -> tuple[list[LineEvent], bool]:
        """A call stopped ringing. Also says whether the modem looks deaf: time to try another switch."""
        if identified or rings < RINGS_WITH_CALLER_ID or not self._deaf_after:
            return [], False
        self._calls_without += 1
        if self._calls_without % self._deaf_after:
            return [], False
        return self.begins(Trouble.NO_CALLER_ID, now, str(self._calls_without)), True

    def noise_came(self, now: Moment) -> list[LineEvent]:
        """One more piece that nobody understood."""
        self._noises.append(now.mono)
        if len(self._noises) < MANY_NOISES or now.mono - self._noises[0] > self._noise_window_s:
            return []
        return self.begins(Trouble.WIRE_NOISE, now)

    def all_is_quiet(self, now: Moment) -> list[LineEvent]:
        """A check was answered: noise of the last minute is forgotten if there was little of it."""
        recent = sum(1 for at in self._noises if now.mono - at <= self._noise_window_s)
        return self.ends(Trouble.WIRE_NOISE, now) if recent < MANY_NOISES // 2 else []
