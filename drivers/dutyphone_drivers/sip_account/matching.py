"""What messages have in common that belong together (RFC 3261 §17.2.3, §8.2.2.2, §13.3.1.4), and those made of others.

A key is only compared with keys of its own kind.
"""

from __future__ import annotations

from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.message import Field, Headers, Message, Request, Response
from dutyphone_drivers.sip_account.wire import hostport


def branch_key(request: Request, via: fields.Via) -> str:
    """What all messages of one transaction have in common but the method (§17.2.3).

    Without the cookie it is an RFC 2543 client, whose branch names nothing.
    """
    sent_by = hostport(via.host.lower(), via.port)
    if via.follows_rfc3261:
        return f"{via.branch} {sent_by}"
    cseq = fields.cseq(request)
    return "\n".join(
        (
            "2543",
            request.uri,
            fields.tag_of(request.headers.get("From")) or "",
            fields.call_id(request) or "",
            str(cseq.number) if cseq else "",
            sent_by,
            via.branch or "",
        )
    )


def merge_key(request: Request) -> str:
    """What all branches of one request have in common (§8.2.2.2); empty within a dialog and for CANCEL."""
    cseq, call_id = fields.cseq(request), fields.call_id(request)
    if request.method == "CANCEL" or cseq is None or call_id is None or fields.tag_of(request.headers.get("To")):
        return ""
    return f"{call_id}\n{fields.tag_of(request.headers.get('From'))}\n{cseq.number}\n{request.method}"


def ack_key(acknowledged: Message) -> str:
    """What a 2xx and the ACK to it have in common: call, dialog and number (§13.3.1.4)."""
    cseq = fields.cseq(acknowledged)
    tag = fields.tag_of(acknowledged.headers.get("To"))
    return f"{fields.call_id(acknowledged)}\n{tag}\n{cseq.number if cseq else ''}"


def ack_of(request: Request, response: Response) -> Request:
    """The ACK to a final response other than 2xx (§17.1.1.3)."""
    return _same_transaction(request, "ACK", to=response.headers.get("To"))


def cancel_of(request: Request, extra: tuple[Field, ...]) -> Request:
    """The CANCEL of an INVITE (§9.1)."""
    return _same_transaction(request, "CANCEL", to=None, extra=extra)


def _same_transaction(request: Request, method: str, *, to: str | None, extra: tuple[Field, ...] = ()) -> Request:
    kept: list[Field] = []
    for name, value in request.headers:
        lowered = name.lower()
        if lowered == "cseq":
            kept.append((name, f"{value.split(' ', 1)[0]} {method}"))
        elif lowered == "to":
            kept.append((name, to or value))
        elif lowered in ("via", "route", "from", "call-id", "max-forwards", "user-agent"):
            kept.append((name, value))
    return Request(method, request.uri, Headers((*kept, *extra)))
