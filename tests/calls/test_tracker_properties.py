"""Whatever a line says, in whatever order: each arrival ends exactly once and no fact precedes its cause."""

from __future__ import annotations

import itertools
from collections import Counter

from dutyphone_simulators.clock import ManualClock
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.calls.numbers import Site
from dutyphone.calls.tracker import CallTracker
from dutyphone.clock import Moment
from dutyphone.journal.facts import CallArrived, CallEnded, CallFact, CallRang, Fact
from dutyphone.lines.events import (
    CallerIdHeard,
    CallEvent,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    Direction,
    Evidence,
    FaxHeard,
    LineEvent,
    LineLost,
    LossReason,
    RingHeard,
)

NUMBERS = st.sampled_from([None, "01055501111", "01055502222", "13900001234", "8012", "", "garbage", "O"])
REFS = st.sampled_from(["", "", "", "a@x", "b@x"])
PAUSES = st.floats(0, 200, allow_nan=False)


@st.composite
def events(draw: st.DrawFn) -> CallEvent | LineLost:
    at = Moment(0.0, ManualClock().now().utc)  # set when it is played
    ref = draw(REFS)
    kind = draw(st.integers(0, 8))
    match kind:
        case 0 | 1:
            return RingHeard(line="desk", at=at, call_ref=ref, wire=b"RING\r\n")
        case 2:
            return CallerIdHeard(
                line="desk",
                at=at,
                call_ref=ref,
                number=draw(NUMBERS),
                intact=draw(st.sampled_from([None, True, False])),
            )
        case 3:
            return CallTaken(line="desk", at=at, call_ref=ref, evidence=Evidence.EXTENSION_HOOK)
        case 4:
            return CallWithdrawn(line="desk", at=at, call_ref=ref, evidence=Evidence.RINGING_STOPPED)
        case 5:
            return CallOver(line="desk", at=at, call_ref=ref, evidence=Evidence.EXTENSION_HOOK)
        case 6:
            return CallOffered(line="desk", at=at, call_ref=ref, direction=draw(st.sampled_from(list(Direction))))
        case 7:
            return draw(
                st.sampled_from(
                    [
                        DigitsHeard(line="desk", at=at, call_ref=ref, digits="110"),
                        FaxHeard(line="desk", at=at, call_ref=ref),
                    ]
                )
            )
        case _:
            return LineLost(line="desk", at=at, reason=LossReason.CABLE_UNPLUGGED)


def play(story: list[tuple[float, LineEvent]]) -> tuple[list[Fact], CallTracker, ManualClock]:
    ids = itertools.count(1)
    clock = ManualClock()
    tracker = CallTracker("desk", Site(), lambda: f"c{next(ids)}")
    facts: list[Fact] = []
    for pause, event in story:
        now = clock.advance(pause)
        if (due := tracker.next_deadline()) is not None and due <= now.mono:
            facts += tracker.on_deadline(now)
        object.__setattr__(event, "at", now)
        facts += tracker.on_event(event)
    return facts, tracker, clock


@given(st.lists(st.tuples(PAUSES, events()), max_size=40))
def test_each_arrival_ends_exactly_once_and_nothing_follows_its_end(story: list[tuple[float, LineEvent]]) -> None:
    facts, tracker, clock = play(story)
    facts += tracker.cut_off(clock.advance(1), Evidence.RECORDER_STOPPED)
    assert tracker.open_calls == 0
    assert tracker.next_deadline() is None
    arrived = Counter(f.call for f in facts if isinstance(f, CallArrived))
    ended = Counter(f.call for f in facts if isinstance(f, CallEnded))
    assert arrived == ended
    assert set(arrived.values()) <= {1}
    open_now: set[str] = set()
    for fact in facts:
        assert isinstance(fact, CallFact)
        if isinstance(fact, CallArrived):
            open_now.add(fact.call)
        assert fact.call in open_now, "a fact of a call outside its life"
        if isinstance(fact, CallEnded):
            open_now.remove(fact.call)


@given(st.lists(st.tuples(PAUSES, events()), max_size=40))
def test_every_ring_is_a_ring_of_some_call(story: list[tuple[float, LineEvent]]) -> None:
    """X01: rings heard and rings recorded are the same number, except the one ring a next caller takes over."""
    facts, tracker, clock = play(story)
    facts += tracker.cut_off(clock.now(), Evidence.RECORDER_STOPPED)
    heard = sum(isinstance(event, RingHeard) for _pause, event in story)
    assert sum(isinstance(f, CallRang) and bool(f.wire) for f in facts) == heard
    assert sum(f.rings for f in facts if isinstance(f, CallEnded)) == heard


@given(st.lists(st.tuples(PAUSES, events()), max_size=40))
def test_times_and_figures_make_sense(story: list[tuple[float, LineEvent]]) -> None:
    facts, tracker, clock = play(story)
    facts += tracker.cut_off(clock.advance(1), Evidence.RECORDER_STOPPED)
    arrived = {f.call: f.at for f in facts if isinstance(f, CallArrived)}
    for fact in facts:
        if isinstance(fact, CallEnded):
            assert fact.at >= arrived[fact.call]
            assert fact.ring_s >= 0
            assert fact.talk_s is None or fact.talk_s >= 0
            life_s = (fact.at - arrived[fact.call]).total_seconds()
            assert fact.ring_s + (fact.talk_s or 0) <= life_s + 0.002
