"""X32: the recorder purges what is due by itself, once a day, and never on the word of a clock that leapt."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dutyphone_simulators.clock import ManualClock

from dutyphone.duty.retention import Answer, Retention
from dutyphone.journal.facts import Book, CallArrived, CallEnded, Outcome
from dutyphone.lines.events import Evidence
from dutyphone.recorder import purging as room
from dutyphone.recorder.purging import Purging
from dutyphone.store.retention import ask
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
DAY_S = 24 * 3600.0
YEAR = Retention(days={Book.CALLS: 365})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three calls of one evening."""
    with Store.open(f"sqlite:///{tmp_path}/duty.db") as opened:
        for n in range(3):
            call = f"c{n}"
            end = CallEnded(
                at=AT, call=call, outcome=Outcome.MISSED, evidence=Evidence.RINGING_STOPPED, rings=1, ring_s=0.0
            )
            opened.append([CallArrived(at=AT, call=call, line="desk"), end], recorded_at=AT)
        yield opened


class Desk:
    """A recorder's purging, a clock, and what was complained of."""

    def __init__(self, store: Store, retention: Retention) -> None:
        self.store = store
        self.clock = ManualClock(AT + timedelta(days=366))
        self.complaints: list[str] = []
        self.purging = Purging(store, retention, self.clock, self.complaints.append)

    def look(self) -> int:
        """A day begins; how many bodies are gone when all is done."""
        self.purging.begin()
        for thread in threading.enumerate():
            if thread.name == "retention":
                thread.join()
        return verify(self.store).purged


def test_what_is_due_is_purged_on_the_second_day(store: Store) -> None:
    desk = Desk(store, YEAR)
    assert desk.look() == 0
    desk.clock.advance(DAY_S)
    assert desk.look() == 6
    assert desk.complaints == []


def test_a_recorder_started_again_and_again_purges_all_the_same(store: Store) -> None:
    for hours in (0, 3, 3, 3, 3, 3):
        desk = Desk(store, YEAR)
        assert desk.look() == 0
        desk.clock.advance(hours * 3600.0)
    desk.clock.advance(DAY_S)
    assert desk.look() == 6


def test_of_several_recorders_one_purges(store: Store) -> None:
    """X32: each of them asks when a day begins, and the first is answered."""
    desks = [Desk(store, YEAR) for _ in range(3)]
    for desk in desks:
        desk.look()
        desk.clock.advance(DAY_S)
    assert desks[0].look() == 6
    rows, now = store.last_seq(), desks[0].clock.now().utc
    assert ask(store, Book.CALLS, now) is Answer.TOO_SOON
    assert [desk.look() for desk in desks[1:]] == [6, 6]
    assert store.last_seq() == rows
    assert [desk.complaints for desk in desks] == [[], [], []]


def test_a_clock_that_leapt_by_years_purges_nothing_that_day(store: Store) -> None:
    """X29"""
    desk = Desk(store, Retention(days={Book.CALLS: 3650}))
    desk.look()
    desk.clock.advance(20 * 365 * DAY_S)
    assert desk.look() == 0
    desk.clock.advance(-20 * 365 * DAY_S + DAY_S)
    assert desk.look() == 0


def test_without_a_rule_nobody_looks(store: Store) -> None:
    for retention in (Retention(), Retention(days={Book.CALLS: 0})):
        desk = Desk(store, retention)
        desk.look()
        desk.clock.advance(DAY_S)
        assert desk.look() == 0
    with store.database.reading() as session:
        assert session.sql("SELECT * FROM purge_marks") == []


def test_a_recorder_that_stops_does_not_wait_for_all_of_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one goes on from there."""
    monkeypatch.setattr(room, "LEISURELY", 10.0**9)

    class Busy(ManualClock):
        def now(self):
            return self.advance(0.001)

    desk = Desk(store, YEAR)
    desk.look()
    desk.clock.advance(DAY_S)
    desk.purging = Purging(store, YEAR, Busy(desk.clock.now().utc), desk.complaints.append)
    desk.purging.begin()
    while not verify(store).purged:
        pass
    desk.purging.stop()
    assert verify(store).purged == 2
    assert verify(store).ok


def test_a_database_that_cannot_be_written_is_told(store: Store) -> None:
    desk = Desk(store, YEAR)
    store.close()
    desk.purging.begin()
    desk.purging.stop()
    (complaint,) = desk.complaints
    assert "tomorrow" in complaint
