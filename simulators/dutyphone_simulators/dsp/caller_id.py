"""Caller ID as sound: a frame is modulated, and what comes over a line is demodulated again.

The frames themselves are those of `dutyphone_simulators.caller_id`. Modulation and the judgement whether a frame is
whole are libspandsp's (`adsi_tx`, `adsi_rx`); a second demodulator beside it keeps the bytes of frames that are not
whole, as a modem does that shows them in hexadecimal.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import islice

from dutyphone_simulators.caller_id import (
    CALLED_NUMBER,
    DATE_TIME,
    MARK_BITS,
    MDMF_TYPE,
    NAME,
    NO_NUMBER,
    NUMBER,
    REDIRECTING_NUMBER,
    SDMF_TYPE,
    SEIZURE_BITS,
    CallerId,
    Standard,
    Withheld,
    checksum,
    frame,
)
from dutyphone_simulators.dsp.library import FskSpec, PutBit, PutMessage, SpandspObject, load_spandsp
from dutyphone_simulators.dsp.samples import BLOCK, Samples, damaged, seconds, silence


class Carrier(Enum):
    """How bits or digits become sound; the value is the number of adsi.h."""

    BELL_202 = 1  # GR-30-CORE: North America, China
    V23 = 2  # EN 300 659-1: Europe, and the United Kingdom with an alert tone before it
    DTMF = 5  # EN 300 659-1 annex B, with the signs of `DtmfForm`


class DtmfForm(Enum):
    """The digits around a number that comes as tones. libspandsp hears bursts that end in C or #."""

    A_TO_C = ("A", "C")  # variant 1; it alone can carry a redirecting number or a reason why there is none
    D_TO_C = ("D", "C")  # variant 3, as on Chinese lines
    A_TO_HASH = ("A", "#")  # variant 2
    TO_HASH = ("", "#")  # variant 4


LONGEST_FRAME = 255
"""Bytes of a frame that libspandsp takes, without its checksum."""

_FSK_PRESET = {Carrier.BELL_202: 6, Carrier.V23: 2}  # places in preset_fsk_specs, from the enumeration in fsk.h
_FSK_PRESETS = 10
_ABSENCE_DTMF = {Withheld.PRIVATE: "10", Withheld.OUT_OF_AREA: "00"}  # EN 300 659-1 annex B
_MARK_AFTER, _STOP_BITS = 5, 1  # bits, after the frame and after each byte of it (GR-30-CORE)
_DAMAGE_AT = 0.7  # the part of a burst at which a message that is not intact is hit: beyond seizure and mark
_DAMAGE_S = 0.03
_TAIL = 4 * BLOCK  # so that a receiver sees the carrier go
_BITS = 8
_SYNC_BITS = 10  # ones before the first byte of a frame; a mark has 180, the stop bit between bytes is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """One message as it was heard. A frame that is not `intact` may be too short, too long or nonsense."""

    frame: bytes
    intact: bool


# --- message to sound --------------------------------------------------------------------------------------------


def send(message: CallerId, carrier: Carrier, *, form: DtmfForm = DtmfForm.D_TO_C, alert: bool = False) -> Samples:
    """`message` as sound. One that is not intact is whole when it is sent and is hit by a crackle.

    A message of `Standard.DTMF` goes as tones whatever `carrier` says. `alert` puts the dual tone of EN 300 659-1 §5.2
    before it. Raises `ValueError` if it is longer than a frame can be.
    """
    if message.standard is Standard.DTMF:
        sound = modulate(dtmf_digits(message, form).encode(), Carrier.DTMF)
    else:
        sound = modulate(frame(replace(message, intact=True, received=None))[:-1], carrier, alert=alert)
    if message.intact:
        return sound
    length = seconds(sound)
    return damaged(sound, begins_s=length * _DAMAGE_AT, lasts_s=_DAMAGE_S, seed=message.number or "")


