"""What may happen on a telephone line, as a table: states, cues, and what is told on the way from one to the next.

`line_state` runs it. A pair that is not here changes nothing and keeps its bytes as `WireNoise`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dutyphone.lines.events import Evidence
from dutyphone_drivers.serial_modem.signs import Sign


class State(Enum):
    """What the line is doing."""

    IDLE = "idle"
    PRE_CALL = "pre_call"  # caller ID came, no ring yet
    RINGING = "ringing"
    IN_CALL = "in_call"  # an incoming call was taken
    OUT_CALL = "out_call"  # a handset was lifted, or digits were dialled, with nothing ringing


class Cue(Enum):
    """What was heard, or which wait ended."""

    RING = "ring"
    CALLER_ID = "caller_id"
    OTHER_CALLER = "other_caller"  # caller ID with another number than this call's
    OFF_HOOK = "off_hook"
    ON_HOOK = "on_hook"
    ANSWERED_HERE = "answered_here"
    FAR_END_GONE = "far_end_gone"  # busy tone
    DIAL_TONE = "dial_tone"
    LINE_IN_USE = "line_in_use"
    FAX = "fax"
    DIGITS = "digits"  # complete up to a pause
    TOLD_OVER = "told_over"  # a box, or the modem, says that the call is over
    TIME_UP = "time_up"  # the state lasted as long as it may


class Act(Enum):
    """What to tell."""

    RING = "ring"
    CALLER_ID = "caller_id"
    WAITING_CALLER = "waiting_caller"
    OFFER_OUT = "offer_out"
    TAKE = "take"
    WITHDRAW = "withdraw"
    NEVER_RANG = "never_rang"
    LET_GO = "let_go"
    OVER = "over"
    NEXT_CALL = "next_call"
    FAX = "fax"
    DIGITS = "digits"
    BEGIN = "begin"  # forget the call before


@dataclass(frozen=True, slots=True)
class Move:
    """Where a cue leads, and what is told on the way, in order. A new state, or `again`, starts its wait over."""

    to: State
    acts: tuple[Act, ...] = ()
    again: bool = False


_I, _P, _R, _C, _O = State.IDLE, State.PRE_CALL, State.RINGING, State.IN_CALL, State.OUT_CALL

TABLE: dict[tuple[State, Cue], Move] = {
    (_I, Cue.RING): Move(_R, (Act.BEGIN, Act.RING)),
    (_I, Cue.CALLER_ID): Move(_P, (Act.BEGIN, Act.CALLER_ID)),
    (_I, Cue.OFF_HOOK): Move(_O, (Act.BEGIN, Act.OFFER_OUT, Act.TAKE)),
    (_I, Cue.ON_HOOK): Move(_I),
    (_I, Cue.ANSWERED_HERE): Move(_I),
    (_I, Cue.FAR_END_GONE): Move(_I),
    (_I, Cue.DIAL_TONE): Move(_I),
    (_I, Cue.LINE_IN_USE): Move(_I),
    (_I, Cue.FAX): Move(_I, (Act.FAX,)),
    (_I, Cue.DIGITS): Move(_O, (Act.BEGIN, Act.OFFER_OUT, Act.DIGITS)),
    (_I, Cue.TOLD_OVER): Move(_I),
    (_P, Cue.RING): Move(_R, (Act.RING,)),
    (_P, Cue.CALLER_ID): Move(_P, (Act.CALLER_ID,), again=True),
    (_P, Cue.OTHER_CALLER): Move(_P, (Act.BEGIN, Act.CALLER_ID), again=True),
    (_P, Cue.OFF_HOOK): Move(_C, (Act.TAKE,)),
    (_P, Cue.ON_HOOK): Move(_P),
    (_P, Cue.ANSWERED_HERE): Move(_C, (Act.TAKE,)),
    (_P, Cue.FAR_END_GONE): Move(_P),
    (_P, Cue.DIAL_TONE): Move(_P),
    (_P, Cue.LINE_IN_USE): Move(_C, (Act.TAKE,)),
    (_P, Cue.FAX): Move(_P, (Act.FAX,)),
    (_P, Cue.TOLD_OVER): Move(_I, (Act.NEVER_RANG,)),
    (_P, Cue.TIME_UP): Move(_I, (Act.NEVER_RANG,)),
    (_R, Cue.RING): Move(_R, (Act.RING,), again=True),
    (_R, Cue.CALLER_ID): Move(_R, (Act.CALLER_ID,)),
    (_R, Cue.OTHER_CALLER): Move(_R, (Act.BEGIN, Act.CALLER_ID), again=True),
    (_R, Cue.OFF_HOOK): Move(_C, (Act.TAKE,)),
    (_R, Cue.ON_HOOK): Move(_R),
    (_R, Cue.ANSWERED_HERE): Move(_C, (Act.TAKE,)),
    (_R, Cue.FAR_END_GONE): Move(_R),
    (_R, Cue.DIAL_TONE): Move(_R),
    (_R, Cue.LINE_IN_USE): Move(_C, (Act.TAKE,)),
    (_R, Cue.FAX): Move(_R, (Act.FAX,)),
    (_R, Cue.TOLD_OVER): Move(_I, (Act.WITHDRAW,)),
    (_R, Cue.TIME_UP): Move(_I, (Act.WITHDRAW,)),
    (_C, Cue.RING): Move(_R, (Act.NEXT_CALL, Act.BEGIN, Act.RING)),
    (_C, Cue.CALLER_ID): Move(_C, (Act.CALLER_ID,)),
    (_C, Cue.OTHER_CALLER): Move(_C, (Act.WAITING_CALLER,)),
    (_C, Cue.OFF_HOOK): Move(_C),
    (_C, Cue.ON_HOOK): Move(_I, (Act.OVER,)),
    (_C, Cue.ANSWERED_HERE): Move(_C),
    (_C, Cue.FAR_END_GONE): Move(_I, (Act.OVER,)),
    (_C, Cue.DIAL_TONE): Move(_I, (Act.OVER,)),
    (_C, Cue.LINE_IN_USE): Move(_C),
    (_C, Cue.FAX): Move(_C, (Act.FAX,)),
    (_C, Cue.DIGITS): Move(_C, (Act.DIGITS,)),
    (_C, Cue.TOLD_OVER): Move(_I, (Act.OVER,)),
    (_C, Cue.TIME_UP): Move(_I, (Act.LET_GO,)),
    (_O, Cue.RING): Move(_R, (Act.NEXT_CALL, Act.BEGIN, Act.RING)),
    (_O, Cue.CALLER_ID): Move(_O, (Act.WAITING_CALLER,)),
    (_O, Cue.OTHER_CALLER): Move(_O, (Act.WAITING_CALLER,)),
    (_O, Cue.OFF_HOOK): Move(_O, (Act.TAKE,), again=True),
    (_O, Cue.ON_HOOK): Move(_I, (Act.OVER,)),
    (_O, Cue.ANSWERED_HERE): Move(_O),
    (_O, Cue.FAR_END_GONE): Move(_O),
    (_O, Cue.DIAL_TONE): Move(_O),
    (_O, Cue.LINE_IN_USE): Move(_O),
    (_O, Cue.FAX): Move(_O, (Act.FAX,)),
    (_O, Cue.DIGITS): Move(_O, (Act.DIGITS,), again=True),
    (_O, Cue.TOLD_OVER): Move(_I, (Act.OVER,)),
    (_O, Cue.TIME_UP): Move(_I, (Act.LET_GO,)),
}

CUE_OF_SIGN: dict[Sign, tuple[Cue, Evidence]] = {
    Sign.LOCAL_OFF_HOOK: (Cue.OFF_HOOK, Evidence.LOCAL_HOOK),
    Sign.LOCAL_ON_HOOK: (Cue.ON_HOOK, Evidence.LOCAL_HOOK),
    Sign.EXTENSION_OFF_HOOK: (Cue.OFF_HOOK, Evidence.EXTENSION_HOOK),
    Sign.EXTENSION_ON_HOOK: (Cue.ON_HOOK, Evidence.EXTENSION_HOOK),
    Sign.LINE_IN_USE: (Cue.LINE_IN_USE, Evidence.LINE_IN_USE),
    Sign.CONNECTED: (Cue.ANSWERED_HERE, Evidence.OWN_ANSWER),
    Sign.HUNG_UP: (Cue.TOLD_OVER, Evidence.EXCHANGE),
    Sign.BUSY: (Cue.FAR_END_GONE, Evidence.EXCHANGE),
    Sign.DIAL_TONE: (Cue.DIAL_TONE, Evidence.EXCHANGE),
    Sign.FAX_CALLING: (Cue.FAX, Evidence.EXCHANGE),
}
"""What a sign of the modem is to the line, and what it is evidence of."""
