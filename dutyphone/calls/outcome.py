"""What became of a call, as a function of the evidence. Recomputable later from the journal alone."""

from __future__ import annotations

from dutyphone.journal.facts import Outcome
from dutyphone.lines.events import Direction, Evidence

_WITHOUT_ANSWER: dict[Evidence, Outcome] = {
    Evidence.NO_HOOK_SEEN: Outcome.MISSED,
    Evidence.ANSWERED_ELSEWHERE: Outcome.ANSWERED,
}
"""The outcome of a call that was not seen to be taken, where the evidence settles it. Anything else leaves it open."""

_BY_STATUS: dict[int, Outcome] = {
    486: Outcome.BUSY,  # RFC 3261 §21.4.24
    600: Outcome.BUSY,  # RFC 3261 §21.6.1
    603: Outcome.REJECTED,  # RFC 3261 §21.6.2
    487: Outcome.MISSED,  # RFC 3261 §21.4.25: the caller cancelled
    480: Outcome.MISSED,  # RFC 3261 §21.4.18: nobody there
    408: Outcome.MISSED,  # RFC 3261 §21.4.9: rang out
}


def outcome_of(evidence: Evidence, code: int | None, direction: Direction, *, taken: Evidence | None) -> Outcome:
    """What became of a call that ended with `evidence` (and the exchange's `code`), `taken` shown by what (None: not).

    "Missed" without evidence would be a lie in a duty log: a line that only stops ringing gives UNKNOWN. So does an
    outgoing call of which only the lifted handset was seen: an analog line does not show whether the far end answered.
    """
    if direction is Direction.OUTGOING and Evidence.EXCHANGE not in (evidence, taken):
        return Outcome.UNKNOWN
    if taken is not None:
        return Outcome.ANSWERED
    if evidence is Evidence.EXCHANGE:
        return _by_code(code)
    return _WITHOUT_ANSWER.get(evidence, Outcome.UNKNOWN)


def _by_code(code: int | None) -> Outcome:
    if code is None:
        return Outcome.MISSED
    if code in _BY_STATUS:
        return _BY_STATUS[code]
    return Outcome.FORWARDED if 300 <= code < 400 else Outcome.FAILED
