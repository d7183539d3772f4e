"""What can be asked of a line by hand, and what became of it in words. Nothing here needs a screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dutyphone.i18n import N_, _
from dutyphone.journal.facts import RequestKind
from dutyphone.lines.events import Direction
from dutyphone.store.readmodels import CallState, LineCondition
from dutyphone_tui import wording

if TYPE_CHECKING:
    from dutyphone.journal.facts import RequestSettled
    from dutyphone.store.readmodels import CallRow, LineRow
    from dutyphone_tui.reading import Live

PATIENCE_S = {RequestKind.DIAL: 60.0}
"""How long whoever asked waits for what becomes of it; `USUAL_PATIENCE_S` for everything not named here."""

USUAL_PATIENCE_S = 10.0

_WHILE_RINGING = (RequestKind.ANSWER, RequestKind.REFUSE, RequestKind.REFUSE_EVERYWHERE, RequestKind.REDIRECT)

EXCHANGE_SAYS = {
    200: N_("taken"),
    301: N_("the number has changed"),
    302: N_("sent on"),
    401: N_("the exchange did not accept the password"),
    403: N_("the exchange forbids it"),
    404: N_("no such number"),
    407: N_("the exchange did not accept the password"),
    408: N_("no answer"),
    410: N_("the number is no longer in use"),
    415: N_("no common form of sound"),
    433: N_("callers who withhold their number are refused"),
    480: N_("cannot be reached now"),
    481: N_("the exchange no longer knows the call"),
    482: N_("sent round in a circle"),
    483: N_("sent round in a circle"),
    484: N_("the number is incomplete"),
    485: N_("the number is ambiguous"),
    486: N_("busy"),
    487: N_("called off"),
    488: N_("no common form of sound"),
    500: N_("fault of the exchange"),
    501: N_("the exchange cannot do that"),
    502: N_("fault of another exchange"),
    503: N_("the exchange is overloaded"),
    504: N_("another exchange does not answer"),
    600: N_("busy everywhere"),
    603: N_("refused"),
    604: N_("no such number anywhere"),
    606: N_("no common form of sound"),
    607: N_("refused as unwanted"),
    608: N_("refused on the way"),
}
"""Final responses of SIP: RFC 3261 §21; 433 of RFC 5079, 607 of RFC 8197, 608 of RFC 8688."""

_SAYS_OF_ITS_KIND = {
    3: N_("sent on"),
    4: N_("refused by the exchange"),
    5: N_("fault of the exchange"),
    6: N_("refused everywhere"),
}

WHY = {
    "no_such_call": N_("That call does not ring here any more, or another telephone has it."),
    "not_listed": N_("The line may only send calls on to the numbers listed in its configuration (redirect_targets)."),
    "nothing_fits": N_("The caller's telephone and this line have no common form of sound."),
    "not_a_number": N_("That cannot be dialled."),
    "no_sound": N_("This machine has no network port left for the sound of the call."),
    "not_taken": N_("Nobody took the call."),
    "line_down": N_("The line is down."),
    "too_late": N_("The recorder heard of it too late; ask again."),
    "cannot": N_("This line only listens: nothing can be asked of it."),
}
"""The codes of `RequestSettled.why`, of the recorder and of the SIP line."""

_DONE = {
    RequestKind.DIAL: N_("{number} has taken the call."),
    RequestKind.ANSWER: N_("The call is answered here."),
    RequestKind.HANG_UP: N_("The call is ended."),
    RequestKind.REFUSE: N_("This line says busy; other telephones go on ringing."),
    RequestKind.REFUSE_EVERYWHERE: N_("The call is refused on every telephone."),
    RequestKind.REDIRECT: N_("The caller is sent on to {number}."),
}

_STILL_RINGING = N_("Nobody has taken the call within {n} s; it may still be ringing.")
_WAITED_IN_VAIN = N_("Nothing was heard of it within {n} s. Does the recorder run, is the line up?")


def patience_s(what: RequestKind) -> float:
    """How long to wait for what becomes of `what`."""
    return PATIENCE_S.get(what, USUAL_PATIENCE_S)


def may_be_asked(row: CallRow) -> tuple[RequestKind, ...]:
    """What can be asked about `row` as it stands, on a line that obeys."""
    if row.state is CallState.RINGING and row.direction is Direction.INCOMING:
        return _WHILE_RINGING
    return () if row.state is CallState.ENDED else (RequestKind.HANG_UP,)


def obeying(lines: Iterable[LineRow]) -> tuple[LineRow, ...]:
    """Those of `lines` that can do more than listen."""
    return tuple(line for line in lines if line.obeys)


def askable(live: Live, selected: CallRow | None) -> tuple[CallRow, ...]:
    """The open calls about which something can be asked: `selected` first, then those that ring, longest first."""
    able = {line.line for line in obeying(live.lines)}
    calls = [row for row in live.open_calls if row.line in able and may_be_asked(row)]
    wanted = None if selected is None else selected.call
    calls.sort(key=lambda row: (row.call != wanted, row.state is not CallState.RINGING, row.arrived_at))
    return tuple(calls)


def line_down(line: LineRow) -> str:
    """Why nothing is to be asked of `line` now; "" if something can be."""
    if line.condition is not LineCondition.DOWN:
        return ""
    return _("The line {line} is down: {reason}.").format(
        line=line.title, reason=wording.loss_in_full(line.down_reason, line.down_detail)
    )


def exchange_says(code: int) -> str:
    """A final response of an exchange: `busy (486)`."""
    words = EXCHANGE_SAYS.get(code) or _SAYS_OF_ITS_KIND.get(code // 100)
    return f"{_(words)} ({code})" if words else f"{code}"


def reply(what: RequestKind, settled: RequestSettled, number: str | None) -> str:
    """The sentence that says what became of it. `number` is what was to be dialled, or where the call was to go."""
    if settled.done:
        return _(_DONE[what]).format(number=number or "")
    if settled.code is not None:
        said = exchange_says(settled.code)
        return _("Not done: {said}.").format(said=said) if number is None else f"{number}: {said}"
    return _(WHY[settled.why]) if settled.why in WHY else _("Not done: {said}.").format(said=settled.why)


def no_reply(what: RequestKind) -> str:
    """The sentence for when nothing was heard of it in time."""
    words = _STILL_RINGING if what is RequestKind.DIAL else _WAITED_IN_VAIN
    return _(words).format(n=round(patience_s(what)))
