"""How a call leg goes on, as tables: phases, what happens in them, and what is told and sent on the way.

A call that was offered is withdrawn, or it is taken and then over: one end, whatever way leads there. `leg` runs the
tables; a pair that is not here changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    """How far a call leg is."""

    EARLY = "early"  # it rings, here or there
    CANCELLING = "cancelling"  # ours, called off, but its end has not come yet
    ANSWERED = "answered"  # answered here, the ACK is awaited
    TALKING = "talking"
    LEAVING = "leaving"  # hung up here before the ACK came: BYE waits for it (RFC 3261 §15)
    ENDING = "ending"  # BYE sent
    OVER = "over"


class Cue(Enum):
    """What happens."""

    ANSWERED = "answered"  # by whoever is called, here or there
    REFUSED = "refused"  # whichever side ended it before the answer
    LET_GO = "let go"  # we hear no more of it
    HANG_UP = "hang up"  # our side wants its end
    ACK = "ack"
    UNACKNOWLEDGED = "unacknowledged"  # no ACK came for 32 s
    BYE = "bye"  # the other side's
    SETTLED = "settled"  # our BYE was answered, or will not be


class Wait(Enum):
    """What a leg waits for."""

    LIMIT = "limit"  # it rang as long as a call may
    EXPIRED = "expired"  # it rang as long as the caller wants it to (§13.3.1)
    RING_AGAIN = "ring again"  # proxies are to know that it still rings (§13.3.1.1)
    REFRESH = "refresh"  # the session timer is to be refreshed by us
    SESSION_OVER = "session over"  # nobody refreshed it


class Act(Enum):
    """What is told or sent."""

    TELL_TAKEN = "tell taken"
    TELL_WITHDRAWN = "tell withdrawn"
    TELL_OVER = "tell over"
    SEND_BYE = "send BYE"


@dataclass(frozen=True, slots=True)
class Move:
    """Where it leads, and what is done on the way, in order."""

    to: Phase
    acts: tuple[Act, ...] = ()


Table = Mapping[tuple[Phase, Cue], Move]

_P, _C, _A = Phase, Cue, Act

_CALL: Table = {
    (_P.ANSWERED, _C.ACK): Move(_P.TALKING),
    (_P.ANSWERED, _C.UNACKNOWLEDGED): Move(_P.ENDING, (_A.TELL_OVER, _A.SEND_BYE)),  # §13.3.1.4
    (_P.ANSWERED, _C.HANG_UP): Move(_P.LEAVING, (_A.TELL_OVER,)),
    (_P.ANSWERED, _C.BYE): Move(_P.OVER, (_A.TELL_OVER,)),
    (_P.TALKING, _C.HANG_UP): Move(_P.ENDING, (_A.TELL_OVER, _A.SEND_BYE)),
    (_P.TALKING, _C.UNACKNOWLEDGED): Move(_P.ENDING, (_A.TELL_OVER, _A.SEND_BYE)),  # of a re-INVITE, §14.2
    (_P.TALKING, _C.BYE): Move(_P.OVER, (_A.TELL_OVER,)),
    (_P.LEAVING, _C.ACK): Move(_P.ENDING, (_A.SEND_BYE,)),
    (_P.LEAVING, _C.UNACKNOWLEDGED): Move(_P.ENDING, (_A.SEND_BYE,)),
    (_P.LEAVING, _C.BYE): Move(_P.OVER),
    (_P.ENDING, _C.SETTLED): Move(_P.OVER),
}
"""Once it was answered, whoever called (RFC 3261 §15). A BYE that crosses ours is answered and changes nothing."""

INCOMING: Table = {
    (_P.EARLY, _C.ANSWERED): Move(_P.ANSWERED, (_A.TELL_TAKEN,)),
    (_P.EARLY, _C.REFUSED): Move(_P.OVER, (_A.TELL_WITHDRAWN,)),
    (_P.EARLY, _C.LET_GO): Move(_P.OVER),
    **_CALL,
}
"""A call to us (RFC 3261 §13.3)."""

OUTGOING: Table = {
    (_P.EARLY, _C.ANSWERED): Move(_P.TALKING, (_A.TELL_TAKEN,)),
    (_P.EARLY, _C.REFUSED): Move(_P.OVER, (_A.TELL_WITHDRAWN,)),
    (_P.EARLY, _C.HANG_UP): Move(_P.CANCELLING),  # by CANCEL, and then its end is awaited
    (_P.CANCELLING, _C.ANSWERED): Move(_P.ENDING, (_A.TELL_TAKEN, _A.TELL_OVER, _A.SEND_BYE)),  # it crossed the CANCEL
    (_P.CANCELLING, _C.REFUSED): Move(_P.OVER, (_A.TELL_WITHDRAWN,)),
    **_CALL,
}
"""A call of ours (RFC 3261 §13.2, §9.1)."""

IN_CALL = frozenset({Phase.ANSWERED, Phase.TALKING})
EARLY = frozenset({Phase.EARLY, Phase.CANCELLING})
