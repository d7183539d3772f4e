"""The one thread that writes: order, patience, and nothing lost."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest
from dutyphone_simulators.clock import ManualClock

from dutyphone.calls.numbers import Site
from dutyphone.calls.tracker import LONGEST_SILENCE_S, CallTracker
from dutyphone.clock import Clock
from dutyphone.errors import DatabaseBusy, DiskFull, RecorderAlreadyRunning, StoreError
from dutyphone.journal.facts import CallArrived, CallEnded, CallRang, ClockStepped, Fact, RecorderStopped
from dutyphone.lines.events import Evidence, LineOpened, RingHeard
from dutyphone.recorder.inbox import Inbox, Tick
from dutyphone.recorder.linewatch import LineWatch
from dutyphone.recorder.scribe import Scribe
from dutyphone.recorder.writer import RETRY_S, Writer


class Book:
    """A ledger in memory that can be told to fail."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.appends = 0
        self.beats: list[dict[str, datetime]] = []
        self.trouble: StoreError | None = None

    def append(self, facts: Sequence[Fact], *, recorded_at: datetime) -> range:
        if self.trouble is not None:
            raise self.trouble
        self.appends += 1
        self.facts += facts
        return range(len(self.facts) - len(facts), len(self.facts))

    def beat(self, at: datetime, heard: Mapping[str, datetime]) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.beats.append(dict(heard))


class Room:
    def __init__(self, make_room: Callable[[], bool] = lambda: False) -> None:
        self._ids = itertools.count(1)
        self.clock = ManualClock()
        self.book = Book()
        self.inbox = Inbox()
        self.complaints: list[str] = []
        self.rescued: list[Fact] = []
        self.writer = self.make_writer(make_room=make_room)

    def make_writer(self, **options: Any) -> Writer:
        clock: Clock = self.clock
        tracker = CallTracker("desk", Site(), lambda: f"c{next(self._ids)}")
        return Writer(
            inbox=self.inbox,
            ledger=self.book,
            scribes={"desk": Scribe(tracker, LineWatch("desk", "d"))},
            clock=clock,
            complain=self.complaints.append,
            keep_for_next_start=self.rescued.extend,
            pause=lambda seconds: None,
            **options,
        )

    def ring(self) -> RingHeard:
        return RingHeard(line="desk", at=self.clock.now(), wire=b"RING\r\n")


@pytest.fixture
def room() -> Room:
    return Room()


def test_all_that_waits_is_one_append(room: Room) -> None:
    room.writer.work([room.ring() for _ in range(1000)])
    assert room.book.appends == 1
    assert len(room.book.facts) == 1001


def test_a_locked_database_loses_nothing_and_keeps_the_order(room: Room) -> None:
    """X01, X30: what cannot be written waits and is said; then it is written in order."""
    room.book.trouble = DatabaseBusy("The log is locked.", advice="Close the other program.")
    room.writer.work([room.ring()])
    room.clock.advance(5)
    room.writer.work([room.ring()])
    assert room.book.facts == []
    assert room.writer.waiting == 3
    assert len(room.complaints) == 1, "said once, not at every try"
    assert "The log is locked." in room.complaints[0]
    room.book.trouble = None
    room.clock.advance(RETRY_S)
    room.writer.work([])
    assert [type(f) for f in room.book.facts] == [CallArrived, CallRang, CallRang]
    assert len(room.complaints) == 2
    assert room.writer.waiting == 0


def test_a_full_disk_gives_up_the_reserve_and_writes_at_once() -> None:
    """X30."""
    room: Room

    def make_room() -> bool:
        had_trouble, room.book.trouble = room.book.trouble is not None, None
        return had_trouble

    room = Room(make_room)
    room.book.trouble = DiskFull("The disk is full.")
    room.writer.work([room.ring()])
    room.writer.work([])
    assert len(room.book.facts) == 2


def test_deadlines_of_calls_are_kept(room: Room) -> None:
    room.writer.work([room.ring()])
    room.clock.advance(LONGEST_SILENCE_S)
    room.writer.work([])
    ended = room.book.facts[-1]
    assert isinstance(ended, CallEnded)
    assert ended.evidence is Evidence.NOTHING_MORE_HEARD


def test_a_clock_step_is_written_before_what_came_after_it(room: Room) -> None:
    room.writer.work([room.ring()])
    room.clock.step(3600)
    room.writer.work([room.ring()])
    assert [type(f) for f in room.book.facts[2:]] == [ClockStepped, CallRang]


def test_a_beat_says_when_each_line_was_last_heard(room: Room) -> None:
    room.writer.work([LineOpened(line="desk", at=room.clock.now(), port="p"), Tick.BEAT])
    assert room.book.beats == [{"desk": room.clock.now().utc}]


def test_an_event_of_an_unknown_line_changes_nothing(room: Room) -> None:
    room.writer.work([RingHeard(line="other", at=room.clock.now())])
    assert room.book.facts == []


def test_the_farewell_closes_calls_and_is_written_last(room: Room) -> None:
    """S1-42: a recorder that is stopped says so."""
    room.inbox.post([room.ring()])
    room.inbox.close()
    room.writer.run()
    *_before, ended, stopped = room.book.facts
    assert isinstance(ended, CallEnded)
    assert ended.evidence is Evidence.RECORDER_STOPPED
    assert isinstance(stopped, RecorderStopped)


def test_a_farewell_that_cannot_be_written_is_kept_for_the_next_start(room: Room) -> None:
    room.book.trouble = DatabaseBusy("locked")
    room.inbox.post([room.ring()])
    room.inbox.close()
    room.writer.run()
    assert [type(f) for f in room.rescued] == [CallArrived, CallRang, CallEnded, RecorderStopped]


def test_who_lost_its_lines_to_another_recorder_writes_no_more_and_loses_nothing(room: Room) -> None:
    """X08: cut off from the server, found dead by another one: what is heard is kept, and the process is to end."""
    taken = RecorderAlreadyRunning("Line desk was taken over.", advice="One recorder a line.")
    told: list[str] = []

    def append(_facts: Sequence[Fact], *, recorded_at: datetime) -> range:
        raise taken

    room.writer = room.make_writer(on_eviction=lambda: told.append("evicted"), recorder="r1")
    room.writer.work([room.ring()])
    known = len(room.book.facts)
    room.book.append = append  # type: ignore[method-assign]
    room.clock.advance(5)
    room.writer.work([room.ring()])
    room.clock.advance(5)
    room.writer.work([room.ring(), Tick.BEAT])
    assert told == ["evicted"]
    assert room.book.beats == []
    room.inbox.close()
    with pytest.raises(RecorderAlreadyRunning, match="taken over"):
        room.writer.run()
    assert len(room.book.facts) == known
    assert [type(f) for f in room.rescued] == [CallRang, CallRang, CallEnded, RecorderStopped]
    farewell = room.rescued[-1]
    assert isinstance(farewell, RecorderStopped)
    assert farewell.recorder == "r1"


def test_a_full_inbox_makes_lines_wait_and_drops_nothing() -> None:
    inbox = Inbox(capacity=2)
    clock = ManualClock()
    rings = [RingHeard(line="desk", at=clock.advance(1)) for _ in range(50)]
    line = threading.Thread(target=inbox.post, args=(rings,))
    line.start()
    taken: list[object] = []
    while len(taken) < 50:
        taken += inbox.take(None, 1)[0]
        inbox.remind(Tick.BEAT)
        taken = [item for item in taken if not isinstance(item, Tick)]
    line.join()
    assert taken == rings
