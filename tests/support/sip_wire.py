"""SIP as it comes over the wire, for tests: requests of an exchange, answers to ours, and addresses to speak from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dutyphone_drivers.sip_account import message
from dutyphone_drivers.sip_account.message import Field, Headers, Request, Response
from dutyphone_drivers.sip_account.wire import Address, Packet, Transport

US = Address("192.0.2.10", 5062, Transport.UDP)
SERVER = Address("192.0.2.1", 5060, Transport.UDP)
SERVER_TCP = Address("192.0.2.1", 5060, Transport.TCP)
STRANGER = Address("198.51.100.66", 5060, Transport.UDP)

CONTACT_USER = "1001-5eed1e55"
CONTACT = f"sip:{CONTACT_USER}@192.0.2.10:5062"


def counting_tokens() -> Callable[[], str]:
    """Tokens that tell their order."""
    given = iter(range(1, 1_000_000))
    return lambda: f"token{next(given)}"


def request(
    method: str,
    *,
    uri: str = CONTACT,
    branch: str = "z9hG4bK-a1",
    call_id: str = "call-1@192.0.2.1",
    cseq: int = 1,
    cseq_method: str | None = None,
    from_: str = '"Zhang San" <sip:01055501234@192.0.2.1>;tag=caller1',
    to: str = "<sip:1001@192.0.2.1>",
    to_tag: str | None = None,
    via: str | None = None,
    source: Address = SERVER,
    contact: str | None = "<sip:01055501234@192.0.2.1:5060>",
    extra: Iterable[Field] = (),
    body: bytes = b"",
) -> Request:
    """A request as an exchange at `source` sends it."""
    transport = source.transport.value.upper()
    fields = [
        ("Via", via or f"SIP/2.0/{transport} {source.host}:{source.port};branch={branch};rport"),
        ("Max-Forwards", "70"),
        ("From", from_),
        ("To", f"{to};tag={to_tag}" if to_tag else to),
        ("Call-ID", call_id),
        ("CSeq", f"{cseq} {cseq_method or method}"),
    ]
    if contact and method in ("INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY"):
        fields.append(("Contact", contact))
    return Request(method, uri, Headers((*fields, *extra)), body)


def response(
    to: Request, status: int, *, tag: str | None = "callee1", extra: Iterable[Field] = (), body: bytes = b""
) -> Response:
    """An answer to a request of ours, written without the code under test."""
    fields: list[Field] = []
    for name, value in to.headers:
        if name in ("Via", "From", "Call-ID", "CSeq"):
            fields.append((name, value))
        elif name == "To":
            fields.append((name, f"{value};tag={tag}" if tag and status > 100 and "tag=" not in value else value))
    return Response(status, "", Headers((*fields, *extra)), body)


def sent(packets: Iterable[Packet]) -> list[Request | Response]:
    """What packets say."""
    return [message.read(packet.data) for packet in packets]


def first_lines(packets: Iterable[Packet]) -> list[str]:
    """The method or status of each packet, for reading in an assertion: `["INVITE", "180"]`."""
    return [str(one.status) if isinstance(one, Response) else one.method for one in sent(packets)]
