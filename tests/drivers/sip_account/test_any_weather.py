"""Calls in any weather: messages lost, doubled, late, in the wrong order and broken, and people who do anything.

Whatever happens, each call that was offered ends exactly once, every request that came gets one final answer, and
nothing stays in memory.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from dutyphone_drivers.sip_account import fields, message
from dutyphone_drivers.sip_account.core import NoSuchCall
from dutyphone_drivers.sip_account.message import Request, Response
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.sip_account import OFFER, OURS, SDP, Account, same_transaction
from support.sip_wire import SERVER, STRANGER, request, response, sent

from dutyphone.lines.events import CallEvent, CallOffered, CallOver, CallTaken, CallWithdrawn

NETWORK_S = 5.0
"""T4 of RFC 3261: no message stays in the network for longer."""

INFO = "application/dialog-info+xml"
STATUSES = st.sampled_from([100, 180, 183, 200, 200, 302, 401, 407, 422, 480, 486, 487, 491, 500, 503, 603])
TAGS = st.sampled_from(["callee1", "callee2"])


@dataclass
class Their:
    """A call to us as its caller sees it."""

    invite: Request
    cseq: int = 1
    to_tags: list[str] = field(default_factory=list)  # of our answers
    has_given_up: bool = False


class Weather(RuleBasedStateMachine):
    """The exchange, the network between, and the people on both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.account = self.open_account()
        self.account.out()
        self.count = 0
        self.theirs: list[Their] = []
        self.asked: list[Request] = []  # requests of ours that reached the exchange
        self.in_flight: list[tuple[float, Request | Response]] = []  # what may come again, or late
        self.delivered: dict[tuple[str, str], Request] = {}  # by branch and method
        self.finals: dict[tuple[str, str], set[int]] = defaultdict(set)

    def open_account(self) -> Account:
        return Account()

    # --- the network -----------------------------------------------------------------------------------------------

    def deliver(self, one: Request | Response) -> None:
        if isinstance(one, Request) and one.method != "ACK":
            self.delivered.setdefault(_key(one), one)
        self.account.hear(one)
        self.collect()

    def send(self, one: Request | Response, lost: bool) -> None:
        self.in_flight.append((self.account.clock.now().mono, one))
        if not lost:
            self.deliver(one)

    def collect(self) -> None:
        """What we sent arrives at the exchange; what strangers are answered does not."""
        packets = [packet for packet in self.account.packets if packet.to.host != STRANGER.host]
        self.account.packets.clear()
        for one in sent(packets):
            if isinstance(one, Request):
                if one.method not in ("ACK", "REGISTER", "OPTIONS"):
                    self.asked.append(one)
                continue
            if one.status >= 200 and _key(one) in self.delivered:
                self.finals[_key(one)].add(one.status)
            number = fields.cseq(one)
            if number is None or number.method != "INVITE":
                continue
            for their in self.theirs:
                tag = fields.tag_of(one.headers.get("To"))
                if their.invite.headers.get("Call-ID") == fields.call_id(one) and tag and tag not in their.to_tags:
                    their.to_tags.append(tag)

    @rule(which=st.integers(0, 1_000))
    def something_comes_again_or_late(self, which: int) -> None:
        now = self.account.clock.now().mono
        alive = [one for at, one in self.in_flight if now - at <= NETWORK_S]
        if alive:
            self.deliver(alive[which % len(alive)])

    @rule(which=st.integers(0, 1_000), at=st.integers(0, 2_000), byte=st.integers(0, 255))
    def something_comes_broken(self, which: int, at: int, byte: int) -> None:
        """A byte is flipped, and it comes from a stranger, who has not heard our tags: it is nobody's request."""
        heard = [one for _, one in self.in_flight if "tag=" not in (one.headers.get("To") or "")]
        if heard:
            data = bytearray(message.render(heard[which % len(heard)]))
            data[at % len(data)] = byte
            self.account.hear(bytes(data), STRANGER)
            self.collect()

    @rule(data=st.binary(max_size=200), cut=st.integers(0, 300))
    def garbage_comes(self, data: bytes, cut: int) -> None:
        self.account.hear(data)
        self.account.hear(message.render(request("OPTIONS"))[:cut])
        self.collect()

    @rule(seconds=st.floats(0.01, 40.0))
    def time_passes(self, seconds: float) -> None:
        self.account.pass_time(seconds)
        self.collect()

    # --- callers ---------------------------------------------------------------------------------------------------

    @rule(lost=st.booleans(), extra=st.sampled_from([(), (("Expires", "3"),), (("Require", "100rel"),)]))
    def somebody_calls(self, lost: bool, extra: tuple[tuple[str, str], ...]) -> None:
        self.count += 1
        invite = request(
            "INVITE",
            branch=f"z9hG4bK-w{self.count}",
            call_id=f"call-{self.count}",
            extra=(*extra, SDP),
            body=OFFER,
        )
        self.theirs.append(Their(invite))
        self.send(invite, lost)

    @precondition(lambda self: self.theirs)
    @rule(which=st.integers(0, 1_000), lost=st.booleans(), elsewhere=st.booleans())
    def a_caller_gives_up(self, which: int, lost: bool, elsewhere: bool) -> None:
        their = self.theirs[which % len(self.theirs)]
        if their.has_given_up:
            return
        their.has_given_up = True
        self.send(same_transaction(their.invite, "CANCEL", extra=(("Reason", "SIP;cause=200"),) * elsewhere), lost)

    @precondition(lambda self: self.theirs)
    @rule(which=st.integers(0, 1_000), lost=st.booleans())
    def a_caller_acknowledges_a_refusal(self, which: int, lost: bool) -> None:
        their = self.theirs[which % len(self.theirs)]
        if their.to_tags:
            self.send(same_transaction(their.invite, "ACK", to=f"<sip:1001@192.0.2.1>;tag={their.to_tags[0]}"), lost)

    @precondition(lambda self: any(their.to_tags for their in self.theirs))
    @rule(
        which=st.integers(0, 1_000),
        lost=st.booleans(),
        method=st.sampled_from(["ACK", "ACK", "BYE", "INVITE", "UPDATE", "INFO", "PRACK", "REFER"]),
        offers=st.booleans(),
    )
    def a_caller_goes_on(self, which: int, lost: bool, method: str, offers: bool) -> None:
        answered = [their for their in self.theirs if their.to_tags]
        their = answered[which % len(answered)]
        self.count += 1
        their.cseq += method != "ACK"
        within = request(
            method,
            branch=f"z9hG4bK-w{self.count}",
            call_id=their.invite.headers.get("Call-ID") or "",
            cseq=1 if method == "ACK" else their.cseq,
            to_tag=their.to_tags[which % len(their.to_tags)],
            extra=(SDP,) if offers else (),
            body=OFFER if offers else b"",
        )
        self.send(within, lost)

    # --- telephones that we call, and whoever else answers us ------------------------------------------------------

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 1_000), lost=st.booleans(), status=STATUSES, tag=TAGS)
    def something_of_ours_is_answered(self, which: int, lost: bool, status: int, tag: str) -> None:
        asked = self.asked[which % len(self.asked)]
        extra = [("Contact", "<sip:callee@192.0.2.1>")]
        if status in (401, 407):
            name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
            extra.append((name, f'Digest realm="x", nonce="n{which % 3}"'))
        if status == 422:
            extra.append(("Min-SE", "120"))
        if status == 200 and asked.method == "INVITE":
            extra += [SDP, ("Session-Expires", "90;refresher=uac")]
        body = OFFER if status == 200 and asked.method == "INVITE" else b""
        self.send(response(asked, status, tag=tag, extra=extra, body=body), lost)

    @precondition(lambda self: any(one.method == "INVITE" for one in self.asked))
    @rule(
        which=st.integers(0, 1_000), lost=st.booleans(), method=st.sampled_from(["BYE", "INVITE", "UPDATE"]), tag=TAGS
    )
    def a_telephone_we_call_says_something(self, which: int, lost: bool, method: str, tag: str) -> None:
        invites = [one for one in self.asked if one.method == "INVITE"]
        invite = invites[which % len(invites)]
        self.count += 1
        to = invite.headers.get("To") or ""
        within = request(
            method,
            branch=f"z9hG4bK-w{self.count}",
            call_id=invite.headers.get("Call-ID") or "",
            cseq=self.count,
            from_=to if "tag=" in to else f"{to};tag={tag}",
            to=invite.headers.get("From") or "",
            extra=(SDP,),
            body=OFFER,
        )
        self.send(within, lost)

    # --- whole calls, so that the others have something to disturb ------------------------------------------------

    @rule(lost=st.lists(st.booleans(), min_size=3, max_size=3), ends=st.sampled_from(["there", "here", "both", "not"]))
    def a_call_to_us_is_answered(self, lost: list[bool], ends: str) -> None:
        self.somebody_calls(lost=False, extra=())
        their = self.theirs[-1]
        ref = their.invite.headers.get("Call-ID") or ""
        self._here("answer", ref)
        which = len([one for one in self.theirs if one.to_tags]) - 1
        self.a_caller_goes_on(which=which, lost=lost[0], method="ACK", offers=False)
        if ends in ("here", "both"):
            self._here("hang up", ref)
        if ends in ("there", "both"):
            self.a_caller_goes_on(which=which, lost=lost[1], method="BYE", offers=False)

    @rule(
        called_off=st.booleans(), tags=st.lists(TAGS, min_size=1, max_size=3), ends=st.sampled_from(["there", "here"])
    )
    def a_call_of_ours_is_answered(self, called_off: bool, tags: list[str], ends: str) -> None:
        self.somebody_here_dials()
        which, ref = len(self.asked) - 1, self.refs()[-1]
        invite = self.asked[which]
        self.something_of_ours_is_answered(which=which, lost=False, status=180, tag=tags[0])
        if called_off:
            self._here("hang up", ref)
        for tag in tags:
            self.something_of_ours_is_answered(which=which, lost=False, status=200, tag=tag)
        if ends == "here":
            self._here("hang up", ref)
        else:
            invites = [one for one in self.asked if one.method == "INVITE"]
            self.a_telephone_we_call_says_something(which=invites.index(invite), lost=False, method="BYE", tag=tags[0])

    @rule()
    def nothing_can_be_sent(self) -> None:
        self.account.do(self.account.core.failed(SERVER, self.account.clock.now()))
        self.collect()

    # --- people here -----------------------------------------------------------------------------------------------

    def refs(self) -> list[str]:
        return [event.call_ref for event in self.account.events if isinstance(event, CallOffered)]

    @rule(which=st.integers(0, 1_000), what=st.sampled_from(["answer", "refuse", "redirect", "hang up"]))
    def somebody_here_does_something(self, which: int, what: str) -> None:
        if refs := self.refs():
            self._here(what, refs[which % len(refs)])

    def _here(self, what: str, ref: str) -> None:
        core, now = self.account.core, self.account.clock.now()
        try:
            match what:
                case "answer":
                    self.account.do(core.answer(ref, OURS, now))
                case "refuse":
                    self.account.do(core.refuse(ref, 486, now))
                case "redirect":
                    self.account.do(core.redirect(ref, "013900000000", now))
                case _:
                    self.account.do(core.hang_up(ref, now))
        except NoSuchCall:
            pass
        self.collect()

    @rule()
    def somebody_here_dials(self) -> None:
        self.account.do(self.account.core.dial("01055506789", OURS, self.account.clock.now()))
        self.collect()

    # --- what holds at any time ------------------------------------------------------------------------------------

    @invariant()
    def a_call_is_offered_first_taken_once_and_ends_once(self) -> None:
        heard: dict[str, list[type[CallEvent]]] = defaultdict(list)
        for event in self.account.events:
            if isinstance(event, CallEvent):
                heard[event.call_ref].append(type(event))
        for ref, kinds in heard.items():
            assert kinds[0] is CallOffered, ref
            assert kinds.count(CallOffered) == 1, (ref, kinds)
            assert kinds.count(CallTaken) <= 1, (ref, kinds)
            ends = [kind for kind in kinds if kind in (CallOver, CallWithdrawn)]
            assert len(ends) <= 1, (ref, kinds)
            if ends:
                assert kinds[-1] is ends[0], (ref, kinds)
                assert (ends[0] is CallOver) is (CallTaken in kinds), (ref, kinds)

    @invariant()
    def no_request_gets_two_different_final_answers(self) -> None:
        for key, statuses in self.finals.items():
            assert len(statuses) == 1, (key, statuses)

    def calm_down(self) -> None:
        """Nothing more happens."""

    def teardown(self) -> None:
        """The storm is over: what talks is hung up, and after that nothing more comes."""
        account = self.account
        for ref in self.refs():
            try:
                account.do(account.core.hang_up(ref, account.clock.now()))
            except NoSuchCall:
                continue
        account.pass_time(400.0)
        self.collect()
        self.calm_down()
        self.a_call_is_offered_first_taken_once_and_ends_once()
        self.no_request_gets_two_different_final_answers()
        ended = [event.call_ref for event in account.events if isinstance(event, CallOver | CallWithdrawn)]
        assert sorted(ended) == sorted(self.refs())
        assert not self.delivered.keys() - self.finals.keys()
        assert account.is_clean(), account.core._legs
        layer = account.core._transactions
        assert layer._servers == {}
        assert layer._unacknowledged == {}
        assert layer._merging == {}
        assert all(client.request.method in ("REGISTER", "SUBSCRIBE") for client in layer._clients.values())


