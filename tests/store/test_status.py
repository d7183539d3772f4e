"""What the recorder says of itself: heartbeat, last heard, the lines of its configuration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dutyphone.journal.facts import LineCameBack, RecorderStarted, RecorderStopped, StopReason
from dutyphone.store.rebuild import rebuild
from dutyphone.store.store import LineDeclaration, Store

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

DESK = LineDeclaration(line="desk", title="值班电话", driver="serial_modem", port="/dev/ttyACM0")
FAX = LineDeclaration(line="fax", title="传真", driver="serial_modem", port="/dev/ttyACM1")


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_before_any_recorder_there_is_none(store: Store) -> None:
    assert store.recorder() is None
    assert store.lines() == ()


def test_a_recorder_shows_its_last_beat(at_the_desk: Store) -> None:
    """X04"""
    row = at_the_desk.recorder()
    assert row is not None
    assert (row.version, row.pid, row.simulated, row.started_at, row.beat_at, row.stopped_at) == (
        "0.1.0",
        4242,
        False,
        AT,
        AT,
        None,
    )
    at_the_desk.beat(later(5), {})
    at_the_desk.beat(later(10), {})
    row = at_the_desk.recorder()
    assert row is not None
    assert row.beat_at == later(10)


def test_a_beat_of_the_last_recorder_says_nothing_of_the_next(at_the_desk: Store, write: Callable[..., range]) -> None:
    """X29: also when the clock was set back in between."""
    at_the_desk.beat(later(7200), {})
    write(at_the_desk, RecorderStopped(at=later(7200), reason=StopReason.FOUND_DEAD))
    row = at_the_desk.recorder()
    assert row is not None
    assert row.stopped_at == later(7200)
    write(at_the_desk, RecorderStarted(at=later(60), version="0.2.0", pid=4343, simulated=True))
    row = at_the_desk.recorder()
    assert row is not None
    assert (row.pid, row.simulated, row.beat_at, row.stopped_at) == (4343, True, later(60), None)
    at_the_desk.beat(later(61), {})
    row = at_the_desk.recorder()
    assert row is not None
    assert row.beat_at == later(61)


def test_lines_stand_in_the_order_of_the_configuration(at_the_desk: Store) -> None:
    at_the_desk.declare_lines([FAX, DESK])
    fax, desk = at_the_desk.lines()
    assert (fax.line, fax.title, fax.port) == ("fax", "传真", "/dev/ttyACM1")
    assert (fax.condition.value, fax.since_at, fax.last_heard_at) == ("down", AT, None), "it never came up"
    assert (desk.line, desk.title, desk.condition.value) == ("desk", "值班电话", "idle")


def test_a_line_taken_out_of_the_configuration_is_not_shown(at_the_desk: Store) -> None:
    at_the_desk.declare_lines([FAX, DESK])
    at_the_desk.beat(AT, {"desk": AT, "fax": AT})
    at_the_desk.declare_lines([FAX])
    assert [line.line for line in at_the_desk.lines()] == ["fax"]
    at_the_desk.declare_lines([DESK, FAX])
    assert [line.last_heard_at for line in at_the_desk.lines()] == [AT, AT]


def test_last_heard_moves_with_the_beat(at_the_desk: Store) -> None:
    assert at_the_desk.lines()[0].last_heard_at is None
    at_the_desk.beat(later(5), {"desk": later(3)})
    assert at_the_desk.lines()[0].last_heard_at == later(3)
    at_the_desk.beat(later(10), {"desk": later(9)})
    assert at_the_desk.lines()[0].last_heard_at == later(9)


def test_a_line_nobody_declared_is_shown_by_its_facts(store: Store, write: Callable[..., range]) -> None:
    write(store, LineCameBack(at=AT, line="b", driver="x", port="p", device="d"))
    write(store, LineCameBack(at=AT, line="a", driver="y", port="q"))
    assert [(line.line, line.title, line.driver, line.port, line.device) for line in store.lines()] == [
        ("a", "a", "y", "q", None),
        ("b", "b", "x", "p", "d"),
    ]


def test_a_rebuild_leaves_the_status_alone(at_the_desk: Store) -> None:
    at_the_desk.declare_lines([DESK])
    at_the_desk.beat(later(5), {"desk": later(3)})
    before = (at_the_desk.lines(), at_the_desk.recorder())
    rebuild(at_the_desk)
    assert (at_the_desk.lines(), at_the_desk.recorder()) == before


def test_status_is_not_in_the_journal(at_the_desk: Store) -> None:
    seq = at_the_desk.last_seq()
    at_the_desk.declare_lines([DESK])
    at_the_desk.beat(later(5), {"desk": later(3)})
    assert at_the_desk.last_seq() == seq
