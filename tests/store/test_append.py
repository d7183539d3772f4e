"""The single door: all or nothing, one chain however many write, and nothing committed is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from dutyphone.errors import DatabaseBusy, DiskFull
from dutyphone.journal.facts import CallArrived, CallIdentified, CallNoted, CallRang, Fact
from dutyphone.lines.events import Direction
from dutyphone.store.readmodels import CallQuery, CallState
from dutyphone.store.store import Store
from dutyphone.store.verify import check_chain, verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime
from dutyphone.journal.facts import CallArrived, CallRang
from dutyphone.store.store import Store

url, name, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
at = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
with Store.open(url) as store:
    sys.stdin.readline()
    for i in range(many):
        call = f"{name}-{i}"
        written = store.append(
            [CallArrived(at=at, call=call, line=name), CallRang(at=at, call=call, ring=1)], recorded_at=at
        )
        print(written[-1], flush=True)
"""


def test_rows_are_numbered_from_one_without_gaps(store: Store) -> None:
    assert store.append([], recorded_at=AT) == range(0)
    assert store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT) == range(1, 2)
    assert store.append([CallRang(at=AT, call="a", ring=n) for n in (1, 2, 3)], recorded_at=AT) == range(2, 5)
    assert store.last_seq() == 4


def test_a_call_is_there_as_soon_as_its_first_ring_is_written(store: Store) -> None:
    """X01, X02: the row comes first, the number later, and it may never come."""
    store.append([CallArrived(at=AT, call="a", line="desk", wire=b"RING\r\n")], recorded_at=AT)
    (row,) = store.open_calls()
    assert (row.id, row.call, row.state, row.identified) == (1, "a", CallState.RINGING, False)


def test_call_numbers_follow_arrival_and_have_no_gaps(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    """S2-03"""
    store.append([*a_call("a"), *a_call("b", at=AT - timedelta(hours=1))], recorded_at=AT)
    store.append(a_call("c"), recorded_at=AT)
    assert {row.call: row.id for row in store.stream_calls(CallQuery())} == {"a": 1, "b": 2, "c": 3}


def test_nothing_is_written_if_one_fact_cannot_be(store: Store) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class CallTeleported(Fact):
        """A kind that no journal knows."""

    good = CallArrived(at=AT, call="a", line="desk")
    with pytest.raises(KeyError, match="CallTeleported"):
        store.append([good, CallTeleported(at=AT)], recorded_at=AT)
    assert store.last_seq() == 0
    assert store.open_calls() == ()
    assert store.append([good], recorded_at=AT) == range(1, 2)
    assert verify(store).ok


def test_a_fact_about_a_call_nobody_saw_arrive_is_kept_and_changes_nothing(store: Store) -> None:
    store.append(
        [
            CallRang(at=AT, call="ghost", ring=1),
            CallNoted(at=AT, call="ghost", text="谁？"),
            CallArrived(at=AT, call="real", line="desk"),
        ],
        recorded_at=AT,
    )
    assert store.last_seq() == 3
    assert [row.call for row in store.open_calls()] == ["real"]
    assert store.call("ghost") is None
    assert store.history(CallQuery(text="谁")).rows == ()
    assert verify(store).ok


def test_text_no_database_takes_is_kept_in_the_journal_and_mended_in_the_tables(store: Store) -> None:
    """X03"""
    odd = "值\x00班" + b"\xd6\xd0".decode("utf-8", "surrogateescape")
    store.append(
        [
            CallArrived(at=AT, call=odd, line=odd),
            CallIdentified(at=AT, call=odd, name=odd, number_raw=odd),
            CallNoted(at=AT, call=odd, text=odd, by=odd),
        ],
        recorded_at=AT,
    )
    (row,) = store.open_calls()
    assert row.name == "值�班��"
    assert store.history(CallQuery(text="值�班")).rows == (row,)
    detail = store.call(row.call)
    assert detail is not None
    assert len(detail.facts) == 3
    assert verify(store).ok


def test_an_outgoing_call_is_in_use_from_the_start(store: Store) -> None:
    store.append([CallArrived(at=AT, call="a", line="desk", direction=Direction.OUTGOING)], recorded_at=AT)
    assert store.open_calls()[0].state is CallState.IN_CALL


def test_three_processes_write_one_unbroken_chain(url: str) -> None:
    """Two writers that read the same head would fork the chain; 0 of 240 links may break."""
    with Store.open(url) as store:
        others = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, url, name, "40"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
            )
            for name in ("east", "west")
        ]
        for other in others:
            assert other.stdin is not None
            other.stdin.write("go\n")
            other.stdin.flush()
        for i in range(40):
            call = f"here-{i}"
            store.append(
                [CallArrived(at=AT, call=call, line="here"), CallRang(at=AT, call=call, ring=1)], recorded_at=AT
            )
        for other in others:
            other.communicate(timeout=60)
            assert other.returncode == 0
        assert store.last_seq() == 240
        assert [row.id for row in store.stream_calls(CallQuery())] == list(range(1, 121))
        report = verify(store)
        assert report.ok, report


