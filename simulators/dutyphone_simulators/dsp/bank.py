"""Several modems on one exchange, each with the scenario of its own desk. Pure.

However late it is called, every modem sees everything in its time and in the right order: what one does on its line
another hears a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dutyphone.clock import Moment
from dutyphone.lines.transcript import Transcript
from dutyphone_simulators.dsp.exchange import DspExchange
from dutyphone_simulators.dsp.line import LineQuality
from dutyphone_simulators.dsp.modem import SoundModem
from dutyphone_simulators.personality import Personality
from dutyphone_simulators.player import ScenarioPlayer

QUIET = Transcript(headings={}, steps=(), line_numbers=(), source="")
"""The scenario of a desk where nothing happens by itself."""


class ModemBank:
    """The modems of `personalities` in a row, from `start` on. `scenario` is played on the line of the first one.

    Numbers are `number_of(place)`; `names` go out as caller ID with them. `report` hears in words what happens.
    """

    def __init__(
        self,
        start: Moment,
        personalities: Sequence[Personality],
        *,
        country: str = "CN",
        scenario: Transcript = QUIET,
        loop: bool = False,
        names: Sequence[str | None] = (),
        quality: LineQuality | None = None,
        seed: int = 0,
        report: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.exchange = DspExchange(
            start,
            [number_of(place) for place in range(len(personalities))],
            country=country,
            names=names,
            quality=quality,
            seed=seed,
            report=report,
        )
        self.desks = [
            ScenarioPlayer(
                QUIET if place else scenario,
                personality,
                start,
                seed=seed,
                loop=loop and not place,
                report=_nobody if place or scenario is QUIET else report,
                modem=SoundModem(personality, line),
            )
            for place, (personality, line) in enumerate(zip(personalities, self.exchange.lines, strict=True))
        ]

    def receive(self, place: int, data: bytes, now: Moment) -> None:
        """The program at modem `place`, from 0, wrote `data`."""
        self.on_deadline(now)
        self.desks[place].receive(data, now)

    def next_deadline(self) -> float | None:
        """The `mono` second at which something happens by itself; None if nothing will."""
        return min((at for desk in self.desks if (at := desk.next_deadline()) is not None), default=None)

    def on_deadline(self, now: Moment) -> None:
        """Let everything happen that was due by now."""
        while not self.stopped and (due := self.next_deadline()) is not None and due <= now.mono:
            then = now.plus(due - now.mono)
            for desk in self.desks:
                desk.on_deadline(then)
        for desk in self.desks:
            desk.on_deadline(now)

    @property
    def stopped(self) -> bool:
        """Whether the scenario has ended the simulation."""
        return any(desk.stopped for desk in self.desks)


def number_of(place: int) -> str:
    """The number of line `place`, from 0: one that nobody has, whatever the country."""
    return f"0105550{place + 1:04d}"


def _nobody(_sentence: str) -> None:
    """Nobody wants to hear that nothing happens."""
