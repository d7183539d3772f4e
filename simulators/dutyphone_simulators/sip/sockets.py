"""The doors of the exchange as real sockets: datagrams, connections, TLS. One selector, no thread of its own."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone_simulators.sip.addresses import host_port
from dutyphone_simulators.sip.messages import Framer, NotSip
from dutyphone_simulators.sip.network import Channel, Packet

READ_SIZE = 65_536
MOST_AT_ONCE = 256
"""Datagrams read in one go before anything is answered."""

BUFFER = 4 << 20
"""Kernel buffer for a thousand calls at once; the system may give less."""


@dataclass(slots=True)
class _Connection:
    """One TCP or TLS connection. With TLS what is read and written goes through `tls`."""

    channel: Channel
    socket: socket.socket
    framer: Framer = field(default_factory=Framer)
    out: bytearray = field(default_factory=bytearray)
    plain_out: bytearray = field(default_factory=bytearray)  # before the handshake is through
    tls: ssl.SSLObject | None = None
    tls_in: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    tls_out: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    shaken: bool = False


class Doors:
    """Every socket of an exchange. `addresses` says where the doors are; a port 0 is chosen when it is opened."""

    def __init__(
        self,
        addresses: Mapping[str, tuple[str, int]],
        *,
        tls: ssl.SSLContext | None = None,
        on_lost: Callable[[Channel], None] = lambda _channel: None,
    ) -> None:
        self.addresses = dict(addresses)
        self._tls, self._on_lost = tls, on_lost
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[str, socket.socket] = {}
        self._connections: dict[int, _Connection] = {}
        self._last_connection = 0
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)

    @property
    def open(self) -> bool:
        return bool(self._sockets)

    def open_all(self) -> None:
        """Raises `DutyphoneError` if an address cannot be had."""
        for door, address in self.addresses.items():
            try:
                self._sockets[door] = self._open(door, address)
            except OSError as wrong:
                self.close_all()
                raise _not_to_be_had(address, wrong) from wrong
            host, port = self._sockets[door].getsockname()[:2]
            self.addresses[door] = (host, port)
            self._selector.register(self._sockets[door], selectors.EVENT_READ, door)

    def close_all(self) -> None:
        """Shut the doors; connections break."""
        for connection in list(self._connections.values()):
            self._close(connection, told=False)
        for opened in self._sockets.values():
            with contextlib.suppress(KeyError):
                self._selector.unregister(opened)
            opened.close()
        self._sockets.clear()

    def close(self) -> None:
        """For good."""
        self.close_all()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def wake(self) -> None:
        """Make a `wait` in another thread return."""
        with contextlib.suppress(BlockingIOError):
            self._wake_out.send(b"x")

    def wait(self, seconds: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, after at most `seconds`."""
        return self._selector.select(seconds)

    def read(self, ready: list[tuple[selectors.SelectorKey, int]]) -> Iterator[Packet]:
        """The packets that have come through what is ready."""
        for key, events in ready:
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._wake_in.recv(READ_SIZE)
            elif isinstance(key.data, _Connection):
                yield from self._serve(key.data, events)
            elif key.data in self._sockets:
                if key.data in ("tcp", "tls"):
                    self._accept(key.data)
                else:
                    yield from self._datagrams(key.data)

    def send(self, packet: Packet) -> None:
        """Send, as far as the network lets us; what it does not is lost as on any network."""
        channel = packet.channel
        if channel.reliable:
            connection = self._connections.get(channel.connection)
            if connection is not None:
                self._write(connection, packet.data)
            return
        door = self._sockets.get(channel.door)
        if door is not None:
            with contextlib.suppress(OSError):
                door.sendto(packet.data, channel.remote)

    # --- datagrams -----------------------------------------------------------------------------------------------

    def _datagrams(self, door: str) -> Iterator[Packet]:
        opened = self._sockets[door]
        for _place in range(MOST_AT_ONCE):
            try:
                data, remote = opened.recvfrom(READ_SIZE)
            except BlockingIOError:
                return
            except OSError:
                continue  # an earlier packet of ours reached nobody
            yield Packet(Channel(door, (remote[0], remote[1])), data)

    # --- connections ---------------------------------------------------------------------------------------------

    def _accept(self, door: str) -> None:
        with contextlib.suppress(OSError):
            accepted, remote = self._sockets[door].accept()
            accepted.setblocking(False)
            self._last_connection += 1
            connection = _Connection(Channel(door, (remote[0], remote[1]), self._last_connection), accepted)
            if door == "tls":
                assert self._tls is not None
                connection.tls = self._tls.wrap_bio(connection.tls_in, connection.tls_out, server_side=True)
            self._connections[self._last_connection] = connection
            self._selector.register(accepted, selectors.EVENT_READ, connection)

    def _serve(self, connection: _Connection, events: int) -> Iterator[Packet]:
        if connection.channel.connection not in self._connections:
            return
        if events & selectors.EVENT_WRITE:
            self._flush(connection)
        if not events & selectors.EVENT_READ:
            return
        try:
            data = connection.socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return
        try:
            for message in connection.framer.feed(self._decrypted(connection, data)):
                yield Packet(connection.channel, message)
        except (NotSip, ssl.SSLError):
            # Nobody knows where the next message begins: the connection is of no more use (RFC 3261 §18.3).
            self._close(connection)

    def _decrypted(self, connection: _Connection, data: bytes) -> bytes:
        tls = connection.tls
        if tls is None:
            return data
        connection.tls_in.write(data)
        plain = bytearray()
        with contextlib.suppress(ssl.SSLWantReadError):
            if not connection.shaken:
                tls.do_handshake()
                connection.shaken = True
                tls.write(connection.plain_out)
            while part := tls.read(READ_SIZE):
                plain += part
        self._flush(connection)
        return bytes(plain)

    def _write(self, connection: _Connection, data: bytes) -> None:
        if connection.tls is None:
            connection.out += data
        elif connection.shaken:
            connection.tls.write(data)
        else:
            connection.plain_out += data
        self._flush(connection)

    def _flush(self, connection: _Connection) -> None:
        if connection.tls is not None:
            connection.out += connection.tls_out.read()
        try:
            while connection.out:
                del connection.out[: connection.socket.send(connection.out)]
        except BlockingIOError:
            pass
        except OSError:
            self._close(connection)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.out else 0)
        self._selector.modify(connection.socket, events, connection)

    def _close(self, connection: _Connection, *, told: bool = True) -> None:
        if self._connections.pop(connection.channel.connection, None) is None:
            return
        self._selector.unregister(connection.socket)
        connection.socket.close()
        if told:
            self._on_lost(connection.channel)

    def _open(self, door: str, address: tuple[str, int]) -> socket.socket:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        stream = door in ("tcp", "tls")
        opened = socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        try:
            if stream:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            else:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            opened.setblocking(False)
            opened.bind(address)
            if stream:
                opened.listen(128)
        except OSError:
            opened.close()
            raise
        return opened


def _not_to_be_had(address: tuple[str, int], wrong: OSError) -> DutyphoneError:
    where = host_port(address)
    if wrong.errno == errno.EADDRINUSE:
        return DutyphoneError(
            _("Another program already listens at {address}.").format(address=where),
            advice=_("End it, or choose another port with --listen; a port of 0 takes any that is free."),
            evidence=str(wrong),
        )
    if wrong.errno == errno.EACCES:
        return DutyphoneError(
            _("This user may not listen at {address}.").format(address=where),
            advice=_("Choose a port of 1024 or above."),
            evidence=str(wrong),
        )
    return DutyphoneError(
        _("Nobody can listen at {address}.").format(address=where),
        advice=_("Name an address of this machine, such as 127.0.0.1:5060."),
        evidence=str(wrong),
    )
