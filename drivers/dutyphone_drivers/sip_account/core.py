"""A SIP account as a pure machine: bytes, where they came from and when in; line events out, and packets to send.

    guard              who may speak at all                                RFC 3261 §8.2.2.1, §26
    faults             what is wrong with a request                        §8.2
    transaction        one request and its answers, whatever is lost       §17, RFC 6026
    dialog             who talks to whom, by which way                     §12
    incoming           a call to us                                        §13.3, §9.2
    outgoing           a call of ours                                      §13.2, §9.1
    leg                how either goes on and ends                         §14, §15, RFC 3311, RFC 4028
    registration       being reachable                                     §10
    watch, desk_phone  the desk telephone's own calls                      RFC 6665, RFC 4235

This module puts them together: it hands each message to the room it belongs to, and knows nothing of what they decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import cast

from dutyphone.clock import Moment
from dutyphone.lines.events import (
    CallWithdrawn,
    Evidence,
    LineEvent,
    LineLost,
    LineOpened,
    LossReason,
    WireNoise,
)
from dutyphone_drivers.sip_account import fields, message, replies
from dutyphone_drivers.sip_account import uri as uris
from dutyphone_drivers.sip_account.desk_phone import DeskPhone
from dutyphone_drivers.sip_account.faults import Fault, fault_of, unsupported
from dutyphone_drivers.sip_account.guard import GARBAGE, Guard
from dutyphone_drivers.sip_account.incoming import IncomingLeg, NothingFits, announce
from dutyphone_drivers.sip_account.leg import Leg
from dutyphone_drivers.sip_account.legs import Legs, NoSuchCall
from dutyphone_drivers.sip_account.means import ALLOW, SDP, UNDERSTOOD, Means
from dutyphone_drivers.sip_account.message import Field, NotSip, Request, Response
from dutyphone_drivers.sip_account.outgoing import OutgoingLeg
from dutyphone_drivers.sip_account.registration import Registration
from dutyphone_drivers.sip_account.registration import State as Registered
from dutyphone_drivers.sip_account.rooms import Room
from dutyphone_drivers.sip_account.session import Offer
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.timing import Limits, Timing
from dutyphone_drivers.sip_account.transaction import (
    Heard,
    RequestHeard,
    ResponseHeard,
    TimedOut,
    Transactions,
    Unacknowledged,
)
from dutyphone_drivers.sip_account.watch import Watch
from dutyphone_drivers.sip_account.wire import Address, Packet

__all__ = ["REFUSALS", "NoSuchCall", "NotOnTheList", "NothingFits", "SipCore"]

REFUSALS = frozenset({480, 486, 603})
"""Not now; busy; no, and nobody else either (RFC 3261 §21.4.18, §21.4.24, §21.6.2)."""

_WITHIN_A_DIALOG = frozenset({"BYE", "UPDATE", "INFO", "PRACK", "NOTIFY"})
"""Understood, and without a dialog to belong to answered 481 (§12.2.2, RFC 3311 §5.2, RFC 6665 §4.1.3)."""

_AFTER_THE_ANSWER = frozenset({"ACK", "BYE"})
"""What a caller says to the telephone that answered. Some servers send it to all that rang, and no CANCEL."""


class NotOnTheList(ValueError):
    """A call may only be sent on to the targets that the settings name."""


class SipCore:
    """One account. After every call: post the events, send what `take_output` gives, ask for `next_deadline`.

    `new_token` gives fresh random text that nobody can guess. Events that contain `LineLost` mean that the account is
    not reachable now; the core goes on trying.
    """

    def __init__(
        self,
        settings: AccountSettings,
        new_token: Callable[[], str],
        *,
        timing: Timing | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._settings, self._new_token = settings, new_token
        self._timing, self._limits = timing or Timing(), limits or Limits()
        self._registration = Registration(settings, self, new_token)
        self._desk_phone = DeskPhone(settings.line) if settings.watch else None
        self._watch = Watch(settings, self, new_token, self._desk_phone.on_info) if self._desk_phone else None
        self._guard = Guard(
            settings.line,
            contact_user=settings.contact_user,
            account=settings.account,
            trusted=settings.trusted,
            new_token=new_token,
            timing=self._timing,
            limits=self._limits,
        )
        self._means: Means | None = None
        self._legs = Legs()

    def __repr__(self) -> str:
        return f"<SipCore {self._settings.line}: {len(self._legs)} calls>"

    # --- the contract ---------------------------------------------------------------------------------------------

    def start(self, now: Moment, local: Address, servers: Sequence[Address]) -> Sequence[LineEvent]:
        """The wire is open at `local`; the account is at one of `servers`, best first. `LineOpened` follows."""
        self._legs.clear()
        self._means = Means(
            settings=self._settings,
            transactions=Transactions(new_token=self._new_token, local=local, timing=self._timing, limits=self._limits),
            timing=self._timing,
            new_token=self._new_token,
            contact=lambda: self._registration.contact,
        )
        self._guard.know(servers)
        return self._told(self._registration.start(now, local, tuple(servers)), now)

    def receive(self, data: bytes, source: Address, now: Moment) -> Sequence[LineEvent]:
        """One message, as a datagram or a frame of a connection, from `source`."""
        if self._means is None or not data.strip(b"\r\n\0"):
            return []  # keep-alive (RFC 5626 §3.5.1)
        if self._guard.is_friend(source):
            self._registration.heard(now)
        try:
            heard = message.read(data)
        except NotSip:
            if self._guard.is_friend(source):
                return [WireNoise(line=self._settings.line, at=now, wire=data)]
            return self._guard.count(source, GARBAGE, now, data)
        if isinstance(heard, Response):
            events = self._hear_response(heard, source, now, data)
        else:
            events = self._hear_request(heard, source, now, data)
        return [event if event.wire else replace(event, wire=data) for event in self._told(events, now)]

    def failed(self, to: Address, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        """The transport says that nothing reaches `to`, or that its connection is gone; `detail` is why."""
        is_server = to == self._registration.server
        if is_server:
            self._registration.unreachable(detail)
        events = self._deal(self._transactions.failed(to), now, b"")
        if is_server:
            events += self._registration.reach_again(now)
        return self._told(events, now)

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        """The wire is gone. What was going on can be followed no longer; the core may be started again."""
        events = [ending for leg in self._legs.all() if (ending := leg.lost_sight(now)) is not None]
        self._legs.clear()
        self._means = None
        if self._watch and self._desk_phone:
            events = [*self._desk_phone.on_leg_events(events), *self._desk_phone.lost(now)]
            self._watch.lost()
        return [*events, LineLost(line=self._settings.line, at=now, reason=reason, detail=detail)]

    def stop(self, now: Moment) -> Sequence[LineEvent]:
        """Take leave: hang up what we talk on, let ring what rings elsewhere, take the binding back. See `ended`."""
        events: list[LineEvent] = []
        for leg in self._legs.all():
            if isinstance(leg, IncomingLeg):
                leg.let_go(now)
            events += self._from_leg(leg, leg.hang_up(now))
        if self._watch:
            events += self._watch.stop(now)
        return [*events, *self._registration.stop(now)]

    @property
    def ended(self) -> bool:
        """After `stop`: everything that was said is answered."""
        return self._registration.state is Registered.ENDED and not self._transactions.asked

    def take_output(self) -> list[Packet]:
        """What is to be sent now, taken away from the core."""
        return self._means.transactions.take_output() if self._means else []

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called."""
        if self._means is None:
            return None
        rooms = (self._transactions, self._registration, self._watch, self._desk_phone, self._guard)
        waits = [room.next_deadline() for room in rooms if room is not None]
        return min((at for at in (*waits, self._means.due.next()) if at is not None), default=None)

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        """Time has passed. Calling it too early is harmless."""
        if self._means is None:
            return []
        events: list[LineEvent] = self._deal(self._transactions.on_deadline(now), now, b"")
        while (due := self._means.due.take_due(now.mono)) is not None:
            leg, wait = due
            events += self._from_leg(leg, leg.on_deadline(wait, now))
        events += self._registration.on_deadline(now)
        for room in (self._watch, self._desk_phone, self._guard):
            if room is not None:
                events += room.on_deadline(now)
        return self._told(events, now)

    # --- what people want ----------------------------------------------------------------------------------------

    def answer(self, call_ref: str, sdp: bytes, now: Moment) -> Sequence[LineEvent]:
        """Answer a ringing call here; `sdp` describes what we can. Raises `NoSuchCall`, `NothingFits`."""
        leg = self._legs.ringing(call_ref)
        return self._from_leg(leg, leg.answer(sdp, now))

    def refuse(self, call_ref: str, status: int, now: Moment) -> Sequence[LineEvent]:
        """Refuse a ringing call with one of `REFUSALS`. Raises `NoSuchCall`."""
        if status not in REFUSALS:
            raise ValueError(f"a call is not refused with {status}")
        leg = self._legs.ringing(call_ref)
        return self._from_leg(leg, leg.refuse(status, now))

    def redirect(self, call_ref: str, target: str, now: Moment) -> Sequence[LineEvent]:
        """Send a ringing call on to a target of the settings. Raises `NotOnTheList`, `NoSuchCall`."""
        if target not in self._settings.redirect_targets:
            raise NotOnTheList(target)
        leg = self._legs.ringing(call_ref)
        return self._from_leg(leg, leg.redirect(str(self._uri_of(target)), now))

    def hang_up(self, call_ref: str, now: Moment) -> Sequence[LineEvent]:
        """End a call that was answered, or call off one of ours. Raises `NoSuchCall`."""
        leg = self._legs.begun(call_ref)
        return self._from_leg(leg, leg.hang_up(now))

    def dial(self, target: str, sdp: bytes, now: Moment) -> Sequence[LineEvent]:
        """Call `target`: digits, a feature code, or a URI. The first event is `CallOffered` and names the call.

        `sdp` is the offer. Raises `uri.NotUri` where `target` could not be dialled on any telephone.
        """
        assert self._means is not None
        leg = OutgoingLeg(self._means, self._uri_of(target), sdp, self._registration.server)
        self._legs.add(leg)
        return self._from_leg(leg, leg.dial(now))

    def far_session(self, call_ref: str) -> Offer | None:
        """What the far end of a call said of its media last; None if nothing, or if there is no such call."""
        leg = self._legs.get(call_ref)
        return leg.far_session if leg else None

    # --- what rooms want -----------------------------------------------------------------------------------------

    def send(self, request: Request, to: Address, now: Moment, owner: Room | None) -> str:
        """A `rooms.Sender`: send a request of a room; answers go to `owner`."""
        return self._transactions.request(request, to, now, owner)

    # --- what comes ----------------------------------------------------------------------------------------------

    @property
    def _transactions(self) -> Transactions:
        assert self._means is not None
        return self._means.transactions

    def _hear_response(self, response: Response, source: Address, now: Moment, data: bytes) -> list[LineEvent]:
        if not self._transactions.expects(response):
            return [] if self._guard.is_friend(source) else list(self._guard.count(source, "SIP/2.0", now, data))
        return self._deal(self._transactions.receive(response, source, now), now, data)

    def _hear_request(self, request: Request, source: Address, now: Moment, data: bytes) -> list[LineEvent]:
        if not self._guard.welcomes(request, source) and self._legs.named_by(request) is None:
            stamped = replies.stamped(request, source)
            if (answer := self._guard.turn_away(stamped, now)) is not None:
                self._transactions.send_response(answer, replies.way_back(stamped, source))
            if request.method in _AFTER_THE_ANSWER and self._guard.is_friend(source):
                return self._on_beside(request, now)
            return list(self._guard.count(source, request.method, now, data))
        return self._deal(self._transactions.receive(request, source, now), now, data)

    def _deal(self, heard: Iterable[Heard], now: Moment, data: bytes) -> list[LineEvent]:
        events: list[LineEvent] = []
        for one in heard:
            match one:
                case RequestHeard():
                    events += self._on_request(one, now, data)
                case ResponseHeard(owner=None) | TimedOut(owner=None) | Unacknowledged(owner=None):
                    pass
                case ResponseHeard():
                    room = cast("Room", one.owner)  # whoever sends is a room
                    events += self._from_room(room, room.on_response(one.key, one.response, now))
                case TimedOut():
                    room = cast("Room", one.owner)
                    events += self._from_room(room, room.on_timeout(one.key, now))
                case Unacknowledged():
                    leg = cast("Leg", one.owner)  # only legs answer INVITEs
                    events += self._from_leg(leg, leg.on_unacknowledged(now))
        return events

    def _on_request(self, heard: RequestHeard, now: Moment, data: bytes) -> list[LineEvent]:
        request = heard.request
        if (fault := fault_of(request, UNDERSTOOD)) is not None:
            return self._on_fault(heard, fault, now, data)
        if request.method == "CANCEL":
            return self._on_cancel(heard, now)
        if (leg := self._legs.named_by(request)) is not None:
            return self._from_leg(leg, leg.on_request(heard, now))
        if request.method == "ACK":
            return self._on_beside(request, now)
        if request.method == "NOTIFY" and self._watch is not None:
            status, events = self._watch.on_notify(request, now)
            self._answer(heard, status, now, extra=(("Allow-Events", "dialog"),) if status == 489 else ())
            return events
        if fields.tag_of(request.headers.get("To")) is not None or request.method in _WITHIN_A_DIALOG:
            self._answer(heard, 481, now)
            return self._on_beside(request, now)
        if request.method == "INVITE":
            return self._on_invite(heard, now)
        if request.method == "OPTIONS":
            assert self._means is not None
            self._answer(heard, 200, now, extra=(*self._means.introduction(), ("Accept", SDP)))
            return []
        self._answer(heard, 405, now, extra=(("Allow", ALLOW),))
        return []

    def _on_beside(self, request: Request, now: Moment) -> list[LineEvent]:
        """What belongs to none of our legs may belong to another branch of a call that rings here."""
        leg = self._legs.beside(request) if request.method in _AFTER_THE_ANSWER else None
        return self._from_leg(leg, leg.on_answered_beside(now)) if leg is not None else []

    def _on_invite(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        if len(self._legs) >= self._limits.legs:
            return self._turn_down(heard, 503, now)
        assert self._means is not None
        leg = IncomingLeg(self._means, self._legs.new_ref(heard.request), heard, heard.source)
        self._legs.add(leg)
        return self._from_leg(leg, leg.offer(heard, now))

    def _on_cancel(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """§9.2. An INVITE that was answered finally is not cancelled any more, and the CANCEL is still answered 200."""
        leg = self._legs.of_invite(heard.cancels)
        if leg is not None:
            return self._from_leg(leg, leg.on_cancel(heard, now))
        self._answer(heard, 481 if heard.cancels is None else 200, now)
        return []

    def _on_fault(self, heard: RequestHeard, fault: Fault, now: Moment, data: bytes) -> list[LineEvent]:
        """What is wrong with a request is answered. A call that asks for more than we can was a call all the same."""
        request = heard.request
        if request.method == "ACK":
            return []
        status, reason = fault
        extra = [("Unsupported", tag) for tag in unsupported(request, UNDERSTOOD)] if status == 420 else []
        if status == 420 and request.method == "INVITE" and self._legs.named_by(request) is None:
            return self._turn_down(heard, status, now, extra=extra)
        self._answer(heard, status, now, reason=reason, extra=extra)
        return [WireNoise(line=self._settings.line, at=now, wire=data)]

    def _turn_down(self, heard: RequestHeard, status: int, now: Moment, extra: Iterable[Field] = ()) -> list[LineEvent]:
        """A call that could not even ring here: it began, and it is over."""
        assert self._means is not None
        call_ref = self._legs.new_ref(heard.request)
        self._answer(heard, status, now, extra=extra)
        over = CallWithdrawn(
            line=self._settings.line, at=now, call_ref=call_ref, evidence=Evidence.EXCHANGE, code=status
        )
        return self._with_desk_phone([*announce(self._means, call_ref, heard.request, now), over])

    def _answer(
        self, heard: RequestHeard, status: int, now: Moment, *, reason: str | None = None, extra: Iterable[Field] = ()
    ) -> None:
        """Answer a request that belongs to no call."""
        response = replies.reply(heard.request, status, reason, to_tag=self._new_token(), extra=extra)
        self._transactions.respond(heard.key, response, now)

    def _uri_of(self, target: str) -> uris.Uri:
        """`target` as a URI; anything else than one is dialled at our own exchange."""
        if target.lower().startswith(("sip:", "sips:", "tel:")):
            return uris.read(target)
        if not target or any(char.isspace() or not char.isprintable() for char in target):
            raise uris.NotUri(target)
        return replace(uris.read(self._settings.registrar), user=target)

    # --- what is told --------------------------------------------------------------------------------------------

    def _from_room(self, room: Room, events: list[LineEvent]) -> list[LineEvent]:
        return self._from_leg(room, events) if isinstance(room, Leg) else events

    def _from_leg(self, leg: Leg, events: list[LineEvent]) -> list[LineEvent]:
        """What a leg tells; one that is over is forgotten."""
        self._legs.forget_if_over(leg)
        return self._with_desk_phone(events)

    def _with_desk_phone(self, events: list[LineEvent]) -> list[LineEvent]:
        return self._desk_phone.on_leg_events(events) if self._desk_phone else events

    def _told(self, events: list[LineEvent], now: Moment) -> list[LineEvent]:
        if any(isinstance(event, LineOpened) for event in events):
            for leg in self._legs.all():
                leg.probe(now)
        return self._watched(events, now)

    def _watched(self, events: list[LineEvent], now: Moment) -> list[LineEvent]:
        """`events`, after the watch has learned whether the account is registered."""
        if self._watch is None or self._desk_phone is None:
            return events
        if any(isinstance(event, LineLost) for event in events):
            self._watch.lost()
        if self._registration.state is Registered.BOUND:
            events = [*events, *self._watch.start(now, self._registration)]
        self._desk_phone.watched(now, is_active=self._watch.is_active)
        return events
