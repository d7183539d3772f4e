"""The other end of the pair of wires: an exchange, the people who call, and the telephone on the desk.

Pure. Everything that will happen on the line is a plan: signals with their times. Whoever listens takes those that
are due with `advance`; what somebody does in between (lift, dial, hang up) changes the plan. Times are `mono` seconds.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import Enum
from typing import Protocol

from dutyphone.clock import Moment
from dutyphone_simulators.caller_id import CallerId, Standard, Withheld, sending_s

CN_TIME = timezone(timedelta(hours=8))
"""Exchanges in China stamp Beijing time."""

CADENCES: dict[str, tuple[float, ...]] = {
    "CN": (1.0, 4.0),  # YD/T 729: one second in five
    "US": (2.0, 4.0),  # GR-506-CORE
    "UK": (0.4, 0.2, 0.4, 2.0),  # BT SIN 351
    "A": (2.0, 4.0),  # GR-506-CORE distinctive alerting patterns 1 to 4
    "B": (0.8, 0.4, 0.8, 4.0),
    "C": (0.4, 0.2, 0.4, 0.2, 0.8, 4.0),
    "D": (0.3, 0.2, 1.0, 0.2, 0.3, 4.0),
}
"""Seconds of ringing and of quiet in turn."""

SILENCE_BEFORE_BURST_S = 0.5  # GR-30: at least half a second after the first ring
BURST_TO_RING_S = 0.4  # EN 300 659-1: 200 to 500 ms from the data to the first ring
GIVES_UP_AT = 0.8  # the part of the last cycle after which a caller is gone
LIFT_AFTER_RING_S = 0.5  # a hand at the receiver as the bell stops
CNG_AFTER_S, CNG_PERIOD_S, CNG_COUNT = 1.0, 3.5, 4  # T.30 §4.3.3.2: half a second of 1100 Hz, three of quiet
TONE_PERIOD_S = 0.2  # a practised hand at the keypad
NO_ANSWER_RINGS = 4  # rings before the exchange transfers a call nobody answers
BUSY_TONE_S = 0.7  # GB 3380: 0.35 s on, 0.35 s off


class CallerIdTime(Enum):
    """When caller ID is sent (lines with a modem show every one of these)."""

    BEFORE = "before"  # before the first ring
    AFTER_FIRST = "after_first"  # between the first and the second ring
    BETWEEN = "between"  # between the second and the third ring
    WITH_SECOND = "with_second"  # so late after the first ring that it shows together with the second
    NONE = "none"


class Phone(Enum):
    """Where the telephone on the desk is connected."""

    EXTENSION = "extension"  # beside the modem, on the same pair
    LOCAL = "local"  # behind the PHONE jack of the modem


class LineState(Enum):
    """What the pair of wires is doing."""

    IDLE = "idle"
    OFFERED = "offered"  # a call is being announced and rung
    TAKEN = "taken"  # a call is being talked
    OFF_HOOK = "off_hook"  # lifted without a call: dialling out


class SignalKind(Enum):
    """What can be seen on the pair of wires."""

    RING = "ring"  # a cycle begins; `count` of this call, `cadence` its pattern
    RING_ON = "ring_on"  # a part with ringing current has ended and lasted `seconds`
    RING_OFF = "ring_off"  # a quiet part has ended and lasted `seconds`
    CALLER_ID = "caller_id"  # `message` has just been sent
    LIFTED = "lifted"  # `phone` went off hook; only if `visible` does any modem notice
    REPLACED = "replaced"  # `phone` went on hook
    FAX_TONE = "fax_tone"  # 1100 Hz
    DIGIT = "digit"  # DTMF `digit`
    BUSY_TONE = "busy_tone"  # the far end has hung up
    REVERSAL = "reversal"  # the polarity of the line has changed
    DIAL_TONE = "dial_tone"  # the exchange waits for digits
    RINGBACK_TONE = "ringback_tone"  # it rings at the far end
    GAVE_UP = "gave_up"  # the caller is gone, or was transferred unanswered; on the wire only that no ring follows
    ENGAGED = "engaged"  # another caller heard the busy tone; nothing on the wire
    TRANSFERRED = "transferred"  # the exchange sent a call on before it could ring; nothing on the wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing on the wire, or something the exchange alone knows (the last three kinds)."""

    kind: SignalKind
    count: int = 0
    cadence: str = ""
    seconds: float = 0.0
    message: CallerId | None = None
    phone: Phone = Phone.EXTENSION
    visible: bool = True
    digit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCall:
    """Somebody calls. `rings` cycles are rung; then the caller gives up or, if `answered`, the handset is lifted.

    `talk_s` is how long the call lasts once taken, by whomever. `visible` False is a telephone no modem can notice.
    """

    number: str | None = None
    withheld: Withheld | None = None
    name: str | None = None
    called: str | None = None
    redirected_from: str | None = None
    rings: int = 4
    cadence: str = "CN"
    caller_id: CallerIdTime = CallerIdTime.AFTER_FIRST
    standard: Standard = Standard.MDMF
    intact: bool = True
    answered: bool = False
    talk_s: float = 30.0
    phone: Phone = Phone.EXTENSION
    visible: bool = True
    fax: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Timed:
    """A signal and when it happens."""

    at: float
    order: int
    signal: Signal


