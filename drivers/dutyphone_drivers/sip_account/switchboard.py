"""What people ask of the line, done with the core and with sound; and sound that follows the calls."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence

from dutyphone.clock import Moment
from dutyphone.lines.events import (
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    LineEvent,
    RequestAnswered,
)
from dutyphone.lines.requests import Answer, CallRequest, Dial, HangUp, LineRequest, Redirect, Refuse
from dutyphone_drivers.sip_account.core import NoSuchCall, NotOnTheList, SipCore
from dutyphone_drivers.sip_account.incoming import NothingFits
from dutyphone_drivers.sip_account.media import Media
from dutyphone_drivers.sip_account.uri import NotUri

NO_SUCH_CALL = "no_such_call"
NOT_LISTED = "not_listed"
NOTHING_FITS = "nothing_fits"
NOT_A_NUMBER = "not_a_number"
NO_SOUND = "no_sound"
NOT_TAKEN = "not_taken"
CANNOT = "cannot"
"""Why a request was refused, as `RequestAnswered.why` says it."""

BUSY, DECLINED = 486, 603
"""RFC 3261 §21.4.24, §21.6.2: the second makes the exchange stop the other telephones, too."""

DIGITS_PAUSE_S = 3.0
"""Digits of a call are told together once none came for this long."""

log = logging.getLogger(__name__)

MakeMedia = Callable[[Callable[[str], None], int], Media]


class Switchboard:
    """One run's requests and sounds. Used in the thread of the wire.

    `make_media` makes the sound of a call, given who hears its digits; these come back through `hear_digit`, called by
    whoever carries them into this thread. `pass_digit` is told the call and the digit, in any thread.
    """

    def __init__(
        self,
        line: str,
        core: SipCore,
        make_media: MakeMedia,
        pass_digit: Callable[[str, str], None],
        first_session: int,
    ) -> None:
        self._line, self._core, self._make_media, self._pass_digit = line, core, make_media, pass_digit
        self._sessions = itertools.count(first_session)
        self._media: dict[str, Media] = {}
        self._dialled: dict[str, str] = {}  # call -> the request that is answered by its outcome
        self._digits: dict[str, tuple[str, Moment]] = {}

    def carry_out(self, request: LineRequest, now: Moment) -> list[LineEvent]:
        """Do it. The events of the calls it changes, and what became of it, if that is known already."""
        try:
            if isinstance(request, Dial):
                return self._dial(request, now)
            if not isinstance(request, CallRequest):
                return [self._refused(request, now, CANNOT)]
            events = self._on_call(request, now)
        except NoSuchCall:
            return [self._refused(request, now, NO_SUCH_CALL)]
        except NotOnTheList:
            return [self._refused(request, now, NOT_LISTED)]
        except NothingFits:
            return [self._refused(request, now, NOTHING_FITS)]
        except NotUri:
            return [self._refused(request, now, NOT_A_NUMBER)]
        except OSError as fault:
            log.warning("line %s: no port for sound: %s", self._line, fault)
            return [self._refused(request, now, NO_SOUND)]
        return [*events, RequestAnswered(line=self._line, at=now, request=request.request, done=True)]

    def follow(self, events: Sequence[LineEvent], now: Moment) -> list[LineEvent]:
        """Let sound begin and end with its call; what became of a `Dial` is told here."""
        told: list[LineEvent] = []
        for event in events:
            match event:
                case CallTaken():
                    self._begin(event.call_ref)
                    if request := self._dialled.pop(event.call_ref, None):
                        told.append(RequestAnswered(line=self._line, at=now, request=request, done=True, code=200))
                case CallWithdrawn() | CallOver():
                    told += self._flush(event.call_ref, now)
                    self._silence(event.call_ref)
                    if request := self._dialled.pop(event.call_ref, None):
                        code = event.code if isinstance(event, CallWithdrawn) else None
                        told.append(
                            RequestAnswered(
                                line=self._line, at=now, request=request, done=False, why=NOT_TAKEN, code=code
                            )
                        )
        return told

    def hear_digit(self, call_ref: str, digit: str, now: Moment) -> list[LineEvent]:
        """The far end pressed a key."""
        if call_ref in self._media:
            before = self._digits.get(call_ref, ("", now))[0]
            self._digits[call_ref] = before + digit, now
        return []

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called."""
        return min((last.mono + DIGITS_PAUSE_S for _digits, last in self._digits.values()), default=None)

    def on_deadline(self, now: Moment) -> list[LineEvent]:
        """Tell the digits that are complete."""
        complete = [ref for ref, (_digits, last) in self._digits.items() if last.mono + DIGITS_PAUSE_S <= now.mono]
        return [event for ref in complete for event in self._flush(ref, now)]

    def end(self) -> None:
        """Be silent everywhere."""
        for ref in list(self._media):
            self._silence(ref)

    # --- each request --------------------------------------------------------------------------------------------

    def _on_call(self, request: CallRequest, now: Moment) -> list[LineEvent]:
        ref = request.call_ref
        match request:
            case Answer():
                return self._answer(ref, now)
            case HangUp():
                return list(self._core.hang_up(ref, now))
            case Refuse():
                return list(self._core.refuse(ref, DECLINED if request.everywhere else BUSY, now))
            case Redirect():
                return list(self._core.redirect(ref, request.target, now))
        raise NoSuchCall(ref)

    def _answer(self, ref: str, now: Moment) -> list[LineEvent]:
        media = self._new_media(ref)
        try:
            events = self._core.answer(ref, media.offer, now)
        except (NoSuchCall, NothingFits):
            media.end()
            raise
        self._media[ref] = media
        return list(events)

    def _dial(self, request: Dial, now: Moment) -> list[LineEvent]:
        ref = ""  # known once the core has named the call; digits come later
        media = self._make_media(lambda digit: self._pass_digit(ref, digit), next(self._sessions))
        try:
            events = self._core.dial(request.number, media.offer, now)
        except NotUri:
            media.end()
            raise
        ref = next(event.call_ref for event in events if isinstance(event, CallOffered))
        self._media[ref], self._dialled[ref] = media, request.request
        return list(events)

    def _new_media(self, ref: str) -> Media:
        return self._make_media(lambda digit: self._pass_digit(ref, digit), next(self._sessions))

    def _begin(self, ref: str) -> None:
        media, far = self._media.get(ref), self._core.far_session(ref)
        if media is not None and far is not None and far.port:
            media.begin(far)

    def _silence(self, ref: str) -> None:
        media = self._media.pop(ref, None)
        if media is not None:
            media.end()

    def _flush(self, ref: str, now: Moment) -> list[LineEvent]:
        digits, _last = self._digits.pop(ref, ("", now))
        return [DigitsHeard(line=self._line, at=now, call_ref=ref, digits=digits)] if digits else []

    def _refused(self, request: LineRequest, now: Moment, why: str) -> RequestAnswered:
        return RequestAnswered(line=self._line, at=now, request=request.request, done=False, why=why)
