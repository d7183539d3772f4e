"""What an exchange says in tones, country by country, and how it is recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from dutyphone_simulators.dsp.library import PutTone, SpandspObject
from dutyphone_simulators.dsp.samples import Samples


class ToneKind(Enum):
    """What a tone means."""

    DIAL = "dial"  # dial now
    SPECIAL_DIAL = "special_dial"  # dial now; a service of this line is on, or has just been changed
    RINGBACK = "ringback"  # it rings at the other end
    BUSY = "busy"  # engaged, not to be reached, or the other end has hung up


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """One or two frequencies (hertz) at a level each (dBm0), sounding and pausing in turn (seconds; () for ever)."""

    hertz: tuple[int, ...]
    level_dbm0: int = -10
    cadence: tuple[float, ...] = ()


TONES: Mapping[str, Mapping[ToneKind, Tone]] = {
    "CN": {  # GB 3380
        ToneKind.DIAL: Tone(hertz=(450,)),
        ToneKind.SPECIAL_DIAL: Tone(hertz=(450,), cadence=(0.4, 0.04)),
        ToneKind.RINGBACK: Tone(hertz=(450,), cadence=(1.0, 4.0)),
        ToneKind.BUSY: Tone(hertz=(450,), cadence=(0.35, 0.35)),
    },
    "US": {  # GR-506-CORE §17
        ToneKind.DIAL: Tone(hertz=(350, 440), level_dbm0=-13),
        ToneKind.SPECIAL_DIAL: Tone(hertz=(350, 440), level_dbm0=-13, cadence=(0.1, 0.1)),
        ToneKind.RINGBACK: Tone(hertz=(440, 480), level_dbm0=-19, cadence=(2.0, 4.0)),
        ToneKind.BUSY: Tone(hertz=(480, 620), level_dbm0=-24, cadence=(0.5, 0.5)),
    },
    "UK": {  # BT SIN 350
        ToneKind.DIAL: Tone(hertz=(350, 440), level_dbm0=-13),
        ToneKind.SPECIAL_DIAL: Tone(hertz=(350, 440), level_dbm0=-13, cadence=(0.75, 0.75)),
        ToneKind.RINGBACK: Tone(hertz=(400, 450), level_dbm0=-13, cadence=(0.4, 0.2, 0.4, 2.0)),
        ToneKind.BUSY: Tone(hertz=(400,), cadence=(0.375, 0.375)),
    },
}

CNG = Tone(hertz=(1100,), level_dbm0=-12, cadence=(0.5, 3.0))
"""A fax machine that calls (ITU-T T.30 §4.3.3.2)."""

CNG_COUNT = 4  # as long as a person with the receiver at the ear endures

_FOR_EVER_MS = 3_600_000
_STEADY_MS = 1500  # of a tone that does not pause; longer than the first sound of any cadence to be told from it
_TOLERANCE = 0.2  # of every duration
_SAME_HERTZ = 10  # super_tone_rx.c
_FAX_CNG = 1  # modem_connect_tones.h


class ToneSender:
    """Sends one tone until it is dropped."""

    def __init__(self, tone: Tone) -> None:
        first, second = (*tone.hertz, 0)[:2]
        durations = [round(1000 * part) for part in tone.cadence] or [_FOR_EVER_MS]
        descriptor = SpandspObject(
            "tone_gen_descriptor_init",
            "tone_gen_descriptor_free",
            *(first, tone.level_dbm0, second, tone.level_dbm0 if second else 0),
            *([*durations, 0, 0, 0][:4]),
            1,
        )
        self._kept = descriptor
        self._sender = SpandspObject("tone_gen_init", "tone_gen_free", descriptor.pointer)

    def take(self, length: int) -> Samples:
        """The next `length` samples."""
        return self._sender.sound("tone_gen", length)


class ToneReceiver:
    """Recognises the dial, ringback and busy tones of `country` by their frequencies and cadence."""

    KINDS: Sequence[ToneKind] = (ToneKind.DIAL, ToneKind.RINGBACK, ToneKind.BUSY)

    def __init__(self, country: str) -> None:
        self._descriptor = SpandspObject("super_tone_rx_make_descriptor", "super_tone_rx_free_descriptor")
        self._known: list[int] = []
        for kind in self.KINDS:
            self._learn(TONES[country][kind])
        codes: list[int] = []
        self._codes = codes
        put_tone = PutTone(lambda _nobody, code, _level, _delay: codes.append(code))
        self._receiver = SpandspObject(
            "super_tone_rx_init", "super_tone_rx_free", self._descriptor.pointer, put_tone, None
        )

    def receive(self, samples: Samples) -> list[ToneKind]:
        """The tones that have been recognised in `samples`; a cadence with two pauses is recognised in each cycle."""
        self._receiver.hear("super_tone_rx", samples)
        kinds = [self.KINDS[code] for code in self._codes if code >= 0]
        self._codes.clear()
        return kinds

    def _learn(self, tone: Tone) -> None:
        number = self._descriptor.call("super_tone_rx_add_tone")
        first, second = (*sorted(tone.hertz, key=self._place_of), 0)[:2]
        if not tone.cadence:
            self._descriptor.call("super_tone_rx_add_element", number, first, second, _STEADY_MS, 0)
        for place, lasts in enumerate(tone.cadence):
            hertz = (0, 0) if place % 2 else (first, second)
            low, high = (round(1000 * lasts * factor) for factor in (1 - _TOLERANCE, 1 + _TOLERANCE))
            self._descriptor.call("super_tone_rx_add_element", number, *hertz, low, high)

    def _place_of(self, hertz: int) -> int:
        """Where the library keeps a frequency: it wants the two of a tone in that order and takes near ones for one."""
        for place, known in enumerate(self._known):
            if abs(known - hertz) <= _SAME_HERTZ:
                return place
        self._known.append(hertz)
        return len(self._known) - 1


class FaxToneReceiver:
    """Recognises a fax machine that calls."""

    def __init__(self) -> None:
        codes: list[int] = []
        self._codes = codes
        put_tone = PutTone(lambda _nobody, code, _level, _delay: codes.append(code))
        self._receiver = SpandspObject(
            "modem_connect_tones_rx_init", "modem_connect_tones_rx_free", _FAX_CNG, put_tone, None
        )

    def receive(self, samples: Samples) -> bool:
        """Whether 1100 Hz has begun in `samples`."""
        self._receiver.hear("modem_connect_tones_rx", samples)
        began = _FAX_CNG in self._codes
        self._codes.clear()
        return began
