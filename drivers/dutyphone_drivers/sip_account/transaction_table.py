"""The four transactions of RFC 3261 §17 as tables: states, what may happen in each, and what is to be done then.

    17.1.1  INVITE client      CALLING  PROCEEDING  COMPLETED           + ACCEPTED of RFC 6026
    17.1.2  other clients      TRYING  PROCEEDING  COMPLETED
    17.2.1  INVITE server      PROCEEDING  COMPLETED  CONFIRMED         + ACCEPTED of RFC 6026
    17.2.2  other servers      TRYING  PROCEEDING  COMPLETED

Two more states stand in the INVITE client for CANCEL (§9.1), which may go out only after a provisional response and has
a wait of its own. `machine` runs the tables; a pair that is not here changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How far a transaction is."""

    CALLING = "calling"  # INVITE sent, nothing heard
    CALLING_OFF = "calling_off"  # the same, and it is to be cancelled as soon as something is heard
    TRYING = "trying"
    PROCEEDING = "proceeding"
    CANCELLING = "cancelling"  # CANCEL sent, the final response is awaited
    ACCEPTED = "accepted"  # 2xx to INVITE (RFC 6026)
    COMPLETED = "completed"
    CONFIRMED = "confirmed"  # the ACK to a refusal came
    ACKNOWLEDGED = "acknowledged"  # the ACK to 2xx came; only resends of the INVITE are awaited
    TERMINATED = "terminated"


class Said(Enum):
    """What somebody said: the far end, or our own side where it owes an answer."""

    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "3xx-6xx"
    AGAIN = "again"  # the request came once more
    ACK = "ack"
    CANCEL = "cancel"  # our side wants its INVITE cancelled


class Timer(Enum):
    """The timers of RFC 3261 table 4 and RFC 6026, and two waits of other sections. C is the proxies'."""

    A = "A"  # sends INVITE again
    B = "B"  # gives INVITE up
    D = "D"  # absorbs more final responses to INVITE
    E = "E"  # sends a request again
    F = "F"  # gives a request up
    G = "G"  # sends the final response to INVITE again
    H = "H"  # gives the ACK up
    I = "I"  # absorbs more ACKs  # noqa: E741  (its name in the RFC)
    J = "J"  # absorbs more of the same request
    K = "K"  # absorbs more final responses
    L = "L"  # absorbs more INVITEs after 2xx (RFC 6026 §7.1)
    M = "M"  # takes more 2xx from other branches of the call (RFC 6026 §7.2)
    OK_AGAIN = "2xx again"  # sends 2xx again until the ACK (§13.3.1.4)
    CANCELLED = "cancelled"  # gives up waiting for the final response to a cancelled INVITE (§9.1)


class Act(Enum):
    """What is to be done."""

    SEND = "send"  # what was sent last, once more or for the first time
    ACK = "ack"  # acknowledge a final response other than 2xx (§17.1.1.3)
    CANCEL = "cancel"
    TELL = "tell"  # hand the response to whoever asked
    TIMED_OUT = "timed_out"
    UNACKNOWLEDGED = "unacknowledged"


@dataclass(frozen=True, slots=True)
class Move:
    """Where it leads, and what is done on the way."""

    to: State
    acts: tuple[Act, ...] = ()


