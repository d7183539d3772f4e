"""Consoles notice that something was written: at once by a nudge, within a second without one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dutyphone.errors import DatabaseUnusable
from dutyphone.journal.facts import CallArrived
from dutyphone.store import nudge
from dutyphone.store.feed import FLOOR_S, Feed, _ServerWatch
from dutyphone.store.nudge import LONGEST_PATH, Nudger, Watcher, watchers_folder
from dutyphone.store.store import Store

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

LONG_ENOUGH_S = 20.0
"""A wait that only ends so late if the thing waited for never comes."""

WRITER = """
import sys
from datetime import UTC, datetime
from dutyphone.journal.facts import CallArrived
from dutyphone.store.store import Store
at = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
with Store.open(sys.argv[1]) as store:
    for i, _ in enumerate(sys.stdin):
        store.append([CallArrived(at=at, call=str(i), line="desk")], recorded_at=at)
        print(i, flush=True)
"""


@pytest.fixture
def writer(url: str, store: Store) -> Iterator[Callable[[], None]]:
    """Another process; calling it makes that process append one fact, and returns when it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def write() -> None:
        stdin.write("\n")
        stdin.flush()
        assert stdout.readline()

    write()
    yield write
    process.communicate(timeout=30)


def timed(wait: Callable[[], bool]) -> tuple[bool, float]:
    began = time.perf_counter()
    return wait(), time.perf_counter() - began


def test_another_process_that_writes_wakes_the_feed(store: Store, writer: Callable[[], None]) -> None:
    """P4: by the nudge, for nothing else is quicker than the floor."""
    with Feed(store) as feed:
        while feed.wait(0.0):
            pass
        for _ in range(5):
            before = store.last_seq()
            writer()
            woken, took_s = timed(lambda: feed.wait(LONG_ENOUGH_S))
            assert woken
            assert took_s < FLOOR_S / 2
            assert store.last_seq() == before + 1


def test_several_consoles_are_all_woken(store: Store, writer: Callable[[], None]) -> None:
    with Feed(store) as one, Feed(store) as two:
        writer()
        assert one.wait(LONG_ENOUGH_S)
        assert two.wait(LONG_ENOUGH_S)


def test_ones_own_writing_wakes_ones_own_feed(store: Store) -> None:
    with Feed(store) as feed:
        store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
        assert feed.wait(LONG_ENOUGH_S)


def test_nothing_new_is_no_change(store: Store) -> None:
    with Feed(store) as feed:
        assert not feed.wait(0.05)
        assert not feed.wait(0.0)


def test_many_nudges_are_one_change(file_store: Store) -> None:
    with Feed(file_store) as feed:
        for i in range(300):
            file_store.append([CallArrived(at=AT, call=str(i), line="desk")], recorded_at=AT)
        assert feed.wait(LONG_ENOUGH_S)
        assert not feed.wait(0.05)


def test_with_the_nudge_cut_it_is_seen_within_about_a_second(file_store: Store, file_url: str) -> None:
    """P4: the floor. What the writer cannot send to is what a lost datagram looks like."""
    assert file_store.database.path is not None
    folder = watchers_folder(file_store.database.path)
    with Feed(file_store) as feed, Store.open(file_url) as other:
        shutil.rmtree(folder)
        other.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
        woken, took_s = timed(lambda: feed.wait(LONG_ENOUGH_S))
        assert woken
        assert took_s <= FLOOR_S + 0.1


def test_a_folder_nobody_may_write_leaves_the_floor(
    file_store: Store, file_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_store.database.path is not None
    watchers_folder(file_store.database.path).write_text("a file in its place")
    with Feed(file_store) as feed, Store.open(file_url) as other:
        other.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
        assert feed.wait(LONG_ENOUGH_S)


def test_closing_ends_a_wait_in_another_thread(store: Store) -> None:
    feed = Feed(store)
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(feed.wait(None)))
    waiting.start()
    feed.close()
    waiting.join(LONG_ENOUGH_S)
    assert not waiting.is_alive()
    assert answers == [False]
    assert not feed.wait(LONG_ENOUGH_S)
    feed.close()


