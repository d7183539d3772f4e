"""SIP messages: read from bytes, and written as bytes in plain or odd forms (RFC 3261 §7).

Header values are text in which bytes that are not UTF-8 survive (surrogate escapes), because names come in GBK too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dutyphone_simulators.sip.addresses import split_list

MOST_BYTES = 65_535
"""The largest message: a UDP datagram can hold no more."""

COMPACT = {
    "i": "call-id",
    "m": "contact",
    "e": "content-encoding",
    "l": "content-length",
    "c": "content-type",
    "f": "from",
    "s": "subject",
    "k": "supported",
    "t": "to",
    "v": "via",
    "o": "event",  # RFC 6665
    "u": "allow-events",
    "r": "refer-to",  # RFC 3515
    "b": "referred-by",  # RFC 3892
    "x": "session-expires",  # RFC 4028
}
"""Compact header names (§7.3.3 and the RFC named) and what they stand for."""

_SHORT = {name: short for short, name in COMPACT.items()}
_LISTS = frozenset({"via", "contact", "route", "record-route", "p-asserted-identity", "diversion", "history-info"})
_REQUEST_LINE = re.compile(r"([!%'*+\-.0-9A-Z_`a-z~]+) +(\S+) +SIP/2\.0")
_STATUS_LINE = re.compile(r"SIP/2\.0 +([1-6]\d\d)(?: (.*))?")

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
}
"""Reason phrases (§21)."""

Headers = tuple[tuple[str, str], ...]


class NotSip(ValueError):
    """These bytes are not a SIP message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What requests and responses have in common. `headers` keep their order; names are as they were written."""

    headers: Headers = ()
    body: bytes = b""

    def first(self, name: str) -> str | None:
        """The first value of the header `name` (lower case), by its long or compact name; None if it is not there."""
        for written, value in self.headers:
            if _long(written) == name:
                return value
        return None

    def get(self, name: str) -> str:
        """As `first`, but empty if it is not there."""
        return self.first(name) or ""

    def every(self, name: str) -> list[str]:
        """All values of the header `name` (lower case), a list in one line taken apart."""
        values = [value for written, value in self.headers if _long(written) == name]
        if name not in _LISTS:
            return values
        return [element for value in values for element in split_list(value) if element]

    @property
    def call_id(self) -> str:
        return self.get("call-id")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method; (-1, "") if it cannot be read."""
        number, _, method = self.get("cseq").strip().partition(" ")
        return (int(number), method.strip()) if number.isdecimal() and len(number) <= 10 else (-1, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Message):
    method: str
    uri: str

    @property
    def start(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Message):
    status: int
    reason: str = ""

    @property
    def start(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason or REASONS.get(self.status, 'Unknown')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a message is written. All of these are the same message to a reader who has read §7.3."""

    compact: bool = False  # f: instead of From:
    folded: bool = False  # continued on a second line that begins with a tab
    shouted: bool = False  # FROM:
    spaced: bool = False  # From : value
    joined: bool = False  # several Via in one line
    content_length: bool = True  # may be left out over UDP


PLAIN = Style()


def read_message(data: bytes) -> Request | Response:
    """The message in `data`. Raises `NotSip`."""
    data = data.lstrip(b"\r\n")
    head, gap, body = data.partition(b"\r\n\r\n")
    if not gap:
        head, gap, body = data.partition(b"\n\n")
    if not gap:
        raise NotSip("the headers do not end")
    text = re.sub(r"\r?\n[ \t]+", " ", head.decode("utf-8", "surrogateescape"))
    start, *lines = re.split(r"\r?\n", text)
    headers = tuple(_header(line) for line in lines if line)
    if found := _STATUS_LINE.fullmatch(start):
        message: Request | Response = Response(status=int(found[1]), reason=found[2] or "", headers=headers)
    elif found := _REQUEST_LINE.fullmatch(start):
        message = Request(method=found[1], uri=found[2], headers=headers)
    else:
        raise NotSip("neither a request nor a response")
    length = message.first("content-length")
    if length is not None:
        if not length.strip().isdecimal() or int(length) > len(body):
            raise NotSip("the body is not as long as it says")
        body = body[: int(length)]
    return replace(message, body=body)


def write_message(message: Request | Response, style: Style = PLAIN) -> bytes:
    """`message` as bytes, with the length of its body."""
    headers = [(name, value) for name, value in message.headers if _long(name) != "content-length"]
    if style.joined:
        headers = _join_vias(headers)
    if style.content_length:
        headers.append(("Content-Length", str(len(message.body))))
    lines = [message.start, *(_written(name, value, style) for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + message.body


class Framer:
    """Takes messages out of a stream by their Content-Length (§18.3). Raises `NotSip` when it has lost its place."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The whole messages that `data` completes. A keep-alive (RFC 5626 §3.5.1) comes out as CR LF CR LF."""
        self._buffer += data
        while self._buffer:
            if self._buffer.startswith(b"\r\n\r\n"):
                del self._buffer[:4]
                yield b"\r\n\r\n"
                continue
            if self._buffer == b"\r\n":
                return
            blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
            end = self._buffer.find(b"\r\n\r\n", blank)
            if end < 0:
                if len(self._buffer) > MOST_BYTES:
                    raise NotSip("the headers never end")
                return
            found = re.search(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$", self._buffer[:end])
            size = end + 4 + (int(found[1]) if found else 0)
            if size > MOST_BYTES:
                raise NotSip("the message is too large")
            if len(self._buffer) < size:
                return
            yield bytes(self._buffer[blank:size])
            del self._buffer[:size]


def _long(name: str) -> str:
    name = name.lower()
    return COMPACT.get(name, name)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise NotSip(f"{line!r} is not a header")
    return name.rstrip(), value.strip()


def _written(name: str, value: str, style: Style) -> str:
    if style.compact and (short := _SHORT.get(name.lower())):
        name = short
    if style.shouted:
        name = name.upper()
    if style.folded and ";" in value and '"' not in value:
        value = value.replace(";", "\r\n\t;", 1) if ">" not in value else value.replace(">;", ">\r\n\t;", 1)
    return f"{name}{' ' if style.spaced else ''}: {value}"


def _join_vias(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    vias = ", ".join(value for name, value in headers if _long(name) == "via")
    rest = [(name, value) for name, value in headers if _long(name) != "via"]
    return [("Via", vias), *rest]
