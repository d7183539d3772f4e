"""Sound on a telephone line: 8000 signed 16-bit samples a second, and the little arithmetic a line needs.

Levels are in dBm0 as ITU-T G.711 scales them: a sine that just fits into 16 bits is +3.14 dBm0.
"""

from __future__ import annotations

import math
import random
from array import array
from operator import add
from typing import TypeAlias

Samples: TypeAlias = "array[int]"
"""Of type code h."""

RATE = 8000
"""Samples a second."""

BLOCK = 160
"""Samples that are handled together: what happens on a line is seen this exactly."""

BLOCK_S = BLOCK / RATE

FULL_SCALE = 32767
FULL_SCALE_DBM0 = 3.14  # ITU-T G.711 table 1a, a sine

_NOISE_TABLE = 16_384
"""Samples of noise that are drawn once and then taken from a random place each time."""


def silence(length: int) -> Samples:
    """`length` samples of nothing."""
    return array("h", bytes(2 * length))


def seconds(samples: Samples) -> float:
    """How long `samples` last."""
    return len(samples) / RATE


def level_dbm0(samples: Samples) -> float:
    """The mean power of `samples`; minus infinity for silence."""
    power = sum(sample * sample for sample in samples) / max(1, len(samples))
    if power == 0:
        return -math.inf
    return 10 * math.log10(power / (FULL_SCALE**2 / 2)) + FULL_SCALE_DBM0


def scaled(samples: Samples, gain_db: float) -> Samples:
    """`samples` made louder or softer."""
    if gain_db == 0:
        return samples
    factor = 10 ** (gain_db / 20)
    return _fitted([int(sample * factor) for sample in samples])


def mixed(first: Samples | None, second: Samples | None) -> Samples | None:
    """Both sounds at once, of the same length; None is silence."""
    if first is None or second is None:
        return second if first is None else first
    return _fitted(list(map(add, first, second)))


class Noise:
    """White noise at `level_dbm0`, the same for the same `seed`."""

    def __init__(self, level_dbm0: float, seed: str) -> None:
        self._chance = random.Random(seed)  # noqa: S311  repeatable, not secret
        deviation = FULL_SCALE / math.sqrt(2) * 10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20)
        self._table = _fitted([round(self._chance.gauss(0, deviation)) for _ in range(_NOISE_TABLE)])

    def take(self, length: int) -> Samples:
        """The next `length` samples."""
        noise = array("h")
        while len(noise) < length:
            wanted = min(length - len(noise), BLOCK)
            start = self._chance.randrange(_NOISE_TABLE - wanted)
            noise += self._table[start : start + wanted]
        return noise


def damaged(samples: Samples, *, begins_s: float, lasts_s: float, seed: str) -> Samples:
    """`samples` with a crackle as loud as a voice over a part of them."""
    first = min(len(samples), round(begins_s * RATE))
    last = min(len(samples), first + round(lasts_s * RATE))
    return samples[:first] + Noise(_CRACKLE_DBM0, seed).take(last - first) + samples[last:]


_CRACKLE_DBM0 = -6.0


def _fitted(values: list[int]) -> Samples:
    """`values` as samples, clipped if they are too loud."""
    try:
        return array("h", values)
    except OverflowError:
        return array("h", [max(-FULL_SCALE - 1, min(FULL_SCALE, value)) for value in values])
