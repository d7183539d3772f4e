"""Whatever happens in whatever order: every ring is written, each call arrives once and ends once, the chain holds.

Hypothesis plays the exchange, the officer, the cable, the modem, the clock and whoever ends the recorder. The bytes are
those of the simulated modem; the driver's core, scribe, writer and database are the real ones. DUTYPHONE_NIGHTS sets
how many nights are tried.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.lifecycle import lifecycle_faults
from support.night import SETTLE_S, Night

from dutyphone.journal.facts import (
    CallArrived,
    CallFact,
    CallRang,
    ClockStepped,
    Fact,
    LineCameBack,
    LineWentDown,
    RecorderStopped,
)

NIGHTS = int(os.environ.get("DUTYPHONE_NIGHTS", "40"))
RAM_DISK = Path("/dev/shm")
LONGEST_CALL_S = 4 * 3600.0
"""A call whose end nobody could see is let go by the driver after this."""

MEANS_SOMETHING = re.compile(rb"[A-Za-z]{2}|[0-9A-Fa-f]{4}|\x10")
GARBAGE = st.binary(min_size=1, max_size=120).map(lambda data: MEANS_SOMETHING.sub(b"\xff", data))
NUMBERS = st.sampled_from(["01055501234", "13900001234", "02155501234", "110"])


class AnyNight(RuleBasedStateMachine):
    """One night at a desk with one line."""

    @initialize(class8=st.booleans(), seed=st.integers(0, 1000))
    def begin(self, class8: bool, seed: int) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=RAM_DISK if RAM_DISK.is_dir() else None)
        self.night = Night(Path(self.folder.name), class8=class8, seed=seed)
        self.class8 = class8
        self.steps: list[float] = []
        self.night.run(20.0)

    # --- what may happen -----------------------------------------------------------------------------------------

    @rule(
        number=NUMBERS,
        rings=st.integers(1, 5),
        cid=st.sampled_from(["after_first", "before", "between", "with_second", "none"]),
        cadence=st.sampled_from(["CN", "US", "UK"]),
        seconds=st.sampled_from([0.0, 0.5, 6.0, 13.0, 40.0]),
    )
    def ring(self, number: str, rings: int, cid: str, cadence: str, seconds: float) -> None:
        self.night.let("call", **{"from": number}, rings=rings, cid=cid, cadence=cadence)
        self.night.run(seconds)

    @rule(
        number=NUMBERS,
        rings=st.integers(2, 6),
        answered=st.booleans(),
        before=st.sampled_from([0.1, 1.5, 3.0, 5.2, 9.0, 14.0]),
        fault=st.sampled_from(
            [
                ("unplug", {}),
                ("replug", {}),
                ("reset", {}),
                ("garbage", {}),
                ("lift", {}),
                ("lift", {"hook": False}),
                ("deaf", {"to": "both"}),
                ("clock", {"step": -600.0}),
            ]
        ),
        garbage=GARBAGE,
        after=st.sampled_from([0.1, 2.0, 9.0, 30.0]),
    )
    def ring_and_something_happens(
        self,
        number: str,
        rings: int,
        answered: bool,
        before: float,
        fault: tuple[str, dict[str, Any]],
        garbage: bytes,
        after: float,
    ) -> None:
        self.night.let("call", **{"from": number}, rings=rings, answered=answered, talk=15)
        self.night.run(before)
        verb, values = fault
        if verb == "garbage":
            self.say_garbage(garbage)
        else:
            self.night.let(verb, **values)
        self.steps += [values["step"]] if verb == "clock" else []
        self.night.run(after)

    @rule(rings=st.integers(2, 5), before=st.sampled_from([0.1, 4.0, 8.0, 20.0]), killed=st.booleans())
    def ring_and_the_recorder_ends(self, rings: int, before: float, killed: bool) -> None:
        self.night.let("call", **{"from": "13900001234"}, rings=rings, answered=True, talk=20)
        self.night.run(before)
        (self.night.kill if killed else self.night.restart)()
        self.night.run(5.0)

    @rule(reason=st.sampled_from(["private", "out_of_area"]), rings=st.integers(1, 3), answered=st.booleans())
    def ring_without_number(self, reason: str, rings: int, answered: bool) -> None:
        self.night.let("call", withheld=reason, rings=rings, answered=answered, talk=20)
        self.night.run(3.0)

    @rule(seen=st.booleans(), phone=st.sampled_from(["extension", "local"]))
    def pick_up(self, seen: bool, phone: str) -> None:
        self.night.let("lift", phone=phone, hook=seen)
        self.night.run(1.0)

    @rule(digits=st.sampled_from(["114", "01055509876"]))
    def dial(self, digits: str) -> None:
        self.night.let("dial", digits=digits)
        self.night.run(4.0)

    @rule()
    def hang_up(self) -> None:
        self.night.let("hang_up")
        self.night.run(0.5)

    @rule()
    def unplug(self) -> None:
        self.night.let("unplug")

    @rule(after=st.sampled_from([0, 0.5, 20]))
    def replug(self, after: float) -> None:
        self.night.let("replug", after=after)

    @rule(data=GARBAGE)
    def garbage(self, data: bytes) -> None:
        self.say_garbage(data)

    def say_garbage(self, data: bytes) -> None:
        """In class 8 half a line may hide the sign behind it, and nobody could tell."""
        self.night.say(data + b"\r" if self.class8 else data)

    @rule(verb=st.sampled_from(["reset", "forget", "echo", "hear"]))
    def modem(self, verb: str) -> None:
        self.night.let(verb)

    @rule(to=st.sampled_from(["line", "computer", "caller_id", "both"]))
    def deaf(self, to: str) -> None:
        self.night.let("deaf", to=to)

    @rule(every=st.integers(0, 9), gap=st.sampled_from([0.001, 0.02, 0.05]))
    def slow_line(self, every: int, gap: float) -> None:
        self.night.let("split", every=every, gap=gap)

    @rule(hold=st.sampled_from([0, 0.3, 1.5]))
    def lumpy_line(self, hold: float) -> None:
        self.night.let("join", hold=hold)

    @rule()
    def mend(self) -> None:
        """Somebody looks after the desk, and the line has a quiet hour."""
        self.night.let("hear")
        self.night.let("replug")
        self.night.let("echo", on=False)
        self.night.let("split", every=0)
        self.night.let("hang_up")
        self.night.run(60.0)

    @rule(seconds=st.sampled_from([0.3, 2.0, 7.0, 30.0, 200.0, 1000.0]))
    def silence(self, seconds: float) -> None:
        self.night.run(seconds)

    @rule(seconds=st.sampled_from([-86400.0, -3600.0, -2.0, 2.0, 3600.0, 86400.0]))
    def clock_step(self, seconds: float) -> None:
        self.night.let("clock", step=seconds)
        self.steps.append(seconds)
        self.night.run(1.0)

    @rule()
    def kill_recorder(self) -> None:
        self.night.kill()

    @rule()
    def restart_recorder(self) -> None:
        self.night.restart()

    # --- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    @precondition(lambda self: hasattr(self, "night"))
    def what_is_written_is_in_order(self) -> None:
        journal = self.night.facts()
        still_open = [f"{row.call}: never ended" for row in self.night.store.open_calls()]
        assert sorted(lifecycle_faults(journal)) == sorted(still_open)
        assert arrivals_on_a_dead_line(journal) == []
        assert rings_heard(journal) == self.night.rings_sent
        assert self.night.writer.waiting == 0
        if not self.steps:
            assert times_before_their_cause(journal) == []

    def teardown(self) -> None:
        if not hasattr(self, "night"):
            return
        try:
            self.dawn()
        finally:
            self.night.store.close()
            self.folder.cleanup()

    def dawn(self) -> None:
        """The night is over, everything ends by itself, and the recorder is stopped."""
        night = self.night
        night.let("hang_up")
        night.run(SETTLE_S)
        if night.store.open_calls():
            night.run(LONGEST_CALL_S)
        assert night.store.open_calls() == (), "a call that nothing ends"
        night.stop()
        night.check()
        journal = night.facts()
        assert len(night.rows()) == sum(isinstance(fact, CallArrived) for fact in journal)
        assert sum(row.rings for row in night.rows()) == night.rings_sent
        assert [round(fact.step_s) for fact in journal if isinstance(fact, ClockStepped)] == self.steps
        assert night.complaints == []
        assert night.rescued == []


def rings_heard(journal: Sequence[Fact]) -> int:
    """Rings that came up the wire. One that turns out to be the next caller's is told again, without its bytes."""
    return sum(isinstance(fact, CallRang) and fact.wire != b"" for fact in journal)


def arrivals_on_a_dead_line(journal: Sequence[Fact]) -> list[CallArrived]:
    """Calls that arrived on a line nobody listened to. It may come back in the same moment, told by the same bytes."""
    listening = False
    wrong: list[CallArrived] = []
    for fact in journal:
        match fact:
            case LineCameBack():
                listening = True
                wrong = [arrived for arrived in wrong if arrived.at != fact.at]
            case LineWentDown() | RecorderStopped():
                listening = False
            case CallArrived() if not listening:
                wrong.append(fact)
    return wrong


def times_before_their_cause(journal: Sequence[Fact]) -> list[Fact]:
    """Facts of a call that are said to have happened before it arrived. Only where nobody set the clock."""
    arrived = {fact.call: fact.at for fact in journal if isinstance(fact, CallArrived)}
    return [fact for fact in journal if isinstance(fact, CallFact) and fact.at < arrived[fact.call]]


TestAnyNight = AnyNight.TestCase
TestAnyNight.settings = settings(
    max_examples=NIGHTS,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
