"""When an exchange rings and when, between the rings, it says who calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dutyphone_simulators.caller_id import CallerId, Standard
from dutyphone_simulators.dsp.caller_id import Carrier, DtmfForm, send
from dutyphone_simulators.dsp.samples import Samples, seconds
from dutyphone_simulators.exchange import (
    BURST_TO_RING_S,
    CADENCES,
    GIVES_UP_AT,
    SILENCE_BEFORE_BURST_S,
    CallerIdTime,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdHabit:
    """How the exchanges of a country send caller ID.

    `reversal_s` is how long before the data the polarity of the line is reversed, None if it is not.
    """

    time: CallerIdTime
    carrier: Carrier
    alert: bool = False
    reversal_s: float | None = None


HABITS: Mapping[str, CallerIdHabit] = {
    "CN": CallerIdHabit(time=CallerIdTime.AFTER_FIRST, carrier=Carrier.BELL_202),
    "US": CallerIdHabit(time=CallerIdTime.AFTER_FIRST, carrier=Carrier.BELL_202),  # GR-30-CORE
    "UK": CallerIdHabit(time=CallerIdTime.BEFORE, carrier=Carrier.V23, alert=True, reversal_s=0.1),  # BT SIN 227
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RingPlan:
    """One call as the called line gets it. All times are seconds from its beginning."""

    pattern: tuple[float, ...]  # ringing and pausing in turn
    first_ring_s: float
    burst: Samples | None
    burst_at_s: float
    reverses: bool  # the polarity, from the beginning until the first ring

    def ringing(self, at_s: float) -> bool:
        """Whether there is ringing voltage on the line."""
        place = at_s - self.first_ring_s
        if place < 0:
            return False
        place %= sum(self.pattern)
        for number, lasts in enumerate(self.pattern):
            if place < lasts:
                return number % 2 == 0
            place -= lasts
        return False

    def reversed(self, at_s: float) -> bool:
        """Whether the polarity of the line is the other way round."""
        return self.reverses and at_s < self.first_ring_s

    def ring_ends_s(self, count: int) -> float:
        """When the sound of ring `count`, from 1, is over."""
        return self.first_ring_s + (count - 1) * sum(self.pattern) + sum(self.pattern[:-1])

    def gives_up_s(self, count: int) -> float:
        """When a caller is gone who waited for `count` rings."""
        return self.first_ring_s + (count - 1 + GIVES_UP_AT) * sum(self.pattern)


def plan_ringing(
    message: CallerId,
    country: str,
    *,
    cadence: str = "",
    time: CallerIdTime | None = None,
    form: DtmfForm = DtmfForm.D_TO_C,
) -> RingPlan:
    """The plan for a call that says `message`, by the habits of `country` unless told otherwise.

    Tones come before the first ring unless told otherwise. Raises `ValueError` if the message is too long.
    """
    habit = HABITS[country]
    when = time or (CallerIdTime.BEFORE if message.standard is Standard.DTMF else habit.time)
    pattern = CADENCES[cadence or country]
    if when is CallerIdTime.NONE:
        return RingPlan(pattern=pattern, first_ring_s=0.0, burst=None, burst_at_s=0.0, reverses=False)
    before = when is CallerIdTime.BEFORE
    burst = send(message, habit.carrier, form=form, alert=habit.alert)
    reversal = habit.reversal_s if before else None
    begins = reversal or 0.0
    first_ring = begins + seconds(burst) + BURST_TO_RING_S if before else 0.0
    return RingPlan(
        pattern=pattern,
        first_ring_s=first_ring,
        burst=burst,
        burst_at_s=begins if before else _after_ring(when, pattern, seconds(burst)),
        reverses=reversal is not None,
    )


def _after_ring(when: CallerIdTime, pattern: tuple[float, ...], lasts: float) -> float:
    cycle, sounding = sum(pattern), sum(pattern[:-1])
    if when is CallerIdTime.WITH_SECOND:
        return cycle - lasts
    return sounding + SILENCE_BEFORE_BURST_S + (cycle if when is CallerIdTime.BETWEEN else 0.0)
