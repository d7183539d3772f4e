"""What goes wrong with the machine the recorder runs on: disk, database, queue. Nothing that was heard is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from dutyphone_simulators.disk import DiskFault, FaultyDisk
from support.night import Night
from support.recording import Recording

from dutyphone.errors import DiskFull
from dutyphone.journal.facts import CallRang
from dutyphone.lines.events import LineEvent
from dutyphone.recorder import agenda, service, writer
from dutyphone.recorder.inbox import Inbox, Tick
from dutyphone.store import sqlite
from dutyphone.store.status import LineDeclaration

OpenNight = Callable[..., Night]
Fault = Callable[[Night], Any]

CALLS = "@ +5\n* call from=01055501234 rings=3\n@ +35\n" * 12


@contextmanager
def full_disk(desk: Night) -> Iterator[None]:
    """No page more: SQLite itself says that the disk is full."""
    with desk.store.database.writing() as session:
        ((pages,),) = session.sql("PRAGMA page_count")
        session.sql(f"PRAGMA max_page_count = {pages}")
    yield
    with desk.store.database.writing() as session:
        session.sql("PRAGMA max_page_count = 1073741823")


@contextmanager
def write_protected_disk(desk: Night) -> Iterator[None]:
    """SQLite refuses every change."""
    with desk.store.database.writing() as session:
        session.sql("PRAGMA query_only = ON")
    yield
    desk.store.database.session(desk.store.database._writer).sql("PRAGMA query_only = OFF")


@contextmanager
def locked_database(desk: Night) -> Iterator[None]:
    """Another program is in the middle of a transaction of its own."""
    with desk.store.database.writing() as session:
        session.sql("PRAGMA busy_timeout = 1")
    path = desk.store.database.path
    other = sqlite.safe_driver().connect(str(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("fault", [full_disk, write_protected_disk, locked_database])
def test_what_cannot_be_written_waits_in_order_and_is_written(night: OpenNight, fault: Fault) -> None:
    """X01, X30: a database that refuses for minutes, in the middle of ringing, costs no call and no ring."""
    desk = night(CALLS)
    desk.run(43)
    with fault(desk):
        desk.run(280)
        assert desk.writer.waiting > 0, "the fault is none"
        assert len(desk.complaints) == 1, "said once, not at every try"
        before = len(desk.facts())
    desk.play()
    assert desk.writer.waiting == 0
    assert len(desk.complaints) == 2
    assert len(desk.facts()) > before
    assert [(row.number, row.rings) for row in desk.rows()] == [("+861055501234", 3)] * desk.calls_in
    assert sum(isinstance(fact, CallRang) for fact in desk.facts()) == desk.rings_sent == 36
    desk.check()


@pytest.mark.parametrize("fault", list(DiskFault))
def test_a_disk_that_fails_again_and_again(night: OpenNight, fault: DiskFault) -> None:
    """The same on the simulators' disk, which fails and is mended every few seconds."""
    disks: list[FaultyDisk] = []

    def behind_disk(store: Any) -> FaultyDisk:
        disks.append(FaultyDisk(store, lambda _seconds: None))
        return disks[-1]

    desk = night(CALLS, ledger=behind_disk)
    for turn in range(120):
        disks[0].fault = fault if turn % 3 else None
        desk.run(4)
    disks[0].fault = None
    desk.play()
    assert [row.rings for row in desk.rows()] == [3] * desk.calls_in
    assert len(desk.complaints) % 2 == 0, "each trouble is said to begin and to end"
    desk.check()


def test_a_recorder_that_dies_with_a_full_disk_loses_only_what_it_held(night: OpenNight) -> None:
    """The journal stays whole: what was written before is there, what was in memory is not, nothing is half there."""
    desk = night(CALLS)
    desk.run(130)
    written = len(desk.rows())
    with full_disk(desk):
        desk.run(200)
        desk.kill()
    desk.play()
    rows = desk.rows()
    assert len(rows) < desk.calls_in
    assert [row.rings for row in rows[:written]] == [3] * written
    desk.check()


# --- with threads ------------------------------------------------------------------------------------------------

FOUR_CALLS = "@ +30\n" + "* call from=01055501234 rings=2\n@ +19\n" * 4 + "@ +60\n"


def test_a_slow_disk_makes_no_call_shorter_or_later(recording: Recording) -> None:
    """X30: each write takes longer than the time between two rings; times are those of the wire."""
    recording.disk.takes_s = 0.3  # 7.5 s on the line
    recording.simulate("desk", FOUR_CALLS)
    recording.start()
    recording.wait_for_ended(4)
    recording.stop()
    assert [row.rings for row in recording.rows()] == [2] * 4
    assert [row.ring_s for row in recording.rows()] == pytest.approx([5.0] * 4, abs=2.0)
    recording.check()


