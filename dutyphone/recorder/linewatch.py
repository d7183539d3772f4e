"""What becomes of the things a line says about itself: blind intervals, troubles, noise. Pure.

One watch a line. A line that stays away is one fact however often its driver tries again, and a line that babbles, or
that strangers knock at, is one fact a minute however much is said.
"""

from __future__ import annotations

from dutyphone.clock import Moment
from dutyphone.journal.facts import (
    Fact,
    LineCameBack,
    LineTroubled,
    LineTroubleEnded,
    LineWentDown,
    NoiseHeard,
    StrangersTurnedAway,
)
from dutyphone.lines.events import (
    LineDegraded,
    LineEvent,
    LineLost,
    LineOpened,
    LineRestored,
    StrangerHeard,
    Trouble,
    WireNoise,
)

NOISE_EVERY_S = 60.0
"""Noise on one line becomes a fact at once, and then again after this long if there was more."""

STRANGERS_EVERY_S = 60.0
"""The first stranger becomes a fact at once; those of the next minute are counted into one."""

MOST_SOURCES = 1000
"""Addresses of strangers told apart within a minute; a flood with forged addresses must not fill the memory."""

_LONGEST_SAMPLE = 200
"""Bytes of noise kept in a fact; the wire capture has all of it."""


class LineWatch:
    """Follows the condition of one line."""

    def __init__(self, line: str, driver: str) -> None:
        self._line = line
        self._driver = driver
        self._is_open: bool | None = None
        self._troubles: set[Trouble] = set()
        self._noise_pieces = 0
        self._noise_first = b""
        self._noise_due: float | None = None
        self._first_stranger: StrangerHeard | None = None  # of those not yet told
        self._stranger_times = 0
        self._stranger_sources: set[str] = set()
        self._strangers_due: float | None = None
        self.last_heard: Moment | None = None

    @property
    def is_open(self) -> bool:
        """True while the line is listened to."""
        return bool(self._is_open)

    def on_event(self, event: LineEvent) -> list[Fact]:
        """What `event` makes true of the line."""
        if isinstance(event, StrangerHeard):
            return self._hear_stranger(event)
        if event.wire or not isinstance(event, LineLost):
            self.last_heard = event.at
        match event:
            case LineOpened():
                return self._open(event)
            case LineLost():
                return self._lose(event)
            case LineDegraded() if event.trouble not in self._troubles:
                self._troubles.add(event.trouble)
                return [LineTroubled(at=event.at.utc, line=self._line, trouble=event.trouble, detail=event.detail)]
            case LineRestored() if event.trouble in self._troubles:
                self._troubles.remove(event.trouble)
                return [LineTroubleEnded(at=event.at.utc, line=self._line, trouble=event.trouble)]
            case WireNoise():
                return self._hear_noise(event)
        return []

    def next_deadline(self) -> float | None:
        """When what was collected of noise and strangers is due to be written; None if there is nothing."""
        noise = self._noise_due if self._noise_pieces else None
        strangers = self._strangers_due if self._first_stranger else None
        return min((due for due in (noise, strangers) if due is not None), default=None)

    def on_deadline(self, now: Moment) -> list[Fact]:
        """Write what was collected and is due."""
        facts: list[Fact] = []
        if self._noise_due is not None and now.mono >= self._noise_due:
            facts += self._flush_noise(now)
        if self._strangers_due is not None and now.mono >= self._strangers_due:
            facts += self._flush_strangers(now)
        return facts

    def _open(self, event: LineOpened) -> list[Fact]:
        if self._is_open:
            return []
        self._is_open = True
        return [
            LineCameBack(at=event.at.utc, line=self._line, driver=self._driver, port=event.port, device=event.device)
        ]

    def _lose(self, event: LineLost) -> list[Fact]:
        facts = self._flush_noise(event.at) if self._noise_pieces else []
        if self._is_open is not False:
            facts.append(LineWentDown(at=event.at.utc, line=self._line, reason=event.reason, detail=event.detail))
        self._is_open = False
        self._troubles.clear()
        return facts

    def _hear_noise(self, event: WireNoise) -> list[Fact]:
        if not self._noise_pieces:
            self._noise_first = event.wire[:_LONGEST_SAMPLE]
        self._noise_pieces += 1
        if self._noise_due is None or event.at.mono >= self._noise_due:
            return self._flush_noise(event.at)
        return []

    def _flush_noise(self, now: Moment) -> list[Fact]:
        self._noise_due = now.mono + NOISE_EVERY_S
        pieces, self._noise_pieces = self._noise_pieces, 0
        if not pieces:
            return []
        return [NoiseHeard(at=now.utc, line=self._line, pieces=pieces, wire=self._noise_first)]

    def _hear_stranger(self, event: StrangerHeard) -> list[Fact]:
        self._first_stranger = self._first_stranger or event
        self._stranger_times += event.times
        if len(self._stranger_sources) < MOST_SOURCES:
            self._stranger_sources.add(event.source)
        if self._strangers_due is None or event.at.mono >= self._strangers_due:
            return self._flush_strangers(event.at)
        return []

    def _flush_strangers(self, now: Moment) -> list[Fact]:
        self._strangers_due = now.mono + STRANGERS_EVERY_S
        first, self._first_stranger = self._first_stranger, None
        if first is None:
            return []
        times, self._stranger_times = self._stranger_times, 0
        sources, self._stranger_sources = len(self._stranger_sources), set()
        return [
            StrangersTurnedAway(
                at=now.utc, line=self._line, source=first.source, what=first.what, times=times, sources=sources
            )
        ]
