"""The header fields that signalling turns on, each read on its own: None when missing or malformed.

Tolerant where there is one sensible reading, as RFC 4475 advises: blanks inside `<...>`, commas in unquoted names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, wraps
from typing import Final, TypeVar

from dutyphone.lines.names import decode_name
from dutyphone_drivers.sip_account import grammar, wire
from dutyphone_drivers.sip_account import uri as uris
from dutyphone_drivers.sip_account.message import Message, Request

LONGEST_NAME: Final = 256
"""Characters of a display name that are kept."""
LARGEST_CSEQ: Final = 2**31 - 1
"""RFC 3261 §8.1.1.5: less than 2**31."""
MAGIC_COOKIE: Final = "z9hG4bK"
"""RFC 3261 §8.1.1.7: how the branch of every later client than RFC 2543 begins."""
LONGEST_SECONDS: Final = 2**32 - 1
"""RFC 3261 §20.19: the largest delta-seconds; more means as much."""

_LONGEST_REMEMBERED: Final = 512
"""Characters: longer than any telephone sends, and a scanner cannot make us keep much."""

Read = TypeVar("Read")

_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.\-]+"
_PORT = r"[0-9]{1,5}"
_VIA = re.compile(rf"SIP\s*/\s*2\.0\s*/\s*({grammar.TOKEN})\s+({_HOST})\s*(?::\s*({_PORT})\s*)?(?=;|\Z)", re.IGNORECASE)
_CSEQ = re.compile(rf"([0-9]+)\s+({grammar.TOKEN})")
_QUOTED = re.compile(grammar.QUOTED, re.DOTALL)
_BARE = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^<>"\s;,?]+')


@dataclass(frozen=True, slots=True)
class Via:
    """One hop (RFC 3261 §20.42). `transport` is in capitals; `host` has no brackets."""

    transport: str
    host: str
    port: int | None = None
    parameters: grammar.Parameters = ()

    @property
    def branch(self) -> str | None:
        return grammar.parameter(self.parameters, "branch") or None

    @property
    def received(self) -> str | None:
        """The address that the request really came from (§18.2.1), without brackets."""
        value = grammar.parameter(self.parameters, "received")
        return value.strip("[]") if value else None

    @property
    def rport(self) -> int | None:
        """The port that the request really came from (RFC 3581 §4); None while it is only asked for."""
        value = grammar.parameter(self.parameters, "rport")
        return _port(value) if value else None

    @property
    def asks_rport(self) -> bool:
        """Whether `rport` is there, with or without a value."""
        return grammar.parameter(self.parameters, "rport") is not None

    @property
    def follows_rfc3261(self) -> bool:
        """Whether the branch names the transaction (§17.2.3); a bare cookie names none."""
        return len(self.branch or "") > len(MAGIC_COOKIE) and (self.branch or "").lower().startswith(_COOKIE)

    def seen_from(self, host: str, port: int) -> Via:
        """As a server hands it on (§18.2.1, RFC 3581 §4): `received` if it is not where it says, `rport` if asked."""
        kept = tuple(
            (name, str(port) if name == "rport" else value) for name, value in self.parameters if name != "received"
        )
        stamp = (("received", host),) if self.host != host or self.asks_rport else ()
        return replace(self, parameters=(*kept, *stamp))

    def __str__(self) -> str:
        sent_by = wire.hostport(self.host, self.port)
        return f"SIP/2.0/{self.transport} {sent_by}{grammar.write_parameters(self.parameters)}"


@dataclass(frozen=True, slots=True)
class CSeq:
    """RFC 3261 §20.16."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(frozen=True, slots=True)
