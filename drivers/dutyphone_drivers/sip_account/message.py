"""SIP messages: bytes to requests and responses and back (RFC 3261 §7, compact names §7.3.3, folding §7.3.1).

The reader takes whatever it can make sense of; what a request may not be is judged by `faults`, so that it can be
answered. Text is UTF-8; in a field that is not, each byte beyond ASCII is one character (`surrogateescape`), so that a
name in GBK comes through with its bytes. `Content-Length` belongs to the framing and not to the message: reading takes
it off where it fits the body, `render` puts it on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, TypeVar

from dutyphone_drivers.sip_account import grammar

LONGEST_MESSAGE: Final = 65_535
"""Bytes: the largest UDP datagram there can be (RFC 3261 §18.1.1)."""
LONGEST_FIELD: Final = 16_384
"""Characters in one header field, unfolded."""
LONGEST_NAME: Final = 256
"""Characters of a field's name; a line with a longer one is none."""
MOST_FIELDS: Final = 256
VERSION: Final = "SIP/2.0"
END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
"""Line ends are CRLF (RFC 3261 §7); a bare LF is taken for one."""

Field = tuple[str, str]

_COMPACT: Final = {
    "a": "Accept-Contact",  # RFC 3841
    "b": "Referred-By",  # RFC 3892
    "c": "Content-Type",
    "d": "Request-Disposition",  # RFC 3841
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",  # RFC 3841
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",  # RFC 4474
    "o": "Event",  # RFC 6665
    "r": "Refer-To",  # RFC 3515
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",  # RFC 6665
    "v": "Via",
    "x": "Session-Expires",  # RFC 4028
    "y": "Identity",  # RFC 8224
}

LIST_FIELDS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "alert-info",
        "allow",
        "allow-events",
        "call-info",
        "contact",
        "content-encoding",
        "content-language",
        "diversion",
        "error-info",
        "history-info",
        "in-reply-to",
        "p-asserted-identity",
        "p-associated-uri",
        "p-preferred-identity",
        "path",
        "proxy-require",
        "reason",
        "record-route",
        "remote-party-id",
        "require",
        "route",
        "service-route",
        "supported",
        "unsupported",
        "via",
        "warning",
    }
)
"""Header fields whose values may be joined by commas in one line (RFC 3261 §7.3.1), in lower case."""

