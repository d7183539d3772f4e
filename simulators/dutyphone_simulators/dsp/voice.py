"""The sound that a voice modem and its computer pass to each other in class 8: as bytes, shielded, in both directions.

Pure. ITU-T V.253 §8 calls the streams +VTX and +VRX; <DLE> (0x10) in them is doubled, everything else behind a <DLE> is
an event or an order.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dutyphone_simulators.dsp.samples import BLOCK_S, RATE, Samples, level_dbm0, silence

DLE = 0x10

SILENT_DBM0 = -45.0
"""Softer than this is silence; people at a distance are about -30 dBm0, a quiet line -62."""

LONGEST_SOUND = 600 * RATE
"""Samples that are kept to be sent. What is more is lost, as where the computer does not watch for flow control."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How samples become bytes, one a sample."""

    encode: Callable[[Samples], bytes]
    decode: Callable[[bytes], Samples]


def _ulaw_sample(code: int) -> int:
    """ITU-T G.711 table 2b, in 16 bits."""
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -value if code & 0x80 else value


def _alaw_sample(code: int) -> int:
    """ITU-T G.711 table 1b, in 16 bits."""
    code ^= 0x55
    segment, value = code >> 4 & 7, (code & 0x0F) << 4
    value = value + 8 if segment == 0 else value + 0x108 << segment - 1
    return value if code & 0x80 else -value


def _companded(sample_of: Callable[[int], int]) -> Codec:
    """A codec from the table that decodes it: the nearest code is taken, of 13 bits of each sample."""
    decoded = [sample_of(code) for code in range(256)]
    order = sorted(range(256), key=decoded.__getitem__)
    nearest, place = bytearray(), 0
    for sample in range(-0x8000, 0x8000, 8):
        while place < 255 and abs(decoded[order[place + 1]] - sample) <= abs(decoded[order[place]] - sample):
            place += 1
        nearest.append(order[place])
    return Codec(
        lambda samples: bytes(nearest[sample + 0x8000 >> 3] for sample in samples),
        lambda data: array("h", [decoded[code] for code in data]),
    )


_UNSIGNED = Codec(
    lambda samples: bytes((sample >> 8) + 128 for sample in samples),
    lambda data: array("h", [code - 128 << 8 for code in data]),
)
_SIGNED = Codec(
    lambda samples: bytes(sample >> 8 & 0xFF for sample in samples),
    lambda data: array("h", [(code ^ 0x80) - 128 << 8 for code in data]),
)
_ULAW, _ALAW = _companded(_ulaw_sample), _companded(_alaw_sample)

CODECS: Mapping[str, Codec] = {
    "SIGNED PCM": _SIGNED,  # ITU-T V.253 §10.2.8
    "UNSIGNED PCM": _UNSIGNED,
    "8-BIT LINEAR": _UNSIGNED,  # USR
    "G.711U": _ULAW,
    "8-BIT ULAW": _ULAW,
    "MU-LAW": _ULAW,  # Conexant
    "G.711A": _ALAW,
    "8-BIT ALAW": _ALAW,
}
"""By the names that +VSM=? gives them; those that pack samples, such as ADPCM, are not simulated."""


def codec_of(setting: str, listed: Iterable[str]) -> Codec | None:
    """What +VSM=`setting` chooses of what +VSM=? has `listed`; None if there is no such sound here."""
    method, _comma, rest = setting.partition(",")
    if rest.partition(",")[0] not in ("", str(RATE)):
        return None
    names = {found[1]: found[2].upper() for line in listed if (found := _METHOD.match(line))}
    return CODECS.get(names.get(method, ""))


_METHOD = re.compile(r'(\d+),"([^"]+)"')


class VoiceSender:
    """What the computer wants to be heard, block by block."""

    def __init__(self) -> None:
        self._waiting = silence(0)

    def put(self, samples: Samples) -> None:
        """More sound."""
        self._waiting += samples[: LONGEST_SOUND - len(self._waiting)]

    @property
    def empty(self) -> bool:
        return not self._waiting

    def take(self, length: int) -> Samples | None:
        """The next block, filled up with silence; None if there is nothing."""
        if not self._waiting:
            return None
        block = self._waiting[:length]
        del self._waiting[:length]
        return block + silence(length - len(block))

    def clear(self) -> None:
        """Send no more."""
        del self._waiting[:]


class VoiceRecorder:
    """What the computer is told of the sound that comes. `interval_s` of silence is told as well, once; 0 never is."""

    def __init__(self, codec: Codec, interval_s: float) -> None:
        self._codec = codec
        self._interval_s = interval_s
        self._silent_s = 0.0
        self._heard_sound = self._told = False

    def hear(self, samples: Samples) -> bytes:
        """The bytes for one block: V.253 table 17 tells silence after sound as `q`, silence from the start as `s`."""
        data = self._codec.encode(samples).replace(bytes((DLE,)), bytes((DLE, DLE)))
        if level_dbm0(samples) > SILENT_DBM0:
            self._heard_sound, self._told, self._silent_s = True, False, 0.0
            return data
        self._silent_s += BLOCK_S
        if self._told or not self._interval_s or self._silent_s < self._interval_s - BLOCK_S / 2:
            return data
        self._told = True
        return data + bytes((DLE, ord("q" if self._heard_sound else "s")))
