"""Transactions: one request and its answers, whatever the network loses, doubles or reorders (RFC 3261 §17, RFC 6026).

What comes in is matched to its transaction (§17.1.3, §17.2.3). A request that was there already is answered as before
and told to nobody; a new one is told once, and so is every answer. `transaction_table` says what happens when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dutyphone.clock import Moment
from dutyphone_drivers.sip_account import fields, matching, message, replies
from dutyphone_drivers.sip_account.deadlines import Deadlines
from dutyphone_drivers.sip_account.machine import Machine
from dutyphone_drivers.sip_account.message import Field, Message, Request, Response
from dutyphone_drivers.sip_account.timing import Limits, Timing
from dutyphone_drivers.sip_account.transaction_table import (
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    SERVER,
    Act,
    Kind,
    Said,
    State,
    Timer,
)
from dutyphone_drivers.sip_account.wire import Address, Packet, hostport


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHeard:
    """A request that is new. `key` names it to `respond`; it is empty for an ACK, which is not answered.

    `cancels` is the key of the INVITE that a CANCEL means, None if there is none.
    """

    key: str
    request: Request
    source: Address
    cancels: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHeard:
    """An answer: every provisional one, and the final one once; 2xx to INVITE each time it comes.

    `request` is what was sent and `owner` who sent it.
    """

    key: str
    request: Request
    response: Response
    source: Address
    owner: object


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    """No final answer came in time, or what was sent cannot reach anybody. As good as a 408 (§8.1.3.1)."""

    key: str
    request: Request
    owner: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledged:
    """The final response to the INVITE `key` was sent for 32 s, and no ACK came. `owner` is who answered it."""

    key: str
    owner: object


Heard = RequestHeard | ResponseHeard | TimedOut | Unacknowledged


class _Client(Machine):
    """A request of ours."""

    __slots__ = ("ack", "cancel_fields", "data", "key", "owner", "request", "to")

    def __init__(
        self,
        request: Request,
        *,
        key: str,
        to: Address,
        owner: object,
        mono: float,
        timing: Timing,
        due: Deadlines[tuple[Machine, Timer]],
    ) -> None:
        kind = INVITE_CLIENT if request.method == "INVITE" else CLIENT
        super().__init__(kind, mono=mono, reliable=to.transport.reliable, timing=timing, due=due)
        self.key, self.request, self.to, self.owner = key, request, to, owner
        self.data = message.render(request)
        self.ack = b""
        self.cancel_fields: tuple[Field, ...] = ()


class _Server(Machine):
    """A request of theirs. `last` is the answer as it was sent last."""

    __slots__ = ("ack_key", "key", "last", "merge_key", "owner", "to")

    def __init__(
        self,
        kind: Kind,
        *,
        key: str,
        to: Address,
        merge_key: str,
        mono: float,
        timing: Timing,
        due: Deadlines[tuple[Machine, Timer]],
    ) -> None:
        super().__init__(kind, mono=mono, reliable=to.transport.reliable, timing=timing, due=due)
        self.key, self.to, self.merge_key = key, to, merge_key
        self.ack_key = ""
        self.last = b""
        self.owner: object = None


class Transactions:
    """All transactions of one account. `new_token` gives fresh random text that nobody can guess.

    `local` is what Via says of us; it may be replaced. After every call take what `take_output` gives and ask for
    `next_deadline`.
    """

    def __init__(
        self,
        *,
        new_token: Callable[[], str],
        local: Address,
        timing: Timing | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.local = local
        self._new_token = new_token
        self._timing, self._limits = timing or Timing(), limits or Limits()
        self._due: Deadlines[tuple[Machine, Timer]] = Deadlines()
        self._clients: dict[str, _Client] = {}
        self._servers: dict[str, _Server] = {}
        self._unacknowledged: dict[str, _Server] = {}  # 2xx sent, by what their ACK will say
        self._merging: dict[
            str, str
        ] = {}  # what all branches of one request have in common -> the branch that is served
        self._output: list[Packet] = []

    def __len__(self) -> int:
        return len(self._clients) + len(self._servers)

    def __repr__(self) -> str:
        return f"<Transactions {len(self._clients)} asked, {len(self._servers)} being answered>"

    @property
    def asked(self) -> int:
        """How many requests of ours have no final answer yet."""
        return sum(client.state not in _ANSWERED for client in self._clients.values())

    # --- what we send --------------------------------------------------------------------------------------------

    def request(self, request: Request, to: Address, now: Moment, owner: object = None) -> str:
        """Send a new request, again and again until it is answered. The key of its transaction.

        Via is put on here. An ACK to 2xx is no transaction: see `send`.
        """
        branch = self._new_branch()
        return self._ask(self._with_via(request, to, branch), branch, to, now, owner)

    def send(self, request: Request, to: Address) -> None:
        """Send a request that nobody answers: the ACK to 2xx (§13.2.2.4)."""
        self._put(message.render(self._with_via(request, to, self._new_branch())), to)

    def send_response(self, response: Response, to: Address) -> None:
        """Send an answer once, keeping nothing of it (§8.2.7)."""
        self._put(message.render(response), to)

    def cancel(self, key: str, now: Moment, extra: tuple[Field, ...] = ()) -> None:
        """Cancel the INVITE `key`, with `extra` header fields: as soon as anything was heard of it (§9.1).

        Its final response is still told; if none comes, it times out. Nothing happens if it was answered.
        """
        if (client := self._clients.get(key)) is not None:
            client.cancel_fields = extra
            self._act_client(client, client.step(Said.CANCEL, now.mono), now)

    def respond(self, key: str, response: Response, now: Moment, owner: object = None) -> None:
        """Answer the request `key`. The final one is sent again for as long as it takes. Nothing if it is over.

        `owner` is told if the final answer to an INVITE is never acknowledged.
        """
        server = self._servers.get(key)
        if server is None or server.state in _FINAL_SENT:
            return
        server.last, server.owner = message.render(response), owner
        if 200 <= response.status < 300 and server.state is State.PROCEEDING:
            server.ack_key = matching.ack_key(response)
            self._unacknowledged[server.ack_key] = server
        self._act_server(server, server.step(_said(response.status), now.mono))

    # --- what comes ----------------------------------------------------------------------------------------------

    def receive(self, heard: Message, source: Address, now: Moment) -> list[Heard]:
        """What is new in `heard`. Nothing for a message without a Via that can be read: no answer would arrive."""
        if isinstance(heard, Response):
            return self._hear_response(heard, source, now)
        return self._hear_request(heard, source, now)

    def expects(self, response: Response) -> bool:
        """Whether `response` answers a request of ours that is still remembered."""
        return self._client_of(response) is not None

    def failed(self, to: Address) -> list[Heard]:
        """Nothing reaches `to`: every unanswered request that went there has failed (§17.1.4)."""
        gone = [client for client in self._clients.values() if client.to == to and client.state not in _ANSWERED]
        for client in gone:
            client.end()
            del self._clients[client.key]
        return [TimedOut(key=client.key, request=client.request, owner=client.owner) for client in gone]

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called."""
        return self._due.next()

    def on_deadline(self, now: Moment) -> list[Heard]:
        """Time has passed."""
        heard: list[Heard] = []
        while (due := self._due.take_due(now.mono)) is not None:
            machine, timer = due
            acts = machine.step(timer, now.mono)
            if isinstance(machine, _Client):
                heard += self._act_client(machine, acts, now)
            elif isinstance(machine, _Server):
                heard += self._act_server(machine, acts)
        return heard

    def take_output(self) -> list[Packet]:
        """What is to be sent now, taken away."""
        output, self._output = self._output, []
        return output

    # --- clients -------------------------------------------------------------------------------------------------

    def _ask(self, request: Request, branch: str, to: Address, now: Moment, owner: object) -> str:
        key = f"{branch} {request.method}"
        client = _Client(request, key=key, to=to, owner=owner, mono=now.mono, timing=self._timing, due=self._due)
        self._clients[key] = client
        self._put(client.data, to)
        return key

    def _client_of(self, response: Response) -> _Client | None:
        """Matched by branch and method (§17.1.3). One with a second Via was meant for somebody else (§8.1.3.3)."""
        via, cseq = fields.top_via(response), fields.cseq(response)
        if via is None or cseq is None or len(response.headers.all("Via")) > 1:
            return None
        return self._clients.get(f"{via.branch} {cseq.method}")

    def _hear_response(self, response: Response, source: Address, now: Moment) -> list[Heard]:
        client = self._client_of(response)
        if client is None:
            return []
        return self._act_client(client, client.step(_said(response.status), now.mono), now, response, source)

    def _act_client(
        self,
        client: _Client,
        acts: tuple[Act, ...],
        now: Moment,
        response: Response | None = None,
        source: Address | None = None,
    ) -> list[Heard]:
        heard: list[Heard] = []
        for act in acts:
            if act is Act.SEND:
                self._put(client.data, client.to)
            elif act is Act.CANCEL:
                cancel = matching.cancel_of(client.request, client.cancel_fields)
                self._ask(cancel, client.key.split(" ", 1)[0], client.to, now, None)
            elif act is Act.ACK and response is not None:
                client.ack = client.ack or message.render(matching.ack_of(client.request, response))
                self._put(client.ack, client.to)
            elif act is Act.TELL and response is not None and source is not None:
                heard.append(
                    ResponseHeard(
                        key=client.key, request=client.request, response=response, source=source, owner=client.owner
                    )
                )
            elif act is Act.TIMED_OUT:
                heard.append(TimedOut(key=client.key, request=client.request, owner=client.owner))
        if client.state is State.TERMINATED:
            self._clients.pop(client.key, None)
        return heard

    # --- servers -------------------------------------------------------------------------------------------------

    def _hear_request(self, request: Request, source: Address, now: Moment) -> list[Heard]:
        via = fields.top_via(request)
        if via is None:
            return []
        branch = matching.branch_key(request, via)
        if request.method == "ACK":
            return self._hear_ack(request, branch, source, now)
        key = f"{branch} {request.method}"
        if (known := self._servers.get(key)) is not None:
            return self._act_server(known, known.step(Said.AGAIN, now.mono))
        request = replies.stamped(request, source)
        merge_key = matching.merge_key(request)
        answer = self._unwelcome(merge_key)
        kind = INVITE_SERVER if request.method == "INVITE" else SERVER
        server = _Server(
            kind,
            key=key,
            to=replies.way_back(request, source),
            merge_key="" if answer else merge_key,
            mono=now.mono,
            timing=self._timing,
            due=self._due,
        )
        if answer == _FULL:
            self._put(message.render(replies.reply(request, _FULL, to_tag=self._new_token())), server.to)
            return []
        self._servers[key] = server
        if answer:
            self.respond(key, replies.reply(request, answer, to_tag=self._new_token()), now)
            return []
        if merge_key:
            self._merging[merge_key] = key
        cancels = f"{branch} INVITE" if request.method == "CANCEL" and f"{branch} INVITE" in self._servers else None
        return [RequestHeard(key=key, request=request, source=source, cancels=cancels)]

    def _unwelcome(self, merge_key: str) -> int:
        """The status with which a new request is turned away at once; 0 if it is not."""
        if merge_key and merge_key in self._merging:
            return _MERGED
        return _FULL if len(self._servers) >= self._limits.transactions else 0

    def _hear_ack(self, request: Request, branch: str, source: Address, now: Moment) -> list[Heard]:
        """The ACK to a refusal belongs to its INVITE; one to 2xx stands alone and is told (§17.1.1.3, §13.2.2.4)."""
        server = self._servers.get(f"{branch} INVITE")
        if server is not None and server.state in (State.COMPLETED, State.CONFIRMED):
            return self._act_server(server, server.step(Said.ACK, now.mono))
        if (server := self._unacknowledged.get(matching.ack_key(request))) is not None:
            self._act_server(server, server.step(Said.ACK, now.mono))
        return [RequestHeard(key="", request=request, source=source)]

    def _act_server(self, server: _Server, acts: tuple[Act, ...]) -> list[Heard]:
        heard: list[Heard] = []
        for act in acts:
            if act is Act.SEND:
                self._put(server.last, server.to)
            elif act is Act.UNACKNOWLEDGED:
                heard.append(Unacknowledged(key=server.key, owner=server.owner))
        if server.ack_key and server.state is not State.ACCEPTED:
            self._unacknowledged.pop(server.ack_key, None)
            server.ack_key = ""
        if server.state is State.TERMINATED:
            self._servers.pop(server.key, None)
            self._merging.pop(server.merge_key, None)
        return heard

    # --- the wire ------------------------------------------------------------------------------------------------

    def _put(self, data: bytes, to: Address) -> None:
        if data:
            self._output.append(Packet(data, to))

    def _new_branch(self) -> str:
        return fields.MAGIC_COOKIE + self._new_token()

    def _with_via(self, request: Request, to: Address, branch: str) -> Request:
        """`rport` asks for the answer to come back through a NAT (RFC 3581)."""
        sent_by = hostport(self.local.host, self.local.port)
        via = f"SIP/2.0/{to.transport.value.upper()} {sent_by};branch={branch};rport"
        return message.with_headers(request, request.headers.on_top(("Via", via)))


_MERGED = 482
"""§8.2.2.2."""
_FULL = 503
"""§21.5.4."""
_ANSWERED = frozenset({State.ACCEPTED, State.COMPLETED, State.TERMINATED})
_FINAL_SENT = frozenset({State.ACCEPTED, State.ACKNOWLEDGED, State.COMPLETED, State.CONFIRMED, State.TERMINATED})


def _said(status: int) -> Said:
    if status < 200:
        return Said.PROVISIONAL
    return Said.SUCCESS if status < 300 else Said.FAILURE