_VERSION = re.compile(r"SIP/[0-9]{1,9}\.[0-9]{1,9}", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/2\.0[ \t]+([1-6][0-9]{2})(?:[ \t]+(.*))?", re.IGNORECASE | re.DOTALL)
_LINE_END = re.compile(r"\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_LINE_BREAKS = str.maketrans("\r\n", "  ")


class NotSip(ValueError):
    """The bytes are no SIP message; nothing can be answered."""


class Headers:
    """Header fields in their order, names without regard to case. Never changed: each change is a new one."""

    __slots__ = ("_fields", "_values")

    def __init__(self, fields: Iterable[Field] = ()) -> None:
        self._fields = tuple(fields)
        values: dict[str, list[str]] = {}
        for name, value in self._fields:
            values.setdefault(name.lower(), []).append(value)
        self._values = values

    def get(self, name: str) -> str | None:
        """The first field `name`, as written; None if there is none."""
        values = self._values.get(name.lower())
        return values[0] if values else None

    def all(self, name: str) -> tuple[str, ...]:
        """All values of `name`; of a field that holds a list, each on its own."""
        key = name.lower()
        values = self._values.get(key, ())
        if key not in LIST_FIELDS:
            return tuple(values)
        return tuple(part for value in values for part in grammar.split(value, ",") if part)

    def has(self, name: str) -> bool:
        return name.lower() in self._values

    def count(self, name: str) -> int:
        """How many fields of this name there are, however many values they hold."""
        return len(self._values.get(name.lower(), ()))

    def plus(self, *fields: Field) -> Headers:
        """With `fields` below all others."""
        return Headers((*self._fields, *fields))

    def on_top(self, *fields: Field) -> Headers:
        """With `fields` above all others."""
        return Headers((*fields, *self._fields))

    def without(self, *names: str) -> Headers:
        """Without any field of these names."""
        unwanted = {name.lower() for name in names}
        return Headers(field for field in self._fields if field[0].lower() not in unwanted)

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    def _key(self) -> tuple[Field, ...]:
        return tuple((name.lower(), value) for name, value in self._fields)


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `uri` is the Request-URI as written; `version` is another than `VERSION` only to be refused."""

    method: str
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    version: str = VERSION


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `status` is 100 to 699."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def said(self) -> str:
        """Status and reason, for people."""
        return f"{self.status} {self.reason}".strip()


Message = Request | Response
AnyMessage = TypeVar("AnyMessage", Request, Response)


def with_headers(message: AnyMessage, headers: Headers) -> AnyMessage:
    """`message` with other header fields."""
    return replace(message, headers=headers)


def numbered(request: Request, cseq: int) -> Request:
    """`request` with another CSeq number (RFC 3261 §8.1.1.5)."""
    return with_headers(request, request.headers.without("CSeq").plus(("CSeq", f"{cseq} {request.method}")))


def read(data: bytes) -> Message:
    """One message, as one datagram or one frame of a stream carries it. Raises `NotSip` and nothing else.

    Where `Content-Length` is shorter than what came, the rest is dropped (RFC 3261 §18.3). Where it cannot be right it
    stays among the header fields.
    """
    if len(data) > LONGEST_MESSAGE:
        raise NotSip(f"{len(data)} bytes are more than a datagram holds")
    head, body = _parted(data.lstrip(b"\r\n"))
    lines = _LINE_END.split(head, maxsplit=1)
    start = _plain(lines[0])
    if len(start) > LONGEST_FIELD:
        raise NotSip(f"a first line of {len(start)} characters")
    status_line = _STATUS_LINE.fullmatch(start)
    method, uri, version = ("", "", "") if status_line else _read_request_line(start)
    headers, body = _framed(read_headers(lines[1]) if len(lines) > 1 else Headers(), body)
    if status_line:
        return Response(int(status_line[1]), status_line[2] or "", headers, body)
    return Request(method, uri, headers, body, version)


def read_headers(text: str) -> Headers:
    """The header fields of `text`, each byte beyond ASCII one character. A line that is none is passed over.

    Raises `NotSip` for too much.
    """
    found: list[Field] = []
    for line in _LINE_END.split(_FOLD.sub(" ", text)):
        if len(line) > LONGEST_FIELD:
            raise NotSip(f"a header field of {len(line)} characters")
        spelled, colon, value = line.partition(":")
        if not colon or len(spelled) > LONGEST_NAME or (name := _name(spelled)) is None:
            continue
        if len(found) == MOST_FIELDS:
            raise NotSip(f"more than {MOST_FIELDS} header fields")
        found.append((name, _plain(value)))
    return Headers(found)


def render(message: Message) -> bytes:
    """The bytes of `message`, with its `Content-Length`."""
    match message:
        case Request():
            start = f"{message.method} {message.uri} {message.version}"
        case Response():
            start = f"{VERSION} {message.status} {message.reason}"
    lines = [start]
    lines += [f"{name}: {value}" for name, value in message.headers if name.lower() != "content-length"]
    lines.append(f"Content-Length: {len(message.body)}")
    head = "\r\n".join(line.translate(_LINE_BREAKS) if "\n" in line or "\r" in line else line for line in lines)
    return f"{head}\r\n\r\n".encode("utf-8", "surrogateescape") + message.body


def declared_length(headers: Headers) -> int | None:
    """The one length that the `Content-Length` fields declare; None if there is none, or not one.

    Of one that is not a number or not always the same, nothing is believed.
    """
    values = {value.strip() for value in headers.all("Content-Length")}
    if len(values) != 1:
        return None
    value = values.pop()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= len(str(LONGEST_MESSAGE)) + 2 else None


def _parted(data: bytes) -> tuple[str, bytes]:
    """Head and body; without an empty line all is head."""
    if (end := END_OF_HEAD.search(data)) is None:
        head, body = data, b""
    else:
        head, body = data[: end.start()], data[end.end() :]
    return head.decode("ascii", "surrogateescape"), body


@lru_cache(maxsize=256)
def _name(spelled: str) -> str | None:
    """The name of a field, in full; None if it cannot be one. The same few names come in every message."""
    name = spelled.rstrip(" \t")
    return _COMPACT.get(name.lower(), name) if grammar.is_token(name) else None


def _plain(text: str) -> str:
    """`text` without outer blanks and line ends, in UTF-8 if it is that.

    If it is not, each byte stays for itself, or chance would hide where the characters of GBK begin.
    """
    text = (text.translate(_LINE_BREAKS) if "\r" in text else text).strip()
    if text.isascii():
        return text
    try:
        return text.encode("ascii", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        return text


def _read_request_line(line: str) -> tuple[str, str, str]:
    """Method, Request-URI and version. There may be more blanks between them than there should be."""
    words = line.split(maxsplit=1)
    rest = words[1].rsplit(maxsplit=1) if len(words) > 1 else []
    if len(rest) < 2 or not grammar.is_token(words[0]) or _VERSION.fullmatch(rest[1]) is None:
        raise NotSip("neither a request line nor a status line")
    return words[0], rest[0], rest[1].upper()


def _framed(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    length = declared_length(headers)
    if length is None or length > len(body):
        return headers, body
    return headers.without("Content-Length"), body[:length]