TRANSFER = re.compile(r"\*(57|40|41)\*([0-9]+)#")
TRANSFER_OFF = re.compile(r"#(57|40|41)#")
"""Supplementary services of Chinese fixed lines: 57 all calls, 40 when busy, 41 without answer."""


class TelephoneLine(Protocol):
    """A pair of wires as a modem and a scenario use it: `Exchange`, or the line with sound in `dsp.premises`."""

    @property
    def state(self) -> LineState: ...

    @property
    def call(self) -> IncomingCall | None: ...

    @property
    def lifted(self) -> Phone | None: ...

    @property
    def seized(self) -> bool: ...

    def place(self, call: IncomingCall, now: Moment) -> None: ...

    def lift(self, at: float, phone: Phone = ..., *, visible: bool = ...) -> None: ...

    def dial(self, digits: str, at: float) -> None: ...

    def hang_up(self, at: float) -> None: ...

    def seize(self, at: float) -> bool: ...

    def release(self) -> None: ...

    def dialled_by_modem(self, digits: str) -> None: ...

    def next_deadline(self) -> float | None: ...

    def advance(self, until: float) -> Sequence[Timed]: ...


class Exchange:
    """One subscriber line of an exchange."""

    def __init__(self, zone: timezone = CN_TIME) -> None:
        self.state = LineState.IDLE
        self.call: IncomingCall | None = None
        self.lifted: Phone | None = None  # the telephone that is off hook
        self._visible = True  # whether a modem can notice that telephone
        self.seized = False  # the modem itself is off hook
        self.transfers: dict[str, str] = {}  # service code -> target, dialled as *57*N# and taken back by #57#
        self._zone = zone
        self._plan: list[Timed] = []
        self._order = 0
        self._dialled = ""

    # --- what happens outside ------------------------------------------------------------------------------------

    def place(self, call: IncomingCall, now: Moment) -> None:
        """Somebody calls this line."""
        if "57" in self.transfers:
            self._add(now.mono, Signal(kind=SignalKind.TRANSFERRED))
        elif self.state is not LineState.IDLE:
            kind = SignalKind.TRANSFERRED if "40" in self.transfers else SignalKind.ENGAGED
            self._add(now.mono, Signal(kind=kind))
        else:
            self.state, self.call = LineState.OFFERED, call
            self._plan_call(call, now)

    def lift(self, at: float, phone: Phone = Phone.EXTENSION, *, visible: bool = True) -> None:
        """The handset is lifted: the ringing call is taken, or somebody is going to dial."""
        if self.lifted is None:
            self._add(at, Signal(kind=SignalKind.LIFTED, phone=phone, visible=visible))

    def dial(self, digits: str, at: float) -> None:
        """Keys are pressed on the lifted telephone, one tone after the other."""
        for place, digit in enumerate(digits, start=1):
            self._add(at + place * TONE_PERIOD_S, Signal(kind=SignalKind.DIGIT, digit=digit))

    def hang_up(self, at: float) -> None:
        """The handset goes back."""
        if self.lifted is not None:
            self._add(at, self._replaced())

    # --- what the modem does -------------------------------------------------------------------------------------

    def seize(self, at: float) -> bool:
        """The modem goes off hook. True if that took a ringing call."""
        self.seized = True
        if self.state is LineState.OFFERED:
            self._take(at)
            return True
        if self.state is LineState.IDLE:
            self.state = LineState.OFF_HOOK
        return False

    def release(self) -> None:
        """The modem goes on hook."""
        if self.seized:
            self.seized = False
            self._dialled = ""
            if self.lifted is None:
                self._clear()

    def dialled_by_modem(self, digits: str) -> None:
        """The modem has sent `digits` as tones."""
        for digit in digits:
            self._service_code(digit)

    # --- time ----------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When the next signal happens; None if none is planned."""
        return self._plan[0].at if self._plan else None

    def advance(self, until: float) -> Sequence[Timed]:
        """The signals up to `until`, in order. Each is given once."""
        happened = []
        while self._plan and self._plan[0].at <= until:
            timed = self._plan.pop(0)
            if self._apply(timed):
                happened.append(timed)
        return happened

    # --- the plan of a call --------------------------------------------------------------------------------------

    def _plan_call(self, call: IncomingCall, now: Moment) -> None:
        pattern = CADENCES[call.cadence]
        cycle, sounding = sum(pattern), sum(pattern[:-1])
        message = CallerId(
            stamped=now.utc.astimezone(self._zone),
            number=call.number,
            withheld=call.withheld,
            name=call.name,
            called=call.called,
            redirected_from=call.redirected_from,
            standard=call.standard,
            intact=call.intact,
        )
        first = now.mono
        if call.caller_id is CallerIdTime.BEFORE:
            first += sending_s(message) + BURST_TO_RING_S
        if (sent := _sent_at(call.caller_id, first, cycle, sounding, sending_s(message))) is not None:
            self._add(sent, Signal(kind=SignalKind.CALLER_ID, message=message))
        rings = call.rings
        if "41" in self.transfers and not call.answered:
            rings = min(rings, NO_ANSWER_RINGS)
        for count in range(1, rings + 1):
            begins = first + (count - 1) * cycle
            self._add(begins, Signal(kind=SignalKind.RING, count=count, cadence=call.cadence))
            self._plan_parts(begins, pattern, last=count == rings)
        last = first + (rings - 1) * cycle
        if call.answered:
            self._add(
                last + sounding + LIFT_AFTER_RING_S,
                Signal(kind=SignalKind.LIFTED, phone=call.phone, visible=call.visible),
            )
        else:
            self._add(last + cycle * GIVES_UP_AT, Signal(kind=SignalKind.GAVE_UP))

    def _plan_parts(self, begins: float, pattern: tuple[float, ...], *, last: bool) -> None:
        at = begins
        for place, seconds in enumerate(pattern):
            at += seconds
            if not (last and place == len(pattern) - 1):
                kind = SignalKind.RING_OFF if place % 2 else SignalKind.RING_ON
                self._add(at, Signal(kind=kind, seconds=seconds))

    def _add(self, at: float, signal: Signal) -> None:
        self._order += 1
        insort(self._plan, Timed(at, self._order, signal))

    # --- what a signal does to the line --------------------------------------------------------------------------

    def _apply(self, timed: Timed) -> bool:
        """Let a signal happen. False if it no longer can."""
        match timed.signal.kind:
            case SignalKind.LIFTED:
                if self.lifted is not None:
                    return False
                self.lifted, self._visible = timed.signal.phone, timed.signal.visible
                if self.state is LineState.OFFERED:
                    self._take(timed.at)
                elif self.state is LineState.IDLE:
                    self.state = LineState.OFF_HOOK
            case SignalKind.REPLACED:
                if self.lifted is None:
                    return False
                self.lifted = None
                self._dialled = ""
                if not self.seized:
                    self._clear()
            case SignalKind.DIGIT:
                if self.lifted is None:
                    return False
                self._service_code(timed.signal.digit)
            case SignalKind.GAVE_UP:
                self._clear()
        return True

    def _take(self, at: float) -> None:
        """The ringing call is taken: no more rings, and it will end."""
        call = self.call
        assert call is not None
        self.state = LineState.TAKEN
        self._plan = [timed for timed in self._plan if timed.signal.kind in _OUTLAST_ANSWER]
        if call.fax:
            for place in range(CNG_COUNT):
                self._add(at + CNG_AFTER_S + place * CNG_PERIOD_S, Signal(kind=SignalKind.FAX_TONE))
        if call.answered and self.lifted is not None:
            self._add(at + call.talk_s, self._replaced())
        else:
            for place in range(CNG_COUNT):
                self._add(at + call.talk_s + place * BUSY_TONE_S, Signal(kind=SignalKind.BUSY_TONE))

    def _replaced(self) -> Signal:
        return Signal(kind=SignalKind.REPLACED, phone=self.lifted or Phone.EXTENSION, visible=self._visible)

    def _clear(self) -> None:
        self.state, self.call = LineState.IDLE, None
        self._plan = [timed for timed in self._plan if timed.signal.kind in _OUTLAST_CALL]

    def _service_code(self, digit: str) -> None:
        """What has been dialled so far may be a service code."""
        self._dialled = (self._dialled + digit)[-64:]
        if found := TRANSFER.search(self._dialled):
            self.transfers[found[1]] = found[2]
            self._dialled = ""
        elif found := TRANSFER_OFF.search(self._dialled):
            self.transfers.pop(found[1], None)
            self._dialled = ""


_OUTLAST_CALL = frozenset(
    {SignalKind.ENGAGED, SignalKind.TRANSFERRED, SignalKind.LIFTED, SignalKind.REPLACED, SignalKind.DIGIT}
)
_OUTLAST_ANSWER = _OUTLAST_CALL - {SignalKind.LIFTED}


def _sent_at(when: CallerIdTime, first: float, cycle: float, sounding: float, lasts: float) -> float | None:
    """When the last bit of the message is sent; None if it is not."""
    after_ring = sounding + SILENCE_BEFORE_BURST_S + lasts
    return {
        CallerIdTime.BEFORE: first - BURST_TO_RING_S,
        CallerIdTime.AFTER_FIRST: first + after_ring,
        CallerIdTime.BETWEEN: first + cycle + after_ring,
        CallerIdTime.WITH_SECOND: first + cycle,
        CallerIdTime.NONE: None,
    }[when]
