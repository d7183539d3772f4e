"""From what people asked of a line, as the journal has it, to what its driver is told, and back. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dutyphone.journal.facts import RequestKind, RequestMade, RequestSettled
from dutyphone.lines.events import RequestAnswered
from dutyphone.lines.requests import LONGEST_NUMBER, Answer, Dial, HangUp, LineRequest, Redirect, Refuse

LATEST_S = 15.0
"""What was asked this long ago is refused: nobody is waiting for it any more, and a telephone that dials by itself a
minute later frightens people."""

TOO_LATE = "too_late"
NO_SUCH_CALL = "no_such_call"
NOT_A_NUMBER = "not_a_number"
CANNOT = "cannot"
"""Why a request was refused, as `RequestSettled.why` says it: by the recorder; drivers have more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The driver need not be asked."""

    why: str


def as_told(made: RequestMade, ref_of: Callable[[str], str | None], now: datetime) -> LineRequest | Refused:
    """What the driver is told of `made`. `ref_of` gives the line's own name for an open call."""
    if abs(now - made.at) > timedelta(seconds=LATEST_S):
        return Refused(TOO_LATE)
    number = (made.number or "").strip()
    if made.what in (RequestKind.DIAL, RequestKind.REDIRECT) and not 0 < len(number) <= LONGEST_NUMBER:
        return Refused(NOT_A_NUMBER)
    if made.what is RequestKind.DIAL:
        return Dial(request=made.request, number=number)
    ref = ref_of(made.call or "")
    if not ref:
        return Refused(NO_SUCH_CALL)
    match made.what:
        case RequestKind.ANSWER:
            return Answer(request=made.request, call_ref=ref)
        case RequestKind.HANG_UP:
            return HangUp(request=made.request, call_ref=ref)
        case RequestKind.REFUSE | RequestKind.REFUSE_EVERYWHERE:
            everywhere = made.what is RequestKind.REFUSE_EVERYWHERE
            return Refuse(request=made.request, call_ref=ref, everywhere=everywhere)
        case RequestKind.REDIRECT:
            return Redirect(request=made.request, call_ref=ref, target=number)


def settled(answered: RequestAnswered) -> RequestSettled:
    """What the driver says became of it, as a fact."""
    return RequestSettled(
        at=answered.at.utc,
        line=answered.line,
        request=answered.request,
        done=answered.done,
        why=answered.why,
        code=answered.code,
    )


def refusal(made: RequestMade, refused: Refused, now: datetime) -> RequestSettled:
    """That it was not even tried, as a fact."""
    return RequestSettled(at=now, line=made.line, request=made.request, done=False, why=refused.why)
