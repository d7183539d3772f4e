"""One recorder a line: alone on a file, side by side on a server, and never two on one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from dutyphone.errors import RecorderAlreadyRunning, StoreError
from dutyphone.journal.facts import CallArrived, ClockStepped, RecorderStarted, RecorderStopped, StopReason
from dutyphone.store.lease import RecorderLease
from dutyphone.store.store import Store

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

HOLDER = """
import sys
from dutyphone.store.store import Store
with Store.open(sys.argv[1]) as store, store.lease_lines(["desk", "fax"], "other"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def began(recorder: str, *lines: str, pid: int = 4242, host: str = "duty-pc-2") -> RecorderStarted:
    return RecorderStarted(at=AT, version="1", pid=pid, recorder=recorder, host=host, lines=lines)


def a_fact(n: int = 0) -> ClockStepped:
    return ClockStepped(at=AT + timedelta(seconds=n), step_s=float(n))


def backend_of_writer(store: Store) -> int:
    """The server's process for the connection that `store` writes on."""
    with store.database.writing() as session:
        return int(session.sql("SELECT pg_backend_pid()")[0][0])


def cut(store: Store, beside: Store) -> None:
    """The server ends the connection on which `store` writes; the locks of that connection are free."""
    pid = backend_of_writer(store)
    with beside.database.reading() as session:
        session.sql("SELECT pg_terminate_backend(%s)", (pid,))
        while session.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)):
            session.sql("SELECT pg_sleep(0.01)")


@pytest.fixture
def elsewhere(server_url: str, server_store: Store) -> Iterator[Store]:
    """The same database on the server, opened by somebody else."""
    with Store.open(server_url) as opened:
        yield opened


@pytest.fixture
def beside(url: str, store: Store) -> Iterator[Store]:
    """The same database, opened by somebody else."""
    with Store.open(url) as opened:
        yield opened


# --- alone -------------------------------------------------------------------------------------------------------


def test_who_has_the_whole_database_has_it_alone(store: Store, beside: Store) -> None:
    with store.lease():
        for attempt in (beside.lease, lambda: beside.lease_lines(["desk"], "b")):
            with pytest.raises(RecorderAlreadyRunning) as caught:
                attempt()
            assert caught.value.advice
            assert caught.value.exit_code == 5
    with beside.lease() as lease:
        lease.release()
        lease.release()
        store.lease().release()


def test_no_recorder_may_run_beside_who_has_the_whole_database(store: Store, beside: Store) -> None:
    with store.lease_lines(["desk"], "a"):
        store.append([began("a", "desk")], recorded_at=AT)
        with pytest.raises(RecorderAlreadyRunning):
            beside.lease()
    beside.lease().release()


def test_a_file_has_one_recorder(file_store: Store, file_url: str) -> None:
    with file_store.lease_lines(["desk"], "a") as lease, Store.open(file_url) as other:
        assert (lease.held, lease.taken) == (("desk",), {})
        with pytest.raises(RecorderAlreadyRunning, match=str(os.getpid())):
            other.lease_lines(["fax"], "b")


