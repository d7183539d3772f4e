"""The transcript of what was listened to, with events at the time at which they were told."""

from __future__ import annotations

from dutyphone_simulators.clock import ManualClock

from dutyphone.doctor.listening import Listening
from dutyphone.lines.driver import LineHost, WireDirection
from dutyphone.lines.events import LineLost, LossReason, RingHeard
from dutyphone.lines.transcript import Expect, Passes, parse_transcript


class Quiet:
    """A driver that the tests speak for."""

    def run(self, host: LineHost) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


def test_a_loss_that_was_known_later_than_it_began_stands_where_it_was_known() -> None:
    """So that the transcript comes true: eight seconds without an answer must have passed before it."""
    clock = ManualClock()
    listening = Listening("desk", Quiet(), clock)
    heard = clock.now()
    listening.keep_wire(WireDirection.FROM_DEVICE, b"RING", heard)
    listening.post([RingHeard(line="desk", at=heard)])
    listening.keep_wire(WireDirection.TO_DEVICE, b"ping", clock.advance(3))
    clock.advance(5)
    listening.post([LineLost(line="desk", at=heard, reason=LossReason.NETWORK)])
    steps = parse_transcript(listening.transcript({}, mask=False)).steps
    passed = 0.0
    told = {}
    for step in steps:
        if isinstance(step, Passes):
            passed += step.seconds
        elif isinstance(step, Expect):
            told[step.name] = passed
    assert told["RingHeard"] == 0.0
    assert 8.0 <= told["LineLost"] < 8.01
