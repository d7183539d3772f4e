"""What the recorder says of itself: heartbeat, last heard, the lines of its configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

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


# --- several recorders -------------------------------------------------------------------------------------------


def began(at: datetime, recorder: str, *lines: str, pid: int = 1) -> RecorderStarted:
    return RecorderStarted(at=at, version="1", pid=pid, recorder=recorder, host=f"pc-{recorder}", lines=lines)


def declared(line: str) -> LineDeclaration:
    return LineDeclaration(line=line, title=line, driver="d", port=line)


@pytest.fixture
def two_desks(store: Store) -> Store:
    """Recorder a has desk and fax, b has hall; all three are up."""
    store.append([began(AT, "a", "desk", "fax"), began(later(1), "b", "hall")], recorded_at=AT)
    store.append(
        [LineCameBack(at=later(2), line=line, driver="d", port="p") for line in ("desk", "fax", "hall")], recorded_at=AT
    )
    store.declare_lines([declared("desk"), declared("fax")], place="pc-a:/data")
    store.declare_lines([declared("hall")], place="pc-b:/data")
    return store


def names(store: Store) -> list[str]:
    return [row.recorder for row in store.recorders()]


def up(store: Store) -> list[str]:
    return [line.line for line in store.lines() if line.condition.value != "down"]


def test_each_recorder_has_lines_and_a_heart_of_its_own(two_desks: Store, url: str) -> None:
    """X04"""
    assert names(two_desks) == ["b", "a"]
    with Store.open(url) as beside, beside.lease_lines([], "a"):
        beside.beat(later(60), {"desk": later(59)})
    rows = {row.recorder: row for row in two_desks.recorders()}
    assert (rows["a"].beat_at, rows["b"].beat_at) == (later(60), later(1))
    assert (rows["a"].host, rows["a"].lines) == ("pc-a", ("desk", "fax"))
    assert [line.line for line in two_desks.lines()] == ["desk", "fax", "hall"]


def test_a_recorder_that_ends_leaves_the_lines_of_others_alone(two_desks: Store, write: Callable[..., range]) -> None:
    write(two_desks, RecorderStopped(at=later(100), reason=StopReason.FOUND_DEAD, recorder="a"))
    assert up(two_desks) == ["hall"]
    blind = two_desks.blind_open()
    assert [(row.line, row.from_at, row.reason) for row in blind] == [
        ("desk", later(100), None),
        ("fax", later(100), None),
    ]
    assert [row.stopped_at for row in two_desks.recorders()] == [None, later(100)]
    assert [row.recorder for row in two_desks.unfinished_recorders()] == ["b"]


def test_a_farewell_that_comes_too_late_takes_no_line_from_its_new_recorder(
    two_desks: Store, write: Callable[..., range]
) -> None:
    write(two_desks, RecorderStopped(at=later(100), reason=StopReason.FOUND_DEAD, recorder="a"))
    write(two_desks, began(later(101), "c", "fax"), LineCameBack(at=later(102), line="fax", driver="d", port="p"))
    write(two_desks, RecorderStopped(at=later(103), reason=StopReason.REQUESTED, recorder="a"))
    write(two_desks, RecorderStopped(at=later(104), reason=StopReason.REQUESTED, recorder="nobody"))
    assert up(two_desks) == ["fax", "hall"]
    assert names(two_desks) == ["c", "b", "a"], "a is still the last that had the desk"
    rebuild(two_desks)
    assert up(two_desks) == ["fax", "hall"]


def test_a_line_is_forgotten_by_the_configuration_that_had_it(two_desks: Store) -> None:
    two_desks.declare_lines([declared("desk")], place="pc-a:/data")
    assert [line.line for line in two_desks.lines()] == ["desk", "hall"]
    two_desks.declare_lines([declared("desk"), declared("hall")], place="pc-c:/data")
    assert {line.line for line in two_desks.lines()} == {"desk", "hall"}
    two_desks.declare_lines([], place="pc-b:/data")
    assert {line.line for line in two_desks.lines()} == {"desk", "hall"}, "they are another's by now"


def test_a_recorder_whose_lines_are_gone_is_missed_by_nobody(two_desks: Store, write: Callable[..., range]) -> None:
    two_desks.declare_lines([], place="pc-a:/data")
    write(two_desks, RecorderStopped(at=later(100), reason=StopReason.REQUESTED, recorder="a"))
    assert names(two_desks) == ["b"]


def test_the_recorder_of_a_line_is_found_however_long_ago_it_began(two_desks: Store) -> None:
    for n in range(100):
        farewell = RecorderStopped(at=later(n), reason=StopReason.REQUESTED, recorder=f"b{n}")
        two_desks.append([began(later(n), f"b{n}", "hall"), farewell], recorded_at=AT)
    assert names(two_desks) == ["b99", "a"]


def test_a_recorder_of_an_older_version_had_every_line(store: Store, write: Callable[..., range]) -> None:
    write(store, RecorderStarted(at=AT, version="0.1.0", pid=1))
    store.declare_lines([DESK, FAX])
    write(store, began(later(10), "a", "desk"))
    assert names(store) == ["a", ""]
    write(store, LineCameBack(at=later(11), line="desk", driver="d", port="p"))
    write(store, RecorderStopped(at=later(12), reason=StopReason.FOUND_DEAD))
    assert up(store) == [], "who was alone took every line along"


def test_a_line_says_whether_anything_can_be_asked_of_it(at_the_desk: Store) -> None:
    """Another driver of the same line may only listen."""
    at_the_desk.declare_lines([DESK, replace(FAX, obeys=True)])
    assert [(row.line, row.obeys) for row in at_the_desk.lines()] == [("desk", False), ("fax", True)]
    at_the_desk.declare_lines([replace(DESK, obeys=True), FAX])
    assert [(row.line, row.obeys) for row in at_the_desk.lines()] == [("desk", True), ("fax", False)]