def test_what_nudges_without_growing_the_journal_is_no_change(file_store: Store) -> None:
    assert file_store.database.path is not None
    nudger = Nudger(watchers_folder(file_store.database.path))
    with Feed(file_store) as feed:
        nudger.nudge()
        assert not feed.wait(0.05)
    nudger.close()


def test_a_feed_knows_where_the_journal_ends(store: Store) -> None:
    store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
    with Feed(store) as feed:
        assert feed.last_seq == 1
        facts = [CallArrived(at=AT, call=call, line="desk") for call in "bcd"]
        store.append(facts, recorded_at=AT)
        assert feed.last_seq == 1
        assert feed.wait(LONG_ENOUGH_S)
        assert feed.last_seq == store.last_seq() == 4


# --- a server that goes away ---------------------------------------------------------------------------------------


def hang_up(store: Store, feed: Feed) -> None:
    """The server ends the connection of `feed`."""
    assert isinstance(feed._watch, _ServerWatch)
    pid = feed._watch._connection.info.backend_pid
    with store.database.reading() as session:
        session.sql("SELECT pg_terminate_backend(%s)", (pid,))
        while session.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)):
            session.sql("SELECT pg_sleep(0.01)")


def test_a_lost_connection_is_made_again_and_nothing_is_missed(server_store: Store) -> None:
    """P4, X04: what was written while nobody listened is noticed with the first look."""
    with Feed(server_store) as feed:
        for call in "abc":
            hang_up(server_store, feed)
            server_store.append([CallArrived(at=AT, call=call, line="desk")], recorded_at=AT)
            woken, took_s = timed(lambda: feed.wait(LONG_ENOUGH_S))
            assert woken
            assert took_s < LONG_ENOUGH_S / 2, "not by the floor"
            assert feed.last_seq == server_store.last_seq()
        server_store.append([CallArrived(at=AT, call="d", line="desk")], recorded_at=AT)
        assert feed.wait(LONG_ENOUGH_S), "and it listens again"


def test_a_connection_lost_while_somebody_waits_is_no_news(server_store: Store) -> None:
    with Feed(server_store) as feed:
        answers: list[bool] = []
        waiting = threading.Thread(target=lambda: answers.append(feed.wait(LONG_ENOUGH_S)))
        waiting.start()
        hang_up(server_store, feed)
        server_store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
        waiting.join(LONG_ENOUGH_S)
        assert answers == [True]


