"""What is wrong with a request, and which answer says so (RFC 3261 §8.2, §16.3, §21.4.1; RFC 4475 §3).

Only faults that leave a request without one sensible meaning are found; what RFC 4475 lets a server overlook (a date
that is none, header fields in the Request-URI, blanks too many) is overlooked, since every refusal may be a lost call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from dutyphone_drivers.sip_account import bodies, fields
from dutyphone_drivers.sip_account.message import VERSION, Request

Fault = tuple[int, str]
"""Status and reason phrase of the answer."""

_MANDATORY: Final = ("Via", "From", "To", "Call-ID", "CSeq")
"""RFC 3261 §8.1.1. Max-Forwards is not insisted upon: RFC 2543 did not have it (RFC 4475 §3.4.1)."""
_SINGLE: Final = ("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type")
"""Header fields that are not lists (RFC 3261 §7.3.1)."""
_SCHEMES: Final = frozenset({"sip", "sips", "tel"})
_WITHOUT_REQUIRE: Final = frozenset({"ACK", "CANCEL"})
"""RFC 3261 §8.2.2.3: where Require is to be ignored."""
_MOST_HOPS_DIGITS: Final = 9


def fault_of(request: Request, supported: Collection[str] = ()) -> Fault | None:
    """The answer that `request` deserves before anybody asks what it wants; None if there is nothing wrong with it.

    `supported` are the option tags we understand (RFC 3261 §8.2.2.3), in lower case. With 420 goes `Unsupported`: see
    `unsupported`. An ACK is never answered, whatever is wrong.
    """
    for check in _CHECKS:
        if (fault := check(request)) is not None:
            return fault
    return (420, "Bad Extension") if unsupported(request, supported) else None


def unsupported(request: Request, supported: Collection[str]) -> tuple[str, ...]:
    """The option tags that `request` demands and we do not have; for the field `Unsupported`."""
    if request.method in _WITHOUT_REQUIRE:
        return ()
    return tuple(tag for tag in request.headers.all("Require") if tag.lower() not in supported)


def body_fault(request: Request, described: str = bodies.SDP) -> Fault | None:
    """415 if its body cannot be done without and is not `described` (RFC 3261 §8.2.3), 406 if no such is taken.

    Not part of `fault_of`: a call is to ring, and to be written down, whatever its body is. Ask when it is answered.
    """
    parts = bodies.parts(request)
    if all(part.content_type != described for part in parts) and any(not part.is_optional for part in parts):
        return 415, "Unsupported Media Type"
    accepted = {value.partition(";")[0].strip().lower() for value in request.headers.all("Accept")}
    general = described.partition("/")[0] + "/*"
    return (406, "Not Acceptable") if accepted and not accepted & {described, general, "*/*"} else None


def _wrong_version(request: Request) -> Fault | None:
    return None if request.version == VERSION else (505, "Version Not Supported")


def _wrong_length(request: Request) -> Fault | None:
    """Whatever fits was taken off when the message was read."""
    return _bad("Content-Length is not the length of the body") if request.headers.has("Content-Length") else None


def _missing(request: Request) -> Fault | None:
    missing = [name for name in _MANDATORY if not request.headers.get(name)]
    return _bad(f"Missing {', '.join(missing)}") if missing else None


def _twice(request: Request) -> Fault | None:
    twice = [name for name in _SINGLE if request.headers.count(name) > 1]
    return _bad(f"More than one {', '.join(twice)}") if twice else None


def _unreadable(request: Request) -> Fault | None:
    broken = list(_broken_fields(request))
    return _bad(f"Malformed {', '.join(broken)}") if broken else None


def _broken_fields(request: Request) -> Iterable[str]:
    if None in fields.vias(request):
        yield "Via"
    for name, address in (("From", fields.from_(request)), ("To", fields.to(request))):
        if address is None or address.uri is None:
            yield name
    contacts = request.headers.all("Contact")
    if contacts != ("*",) and any(fields.read_name_addr(value) is None for value in contacts):
        yield "Contact"
    hops = request.headers.get("Max-Forwards")
    if hops is not None and fields.whole_number(hops, 10**_MOST_HOPS_DIGITS) is None:
        yield "Max-Forwards"


def _wrong_cseq(request: Request) -> Fault | None:
    cseq = fields.cseq(request)
    if cseq is None:
        return _bad("Malformed CSeq")
    return None if cseq.method == request.method else _bad("CSeq names another method")


def _wrong_uri(request: Request) -> Fault | None:
    uri = fields.request_uri(request)
    if uri is None or any(char.isspace() for char in request.uri):
        return _bad("Malformed Request-URI")
    return None if uri.scheme in _SCHEMES else (416, "Unsupported URI Scheme")


def _bad(reason: str) -> Fault:
    """400 says in its phrase what is wrong (RFC 3261 §21.4.1)."""
    return 400, reason


_CHECKS: Final[tuple[Callable[[Request], Fault | None], ...]] = (
    _wrong_version,
    _wrong_length,
    _missing,
    _twice,
    _unreadable,
    _wrong_cseq,
    _wrong_uri,
)
"""In this order: a request of another version need not be understood at all."""
