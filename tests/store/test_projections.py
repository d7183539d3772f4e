"""What facts amount to: calls, what is owed for them, lines, and the times in which nobody listened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    CallRang,
    DigitsDialled,
    Fact,
    FaxCalling,
    LineCameBack,
    LineTroubled,
    LineTroubleEnded,
    LineWentDown,
    NoiseHeard,
    Outcome,
    RecorderStarted,
    RecorderStopped,
    Settlement,
    StopReason,
)
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence, Trouble
from dutyphone.store.commands import note, settle
from dutyphone.store.readmodels import CallRow, CallState, DayCounts, LineCondition, Owed
from dutyphone.store.store import Store

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
Write = Callable[..., range]


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def only_call(store: Store) -> CallRow:
    (row,) = store.calls_between(AT - timedelta(days=1), AT + timedelta(days=1))
    return row


def ended(at: datetime, outcome: Outcome, call: str = "a") -> CallEnded:
    return CallEnded(at=at, call=call, outcome=outcome, evidence=Evidence.RINGING_STOPPED, rings=2, ring_s=6.0)


# --- calls -------------------------------------------------------------------------------------------------------


def test_rings_are_counted_until_the_end_says_how_many(store: Store, write: Write) -> None:
    """S1-19: the figures of the end stand over those counted before."""
    write(store, CallArrived(at=AT, call="a", line="desk"), CallRang(at=later(10), call="a", ring=3))
    assert (only_call(store).rings, only_call(store).ring_s, only_call(store).last_ring_at) == (3, 10.0, later(10))
    end = CallEnded(
        at=later(21), call="a", outcome=Outcome.MISSED, evidence=Evidence.NO_HOOK_SEEN, rings=4, ring_s=15.5
    )
    write(store, end, CallRang(at=later(30), call="a", ring=9))
    row = only_call(store)
    assert (row.rings, row.ring_s, row.talk_s, row.ended_at) == (4, 15.5, None, later(21))
    assert (row.state, row.outcome, row.evidence) == (CallState.ENDED, Outcome.MISSED, Evidence.NO_HOOK_SEEN)


def test_an_answered_call_is_in_call_until_it_ends(store: Store, write: Write) -> None:
    write(store, CallArrived(at=AT, call="a", line="desk"))
    write(store, CallAnswered(at=later(4), call="a", evidence=Evidence.EXTENSION_HOOK))
    row = only_call(store)
    assert (row.state, row.answered_at, row.outcome, row.evidence) == (CallState.IN_CALL, later(4), None, None)
    end = CallEnded(
        at=later(39),
        call="a",
        outcome=Outcome.ANSWERED,
        evidence=Evidence.EXTENSION_HOOK,
        rings=1,
        ring_s=4.0,
        talk_s=35.0,
    )
    write(store, end)
    assert (only_call(store).state, only_call(store).talk_s, only_call(store).owed) == (CallState.ENDED, 35.0, None)


def test_who_was_called_stays_known_and_the_end_says_how_the_exchange_ended_it(store: Store, write: Write) -> None:
    """A call that was sent on to this line names whom the caller wanted; a later caller ID need not repeat it."""
    write(
        store,
        CallArrived(at=AT, call="a", line="desk"),
        CallIdentified(at=AT, call="a", number_raw="13900001234", called="1001", redirected_from="01055501299"),
        CallIdentified(at=later(1), call="a", number_raw="13900001234", name="张三"),
    )
    row = only_call(store)
    assert (row.called, row.redirected_from, row.code) == ("1001", "01055501299", None)
    busy = CallEnded(
        at=later(2), call="a", outcome=Outcome.BUSY, evidence=Evidence.EXCHANGE, rings=1, ring_s=2.0, code=486
    )
    write(store, busy)
    assert (only_call(store).called, only_call(store).code) == ("1001", 486)


def test_a_number_once_heard_is_not_lost_to_a_later_private(store: Store, write: Write) -> None:
    """X08: a second caller ID adds what it knows and takes nothing away."""
    write(
        store,
        CallArrived(at=AT, call="a", line="desk"),
        CallIdentified(at=AT, call="a", number_raw="01055501234", number="+861055501234", intact=False),
        CallIdentified(at=AT, call="a", absence=NumberAbsence.PRIVATE, name="值班室", intact=True),
        CallIdentified(at=AT, call="a", absence=NumberAbsence.PRIVATE, name_absence=NameAbsence.OUT_OF_AREA),
    )
    row = only_call(store)
    assert (row.number, row.number_raw, row.absence, row.doubtful) == ("+861055501234", "01055501234", None, True)
    assert (row.name, row.name_absence, row.identified) == ("值班室", None, True)


def test_a_withheld_number_keeps_its_reason_until_a_number_comes(store: Store, write: Write) -> None:
    write(store, CallArrived(at=AT, call="a", line="desk"))
    write(store, CallIdentified(at=AT, call="a", absence=NumberAbsence.OUT_OF_AREA))
    assert (only_call(store).identified, only_call(store).absence) == (True, NumberAbsence.OUT_OF_AREA)
    write(store, CallIdentified(at=AT, call="a", number_raw="13900001234", number="+8613900001234"))
    assert (only_call(store).number, only_call(store).absence) == ("+8613900001234", None)


def test_digits_fax_and_notes_gather_on_the_call(store: Store, write: Write) -> None:
    write(
        store,
        CallArrived(at=AT, call="a", line="desk", direction=Direction.OUTGOING),
        DigitsDialled(at=AT, call="a", digits="*57*"),
        DigitsDialled(at=AT, call="a", digits="013900001234#"),
        FaxCalling(at=AT, call="a"),
    )
    note(store, "a", "  一\n", by="张三", now=later(60))
    note(store, "a", "二", by="李四", now=later(120))
    note(store, "a", " \n", by="李四", now=later(180))
    row = only_call(store)
    assert (row.digits, row.fax, row.notes, row.last_note) == ("*57*013900001234#", True, 2, "二")
    detail = store.call("a")
    assert detail is not None
    assert [(each.text, each.by, each.at) for each in detail.notes] == [
        ("一", "张三", later(60)),
        ("二", "李四", later(120)),
    ]


def test_a_second_arrival_of_the_same_call_changes_nothing(store: Store, write: Write) -> None:
    """X08"""
    write(store, CallArrived(at=AT, call="a", line="desk"), CallRang(at=AT, call="a", ring=1))
    before = only_call(store)
    write(store, CallArrived(at=later(9), call="a", line="other"))
    assert only_call(store) == before


@pytest.mark.parametrize(
    ("outcome", "owed"),
    [
        (Outcome.UNKNOWN, Owed.SETTLE),
        (Outcome.MISSED, Owed.CALL_BACK),
        (Outcome.ANSWERED, None),
        (Outcome.BUSY, None),
        (Outcome.REJECTED, None),
        (Outcome.FORWARDED, None),
        (Outcome.FAILED, None),
    ],
)
def test_what_a_call_leaves_owed(store: Store, write: Write, outcome: Outcome, owed: Owed | None) -> None:
    """S1-17, X09: missed calls and those nobody can tell stay on the list."""
    write(store, CallArrived(at=AT, call="a", line="desk"))
    assert store.owed_calls() == ()
    write(store, ended(later(11), outcome))
    assert only_call(store).owed is owed
    assert store.owed_calls() == ((only_call(store),) if owed else ())


@pytest.mark.parametrize(
    ("settlement", "result", "owed"),
    [
        (Settlement.ANSWERED, Outcome.ANSWERED, None),
        (Settlement.MISSED, Outcome.MISSED, Owed.CALL_BACK),
        (Settlement.CALLED_BACK, Outcome.MISSED, None),
        (Settlement.NO_CALLBACK, Outcome.MISSED, None),
    ],
)
def test_the_officers_word_stands_over_the_line(
    store: Store, write: Write, settlement: Settlement, result: Outcome, owed: Owed | None
) -> None:
    write(store, CallArrived(at=AT, call="a", line="desk"), ended(later(11), Outcome.UNKNOWN))
    settle(store, "a", Settlement.NO_CALLBACK, by="李四", now=later(60))
    settle(store, "a", settlement, by="张三", now=later(90))
    row = only_call(store)
    assert (row.result, row.owed, row.settled_by, row.settled_at) == (result, owed, "张三", later(90))
    assert (row.outcome, row.evidence) == (Outcome.UNKNOWN, Evidence.RINGING_STOPPED), "what the line showed stays"
    assert len(store.owed_calls()) == (owed is not None)


def test_owed_calls_come_newest_first_and_not_more_than_asked(
    store: Store, write: Write, a_call: Callable[..., list[Fact]]
) -> None:
    for i in range(5):
        write(store, *a_call(f"c{i}", at=later(100 * i)))
    assert [row.call for row in store.owed_calls(limit=3)] == ["c4", "c3", "c2"]


def test_counts_of_a_span_take_its_start_and_not_its_end(
    store: Store, write: Write, a_call: Callable[..., list[Fact]]
) -> None:
    """S1-05"""
    for i, outcome in enumerate([Outcome.MISSED, Outcome.ANSWERED, Outcome.UNKNOWN, Outcome.BUSY, Outcome.MISSED]):
        write(store, *a_call(f"c{i}", at=later(100 * i), outcome=outcome))
    settle(store, "c2", Settlement.ANSWERED, by="", now=later(999))
    write(store, CallArrived(at=later(499), call="ringing", line="desk"))
    write(store, CallArrived(at=later(500), call="too late", line="desk"))
    assert store.counts(AT, later(500)) == DayCounts(total=6, answered=2, missed=2, unknown=0, owed=2)
    assert store.counts(later(100), later(400)) == DayCounts(total=3, answered=2, missed=0, unknown=0, owed=0)
    assert store.counts(later(900), later(999)) == DayCounts()


def test_detail_shows_the_wire_and_what_was_made_of_it(
    store: Store, write: Write, a_call: Callable[..., list[Fact]]
) -> None:
    facts = a_call("a", name='值班室 "夜"')
    write(store, *facts)
    detail = store.call("a")
    assert detail is not None
    assert [fact.kind for fact in detail.facts] == ["CallArrived", "CallIdentified", "CallRang", "CallEnded"]
    assert [fact.seq for fact in detail.facts] == [1, 2, 3, 4]
    assert detail.facts[0].wire == b"RING\r\n"
    assert (detail.facts[0].at, detail.facts[0].recorded_at) == (facts[0].at, facts[-1].at)
    assert detail.facts[1].summary == (r'kind=fixed name="值班室 \"夜\"" number=+861055501234 number_raw=01055501234')
    assert detail.facts[3].summary == "evidence=ringing_stopped outcome=missed ring_s=6.0 rings=2"


def test_last_calls_of_a_number(store: Store, write: Write, a_call: Callable[..., list[Fact]]) -> None:
    for i in range(4):
        write(store, *a_call(f"c{i}", at=later(100 * i)))
    write(store, *a_call("other", number="+8613900001234"))
    write(store, *a_call("none", number=None, raw=None))
    found = store.calls_of_number("+861055501234", excluding="c3", limit=2)
    assert [row.call for row in found] == ["c2", "c1"]


# --- lines and blind intervals -----------------------------------------------------------------------------------


def came_back(seconds: float, line: str = "desk") -> LineCameBack:
    return LineCameBack(at=later(seconds), line=line, driver="serial_modem", port="/dev/ttyACM0", device="modem")


def went_down(seconds: float, reason: LossReason = LossReason.CABLE_UNPLUGGED, line: str = "desk") -> LineWentDown:
    return LineWentDown(at=later(seconds), line=line, reason=reason, detail="pulled")


def blind(store: Store) -> list[tuple[str, datetime, datetime | None, LossReason | None]]:
    found = store.blind_intervals(AT - timedelta(days=1), AT + timedelta(days=1))
    return [(each.line, each.from_at, each.until_at, each.reason) for each in found]


def test_a_line_that_goes_down_is_blind_until_it_comes_back(store: Store, write: Write) -> None:
    """X04, X13: the gap is a row of its own."""
    write(store, came_back(0), went_down(100))
    assert blind(store) == [("desk", later(100), None, LossReason.CABLE_UNPLUGGED)]
    (line,) = store.lines()
    assert (line.condition, line.since_at, line.down_reason, line.down_detail) == (
        LineCondition.DOWN,
        later(100),
        LossReason.CABLE_UNPLUGGED,
        "pulled",
    )
    assert [each.line for each in store.blind_open()] == ["desk"]
    write(store, came_back(160))
    assert blind(store) == [("desk", later(100), later(160), LossReason.CABLE_UNPLUGGED)]
    (line,) = store.lines()
    assert (line.condition, line.since_at, line.down_reason, line.down_detail) == (
        LineCondition.IDLE,
        later(160),
        None,
        "",
    )
    assert store.blind_open() == ()


def test_trying_again_for_the_same_reason_is_one_interval_and_another_reason_another(
    store: Store, write: Write
) -> None:
    write(store, came_back(0), went_down(100), went_down(101), went_down(105))
    write(store, went_down(110, LossReason.PORT_BUSY), came_back(120))
    assert blind(store) == [
        ("desk", later(100), later(110), LossReason.CABLE_UNPLUGGED),
        ("desk", later(110), later(120), LossReason.PORT_BUSY),
    ]


def test_a_line_that_never_came_up_is_blind_from_the_first_try(store: Store, write: Write) -> None:
    write(store, went_down(0, LossReason.NO_SUCH_PORT))
    assert blind(store) == [("desk", later(0), None, LossReason.NO_SUCH_PORT)]


def test_while_no_recorder_runs_every_line_is_blind(store: Store, write: Write) -> None:
    """S1-42: "the line could not be seen from 02:10 to 02:17" is on record even if the program itself was dead."""
    write(store, RecorderStarted(at=AT, version="1", pid=1), came_back(0, "desk"), came_back(0, "fax"))
    write(store, went_down(50, line="fax"))
    write(store, RecorderStopped(at=later(100), reason=StopReason.FOUND_DEAD))
    assert blind(store) == [
        ("fax", later(50), None, LossReason.CABLE_UNPLUGGED),
        ("desk", later(100), None, None),
    ]
    assert {line.line: (line.condition, line.down_reason) for line in store.lines()} == {
        "desk": (LineCondition.DOWN, None),
        "fax": (LineCondition.DOWN, LossReason.CABLE_UNPLUGGED),
    }
    write(store, RecorderStarted(at=later(200), version="1", pid=2), came_back(201, "desk"))
    write(store, went_down(201, LossReason.NO_SUCH_PORT, "fax"))
    assert blind(store) == [
        ("fax", later(50), later(201), LossReason.CABLE_UNPLUGGED),
        ("desk", later(100), later(201), None),
        ("fax", later(201), None, LossReason.NO_SUCH_PORT),
    ]


def test_lines_that_come_and_go_within_one_batch(store: Store, write: Write) -> None:
    write(
        store,
        came_back(0),
        RecorderStopped(at=later(10), reason=StopReason.REQUESTED),
        went_down(20),
        came_back(30),
        RecorderStopped(at=later(40), reason=StopReason.REQUESTED),
    )
    assert blind(store) == [
        ("desk", later(10), later(20), None),
        ("desk", later(20), later(30), LossReason.CABLE_UNPLUGGED),
        ("desk", later(40), None, None),
    ]


def test_an_interval_never_ends_before_it_begins(store: Store, write: Write) -> None:
    """X29: somebody sets the clock back while the line is down."""
    write(store, came_back(0), went_down(100), came_back(40))
    assert blind(store) == [("desk", later(100), later(100), LossReason.CABLE_UNPLUGGED)]


def test_blind_intervals_that_overlap_a_span(store: Store, write: Write) -> None:
    write(store, came_back(0), went_down(100), came_back(200), went_down(300))

    def between(from_s: float, until_s: float) -> list[int]:
        return [each.id for each in store.blind_intervals(later(from_s), later(until_s))]

    assert between(0, 100) == []
    assert between(0, 101) == [1]
    assert between(150, 160) == [1]
    assert between(200, 300) == []
    assert between(199, 301) == [1, 2]
    assert between(5000, 6000) == [2]


def test_troubles_and_noise_last_until_the_line_is_set_up_again(store: Store, write: Write) -> None:
    write(
        store,
        came_back(0),
        LineTroubled(at=AT, line="desk", trouble=Trouble.WIRE_NOISE),
        LineTroubled(at=AT, line="desk", trouble=Trouble.NO_CALLER_ID),
        LineTroubled(at=AT, line="desk", trouble=Trouble.ANSWERS_LATE),
        LineTroubleEnded(at=AT, line="desk", trouble=Trouble.WIRE_NOISE),
        NoiseHeard(at=AT, line="desk", pieces=3, wire=b"~"),
        NoiseHeard(at=AT, line="desk", pieces=4, wire=b"~"),
    )
    (line,) = store.lines()
    assert (line.troubles, line.noise) == ((Trouble.ANSWERS_LATE, Trouble.NO_CALLER_ID), 7)
    write(store, went_down(10), came_back(20))
    (line,) = store.lines()
    assert (line.troubles, line.noise) == ((), 0)


def test_a_line_rings_is_in_call_and_is_idle_with_its_calls(store: Store, write: Write) -> None:
    write(store, came_back(0))

    def condition() -> LineCondition:
        return store.lines()[0].condition

    assert condition() is LineCondition.IDLE
    write(store, CallArrived(at=later(1), call="a", line="desk"))
    assert condition() is LineCondition.RINGING
    write(store, CallAnswered(at=later(5), call="a", evidence=Evidence.LOOP_CURRENT))
    assert condition() is LineCondition.IN_CALL
    write(store, CallArrived(at=later(6), call="b", line="desk"))
    assert condition() is LineCondition.RINGING, "a second call is what matters now"
    write(store, ended(later(9), Outcome.MISSED, "b"), ended(later(9), Outcome.ANSWERED, "a"))
    assert condition() is LineCondition.IDLE
