"""A dialog: two telephones that know each other, and how a request gets from one to the other (RFC 3261 §12)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account import uri as uris
from dutyphone_drivers.sip_account.message import Field, Headers, Message, Request, Response
from dutyphone_drivers.sip_account.uri import NotUri, Uri
from dutyphone_drivers.sip_account.wire import Address


@dataclass(slots=True, kw_only=True)
class Dialog:
    """One side's view of a dialog (§12.1). `local` and `remote` are the From and To of what we send, tags included.

    `target` is the URI where the other side is reached, `routes` the proxies on the way as they are written in Route,
    `way` the address that the other side, or its nearest proxy, spoke from. `cseq` is the number of our last request,
    `remote_cseq` of theirs, None before there was one.
    """

    call_id: str
    local: str
    remote: str
    local_tag: str
    remote_tag: str
    target: str
    routes: tuple[str, ...]
    way: Address
    cseq: int
    remote_cseq: int | None = None

    @classmethod
    def answering(cls, request: Request, local_tag: str, way: Address) -> Dialog:
        """The dialog that our answer to `request`, with `local_tag` on To, makes (§12.1.1)."""
        number = fields.cseq(request)
        local, remote = request.headers.get("To") or "", request.headers.get("From") or ""
        return cls(
            call_id=fields.call_id(request) or "",
            local=local if fields.tag_of(local) else f"{local};tag={local_tag}",
            remote=remote,
            local_tag=local_tag,
            remote_tag=fields.tag_of(remote) or "",
            target=_target(request) or _address(remote),
            routes=request.headers.all("Record-Route"),
            way=way,
            cseq=0,
            remote_cseq=number.number if number else None,
        )

    @classmethod
    def asking(cls, request: Request, response: Response, way: Address) -> Dialog:
        """The dialog that the answer to our `request` makes (§12.1.2)."""
        number = fields.cseq(request)
        local, remote = request.headers.get("From") or "", response.headers.get("To") or ""
        return cls(
            call_id=fields.call_id(request) or "",
            local=local,
            remote=remote,
            local_tag=fields.tag_of(local) or "",
            remote_tag=fields.tag_of(remote) or "",
            target=_target(response) or request.uri,
            routes=tuple(reversed(response.headers.all("Record-Route"))),
            way=way,
            cseq=number.number if number else 0,
        )

    def matches(self, request: Request) -> bool:
        """Whether `request` from the other side belongs here (§12.2.2). A side without tags is an RFC 2543 one."""
        return (
            fields.call_id(request) == self.call_id
            and (fields.tag_of(request.headers.get("To")) or "") == self.local_tag
            and (fields.tag_of(request.headers.get("From")) or "") == self.remote_tag
        )

    def accepts(self, request: Request) -> bool:
        """Whether `request` is not older than what was heard already (§12.2.2); then it is the newest now."""
        number = fields.cseq(request)
        if number is None or (self.remote_cseq is not None and number.number < self.remote_cseq):
            return False
        self.remote_cseq = number.number
        return True

    def refresh(self, message: Message) -> None:
        """A target refresh request or its 2xx says where the other side is now (§12.2.1.2, §12.2.2)."""
        self.target = _target(message) or self.target

    def request(self, method: str, *, extra: Iterable[Field] = (), body: bytes = b"") -> Request:
        """A new request to the other side. Via is put on by the transaction."""
        self.cseq += 1
        return self._write(method, self.cseq, extra, body)

    def ack(self, number: int, *, extra: Iterable[Field] = (), body: bytes = b"") -> Request:
        """The ACK to the 2xx to our INVITE with that CSeq number (§13.2.2.4)."""
        return self._write("ACK", number, extra, body)

    def next_hop(self) -> Address:
        """Where to send: the first proxy, or the other side itself (§12.2.1.1).

        A host by name, or one that our sockets do not reach, is left to the proxy that the dialog came through.
        """
        try:
            uri = uris.read(_address(self.routes[0]) if self.routes else self.target)
        except NotUri:
            return self.way
        return _reached(uri, self.way)

    def _write(self, method: str, number: int, extra: Iterable[Field], body: bytes) -> Request:
        uri, routes = self._route()
        written: list[Field] = [
            *(("Route", route) for route in routes),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
        ]
        return Request(method, uri, Headers((*written, *extra)), body)

    def _route(self) -> tuple[str, tuple[str, ...]]:
        """Request-URI and Route. A first proxy without `lr` wants its own URI in front (§12.2.1.1)."""
        if not self.routes:
            return self.target, ()
        first = _address(self.routes[0])
        try:
            loose = uris.read(first).parameter("lr") is not None
        except NotUri:
            loose = True
        if loose:
            return self.target, self.routes
        return first, (*self.routes[1:], f"<{self.target}>")


def address_of(uri: Uri, way: Address) -> Address | None:
    """The address that `uri` names, for a socket like that of `way`; None for a name, or where that does not reach."""
    try:
        ip = ipaddress.ip_address(uri.host)
    except ValueError:
        return None
    wanted = (uri.parameter("transport") or way.transport.value).lower()
    if not uri.is_sip or wanted != way.transport.value or (ip.version == 6) != (":" in way.host):
        return None
    return Address(str(ip), uri.port or way.transport.default_port, way.transport)


def _reached(uri: Uri, way: Address) -> Address:
    """`way` itself where it is the same host over a connection: its port is that of the connection."""
    address = address_of(uri, way)
    if address is None or (address.host == way.host and way.transport.reliable):
        return way
    return address


def _target(message: Message) -> str:
    contact = fields.contact(message)
    return contact.text if contact is not None and contact.uri is not None else ""


def _address(value: str) -> str:
    found = fields.read_name_addr(value)
    return found.text if found else value
