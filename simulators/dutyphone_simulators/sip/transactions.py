"""Requests and the responses to them, sent again until they arrive (RFC 3261 §17, with RFC 6026 for 2xx)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from dutyphone_simulators.sip.addresses import host_port, parse_params
from dutyphone_simulators.sip.agenda import Agenda, Alarm
from dutyphone_simulators.sip.messages import PLAIN, Request, Response, Style, write_message
from dutyphone_simulators.sip.network import Channel, Packet

COOKIE = "z9hG4bK"
T1_S = 0.5
T2_S = 4.0
"""Round trip and longest pause between two sendings (§17.1.1.1, §17.1.2.2)."""

LIFE = 64
"""A transaction is given up, or forgotten, after so many T1: timers B, F, H, J (table 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """T1 and T2 in seconds; a test may have shorter ones."""

    t1_s: float = T1_S
    t2_s: float = T2_S

    @property
    def life_s(self) -> float:
        return LIFE * self.t1_s


class ClientTransaction:
    """A request of ours. `on_response` hears every response that is not a mere repetition, and each 2xx again."""

    def __init__(
        self,
        layer: Transactions,
        request: Request,
        channel: Channel,
        style: Style,
        on_response: Callable[[Response], None],
        on_timeout: Callable[[], None],
    ) -> None:
        self.request, self.channel, self.style = request, channel, style
        self.on_response, self.on_timeout = on_response, on_timeout
        self.answered = False  # by any response at all
        self.final: Response | None = None
        self.sent = 0
        self._layer = layer
        self._pause = layer.timing.t1_s
        self._again: Alarm | None = None
        self._cancel: Callable[[], None] | None = None
        self._end = layer.agenda.after(layer.timing.life_s, self._give_up)

    @property
    def invite(self) -> bool:
        return self.request.method == "INVITE"

    def send(self) -> None:
        """Send the request, and again until something comes back."""
        self.sent += 1
        self._layer.transmit(self.channel, self.request, self.style)
        if not self.channel.reliable:
            self._again = self._layer.agenda.after(self._pause, self.send)
            self._pause = self._pause * 2 if self.invite else min(self._pause * 2, self._layer.timing.t2_s)

    def receive(self, response: Response) -> None:
        """A response to this request has come."""
        first_sign = not self.answered
        self.answered = True
        if self.invite and first_sign:
            # Ringing may take long: timers A and B end with the first sign of life.
            self._stop_sending()
            self._end.stop()
        if response.status < 200:
            if self.final is None:
                self.on_response(response)
            if self._cancel is not None and self.final is None:
                cancel, self._cancel = self._cancel, None
                cancel()
            return
        repeated = self.final is not None
        if self.invite and response.status >= 300:
            self._layer.acknowledge(self, response)
        if not repeated:
            self.final = response
            self._stop_sending()
            self._end.stop()
            self._end = self._layer.agenda.after(self._layer.timing.life_s, self._forget)
        if not repeated or (self.invite and response.status < 300):
            self.on_response(response)

    def cancel(self, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Take the INVITE back: as soon as there was a provisional response, not before (§9.1)."""
        if self.final is not None or not self.invite:
            return
        if self.answered:
            self._layer.cancel(self, headers)
        else:
            self._cancel = lambda: self._layer.cancel(self, headers)

    def expire_within(self, seconds: float) -> None:
        """Count as timed out if no final response comes within `seconds`."""
        self._end.stop()
        self._end = self._layer.agenda.after(seconds, self._give_up)

    def stop(self) -> None:
        """Nothing more is sent, nobody hears anything more."""
        self._stop_sending()
        self._end.stop()

    def _stop_sending(self) -> None:
        if self._again is not None:
            self._again.stop()

    def _give_up(self) -> None:
        self._stop_sending()
        self._forget()
        if self.final is None:
            self.on_timeout()

    def _forget(self) -> None:
        self._layer.forget_client(self)


class ServerTransaction:
    """A request of somebody else and what we said to it."""

    def __init__(self, layer: Transactions, request: Request, channel: Channel, key: tuple[str, str, str]) -> None:
        self.request, self.channel, self.key = request, channel, key
        self.response: Response | None = None
        self.acknowledged = False
        self.on_cancel: Callable[[], None] = lambda: None
        self.on_no_ack: Callable[[], None] = lambda: None
        self._layer = layer
        self._pause = layer.timing.t1_s
        self._again: Alarm | None = None

    @property
    def answered(self) -> bool:
        """Whether a final response was given."""
        return self.response is not None and self.response.status >= 200

    def respond(self, response: Response) -> None:
        """Send `response`; a final one to an INVITE again and again until it is acknowledged."""
        if self.answered:
            return
        self.response = response
        self._layer.send_response(self)
        if response.status < 200:
            return
        self._layer.agenda.after(self._layer.timing.life_s, self._end)
        if self.request.method == "INVITE" and (not self.channel.reliable or response.status < 300):
            self._again = self._layer.agenda.after(self._pause, self._repeat)

    def repeat(self) -> None:
        """The request came again: so does the last response."""
        if self.response is not None and not self.acknowledged:
            self._layer.send_response(self)

    def acknowledge(self) -> None:
        """The ACK has come."""
        self.acknowledged = True
        if self._again is not None:
            self._again.stop()

    def _repeat(self) -> None:
        self._layer.send_response(self)
        self._pause = min(self._pause * 2, self._layer.timing.t2_s)
        self._again = self._layer.agenda.after(self._pause, self._repeat)

    def _end(self) -> None:
        if self._again is not None:
            self._again.stop()
        self._layer.forget_server(self)
        if self.request.method == "INVITE" and not self.acknowledged:
            self.on_no_ack()


class Transactions:
    """All of them. `own` says how a door is written in a Via; `transmit` puts a packet on its way."""

    def __init__(
        self,
        agenda: Agenda,
        chance: random.Random,
        send: Callable[[Packet], None],
        own: Callable[[str], tuple[str, int]],
        timing: Timing,
    ) -> None:
        self.agenda, self.timing = agenda, timing
        self.complain: Callable[[str], None] = lambda _what: None
        self._chance, self._send, self._own = chance, send, own
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str, str], ServerTransaction] = {}

    # --- ours ----------------------------------------------------------------------------------------------------

    def request(
        self,
        request: Request,
        channel: Channel,
        on_response: Callable[[Response], None],
        on_timeout: Callable[[], None],
        *,
        style: Style = PLAIN,
        further_vias: tuple[str, ...] = (),
    ) -> ClientTransaction:
        """Send `request`, with a Via of ours on top of `further_vias`."""
        branch = self.new_branch()
        sent = self._with_via(request, channel, branch, further_vias)
        transaction = ClientTransaction(self, sent, channel, style, on_response, on_timeout)
        self._clients[branch, request.method] = transaction
        transaction.send()
        return transaction

    def send_ack(self, request: Request, channel: Channel, style: Style = PLAIN) -> None:
        """An ACK to a 2xx: a transaction of its own, never sent again by itself (§13.2.2.4)."""
        self.transmit(channel, self._with_via(request, channel, self.new_branch(), ()), style)

    def cancel(self, invite: ClientTransaction, headers: tuple[tuple[str, str], ...]) -> None:
        """A CANCEL is built from the INVITE: same Request-URI, Via, From, To, Call-ID and number (§9.1)."""
        original = invite.request
        number, _ = original.cseq
        request = Request(
            method="CANCEL",
            uri=original.uri,
            headers=(
                *_top_of(original),
                ("CSeq", f"{number} CANCEL"),
                ("Max-Forwards", "70"),
                *headers,
            ),
        )
        branch = _branch(request)
        if (branch, "CANCEL") in self._clients:
            return
        transaction = ClientTransaction(self, request, invite.channel, invite.style, _nobody, _no_one)
        self._clients[branch, "CANCEL"] = transaction
        transaction.send()
        invite.expire_within(self.timing.life_s)

    def acknowledge(self, invite: ClientTransaction, response: Response) -> None:
        """The ACK to a refusal belongs to the transaction of the INVITE (§17.1.1.3)."""
        number, _ = invite.request.cseq
        headers = [(name, value) for name, value in _top_of(invite.request) if name != "To"]
        ack = Request(
            method="ACK",
            uri=invite.request.uri,
            headers=(*headers, ("To", response.get("to")), ("CSeq", f"{number} ACK"), ("Max-Forwards", "70")),
        )
        self.transmit(invite.channel, ack, invite.style)

    def receive_response(self, response: Response) -> bool:
        """Whether `response` belongs to a request of ours."""
        vias = response.every("via")
        branch = parse_params(vias[0].partition(";")[2]).get("branch", "") if vias else ""
        transaction = self._clients.get((branch, response.cseq[1]))
        if transaction is None:
            return False
        transaction.receive(response)
        return True

    # --- theirs --------------------------------------------------------------------------------------------------

    def receive_request(self, request: Request, channel: Channel) -> ServerTransaction | None:
        """A new transaction for `request`; None if it belongs to one that there is and was dealt with."""
        vias = request.every("via")
        sent_by, _, params = vias[0].partition(";")
        branch = parse_params(params).get("branch", "")
        if not branch.startswith(COOKIE):
            self.complain(f"{request.method}: the branch does not begin with {COOKIE} (§8.1.1.7)")
            branch = "\0".join((branch, request.call_id, request.get("from"), str(request.cseq[0])))
        method = "INVITE" if request.method == "ACK" else request.method
        key = (branch, sent_by.split()[-1].lower(), method)
        known = self._servers.get(key)
        if request.method == "ACK":
            if known is not None and known.response is not None and known.response.status >= 300:
                known.acknowledge()
                return None
            return ServerTransaction(self, request, channel, key)
        if known is not None:
            known.repeat()
            return None
        transaction = ServerTransaction(self, request, channel, key)
        self._servers[key] = transaction
        return transaction

    def cancelled(self, cancel: ServerTransaction) -> ServerTransaction | None:
        """The INVITE that the CANCEL `cancel` means; None if there is none."""
        branch, sent_by, _ = cancel.key
        return self._servers.get((branch, sent_by, "INVITE"))

    def merged(self, new: ServerTransaction) -> bool:
        """Whether the same request came before on another way (§8.2.2.2)."""
        request = new.request
        same = (request.call_id, request.cseq, _tag(request.get("from")))
        return any(
            (other.request.call_id, other.request.cseq, _tag(other.request.get("from"))) == same
            for key, other in self._servers.items()
            if key != new.key
        )

    def send_response(self, transaction: ServerTransaction) -> None:
        """Send its response where RFC 3261 §18.2.2 and RFC 3581 §4 say."""
        assert transaction.response is not None
        channel = transaction.channel
        if not channel.reliable:
            via = transaction.request.every("via")[0]
            sent_by, _, params = via.partition(";")
            if "rport" not in parse_params(params):
                port = sent_by.rpartition(":")[2].strip()
                channel = replace(channel, remote=(channel.remote[0], int(port) if port.isdecimal() else 5060))
        self._send(Packet(channel, write_message(transaction.response)))

    # --- both ----------------------------------------------------------------------------------------------------

    def transmit(self, channel: Channel, request: Request, style: Style) -> None:
        self._send(Packet(channel, write_message(request, style)))

    def new_branch(self) -> str:
        return f"{COOKIE}{self._chance.getrandbits(80):020x}"

    def forget_client(self, transaction: ClientTransaction) -> None:
        self._clients.pop((_branch(transaction.request), transaction.request.method), None)

    def forget_server(self, transaction: ServerTransaction) -> None:
        self._servers.pop(transaction.key, None)

    def forget_all(self) -> None:
        """As after a restart: nobody hears anything about what was going on."""
        for transaction in self._clients.values():
            transaction.stop()
        for server in self._servers.values():
            server.acknowledge()
        self._clients.clear()
        self._servers.clear()

    def _with_via(self, request: Request, channel: Channel, branch: str, further: tuple[str, ...]) -> Request:
        own = host_port(self._own(channel.door))
        transport = "UDP" if not channel.reliable else channel.door.upper()
        vias = (f"SIP/2.0/{transport} {own};branch={branch};rport", *further)
        return replace(request, headers=(*(("Via", via) for via in vias), *request.headers))


def received_via(via: str, channel: Channel) -> str:
    """The topmost Via as a response repeats it: where the request really came from (RFC 3581 §4)."""
    sent_by, _, params = via.partition(";")
    known = parse_params(params)
    host, port = channel.remote
    if "rport" in known:
        known["rport"] = str(port)
    known["received"] = host
    return sent_by + "".join(f";{name}={value}" if value else f";{name}" for name, value in known.items())


def _top_of(request: Request) -> list[tuple[str, str]]:
    """What an ACK or CANCEL repeats of its INVITE: the topmost Via, routes, From, To and Call-ID."""
    vias = [value for name, value in request.headers if name == "Via"][:1]
    rest = [(name, value) for name, value in request.headers if name in ("Route", "From", "To", "Call-ID")]
    return [("Via", vias[0]), *rest]


def _branch(request: Request) -> str:
    return parse_params(request.every("via")[0].partition(";")[2]).get("branch", "")


def _tag(value: str) -> str:
    return parse_params(value.rpartition(">")[2]).get("tag", "")


def _nobody(_response: Response) -> None:
    """Nothing depends on the response to a CANCEL."""


def _no_one() -> None:
    """Nothing depends on a CANCEL being answered either: the INVITE has a limit of its own."""
