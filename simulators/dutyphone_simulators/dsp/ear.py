"""What can be told at the end of a pair of wires, from sound and voltage: ringing, caller ID, digits, tones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from dutyphone_simulators.dsp.caller_id import Burst, CallerIdReceiver, Carrier, read
from dutyphone_simulators.dsp.dtmf import DtmfReceiver
from dutyphone_simulators.dsp.ringing import HABITS
from dutyphone_simulators.dsp.samples import Samples
from dutyphone_simulators.dsp.tones import FaxToneReceiver, ToneKind, ToneReceiver
from dutyphone_simulators.exchange import Signal, SignalKind

NEW_RING_S = 1.0
"""A pause this long ends a ring; the parts of a double ring are closer together (BT SIN 351, GR-506-CORE)."""

_SEEN_TONES = {
    ToneKind.DIAL: SignalKind.DIAL_TONE,
    ToneKind.RINGBACK: SignalKind.RINGBACK_TONE,
    ToneKind.BUSY: SignalKind.BUSY_TONE,
}


class VoltageEar:
    """Voltage as signals: reversals of polarity, where rings begin, and how long their parts last."""

    def __init__(self) -> None:
        self._ringing = self._reversed = False
        self._changed_at = float("-inf")
        self._count = 0

    def hear(self, at: float, *, ringing: bool, reversed_: bool) -> Iterator[Signal]:
        """The voltage at `at`."""
        if reversed_ is not self._reversed:
            self._reversed = reversed_
            yield Signal(kind=SignalKind.REVERSAL)
        if ringing is self._ringing:
            return
        lasted, self._changed_at, self._ringing = round(at - self._changed_at, 3), at, ringing
        if not ringing:
            yield Signal(kind=SignalKind.RING_ON, seconds=lasted)
            return
        if self._count:
            yield Signal(kind=SignalKind.RING_OFF, seconds=lasted)
        if not self._count or lasted >= NEW_RING_S:
            self._count += 1
            yield Signal(kind=SignalKind.RING, count=self._count)

    def call_is_over(self) -> None:
        """The next ring is the first of another call."""
        self._count = 0


class SoundEar:
    """Sound as signals, by whether a telephone is off hook: caller ID before, digits and tones afterwards."""

    def __init__(self, country: str) -> None:
        self._country = country
        self._off_hook = False
        self._carriers = (HABITS[country].carrier, Carrier.DTMF)
        self._start()

    def hear(self, sound: Samples, now: datetime, *, off_hook: bool) -> Iterator[Signal]:
        """What is recognised in `sound`. `now` is local time of the exchange."""
        if off_hook is not self._off_hook:
            self._off_hook = off_hook
            self._start()
        if not off_hook:
            for carrier, receiver in zip(self._carriers, self._caller_id, strict=True):
                for burst in receiver.receive(sound):
                    yield _message(burst, carrier, now)
            return
        for digit in self._digits.receive(sound):
            yield Signal(kind=SignalKind.DIGIT, digit=digit)
        for tone in self._tones.receive(sound):
            yield Signal(kind=_SEEN_TONES[tone])
        if self._fax.receive(sound):
            yield Signal(kind=SignalKind.FAX_TONE)

    def _start(self) -> None:
        """Begin with receivers that have heard nothing."""
        if self._off_hook:
            self._digits = DtmfReceiver(beside_dial_tone=True)
            self._tones = ToneReceiver(self._country)
            self._fax = FaxToneReceiver()
        else:
            self._caller_id = [CallerIdReceiver(carrier) for carrier in self._carriers]


def _message(burst: Burst, carrier: Carrier, now: datetime) -> Signal:
    return Signal(kind=SignalKind.CALLER_ID, message=read(burst, carrier, now))
