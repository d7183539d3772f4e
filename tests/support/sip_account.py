"""An account on a manual clock: its core, registered, with the exchange played by the test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from dutyphone_drivers.sip_account import fields, message
from dutyphone_drivers.sip_account.core import SipCore
from dutyphone_drivers.sip_account.message import Field, Request, Response
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.timing import Limits, Timing
from dutyphone_drivers.sip_account.wire import Address, Packet
from dutyphone_simulators.clock import ManualClock
from support.sip_wire import CONTACT_USER, SERVER, US, counting_tokens, request, response

from dutyphone.lines.events import CallEvent, LineEvent, LineOpened

SDP = ("Content-Type", "application/sdp")

OFFER = (
    b"v=0\r\no=gw 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
)
OURS = (
    b"v=0\r\no=- 7 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    b"m=audio 6000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
)

Kind = TypeVar("Kind", bound=LineEvent)


def settings(**changes: object) -> AccountSettings:
    """The account 1001 of the exchange at `SERVER`."""
    values: dict[str, object] = {
        "line": "desk",
        "account": "1001",
        "domain": "192.0.2.1",
        "server": "192.0.2.1",
        "contact_user": CONTACT_USER,
        "instance": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "password": "secret",
        "ping_s": 0.0,
        "redirect_targets": ("013900000000",),
    }
    return AccountSettings(**{**values, **changes})  # type: ignore[arg-type]  # the names are those of the fields


class Account:
    """The core of one account, and the exchange as its test wants it.

    What is heard and what is sent are kept in order: `events`, `packets`.
    """

    def __init__(
        self,
        *,
        server: Address = SERVER,
        register: bool = True,
        timing: Timing | None = None,
        limits: Limits | None = None,
        new_token: Callable[[], str] | None = None,
        **changes: object,
    ) -> None:
        self.clock = ManualClock()
        self.server = server
        self.us = Address(US.host, US.port, server.transport)
        self.core = SipCore(settings(**changes), new_token or counting_tokens(), timing=timing, limits=limits)
        self.events: list[LineEvent] = []
        self.packets: list[Packet] = []
        self._branches = itertools.count(1)
        self._keep(self.core.start(self.clock.now(), self.us, (server,)))
        if register:
            self.register()

    # --- the wire ------------------------------------------------------------------------------------------------

    def hear(self, heard: Request | Response | bytes, source: Address | None = None) -> list[LineEvent]:
        """Something comes from the exchange."""
        data = heard if isinstance(heard, bytes) else message.render(heard)
        return self._keep(self.core.receive(data, source or self.server, self.clock.now()))

    def pass_time(self, seconds: float) -> list[LineEvent]:
        """Nothing comes for `seconds`, and registrations are granted."""
        until = self.clock.now().mono + seconds
        told: list[LineEvent] = []
        while (at := self.core.next_deadline()) is not None and at <= until:
            self.clock.advance(max(0.0, at - self.clock.now().mono))
            told += self._keep(self.core.on_deadline(self.clock.now()))
            told += self.register()
        self.clock.advance(until - self.clock.now().mono)
        return told

    def do(self, events: Sequence[LineEvent]) -> list[LineEvent]:
        """What the core told when it was asked to do something."""
        return self._keep(events)

    def _keep(self, events: Sequence[LineEvent]) -> list[LineEvent]:
        self.events += events
        self.packets += self.core.take_output()
        return list(events)

    # --- what was sent -------------------------------------------------------------------------------------------

    def out(self) -> list[Request | Response]:
        """What was sent since the last look."""
        packets, self.packets = self.packets, []
        return [message.read(packet.data) for packet in packets]

    def lines(self) -> list[str]:
        """The method or status of all that was sent since the last look."""
        return [str(one.status) if isinstance(one, Response) else one.method for one in self.out()]

    def last(self) -> Request | Response:
        """The last that was sent."""
        return self.out()[-1]

    def last_request(self, method: str) -> Request:
        """The last request of that method that was sent since the last look."""
        return [one for one in self.out() if isinstance(one, Request) and one.method == method][-1]

    def last_response(self) -> Response:
        return [one for one in self.out() if isinstance(one, Response)][-1]

    def calls(self) -> list[str]:
        """The call events so far, in short, for reading in an assertion."""
        return [type(event).__name__ for event in self.events if isinstance(event, CallEvent)]

    def told(self, kind: type[Kind]) -> Kind:
        """The one event of that kind."""
        (event,) = [event for event in self.events if isinstance(event, kind)]
        return event

    # --- the exchange --------------------------------------------------------------------------------------------

    def register(self) -> list[LineEvent]:
        """Grant what registrations were asked for."""
        told: list[LineEvent] = []
        waiting = [packet for packet in self.packets if packet.data.startswith(b"REGISTER ")]
        for packet in waiting:
            self.packets.remove(packet)
            asked = message.read(packet.data)
            assert isinstance(asked, Request)
            wanted = asked.headers.get("Expires")
            told += self.hear(response(asked, 200, extra=(("Expires", wanted or "60"), *_contacts(asked))))
        return told

    def invite(self, **what: object) -> Request:
        """Somebody calls. The INVITE as it was sent."""
        body = what.pop("body", OFFER)
        extra = (*what.pop("extra", ()), *((SDP,) if body else ()))  # type: ignore[misc]  # fields
        asked = request("INVITE", source=self.server, extra=extra, body=body, **what)  # type: ignore[arg-type]
        self.hear(asked)
        return asked

    def cancel(self, invite: Request, extra: Iterable[Field] = ()) -> list[LineEvent]:
        """The caller, or a proxy, calls it off."""
        return self.hear(same_transaction(invite, "CANCEL", extra=extra))

    def ack_refusal(self, invite: Request, answer: Response) -> list[LineEvent]:
        """The ACK to a final response other than 2xx."""
        return self.hear(same_transaction(invite, "ACK", to=answer.headers.get("To")))

    def in_dialog(
        self,
        method: str,
        invite: Request,
        answer: Response,
        *,
        cseq: int | None = None,
        extra: Iterable[Field] = (),
        body: bytes = b"",
        source: Address | None = None,
    ) -> list[LineEvent]:
        """The caller sends something within the dialog that `answer` to `invite` made; ACK has the INVITE's number."""
        number = fields.cseq(invite)
        assert number is not None
        asked = request(
            method,
            branch=f"z9hG4bK-d{next(self._branches)}",
            cseq=cseq if cseq is not None else number.number + (method != "ACK"),
            call_id=invite.headers.get("Call-ID") or "",
            from_=invite.headers.get("From") or "",
            to=answer.headers.get("To") or "",
            source=source or self.server,
            extra=extra,
            body=body,
        )
        return self.hear(asked, source)

    def from_callee(
        self, method: str, invite: Request, tag: str = "callee1", *, cseq: int = 1, body: bytes = b""
    ) -> list[LineEvent]:
        """Whom we call sends something within the dialog."""
        to = invite.headers.get("To") or ""
        asked = request(
            method,
            branch=f"z9hG4bK-e{next(self._branches)}",
            cseq=cseq,
            call_id=invite.headers.get("Call-ID") or "",
            from_=to if "tag=" in to else f"{to};tag={tag}",
            to=invite.headers.get("From") or "",
            source=self.server,
            extra=(SDP,) if body else (),
            body=body,
        )
        return self.hear(asked)

    def is_clean(self) -> bool:
        """Whether nothing of any call is remembered."""
        core = self.core
        return core._legs.is_empty and core._means is not None and not len(core._means.due)


def same_transaction(invite: Request, method: str, *, to: str | None = None, extra: Iterable[Field] = ()) -> Request:
    """A CANCEL of `invite`, or the ACK to its refusal, as RFC 3261 §9.1 and §17.1.1.3 want it."""
    kept: list[Field] = []
    for name, value in invite.headers:
        if name in ("Via", "From", "Call-ID", "Max-Forwards", "Route"):
            kept.append((name, value))
        elif name == "To":
            kept.append((name, to or value))
        elif name == "CSeq":
            kept.append((name, f"{value.split()[0]} {method}"))
    return Request(method, invite.uri, message.Headers((*kept, *extra)))


def opened(events: Iterable[LineEvent]) -> bool:
    return any(isinstance(event, LineOpened) for event in events)


def _contacts(asked: Request) -> list[Field]:
    return [("Contact", value) for value in asked.headers.all("Contact") if "expires=0" not in value]
