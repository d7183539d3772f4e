"""What the exchange sends to say who is calling, and its frames.

Sources: Telcordia GR-30-CORE (message formats, checksum, channel seizure and mark), ETSI EN 300 659-3 (parameters),
the Bell 202 rate of 1200 bit/s, names in GB 2312 or its supersets as Chinese exchanges send them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum


class Withheld(Enum):
    """Why no number is sent: the letter of GR-30 parameter 04 and of SDMF."""

    PRIVATE = "P"
    OUT_OF_AREA = "O"


class Standard(Enum):
    """How an exchange carries caller ID."""

    MDMF = "mdmf"  # multiple data message format, type 80
    SDMF = "sdmf"  # single data message format, type 04: date and number only
    DTMF = "dtmf"  # tones: the number only


SDMF_TYPE = 0x04
MDMF_TYPE = 0x80

DATE_TIME = 0x01
NUMBER = 0x02
CALLED_NUMBER = 0x03
NO_NUMBER = 0x04
NAME = 0x07
REDIRECTING_NUMBER = 0x1A  # EN 300 659-3 table 5

BIT_RATE = 1200  # bit/s
SEIZURE_BITS = 300
MARK_BITS = 180
BITS_A_BYTE = 10  # start, eight data, stop

DTMF_DIGIT_S = 0.12
"""One tone and the pause behind it, in seconds (at least 50 ms each; exchanges take a little more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """One message. `stamped` is local time by the exchange. `number` and `name` are None if the exchange has none.

    `intact` False means that a bit was lost on the way and the checksum tells so. `received` is the frame as it came
    over a line with sound, where there is one.
    """

    stamped: datetime
    number: str | None = None
    withheld: Withheld | None = None
    name: str | None = None
    called: str | None = None
    redirected_from: str | None = None
    standard: Standard = Standard.MDMF
    intact: bool = True
    received: bytes | None = None

    @property
    def name_bytes(self) -> bytes:
        """The name as sent: GB 2312 where that suffices, else GBK, else four-byte GB 18030 (each extends the last)."""
        return (self.name or "").encode("gb18030")


def carried(message: CallerId) -> CallerId:
    """What of `message` arrives: the older standards have no place for most of it."""
    if message.standard is Standard.MDMF:
        return message
    return replace(message, name=None, called=None, redirected_from=None)


def frame(message: CallerId) -> bytes:
    """`message` as a frame with its checksum (wrong if it is not intact); empty for tones, which have none."""
    if message.received is not None:
        return message.received
    if message.standard is Standard.DTMF:
        return b""
    body = _sdmf(message) if message.standard is Standard.SDMF else _mdmf(message)
    framed = body + bytes([checksum(body)])
    if message.intact:
        return framed
    return framed[:-2] + bytes([framed[-2] ^ 0x01]) + framed[-1:]


def checksum(body: bytes) -> int:
    """Two's complement of the byte sum (GR-30): a frame with its checksum sums up to 0 modulo 256."""
    return -sum(body) & 0xFF


def sending_s(message: CallerId) -> float:
    """How long the message is on the line, in seconds."""
    if message.standard is Standard.DTMF:
        return DTMF_DIGIT_S * (len(message.number or "") + 2)  # a start and an end sign around the digits
    return (SEIZURE_BITS + MARK_BITS + BITS_A_BYTE * len(frame(message))) / BIT_RATE


def _sdmf(message: CallerId) -> bytes:
    words = f"{message.stamped:%m%d%H%M}".encode() + _number_or_reason(message)
    return bytes([SDMF_TYPE, len(words)]) + words


def _mdmf(message: CallerId) -> bytes:
    parameters = _parameter(DATE_TIME, f"{message.stamped:%m%d%H%M}".encode())
    if message.number is not None:
        parameters += _parameter(NUMBER, message.number.encode())
    else:
        parameters += _parameter(NO_NUMBER, _number_or_reason(message))
    if message.name is not None:
        parameters += _parameter(NAME, message.name_bytes)
    if message.called is not None:
        parameters += _parameter(CALLED_NUMBER, message.called.encode())
    if message.redirected_from is not None:
        parameters += _parameter(REDIRECTING_NUMBER, message.redirected_from.encode())
    if len(parameters) > 0xFF:
        raise ValueError("a caller-ID message holds at most 255 bytes")
    return bytes([MDMF_TYPE, len(parameters)]) + parameters


def _number_or_reason(message: CallerId) -> bytes:
    if message.number is not None:
        return message.number.encode()
    return (message.withheld or Withheld.OUT_OF_AREA).value.encode()


def _parameter(kind: int, value: bytes) -> bytes:
    if len(value) > 0xFF:
        raise ValueError("a caller-ID parameter holds at most 255 bytes")
    return bytes([kind, len(value)]) + value
