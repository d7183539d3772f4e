"""The exchange itself, without a socket: packets and moments in, packets and the next deadline out.

`SipExchange` joins the network, the transactions, the registrar, the watchers and the calls. Its verbs are what people
and scripts let happen; `exchange.SimulatedExchange` is the same on real sockets.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from dutyphone.clock import Moment
from dutyphone_simulators.sip.addresses import host_port, parse_address
from dutyphone_simulators.sip.agenda import Agenda
from dutyphone_simulators.sip.calls import Branch, Call, CallState, Patience, Step
from dutyphone_simulators.sip.damage import Damage, damaged
from dutyphone_simulators.sip.ends import (
    DeskBranch,
    DeskCaller,
    DeskPhone,
    GatewayBranch,
    ScriptedCaller,
    service_code,
)
from dutyphone_simulators.sip.identity import HIDDEN, NAMELESS, Caller
from dutyphone_simulators.sip.legs import TelephoneBranch, TelephoneCaller
from dutyphone_simulators.sip.media import Sound, Stream, Streams
from dutyphone_simulators.sip.messages import Headers, NotSip, Request, Response, read_message
from dutyphone_simulators.sip.network import Channel, Network, Packet, Weather
from dutyphone_simulators.sip.reception import Reception, Refusal
from dutyphone_simulators.sip.records import CallRecord, Way
from dutyphone_simulators.sip.registrar import Binding, Registrar
from dutyphone_simulators.sip.settings import (
    ELSEWHERE,
    Account,
    CallScript,
    ExchangeSettings,
    FarEnd,
    Manner,
    ReasonForm,
)
from dutyphone_simulators.sip.strangers import plain_cancel, plain_invite, probe
from dutyphone_simulators.sip.transactions import ServerTransaction, Transactions
from dutyphone_simulators.sip.watchers import DialogState, WatchedDialog, Watchers
from dutyphone_simulators.sip.wire_end import WireEnd

KEEP_ALIVE = b"\r\n\r\n"
PONG = b"\r\n"
"""RFC 5626 §3.5.1."""

MALFORMED_CALLER = "01055509998"


class SipExchange:
    """An exchange whose doors are where `doors` says: name -> host and port; it has at least `udp` or `tcp` or `tls`,
    and `media`.
    """

    def __init__(self, settings: ExchangeSettings, doors: Mapping[str, tuple[str, int]], start: Moment) -> None:
        self.settings = settings
        self.agenda = Agenda(start)
        self.chance = random.Random(settings.seed)  # noqa: S311  tags and branches of a drill
        self.network = Network(self.agenda, self.chance, self._deliver)
        self.transactions = Transactions(self.agenda, self.chance, self.network.send, self.own, settings.timing)
        self.transactions.complain = self.complain
        self.registrar = Registrar(settings, self.agenda)
        self.watchers = Watchers(self)
        self.reception = Reception(self, self.chance)
        self.streams = Streams(self.agenda, self.chance, self.network.send)
        self.records: list[CallRecord] = []
        self.complaints: list[str] = []
        self.heard: Counter[str] = Counter()  # requests by method, and "garbage"
        self.pings: list[tuple[str, bool]] = []  # account, and whether it answered
        self.on_call: Callable[[CallRecord, Step], None] = lambda _record, _step: None
        self.closed = False  # the doors are shut, as of a machine that is switched off
        self.far_ends: dict[str, FarEnd] = dict(settings.far_ends)
        self._doors = dict(doors)
        self._accounts = {account.name: account for account in settings.accounts}
        self._desks = {account.name: DeskPhone() for account in settings.accounts}
        self._forwarding: dict[str, dict[str, str]] = {account.name: {} for account in settings.accounts}
        self._calls: dict[str, Call] = {}
        self._ids: dict[str, tuple[str, str]] = {}  # call -> the Call-ID its watchers are told, and a tag
        self._dialogs: dict[tuple[str, str, str], WireEnd] = {}
        self._outage = 0
        if settings.ping_s:
            self.agenda.after(settings.ping_s, self._ping)

    # --- the contract --------------------------------------------------------------------------------------------

    def receive(self, packet: Packet, now: Moment) -> None:
        """A packet has come to a door."""
        self.agenda.reach(now)
        self.network.arrive(packet)

    def take_output(self) -> list[Packet]:
        """The packets to send; taken away."""
        return self.network.take_output()

    def next_deadline(self) -> float | None:
        """When something happens by itself, in mono seconds."""
        return self.agenda.next_deadline()

    def on_deadline(self, now: Moment) -> None:
        """Let all happen that was due by now."""
        self.agenda.reach(now)

    def connection_lost(self, channel: Channel, now: Moment) -> None:
        """The other side has closed a connection."""
        self.agenda.reach(now)
        self.registrar.connection_lost(channel)

    # --- verbs ---------------------------------------------------------------------------------------------------

    def call(self, to: str = "", script: CallScript | None = None) -> CallRecord:
        """Somebody outside calls the account `to` (the first one if empty). The record fills as the call goes."""
        script = script or CallScript()
        account = self._account(to)
        number = script.called or account.number or account.name
        script = replace(script, called=number)
        who = script.caller
        shown = "" if who.form in NAMELESS else who.number
        record = self._record(Way.INCOMING, account, shown, who.name, number)
        record.diverted_from, record.withheld = who.diverted_from, who.form in HIDDEN
        patience = self._patience(script.reason)
        call = Call(self, record, account, lambda call: ScriptedCaller(self, call, script), patience)
        if self.network.deaf or self.closed:
            call.ring([])
        elif always := self._forwarding[account.name].get("57"):
            call.forward(always)
        else:
            call.ring(self._branches(call, account, script))
        return record

    def desk_calls(
        self, number: str, account: str = "", *, gives_up_s: float | None = None, talk_s: float | None = None
    ) -> CallRecord:
        """The desk phone of `account` calls `number`, or dials a service code."""
        subscriber = self._account(account)
        desk = self._desks[subscriber.name]
        record = self._record(Way.OUTGOING, subscriber, subscriber.name, "", number)
        call = Call(
            self, record, subscriber, lambda call: DeskCaller(self, call, desk, gives_up_s, talk_s), self._patience()
        )
        call.ring([self.gateway(call, number)])
        return record

    def desk_lifts(self, account: str = "") -> bool:
        """Somebody lifts the handset; whether that took a ringing call."""
        return self._desks[self._account(account).name].lift()

    def desk_hangs_up(self, account: str = "") -> None:
        """The handset goes back."""
        self._desks[self._account(account).name].hang_up()

    def caller_hangs_up(self, record: CallRecord) -> None:
        """The caller of that call has had enough."""
        if (call := self._calls.get(record.id)) is not None:
            call.given_up()

    def called_hangs_up(self, record: CallRecord) -> None:
        """Whoever answered that call hangs up."""
        call = self._calls.get(record.id)
        if call is not None and call.winner is not None and call.state is CallState.TALKING:
            winner = call.winner
            call.hung_up(winner)
            winner.hang_up()

    def set_weather(self, weather: Weather) -> None:
        """What the network does from now on."""
        self.network.weather = weather

    def outage(self, seconds: float | None, *, restart: bool = False, shut: bool = False) -> None:
        """The exchange is deaf for `seconds` (None: until `recover`). `restart`: it remembers nothing afterwards.
        `shut`: its doors are closed meanwhile, so that the network says so.
        """
        self._outage += 1
        outage = self._outage
        if restart:
            self._forget_all()
        self.network.deaf, self.closed = True, shut
        if seconds is not None:
            self.agenda.after(seconds, lambda: self._recover_from(outage))

    def recover(self) -> None:
        """The outage is over."""
        self._recover_from(self._outage)

    def refuse_next(self, method: str, status: int, *, times: int = 1, headers: Headers = ()) -> None:
        """Answer the next `times` requests of `method` with `status`."""
        self.reception.refuse_next(method, [Refusal(status, headers)] * times)

    def raw(self, data: bytes, account: str = "") -> None:
        """Send `data` to every telephone of `account`, as it is."""
        for binding in self.registrar.bindings(self._account(account).name):
            self.network.send(Packet(binding.channel, data))

    def malformed(self, kind: Damage, account: str = "") -> None:
        """Send every telephone of `account` an INVITE that is damaged in that way. Who takes it for a call all the same
        hears the caller give up a second later.
        """
        for binding in self.registrar.bindings(self._account(account).name):
            what = (self.own(binding.channel.door), str(binding.contact.uri), MALFORMED_CALLER, self.new_tag())
            invite = Packet(binding.channel, damaged(plain_invite(*what), kind, self.chance))
            cancel = Packet(binding.channel, plain_cancel(*what))
            self.network.send(invite)
            self.agenda.after(1.0, partial(self.network.send, cancel))

    def stranger_calls(self, to: tuple[str, int], user: str, number: str) -> None:
        """Somebody at another address, the door `stranger`, sends an INVITE for `user` straight to `to`."""
        invite = plain_invite(self.own("stranger"), f"sip:{user}@{host_port(to)}", number, self.new_tag())
        self.network.send(Packet(Channel("stranger", to), invite))

    def scan(self, to: tuple[str, int], *, door: str = "stranger", users: tuple[str, ...] = ()) -> None:
        """A scanner looks at `to`: OPTIONS first, then REGISTER and INVITE for the usual extensions."""
        for data in probe(self.own(door), to, users, self.new_tag):
            self.network.send(Packet(Channel(door, to), data))

    def all_bindings(self) -> list[Binding]:
        """Every telephone that is registered."""
        return [binding for name in self._accounts for binding in self.registrar.bindings(name)]

    # --- what the parts want -------------------------------------------------------------------------------------

    @property
    def media_address(self) -> tuple[str, int]:
        return self._doors["media"]

    def own(self, door: str) -> tuple[str, int]:
        return self._doors[door]

    def new_tag(self) -> str:
        return f"{self.chance.getrandbits(48):012x}"

    def new_call_id(self) -> str:
        return f"{self.chance.getrandbits(96):024x}@exchange.invalid"

    def open_stream(self, sound: Sound) -> Stream:
        return self.streams.open(sound)

    def keep_dialog(self, end: WireEnd) -> None:
        assert end.dialog is not None
        self._dialogs[end.dialog.key] = end

    def drop_dialog(self, end: WireEnd) -> None:
        assert end.dialog is not None
        self._dialogs.pop(end.dialog.key, None)

    def complain(self, what: str) -> None:
        self.complaints.append(what)

    def forwarding(self, account: Account) -> dict[str, str]:
        """Service code -> target, as dialled."""
        return self._forwarding[account.name]

    def gateway(self, call: Call, number: str) -> Branch:
        """The way to `number` outside, or to the machine that obeys service codes."""
        code = service_code(number)
        if code is None:
            return GatewayBranch(self, call, number, self.far_ends.get(number, self.settings.other_numbers))
        service, target = code
        if target:
            self._forwarding[call.account.name][service] = target
        else:
            self._forwarding[call.account.name].pop(service, None)
        announcement = FarEnd(rings_s=0.0, talk_s=self.settings.announcement_s, sound=Sound.TONE)
        return GatewayBranch(self, call, number, announcement)

    def told(self, call: Call, step: Step) -> None:
        if step is Step.STARTED:
            self._calls[call.record.id] = call
        elif step is Step.ENDED:
            self._calls.pop(call.record.id, None)
            self._desks[call.account.name].freed(call)
        if state := _WATCHED.get(step):
            self.watchers.tell(call.account.name, self._as_watched(call, state))
        if step is Step.ENDED:
            del self._ids[call.record.id]
        self.on_call(call.record, step)

    # --- packets -------------------------------------------------------------------------------------------------

    def _deliver(self, packet: Packet) -> None:
        channel = packet.channel
        if channel.door == "media":
            self.streams.receive(packet)
            return
        if channel.door == "stranger":
            return  # what is answered to a stranger is seen on the network and goes nowhere
        if packet.data == KEEP_ALIVE and channel.reliable:
            self.network.send(Packet(channel, PONG))
            return
        if not packet.data.strip(b"\r\n\0"):
            return
        try:
            message = read_message(packet.data)
        except NotSip as wrong:
            self.heard["garbage"] += 1
            self.complain(f"not SIP: {wrong}")
            return
        if isinstance(message, Response):
            if not self.transactions.receive_response(message):
                self.heard["stray response"] += 1
            return
        self.reception.receive(message, channel)

    def dialog(self, key: tuple[str, str, str]) -> WireEnd | None:
        """The call that a request belongs to."""
        return self._dialogs.get(key)

    def dialled(self, account: Account, number: str, transaction: ServerTransaction) -> None:
        """A registered telephone, which was let in, calls `number`."""
        request = transaction.request
        name = parse_address(request.get("from")).name
        record = self._record(Way.OUTGOING, account, account.name, name, number, request.call_id)
        call = Call(self, record, account, lambda call: TelephoneCaller(self, call, transaction), self._patience())
        other = next((one for one in self._accounts.values() if number in (one.name, one.number)), account)
        if other is not account:
            call.ring(self._branches(call, other, CallScript(caller=Caller(number=account.name), called=number)))
        else:
            call.ring([self.gateway(call, number)])

    # --- helpers -------------------------------------------------------------------------------------------------

    def _account(self, name: str) -> Account:
        return self._accounts[name or self.settings.accounts[0].name]

    def _record(self, way: Way, account: Account, caller: str, name: str, called: str, call_id: str = "") -> CallRecord:
        record = CallRecord(
            id=f"{len(self.records) + 1}",
            way=way,
            account=account.name,
            caller=caller,
            caller_name=name,
            called=called,
            started_at=self.agenda.now,
        )
        self.records.append(record)
        self._ids[record.id] = (call_id or self.new_call_id(), self.new_tag())
        return record

    def _patience(self, elsewhere: ReasonForm | None = None) -> Patience:
        settings = self.settings
        return Patience(
            no_answer_s=settings.no_answer_s,
            elsewhere=ELSEWHERE[elsewhere or settings.elsewhere],
            given_up=(("Reason", settings.given_up_reason),) if settings.given_up_reason else (),
            no_answer=(("Reason", settings.no_answer_reason),) if settings.no_answer_reason else (),
            follows_redirects=settings.follows_redirects,
        )

    def _branches(self, call: Call, account: Account, script: CallScript) -> list[Branch]:
        shared = self._ids[call.record.id] if self.settings.manner is Manner.PROXY else None
        branches: list[Branch] = [
            TelephoneBranch(self, call, binding, script, shared=shared)
            for binding in self.registrar.bindings(account.name)
        ]
        if account.desk_phone:
            branches.append(DeskBranch(self, call, self._desks[account.name], script))
        return branches

    def _as_watched(self, call: Call, state: DialogState) -> WatchedDialog:
        record = call.record
        call_id, _ = self._ids[record.id]
        return WatchedDialog(
            id=record.id,
            call_id=call_id,
            initiator=call.outgoing,
            state=state,
            remote=record.called if call.outgoing else "anonymous" if record.withheld else record.caller,
            remote_name="" if call.outgoing or record.withheld else record.caller_name,
        )

    def _ping(self) -> None:
        for binding in self.all_bindings():
            self._ping_one(binding)
        self.agenda.after(self.settings.ping_s, self._ping)

    def _ping_one(self, binding: Binding) -> None:
        own = host_port(self.own(binding.channel.door))
        request = Request(
            method="OPTIONS",
            uri=str(binding.contact.uri),
            headers=(
                ("Max-Forwards", "70"),
                ("From", f"<sip:{own}>;tag={self.new_tag()}"),
                ("To", f"<{binding.contact.uri}>"),
                ("Call-ID", self.new_call_id()),
                ("CSeq", "1 OPTIONS"),
                ("Contact", f"<sip:{own}>"),
            ),
        )
        self.transactions.request(
            request,
            binding.channel,
            lambda response: self.pings.append((binding.account, True)) if response.status >= 200 else None,
            lambda: self.pings.append((binding.account, False)),
        )

    def _recover_from(self, outage: int) -> None:
        if outage == self._outage:
            self.network.deaf = self.closed = False

    def _forget_all(self) -> None:
        self.network.deaf = True  # a machine that is switched off says nothing more
        for call in list(self._calls.values()):
            call.cut()
        self.transactions.forget_all()
        self.registrar.forget()
        self.watchers.forget()
        self.reception.forget()
        self._dialogs.clear()
        for desk in self._desks.values():
            desk.ringing.clear()


_WATCHED = {
    Step.STARTED: DialogState.TRYING,
    Step.RANG: DialogState.EARLY,
    Step.ANSWERED: DialogState.CONFIRMED,
    Step.ENDED: DialogState.TERMINATED,
}
