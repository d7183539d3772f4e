"""What a recorder that died left open (S1-42: nobody was listening, and the log says so)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dutyphone.journal.facts import CallEnded, Outcome, RecorderStopped, StopReason
from dutyphone.lines.events import Direction, Evidence
from dutyphone.recorder.leftovers import close_leftovers
from dutyphone.store.readmodels import CallRow, CallState, RecorderRow

NIGHT = datetime(2026, 2, 16, 18, 0, tzinfo=UTC)


def recorder(stopped_at: datetime | None) -> RecorderRow:
    return RecorderRow(
        version="0",
        pid=1,
        simulated=False,
        started_at=NIGHT,
        beat_at=NIGHT + timedelta(minutes=10),
        stopped_at=stopped_at,
    )


def call(**fields: object) -> CallRow:
    known: dict[str, object] = {
        "id": 1,
        "call": "c1",
        "line": "desk",
        "direction": Direction.INCOMING,
        "state": CallState.RINGING,
        "arrived_at": NIGHT + timedelta(minutes=9),
        "last_ring_at": NIGHT + timedelta(minutes=9, seconds=5),
        "rings": 2,
        "ring_s": 5.0,
    }
    return CallRow(**{**known, **fields})  # type: ignore[arg-type]  # test data by name


def test_a_recorder_without_farewell_is_found_dead_at_its_last_sign_of_life() -> None:
    (stopped,) = close_leftovers([recorder(None)], [])
    assert stopped == RecorderStopped(at=NIGHT + timedelta(minutes=10), reason=StopReason.FOUND_DEAD)


def test_a_recorder_that_said_farewell_owes_nothing() -> None:
    assert close_leftovers([recorder(NIGHT)], []) == []
    assert close_leftovers([], []) == []


def test_a_ringing_call_is_closed_as_unknown() -> None:
    _stopped, ended = close_leftovers([recorder(None)], [call()])
    assert isinstance(ended, CallEnded)
    assert (ended.outcome, ended.evidence, ended.rings) == (Outcome.UNKNOWN, Evidence.RECORDER_STOPPED, 2)
    assert ended.at == NIGHT + timedelta(minutes=10)


def test_an_answered_call_keeps_the_talk_that_was_seen() -> None:
    answered = call(state=CallState.IN_CALL, answered_at=NIGHT + timedelta(minutes=9, seconds=10))
    _stopped, ended = close_leftovers([recorder(None)], [answered])
    assert isinstance(ended, CallEnded)
    assert (ended.outcome, ended.talk_s) == (Outcome.ANSWERED, 50.0)


def test_what_was_rescued_is_owed_no_more() -> None:
    """X30: a farewell that could not be written is written first; nobody ends its calls a second time."""
    rescued = [
        CallEnded(
            at=NIGHT, call="c1", outcome=Outcome.UNKNOWN, evidence=Evidence.RECORDER_STOPPED, rings=2, ring_s=5.0
        ),
        RecorderStopped(at=NIGHT, reason=StopReason.REQUESTED),
    ]
    assert close_leftovers([recorder(None)], [call()], rescued) == []
    (stopped, ended) = close_leftovers([recorder(None)], [call(), call(id=2, call="c2")], rescued[:1])
    assert isinstance(stopped, RecorderStopped)
    assert isinstance(ended, CallEnded)
    assert ended.call == "c2"


def test_a_call_never_ends_before_its_last_ring() -> None:
    """The last beat may be older than the last ring."""
    late = call(last_ring_at=NIGHT + timedelta(minutes=10, seconds=3))
    ended = close_leftovers([recorder(None)], [late])[-1]
    assert ended.at == late.last_ring_at


def test_each_call_ends_with_the_last_sign_of_the_recorder_that_had_its_line() -> None:
    """X04: two desks died in one night, an hour apart."""

    def died(name: str, line: str, minutes: int) -> RecorderRow:
        return replace(
            recorder(None), recorder=name, host=f"pc-{name}", lines=(line,), beat_at=NIGHT + timedelta(minutes=minutes)
        )

    gone = [died("a", "desk", 10), died("b", "fax", 70)]
    calls = [call(), call(id=2, call="c2", line="fax"), call(id=3, call="c3", line="gate")]
    one, two, *ends = close_leftovers(gone, calls)
    assert [(fact.recorder, fact.at) for fact in (one, two) if isinstance(fact, RecorderStopped)] == [
        ("a", NIGHT + timedelta(minutes=10)),
        ("b", NIGHT + timedelta(minutes=70)),
    ]
    assert [end.at for end in ends] == [
        NIGHT + timedelta(minutes=10),
        NIGHT + timedelta(minutes=70),
        calls[2].last_ring_at,
    ], "of the line nobody is known to have had, the call itself was the last sign"


def test_a_farewell_that_was_rescued_is_only_that_recorders() -> None:
    gone = [replace(recorder(None), recorder=name, lines=("desk",)) for name in ("a", "b")]
    rescued = [RecorderStopped(at=NIGHT, reason=StopReason.REQUESTED, recorder="a")]
    assert [fact.recorder for fact in close_leftovers(gone, [], rescued) if isinstance(fact, RecorderStopped)] == ["b"]