def modulate(body: bytes, carrier: Carrier, *, alert: bool = False) -> Samples:
    """A frame without its checksum, which is added, as sound; or digits, as tones."""
    if len(body) > LONGEST_FRAME:
        raise ValueError("a caller-ID frame holds at most 255 bytes here")
    transmitter = SpandspObject("adsi_tx_init", "adsi_tx_free", carrier.value)
    if carrier is not Carrier.DTMF:
        transmitter.call("adsi_tx_set_preamble", SEIZURE_BITS, MARK_BITS, _MARK_AFTER, _STOP_BITS)
    sound = silence(0)
    if alert:
        transmitter.call("adsi_tx_send_alert_tone")
        sound += _drained(transmitter)
    if transmitter.call("adsi_tx_put_message", body, len(body)) != len(body):
        raise ValueError("a caller-ID frame that libspandsp does not take")
    return sound + _drained(transmitter)


def dtmf_digits(message: CallerId, form: DtmfForm) -> str:
    """The digits that carry `message`; its number only, for tones have no place for more."""
    start, end = form.value
    if message.number is None:
        return f"B{_ABSENCE_DTMF[message.withheld or Withheld.OUT_OF_AREA]}C"
    return f"{start}{message.number}{end}"


# --- sound to message --------------------------------------------------------------------------------------------


