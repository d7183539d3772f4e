"""An exchange for a handful of lines: dial tone, digits, ringing, caller ID, the way through, busy tone.

Pure, and moved on in blocks of 20 ms as long as anything is going on; a quiet exchange wants nothing until somebody
lifts, dials or calls. Everything it knows of its subscribers it has from their hooks and their sound.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import ClassVar

from dutyphone.clock import Moment
from dutyphone.i18n import _
from dutyphone_simulators.caller_id import CallerId
from dutyphone_simulators.dsp.circuits import Call, Line, State
from dutyphone_simulators.dsp.dtmf import DtmfReceiver
from dutyphone_simulators.dsp.line import BRIDGING_LOSS_DB, LineQuality, Path
from dutyphone_simulators.dsp.premises import Premises
from dutyphone_simulators.dsp.ringing import plan_ringing
from dutyphone_simulators.dsp.samples import BLOCK_S
from dutyphone_simulators.dsp.tones import TONES, ToneKind, ToneSender
from dutyphone_simulators.exchange import (
    CNG_AFTER_S,
    LIFT_AFTER_RING_S,
    NO_ANSWER_RINGS,
    TRANSFER,
    TRANSFER_OFF,
    CallerIdTime,
    IncomingCall,
    SignalKind,
)

ZONES: Mapping[str, timezone] = {
    "CN": timezone(timedelta(hours=8)),
    "US": timezone(timedelta(hours=-5)),
    "UK": timezone(timedelta(0)),
}
"""The local time that exchanges stamp, without summer time."""

INTER_DIGIT_S = 4.0
"""After this long without a digit the number is as complete as it gets (GR-506-CORE §14: 3.5 to 4.5 s)."""

SHORTEST_NUMBER = 3
"""Digits of a number outside, such as 119."""

NO_ANSWER_S = 90.0
"""A subscriber who hears ringing this long is disconnected."""

BUSY_TONE_S = 40.0
"""A line that is off hook for nothing is left silent after this long."""

SETTLE_S = 0.4
"""Quiet after which the exchange rests: longer than every delay and the tail of a carrier."""


class DspExchange:
    """An exchange in `country` with a line for each of `numbers`, from `start` on.

    `names` go out as caller ID. `report` hears in words what happens. The same `seed` gives the same noise.
    """

    def __init__(
        self,
        start: Moment,
        numbers: Sequence[str],
        *,
        country: str = "CN",
        names: Sequence[str | None] = (),
        quality: LineQuality | None = None,
        seed: int = 0,
        report: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._start = start
        self._country = country
        self._report = report
        self._block = 0  # the next one to be made
        self._awake_until = start.mono
        quality = quality or LineQuality()
        self._lines = [
            Line(
                number=number,
                name=name,
                premises=Premises(self, country),
                up=Path(quality, f"{seed}/{place}/up"),
                down=Path(quality, f"{seed}/{place}/down"),
            )
            for place, (number, name) in enumerate(zip(numbers, [*names, *[None] * len(numbers)], strict=False))
        ]
        self._calls: list[Call] = []

    @property
    def lines(self) -> Sequence[Premises]:
        """The far ends of the lines, in the order of their numbers."""
        return [line.premises for line in self._lines]

    @property
    def resting(self) -> Sequence[str]:
        """The numbers of the lines on which nothing is going on."""
        return [line.number for line in self._lines if line.state is State.RESTING and line.call is None]

    def transfers(self, premises: Premises) -> Mapping[str, str]:
        """The services that are on: code to target."""
        return dict(self._line_of(premises).transfers)

    # --- what happens outside ------------------------------------------------------------------------------------

    def place(self, premises: Premises, call: IncomingCall, now: Moment) -> None:
        """Somebody outside calls a line. Raises `ValueError` if the caller ID is too long to be sent."""
        message = CallerId(
            stamped=now.utc.astimezone(ZONES[self._country]),
            number=call.number,
            withheld=call.withheld,
            name=call.name,
            called=call.called,
            redirected_from=call.redirected_from,
            standard=call.standard,
            intact=call.intact,
        )
        self.wake(now.mono)
        self._connect(self._line_of(premises), message, now.mono, outside=call)

    # --- time ----------------------------------------------------------------------------------------------------

    def wake(self, at: float) -> None:
        """Something begins at `at`."""
        if self._asleep:
            self._block = max(self._block, math.ceil((at - self._start.mono) / BLOCK_S - 1e-6))
        self._awake_until = max(self._awake_until, at + SETTLE_S)

    def next_deadline(self) -> float | None:
        """When `run_until` is to be called; None if nothing is going on."""
        if not self._asleep:
            return self._time(self._block + 1)
        plans = [line.premises.next_intention for line in self._lines]
        return min((at for at in plans if at is not None), default=None)

    def run_until(self, until: float) -> None:
        """Make every block that has ended by `until`."""
        while (due := self.next_deadline()) is not None and due <= until:
            if self._asleep:
                self.wake(due)
            else:
                self._make_block()

    @property
    def _asleep(self) -> bool:
        return self._time(self._block) >= self._awake_until

    def _time(self, block: int) -> float:
        return self._start.mono + block * BLOCK_S

    def _local(self, at: float) -> datetime:
        return self._start.plus(at - self._start.mono).utc.astimezone(ZONES[self._country])

    # --- one block -----------------------------------------------------------------------------------------------

    def _make_block(self) -> None:
        """20 ms on every line: hooks, then sound towards the exchange, then time, then sound away from it."""
        at, ends = self._time(self._block), self._time(self._block + 1)
        self._block += 1
        for line in self._lines:
            line.premises.live(at)
            self._watch_hook(line, at)
        for line in self._lines:
            line.spoken = line.up.carry(line.premises.speak(), loss_db=_bridging_loss(line))
            self._collect(line, at)
        for call in tuple(self._calls):
            self._follow(call, at)
        local = self._local(ends)
        for line in self._lines:
            heard, rung = line.down.carry(line.sound(at), loss_db=_bridging_loss(line)), line.rung
            line.premises.hear(
                ends,
                heard,
                local,
                ringing=rung is not None and rung.ringing(at),
                reversed_=rung is not None and rung.reversed(at),
            )
        if self._busy():
            self._awake_until = ends + SETTLE_S

    def _watch_hook(self, line: Line, at: float) -> None:
        if line.premises.off_hook is not line.was_off_hook:
            line.was_off_hook = line.premises.off_hook
            handler = (self._OFF_HOOK if line.was_off_hook else self._ON_HOOK).get(line.state)
            if handler is not None:
                handler(self, line, at)

    def _busy(self) -> bool:
        return bool(self._calls) or any(
            line.state not in (State.RESTING, State.PARKED) or not line.premises.quiet or not line.down.empty
            for line in self._lines
        )

    # --- digits --------------------------------------------------------------------------------------------------

    def _collect(self, line: Line, at: float) -> None:
        """Hear what a line dials, and act once it is enough."""
        if line.state is State.REFUSED and at - line.since >= BUSY_TONE_S:
            self._turn(line, State.PARKED, at)
        if line.state is State.CALLING and line.call is None and at - line.since >= NO_ANSWER_S:
            self._refuse(line, at)
        if line.state is not State.DIALLING or line.receiver is None:
            return
        if line.spoken is not None and (heard := line.receiver.receive(line.spoken)):
            line.tone = None
            line.digits += heard
            line.digit_at = at
            self._consider(line, at)
        elif at - line.digit_at >= (INTER_DIGIT_S if line.digits else BUSY_TONE_S):
            self._dial_outside(line, at)

    def _consider(self, line: Line, at: float) -> None:
        """Whether what a line has dialled means something by now."""
        if line.digits[0] in "*#":
            if len(line.digits) > 1 and line.digits[-1] == "#":
                self._service(line, at)
        elif called := next((other for other in self._lines if other.number == line.digits), None):
            message = CallerId(stamped=self._local(at), number=line.number, name=line.name)
            self._connect(called, message, at, caller=line)

    def _dial_outside(self, line: Line, at: float) -> None:
        """Nobody on this exchange has the number: it rings outside, where nobody answers."""
        if len(line.digits) < SHORTEST_NUMBER or line.digits[0] in "*#":
            self._refuse(line, at)
            return
        self._say(at, _("{caller} calls {called}.").format(caller=line.number, called=line.digits))
        self._turn(line, State.CALLING, at, tone=ToneKind.RINGBACK)

    def _service(self, line: Line, at: float) -> None:
        if found := re.fullmatch(TRANSFER, line.digits):
            line.transfers[found[1]] = found[2]
        elif found := re.fullmatch(TRANSFER_OFF, line.digits):
            line.transfers.pop(found[1], None)
        else:
            self._refuse(line, at)
            return
        self._turn(line, State.CONFIRMED, at, tone=ToneKind.SPECIAL_DIAL)

    # --- calls ---------------------------------------------------------------------------------------------------

    def _connect(
        self,
        called: Line,
        message: CallerId,
        at: float,
        *,
        caller: Line | None = None,
        outside: IncomingCall | None = None,
    ) -> None:
        """Ring `called`, or do what it has asked for instead."""
        busy = called.state is not State.RESTING or called is caller
        service = "57" if "57" in called.transfers else "40" if busy else ""
        if target := called.transfers.get(service):
            called.premises.tell(at, SignalKind.TRANSFERRED)
            self._pass_on(called, target, message, at, caller, outside)
        elif busy:
            called.premises.tell(at, SignalKind.ENGAGED)
            self._say(at, _("{number} is engaged.").format(number=called.number))
            if caller is not None:
                self._refuse(caller, at)
        else:
            self._ring(called, message, at, caller, outside)

    def _pass_on(
        self,
        called: Line,
        target: str,
        message: CallerId,
        at: float,
        caller: Line | None,
        outside: IncomingCall | None,
    ) -> None:
        """A call goes to the number that a line has named. Once only: a second transfer is refused."""
        self._say(at, _("{number} is transferred to {target}.").format(number=called.number, target=target))
        line = next((other for other in self._lines if other.number == target), None)
        if line is not None and line.state is State.RESTING and "57" not in line.transfers:
            passed = CallerId(
                stamped=message.stamped,
                number=message.number,
                withheld=message.withheld,
                name=message.name,
                redirected_from=called.number,
            )
            self._ring(line, passed, at, caller, outside)
        elif caller is not None and line is None:
            self._turn(caller, State.CALLING, at, tone=ToneKind.RINGBACK)
        elif caller is not None:
            self._refuse(caller, at)

    def _ring(
        self, called: Line, message: CallerId, at: float, caller: Line | None, outside: IncomingCall | None
    ) -> None:
        when = outside.caller_id if outside is not None else CallerIdTime.AFTER_FIRST
        plan = plan_ringing(
            message,
            self._country,
            cadence=outside.cadence if outside is not None else "",
            time=None if when is CallerIdTime.AFTER_FIRST else when,
        )
        call = Call(called=called, plan=plan, began=at, message=message, caller=caller, outside=outside)
        if "41" in called.transfers and not (outside is not None and outside.answered):
            call.transfers_at = at + plan.gives_up_s(NO_ANSWER_RINGS)
        if outside is None:
            call.gives_up_at = at + NO_ANSWER_S
        elif outside.answered:
            lifted_at = at + plan.ring_ends_s(outside.rings) + LIFT_AFTER_RING_S
            called.premises.lift(lifted_at, outside.phone, visible=outside.visible)
        else:
            call.gives_up_at = at + plan.gives_up_s(outside.rings)
        self._calls.append(call)
        called.call = call
        called.premises.call = outside
        self._turn(called, State.RINGING, at)
        if caller is not None:
            caller.call = call
            self._turn(caller, State.CALLING, at, tone=ToneKind.RINGBACK)
        self._say(at, _("{caller} calls {called}.").format(caller=call.caller_shown, called=called.number))

    def _follow(self, call: Call, at: float) -> None:
        """What the passing of time does to a call."""
        if call.called.state is State.RINGING and at >= min(call.gives_up_at, call.transfers_at):
            passed_on = call.transfers_at <= call.gives_up_at
            self._stop_ringing(call, at)
            if passed_on:
                target = call.called.transfers["41"]
                self._pass_on(call.called, target, call.message, at, call.caller, call.outside)
            elif call.caller is not None:
                self._refuse(call.caller, at)
        elif call.called.state is State.TALKING and at >= call.ends_at:
            self._say(at, _("The caller of {number} has hung up.").format(number=call.called.number))
            self._part(call, call.called, at)

    def _stop_ringing(self, call: Call, at: float) -> None:
        self._calls.remove(call)
        for line in (call.caller, call.called):
            if line is not None:
                line.call = None
        self._turn(call.called, State.RESTING, at)
        call.called.premises.tell(at, SignalKind.GAVE_UP)

    def _part(self, call: Call, left: Line | None, at: float) -> None:
        """The call is over; `left` is still off hook."""
        self._calls.remove(call)
        for line in (call.caller, call.called):
            if line is not None:
                line.call = None
        if left is not None:
            self._refuse(left, at)

    # --- hooks ---------------------------------------------------------------------------------------------------

    def _offer(self, line: Line, at: float) -> None:
        line.digits, line.digit_at = "", at
        line.receiver = DtmfReceiver(beside_dial_tone=True)
        self._turn(line, State.DIALLING, at, tone=ToneKind.SPECIAL_DIAL if line.transfers else ToneKind.DIAL)

    def _answer(self, line: Line, at: float) -> None:
        call = line.call
        assert call is not None
        self._turn(line, State.TALKING, at)
        if call.caller is not None:
            self._turn(call.caller, State.TALKING, at)
        if call.outside is not None:
            stays = 2 * LIFT_AFTER_RING_S if call.outside.answered else 0.0  # the desk hangs up first
            call.ends_at = at + call.outside.talk_s + stays
            call.fax_from = at + CNG_AFTER_S if call.outside.fax else math.inf
        self._say(at, _("{number} answers.").format(number=line.number))

    def _forget(self, line: Line, at: float) -> None:
        self._turn(line, State.RESTING, at)

    def _withdraw(self, line: Line, at: float) -> None:
        """A caller has hung up before anybody answered."""
        if line.call is not None:
            self._stop_ringing(line.call, at)
        self._turn(line, State.RESTING, at)

    def _clear(self, line: Line, at: float) -> None:
        """One end of a call has hung up; the other hears that it is over."""
        call = line.call
        assert call is not None
        self._say(at, _("{number} hangs up.").format(number=line.number))
        self._part(call, call.caller if line is call.called else call.called, at)
        self._turn(line, State.RESTING, at)

    _OFF_HOOK: ClassVar[Mapping[State, Callable[[DspExchange, Line, float], None]]] = {
        State.RESTING: _offer,
        State.RINGING: _answer,
    }
    _ON_HOOK: ClassVar[Mapping[State, Callable[[DspExchange, Line, float], None]]] = {
        State.DIALLING: _forget,
        State.CALLING: _withdraw,
        State.TALKING: _clear,
        State.REFUSED: _forget,
        State.CONFIRMED: _forget,
        State.PARKED: _forget,
    }

    # --- helpers -------------------------------------------------------------------------------------------------

    def _turn(self, line: Line, state: State, at: float, *, tone: ToneKind | None = None) -> None:
        line.state, line.since = state, at
        line.tone = None if tone is None else ToneSender(TONES[self._country][tone])
        if state is not State.DIALLING:
            line.receiver = None

    def _refuse(self, line: Line, at: float) -> None:
        line.call = None
        self._turn(line, State.REFUSED, at, tone=ToneKind.BUSY)

    def _line_of(self, premises: Premises) -> Line:
        return next(line for line in self._lines if line.premises is premises)

    def _say(self, at: float, sentence: str) -> None:
        self._report(f"{self._local(at):%H:%M:%S} {sentence}")


def _bridging_loss(line: Line) -> float:
    return BRIDGING_LOSS_DB if line.premises.bridged else 0.0