def test_a_full_queue_makes_the_line_wait_and_drops_nothing(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X01: there is room for one thing, and a reminder takes it before every event."""
    inboxes: list[FullInbox] = []
    monkeypatch.setattr(service, "Inbox", lambda: inboxes.append(FullInbox(1)) or inboxes[-1])
    recording.disk.takes_s = 0.04
    recording.simulate("desk", FOUR_CALLS)
    recording.start()
    recording.wait_for_ended(4)
    recording.stop()
    assert inboxes[0].times_full > 0, "the queue was never full"
    assert [row.rings for row in recording.rows()] == [2] * 4
    recording.check()


def test_a_disk_that_is_seconds_late_moves_no_moment(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """X01, X30: the queue is full for longer than a line rings, again and again; the same calls at the same times."""
    inboxes: list[FullInbox] = []
    monkeypatch.setattr(service, "Inbox", lambda: inboxes.append(FullInbox(1)) or inboxes[-1])
    recording.disk.takes_s = 0.4  # 10 s on the line, and every event waits for two such writes
    recording.simulate("desk", "@ +30\n" + "* call from=01055501234 rings=3\n@ +25\n" * 2 + "@ +6000\n")
    recording.start()
    recording.wait_for_ended(2)
    recording.stop()
    assert inboxes[0].times_full > 0, "the queue was never full"
    assert [(row.number, row.rings) for row in recording.rows()] == [("+861055501234", 3)] * 2
    rang = [fact.at for fact in recording.facts() if isinstance(fact, CallRang)]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(rang)]
    assert gaps == pytest.approx([5.0, 5.0, 15.0, 5.0, 5.0], abs=1.5)
    recording.check()


def test_a_recorder_with_a_dead_disk_and_a_full_queue_can_be_stopped(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X30: what was heard up to the stop is kept beside the database, and the next start writes it, in order."""
    inboxes: list[FullInbox] = []
    monkeypatch.setattr(service, "Inbox", lambda: inboxes.append(FullInbox(2)) or inboxes[-1])
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    monkeypatch.setattr(writer, "RETRY_S", 0.05)
    recording.simulate("desk", FOUR_CALLS)
    recording.start()
    recording.wait_for(lambda: recording.is_up("desk"))
    recording.disk.fault = DiskFault.FULL
    recording.wait_for(lambda: inboxes[0].times_full > 0)
    recording.stop()
    assert recording.rows() == []
    assert any("kept in" in complaint for complaint in recording.complaints)
    recording.disk.fault = None
    recording.start()
    recording.wait_for_ended(1)
    recording.stop()
    assert not (recording.folder / "rescued.jsonl").exists()
    recording.check()


def test_a_disk_that_is_still_full_at_the_next_start(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """X01, X30: what was kept beside the database is written as soon as it can be: once, and before anything newer."""
    monkeypatch.setattr(writer, "RETRY_S", 0.05)
    recording.simulate("desk", "@ +30\n* call from=01055501234 rings=40\n@ +300\n")
    recording.start()
    recording.wait_for(lambda: any(row.rings == 2 for row in recording.rows()))
    recording.disk.fault = DiskFault.FULL
    recording.stop()
    assert recording.store.open_calls(), "its end is in the file"
    recording.start()
    recording.wait_for(lambda: recording.recorder_waits() > 0)
    recording.stop()
    recording.start()
    recording.wait_for(lambda: recording.recorder_waits() > 0)
    recording.disk.fault = None
    recording.wait_for(lambda: len(recording.rows()) > 1)
    assert not (recording.folder / "rescued.jsonl").exists()
    recording.stop()
    recording.start()
    recording.wait_for(lambda: recording.is_up("desk"))
    recording.stop()
    recording.check()


def test_a_disk_that_is_full_when_the_recorder_starts(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """X30: calls come first; what else is to be written at the start follows when there is room."""
    declare = recording.store.declare_lines

    def declare_if_there_is_room(lines: Sequence[LineDeclaration], *, place: str) -> None:
        if recording.disk.fault is not None:
            raise DiskFull("full")
        declare(lines, place=place)

    monkeypatch.setattr(recording.store, "declare_lines", declare_if_there_is_room)
    monkeypatch.setattr(agenda, "BEAT_EVERY_S", 0.2)
    monkeypatch.setattr(writer, "RETRY_S", 0.05)
    recording.disk.fault = DiskFault.FULL
    recording.simulate("desk", FOUR_CALLS)
    recording.start()
    recording.wait_for(lambda: recording.recorder_waits() > 4)
    assert recording.store.lines() == ()
    recording.disk.fault = None
    recording.wait_for(lambda: recording.is_up("desk"))
    recording.wait_for_ended(1)
    recording.wait_for(lambda: recording.line("desk").driver == "serial_modem")
    recording.stop()
    recording.check()


class FullInbox(Inbox):
    """An inbox with a reminder before every event, that counts how often the event had to wait."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.times_full = 0

    def post(self, events: Iterable[LineEvent]) -> None:
        for event in events:
            self.remind(Tick.BEAT)
            self.times_full += self._queue.full()
            super().post([event])