Table = Mapping[tuple[State, Said | Timer], Move]
Waits = Mapping[State, tuple[Timer, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One of the four: where it begins, what may happen, and which timers run in which state.

    A timer that runs in two states in a row goes on.
    """

    first: State
    table: Table
    waits: Waits


_S, _T = State, Timer

INVITE_CLIENT = Kind(
    first=_S.CALLING,
    table={
        (_S.CALLING, _T.A): Move(_S.CALLING, (Act.SEND,)),
        (_S.CALLING, _T.B): Move(_S.TERMINATED, (Act.TIMED_OUT,)),
        (_S.CALLING, Said.CANCEL): Move(_S.CALLING_OFF),
        (_S.CALLING, Said.PROVISIONAL): Move(_S.PROCEEDING, (Act.TELL,)),
        (_S.CALLING, Said.SUCCESS): Move(_S.ACCEPTED, (Act.TELL,)),
        (_S.CALLING, Said.FAILURE): Move(_S.COMPLETED, (Act.ACK, Act.TELL)),
        (_S.CALLING_OFF, _T.A): Move(_S.CALLING_OFF, (Act.SEND,)),
        (_S.CALLING_OFF, _T.B): Move(_S.TERMINATED, (Act.TIMED_OUT,)),
        (_S.CALLING_OFF, Said.PROVISIONAL): Move(_S.CANCELLING, (Act.CANCEL, Act.TELL)),
        (_S.CALLING_OFF, Said.SUCCESS): Move(_S.ACCEPTED, (Act.TELL,)),
        (_S.CALLING_OFF, Said.FAILURE): Move(_S.COMPLETED, (Act.ACK, Act.TELL)),
        (_S.PROCEEDING, Said.CANCEL): Move(_S.CANCELLING, (Act.CANCEL,)),
        (_S.PROCEEDING, Said.PROVISIONAL): Move(_S.PROCEEDING, (Act.TELL,)),
        (_S.PROCEEDING, Said.SUCCESS): Move(_S.ACCEPTED, (Act.TELL,)),
        (_S.PROCEEDING, Said.FAILURE): Move(_S.COMPLETED, (Act.ACK, Act.TELL)),
        (_S.CANCELLING, _T.CANCELLED): Move(_S.TERMINATED, (Act.TIMED_OUT,)),
        (_S.CANCELLING, Said.PROVISIONAL): Move(_S.CANCELLING, (Act.TELL,)),
        (_S.CANCELLING, Said.SUCCESS): Move(_S.ACCEPTED, (Act.TELL,)),
        (_S.CANCELLING, Said.FAILURE): Move(_S.COMPLETED, (Act.ACK, Act.TELL)),
        (_S.ACCEPTED, Said.SUCCESS): Move(_S.ACCEPTED, (Act.TELL,)),
        (_S.ACCEPTED, _T.M): Move(_S.TERMINATED),
        (_S.COMPLETED, Said.FAILURE): Move(_S.COMPLETED, (Act.ACK,)),
        (_S.COMPLETED, _T.D): Move(_S.TERMINATED),
    },
    waits={
        _S.CALLING: (_T.A, _T.B),
        _S.CALLING_OFF: (_T.A, _T.B),
        _S.CANCELLING: (_T.CANCELLED,),
        _S.ACCEPTED: (_T.M,),
        _S.COMPLETED: (_T.D,),
    },
)
"""RFC 3261 figure 5, with the corrections of RFC 6026 §7.2."""

CLIENT = Kind(
    first=_S.TRYING,
    table={
        (_S.TRYING, _T.E): Move(_S.TRYING, (Act.SEND,)),
        (_S.TRYING, _T.F): Move(_S.TERMINATED, (Act.TIMED_OUT,)),
        (_S.TRYING, Said.PROVISIONAL): Move(_S.PROCEEDING, (Act.TELL,)),
        (_S.TRYING, Said.SUCCESS): Move(_S.COMPLETED, (Act.TELL,)),
        (_S.TRYING, Said.FAILURE): Move(_S.COMPLETED, (Act.TELL,)),
        (_S.PROCEEDING, _T.E): Move(_S.PROCEEDING, (Act.SEND,)),
        (_S.PROCEEDING, _T.F): Move(_S.TERMINATED, (Act.TIMED_OUT,)),
        (_S.PROCEEDING, Said.PROVISIONAL): Move(_S.PROCEEDING, (Act.TELL,)),
        (_S.PROCEEDING, Said.SUCCESS): Move(_S.COMPLETED, (Act.TELL,)),
        (_S.PROCEEDING, Said.FAILURE): Move(_S.COMPLETED, (Act.TELL,)),
        (_S.COMPLETED, _T.K): Move(_S.TERMINATED),
    },
    waits={
        _S.TRYING: (_T.E, _T.F),
        _S.PROCEEDING: (_T.E, _T.F),
        _S.COMPLETED: (_T.K,),
    },
)
"""RFC 3261 figure 6."""

INVITE_SERVER = Kind(
    first=_S.PROCEEDING,
    table={
        (_S.PROCEEDING, Said.AGAIN): Move(_S.PROCEEDING, (Act.SEND,)),
        (_S.PROCEEDING, Said.PROVISIONAL): Move(_S.PROCEEDING, (Act.SEND,)),
        (_S.PROCEEDING, Said.SUCCESS): Move(_S.ACCEPTED, (Act.SEND,)),
        (_S.PROCEEDING, Said.FAILURE): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.ACCEPTED, _T.OK_AGAIN): Move(_S.ACCEPTED, (Act.SEND,)),
        (_S.ACCEPTED, _T.L): Move(_S.TERMINATED, (Act.UNACKNOWLEDGED,)),
        (_S.ACCEPTED, Said.ACK): Move(_S.ACKNOWLEDGED),
        (_S.ACKNOWLEDGED, _T.L): Move(_S.TERMINATED),
        (_S.COMPLETED, Said.AGAIN): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.COMPLETED, _T.G): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.COMPLETED, _T.H): Move(_S.TERMINATED, (Act.UNACKNOWLEDGED,)),
        (_S.COMPLETED, Said.ACK): Move(_S.CONFIRMED),
        (_S.CONFIRMED, _T.I): Move(_S.TERMINATED),
    },
    waits={
        _S.ACCEPTED: (_T.OK_AGAIN, _T.L),
        _S.COMPLETED: (_T.G, _T.H),
        _S.CONFIRMED: (_T.I,),
        _S.ACKNOWLEDGED: (_T.L,),
    },
)
"""RFC 3261 figure 7, with the corrections of RFC 6026 §7.1.

Sending 2xx again until the ACK is the business of the transaction's user in the RFC (§13.3.1.4); it needs the same
clockwork as G and H, so it is done here, and ACKNOWLEDGED is where ACCEPTED stays when that is over.
"""

SERVER = Kind(
    first=_S.TRYING,
    table={
        (_S.TRYING, Said.PROVISIONAL): Move(_S.PROCEEDING, (Act.SEND,)),
        (_S.TRYING, Said.SUCCESS): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.TRYING, Said.FAILURE): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.PROCEEDING, Said.AGAIN): Move(_S.PROCEEDING, (Act.SEND,)),
        (_S.PROCEEDING, Said.PROVISIONAL): Move(_S.PROCEEDING, (Act.SEND,)),
        (_S.PROCEEDING, Said.SUCCESS): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.PROCEEDING, Said.FAILURE): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.COMPLETED, Said.AGAIN): Move(_S.COMPLETED, (Act.SEND,)),
        (_S.COMPLETED, _T.J): Move(_S.TERMINATED),
    },
    waits={_S.COMPLETED: (_T.J,)},
)
"""RFC 3261 figure 8."""
