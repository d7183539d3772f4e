"""The thread that watches the store, and the one that looks places up."""

from __future__ import annotations

import queue
import threading
from datetime import timedelta

from dutyphone_simulators.made_up_night import RINGING_SINCE, ZONE
from dutyphone_tui.feed import LONGEST_PATIENCE_S, FeedWatcher
from dutyphone_tui.messages import CallersRead, DayRead, LiveRead, PlacesFound, ReadFailed
from dutyphone_tui.places import PlaceBook
from dutyphone_tui.reading import Reader

from dutyphone.duty.shift_date import DAY_STARTS
from dutyphone.errors import DatabaseBusy
from dutyphone.journal.facts import CallRang, NumberKind
from dutyphone.store.feed import Feed

BEFORE = RINGING_SINCE - timedelta(seconds=1)


def watching(room, feed, store=None):
    posted = queue.SimpleQueue()
    reader = Reader(store if store is not None else room.store, ZONE, DAY_STARTS)
    watcher = FeedWatcher(reader, feed, room.clock, posted.put)
    watcher.start()
    return watcher, posted


def wait_for(posted, kind, holds=lambda _message: True):
    """The next message of `kind` for which `holds`; those before it are dropped."""
    for _ in range(50):
        message = posted.get(timeout=5)
        if isinstance(message, kind) and holds(message):
            return message
    raise AssertionError(f"no such {kind.__name__} came")


def test_a_call_comes_through_the_real_feed(room):
    """From an append to a message, with the nudge in between."""
    room.night(until=BEFORE)
    with Feed(room.store) as feed:
        watcher, posted = watching(room, feed)
        try:
            first = wait_for(posted, DayRead)
            assert len(first.day.calls) == 11
            room.ring("call-1")
            live = wait_for(posted, LiveRead, lambda message: message.live.open_calls).live
            assert live.open_calls[0].call == "call-1"
            assert wait_for(posted, DayRead, lambda message: message.day.calls[0].call == "call-1")
            known = wait_for(posted, LiveRead, lambda message: message.live.earlier).live
            assert [row.id for row in known.earlier_calls("call-1")] == [3, 2, 1]
        finally:
            watcher.stop()


def test_the_day_is_only_read_again_when_the_journal_has_grown_or_a_day_begins(room):
    room.night(until=BEFORE)
    watcher, posted = watching(room, room.feed)
    try:
        wait_for(posted, DayRead)
        room.beat()
        room.feed.nudge()
        wait_for(posted, LiveRead)
        room.feed.nudge()
        assert not isinstance(posted.get(timeout=5), DayRead)
        room.clock.advance(12 * 3600)
        room.feed.nudge()
        assert wait_for(posted, DayRead).day.calls == ()
    finally:
        watcher.stop()


class Drumming:
    """A feed that wakes up at once, until it is told to be quiet; every wake-up takes a hundredth of a second."""

    def __init__(self, clock):
        self.clock = clock
        self.quiet = threading.Event()
        self.closed = threading.Event()

    def wait(self, timeout_s):
        if self.quiet.is_set():
            self.closed.wait(timeout_s)
            return False
        self.clock.advance(0.01)
        return not self.closed.is_set()

    def close(self):
        self.quiet.set()
        self.closed.set()


def test_who_calls_is_read_before_all_the_rest_which_does_not_wait_for_ever(room):
    """P1: nothing stands between a call and its row; but a wire that never rests does not keep the day from view."""
    room.night(until=BEFORE)
    feed = Drumming(room.clock)
    counted = iter(range(1000))

    class Busy:
        """Every reading finds one more ring."""

        def __getattr__(self, name):
            return getattr(room.store, name)

        def open_calls(self):
            room.tell(CallRang(at=room.now, call="call-1", ring=next(counted) + 2))
            return room.store.open_calls()

    room.ring("call-1")
    watcher, posted = watching(room, feed, Busy())
    try:
        kinds = [type(posted.get(timeout=5)) for _ in range(25)]
        assert LiveRead not in kinds
        assert set(kinds) == {CallersRead}
        live = wait_for(posted, LiveRead).live
        assert live.open_calls[0].rings >= LONGEST_PATIENCE_S / 0.01
        assert wait_for(posted, DayRead)
    finally:
        watcher.stop()


def test_a_store_that_fails_is_said_and_tried_again(room, monkeypatch):
    room.night(until=BEFORE)
    failures = [DatabaseBusy("Another program holds the database."), ValueError("odd")]

    def last_seq():
        if failures:
            raise failures.pop(0)
        return 7

    monkeypatch.setattr("dutyphone_tui.feed.LOOK_AGAIN_S", 0.01)
    monkeypatch.setattr(room.store, "last_seq", last_seq)
    watcher, posted = watching(room, room.feed)
    try:
        assert wait_for(posted, ReadFailed).evidence == "Another program holds the database."
        assert wait_for(posted, ReadFailed).evidence == "ValueError: odd"
        assert wait_for(posted, LiveRead).live.last_seq == 7
    finally:
        watcher.stop()


def test_stopping_does_not_wait_for_the_next_look(room):
    room.night(until=BEFORE)
    watcher, posted = watching(room, room.feed)
    wait_for(posted, DayRead)
    watcher.stop()
    assert "console-feed" not in [thread.name for thread in threading.enumerate()]


def test_places_are_looked_up_once_in_a_thread_of_their_own():
    asked, posted = [], queue.SimpleQueue()

    def look_up(number, kind):
        asked.append((number, kind, threading.current_thread().name))
        return "Beijing" if number.startswith("+8610") else ""

    book = PlaceBook(look_up, posted.put)
    assert book.place("+861055501234", NumberKind.FIXED) == ""
    book.start()
    try:
        while not book.all_answered:
            message = posted.get(timeout=5)
            assert isinstance(message, PlacesFound)
            book.learn(message.found)
        assert book.place("+861055501234", NumberKind.FIXED) == "Beijing"
        assert asked == [("+861055501234", NumberKind.FIXED, "console-places")]
    finally:
        book.stop()
