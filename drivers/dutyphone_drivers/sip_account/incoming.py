"""A call to us (RFC 3261 §13.3): it rings in silence beside the desk phone until somebody answers or gives up.

Nobody here refuses a call on their own: a 486 or 603 may make the exchange stop the desk phone too.
"""

from __future__ import annotations

from dataclasses import replace

from dutyphone.clock import Moment
from dutyphone.lines.events import (
    CallerIdForm,
    CallerIdHeard,
    CallOffered,
    Evidence,
    LineEvent,
)
from dutyphone_drivers.sip_account import fields, session, session_timer
from dutyphone_drivers.sip_account.dialog import Dialog
from dutyphone_drivers.sip_account.faults import body_fault
from dutyphone_drivers.sip_account.fields import Reason
from dutyphone_drivers.sip_account.identity import caller_of
from dutyphone_drivers.sip_account.leg import Leg
from dutyphone_drivers.sip_account.leg_table import INCOMING, Cue, Phase, Wait
from dutyphone_drivers.sip_account.means import SDP, Means
from dutyphone_drivers.sip_account.message import Field, Headers, Request
from dutyphone_drivers.sip_account.replies import reply
from dutyphone_drivers.sip_account.session import Offer
from dutyphone_drivers.sip_account.transaction import RequestHeard
from dutyphone_drivers.sip_account.wire import Address

_NEEDED = frozenset(
    {
        "via",
        "from",
        "to",
        "call-id",
        "cseq",
        "record-route",
        "session-expires",
        "supported",
        "require",
        "content-type",
        "content-disposition",
    }
)
"""Header fields of the INVITE that its answers depend on. A thousand calls may ring; the rest is not kept."""

_LONGEST_BODY = 16_384
"""What an INVITE carries is kept in case somebody answers. A call that carries more than any telephone sends rings like
others and cannot be answered here."""

_TERMINATED = 487
"""RFC 3261 §21.4.25: the caller called it off."""

_ELSEWHERE_TAKEN = 480
"""What nobody asked to end by a CANCEL is no 487; the server has sent its answer on and hears no more of ours."""

_ELSEWHERE = ("completed elsewhere", "answered elsewhere", "pickup", "picked up")
"""How exchanges say in words that another telephone took the call."""


class NothingFits(ValueError):
    """We and the caller have no codec in common, or it demands what we do not know."""


