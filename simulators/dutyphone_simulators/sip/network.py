"""The network around the exchange: doors, the packets that go through them, and the weather they go through.

A *door* is a socket of the exchange, by name: `udp`, `tcp`, `tls`, `stranger` (another address that has no business
here), and `media`, where sound comes and goes. Weather is drawn from a seed, so that a bad network is the same each
time.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dutyphone_simulators.sip.agenda import Agenda

RELIABLE = frozenset({"tcp", "tls"})
KEPT_PACKETS = 20_000
REORDER_S = 0.03
"""How long a packet is held so that others overtake it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Between a door of ours and somebody. `connection` tells the connections of a reliable door apart."""

    door: str
    remote: tuple[str, int]
    connection: int = 0

    @property
    def reliable(self) -> bool:
        return self.door in RELIABLE


@dataclass(frozen=True, slots=True)
class Packet:
    """Bytes on their way."""

    channel: Channel
    data: bytes


class Way(Enum):
    """Where a packet goes."""

    OUT = "out"  # from the exchange
    IN = "in"  # to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What the network does to datagrams. Shares are 0 to 1, times in seconds. Streams only get later."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0  # one byte is changed
    delay_s: float = 0.0
    jitter_s: float = 0.0  # up to so much more


FAIR = Weather()


@dataclass(frozen=True, slots=True)
class Seen:
    """One packet as it passed the door, at `at` (mono seconds)."""

    at: float
    way: Way
    packet: Packet


class Network:
    """Carries packets in both directions; `deliver` gets those that arrive."""

    def __init__(self, agenda: Agenda, chance: random.Random, deliver: Callable[[Packet], None]) -> None:
        self._agenda, self._chance, self._deliver = agenda, chance, deliver
        self._out: list[Packet] = []
        self._lose: list[tuple[Way, bytes, int]] = []
        self.weather = FAIR
        self.deaf = False  # nothing comes in, nothing goes out
        self.seen: deque[Seen] = deque(maxlen=KEPT_PACKETS)
        self.lost = 0

    def lose_next(self, start: bytes, way: Way, count: int = 1) -> None:
        """Lose the next `count` packets that go `way` and begin with `start`."""
        self._lose.append((way, start, count))

    def send(self, packet: Packet) -> None:
        """Send on its way out."""
        if not self.deaf:
            self._through(packet, Way.OUT, self._leave)

    def arrive(self, packet: Packet) -> None:
        """`packet` has come to the door."""
        if not self.deaf:
            self._through(packet, Way.IN, self._enter)

    def take_output(self) -> list[Packet]:
        """The packets that leave now; taken away."""
        packets, self._out = self._out, []
        return packets

    def _leave(self, packet: Packet) -> None:
        if not self.deaf:
            self._note(packet, Way.OUT)
            self._out.append(packet)

    def _enter(self, packet: Packet) -> None:
        if not self.deaf:
            self._note(packet, Way.IN)
            self._deliver(packet)

    def _note(self, packet: Packet, way: Way) -> None:
        if not packet.channel.door.startswith("media"):
            self.seen.append(Seen(self._agenda.now.mono, way, packet))

    def _through(self, packet: Packet, way: Way, arrive: Callable[[Packet], None]) -> None:
        weather, chance = self.weather, self._chance
        if self._is_to_be_lost(packet, way):
            self.lost += 1
            return
        if weather is FAIR:
            arrive(packet)
            return
        wait = weather.delay_s + (chance.uniform(0, weather.jitter_s) if weather.jitter_s else 0.0)
        if packet.channel.reliable:
            # A stream keeps its order: it is late as a whole, and nothing of it is lost.
            self._later(weather.delay_s, packet, arrive)
            return
        if chance.random() < weather.loss:
            self.lost += 1
            return
        if chance.random() < weather.corrupt:
            packet = Packet(packet.channel, _with_one_byte_changed(packet.data, chance))
        if chance.random() < weather.reorder:
            wait += REORDER_S
        self._later(wait, packet, arrive)
        if chance.random() < weather.duplicate:
            self._later(wait, packet, arrive)

    def _later(self, wait: float, packet: Packet, arrive: Callable[[Packet], None]) -> None:
        if wait > 0:
            self._agenda.after(wait, lambda: arrive(packet))
        else:
            arrive(packet)

    def _is_to_be_lost(self, packet: Packet, way: Way) -> bool:
        for place, (doomed_way, start, count) in enumerate(self._lose):
            if doomed_way is way and packet.data.startswith(start):
                self._lose[place : place + 1] = [(doomed_way, start, count - 1)] if count > 1 else []
                return True
        return False


def _with_one_byte_changed(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]
