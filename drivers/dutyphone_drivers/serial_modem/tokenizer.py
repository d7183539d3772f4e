r"""Bytes from the modem, split anywhere, to whole lines and `<DLE>` signs.

Lines end with CR or LF; empty ones carry no meaning. A name may hold any byte but those two, so in text mode `<DLE>`
(0x10) is special only where a line begins. Once the modem idles in class 8, and inside a complex event
(`<DLE>X ... <DLE>.`, ITU-T V.253 §9.1), it is special everywhere and `<DLE><DLE>` stands for itself.

A caller-ID message in raw bytes says how long it is and may have CR and LF in it: the length of a number of ten digits,
or of a name of thirteen letters. Where a line begins like such a message, it is one token, whatever is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dutyphone_drivers.serial_modem import frames
from dutyphone_drivers.serial_modem.signs import COMPLEX_CLOSES, COMPLEX_OPENS, DLE, DLE_SIGNS

LONGEST_LINE = 2048
"""Bytes. Whatever is longer is cut here and goes on as another line."""

_CR, _LF = 0x0D, 0x0A


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end; `wire` is with it. `whole` is False if it was cut or its end never came."""

    text: bytes
    wire: bytes
    whole: bool = True


@dataclass(frozen=True, slots=True)
class DleCode:
    """`<DLE>` and one byte."""

    code: int
    wire: bytes


@dataclass(frozen=True, slots=True)
class ComplexCloses:
    """`<DLE>.`: what the complex event carried is complete."""

    wire: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A caller-ID message in raw bytes, see `frames`. `wire` has the filling before it and its line end as well."""

    body: bytes
    wire: bytes


Token = Line | DleCode | ComplexCloses | Message


class Tokenizer:
    """Chunk-blind: the tokens do not depend on where the bytes were split. Holds at most `LONGEST_LINE` bytes."""

    def __init__(self) -> None:
        self.class8 = False
        self._text = bytearray()
        self._raw = bytearray()
        self._after_dle = False
        self._in_complex = False

    @property
    def pending(self) -> bool:
        """Whether something was begun and not ended."""
        return bool(self._text or self._raw) or self._after_dle

    def feed(self, data: bytes) -> Iterator[Token]:
        """The tokens that `data` completes. Exhaust the iterator before feeding again."""
        for byte in data:
            yield from self._feed(byte)

    def flush(self) -> Iterator[Token]:
        """What was begun, as it is: nothing more came for a while."""
        self._in_complex = False
        if len(self._raw) >= frames.SURE:
            yield self._take_raw(b"")
        yield from self._not_raw()
        if self._after_dle:
            self._after_dle = False
            self._text.append(DLE)
        if self._text:
            yield self._take(b"", whole=False)

    def _feed(self, byte: int) -> Iterator[Token]:
        if self._after_dle:
            self._after_dle = False
            yield from self._dle(byte)
        elif byte == DLE and (self.class8 or self._in_complex or not (self._text or self._raw)):
            self._after_dle = True
        elif self._raw or (byte in frames.KINDS and not self._text.strip(frames.FILLING)):
            yield from self._maybe_raw(byte)
        else:
            yield from self._plain(byte)

    def _maybe_raw(self, byte: int) -> Iterator[Token]:
        """Up to the checksum. One that is a line end and does not fit is none, but the end of the line."""
        self._raw.append(byte)
        if len(self._raw) == frames.SURE and not frames.begins_message(bytes(self._raw).hex().upper().encode("ascii")):
            yield from self._not_raw()
        elif len(self._raw) >= frames.SURE and len(self._raw) == 2 + self._raw[1] + 1:
            unchecked = byte in (_CR, _LF) and sum(self._raw) % 256
            end = bytes((self._raw.pop(),)) if unchecked else b""
            yield self._take_raw(end)

    def _not_raw(self) -> Iterator[Token]:
        """What was held back is ordinary text after all."""
        held = bytes(self._raw)
        self._raw.clear()
        if held:
            yield from self._plain(held[0])
        for byte in held[1:]:
            yield from self._feed(byte)

    def _plain(self, byte: int) -> Iterator[Token]:
        if byte in (_CR, _LF):
            if self._text:
                yield self._take(bytes((byte,)))
            return
        self._text.append(byte)
        if len(self._text) >= LONGEST_LINE:
            yield self._take(b"", whole=False)

    def _dle(self, byte: int) -> Iterator[Token]:
        wire = bytes((DLE, byte))
        if byte == DLE:
            yield from self._plain(DLE)
        elif byte == COMPLEX_OPENS:
            self._in_complex = True
        elif byte == COMPLEX_CLOSES:
            self._in_complex = False
            if self._text:
                yield self._take(wire)
            yield ComplexCloses(wire)
        elif byte in DLE_SIGNS or self.class8:
            yield DleCode(byte, wire)
        else:
            yield from self._plain(DLE)
            yield from self._plain(byte)

    def _take(self, end: bytes, *, whole: bool = True) -> Line:
        text = bytes(self._text)
        self._text.clear()
        return Line(text, text + end, whole)

    def _take_raw(self, end: bytes) -> Message:
        body = bytes(self._raw)
        wire = bytes(self._text) + body + end
        self._raw.clear()
        self._text.clear()
        return Message(body, wire)
