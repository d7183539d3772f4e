"""What the exchange remembers: of each line its state, of each call its plan, and the sound that follows from them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, auto

from dutyphone.i18n import _
from dutyphone_simulators.caller_id import CallerId
from dutyphone_simulators.dsp.dtmf import DtmfReceiver
from dutyphone_simulators.dsp.line import Path
from dutyphone_simulators.dsp.premises import Premises
from dutyphone_simulators.dsp.ringing import RingPlan
from dutyphone_simulators.dsp.samples import BLOCK, RATE, Samples, silence
from dutyphone_simulators.dsp.tones import CNG, CNG_COUNT, ToneSender
from dutyphone_simulators.exchange import IncomingCall


class State(Enum):
    """What the exchange is doing for a line."""

    RESTING = auto()  # on hook
    DIALLING = auto()  # dial tone, then digits
    CALLING = auto()  # hears the ringing of another line
    RINGING = auto()  # is rung
    TALKING = auto()  # through to the other end
    REFUSED = auto()  # busy tone
    CONFIRMED = auto()  # a service code was taken
    PARKED = auto()  # off hook, and nobody cares any more


@dataclass(eq=False, slots=True)
class Call:
    """One call. `caller` None is somebody outside, described by `outside`."""

    called: Line
    plan: RingPlan
    began: float
    message: CallerId
    caller: Line | None = None
    outside: IncomingCall | None = None
    gives_up_at: float = math.inf
    transfers_at: float = math.inf
    ends_at: float = math.inf
    fax: ToneSender | None = None
    fax_from: float = math.inf

    @property
    def caller_shown(self) -> str:
        """Who calls, for people."""
        return self.message.number or _("Somebody without a number")

    def ringing(self, at: float) -> bool:
        """Whether there is ringing voltage on the called line."""
        return self.plan.ringing(at - self.began)

    def reversed(self, at: float) -> bool:
        """Whether the polarity of the called line is the other way round."""
        return self.plan.reversed(at - self.began)

    def burst(self, at: float) -> Samples | None:
        """The part of the caller ID that is sent in the block at `at`, padded; None if there is none."""
        sent = self.plan.burst
        first = round((at - self.began - self.plan.burst_at_s) * RATE)
        if sent is None or not -BLOCK < first < len(sent):
            return None
        block = sent[max(0, first) : first + BLOCK]
        before = max(0, -first)
        return silence(before) + block + silence(BLOCK - before - len(block))

    def from_caller(self, at: float) -> Samples | None:
        """What a caller says in the block at `at`."""
        if self.caller is not None:
            return self.caller.spoken
        if not self.fax_from <= at < self.fax_from + CNG_COUNT * sum(CNG.cadence):
            return None
        self.fax = self.fax or ToneSender(CNG)
        return self.fax.take(BLOCK)


@dataclass(eq=False, slots=True)
class Line:
    """The exchange's end of one line."""

    number: str
    name: str | None
    premises: Premises
    up: Path
    down: Path
    state: State = State.RESTING
    since: float = 0.0
    was_off_hook: bool = False
    digits: str = ""
    digit_at: float = 0.0
    receiver: DtmfReceiver | None = None
    tone: ToneSender | None = None
    call: Call | None = None
    spoken: Samples | None = None
    transfers: dict[str, str] = field(default_factory=dict)

    @property
    def rung(self) -> Call | None:
        """The call that rings here."""
        return self.call if self.state is State.RINGING else None

    def sound(self, at: float) -> Samples | None:
        """What the exchange puts on this line in the block at `at`."""
        if self.call is not None and self.state is State.RINGING:
            return self.call.burst(at)
        if self.call is not None and self.state is State.TALKING:
            return self.call.from_caller(at) if self.call.called is self else self.call.called.spoken
        return None if self.tone is None else self.tone.take(BLOCK)