def test_what_the_feed_does_not_see_it_says(server_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is away is an error each time it is asked; once it is back, nothing was missed."""
    with Feed(server_store) as feed:

        def away() -> None:
            raise DatabaseUnusable("away")

        with monkeypatch.context() as patch:
            patch.setattr(server_store.database, "lone_connection", away)
            hang_up(server_store, feed)
            for _ in range(3):
                with pytest.raises(DatabaseUnusable):
                    feed.wait(LONG_ENOUGH_S)
            server_store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
        assert feed.wait(LONG_ENOUGH_S)


def test_notifications_of_anybody_are_hints_and_no_more(server_store: Store) -> None:
    with Feed(server_store) as feed, server_store.database.reading() as session:
        session.sql("NOTIFY dutyphone, 'hello'")
        session.sql("NOTIFY dutyphone, 'another_schema 7'")
        session.sql("SELECT pg_notify('dutyphone', current_schema() || ' much')")
        session.sql("NOTIFY dutyphone")
        assert not feed.wait(0.05)
        server_store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
        assert feed.wait(LONG_ENOUGH_S)
        assert feed.last_seq == 1


def test_one_notification_an_append(server_store: Store) -> None:
    """P4: one NOTIFY a group commit."""
    with closing(server_store.database.lone_connection()) as listener:
        listener.execute("LISTEN dutyphone")
        server_store.append([CallArrived(at=AT, call=str(n), line="desk") for n in range(100)], recorded_at=AT)
        server_store.append([CallArrived(at=AT, call="last", line="desk")], recorded_at=AT)
        ((schema,),) = listener.execute("SELECT current_schema()").fetchall()
        heard = [each.payload for each in listener.notifies(timeout=0.5)]
        assert [each for each in heard if schema in each] == [f"{schema} 100", f"{schema} 101"]


# --- the rest --------------------------------------------------------------------------------------------------------


def test_a_feed_leaves_nothing_behind(file_store: Store) -> None:
    assert file_store.database.path is not None
    folder = watchers_folder(file_store.database.path)
    with Feed(file_store), Feed(file_store):
        assert len(list(folder.iterdir())) == 2
    assert list(folder.iterdir()) == []


# --- nudges ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["unix", "loopback"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A watchers folder, on systems with and without Unix sockets."""
    if request.param == "loopback":
        monkeypatch.setattr(nudge, "_unix_family", lambda: None)
    return tmp_path / "w"


def test_a_nudge_arrives_once(folder: Path) -> None:
    nudger = Nudger(folder)
    nudger.nudge()  # nobody has ever watched
    watcher = Watcher(folder)
    assert not watcher.wait(0.0)
    for _ in range(2):
        nudger.nudge()
        assert watcher.wait(LONG_ENOUGH_S)
        assert not watcher.wait(0.01)
    watcher.close()
    assert list(folder.iterdir()) == []
    nudger.nudge()
    nudger.close()


def test_watchers_that_come_and_go_are_all_nudged(folder: Path) -> None:
    nudger = Nudger(folder)
    first = Watcher(folder)
    nudger.nudge()
    second = Watcher(folder)
    nudger.nudge()
    first.close()
    nudger.nudge()
    third = Watcher(folder)
    nudger.nudge()
    assert sum(second.wait(0.5) for _ in range(3)) == 3
    assert third.wait(LONG_ENOUGH_S)
    for each in (second, third):
        assert not each.wait(0.01)
        each.close()
    nudger.close()


def test_a_wait_takes_as_long_as_it_is_told(folder: Path) -> None:
    watcher = Watcher(folder)
    for timeout_s in (0.0, 0.03, 0.1, 0.03):
        came, took_s = timed(lambda timeout_s=timeout_s: watcher.wait(timeout_s))
        assert not came
        assert took_s >= timeout_s * 0.9
    watcher.nudge()
    assert watcher.wait(LONG_ENOUGH_S)
    watcher.close()


def test_a_watcher_that_died_is_swept_away(folder: Path) -> None:
    nudger = Nudger(folder)
    for known in (False, True):
        dead = Watcher(folder)
        if known:
            nudger.nudge()
        dead._socket.close()
        assert len(list(folder.iterdir())) == 1
        nudger.nudge()
        alive = Watcher(folder)
        assert [place.name for place in folder.iterdir()] == [alive.place.name]
        nudger.nudge()
        assert alive.wait(LONG_ENOUGH_S)
        alive.close()
    nudger.close()


def test_a_watcher_that_does_not_read_holds_nobody_up(folder: Path) -> None:
    watcher = Watcher(folder)
    nudger = Nudger(folder)
    for _ in range(3000):
        nudger.nudge()
    assert watcher.wait(0.0)
    watcher.close()
    nudger.close()


def test_odd_files_among_the_watchers_do_not_matter(folder: Path) -> None:
    folder.mkdir()
    (folder / "1-1.port").write_text("not a port")
    (folder / "1-2.sock").write_text("not a socket")
    (folder / "notes").mkdir()
    nudger = Nudger(folder)
    nudger.nudge()
    nudger.close()


def test_a_path_too_long_for_a_socket_goes_under_the_temporary_folder(tmp_path: Path) -> None:
    near = watchers_folder(Path("/var/lib/dutyphone/duty.db"))
    assert near == Path("/var/lib/dutyphone/duty.db.watchers")
    deep = tmp_path / ("很长的文件夹名" * 6) / "duty.db"
    far = watchers_folder(deep)
    assert far != deep.with_name("duty.db.watchers")
    assert far == watchers_folder(deep)
    assert len(str(far)) < LONGEST_PATH
