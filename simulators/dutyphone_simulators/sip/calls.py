"""A call inside the exchange: one who calls, and everybody for whom it rings (RFC 3261 §16.7 for how forks end).

A `Call` knows neither wires nor messages. Its caller and its branches are ends; some are registered telephones
(`legs.py`), the others exist only here (`ends.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from dutyphone.clock import Moment
from dutyphone_simulators.sip.agenda import Agenda, Alarm
from dutyphone_simulators.sip.bodies import Body
from dutyphone_simulators.sip.messages import Headers
from dutyphone_simulators.sip.records import CallRecord, HungUpBy, Outcome, Way
from dutyphone_simulators.sip.settings import Account


class CallState(Enum):
    """How far a call is."""

    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


class Step(Enum):
    """What is told about a call while it goes on."""

    STARTED = "started"
    RANG = "rang"
    ANSWERED = "answered"
    FORWARDED = "forwarded"
    ENDED = "ended"


class Caller(Protocol):
    """Who calls."""

    offer: Body

    def hears_ringing(self, early: Body | None, /) -> None: ...

    def hears_answer(self, body: Body, /) -> Body:
        """It was answered with `body`; what is said back if that was an offer."""
        ...

    def hears_refusal(self, status: int, /) -> None: ...

    def hears_hang_up(self) -> None: ...

    def over(self) -> None:
        """The call has ended, whoever ended it."""
        ...


class Branch(Protocol):
    """Somebody for whom it rings."""

    @property
    def who(self) -> str: ...

    def ring(self) -> None: ...

    def cancel(self, headers: Headers, /) -> None: ...

    def hears(self, body: Body, /) -> None:
        """The caller's answer to an offer of ours."""
        ...

    def hang_up(self) -> None: ...


