"""What a message carries: one body, or several in one (RFC 3261 §7.4, RFC 2046 §5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dutyphone_drivers.sip_account import grammar
from dutyphone_drivers.sip_account.message import END_OF_HEAD, Headers, Message, NotSip, read_headers

SDP: Final = "application/sdp"

_DEEPEST: Final = 4
_MOST_PARTS: Final = 32
_LONGEST_BOUNDARY: Final = 70
"""RFC 2046 §5.1.1."""


@dataclass(frozen=True, slots=True)
class Part:
    """One body. `content_type` is in lower case and without parameters, empty if it was not said."""

    content_type: str
    headers: Headers
    body: bytes

    @property
    def is_optional(self) -> bool:
        """Whether a reader that does not know the type may do without it (RFC 3261 §20.11)."""
        disposition = self.headers.get("Content-Disposition") or ""
        return grammar.parameter(grammar.read_parameters(disposition), "handling") == "optional"


def parts(message: Message) -> tuple[Part, ...]:
    """The bodies of `message`, however deep in each other; none of an empty body. A cut last one is one, too."""
    return tuple(_parts(message.headers, message.body, _DEEPEST))[:_MOST_PARTS] if message.body else ()


def find(message: Message, content_type: str) -> bytes | None:
    """The first body of this type; None if there is none."""
    return next((part.body for part in parts(message) if part.content_type == content_type), None)


def _parts(headers: Headers, body: bytes, depth: int) -> Iterator[Part]:
    value = headers.get("Content-Type") or ""
    content_type = re.sub(r"\s", "", value.partition(";")[0]).lower()
    boundary = grammar.parameter(grammar.read_parameters(value), "boundary")
    if not content_type.startswith("multipart/") or not boundary or len(boundary) > _LONGEST_BOUNDARY or not depth:
        yield Part(content_type, headers, body)
        return
    for piece in _pieces(body, boundary.encode("utf-8", "surrogateescape")):
        head, inside = _split(piece)
        yield from _parts(head, inside, depth - 1)


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the delimiter lines; the line end before each belongs to it."""
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    pieces: list[bytes] = []
    start: int | None = None
    for found in delimiter.finditer(body):
        if start is not None:
            pieces.append(body[start : found.start()])
        start = found.end()
        if found[1] or len(pieces) == _MOST_PARTS:
            return pieces
    return pieces if start is None else [*pieces, body[start:]]


def _split(piece: bytes) -> tuple[Headers, bytes]:
    """Header fields and body of a part, which begins with the end of the delimiter's line."""
    if (end := END_OF_HEAD.match(piece)) is not None:
        return Headers(), piece[end.end() :]
    if (end := END_OF_HEAD.search(piece)) is None:
        return Headers(), piece.lstrip(b"\r\n")
    try:
        return read_headers(piece[: end.start()].decode("ascii", "surrogateescape")), piece[end.end() :]
    except NotSip:
        return Headers(), piece[end.end() :]
