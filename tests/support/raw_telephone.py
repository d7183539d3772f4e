"""A telephone made of sockets and string operations: what the simulated exchange is proved with.

It shares no code with the exchange or the driver. It reads what comes, remembers it, and sends what a test says; what
every telephone does by itself (100, ACK) it does only when told.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PATIENCE_S = 3.0
_COUNT = itertools.count(1)


@dataclass
class Heard:
    """A message as it came."""

    raw: bytes
    at: float
    start: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def __post_init__(self) -> None:
        head, _, self.body = self.raw.partition(b"\r\n\r\n")
        text = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "surrogateescape"))
        self.start, *lines = text.split("\r\n")
        self.fields = [
            (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
        ]

    def __getitem__(self, name: str) -> str:
        return next((value for written, value in self.fields if written == name.lower()), "")

    def every(self, name: str) -> list[str]:
        return [value for written, value in self.fields if written == name.lower()]

    @property
    def method(self) -> str:
        return "" if self.start.startswith("SIP/") else self.start.split(" ")[0]

    @property
    def uri(self) -> str:
        return self.start.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/") else 0

    @property
    def to_tag(self) -> str:
        return tag_of(self["to"])


class RawTelephone:
    """A telephone of the account 1001 at `server`; `transport` udp, tcp or tls."""

    def __init__(
        self,
        server: tuple[str, int],
        *,
        user: str = "1001",
        password: str = "duty-1001",
        transport: str = "udp",
        ca_file: Path | None = None,
    ) -> None:
        self.server, self.user, self.password, self.transport = server, user, password, transport
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self.heard: list[Heard] = []
        self._buffer = b""
        if transport == "udp":
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.bind((server[0], 0))
        else:
            plain = socket.create_connection(server)
            if transport == "tls":
                context = ssl.create_default_context(cafile=ca_file)
                plain = context.wrap_socket(plain, server_hostname=server[0])
            self.socket = plain
        self.contact_user = f"{user}-token"
        self.registration = 0
        self.call_id = f"register-{next(_COUNT)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    # --- words ---------------------------------------------------------------------------------------------------

    @property
    def own(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def contact(self) -> str:
        return f"<sip:{self.contact_user}@{self.own}>"

    def send(self, text: str, body: bytes = b"") -> None:
        data = text.replace("\n", "\r\n").encode("utf-8", "surrogateescape") + b"\r\n" + body
        if self.transport == "udp":
            self.socket.sendto(data, self.server)
        else:
            self.socket.sendall(data)

    def request(
        self,
        method: str,
        *,
        uri: str = "",
        to: str = "",
        from_tag: str = "",
        call_id: str = "",
        number: int = 1,
        headers: str = "",
        body: bytes = b"",
        branch: str = "",
    ) -> str:
        """Send a request; its branch."""
        host = self.server[0] if ":" not in self.server[0] else f"[{self.server[0]}]"
        count = next(_COUNT)
        branch = branch or f"z9hG4bK-raw-{count}"
        self.send(
            f"{method} {uri or f'sip:{host}'} SIP/2.0\n"
            f"Via: SIP/2.0/{self.transport.upper()} {self.own};branch={branch};rport\n"
            f"Max-Forwards: 70\n"
            f"From: <sip:{self.user}@{host}>;tag={from_tag or f't{count}'}\n"
            f"To: {to or f'<sip:{self.user}@{host}>'}\n"
            f"Call-ID: {call_id or f'call-{count}'}\n"
            f"CSeq: {number} {method}\n"
            f"Contact: {self.contact}\n{headers}"
            f"Content-Length: {len(body)}\n",
            body,
        )
        return branch

    def answer(
        self, request: Heard, status: int, *, tag: str = "mine", headers: str = "", body: bytes = b"", contact: str = ""
    ) -> None:
        """Answer `request` as RFC 3261 §8.2.6 wants it."""
        to = request["to"]
        if status > 100 and "tag=" not in to:
            to += f";tag={tag}"
        copied = "".join(f"Via: {via}\n" for via in request.every("via"))
        copied += "".join(f"Record-Route: {route}\n" for route in request.every("record-route"))
        self.send(
            f"SIP/2.0 {status} Word\n{copied}From: {request['from']}\nTo: {to}\nCall-ID: {request['call-id']}\n"
            f"CSeq: {request['cseq']}\nContact: {contact or self.contact}\n{headers}"
            f"Content-Length: {len(body)}\n",
            body,
        )

    # --- ears ----------------------------------------------------------------------------------------------------

    def hear(self, wanted: Callable[[Heard], bool] | str | int, timeout_s: float = PATIENCE_S) -> Heard:
        """The next message that is wanted: by method, status or predicate. What else comes is kept in `heard`."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            message = self._next(left)
            if message is None:
                break
            self.heard.append(message)
            if _is(message, wanted):
                return message
        raise AssertionError(f"{wanted} did not come; {[message.start for message in self.heard]}")

    def quiet(self, seconds: float) -> list[Heard]:
        """What comes within `seconds`."""
        deadline, came = time.monotonic() + seconds, []
        while (left := deadline - time.monotonic()) > 0 and (message := self._next(left)) is not None:
            came.append(message)
        self.heard += came
        return came

    def _next(self, timeout_s: float) -> Heard | None:
        deadline = time.monotonic() + timeout_s
        while True:
            if self.transport != "udp" and (whole := self._take_whole()) is not None:
                return Heard(whole, time.monotonic())
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.socket.recv(65_536)
            except (TimeoutError, ConnectionError):
                return None
            if not data:
                return None
            if self.transport == "udp":
                return Heard(data, time.monotonic())
            self._buffer += data

    def _take_whole(self) -> bytes | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        found = re.search(rb"(?i)\r\n(?:content-length|l): *(\d+)", self._buffer[:end])
        size = end + 4 + (int(found[1]) if found else 0)
        if len(self._buffer) < size:
            return None
        whole, self._buffer = self._buffer[:size], self._buffer[size:]
        return whole

    # --- what telephones do --------------------------------------------------------------------------------------

    def register(self, expires: int = 60, *, params: str = "", contact: str = "") -> Heard:
        """Register, with a password if one is asked for; the final answer."""
        authorization = ""
        for _ in range(3):
            self.registration += 1
            host = self.server[0] if ":" not in self.server[0] else f"[{self.server[0]}]"
            uri = f"sip:{host}"
            self.send(
                f"REGISTER {uri} SIP/2.0\n"
                f"Via: SIP/2.0/{self.transport.upper()} {self.own};branch=z9hG4bK-reg-{next(_COUNT)};rport\n"
                f"Max-Forwards: 70\nFrom: <sip:{self.user}@{host}>;tag=reg\nTo: <sip:{self.user}@{host}>\n"
                f"Call-ID: {self.call_id}\nCSeq: {self.registration} REGISTER\n"
                f"Contact: {contact or self.contact}{params}\nExpires: {expires}\n{authorization}Content-Length: 0\n"
            )
            answer = self.hear(lambda heard: heard.status >= 200 and "REGISTER" in heard["cseq"])
            if answer.status not in (401, 407) or (authorization and "stale=TRUE" not in answer.raw.decode()):
                return answer
            authorization = self.authorize(answer, "REGISTER", uri)
        return answer

    def authorize(self, challenge: Heard, method: str, uri: str, *, qop: bool = True, nc: int = 1) -> str:
        """The header that answers `challenge`."""
        name = "WWW-Authenticate" if challenge.status == 401 else "Proxy-Authenticate"
        asked = challenge[name]
        said = dict(re.findall(r'(\w+)="([^"]*)"', asked))
        sha = "algorithm=SHA-256" in asked
        digest = hashlib.sha256 if sha else hashlib.md5

        def hashed(text: str) -> str:
            return digest(text.encode()).hexdigest()

        secret, what = hashed(f"{self.user}:{said['realm']}:{self.password}"), hashed(f"{method}:{uri}")
        answer = f'Digest username="{self.user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}"'
        if qop and "qop" in said:
            response = hashed(f"{secret}:{said['nonce']}:{nc:08x}:c0ffee:auth:{what}")
            answer += f', qop=auth, nc={nc:08x}, cnonce="c0ffee"'
        else:
            response = hashed(f"{secret}:{said['nonce']}:{what}")
        algorithm = "SHA-256" if sha else "MD5"
        header = "Authorization" if challenge.status == 401 else "Proxy-Authorization"
        return f'{header}: {answer}, response="{response}", algorithm={algorithm}\n'


def tag_of(value: str) -> str:
    found = re.search(r";\s*tag=([^;>]+)", value)
    return found[1] if found else ""


def sdp(host: str, port: int, codec: int = 8) -> bytes:
    kind = "IP6" if ":" in host else "IP4"
    return (
        f"v=0\r\no=- 1 1 IN {kind} {host}\r\ns=-\r\nc=IN {kind} {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {codec} 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    ).encode()


def _is(message: Heard, wanted: Callable[[Heard], bool] | str | int) -> bool:
    if isinstance(wanted, str):
        return message.method == wanted
    if isinstance(wanted, int):
        return message.status == wanted
    return wanted(message)
