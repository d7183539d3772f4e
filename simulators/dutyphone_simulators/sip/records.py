"""The exchange's own account of every call (its CDR), which a call log is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from dutyphone.clock import Moment


class Outcome(Enum):
    """How a call ended, as the exchange knows it."""

    ANSWERED = "answered"
    GIVEN_UP = "given_up"  # the caller hung up while it rang
    NO_ANSWER = "no_answer"  # the exchange stopped ringing
    BUSY = "busy"
    REFUSED = "refused"  # somebody pressed the red button (603), or no telephone wanted it
    UNREACHABLE = "unreachable"  # nobody is registered, or nothing came back
    WRONG_NUMBER = "wrong_number"
    CUT = "cut"  # the exchange itself went down in the middle of it


class Way(Enum):
    """From where to where."""

    INCOMING = "incoming"  # from outside to an account
    OUTGOING = "outgoing"  # from an account, by its registered telephone or the desk phone


class HungUpBy(Enum):
    """Who ended a call that was answered."""

    CALLER = "caller"
    CALLED = "called"
    EXCHANGE = "exchange"


DESK_PHONE = "desk phone"
"""`answered_by` of the virtual desk phone; a registered telephone answers as its account, anybody else as a number."""


@dataclass(slots=True, kw_only=True)
class LegRecord:
    """One INVITE that was sent to a registered telephone: what came of it."""

    call_id: str
    contact: str
    sent_at: Moment
    rang_at: Moment | None = None
    status: int | None = None  # the final response; None if there was none
    final_at: Moment | None = None
    cancelled_at: Moment | None = None


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """One call. None is what has not happened."""

    id: str
    way: Way
    account: str
    caller: str
    caller_name: str
    called: str
    started_at: Moment
    rang_at: Moment | None = None
    answered_at: Moment | None = None
    ended_at: Moment | None = None
    outcome: Outcome | None = None
    status: int | None = None  # what the caller was told, if it was not answered
    answered_by: str = ""
    forwarded_to: str = ""
    hung_up_by: HungUpBy | None = None
    diverted_from: str = ""
    withheld: bool = False  # nobody may be shown who called
    legs: list[LegRecord] = field(default_factory=list)
    heard_packets: int = 0  # of sound, from the registered telephone
    digits: str = ""  # telephone events heard in it

    @property
    def over(self) -> bool:
        return self.ended_at is not None

    @property
    def ring_s(self) -> float:
        """Seconds from the start until it was answered or over; 0 while neither."""
        end = self.answered_at or self.ended_at
        return end.since(self.started_at) if end else 0.0

    @property
    def talk_s(self) -> float:
        """Seconds from answer to end; 0 if it was not answered or is not over."""
        return self.ended_at.since(self.answered_at) if self.answered_at and self.ended_at else 0.0