class Switch(Protocol):
    """What a call wants of the exchange it is in."""

    @property
    def agenda(self) -> Agenda: ...

    def forwarding(self, account: Account) -> dict[str, str]: ...

    def gateway(self, call: Call, number: str) -> Branch: ...

    def told(self, call: Call, step: Step) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Limits of one call, and what a CANCEL says when each is reached."""

    no_answer_s: float
    elsewhere: Headers  # somebody else has answered
    given_up: Headers = ()
    no_answer: Headers = ()
    follows_redirects: bool = True


class Call:
    """One call, from `ring` until it is over."""

    def __init__(
        self,
        switch: Switch,
        record: CallRecord,
        account: Account,
        make_caller: Callable[[Call], Caller],
        patience: Patience,
    ) -> None:
        self.record, self.account, self.state = record, account, CallState.RINGING
        self.winner: Branch | None = None
        self._switch, self._patience = switch, patience
        self._branches: list[Branch] = []
        self._worst = 480
        self._no_answer: Alarm | None = None
        self.caller = make_caller(self)
        switch.told(self, Step.STARTED)

    @property
    def now(self) -> Moment:
        return self._switch.agenda.now

    @property
    def outgoing(self) -> bool:
        return self.record.way is Way.OUTGOING

    def ring(self, branches: Sequence[Branch]) -> None:
        """Let it ring everywhere; nowhere is unreachable."""
        if self.state is not CallState.RINGING:
            return
        if not branches and not self._branches:
            self._refuse(Outcome.UNREACHABLE, 480)
            return
        if self._no_answer is None:
            self._no_answer = self._switch.agenda.after(self._patience.no_answer_s, self._nobody_answers)
        self._branches += branches
        for branch in branches:
            if self.state is CallState.RINGING:
                branch.ring()

    def forward(self, number: str) -> None:
        """Ring at `number` behind the gateway instead."""
        self._cancel_all(())
        self.record.forwarded_to = number
        self._restart_patience()
        self._switch.told(self, Step.FORWARDED)
        self.ring([self._switch.gateway(self, number)])

    # --- what branches say ---------------------------------------------------------------------------------------

    def rings(self, branch: Branch, early: Body | None = None) -> None:
        """It rings at `branch`, perhaps with sound."""
        if self.state is not CallState.RINGING or branch not in self._branches:
            return
        if self.record.rang_at is None:
            self.record.rang_at = self.now
            self._switch.told(self, Step.RANG)
        self.caller.hears_ringing(early)

    def answered(self, branch: Branch, body: Body) -> Body | None:
        """`branch` has answered. What the caller says to an offer; None if it is too late and nobody wants it."""
        if self.state is not CallState.RINGING or branch not in self._branches:
            return None
        self.state, self.winner = CallState.TALKING, branch
        self._branches.remove(branch)
        self._cancel_all(self._patience.elsewhere)
        self.record.answered_at, self.record.answered_by = self.now, branch.who
        self.record.outcome = Outcome.ANSWERED
        self._stop_patience()
        self._switch.told(self, Step.ANSWERED)
        return self.caller.hears_answer(body)

    def refused(self, branch: Branch, status: int, targets: Sequence[str] = ()) -> None:
        """`branch` does not want it; `targets` are the numbers a 3xx names."""
        if self.state is not CallState.RINGING or branch not in self._branches:
            return
        self._branches.remove(branch)
        if 300 <= status < 400 and targets and self._patience.follows_redirects:
            self.record.forwarded_to = targets[0]
            self._restart_patience()
            self._switch.told(self, Step.FORWARDED)
            self.ring([self._switch.gateway(self, target) for target in targets])
            return
        self._worst = _more_telling(self._worst, status)
        if status >= 600:
            self._cancel_all((("Reason", f"SIP;cause={status}"),))
        if self._branches:
            return
        busy = self._switch.forwarding(self.account).get("40", "")
        if self._worst == 486 and busy and not self.outgoing and not self.record.forwarded_to:
            self.forward(busy)
            return
        self._refuse(_outcome_of(self._worst), self._worst)

    def hung_up(self, branch: Branch) -> None:
        """The side that answered has hung up."""
        if self.state is CallState.TALKING and branch is self.winner:
            self.record.hung_up_by = HungUpBy.CALLED
            self._end()
            self.caller.hears_hang_up()

    # --- what the caller says ------------------------------------------------------------------------------------

    def given_up(self) -> None:
        """The caller hangs up, while it rings or afterwards."""
        if self.state is CallState.TALKING:
            self.record.hung_up_by = HungUpBy.CALLER
            winner = self.winner
            self._end()
            assert winner is not None
            winner.hang_up()
        elif self.state is CallState.RINGING:
            self.record.outcome, self.record.status = Outcome.GIVEN_UP, 487
            self._cancel_all(self._patience.given_up)
            self._end()
            self.caller.hears_refusal(487)

    # --- the exchange --------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """The exchange is gone: the call ends, and nobody is told."""
        if self.state is not CallState.OVER:
            self.record.outcome, self.record.hung_up_by = Outcome.CUT, HungUpBy.EXCHANGE
            winner = self.winner
            self._end()
            if winner is not None:
                winner.hang_up()

    def _nobody_answers(self) -> None:
        if self.state is not CallState.RINGING:
            return
        number = self._switch.forwarding(self.account).get("41", "")
        if number and not self.outgoing and not self.record.forwarded_to:
            self.forward(number)
            return
        self._cancel_all(self._patience.no_answer)
        self._refuse(Outcome.NO_ANSWER, 480)

    def _refuse(self, outcome: Outcome, status: int) -> None:
        self.record.outcome, self.record.status = outcome, status
        self._cancel_all(())
        self._end()
        self.caller.hears_refusal(status)

    def _cancel_all(self, headers: Headers) -> None:
        branches, self._branches = self._branches, []
        for branch in branches:
            branch.cancel(headers)

    def _restart_patience(self) -> None:
        self._stop_patience()
        self._no_answer = None

    def _stop_patience(self) -> None:
        if self._no_answer is not None:
            self._no_answer.stop()

    def _end(self) -> None:
        self.state = CallState.OVER
        self.record.ended_at = self.now
        self._stop_patience()
        self.caller.over()
        self._switch.told(self, Step.ENDED)


_TELLING = (603, 600, 404, 604, 486, 488, 503, 500, 408, 480)
"""Which refusal the caller hears when branches differ: 6xx first, then what says most (§16.7 step 6)."""


def _more_telling(one: int, other: int) -> int:
    rank = {status: place for place, status in enumerate(_TELLING)}
    return min(one, other, key=lambda status: rank.get(status, len(_TELLING) - 3))


def _outcome_of(status: int) -> Outcome:
    match status:
        case 486 | 600:
            return Outcome.BUSY
        case 404 | 484 | 604:
            return Outcome.WRONG_NUMBER
        case 408 | 480 | 503:
            return Outcome.UNREACHABLE
    return Outcome.REFUSED
