"""Steps of the wall clock (X29, S1-42)."""

from __future__ import annotations

import pytest
from dutyphone_simulators.clock import ManualClock

from dutyphone.journal.facts import ClockStepped
from dutyphone.recorder.clockwatch import ClockWatch


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 2.5, -1.0])
def test_a_step_is_a_fact_with_its_size(step_s: float) -> None:
    clock, watch = ManualClock(), ClockWatch()
    assert watch.on_moment(clock.now()) == []
    clock.advance(10)
    (stepped,) = watch.on_moment(clock.step(step_s))
    assert isinstance(stepped, ClockStepped)
    assert stepped.step_s == step_s
    assert stepped.at == clock.now().utc
    assert watch.on_moment(clock.advance(10)) == []


def test_slow_drift_is_no_step() -> None:
    clock, watch = ManualClock(), ClockWatch()
    for _minute in range(100):
        clock.advance(60)
        assert watch.on_moment(clock.step(0.01)) == []