class WatchedWeather(Weather):
    """The same, and the exchange tells of the desk telephone's calls as well, now and then, and not always sensibly."""

    def open_account(self) -> Account:
        self.version = 0
        account = Account(watch=True)
        self.subscribe = account.last_request("SUBSCRIBE")
        account.hear(response(self.subscribe, 200, tag="watcher", extra=(("Expires", "600"),)))
        return account

    @rule(
        which=st.integers(0, 3),
        state=st.sampled_from(["trying", "early", "confirmed", "terminated"]),
        direction=st.sampled_from(["initiator", "recipient"]),
        full=st.booleans(),
        lost=st.booleans(),
    )
    def the_desk_telephone_does_something(self, which: int, state: str, direction: str, full: bool, lost: bool) -> None:
        calls = [fields.call_id(their.invite) for their in self.theirs[-3:]]
        call_id = calls[which] if which < len(calls) else f"desk-{which}"
        self.tell(
            f'<dialog id="d{which}" call-id="{call_id}" direction="{direction}"><state>{state}</state>'
            "<remote><identity>sip:01055501234@192.0.2.1</identity></remote></dialog>",
            full=full,
            lost=lost,
        )

    def tell(self, dialogs: str, *, full: bool, lost: bool) -> None:
        subscribe = [self.subscribe, *(one for one in self.asked if one.method == "SUBSCRIBE")][-1]
        self.version += 1
        self.count += 1
        kind = "full" if full else "partial"
        to = subscribe.headers.get("To") or ""
        told = request(
            "NOTIFY",
            branch=f"z9hG4bK-w{self.count}",
            call_id=fields.call_id(subscribe) or "",
            cseq=self.version,
            from_=to if "tag=" in to else f"{to};tag=watcher",
            to=subscribe.headers.get("From") or "",
            extra=(("Event", "dialog"), ("Subscription-State", "active"), ("Content-Type", INFO)),
            body=(
                f'<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" '
                f'version="{self.version}" state="{kind}" entity="sip:1001@192.0.2.1">{dialogs}</dialog-info>'
            ).encode(),
        )
        self.send(told, lost)

    def calm_down(self) -> None:
        """The desk telephone is quiet, and the watch says so."""
        self.tell("", full=True, lost=False)
        self.account.pass_time(100.0)
        self.collect()


def _key(one: Request | Response) -> tuple[str, str]:
    via, number = fields.top_via(one), fields.cseq(one)
    return (via.branch if via else None) or "", number.method if number else ""


Weather.TestCase.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnyWeather = Weather.TestCase
WatchedWeather.TestCase.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnyWeatherWatched = WatchedWeather.TestCase
