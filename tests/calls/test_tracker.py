"""What a call is: each path through the tracker, as facts."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from dutyphone_simulators.clock import ManualClock

from dutyphone.calls.numbers import Site
from dutyphone.calls.tracker import LONGEST_OFFER_S, LONGEST_SILENCE_S, WAITING_CALL_S, CallTracker
from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    CallRang,
    DigitsDialled,
    Fact,
    FaxCalling,
    NumberKind,
    Outcome,
)
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
    LineLost,
    LossReason,
    NumberAbsence,
    RingHeard,
)


class Desk:
    """A line, its tracker and a clock, for short stories."""

    def __init__(self) -> None:
        ids = itertools.count(1)
        self.clock = ManualClock()
        self.tracker = CallTracker("desk", Site(area_code="010"), lambda: f"c{next(ids)}")
        self.facts: list[Fact] = []

    def hear(self, event: type[CallEvent], after: float = 0.0, **fields: Any) -> list[Fact]:
        now = self.clock.advance(after)
        facts = self.tracker.on_event(event(line="desk", at=now, **fields))
        self.facts += facts
        return facts

    def ring(self, after: float = 0.0) -> list[Fact]:
        return self.hear(RingHeard, after, wire=b"RING\r\n")

    def identify(self, number: str | None, after: float = 0.0, **fields: Any) -> list[Fact]:
        return self.hear(CallerIdHeard, after, number=number, **fields)

    def ended(self) -> list[CallEnded]:
        return [fact for fact in self.facts if isinstance(fact, CallEnded)]

    def of(self, call: str) -> list[str]:
        return [type(fact).__name__ for fact in self.facts if getattr(fact, "call", None) == call]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_row_exists_from_the_first_ring_before_anyone_knows_who_calls(desk: Desk) -> None:
    """X01, X02."""
    arrived, rang = desk.ring()
    assert isinstance(arrived, CallArrived)
    assert arrived.line == "desk"
    assert arrived.wire == b"RING\r\n"
    assert isinstance(rang, CallRang)
    assert rang.ring == 1


def test_caller_id_between_rings_belongs_to_the_ringing_call(desk: Desk) -> None:
    desk.ring()
    (identified,) = desk.identify("01055501234", after=2)
    assert isinstance(identified, CallIdentified)
    assert identified.number == "+861055501234"
    assert identified.kind is NumberKind.FIXED
    desk.ring(after=3)
    assert desk.of("c1") == ["CallArrived", "CallRang", "CallIdentified", "CallRang"]


def test_caller_id_before_the_first_ring_opens_the_call(desk: Desk) -> None:
    desk.identify("13900001234")
    desk.ring(after=1)
    assert desk.of("c1") == ["CallArrived", "CallIdentified", "CallRang"]


def test_caller_id_that_never_rings_is_kept_as_a_call(desk: Desk) -> None:
    """X02: a lone caller ID is never dropped."""
    desk.identify("13900001234")
    desk.hear(CallWithdrawn, 8, evidence=Evidence.NEVER_RANG)
    (ended,) = desk.ended()
    assert (ended.outcome, ended.rings, ended.ring_s) == (Outcome.UNKNOWN, 0, 0.0)


def test_number_withheld_says_why(desk: Desk) -> None:
    desk.ring()
    (identified,) = desk.identify(None, absence=NumberAbsence.PRIVATE)
    assert isinstance(identified, CallIdentified)
    assert identified.number is None
    assert identified.absence is NumberAbsence.PRIVATE


def test_caller_id_without_number_and_reason_is_said_to_have_none(desk: Desk) -> None:
    desk.ring()
    (identified,) = desk.identify(None, name="张三")
    assert isinstance(identified, CallIdentified)
    assert identified.absence is NumberAbsence.NOT_SENT
    assert identified.name == "张三"


def test_a_later_out_of_area_never_overwrites_a_number(desk: Desk) -> None:
    desk.ring()
    desk.identify("01055501234", after=1)
    assert desk.identify(None, after=1, absence=NumberAbsence.OUT_OF_AREA) == []


def test_a_second_message_adds_what_the_first_left_out(desk: Desk) -> None:
    desk.ring()
    desk.identify("01055501234", after=1)
    (identified,) = desk.identify("010-55501234", after=4, name="北京")
    assert isinstance(identified, CallIdentified)
    assert identified.number == "+861055501234"
    assert identified.name == "北京"


def test_a_doubtful_number_gives_way_to_a_sound_one(desk: Desk) -> None:
    desk.ring()
    desk.identify("01055509999", after=1, intact=False)
    (identified,) = desk.identify("01055501234", after=4, intact=True)
    assert isinstance(identified, CallIdentified)
    assert identified.number == "+861055501234"
    assert identified.intact is True


def test_ringing_that_stops_on_a_blind_line_is_unknown_not_missed(desk: Desk) -> None:
    """X09: a line that cannot show a lifted handset cannot say that nobody answered."""
    desk.ring()
    desk.ring(after=5)
    desk.ring(after=5)
    desk.hear(CallWithdrawn, 8, evidence=Evidence.RINGING_STOPPED)
    (ended,) = desk.ended()
    assert ended.outcome is Outcome.UNKNOWN
    assert (ended.rings, ended.ring_s, ended.talk_s) == (3, 10.0, None)
    assert ended.at == desk.clock.now().plus(-8).utc, "the last ring is the last thing that was seen"


def test_ringing_that_stops_on_a_proved_line_is_missed(desk: Desk) -> None:
    desk.ring()
    desk.hear(CallWithdrawn, 8, evidence=Evidence.NO_HOOK_SEEN)
    assert desk.ended()[0].outcome is Outcome.MISSED


def test_a_lifted_handset_is_an_answer_and_its_return_the_end(desk: Desk) -> None:
    """S1-19: ring seconds and talk seconds."""
    desk.ring()
    (answered,) = desk.hear(CallTaken, 4, evidence=Evidence.EXTENSION_HOOK, wire=b"\x10P")
    assert isinstance(answered, CallAnswered)
    assert answered.wire == b"\x10P"
    desk.hear(CallOver, 42, evidence=Evidence.EXTENSION_HOOK)
    (ended,) = desk.ended()
    assert (ended.outcome, ended.ring_s, ended.talk_s) == (Outcome.ANSWERED, 4.0, 42.0)


def test_ringing_during_a_call_means_the_handset_was_put_down_unseen(desk: Desk) -> None:
    desk.ring()
    desk.hear(CallTaken, 2, evidence=Evidence.LOCAL_HOOK)
    desk.ring(after=100)
    (ended,) = desk.ended()
    assert (ended.call, ended.outcome, ended.evidence) == ("c1", Outcome.ANSWERED, Evidence.NEXT_CALL)
    assert ended.talk_s is None, "nobody saw when it ended"
    assert desk.of("c2") == ["CallArrived", "CallRang"]


def test_another_number_while_ringing_is_the_next_caller(desk: Desk) -> None:
    """X01, X08: one caller gives up and the next one rings at once."""
    desk.ring()
    desk.identify("01055501111", after=2)
    desk.ring(after=3)
    second_rang_at = desk.clock.advance(6)
    desk.ring()
    desk.identify("01055502222", after=2)
    (first,) = desk.ended()
    assert (first.call, first.rings, first.ring_s) == ("c1", 2, 5.0)
    arrived = next(f for f in desk.facts if isinstance(f, CallArrived) and f.call == "c2")
    assert arrived.at == second_rang_at.utc, "the ring before the second caller ID was already the second caller's"
    assert desk.of("c2") == ["CallArrived", "CallRang", "CallIdentified"]


def test_caller_id_during_a_call_is_a_second_call_that_knocks(desk: Desk) -> None:
    desk.ring()
    desk.identify("01055501111", after=1)
    desk.hear(CallTaken, 1, evidence=Evidence.EXTENSION_HOOK)
    desk.identify("01055502222", after=30)
    assert desk.of("c2") == ["CallArrived", "CallIdentified"]
    assert desk.identify("01055502222", after=5) == [], "the alert repeats"
    desk.hear(CallOver, 20, evidence=Evidence.EXTENSION_HOOK)
    assert {(e.call, e.outcome) for e in desk.ended()} == {("c2", Outcome.UNKNOWN), ("c1", Outcome.ANSWERED)}


def test_a_withheld_number_that_knocks_is_a_call_of_its_own(desk: Desk) -> None:
    """X01, X02."""
    desk.ring()
    desk.identify("01055501111", after=1)
    desk.hear(CallTaken, 1, evidence=Evidence.EXTENSION_HOOK)
    desk.identify(None, after=30, absence=NumberAbsence.PRIVATE)
    assert desk.of("c2") == ["CallArrived", "CallIdentified"]
    assert desk.identify(None, after=3, absence=NumberAbsence.PRIVATE) == [], "the alert repeats"


def test_a_knocking_call_ends_by_itself(desk: Desk) -> None:
    desk.ring()
    desk.identify("01055501111", after=1)
    desk.hear(CallTaken, 1, evidence=Evidence.EXTENSION_HOOK)
    desk.identify("01055502222", after=30)
    now = desk.clock.advance(WAITING_CALL_S)
    assert desk.tracker.next_deadline() == now.mono
    (ended,) = desk.tracker.on_deadline(now)
    assert isinstance(ended, CallEnded)
    assert (ended.call, ended.evidence) == ("c2", Evidence.NOTHING_MORE_HEARD)
    assert desk.tracker.open_calls == 1


def test_caller_id_just_after_a_quick_answer_belongs_to_that_call(desk: Desk) -> None:
    desk.ring()
    desk.hear(CallTaken, 1, evidence=Evidence.LOCAL_HOOK)
    desk.identify("01055501111", after=1)
    assert desk.of("c1") == ["CallArrived", "CallRang", "CallAnswered", "CallIdentified"]


@pytest.mark.parametrize("taken", [False, True])
def test_a_lost_line_closes_its_calls_as_such(desk: Desk, taken: bool) -> None:
    """S1-42, X04: never left open."""
    desk.ring()
    if taken:
        desk.hear(CallTaken, 2, evidence=Evidence.EXTENSION_HOOK)
    now = desk.clock.advance(3)
    (ended,) = desk.tracker.on_event(LineLost(line="desk", at=now, reason=LossReason.CABLE_UNPLUGGED))
    assert isinstance(ended, CallEnded)
    assert ended.evidence is Evidence.LINE_LOST
    assert ended.outcome is (Outcome.ANSWERED if taken else Outcome.UNKNOWN)
    assert desk.tracker.open_calls == 0


def test_a_stopped_recorder_closes_its_calls_as_such(desk: Desk) -> None:
    desk.ring()
    (ended,) = desk.tracker.cut_off(desk.clock.advance(2), Evidence.RECORDER_STOPPED)
    assert isinstance(ended, CallEnded)
    assert ended.evidence is Evidence.RECORDER_STOPPED


def test_a_call_that_says_nothing_more_is_given_up(desk: Desk) -> None:
    desk.ring()
    assert desk.tracker.on_deadline(desk.clock.advance(LONGEST_SILENCE_S - 1)) == []
    (ended,) = desk.tracker.on_deadline(desk.clock.advance(1))
    assert isinstance(ended, CallEnded)
    assert (ended.outcome, ended.evidence) == (Outcome.UNKNOWN, Evidence.NOTHING_MORE_HEARD)


def test_a_handset_lifted_in_silence_is_an_outgoing_call(desk: Desk) -> None:
    """S2-82: outgoing calls are logged; nothing shows whether the far end answered."""
    desk.hear(CallTaken, evidence=Evidence.LOCAL_HOOK)
    desk.hear(DigitsHeard, 5, digits="01055501234")
    desk.hear(CallOver, 60, evidence=Evidence.LOCAL_HOOK)
    arrived, _answered, dialled, ended = desk.facts
    assert isinstance(arrived, CallArrived)
    assert arrived.direction is Direction.OUTGOING
    assert isinstance(dialled, DigitsDialled)
    assert dialled.digits == "01055501234"
    assert isinstance(ended, CallEnded)
    assert (ended.outcome, ended.talk_s) == (Outcome.UNKNOWN, 65.0)


def test_a_fax_is_marked_and_not_counted_as_answered(desk: Desk) -> None:
    """X09."""
    desk.ring()
    (fax,) = desk.hear(FaxHeard, 2)
    assert isinstance(fax, FaxCalling)
    desk.hear(CallWithdrawn, 10, evidence=Evidence.RINGING_STOPPED)
    assert desk.ended()[0].outcome is Outcome.UNKNOWN


def test_calls_with_references_live_side_by_side(desk: Desk) -> None:
    desk.hear(CallOffered, call_ref="a@x")
    desk.hear(CallOffered, call_ref="b@x")
    desk.identify("01055501111", call_ref="a@x")
    desk.identify("01055502222", call_ref="b@x")
    desk.hear(CallTaken, 2, call_ref="b@x", evidence=Evidence.OWN_ANSWER)
    desk.hear(CallWithdrawn, 1, call_ref="a@x", evidence=Evidence.EXCHANGE, code=487)
    (ended,) = desk.ended()
    assert (ended.call, ended.outcome, ended.code) == ("c1", Outcome.MISSED, 487)
    assert desk.tracker.open_calls == 1


def test_the_end_of_nothing_is_nothing(desk: Desk) -> None:
    assert desk.hear(CallOver, evidence=Evidence.LOCAL_HOOK) == []
    assert desk.hear(CallWithdrawn, evidence=Evidence.RINGING_STOPPED) == []
    assert desk.hear(FaxHeard) == []


def test_a_call_in_progress_outlives_a_silence_of_the_exchange(desk: Desk) -> None:
    """A call in progress needs no registration: its driver goes on following it and says when it is over."""
    desk.hear(CallOffered, call_ref="a@x")
    desk.hear(CallTaken, 3, call_ref="a@x", evidence=Evidence.OWN_ANSWER)
    desk.tracker.on_event(LineLost(line="desk", at=desk.clock.advance(10), reason=LossReason.NETWORK))
    desk.hear(CallOver, 50, call_ref="a@x", evidence=Evidence.EXCHANGE)
    (ended,) = desk.ended()
    assert (ended.outcome, ended.ring_s, ended.talk_s) == (Outcome.ANSWERED, 3.0, 60.0)


@pytest.mark.parametrize("reason", [LossReason.DRIVER_FAILED, LossReason.STOPPED])
def test_a_driver_that_is_gone_follows_nothing(desk: Desk, reason: LossReason) -> None:
    desk.hear(CallOffered, call_ref="a@x")
    (ended,) = desk.tracker.on_event(LineLost(line="desk", at=desk.clock.advance(10), reason=reason))
    assert isinstance(ended, CallEnded)
    assert (ended.outcome, ended.evidence) == (Outcome.UNKNOWN, Evidence.LINE_LOST)


def test_a_call_that_may_ring_long_is_still_given_up(desk: Desk) -> None:
    desk.hear(CallOffered, call_ref="a@x")
    assert desk.tracker.on_deadline(desk.clock.advance(LONGEST_SILENCE_S)) == []
    (ended,) = desk.tracker.on_deadline(desk.clock.advance(LONGEST_OFFER_S))
    assert isinstance(ended, CallEnded)
    assert ended.evidence is Evidence.NOTHING_MORE_HEARD


def test_talk_whose_end_nobody_saw_has_no_length(desk: Desk) -> None:
    desk.hear(CallOffered, call_ref="a@x")
    desk.hear(CallTaken, 3, call_ref="a@x", evidence=Evidence.ANSWERED_ELSEWHERE)
    desk.hear(CallOver, 50, call_ref="a@x", evidence=Evidence.ANSWERED_ELSEWHERE)
    (ended,) = desk.ended()
    assert (ended.outcome, ended.ring_s, ended.talk_s) == (Outcome.ANSWERED, 3.0, None)


@pytest.mark.parametrize(
    ("taken_by", "outcome"), [(Evidence.EXCHANGE, Outcome.ANSWERED), (Evidence.LOCAL_HOOK, Outcome.UNKNOWN)]
)
def test_an_outgoing_call_is_answered_if_the_exchange_said_so(desk: Desk, taken_by: Evidence, outcome: Outcome) -> None:
    """A lifted handset does not show whether the far end answered; an exchange does, whatever ends the call."""
    desk.hear(CallOffered, call_ref="a@x", direction=Direction.OUTGOING)
    desk.hear(CallTaken, 3, call_ref="a@x", evidence=taken_by)
    desk.hear(CallOver, 50, call_ref="a@x", evidence=Evidence.LINE_LOST)
    assert desk.ended()[0].outcome is outcome
