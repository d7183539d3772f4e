"""Responses made from the requests they answer (RFC 3261 §8.2.6)."""

from __future__ import annotations

from dutyphone_simulators.sip.messages import REASONS, Headers, Request, Response
from dutyphone_simulators.sip.network import Channel
from dutyphone_simulators.sip.transactions import received_via

SERVER = ("Server", "dutyphone simulated exchange")


def reply(
    request: Request,
    channel: Channel,
    status: int,
    *,
    to_tag: str = "",
    headers: Headers = (),
    body: bytes = b"",
    reason: str = "",
) -> Response:
    """The response with `status`; `to_tag` is added unless the request has one."""
    to = request.get("to")
    if to_tag and status > 100 and ";tag=" not in to.rpartition(">")[2].replace(" ", "").lower():
        to = f"{to};tag={to_tag}"
    first, *vias = request.every("via")
    copied: Headers = (
        ("Via", received_via(first, channel)),
        *(("Via", via) for via in vias),
        *(("Record-Route", route) for route in (request.every("record-route") if status > 100 else ())),
        ("From", request.get("from")),
        ("To", to),
        ("Call-ID", request.call_id),
        ("CSeq", request.get("cseq")),
    )
    return Response(
        status=status,
        reason=reason or REASONS.get(status, "Unknown"),
        headers=(*copied, *headers, SERVER),
        body=body,
    )
