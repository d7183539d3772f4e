"""One recorder a database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from dutyphone.errors import RecorderAlreadyRunning
from dutyphone.journal.facts import RecorderStarted
from dutyphone.store.lease import RecorderLease
from dutyphone.store.store import Store

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

HOLDER = """
import sys
from dutyphone.store.store import Store
with Store.open(sys.argv[1]) as store, store.lease():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_recorder_is_refused_until_the_first_ends(store: Store) -> None:
    with store.lease():
        with pytest.raises(RecorderAlreadyRunning) as caught:
            store.lease()
        assert caught.value.advice
        assert caught.value.exit_code == 5
    with store.lease() as lease:
        lease.release()
        lease.release()
        RecorderLease(store.database).release()


def test_the_other_recorder_is_named_by_its_process(store: Store, url: str, write: Callable[..., range]) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        write(store, RecorderStarted(at=AT, version="1", pid=other.pid))
        with pytest.raises(RecorderAlreadyRunning, match=str(other.pid)) as caught:
            store.lease()
        assert caught.value.pid == other.pid
    finally:
        os.kill(other.pid, signal.SIGKILL)
        other.communicate(timeout=30)
    _soon(store)


def _soon(store: Store) -> None:
    """A recorder that was killed holds nothing; a server may take a moment to notice."""
    for _ in range(200):
        try:
            store.lease().release()
        except RecorderAlreadyRunning:
            with store.database.reading() as session:
                if store.database.path is None:
                    session.sql("SELECT pg_sleep(0.02)")
        else:
            return
    pytest.fail("the lease outlived its process")


def test_a_lock_file_left_behind_is_no_lock(file_store: Store) -> None:
    path = file_store.database.path
    assert path is not None
    path.with_name("duty.db.lock").write_text("99999999 and more")
    with file_store.lease():
        assert path.with_name("duty.db.lock").read_text() == str(os.getpid())
