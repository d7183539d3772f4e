"""The sockets of an account, over loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from dutyphone_drivers.sip_account.endpoints import Arrived, Endpoints, Failed
from dutyphone_drivers.sip_account.wire import Address, Packet, Transport

OPTIONS = b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nCall-ID: %d\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def endpoints(transport: Transport, host: str = "127.0.0.1") -> Iterator[Endpoints]:
    opened = Endpoints(transport, host, 0)
    try:
        yield opened
    finally:
        opened.close()


def wait_for(opened: Endpoints, pieces: int = 1) -> list[Arrived | Failed]:
    came: list[Arrived | Failed] = []
    until = time.monotonic() + 5
    while len(came) < pieces and time.monotonic() < until:
        came += opened.wait(0.2)
    return came


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_datagrams_come_with_the_address_they_came_from(host: str, family: int) -> None:
    with endpoints(Transport.UDP, host) as ours, closing(socket.socket(family, socket.SOCK_DGRAM)) as far:
        far.bind((host, 0))
        far.sendto(b"hello", (host, ours.local.port))
        (came,) = wait_for(ours)
        assert came == Arrived(b"hello", Address(host, far.getsockname()[1], Transport.UDP))
        ours.send(Packet(b"answer", came.source))
        far.settimeout(5)
        assert far.recvfrom(100)[0] == b"answer"


def test_a_host_that_cannot_be_reached_is_said() -> None:
    with endpoints(Transport.UDP) as ours:
        nowhere = Address("255.255.255.255", 5060, Transport.UDP)  # broadcasting is not allowed
        ours.send(Packet(b"x", nowhere))
        (failed,) = wait_for(ours)
        assert isinstance(failed, Failed)
        assert failed.to == nowhere


def test_a_connection_is_opened_when_something_is_to_be_sent() -> None:
    with endpoints(Transport.TCP) as ours, closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(5)
        far = Address("127.0.0.1", server.getsockname()[1], Transport.TCP)
        ours.send(Packet(OPTIONS % 1, far))
        stream, source = server.accept()
        with closing(stream):
            assert source[1] == ours.local.port, "one address for both ways"
            stream.settimeout(5)
            assert wait_for(ours, 0) == []
            list(ours.wait(0.1))
            assert stream.recv(1000) == OPTIONS % 1
            stream.sendall(OPTIONS % 2 + (OPTIONS % 3)[:20])
            (came,) = wait_for(ours)
            assert came == Arrived(OPTIONS % 2, far)
            stream.sendall((OPTIONS % 3)[20:])
            assert wait_for(ours) == [Arrived(OPTIONS % 3, far)]


def test_a_connection_that_is_closed_or_refused_is_said() -> None:
    with endpoints(Transport.TCP) as ours:
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            far = Address("127.0.0.1", server.getsockname()[1], Transport.TCP)
            ours.send(Packet(OPTIONS % 1, far))
            stream, _source = server.accept()
            stream.close()
            (failed,) = wait_for(ours)
            assert isinstance(failed, Failed)
        ours.send(Packet(OPTIONS % 2, far))
        (refused,) = wait_for(ours)
        assert isinstance(refused, Failed)
        assert refused.to == far


def test_others_may_connect_to_us_and_are_answered_on_their_connection() -> None:
    with endpoints(Transport.TCP) as ours:
        with closing(socket.create_connection(("127.0.0.1", ours.local.port))) as stream:
            stream.sendall(OPTIONS % 1)
            (came,) = wait_for(ours)
            assert isinstance(came, Arrived)
            ours.send(Packet(b"SIP/2.0 200 OK\r\n\r\n", came.source))
            stream.settimeout(5)
            assert stream.recv(100) == b"SIP/2.0 200 OK\r\n\r\n"
        (gone,) = wait_for(ours)
        assert isinstance(gone, Failed)


def test_a_stream_of_nonsense_is_closed() -> None:
    with endpoints(Transport.TCP) as ours, closing(socket.create_connection(("127.0.0.1", ours.local.port))) as stream:
        stream.sendall(b"INVITE sip:x SIP/2.0\r\nContent-Length: many\r\n\r\n")
        (failed,) = wait_for(ours)
        assert isinstance(failed, Failed)
        stream.settimeout(5)
        assert stream.recv(10) == b""


def test_waiting_ends_when_it_is_woken() -> None:
    with endpoints(Transport.UDP) as ours:
        threading.Timer(0.05, ours.wake).start()
        began = time.monotonic()
        assert list(ours.wait(30)) == []
        assert time.monotonic() - began < 10


def test_an_address_that_is_taken_is_an_error() -> None:
    with endpoints(Transport.UDP) as ours, pytest.raises(OSError, match="in use"):
        Endpoints(Transport.UDP, "127.0.0.1", ours.local.port)
