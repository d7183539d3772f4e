"""Sound: RTP streams of the virtual ends of a call (RFC 3550, RFC 3551; telephone events: RFC 4733)."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from enum import Enum

from dutyphone_simulators.sip import bodies
from dutyphone_simulators.sip.agenda import Agenda, Alarm
from dutyphone_simulators.sip.network import Channel, Packet

DOOR = "media"
PACKET_S = 0.02
SAMPLES = 160
TONE_HZ = 450  # the one tone of Chinese exchanges (GB 3380)
RINGING_S, PAUSE_S = 1.0, 4.0
_EVENTS = "0123456789*#ABCD"


class Sound(Enum):
    """What a virtual end sends."""

    ECHO = "echo"  # what it hears
    RINGING = "ringing"  # ringback tone: one second in five
    TONE = "tone"  # the same tone without a pause
    SILENCE = "silence"  # packets without sound
    NONE = "none"  # no packets


class Streams:
    """All streams of an exchange. They share one door, `media`, and are told apart by where the other side is."""

    def __init__(self, agenda: Agenda, chance: random.Random, send: Callable[[Packet], None]) -> None:
        self._agenda, self._chance, self._send = agenda, chance, send
        self._streams: dict[tuple[str, int], Stream] = {}

    def open(self, sound: Sound) -> Stream:
        return Stream(self, self._agenda, self._chance, sound)

    def receive(self, packet: Packet) -> None:
        """Sound has come; from anybody whom no stream is connected to, it is nobody's."""
        stream = self._streams.get(packet.channel.remote)
        if stream is not None:
            stream.receive(packet.data)

    def connected(self, stream: Stream, remote: tuple[str, int]) -> None:
        self._streams[remote] = stream

    def closed(self, stream: Stream, remote: tuple[str, int]) -> None:
        if self._streams.get(remote) is stream:
            del self._streams[remote]

    def send(self, remote: tuple[str, int], data: bytes) -> None:
        self._send(Packet(Channel(DOOR, remote), data))


class Stream:
    """One end of a stream of sound, until `close`."""

    def __init__(self, streams: Streams, agenda: Agenda, chance: random.Random, sound: Sound) -> None:
        self.sound = sound
        self._streams, self._agenda = streams, agenda
        self._remote: tuple[str, int] | None = None
        self._codec = bodies.PCMA
        self._events: int | None = None
        self._sequence = chance.randrange(1 << 16)
        self._stamp = chance.randrange(1 << 32)
        self._source = chance.randrange(1 << 32)
        self._ticking: Alarm | None = None
        self._ticks = 0
        self._event_stamp: int | None = None
        self.heard = 0
        self.sent = 0
        self.digits = ""

    def connect(self, media: bodies.Media | None) -> None:
        """Send to where `media` wants to hear, from now on."""
        if media is None:
            return
        if self._remote is not None:
            self._streams.closed(self, self._remote)
        self._remote = (media.host, media.port)
        self._streams.connected(self, self._remote)
        self._codec = next((codec for codec in media.codecs if codec in (bodies.PCMU, bodies.PCMA)), bodies.PCMA)
        self._events = media.events
        self.play(self.sound)

    def play(self, sound: Sound) -> None:
        """Send `sound` instead."""
        self.sound = sound
        if self._ticking is None and self._remote is not None and sound not in (Sound.ECHO, Sound.NONE):
            self._tick()

    def receive(self, data: bytes) -> None:
        """An RTP packet has come."""
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        kind = data[1] & 0x7F
        header = 12 + 4 * (data[0] & 0x0F)
        payload = data[header:]
        if self._events is not None and kind == self._events:
            self._hear_event(payload, struct.unpack_from("!I", data, 4)[0])
            return
        self.heard += 1
        if self.sound is Sound.ECHO:
            self._emit(payload)

    def close(self) -> None:
        """No more packets."""
        self.sound = Sound.NONE
        if self._remote is not None:
            self._streams.closed(self, self._remote)
        self._remote = None
        if self._ticking is not None:
            self._ticking.stop()

    def _hear_event(self, payload: bytes, stamp: int) -> None:
        # The last packet of an event is sent three times with one time stamp (RFC 4733 §2.5.1.4).
        if len(payload) >= 4 and payload[1] & 0x80 and stamp != self._event_stamp and payload[0] < len(_EVENTS):
            self._event_stamp = stamp
            self.digits += _EVENTS[payload[0]]

    def _tick(self) -> None:
        self._ticking = None
        if self._remote is None or self.sound in (Sound.ECHO, Sound.NONE):
            return
        second = self._ticks * PACKET_S % (RINGING_S + PAUSE_S)
        sounding = self.sound is Sound.TONE or (self.sound is Sound.RINGING and second < RINGING_S)
        self._emit(_tone(self._codec) if sounding else _silence(self._codec))
        self._ticks += 1
        self._ticking = self._agenda.after(PACKET_S, self._tick)

    def _emit(self, payload: bytes) -> None:
        if self._remote is None:
            return
        header = struct.pack("!BBHII", 0x80, self._codec, self._sequence, self._stamp, self._source)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._stamp = (self._stamp + SAMPLES) & 0xFFFFFFFF
        self.sent += 1
        self._streams.send(self._remote, header + payload)


def _linear() -> list[int]:
    # 450 Hz repeats after 160 samples exactly nine times, so one packet is the whole tone.
    return [round(8000 * math.sin(2 * math.pi * TONE_HZ * place / 8000)) for place in range(SAMPLES)]


def _a_law(sample: int) -> int:
    """ITU-T G.711 table 1a, from 16 bits."""
    sign = 0x80 if sample >= 0 else 0x00
    level = min((sample if sample >= 0 else ~sample) >> 3, 0xFFF)
    segment = max(0, level.bit_length() - 5)
    mantissa = (level >> max(1, segment)) & 0x0F
    return (sign | segment << 4 | mantissa) ^ 0x55


def _mu_law(sample: int) -> int:
    """ITU-T G.711 table 2a, from 16 bits."""
    sign = 0x80 if sample < 0 else 0x00
    level = min(abs(sample), 32635) + 132
    segment = level.bit_length() - 8
    return ~(sign | segment << 4 | (level >> (segment + 3)) & 0x0F) & 0xFF


_TONES = {
    bodies.PCMA: bytes(_a_law(sample) for sample in _linear()),
    bodies.PCMU: bytes(_mu_law(sample) for sample in _linear()),
}


def _tone(codec: int) -> bytes:
    return _TONES[codec]


def _silence(codec: int) -> bytes:
    return (b"\xd5" if codec == bodies.PCMA else b"\xff") * SAMPLES