class CallerIdReceiver:
    """Hears the bursts of one carrier in what comes over a line."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        whole: list[bytes] = []
        put_message = PutMessage(lambda _nobody, message, length: whole.append(bytes(message[:length])))
        self._whole = whole
        self._adsi = SpandspObject("adsi_rx_init", "adsi_rx_free", carrier.value, put_message, None)
        self._tap = None if carrier is Carrier.DTMF else _Tap(carrier)

    def receive(self, samples: Samples) -> list[Burst]:
        """The bursts that have ended in `samples`."""
        self._adsi.hear("adsi_rx", samples)
        bursts = [
            Burst(frame=body if self._tap is None else body + bytes([checksum(body)]), intact=True)
            for body in self._whole
        ]
        self._whole.clear()
        if self._tap is not None:
            ended = self._tap.receive(samples)
            if bursts:
                self._tap.forget()
            elif ended:
                bursts.append(Burst(frame=ended, intact=False))
        return bursts


def heard(samples: Samples, carrier: Carrier) -> list[Burst]:
    """Every burst in `samples` and the silence after them."""
    receiver = CallerIdReceiver(carrier)
    sound = samples + silence(_TAIL)
    return [burst for at in range(0, len(sound), BLOCK) for burst in receiver.receive(sound[at : at + BLOCK])]


def read(burst: Burst, carrier: Carrier, now: datetime) -> CallerId:
    """What a modem understands of `burst`. `now`, local time of the exchange, gives the year, which no frame has."""
    if carrier is Carrier.DTMF:
        return _read_digits(burst.frame.decode("ascii", "replace"), now)
    now = now.replace(second=0, microsecond=0)
    message = CallerId(stamped=now, received=burst.frame, intact=burst.intact)
    if burst.frame[:1] == bytes([SDMF_TYPE]):
        return _read_sdmf(burst.frame[2:-1], replace(message, standard=Standard.SDMF))
    if burst.frame[:1] == bytes([MDMF_TYPE]):
        return _read_mdmf(burst.frame[2:-1], message)
    return replace(message, intact=False)


# --- helpers -----------------------------------------------------------------------------------------------------


def _drained(transmitter: SpandspObject) -> Samples:
    sound = silence(0)
    while made := transmitter.sound("adsi_tx", BLOCK):
        sound += made
    return sound


class _Tap:
    """The bytes of a burst as they are: what began after a mark and lasted until the carrier went."""

    def __init__(self, carrier: Carrier) -> None:
        bits: list[int] = []
        self._bits = bits
        put_bit = PutBit(lambda _nobody, bit: bits.append(bit))
        spec = (FskSpec * _FSK_PRESETS).in_dll(load_spandsp(), "preset_fsk_specs")[_FSK_PRESET[carrier]]
        self._fsk = SpandspObject("fsk_rx_init", "fsk_rx_free", ctypes.addressof(spec), 0, put_bit, None)
        self._heard: list[int] = []

    def receive(self, samples: Samples) -> bytes:
        """The frame that was under way when the carrier went; empty if it is still there or there was none."""
        self._fsk.hear("fsk_rx", samples)
        self._heard += self._bits
        self._bits.clear()
        if all(bit >= 0 for bit in self._heard) or self._heard[-1] == _CARRIER_UP:
            return b""
        ended = _trimmed(bytes(_frame_bytes(self._heard)))
        self._heard.clear()
        return ended

    def forget(self) -> None:
        """What is under way was heard otherwise."""
        self._heard.clear()


_CARRIER_UP = -2  # async.h


def _trimmed(data: bytes) -> bytes:
    """`data` from the first type on, for as long as the frame says it is; empty if this was never a frame."""
    begins = re.search(rb"[\x04\x80].", data, re.DOTALL)
    if begins is None:
        return b""
    rest = data[begins.start() :]
    return rest[: rest[1] + 3] if len(rest) >= _LEAST_FRAME else b""


_LEAST_FRAME = 8  # bytes; less than a date is not worth showing


def _frame_bytes(bits: Iterable[int]) -> Iterator[int]:
    """Bytes of eight bits, least significant first, between a start bit 0 and a stop bit 1, after the mark."""
    stream = iter(bit for bit in bits if bit >= 0)
    ones = 0
    for bit in stream:
        if bit:
            ones += 1
            continue
        if ones >= _SYNC_BITS:
            break
        ones = 0
    else:
        return
    while len(byte := list(islice(stream, _BITS))) == _BITS:
        yield sum(bit << place for place, bit in enumerate(byte))
        if 0 not in stream:  # takes the stop bit and the start bit of the next byte away
            return


def _read_sdmf(words: bytes, message: CallerId) -> CallerId:
    number = words[8:]
    if number in (b"P", b"O"):
        message = replace(message, withheld=Withheld(number.decode()))
    else:
        message = replace(message, number=number.decode("ascii", "replace"))
    return _stamped(words[:8], message)


def _read_mdmf(words: bytes, message: CallerId) -> CallerId:
    at = 0
    while at + 2 <= len(words):
        kind, value = words[at], words[at + 2 : at + 2 + words[at + 1]]
        at += 2 + words[at + 1]
        text = value.decode("ascii", "replace")
        if kind == DATE_TIME:
            message = _stamped(value, message)
        elif kind == NUMBER:
            message = replace(message, number=text)
        elif kind == NO_NUMBER and text in ("P", "O"):
            message = replace(message, withheld=Withheld(text))
        elif kind == NAME:
            message = replace(message, name=value.decode("gb18030", "replace"))
        elif kind == CALLED_NUMBER:
            message = replace(message, called=text)
        elif kind == REDIRECTING_NUMBER:
            message = replace(message, redirected_from=text)
    return message


def _stamped(digits: bytes, message: CallerId) -> CallerId:
    if re.fullmatch(rb"[0-9]{8}", digits) is None:
        return message
    month, day, hour, minute = (int(digits[at : at + 2]) for at in range(0, 8, 2))
    try:
        return replace(message, stamped=message.stamped.replace(month=month, day=day, hour=hour, minute=minute))
    except ValueError:
        return message


def _read_digits(digits: str, now: datetime) -> CallerId:
    message = CallerId(stamped=now, standard=Standard.DTMF)
    if found := re.search(r"B(00|10)", digits):
        return replace(message, withheld=next(why for why, code in _ABSENCE_DTMF.items() if code == found[1]))
    number = re.search(r"[0-9]+", digits)
    return replace(message, number=number[0]) if number else replace(message, withheld=Withheld.OUT_OF_AREA)