class NameAddr:
    """A name, an address and what is said of it (From, To, Contact, P-Asserted-Identity ...).

    `name` is the display name decoded for people, without control characters and cut at `LONGEST_NAME`, empty if there
    is none; `name_bytes` is what was sent. `text` is the address as written, `uri` the same understood, None if it is
    not a URI.
    """

    name: str
    name_bytes: bytes
    uri: uris.Uri | None
    text: str
    parameters: grammar.Parameters = ()

    @property
    def tag(self) -> str | None:
        return self.parameter("tag") or None

    def parameter(self, name: str) -> str | None:
        """The value of a parameter: None if it is not there, empty if it has no value."""
        return grammar.parameter(self.parameters, name)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request was sent (RFC 3326). `protocol` in capitals: SIP, Q.850. `cause` is None if there is none."""

    protocol: str
    cause: int | None
    text: str = ""


def _remembering(read: Callable[[str], Read | None]) -> Callable[[str], Read | None]:
    """`read`, not done again for the short values that every room asks for while one message is dealt with."""
    remembered = lru_cache(maxsize=256)(read)

    @wraps(read)
    def reading(value: str) -> Read | None:
        return remembered(value) if len(value) <= _LONGEST_REMEMBERED else read(value)

    return reading


@_remembering
def read_via(value: str) -> Via | None:
    """One value of a Via field."""
    stripped = value.strip()
    if (start := _VIA.match(stripped)) is None:
        return None
    port = _port(start[3]) if start[3] else None
    if start[3] and port is None:
        return None
    return Via(start[1].upper(), start[2].strip("[]"), port, grammar.read_parameters(stripped[start.end() :]))


@_remembering
def read_name_addr(value: str) -> NameAddr | None:
    """One `name-addr` or `addr-spec` with its parameters (RFC 3261 §20.10).

    Without brackets, whatever follows a semicolon belongs to the field and not to the URI, and a URI with a comma or a
    question mark is none.
    """
    value = value.strip()
    if value.startswith('"'):
        quoted = _QUOTED.match(value)
        opening = quoted.end() if quoted else -1
        if quoted is None or not value[opening:].lstrip().startswith("<"):
            return None
        return _in_brackets(grammar.unquote(quoted[0]), value[opening:].lstrip())
    if (opening := value.find("<")) >= 0:
        return _in_brackets(value[:opening].rstrip(), value[opening:])
    text, _, tail = value.partition(";")
    text = text.rstrip()
    return _addressed("", text, tail) if _BARE.fullmatch(text) else None


def read_uri(text: str) -> uris.Uri | None:
    """An address without brackets around it."""
    try:
        return uris.read(text)
    except uris.NotUri:
        return None


def read_cseq(value: str) -> CSeq | None:
    if (parts := _CSEQ.fullmatch(value.strip())) is None:
        return None
    number = whole_number(parts[1], LARGEST_CSEQ)
    return None if number is None else CSeq(number, parts[2])


def read_reason(value: str) -> Reason | None:
    """One value of a Reason field."""
    protocol, *rest = grammar.split(value, ";")
    parameters = dict(grammar.split_name_value(part) for part in rest if part)
    if not grammar.is_token(protocol):
        return None
    return Reason(protocol.upper(), whole_number(parameters.get("cause") or "", 999), parameters.get("text") or "")


def vias(message: Message) -> tuple[Via | None, ...]:
    """All hops, the nearest first."""
    return tuple(read_via(value) for value in message.headers.all("Via"))


def top_via(message: Message) -> Via | None:
    """The nearest hop."""
    value = message.headers.get("Via")
    return read_via(grammar.split(value, ",")[0]) if value else None


def call_id(message: Message) -> str | None:
    return message.headers.get("Call-ID") or None


def cseq(message: Message) -> CSeq | None:
    value = message.headers.get("CSeq")
    return read_cseq(value) if value else None


def from_(message: Message) -> NameAddr | None:
    return _name_addr(message.headers.get("From"))


def to(message: Message) -> NameAddr | None:
    return _name_addr(message.headers.get("To"))


def contact(message: Message) -> NameAddr | None:
    """The first contact; None also for `*`."""
    return next(iter(contacts(message)), None)


def contacts(message: Message) -> tuple[NameAddr, ...]:
    """All contacts that can be read."""
    return tuple(_name_addrs(message, "Contact"))


def name_addrs(message: Message, name: str) -> tuple[NameAddr, ...]:
    """All values of the field `name` that can be read."""
    return tuple(_name_addrs(message, name))


def request_uri(request: Request) -> uris.Uri | None:
    """Where the request is to go, understood."""
    return read_uri(request.uri)


def expires(message: Message) -> int | None:
    """Seconds of the Expires field."""
    value = message.headers.get("Expires")
    return seconds(value) if value else None


def reason(message: Message) -> tuple[Reason, ...]:
    """Why it was sent (RFC 3326); a value that cannot be read is passed over."""
    found = (read_reason(value) for value in message.headers.all("Reason"))
    return tuple(one for one in found if one is not None)


def tag_of(value: str | None) -> str | None:
    """The tag in the value of a From or To field; None if there is none."""
    address = _name_addr(value)
    return address.tag if address else None


def seconds(text: str) -> int | None:
    """delta-seconds (RFC 3261 §25.1), at most `LONGEST_SECONDS`; None if it is no number. `;` and `(` end it."""
    digits = re.split(r"[;(\s]", text.strip(), maxsplit=1)[0]
    if not (digits.isascii() and digits.isdigit()):
        return None
    return min(int(digits[-11:]) if len(digits.lstrip("0")) <= 11 else LONGEST_SECONDS, LONGEST_SECONDS)


def whole_number(text: str, largest: int) -> int | None:
    """`text` as a number from 0 to `largest`, however many zeros are in front; None if it is none."""
    digits = text.strip().lstrip("0") or text.strip()[:1]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(largest))):
        return None
    number = int(digits)
    return number if number <= largest else None


_COOKIE: Final = MAGIC_COOKIE.lower()


def _in_brackets(name: str, rest: str) -> NameAddr | None:
    text, closing, tail = rest[1:].partition(">")
    tail = tail.lstrip()
    if not closing or "<" in text or not (tail == "" or tail.startswith(";")):
        return None
    return _addressed(name, text.strip(), tail)


def _addressed(name: str, text: str, tail: str) -> NameAddr:
    raw = name.encode("utf-8", "surrogateescape")
    decoded = decode_name(raw)[:LONGEST_NAME] if raw else ""
    return NameAddr(decoded, raw, read_uri(text), text, grammar.read_parameters(tail))


def _port(text: str) -> int | None:
    return whole_number(text, 65_535)


def _name_addr(value: str | None) -> NameAddr | None:
    return read_name_addr(value) if value else None


def _name_addrs(message: Message, name: str) -> Iterator[NameAddr]:
    for value in message.headers.all(name):
        if (address := read_name_addr(value)) is not None:
            yield address
