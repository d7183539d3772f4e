"""Where SIP messages come from and go to (RFC 3261 §18)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Transport(Enum):
    """How messages travel; the value is the `transport` parameter of a URI (RFC 3261 §19.1.1)."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"

    @property
    def reliable(self) -> bool:
        """Whether the transport itself sends again what was lost, so that transactions need not."""
        return self is not Transport.UDP

    @property
    def default_port(self) -> int:
        """RFC 3261 §19.1.2."""
        return 5061 if self is Transport.TLS else 5060


@dataclass(frozen=True, slots=True)
class Address:
    """One end of the wire. `host` is an IP address as text, an IPv6 one without brackets."""

    host: str
    port: int
    transport: Transport

    def __str__(self) -> str:
        return f"{self.transport.value}:{hostport(self.host, self.port)}"


@dataclass(frozen=True, slots=True)
class Packet:
    """Bytes to send. Over TCP and TLS they go on the connection whose far end is `to`."""

    data: bytes
    to: Address


def hostport(host: str, port: int | None = None) -> str:
    """`host` and `port` as SIP writes them: IPv6 in brackets (RFC 3261 §25.1), nothing for a port of None."""
    written = f"[{host}]" if ":" in host else host
    return written if port is None else f"{written}:{port}"