class IncomingLeg(Leg):
    """One call to us. Make one for a new INVITE, then call `offer`."""

    __slots__ = ("_carries_too_much", "_invite", "invite_key")
    TABLE = INCOMING

    def __init__(self, means: Means, call_ref: str, heard: RequestHeard, way: Address) -> None:
        super().__init__(means, call_ref, fields.call_id(heard.request) or "")
        self._invite, self.invite_key = _lean(heard.request), heard.key
        self._carries_too_much = len(self._invite.body) > _LONGEST_BODY
        if self._carries_too_much:
            self._invite = replace(self._invite, body=b"")
        self.dialog = Dialog.answering(heard.request, self.local_tag, way)
        self._allowed = frozenset(method.upper() for method in heard.request.headers.all("Allow"))

    @property
    def far_session(self) -> Offer | None:
        """What the caller said of its media last; None if it said nothing that could be read."""
        if self._far is None and self._invite.body:
            self._far = session.read(self._invite)
        return self._far

    def offer(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """It begins to ring: told first, answered after."""
        events = announce(self._means, self.call_ref, heard.request, now)
        self._ring(now)
        self._wait(Wait.LIMIT, self._means.timing.ring_s, now)
        expires = fields.expires(heard.request)
        if expires is not None and expires < self._means.timing.ring_s:
            self._wait(Wait.EXPIRED, expires, now)
        return events

    def on_cancel(self, cancel: RequestHeard, now: Moment) -> list[LineEvent]:
        """§9.2. A CANCEL that crossed the answer changes nothing."""
        self._answer(cancel, 200, now)
        if self.phase is not Phase.EARLY:
            return []
        evidence, code = why_cancelled(cancel.request)
        return self._refuse(487, now, evidence, code)

    def on_answered_beside(self, now: Moment) -> list[LineEvent]:
        """The server sends on what the caller says to another telephone, which took the call, and cancels nothing."""
        return self._refuse(_ELSEWHERE_TAKEN, now, Evidence.ANSWERED_ELSEWHERE, None)

    def on_deadline(self, wait: Wait, now: Moment) -> list[LineEvent]:
        """A wait ended."""
        if self.phase is not Phase.EARLY:
            return super().on_deadline(wait, now)
        if wait is Wait.RING_AGAIN:
            self._ring(now)
            return []
        status = 480 if wait is Wait.LIMIT else 487
        return self._refuse(status, now, Evidence.EXCHANGE, status)

    def answer(self, sdp: bytes, now: Moment) -> list[LineEvent]:
        """Answer it here; `sdp` describes all that we can. It must be ringing.

        Raises `NothingFits` if the caller can do none of it; then it goes on ringing.
        """
        fitted = session.answer(sdp, self._invite)
        if fitted is None or self._carries_too_much or body_fault(self._invite) is not None:
            raise NothingFits(self.call_ref)
        self._sdp = fitted
        events = self._go(Cue.ANSWERED, now, Evidence.OWN_ANSWER)
        timer, agreed = session_timer.answering(self._invite)
        self._keep_session(timer, now)
        extra = (*self._means.introduction(), *agreed, ("Content-Type", SDP))
        response = reply(self._invite, 200, to_tag=self.local_tag, extra=extra, body=fitted)
        self._means.transactions.respond(self.invite_key, response, now, self)
        return events

    def refuse(self, status: int, now: Moment) -> list[LineEvent]:
        """Somebody said no: 486 or 603. It must be ringing."""
        return self._refuse(status, now, Evidence.EXCHANGE, status)

    def redirect(self, target: str, now: Moment) -> list[LineEvent]:
        """Send the caller on to the URI `target` (§8.3). It must be ringing."""
        return self._refuse(302, now, Evidence.EXCHANGE, 302, extra=(("Contact", f"<{target}>"),))

    def let_go(self, now: Moment) -> None:
        """We hear no more: whoever else rings may go on, and nothing is told of the end, which nobody here will see."""
        if self.phase is Phase.EARLY:
            self._close(480, now)
            self._go(Cue.LET_GO, now)

    # --- while it rings ------------------------------------------------------------------------------------------

    def _on_bye(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """A caller may hang up while it rings, too (§15)."""
        if self.phase is not Phase.EARLY:
            return super()._on_bye(heard, now)
        self._answer(heard, 200, now)
        return self._refuse(487, now, *why_cancelled(heard.request))

    def _on_invite(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """A second one before the first was answered (§14.2)."""
        if self.phase is not Phase.EARLY:
            return super()._on_invite(heard, now)
        self._answer(heard, 500, now)
        return []

    def _on_update(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """An offer cannot be answered before the first one is (RFC 3311 §5.2)."""
        if self.phase is not Phase.EARLY:
            return super()._on_update(heard, now)
        if heard.request.body:
            self._answer(heard, 500, now)
        else:
            assert self.dialog is not None
            self.dialog.refresh(heard.request)
            self._answer(heard, 200, now, extra=self._means.introduction())
        return []

    def _ring(self, now: Moment) -> None:
        """180 stops the resends of the INVITE as well as 100 does (§17.1.1.2).

        A caller that demands reliable provisional responses gets 100, which is never one (RFC 3262 §3): the desk phone
        makes it ring.
        """
        demands = {option.lower() for option in self._invite.headers.all("Require")}
        status = 100 if "100rel" in demands else 180
        extra = self._means.introduction() if status == 180 else ()
        response = reply(self._invite, status, to_tag=self.local_tag, extra=extra)
        self._means.transactions.respond(self.invite_key, response, now)
        if status == 180:
            self._wait(Wait.RING_AGAIN, self._means.timing.ring_again_s, now)

    def _refuse(
        self, status: int, now: Moment, evidence: Evidence, code: int | None, extra: tuple[Field, ...] = ()
    ) -> list[LineEvent]:
        self._close(status, now, extra)
        return self._go(Cue.REFUSED, now, evidence, code)

    def _close(self, status: int, now: Moment, extra: tuple[Field, ...] = ()) -> None:
        response = reply(self._invite, status, to_tag=self.local_tag, extra=extra)
        self._means.transactions.respond(self.invite_key, response, now)


def announce(means: Means, call_ref: str, invite: Request, now: Moment) -> list[LineEvent]:
    """A call and its caller, as `invite` says it."""
    line = means.settings.line
    caller = caller_of(invite, means.settings.identity)
    said = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in caller.fields)
    return [
        CallOffered(line=line, at=now, call_ref=call_ref),
        CallerIdHeard(
            line=line,
            at=now,
            wire=said,
            call_ref=call_ref,
            number=caller.number,
            absence=caller.absence,
            name=caller.name,
            name_bytes=caller.name_bytes,
            called=_called(means, caller.called),
            redirected_from=caller.redirected_from,
            form=CallerIdForm.SIP,
            fields=caller.fields,
        ),
    ]


def _called(means: Means, called: str | None) -> str | None:
    """Exchanges that make a call of their own to each telephone call our Contact, which says nothing to people."""
    settings = means.settings
    is_contact = called is not None and called.replace("-", "") == settings.contact_user.replace("-", "")
    return settings.account if is_contact else called


def why_cancelled(request: Request) -> tuple[Evidence, int | None]:
    """What a CANCEL or BYE says of the call (RFC 3326), as evidence and code.

    A proxy that cancels because another telephone answered says so, and nothing else that it says counts then; one that
    cancels because another telephone refused for all says with which status.
    """
    reasons = fields.reason(request)
    if any(_says_elsewhere(reason) for reason in reasons):
        return Evidence.ANSWERED_ELSEWHERE, None
    statuses = (reason.cause for reason in reasons if reason.protocol == "SIP")
    return Evidence.EXCHANGE, next((status for status in statuses if status and 300 <= status < 700), _TERMINATED)


def _says_elsewhere(reason: Reason) -> bool:
    """SIP 200, or Q.850 26, "non-selected user clearing"; or in words, where the number says nothing."""
    if reason.protocol == "SIP" and reason.cause in (None, 0, _TERMINATED):
        return any(words in reason.text.lower() for words in _ELSEWHERE)
    success = reason.protocol == "SIP" and reason.cause is not None and 200 <= reason.cause < 300
    return success or (reason.protocol == "Q.850" and reason.cause == 26)


def _lean(invite: Request) -> Request:
    kept = Headers(one for one in invite.headers if one[0].lower() in _NEEDED)
    return replace(invite, headers=kept)
