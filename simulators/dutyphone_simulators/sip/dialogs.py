"""A dialog: what two ends of a call or a subscription know of each other (RFC 3261 §12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dutyphone_simulators.sip.messages import Headers, Request
from dutyphone_simulators.sip.network import Channel


@dataclass(slots=True, kw_only=True)
class Dialog:
    """Seen from the exchange. `local` and `remote` are the From and To of our requests, tags included."""

    call_id: str
    local: str
    remote: str
    local_tag: str
    remote_tag: str
    target: str  # the Contact of the other side
    channel: Channel
    routes: tuple[str, ...] = ()
    contact: str = ""
    local_seq: int = 0
    remote_seq: int = -1

    @property
    def key(self) -> tuple[str, str, str]:
        return self.call_id, self.local_tag, self.remote_tag

    def request(self, method: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
        """The next request in this dialog; an ACK has the number of its INVITE instead (§13.2.2.4)."""
        if method != "ACK":
            self.local_seq += 1
        fixed: Headers = (
            ("Max-Forwards", "70"),
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self.local_seq} {method}"),
        )
        contact = (("Contact", self.contact),) if method in ("INVITE", "UPDATE", "NOTIFY") else ()
        return Request(method=method, uri=self.target, headers=(*fixed, *contact, *headers), body=body)
