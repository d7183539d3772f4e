"""What is between the exchange and a subscriber: a pair of wires with a loss, a delay and a noise."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dutyphone_simulators.dsp.samples import BLOCK, BLOCK_S, Noise, Samples, mixed, scaled

BRIDGING_LOSS_DB = -3.5
"""What a second telephone off hook takes from the first: equal impedances in parallel halve the load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuality:
    """How good a line is, the same in both directions.

    `delay_s` is rounded to blocks of 20 ms; two lines in a row make up the 60 to 80 ms that a fax machine wants to
    hear. `noise_dbm0` None is a line without noise.
    """

    gain_db: float = -3.0
    delay_s: float = 0.04
    noise_dbm0: float | None = -62.0


class Path:
    """One direction. Blocks go in and come out as many blocks later as the delay lasts; None is silence."""

    def __init__(self, quality: LineQuality, seed: str) -> None:
        self._gain_db = quality.gain_db
        self._under_way: deque[Samples | None] = deque([None] * round(quality.delay_s / BLOCK_S))
        self._noise = None if quality.noise_dbm0 is None else Noise(quality.noise_dbm0, seed)

    def carry(self, block: Samples | None, *, loss_db: float = 0.0) -> Samples | None:
        """Put one block in, take one out. `loss_db`, at most 0, is lost on the way besides."""
        self._under_way.append(block)
        arrived = self._under_way.popleft()
        if arrived is not None:
            arrived = scaled(arrived, self._gain_db + loss_db)
        return arrived if self._noise is None else mixed(arrived, self._noise.take(BLOCK))

    @property
    def empty(self) -> bool:
        """Whether only silence is under way."""
        return all(block is None for block in self._under_way)
