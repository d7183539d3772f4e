"""Answers: what a response takes over from its request (RFC 3261 §8.2.6, §12.1.1) and where it goes (§18.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dutyphone_drivers.sip_account import fields, message, wire
from dutyphone_drivers.sip_account.message import Field, Headers, Request, Response

REASONS: Final = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    199: "Early Dialog Terminated",  # RFC 6228
    200: "OK",
    202: "Accepted",  # RFC 6665
    204: "No Notification",  # RFC 5839
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    412: "Conditional Request Failed",  # RFC 3903
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",  # RFC 4028
    423: "Interval Too Brief",
    428: "Use Identity Header",  # RFC 8224
    430: "Flow Failed",  # RFC 5626
    433: "Anonymity Disallowed",  # RFC 5079
    439: "First Hop Lacks Outbound Support",  # RFC 5626
    469: "Bad Info Package",  # RFC 6086
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",  # RFC 6665
    491: "Request Pending",
    493: "Undecipherable",
    500: "Server Internal Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    580: "Precondition Failure",  # RFC 3312
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
    607: "Unwanted",  # RFC 8197
    608: "Rejected",  # RFC 8688
}
"""Reason phrases of RFC 3261 §21 and of the RFCs named."""

_COPIED: Final = ("Via", "From", "To", "Call-ID", "CSeq")
_MAKES_DIALOG: Final = frozenset({"INVITE", "SUBSCRIBE", "REFER"})


def reply(
    request: Request,
    status: int,
    reason: str | None = None,
    *,
    to_tag: str | None = None,
    extra: Iterable[Field] = (),
    body: bytes = b"",
) -> Response:
    """A response to `request`, with `extra` below what it takes over.

    `to_tag` is put on To unless there is a tag already, or the answer is a 100. Give one with every other status.
    """
    wanted = _copied_at(status, request.method)
    tag = to_tag if status > 100 else None
    copied = [
        (name, _tagged(value, tag) if name.lower() == "to" else value)
        for name, value in request.headers
        if name.lower() in wanted
    ]
    phrase = REASONS.get(status, "") if reason is None else reason
    return Response(status, phrase, Headers((*copied, *extra)), body)


def stamped(request: Request, source: wire.Address) -> Request:
    """`request` with the address it really came from in its topmost Via (RFC 3261 §18.2.1, RFC 3581 §4)."""
    values = request.headers.all("Via")
    via = fields.read_via(values[0]) if values else None
    if via is None:
        return request
    rest = [("Via", value) for value in values[1:]]
    others = request.headers.without("Via")
    return message.with_headers(request, others.on_top(("Via", str(via.seen_from(source.host, source.port))), *rest))


def way_back(request: Request, source: wire.Address) -> wire.Address:
    """Where the response to `request`, which came from `source`, is sent (RFC 3261 §18.2.2, RFC 3581 §4).

    Over TCP and TLS it is the connection it came on; over UDP the address it came from, at the port its Via names.
    """
    via = fields.top_via(request)
    if source.transport.reliable or via is None or via.asks_rport:
        return source
    return wire.Address(source.host, via.port or source.transport.default_port, source.transport)


def _copied_at(status: int, method: str) -> frozenset[str]:
    if status == 100:
        return _WITH_TIMESTAMP
    return _WITH_ROUTE if status < 300 and method in _MAKES_DIALOG else _ALWAYS


_ALWAYS: Final = frozenset(name.lower() for name in _COPIED)
_WITH_TIMESTAMP: Final = _ALWAYS | {"timestamp"}
_WITH_ROUTE: Final = _ALWAYS | {"record-route"}


def _tagged(value: str, tag: str | None) -> str:
    return value if tag is None or fields.tag_of(value) else f"{value};tag={tag}"
