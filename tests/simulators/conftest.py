from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import ScenarioPlayer

from dutyphone.lines.transcript import parse_transcript


class Bench:
    """A simulated line on a manual clock, with what it said and when (seconds from the start)."""

    def __init__(self, text: str, personality: str = "usr-5637", **options: object) -> None:
        self.clock = ManualClock()
        self.start = self.clock.now().mono
        self.told: list[str] = []
        self.said: list[tuple[float, bytes]] = []
        self.player = ScenarioPlayer(
            parse_transcript(text),
            load_personality(personality),
            self.clock.now(),
            report=self.told.append,
            **options,  # type: ignore[arg-type]
        )
        self._listen()

    def send(self, *lines: str) -> bytes:
        """Type command lines; what the modem answered to all of them."""
        before = len(self.said)
        for line in lines:
            self.player.receive(line.encode() + b"\r", self.clock.now())
            self._listen()
        return b"".join(data for _, data in self.said[before:])

    def run(self, seconds: float) -> list[tuple[float, bytes]]:
        """Let time pass from deadline to deadline; what was said meanwhile."""
        before = len(self.said)
        end = self.clock.now().mono + seconds
        while (due := self.player.next_deadline()) is not None and due <= end:
            self.clock.advance(max(0.0, due - self.clock.now().mono))
            self.player.on_deadline(self.clock.now())
            self._listen()
        self.clock.advance(max(0.0, end - self.clock.now().mono))
        self.player.on_deadline(self.clock.now())
        self._listen()
        return self.said[before:]

    def heard(self, seconds: float) -> bytes:
        return b"".join(data for _, data in self.run(seconds))

    def _listen(self) -> None:
        if data := self.player.take_output():
            self.said.append((round(self.clock.now().mono - self.start, 6), data))


@pytest.fixture
def bench() -> Callable[..., Bench]:
    return Bench


@pytest.fixture
def lines() -> Iterator[None]:
    """Simulated lines of the process, forgotten before and after."""
    from dutyphone_simulators import urls
    from dutyphone_simulators.urls import protocol_sim

    urls.install()
    protocol_sim.reset_lines()
    yield
    protocol_sim.reset_lines()
