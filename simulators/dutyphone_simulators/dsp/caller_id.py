"""Caller ID as sound: a frame is modulated, and what comes over a line is demodulated again.

The frames themselves are those of `dutyphone_simulators.caller_id`. Modulation and the judgement whether a frame is
whole are libspandsp's (`adsi_tx`, `adsi_rx`); a second demodulator beside it keeps the bytes of frames that are not
whole, as a modem does that shows them in hexadecimal.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

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
_DAMAGE_AT = 0.85  # the part of a burst at which a message that is not intact is hit: beyond seizure and mark
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
        damaged_frames = [] if self._tap is None else self._tap.receive(samples)
        return bursts + [Burst(frame=damaged_frame, intact=False) for damaged_frame in damaged_frames]


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
    """The frames whose checksum is wrong or that ended too soon, as a modem keeps them that counts bytes."""

    def __init__(self, carrier: Carrier) -> None:
        bits: list[int] = []
        self._bits = bits
        put_bit = PutBit(lambda _nobody, bit: bits.append(bit))
        spec = (FskSpec * _FSK_PRESETS).in_dll(load_spandsp(), "preset_fsk_specs")[_FSK_PRESET[carrier]]
        self._fsk = SpandspObject("fsk_rx_init", "fsk_rx_free", ctypes.addressof(spec), 0, put_bit, None)
        self._frame: bytearray | None = None  # under way; None before a mark
        self._byte: list[int] | None = None  # its bits under way, least significant first; None before a start bit
        self._ones = 0

    def receive(self, samples: Samples) -> list[bytes]:
        """The damaged frames that have ended in `samples`."""
        self._fsk.hear("fsk_rx", samples)
        new, self._bits[:] = self._bits[:], []
        ended = [self._end() if bit == _CARRIER_DOWN else self._put(bit) for bit in new if bit != _CARRIER_UP]
        return [one for one in ended if one]

    def _put(self, bit: int) -> bytes:
        if self._byte is not None:
            self._byte.append(bit)
            return self._full() if len(self._byte) == _BITS else b""
        if bit:
            self._ones += 1
            return self._end() if self._frame and self._ones > _LONGEST_GAP else b""
        if self._frame is None and self._ones >= _SYNC_BITS:
            self._frame = bytearray()
        if self._frame is not None:
            self._byte = []
        self._ones = 0
        return b""

    def _full(self) -> bytes:
        """A byte is complete, and with it perhaps the frame."""
        assert self._frame is not None
        assert self._byte is not None
        self._frame.append(sum(bit << place for place, bit in enumerate(self._byte)))
        self._byte = None
        if self._frame[0] not in (SDMF_TYPE, MDMF_TYPE):
            self._frame = None  # a crackle in the mark
        elif len(self._frame) > 1 and len(self._frame) == self._frame[1] + _AROUND:
            return self._end()
        return b""

    def _end(self) -> bytes:
        """What is under way, if it is damaged and worth showing; then begin anew."""
        ended = bytes(self._frame or b"")
        self._frame = self._byte = None
        self._ones = 0
        whole = len(ended) > 1 and len(ended) == ended[1] + _AROUND and sum(ended) & 0xFF == 0
        return ended if len(ended) >= _LEAST_FRAME and not whole else b""


_CARRIER_DOWN, _CARRIER_UP = -1, -2  # async.h
_AROUND = 3  # bytes of a frame that its length does not count: type, length, checksum
_LEAST_FRAME = 8  # bytes; less than a date is not worth showing
_LONGEST_GAP = 30  # ones between two bytes of a frame, after which no more will come


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
