"""A call leg: one call between the exchange and us, and what both kinds of it do once there is a dialog.

`incoming` and `outgoing` say how a call begins; here it goes on and ends (RFC 3261 §14, §15, RFC 3311, RFC 6086).
`leg_table` says what leads from one phase to the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from dutyphone.clock import Moment
from dutyphone.lines.events import CallOver, CallTaken, CallWithdrawn, Evidence, LineEvent
from dutyphone_drivers.sip_account import fields, session, session_timer
from dutyphone_drivers.sip_account.credentials import Credentials
from dutyphone_drivers.sip_account.deadlines import Deadline
from dutyphone_drivers.sip_account.dialog import Dialog
from dutyphone_drivers.sip_account.leg_table import EARLY, IN_CALL, Act, Cue, Phase, Table, Wait
from dutyphone_drivers.sip_account.means import ALLOW, SDP, Means
from dutyphone_drivers.sip_account.message import Field, Request, Response, numbered
from dutyphone_drivers.sip_account.replies import reply
from dutyphone_drivers.sip_account.session import Offer
from dutyphone_drivers.sip_account.session_timer import SessionTimer
from dutyphone_drivers.sip_account.timing import RETRY_AFTER_S
from dutyphone_drivers.sip_account.transaction import RequestHeard
from dutyphone_drivers.sip_account.wire import Address

_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})


class Leg:
    """What both kinds of leg have in common.

    `call_ref` is the name of the call in events, `dialog_key` that of the leg in requests of the other side.
    """

    __slots__ = (
        "_allowed",
        "_asked",
        "_credentials",
        "_far",
        "_interval_s",
        "_key",
        "_means",
        "_sdp",
        "_signature",
        "_waits",
        "call_ref",
        "dialog",
        "dialog_key",
        "local_tag",
        "phase",
    )

    TABLE: ClassVar[Table]

    def __init__(self, means: Means, call_ref: str, call_id: str) -> None:
        self._means, self.call_ref, self.local_tag = means, call_ref, means.new_token()
        self.dialog_key = dialog_key(call_id, self.local_tag)
        self.phase = Phase.EARLY
        self.dialog: Dialog | None = None
        self._credentials: Credentials | None = None
        self._asked: Request | None = None  # the request of ours that is under way
        self._key = ""  # its transaction
        self._signature: tuple[Field, ...] = ()  # the credentials in our last INVITE
        self._sdp = b""  # ours
        self._far: Offer | None = None
        self._allowed: frozenset[str] = frozenset()  # the methods that the other side understands
        self._interval_s = 0  # of the session timer
        self._waits: dict[Wait, Deadline[tuple[Leg, Wait]]] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.call_ref} {self.phase.value}>"

    @property
    def is_over(self) -> bool:
        """Nothing more is expected of this leg."""
        return self.phase is Phase.OVER

    @property
    def far_session(self) -> Offer | None:
        """What the other side said of its media last; None if it said nothing that could be read."""
        return self._far

    # --- what the core hands on ----------------------------------------------------------------------------------

    def on_request(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """A request of the other side, ACK too, that names our tag."""
        dialog, method = self.dialog, heard.request.method
        if dialog is not None and not dialog.matches(heard.request):
            self._answer(heard, 481, now)
            return []
        if method == "ACK":
            return self._on_ack(heard.request, now)
        if dialog is not None and not dialog.accepts(heard.request):
            self._answer(heard, 500, now)
            return []
        match method:
            case "BYE":
                return self._on_bye(heard, now)
            case "INVITE":
                return self._on_invite(heard, now)
            case "UPDATE":
                return self._on_update(heard, now)
        self._answer_aside(heard, now)
        return []

    def on_response(self, key: str, response: Response, now: Moment) -> list[LineEvent]:
        """An answer to BYE, UPDATE or re-INVITE of ours."""
        self._acknowledge(response)
        if key != self._key or response.status < 200 or self._ask_signed(response, now):
            return []
        if self.phase is Phase.ENDING:
            return self._go(Cue.SETTLED, now)
        if self._is_probing():
            self._key = ""
            return self.hang_up(now) if response.status == 481 else []
        return self._on_refreshed(response, now)

    def on_timeout(self, key: str, now: Moment) -> list[LineEvent]:
        """BYE, UPDATE or re-INVITE was not answered: the other side is gone (§12.2.1.2, RFC 4028 §10)."""
        if key != self._key:
            return []
        self._key = ""
        if self._is_probing() and self.phase in IN_CALL:
            return []
        return self._go(Cue.SETTLED if self.phase is Phase.ENDING else Cue.HANG_UP, now)

    def on_unacknowledged(self, now: Moment) -> list[LineEvent]:
        """A 2xx of ours was never acknowledged: the call is hung up (§13.3.1.4, §14.2)."""
        return self._go(Cue.UNACKNOWLEDGED, now)

    def on_deadline(self, wait: Wait, now: Moment) -> list[LineEvent]:
        """A wait ended."""
        self._waits.pop(wait, None)
        if wait is Wait.SESSION_OVER:
            return self.hang_up(now)
        if wait is Wait.REFRESH and self.phase in IN_CALL and not self._key:
            self._ask_refresh(now)
        return []

    def probe(self, now: Moment) -> None:
        """After an outage: ask the other side whether it still talks (§11, §12.2.2), for its BYE may be lost.

        Only that it knows the call no longer (481) ends it; not everybody answers OPTIONS within a call.
        """
        if self.phase is Phase.TALKING and not self._key and self.dialog is not None:
            self._ask(self.dialog.request("OPTIONS", extra=(*self._means.introduction(), ("Accept", SDP))), now)

    def lost_sight(self, now: Moment) -> LineEvent | None:
        """What is to be told of the call when it can be followed no longer; None if its end was told."""
        line = self._means.settings.line
        if self.phase in EARLY:
            return CallWithdrawn(line=line, at=now, call_ref=self.call_ref, evidence=Evidence.LINE_LOST)
        if self.phase in IN_CALL:
            return CallOver(line=line, at=now, call_ref=self.call_ref, evidence=Evidence.LINE_LOST)
        return None

    def hang_up(self, now: Moment) -> list[LineEvent]:
        """Our side ends the call."""
        return self._go(Cue.HANG_UP, now)

    # --- requests within the dialog ------------------------------------------------------------------------------

    def _on_ack(self, request: Request, now: Moment) -> list[LineEvent]:
        if request.body:
            self._far = session.read(request) or self._far  # the answer to an offer of ours (§13.2.2.4)
        return self._go(Cue.ACK, now)

    def _on_bye(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """§15.1.2. Where both sides hang up at once, both are answered 200."""
        self._answer(heard, 200, now)
        return self._go(Cue.BYE, now)

    def _on_invite(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """A re-INVITE is answered with the session as it is (§14.2)."""
        if self.phase not in IN_CALL:
            self._answer(heard, 481, now)
        elif self._is_offering():
            self._answer(heard, 491, now)
        else:
            self._answer_session(heard, now)
        return []

    def _on_update(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """RFC 3311 §5.2. Without a body it only refreshes target and session timer."""
        if self.phase not in IN_CALL:
            self._answer(heard, 481, now)
        elif heard.request.body and self._is_offering():
            self._answer(heard, 491, now)
        else:
            self._answer_session(heard, now)
        return []

    def _answer_aside(self, heard: RequestHeard, now: Moment) -> None:
        """What says nothing about the call itself."""
        match heard.request.method:
            case "OPTIONS":  # §11.2
                self._answer(heard, 200, now, extra=(*self._means.introduction(), ("Accept", SDP)))
            case "INFO" if heard.request.headers.has("Info-Package"):  # we asked for no package (RFC 6086 §4.2.2)
                self._answer(heard, 469, now, extra=(("Recv-Info", ""),))
            case "INFO":  # without a package it is its old use
                self._answer(heard, 200, now)
            case "PRACK":  # no provisional response of ours is reliable, so it acknowledges nothing (RFC 3262 §3)
                self._answer(heard, 481, now)
            case _:
                self._answer(heard, 405, now, extra=(("Allow", ALLOW),))

    # --- the session and its timer (RFC 4028) --------------------------------------------------------------------

    def _answer_session(self, heard: RequestHeard, now: Moment) -> None:
        """200 to a request that refreshes target, session and timer."""
        assert self.dialog is not None
        request, said = heard.request, session.read(heard.request)
        body: bytes | None = b""
        if said is not None or request.method == "INVITE":
            body = session.answer_again(self._sdp, request)
        if body is None:
            self._answer(heard, 488, now)
            return
        self.dialog.refresh(request)
        self._far, self._sdp = said or self._far, body or self._sdp
        timer, agreed = session_timer.answering(request)
        self._keep_session(timer, now)
        described = (("Content-Type", SDP),) if body else ()
        self._answer(heard, 200, now, extra=(*self._means.introduction(), *agreed, *described), body=body, owner=self)

    def _keep_session(self, timer: SessionTimer | None, now: Moment) -> None:
        """From now on `timer` holds; None ends the one that was."""
        self._stop(Wait.REFRESH)
        self._stop(Wait.SESSION_OVER)
        if timer is not None:
            self._interval_s = timer.interval_s
            self._wait(Wait.SESSION_OVER, timer.over_after_s, now)
            if timer.is_ours:
                self._wait(Wait.REFRESH, timer.refresh_after_s, now)

    def _ask_refresh(self, now: Moment) -> None:
        """UPDATE is the lighter one; a side that does not know it gets a re-INVITE (RFC 4028 §7.4)."""
        assert self.dialog is not None
        extra = (*self._means.introduction(), *session_timer.wishing(self._interval_s))
        if "UPDATE" in self._allowed:
            self._ask(self.dialog.request("UPDATE", extra=extra), now)
        else:
            self._ask(self.dialog.request("INVITE", extra=(*extra, ("Content-Type", SDP)), body=self._sdp), now)

    def _on_refreshed(self, response: Response, now: Moment) -> list[LineEvent]:
        """Where it went wrong for another reason than that the call is gone, the session timer decides."""
        assert self.dialog is not None
        self._key = ""
        if 200 <= response.status < 300:
            self.dialog.refresh(response)
            self._far = session.read(response) or self._far
            self._keep_session(session_timer.asking(response), now)
        elif response.status in (408, 481):
            return self.hang_up(now)
        elif response.status == 422 and (least := session_timer.too_small(response) or 0) > self._interval_s:
            self._interval_s = least
            self._ask_refresh(now)
        elif response.status == 491:
            self._wait(Wait.REFRESH, self._glare_s, now)
        return []

    def _is_probing(self) -> bool:
        return self._asked is not None and self._asked.method == "OPTIONS"

    def _is_offering(self) -> bool:
        """A re-INVITE of ours is under way: two at once would cross (§14.1)."""
        return bool(self._key) and self._asked is not None and self._asked.method == "INVITE"

    def _acknowledge(self, response: Response) -> None:
        """ACK to a 2xx to an INVITE of ours each time it comes, with the same credentials (§13.2.2.4)."""
        answered = fields.cseq(response)
        if self.dialog is None or answered is None or answered.method != "INVITE" or not 200 <= response.status < 300:
            return
        self.dialog.refresh(response)
        ack = self.dialog.ack(answered.number, extra=self._signature)
        self._means.transactions.send(ack, self.dialog.next_hop())

    @property
    def _glare_s(self) -> float:
        """How long to wait after two re-INVITEs crossed; the owner of the Call-ID waits longer (§14.1)."""
        return self._means.timing.glare_other_s

    # --- what legs do --------------------------------------------------------------------------------------------

    def _answer(
        self,
        heard: RequestHeard,
        status: int,
        now: Moment,
        *,
        extra: Iterable[Field] = (),
        body: bytes = b"",
        owner: Leg | None = None,
    ) -> None:
        if status == 500:
            extra = (*extra, ("Retry-After", str(RETRY_AFTER_S)))
        response = reply(heard.request, status, to_tag=self.local_tag, extra=extra, body=body)
        self._means.transactions.respond(heard.key, response, now, owner)

    def _ask(self, request: Request, now: Moment) -> None:
        """Send a request within the dialog; its answer comes to `on_response`."""
        assert self.dialog is not None
        to = self.dialog.next_hop()
        self._key = self._put(self._credentials.put(request) if self._credentials else request, to, now)

    def _ask_signed(self, response: Response, now: Moment) -> bool:
        """Ask again with the password if that is what is wanted, and not for the second time."""
        if response.status not in (401, 407) or self._asked is None or self.dialog is None:
            return False
        signed = self._signed(response)
        if signed is None:
            return False
        self.dialog.cseq += 1
        self._key = self._put(numbered(signed, self.dialog.cseq), self.dialog.next_hop(), now)
        return True

    def _put(self, request: Request, to: Address, now: Moment) -> str:
        self._asked = request
        if request.method == "INVITE":
            self._signature = tuple(one for one in request.headers if one[0].lower() in _CREDENTIALS)
        return self._means.transactions.request(request, to, now, self)

    def _signed(self, response: Response) -> Request | None:
        assert self._asked is not None
        if self._credentials is None:
            settings = self._means.settings
            self._credentials = Credentials(settings.login, settings.password, self._means.new_token)
        return self._credentials.answer(self._asked, response)

    def _wait(self, wait: Wait, seconds: float, now: Moment) -> None:
        self._stop(wait)
        self._waits[wait] = self._means.due.set(now.mono + seconds, (self, wait))

    def _stop(self, wait: Wait) -> None:
        if (running := self._waits.pop(wait, None)) is not None:
            self._means.due.drop(running)

    def _stop_all(self) -> None:
        for wait in list(self._waits):
            self._stop(wait)

    # --- from phase to phase -------------------------------------------------------------------------------------

    def _go(
        self, cue: Cue, now: Moment, evidence: Evidence = Evidence.EXCHANGE, code: int | None = None
    ) -> list[LineEvent]:
        """What `cue` makes of the call; `evidence` and `code` are those of what is told."""
        move = self.TABLE.get((self.phase, cue))
        if move is None:
            return []
        if not (self.phase in IN_CALL and move.to in IN_CALL):
            self._stop_all()
        self.phase = move.to
        events: list[LineEvent] = []
        line = self._means.settings.line
        for act in move.acts:
            match act:
                case Act.TELL_TAKEN:
                    events.append(CallTaken(line=line, at=now, call_ref=self.call_ref, evidence=evidence))
                case Act.TELL_WITHDRAWN:
                    withdrawn = CallWithdrawn(line=line, at=now, call_ref=self.call_ref, evidence=evidence, code=code)
                    events.append(withdrawn)
                case Act.TELL_OVER:
                    over = CallOver(line=line, at=now, call_ref=self.call_ref, evidence=Evidence.EXCHANGE)
                    events.append(over)
                case Act.SEND_BYE:
                    self._bye(now)
        return events

    def _bye(self, now: Moment) -> None:
        """§15.1.1."""
        assert self.dialog is not None
        self._ask(self.dialog.request("BYE", extra=(("User-Agent", self._means.settings.user_agent),)), now)


def dialog_key(call_id: str | None, local_tag: str) -> str:
    """What all requests of the other side within one dialog have in common, however many telephones it forked to."""
    return f"{call_id or ''}\n{local_tag}"
