"""The sockets of one account: a datagram socket, or connections that are opened when something is to be sent.

Nothing here blocks but `select`. What comes in is given to the caller as (bytes, source); a connection gives whole
messages, since a stream splits and joins them.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from dutyphone_drivers.sip_account.framing import PONG, StreamReader
from dutyphone_drivers.sip_account.message import NotSip
from dutyphone_drivers.sip_account.wire import Address, Packet, Transport

LARGEST_DATAGRAM = 65_535
RECEIVE_BUFFER = 4 * 1024 * 1024
"""Asked of the kernel for datagrams that come while we are busy; it may give less."""

MOST_UNSENT = 1024 * 1024
"""Bytes waiting on a connection whose far end takes nothing; then it is closed."""

MOST_CONNECTIONS = 32
"""Connections others opened to us; more are closed at once."""

MOST_AT_ONCE = 256
"""Datagrams read before what they caused is sent."""

_WAIT = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError, InterruptedError)


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message, or what was sent instead of one."""

    data: bytes
    source: Address


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing reaches `to` now: refused, unreachable, or its connection is gone."""

    to: Address
    detail: str


class Endpoints:
    """The wire of one account. Used by one thread, except `wake`.

    `local_host` and `local_port` are where to be reached (port 0: any). `context` and `server_name` are for TLS. Raises
    OSError if the address cannot be taken.
    """

    def __init__(
        self,
        transport: Transport,
        local_host: str,
        local_port: int,
        *,
        context: ssl.SSLContext | None = None,
        server_name: str = "",
    ) -> None:
        self._transport = transport
        self._context = context
        self._server_name = server_name
        self._family = socket.AF_INET6 if ":" in local_host else socket.AF_INET
        self._selector = selectors.DefaultSelector()
        self._connections: dict[Address, _Connection] = {}
        self._failures: list[Failed] = []
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        try:
            self._main = self._open(local_host, local_port)
        except OSError:
            self.close()
            raise
        self._selector.register(self._main, selectors.EVENT_READ, self._main)
        host, port = self._main.getsockname()[:2]
        self.local = Address(host, port, transport)

    def _open(self, host: str, port: int) -> socket.socket:
        kind = socket.SOCK_DGRAM if self._transport is Transport.UDP else socket.SOCK_STREAM
        main = socket.socket(self._family, kind)
        try:
            main.setblocking(False)
            if kind == socket.SOCK_DGRAM:
                main.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            else:
                _share(main)
            main.bind((host, port))
            if kind == socket.SOCK_STREAM:
                main.listen(MOST_CONNECTIONS)
        except OSError:
            main.close()
            raise
        return main

    def close(self) -> None:
        """Close every socket."""
        for connection in list(self._connections.values()):
            self._drop(connection)
        for end in (getattr(self, "_main", None), self._woken, self._waker):
            if end is not None:
                end.close()
        self._selector.close()

    def wake(self) -> None:
        """Make `wait` return. From any thread."""
        with contextlib.suppress(OSError):  # closed, or so full that it is awake anyway
            self._waker.send(b"\0")

    def wait(self, timeout_s: float | None) -> Iterator[Arrived | Failed]:
        """What came, after waiting for at most `timeout_s`."""
        if self._failures:
            timeout_s = 0.0
        for key, events in self._selector.select(timeout_s):
            if isinstance(key.data, _Connection):
                yield from self._serve(key.data, events)
            elif key.data is None:
                self._drain_wakes()
            elif self._transport is Transport.UDP:
                yield from self._datagrams()
            else:
                self._accept()
        failures, self._failures = self._failures, []
        yield from failures

    def send(self, packet: Packet) -> None:
        """Send, or begin to; that it cannot be is said by the next `wait`."""
        if self._transport is Transport.UDP:
            try:
                self._main.sendto(packet.data, (packet.to.host, packet.to.port))
            except _WAIT:
                pass  # the kernel has no room; it will be sent again
            except OSError as fault:
                self._failures.append(Failed(packet.to, str(fault)))
            return
        connection = self._connections.get(packet.to) or self._connect(packet.to)
        if connection is not None:
            connection.put(packet.data)
            self._serve_writing(connection)

    # --- datagrams -----------------------------------------------------------------------------------------------

    def _datagrams(self) -> Iterator[Arrived | Failed]:
        for _turn in range(MOST_AT_ONCE):
            try:
                data, source = self._main.recvfrom(LARGEST_DATAGRAM)
            except _WAIT:
                return
            except OSError as fault:  # on some systems an ICMP answer to what was sent before
                if fault.errno in (errno.EBADF, errno.ENOTSOCK):
                    raise
                continue
            yield Arrived(data, Address(_plain(source[0]), source[1], Transport.UDP))

    def _drain_wakes(self) -> None:
        with contextlib.suppress(*_WAIT):
            while self._woken.recv(4096):
                pass

    # --- connections ---------------------------------------------------------------------------------------------

    def _connect(self, to: Address) -> _Connection | None:
        """Begin to connect, from the port we listen at, so that the far end finds one address for both ways."""
        stream = socket.socket(self._family, socket.SOCK_STREAM)
        try:
            stream.setblocking(False)
            _share(stream)
            stream.bind((self.local.host, self.local.port))
            code = stream.connect_ex((to.host, to.port))
            if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                raise OSError(code, errno.errorcode.get(code, str(code)))  # noqa: TRY301 (one way out)
        except OSError as fault:
            stream.close()
            self._failures.append(Failed(to, str(fault)))
            return None
        return self._keep(_Connection(stream, to, is_connected=False))

    def _accept(self) -> None:
        try:
            stream, source = self._main.accept()
        except OSError:
            return
        stream.setblocking(False)
        far = Address(_plain(source[0]), source[1], self._transport)
        if len(self._connections) >= MOST_CONNECTIONS or self._transport is Transport.TLS:
            stream.close()  # over TLS we have no certificate to show: the server uses the connection that we opened
            return
        self._keep(_Connection(stream, far, is_connected=True))

    def _keep(self, connection: _Connection) -> _Connection:
        self._connections[connection.far] = connection
        self._selector.register(connection.stream, connection.interest, connection)
        return connection

    def _serve(self, connection: _Connection, events: int) -> Iterator[Arrived | Failed]:
        if connection.far not in self._connections:
            return
        try:
            if not self._progress(connection):
                return
            if events & selectors.EVENT_WRITE:
                connection.write()
            if events & selectors.EVENT_READ or not connection.is_plain:
                for message in connection.read():
                    yield Arrived(message, connection.far)
        except (OSError, NotSip) as fault:
            self._drop(connection)
            yield Failed(connection.far, str(fault))
            return
        self._watch(connection)

    def _serve_writing(self, connection: _Connection) -> None:
        try:
            if self._progress(connection):
                connection.write()
        except OSError as fault:
            self._drop(connection)
            self._failures.append(Failed(connection.far, str(fault)))
            return
        self._watch(connection)

    def _progress(self, connection: _Connection) -> bool:
        """Bring a connection on its way; True once it can be spoken over."""
        if connection.is_connected() and self._context is not None and connection.is_plain:
            self._selector.unregister(connection.stream)
            connection.secure(self._context, self._server_name)
            self._selector.register(connection.stream, connection.interest, connection)
        ready = connection.shake_hands()
        self._watch(connection)
        return ready

    def _watch(self, connection: _Connection) -> None:
        if self._connections.get(connection.far) is connection:  # what came on it may have had it closed
            self._selector.modify(connection.stream, connection.interest, connection)

    def _drop(self, connection: _Connection) -> None:
        if self._connections.pop(connection.far, None) is not None:
            with contextlib.suppress(KeyError, ValueError):  # it broke while it was being secured
                self._selector.unregister(connection.stream)
        connection.stream.close()


class _Connection:
    """One TCP or TLS connection: what is still to be sent, and the beginning of a message."""

    def __init__(self, stream: socket.socket, far: Address, *, is_connected: bool) -> None:
        self.stream, self.far = stream, far
        self._connected = is_connected
        self._ready = is_connected
        self._wants_write = not is_connected
        self._unsent = bytearray()
        self._reader = StreamReader()

    @property
    def is_plain(self) -> bool:
        """False over TLS, where reading may need to write and the other way round."""
        return not isinstance(self.stream, ssl.SSLSocket)

    @property
    def interest(self) -> int:
        """What to wake for."""
        wants_write = self._wants_write or (self._ready and self._unsent)
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if wants_write else 0)

    def put(self, data: bytes) -> None:
        """To be sent when there is room."""
        self._unsent += data

    def is_connected(self) -> bool:
        """Whether the far end has taken the connection. Raises OSError if it has refused."""
        if not self._connected:
            code = self.stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, errno.errorcode.get(code, str(code)))
            try:
                self.stream.getpeername()
            except OSError:
                return False  # still on its way
            self._connected, self._wants_write = True, False
        return True

    def secure(self, context: ssl.SSLContext, server_name: str) -> None:
        """Go on over TLS."""
        self.stream = context.wrap_socket(
            self.stream, server_hostname=server_name or None, do_handshake_on_connect=False
        )

    def shake_hands(self) -> bool:
        """True once everything is ready to be spoken. Raises OSError if the far end cannot be trusted."""
        if self._ready or not self._connected:
            return self._ready
        self._wants_write = False
        if isinstance(self.stream, ssl.SSLSocket):
            try:
                self.stream.do_handshake()
            except ssl.SSLWantReadError:
                return False
            except ssl.SSLWantWriteError:
                self._wants_write = True
                return False
        self._ready = True
        return True

    def write(self) -> None:
        """Send what there is room for. Raises OSError if the connection is gone, or its far end takes nothing."""
        while self._unsent:
            try:
                sent = self.stream.send(self._unsent)
            except _WAIT:
                break
            del self._unsent[:sent]
        if len(self._unsent) > MOST_UNSENT:
            raise OSError(errno.ENOBUFS, "the far end takes nothing")

    def read(self) -> list[bytes]:
        """The messages that are complete. Raises OSError when the far end is gone, `NotSip` when it talks nonsense."""
        messages: list[bytes] = []
        while True:
            try:
                data = self.stream.recv(LARGEST_DATAGRAM)
            except _WAIT:
                return messages
            if not data:
                if messages:
                    return messages  # the end is read again, and then alone
                raise ConnectionResetError(errno.ECONNRESET, "closed by the far end")
            messages += self._reader.feed(data)
            self._unsent += PONG * self._reader.take_pings()


def _share(stream: socket.socket) -> None:
    """One port for listening and connecting (RFC 5923 in effect, without its negotiation)."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "SO_REUSEPORT"):
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _plain(host: str) -> str:
    """An address without its zone (fe80::1%eth0)."""
    return host.partition("%")[0]