def test_a_recorder_that_is_killed_holds_nothing(store: Store, url: str, write: Callable[..., range]) -> None:
    """X01: the next one begins at once, and knows whom it follows."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        write(store, began("other", "desk", "fax", pid=other.pid))
        with pytest.raises(RecorderAlreadyRunning, match=str(other.pid)) as caught:
            store.lease()
        assert caught.value.pid == other.pid
    finally:
        os.kill(other.pid, signal.SIGKILL)
        other.communicate(timeout=30)
    _soon(store).release()


def _soon(store: Store) -> RecorderLease:
    """A server may take a moment to notice that somebody died."""
    for _ in range(200):
        try:
            return store.lease()
        except RecorderAlreadyRunning:
            with store.database.reading() as session:
                if store.database.path is None:
                    session.sql("SELECT pg_sleep(0.02)")
    pytest.fail("the lease outlived its process")


def test_a_lock_file_left_behind_is_no_lock(file_store: Store) -> None:
    path = file_store.database.path
    assert path is not None
    path.with_name("duty.db.lock").write_text("99999999 and more")
    with file_store.lease():
        assert path.with_name("duty.db.lock").read_text() == str(os.getpid())


# --- side by side ------------------------------------------------------------------------------------------------


def test_recorders_with_lines_of_their_own_work_side_by_side(server_store: Store, elsewhere: Store) -> None:
    with server_store.lease_lines(["desk"], "a") as one, elsewhere.lease_lines(["fax", "hall"], "b") as two:
        assert (one.held, two.held) == (("desk",), ("fax", "hall"))
        server_store.append([a_fact(1)], recorded_at=AT)
        elsewhere.append([a_fact(2)], recorded_at=AT)
        assert server_store.last_seq() == 2


def test_a_line_that_is_taken_is_refused_and_its_holder_named(server_store: Store, elsewhere: Store) -> None:
    with server_store.lease_lines(["desk", "fax"], "a"):
        with elsewhere.lease_lines(["fax", "hall"], "b") as lease:
            assert lease.held == ("hall",)
            assert lease.taken["fax"].pid is None, "it has not said a word yet"
        server_store.append([began("a", "desk", "fax")], recorded_at=AT)
        with elsewhere.lease_lines(["fax"], "b") as lease:
            assert lease.held == ()
            holder = lease.taken["fax"]
            assert (holder.pid, holder.host, holder.since) == (4242, "duty-pc-2", AT)
    with elsewhere.lease_lines(["fax"], "b") as lease:
        assert lease.held == ("fax",)


def test_a_line_of_another_schema_is_another_line(server_store: Store) -> None:
    with server_store.database.writing() as session:
        ((schema,),) = session.sql("SELECT current_schema()")
        session.sql(f'CREATE SCHEMA "{schema}_b"')
    other_url = server_store.database.url.update_query_dict({"options": f"-csearch_path={schema}_b"})
    try:
        with (
            Store.open(other_url.render_as_string(hide_password=False)) as other,
            server_store.lease_lines(["desk"], "a"),
            other.lease_lines(["desk"], "b") as lease,
        ):
            assert lease.held == ("desk",)
    finally:
        with server_store.database.writing() as session:
            session.sql(f'DROP SCHEMA "{schema}_b" CASCADE')


# --- cut off -----------------------------------------------------------------------------------------------------


def test_who_was_cut_off_takes_its_lines_again_before_it_writes(server_store: Store, elsewhere: Store) -> None:
    with server_store.lease_lines(["desk"], "a"):
        server_store.append([began("a", "desk")], recorded_at=AT)
        cut(server_store, elsewhere)
        server_store.append([a_fact()], recorded_at=AT)
        with elsewhere.lease_lines(["desk"], "b") as lease:
            assert lease.held == ()
        with pytest.raises(RecorderAlreadyRunning):
            elsewhere.lease()


def test_a_beat_takes_the_lines_again_though_nobody_calls(server_store: Store, elsewhere: Store) -> None:
    with server_store.lease_lines(["desk"], "a"):
        server_store.append([began("a", "desk")], recorded_at=AT)
        cut(server_store, elsewhere)
        server_store.beat(AT, {})
        with elsewhere.lease_lines(["desk"], "b") as lease:
            assert lease.held == ()


def test_who_lost_a_line_to_another_writes_no_more(server_store: Store, elsewhere: Store) -> None:
    with server_store.lease_lines(["desk", "fax"], "a"):
        server_store.append([began("a", "desk", "fax")], recorded_at=AT)
        cut(server_store, elsewhere)
        with elsewhere.lease_lines(["fax"], "b"):
            elsewhere.append([began("b", "fax", pid=77, host="duty-pc-3")], recorded_at=AT)
            rows = elsewhere.last_seq()
            for attempt in (lambda: server_store.append([a_fact()], recorded_at=AT), lambda: server_store.beat(AT, {})):
                with pytest.raises(RecorderAlreadyRunning, match="77 on duty-pc-3"):
                    attempt()
            assert elsewhere.last_seq() == rows


def test_who_was_found_dead_meanwhile_writes_no_more(server_store: Store, elsewhere: Store) -> None:
    """Its lines are free again, but its calls were closed by whoever had them in between."""
    with server_store.lease_lines(["desk"], "a"):
        server_store.append([began("a", "desk")], recorded_at=AT)
        cut(server_store, elsewhere)
        with elsewhere.lease_lines(["desk"], "b"):
            elsewhere.append([RecorderStopped(at=AT, reason=StopReason.FOUND_DEAD, recorder="a")], recorded_at=AT)
        with pytest.raises(RecorderAlreadyRunning, match="took over"):
            server_store.append([a_fact()], recorded_at=AT)


def test_an_old_connection_that_still_holds_the_lines_is_ended(server_store: Store, elsewhere: Store) -> None:
    """A network that was away leaves the server with a connection that nobody is behind any more."""
    with server_store.lease_lines(["desk"], "a"):
        server_store.append([began("a", "desk")], recorded_at=AT)
        with closing(server_store.database._writer):
            server_store.database._writer = None
            server_store.append([a_fact()], recorded_at=AT)
        assert elsewhere.last_seq() == 2


# --- in doubt ----------------------------------------------------------------------------------------------------


class LostInCommit:
    """A driver connection whose COMMIT is carried out, or is not, and is never answered."""

    def __init__(self, connection, *, carried_out: bool) -> None:
        self._connection = connection
        self._carried_out = carried_out

    def __getattr__(self, name: str):
        return getattr(self._connection, name)

    def cursor(self):
        return _LostCursor(self._connection.cursor(), self._connection, carried_out=self._carried_out)


class _LostCursor:
    def __init__(self, cursor, connection, *, carried_out: bool) -> None:
        self._cursor = cursor
        self._connection = connection
        self._carried_out = carried_out

    def __getattr__(self, name: str):
        return getattr(self._cursor, name)

    def execute(self, text, *arguments):
        if text == "COMMIT":
            if self._carried_out:
                self._cursor.execute(text)
            self._connection.close()
        return self._cursor.execute(text, *arguments)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_commit_that_was_never_answered_is_not_done_twice(
    server_store: Store, elsewhere: Store, carried_out: bool
) -> None:
    """X08: the server went away between the commit and its answer; what is tried again is written once."""
    facts = [CallArrived(at=AT, call="a", line="desk"), CallArrived(at=AT, call="b", line="desk")]
    server_store.append([a_fact()], recorded_at=AT)
    whole = server_store.database._writer
    server_store.database._writer = LostInCommit(whole, carried_out=carried_out)
    with pytest.raises(StoreError):
        server_store.append(facts, recorded_at=AT)
    assert elsewhere.last_seq() == (3 if carried_out else 1)
    elsewhere.append([a_fact(1)], recorded_at=AT)
    more = [*facts, CallArrived(at=AT, call="c", line="desk")]
    server_store.append(more, recorded_at=AT)
    assert [row.call for row in elsewhere.open_calls()] == ["a", "b", "c"]
    assert elsewhere.last_seq() == 5
