"""The least of an exchange: a registrar on a datagram socket, and callers that speak for it. No SIP library, no core.

It keeps who is where, challenges nobody and forgets everything when told to. `Callers` are written out by hand as the
registrar is, so that what is measured is the other side alone.
"""

from __future__ import annotations

import itertools
import re
import select
import socket
import threading
import time
from collections import deque
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
_BOUND_S = 3600
_ONCE = ("From", "To", "Call-ID", "CSeq")


class Registrar:
    """Runs in a thread of its own, from the beginning of a `with` block to its end."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.settimeout(0.1)
        self._bindings: dict[str, str] = {}
        self._is_deaf = self._is_over = False
        self._bound = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="registrar")

    @property
    def server(self) -> str:
        """Where it is, as a line's settings say it."""
        return f"{HOST}:{self._socket.getsockname()[1]}"

    def contact(self, account: str, patience_s: float = 60.0) -> str:
        """The URI of whoever is bound as `account`, as soon as somebody is. Raises `TimeoutError`."""
        with self._bound:
            if not self._bound.wait_for(lambda: account in self._bindings, patience_s):
                raise TimeoutError(f"{account} did not register")
            return self._bindings[account]

    def forget(self) -> None:
        """Nobody is bound any more."""
        with self._bound:
            self._bindings.clear()

    def outage(self, account: str, length_s: float) -> float:
        """The network swallows everything for `length_s`; the seconds from its return until `account` is bound."""
        self._is_deaf = True
        time.sleep(length_s)
        self.forget()
        self._is_deaf = False
        began = time.monotonic()
        self.contact(account)
        return time.monotonic() - began

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._is_over:
            try:
                data, source = self._socket.recvfrom(65_535)
            except TimeoutError:
                continue
            if not self._is_deaf and not data.startswith(b"SIP/"):
                self._socket.sendto(self._answer(data.decode()), source)

    def _answer(self, request: str) -> bytes:
        if request.startswith("REGISTER"):
            self._bind(request)
        vias = [f"Via: {value}" for value in re.findall(r"(?mi)^Via:\s*(.*?)\r$", request)]
        once = [f"{name}: {_value(request, name)}" for name in _ONCE]
        once[1] += ";tag=registrar"
        contact = self._bindings.get(_account(request))
        bound = [f"Contact: <{contact}>;expires={_BOUND_S}"] if contact else []
        return _written("SIP/2.0 200 OK", *vias, *once, *bound)

    def _bind(self, request: str) -> None:
        account, asked = _account(request), re.search(r"(?mi)^Contact:.*?<(sip:[^>]*)>.*expires=(\d+)", request)
        with self._bound:
            if asked and int(asked[2]):
                self._bindings[account] = asked[1]
            elif asked:
                self._bindings.pop(account, None)
            self._bound.notify_all()


class Callers:
    """People who call `contact` and hang up before anybody answers, from one socket. Nothing is sent twice."""

    def __init__(self, contact: str) -> None:
        self._uri = contact
        host, _, port = contact.partition("@")[2].partition(";")[0].rpartition(":")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        self._socket.connect((host, int(port)))
        self._local = f"{HOST}:{self._socket.getsockname()[1]}"
        self._numbers = itertools.count(1)
        self._name = f"{time.time_ns():x}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ring(self) -> int:
        """One INVITE; the number of the call."""
        number = next(self._numbers)
        self._send(self._request(number, "INVITE"))
        return number

    def hang_up(self, number: int) -> None:
        """CANCEL, and the rest of the flow until the ACK."""
        self._send(self._request(number, "CANCEL"))
        self._socket.settimeout(5.0)
        while not (said := self._socket.recv(65_535)).startswith(b"SIP/2.0 487"):
            pass
        self._send(self._request(number, "ACK", said.decode()))

    def crowd(self, calls: int, *, a_second: float, rings_s: float) -> None:
        """So many calls, each of which rings for so long; returns after the last ACK, or 5 s after the last CANCEL."""
        ringing: deque[tuple[float, int]] = deque()
        began, begun, open_calls = time.monotonic(), 0, 0
        hung_up = began
        while begun < calls or ringing or (open_calls and time.monotonic() < hung_up + 5.0):
            now = time.monotonic()
            while begun < calls and now >= began + begun / a_second:
                ringing.append((now + rings_s, self.ring()))
                begun, open_calls = begun + 1, open_calls + 1
            while ringing and ringing[0][0] <= now:
                self._send(self._request(ringing.popleft()[1], "CANCEL"))
                hung_up = now
            if select.select([self._socket], [], [], 0.002)[0]:
                said = self._socket.recv(65_535)
                if said.startswith(b"SIP/2.0 487"):
                    text = said.decode()
                    self._send(self._request(int(_value(text, "CSeq").split()[0]), "ACK", text))
                    open_calls -= 1

    def _send(self, message: bytes) -> None:
        self._socket.send(message)

    def _request(self, number: int, method: str, answer: str = "") -> bytes:
        """The CSeq of a call is its number: what an answer belongs to is read from there."""
        called = _value(answer, "To") if answer else f"<{self._uri}>"
        body = _SDP if method == "INVITE" else ""
        about = [f"Contact: <sip:trunk@{self._local}>", "Content-Type: application/sdp"] if body else []
        return _written(
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._local};branch=z9hG4bK-{self._name}-{number};rport",
            "Max-Forwards: 70",
            f"From: <sip:1390000{number % 10_000:04}@{self._local}>;tag=caller-{number}",
            f"To: {called}",
            f"Call-ID: {self._name}-{number}@{HOST}",
            f"CSeq: {number} {method}",
            *about,
            body=body,
        )


_SDP = f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0\r\n"


def _written(*lines: str, body: str = "") -> bytes:
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "", body)).encode()


def _value(message: str, name: str) -> str:
    found = re.search(rf"(?mi)^{name}:\s*(.*?)\r$", message)
    assert found, f"no {name} in {message}"
    return found[1]


def _account(request: str) -> str:
    return _value(request, "To").partition(":")[2].partition("@")[0]
