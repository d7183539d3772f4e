"""A call of ours (RFC 3261 §13.2): dialled by somebody in the room, followed until it is over."""

from __future__ import annotations

from dataclasses import replace

from dutyphone.clock import Moment
from dutyphone.lines.events import (
    CallOffered,
    DigitsHeard,
    Direction,
    LineEvent,
)
from dutyphone_drivers.sip_account import fields, session, session_timer
from dutyphone_drivers.sip_account.dialog import Dialog
from dutyphone_drivers.sip_account.leg import Leg
from dutyphone_drivers.sip_account.leg_table import EARLY, IN_CALL, OUTGOING, Cue, Phase, Wait
from dutyphone_drivers.sip_account.means import SDP, Means
from dutyphone_drivers.sip_account.message import Field, Headers, Request, Response, numbered
from dutyphone_drivers.sip_account.transaction import RequestHeard
from dutyphone_drivers.sip_account.uri import Uri
from dutyphone_drivers.sip_account.wire import Address

_QUESTIONS = frozenset({401, 407, 422})
"""Answers that only want the request in another form; to a call that was called off they are its end."""


class OutgoingLeg(Leg):
    """One call of ours to `target`, sent to the server `to`. Call `dial` once."""

    __slots__ = ("_cseq", "_dismissed", "_invite_key", "_target", "_to")
    TABLE = OUTGOING

    def __init__(self, means: Means, target: Uri, sdp: bytes, to: Address) -> None:
        call_id = means.new_token()
        super().__init__(means, call_id, call_id)
        self._target, self._sdp, self._to = target, sdp, to
        self._cseq = 0
        self._invite_key = ""
        self._dismissed: dict[str, Dialog] = {}  # telephones that answered after the first one, by tag

    def dial(self, now: Moment) -> list[LineEvent]:
        """Send the INVITE."""
        self._invite(self._first_invite(), now)
        self._wait(Wait.LIMIT, self._means.timing.dial_s, now)
        line = self._means.settings.line
        return [
            CallOffered(line=line, at=now, call_ref=self.call_ref, direction=Direction.OUTGOING),
            DigitsHeard(line=line, at=now, call_ref=self.call_ref, digits=self._target.user),
        ]

    def hang_up(self, now: Moment) -> list[LineEvent]:
        """Cancel it if it still rings (§9.1), and then wait for what becomes of it: it may be answered meanwhile."""
        if self.phase is Phase.EARLY:
            self._means.transactions.cancel(self._invite_key, now)
        return super().hang_up(now)

    def on_deadline(self, wait: Wait, now: Moment) -> list[LineEvent]:
        """A wait ended."""
        if wait is Wait.LIMIT:
            return self.hang_up(now)
        return super().on_deadline(wait, now)

    def on_response(self, key: str, response: Response, now: Moment) -> list[LineEvent]:
        """An answer to the INVITE, or to what followed."""
        if key != self._invite_key:
            return super().on_response(key, response, now)
        if 200 <= response.status < 300:
            return self._on_answer(response, now)
        if response.status < 200:
            return []
        if self.phase is Phase.EARLY and self._again(response, now):
            return []
        code = 487 if self.phase is Phase.CANCELLING and response.status in _QUESTIONS else response.status
        return self._go(Cue.REFUSED, now, code=code)

    def on_timeout(self, key: str, now: Moment) -> list[LineEvent]:
        """Nobody answered the INVITE, or its CANCEL (§9.1)."""
        if key != self._invite_key:
            return super().on_timeout(key, now)
        code = 487 if self.phase is Phase.CANCELLING else 408  # §8.1.3.1
        return self._go(Cue.REFUSED, now, code=code)

    # --- answers to the INVITE -----------------------------------------------------------------------------------

    def _on_answer(self, response: Response, now: Moment) -> list[LineEvent]:
        """The first 2xx makes the call; each is acknowledged whenever it comes (§13.2.2.4)."""
        assert self._asked is not None
        if self.dialog is not None:
            if fields.tag_of(response.headers.get("To")) == self.dialog.remote_tag:
                self._acknowledge(response)
            else:
                self._dismiss(response, now)
            return []
        self.dialog = Dialog.asking(self._asked, response, self._to)
        self._acknowledge(response)
        self._far = session.read(response)
        self._allowed = frozenset(method.upper() for method in response.headers.all("Allow"))
        events = self._go(Cue.ANSWERED, now)
        if self.phase in IN_CALL:
            self._keep_session(session_timer.asking(response), now)
        return events

    def _again(self, response: Response, now: Moment) -> bool:
        """Dial again if it was the form that was not right: a password is wanted, or a longer session."""
        assert self._asked is not None
        again: Request | None = None
        if response.status in (401, 407):
            again = self._signed(response)
        elif response.status == 422 and not self._asked.headers.has("Session-Expires"):
            least = session_timer.too_small(response)
            wish = session_timer.wishing(least) if least is not None else ()
            again = replace(self._asked, headers=self._asked.headers.plus(*wish)) if wish else None
        if again is None:
            return False
        self._invite(again, now)
        return True

    def _dismiss(self, response: Response, now: Moment) -> None:
        """Another telephone answered, too, or one that was called off: it is acknowledged and hung up (§13.2.2.4)."""
        assert self._asked is not None
        tag = fields.tag_of(response.headers.get("To")) or ""
        number = fields.cseq(response)
        known = self._dismissed.get(tag)
        dialog = known or self._dismissed.setdefault(tag, Dialog.asking(self._asked, response, self._to))
        ack = dialog.ack(number.number if number else self._cseq, extra=self._signature)
        self._means.transactions.send(ack, dialog.next_hop())
        if known is None:
            self._means.transactions.request(dialog.request("BYE"), dialog.next_hop(), now)

    # --- requests of the other side before it answered -----------------------------------------------------------

    def _on_bye(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """Who is called may not hang up before the answer (§15)."""
        if self.phase not in EARLY:
            return super()._on_bye(heard, now)
        self._answer(heard, 481, now)
        return []

    def _on_update(self, heard: RequestHeard, now: Moment) -> list[LineEvent]:
        """Our offer is still open, so there can be no other (RFC 3311 §5.2)."""
        if self.phase not in EARLY:
            return super()._on_update(heard, now)
        self._answer(heard, 491 if heard.request.body else 200, now, extra=self._means.introduction())
        return []

    # --- the INVITE ----------------------------------------------------------------------------------------------

    def _invite(self, request: Request, now: Moment) -> None:
        self._cseq += 1
        self._invite_key = self._put(numbered(request, self._cseq), self._to, now)

    def _first_invite(self) -> Request:
        settings, uri = self._means.settings, str(self._target)
        written: tuple[Field, ...] = (
            ("Max-Forwards", "70"),
            ("From", f"<{settings.address_of_record}>;tag={self.local_tag}"),
            ("To", f"<{uri}>"),
            ("Call-ID", self.call_ref),
            ("CSeq", "0 INVITE"),
            *self._means.introduction(),
            ("Content-Type", SDP),
        )
        return Request("INVITE", uri, Headers(written), self._sdp)

    @property
    def _glare_s(self) -> float:
        return self._means.timing.glare_own_s