def test_a_recorder_killed_while_writing_loses_nothing_it_had_committed(url: str) -> None:
    """kill -9 at a point nobody chose: what was said to be written is there, and only whole batches are."""
    with Store.open(url):
        pass
    said = 0
    for attempt in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, url, f"line{attempt}", "100000"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
        for _ in range(25 + 10 * attempt):
            said = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        rest, _ = writer.communicate(timeout=60)
        whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        said = int(whole[-1]) if whole else said
        with Store.open(url) as store:
            assert store.last_seq() >= said
            assert store.last_seq() % 2 == 0, "half a batch"
            assert check_chain(store.database) is None
            assert store.count_calls(CallQuery()) * 2 == store.last_seq()


def test_a_full_disk_is_told_and_what_was_written_stays(file_store: Store) -> None:
    """X30"""
    file_store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
    with file_store.database.writing() as session:
        ((pages,),) = session.sql("PRAGMA page_count")
        session.sql(f"PRAGMA max_page_count = {pages}")
    long_note = CallNoted(at=AT, call="a", text="电话" * 20_000)
    with pytest.raises(DiskFull) as caught:
        file_store.append([CallRang(at=AT, call="a", ring=1), long_note], recorded_at=AT)
    assert caught.value.advice
    assert file_store.last_seq() == 1
    with file_store.database.writing() as session:
        session.sql("PRAGMA max_page_count = 1000000")
    assert file_store.append([CallRang(at=AT, call="a", ring=1), long_note], recorded_at=AT) == range(2, 4)
    assert verify(file_store).ok


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits of POSIX")
def test_a_file_system_without_room_is_told_as_a_full_disk(tmp_path_factory: pytest.TempPathFactory) -> None:
    """X30: a real file system of 3 MB that fills up."""
    folder = tmp_path_factory.mktemp("small")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("may not mount a small file system here")
    try:
        with Store.open(f"sqlite:///{folder}/duty.db", key_folder=folder.parent) as store:
            written: list[int] = []

            def fill() -> None:
                for i in range(1000):
                    note = CallNoted(at=AT, call=str(i), text="电" * 9000)
                    written.extend(store.append([CallArrived(at=AT, call=str(i), line="desk"), note], recorded_at=AT))

            with pytest.raises(DiskFull):
                fill()
            assert written
            assert store.last_seq() == written[-1]
            assert check_chain(store.database) is None
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_database_held_by_another_program_is_told_as_busy(file_store: Store, file_url: str) -> None:
    with file_store.database.writing() as session:
        session.sql("PRAGMA busy_timeout = 10")
    with Store.open(file_url) as other, other.database.writing(), pytest.raises(DatabaseBusy):
        file_store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT)
    assert file_store.append([CallArrived(at=AT, call="a", line="desk")], recorded_at=AT) == range(1, 2)
