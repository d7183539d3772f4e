"""X32: when its time is over, what is known of people goes; that they called, and the chain, stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dutyphone_simulators.clock import ManualClock
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from support.journals import batches

from dutyphone.duty.retention import Answer
from dutyphone.journal.facts import (
    Book,
    CallArrived,
    CallEnded,
    CallNoted,
    CallSettled,
    Fact,
    LineCameBack,
    NoiseHeard,
    Outcome,
    Settlement,
)
from dutyphone.lines.events import Evidence
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.rebuild import rebuild
from dutyphone.store.retention import PurgeReport, ask, due, purge
from dutyphone.store.schema import PROJECTIONS, calls, journal, numbers
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = AT + 400 * DAY
KEPT = 365 * DAY

ACall = Callable[..., list[Fact]]


def purged(store: Store, *, now: datetime = NOW, slices: int = 10**6) -> PurgeReport:
    """Purge what is older than `KEPT` at `now`, in at most so many slices."""
    rests: list[float] = []

    def rest(seconds: float) -> bool:
        rests.append(seconds)
        return len(rests) < slices

    return purge(store, Book.CALLS, now - KEPT, clock=ManualClock(now), rest=rest)


def write(store: Store, *facts: Fact) -> None:
    for fact in facts:
        store.append([fact], recorded_at=fact.at)


def everything(store: Store) -> list[Any]:
    """All projections and both indexes, numbers by what they say and not by their ids."""
    index = store.database.backend.index
    with store.database.snapshot() as session:
        known = {row[0]: tuple(row[1:]) for row in session.all(select(numbers))}
        tables: list[Any] = [sorted(known.values())]
        for table in PROJECTIONS:
            if table is numbers:
                continue
            at = list(table.c).index(calls.c.number_id) if table is calls else None
            rows = [list(row) for row in session.all(select(table).order_by(*table.primary_key.columns))]
            tables.append(
                rows if at is None else [[*row[:at], *known.get(row[at], (None,))[:2], *row[at + 1 :]] for row in rows]
            )
        tables.append(sorted(index.documents(session, index.text_index)))
        tables.append(sorted((known[doc], token) for doc, token in index.documents(session, index.number_index)))
        return tables


def bodies(store: Store) -> list[bool]:
    with store.database.reading() as session:
        return [body is not None for (body,) in session.all(select(journal.c.body).order_by(journal.c.seq))]


def test_a_purged_call_keeps_its_number_and_its_times_and_nothing_else(store: Store, a_call: ACall) -> None:
    write(
        store,
        *a_call("old", name="值班室甲"),
        CallNoted(at=AT + timedelta(hours=1), call="old", text="已报处长", by="张三"),
        CallSettled(at=AT + timedelta(hours=1), call="old", settlement=Settlement.CALLED_BACK, by="张三"),
        *a_call("young", at=NOW - DAY, number="+861055505678", raw="01055505678", name="值班室乙"),
    )
    before, young = (store.history(CallQuery(), limit=9).rows)[::-1]
    assert purged(store) == PurgeReport(
        calls=1, bodies=6, slices=1, last_s=0.0, shortest_s=0.0, longest_s=0.0, finished=True
    )
    detail = store.call("old")
    assert detail is not None
    assert (detail.row.id, detail.row.line, detail.row.direction) == (before.id, before.line, before.direction)
    assert (detail.row.arrived_at, detail.row.last_ring_at, detail.row.ended_at) == (
        before.arrived_at,
        before.last_ring_at,
        before.ended_at,
    )
    assert (detail.row.rings, detail.row.ring_s, detail.row.result) == (2, 6.0, Outcome.MISSED)
    assert detail.row.purged
    assert not {detail.row.number, detail.row.number_raw, detail.row.name} - {None}
    assert (detail.row.settled_by, detail.row.last_note, detail.row.notes, detail.notes) == ("", "", 0, ())
    assert [(fact.kind, fact.summary) for fact in detail.facts[:6]] == [
        ("CallArrived", ""),
        ("CallIdentified", ""),
        ("CallRang", ""),
        ("CallEnded", ""),
        ("CallNoted", ""),
        ("CallSettled", ""),
    ]
    assert store.history(CallQuery(text="处长")).rows == ()
    assert store.history(CallQuery(text="室甲")).rows == ()
    assert store.history(CallQuery(text="55501234")).rows == ()
    assert store.history(CallQuery(text="5678")).rows == (young,)
    assert store.history(CallQuery(text="室乙")).rows == (young,)


def test_purged_rows_still_verify_and_replay_to_the_same_tables(store: Store, a_call: ACall) -> None:
    for i in range(6):
        write(store, *a_call(f"c{i}", at=AT + i * 60 * DAY, number=f"+86105550120{i % 3}", name=f"第{i}室"))
    purged(store, now=AT + 500 * DAY)
    report = verify(store)
    assert report.ok, report
    assert report.purged == 12
    before = everything(store)
    rebuild(store)
    assert everything(store) == before
    assert [row.id for row in store.history(CallQuery()).rows] == [6, 5, 4, 3, 2, 1]
    write(store, *a_call("next", at=NOW + DAY, number="+861055501200"))
    assert verify(store).ok
    row = store.call("next")
    assert row is not None
    assert row.row.id == 7


def test_a_call_that_is_not_over_stays_whole_whatever_its_age(store: Store, a_call: ACall) -> None:
    write(store, *a_call("open")[:-1])
    assert purged(store).calls == 0
    assert all(bodies(store))
    end = CallEnded(at=NOW, call="open", outcome=Outcome.MISSED, evidence=Evidence.LINE_LOST, rings=2, ring_s=6.0)
    write(store, end)
    assert purged(store).calls == 0
    assert purged(store, now=NOW + KEPT + DAY) == due_later(store, calls=1, bodies=4)


def due_later(store: Store, *, calls: int, bodies: int) -> PurgeReport:
    return PurgeReport(calls=calls, bodies=bodies, slices=1, last_s=0.0, shortest_s=0.0, longest_s=0.0)


def test_a_call_that_somebody_still_writes_about_is_not_over(store: Store, a_call: ACall) -> None:
    noted = NOW - DAY
    write(store, *a_call("old"), CallNoted(at=noted, call="old", text="对方来函", by="李四"))
    assert purged(store).calls == 0
    assert purged(store, now=noted + KEPT + DAY).bodies == 5


def test_a_note_on_a_purged_call_has_a_time_of_its_own(store: Store, a_call: ACall) -> None:
    write(store, *a_call("old"))
    purged(store)
    write(store, CallNoted(at=NOW + DAY, call="old", text="查无此人", by="李四"))
    assert [row.last_note for row in store.history(CallQuery(text="查无")).rows] == ["查无此人"]
    assert verify(store).ok
    assert purged(store, now=NOW + DAY + KEPT + DAY).bodies == 1
    detail = store.call("old")
    assert detail is not None
    assert detail.notes == ()
    assert detail.row.id == 1
    assert verify(store).ok
    before = everything(store)
    rebuild(store)
    assert everything(store) == before


def test_noise_and_facts_of_no_call_go_alone(store: Store) -> None:
    write(
        store,
        LineCameBack(at=AT, line="desk", driver="serial_modem", port="/dev/ttyACM0"),
        NoiseHeard(at=AT, line="desk", pieces=3, wire=b"NMBR 0105550"),
        CallNoted(at=AT, call="nobody saw it", text="13900001234", by=""),
        NoiseHeard(at=NOW, line="desk", pieces=2, wire=b"?"),
    )
    assert purged(store).bodies == 2
    assert bodies(store)[:4] == [True, False, False, True]
    (line,) = store.lines()
    assert line.noise == 5
    assert verify(store).ok


def test_nothing_is_left_to_owe_for_a_call_nobody_knows_any_more(store: Store, a_call: ACall) -> None:
    write(store, *a_call("old", outcome=Outcome.UNKNOWN))
    assert len(store.owed_calls()) == 1
    purged(store)
    assert store.owed_calls() == ()


def test_a_dry_run_says_what_would_go_and_changes_nothing(store: Store, a_call: ACall) -> None:
    write(store, *a_call("old"), *a_call("young", at=NOW))
    found = due(store, Book.CALLS, NOW - KEPT, NOW)
    assert (found.calls, found.bodies) == (1, 4)
    assert all(bodies(store))
    done = purged(store)
    assert (done.calls, done.bodies) == (found.calls, found.bodies)
    assert due(store, Book.CALLS, NOW - KEPT, NOW) == PurgeReport()


def test_a_purge_can_be_stopped_between_slices_and_goes_on_from_there(store: Store, a_call: ACall) -> None:
    for i in range(8):
        write(store, *a_call(f"c{i}", at=AT + timedelta(minutes=i), name=f"第{i}室"))
    first = purged(store, slices=1)
    assert (first.calls, first.finished) == (1, False)
    assert verify(store).ok
    rest = purged(store)
    assert (rest.calls, rest.finished) == (7, True)
    assert purged(store).slices == 0
    report = verify(store)
    assert (report.ok, report.purged) == (True, 32)


def test_between_slices_others_write(store: Store, a_call: ACall) -> None:
    """P10: a line that rings meanwhile is written in between."""
    for i in range(3):
        write(store, *a_call(f"c{i}", at=AT + timedelta(minutes=i)))
    clock = ManualClock(NOW)
    worked: list[float] = []

    def rest(worked_s: float) -> bool:
        worked.append(worked_s)
        store.append(a_call(f"meanwhile-{len(worked)}", at=NOW), recorded_at=NOW)
        return True

    class Slow:
        def now(self) -> Any:
            return clock.advance(0.002)

    report = purge(store, Book.CALLS, NOW - KEPT, clock=Slow(), rest=rest)
    assert report.calls == 3
    assert len(worked) == report.slices
    assert all(worked_s >= report.shortest_s > 0 for worked_s in worked)
    assert store.count_calls(CallQuery()) == 3 + len(worked)
    assert verify(store).ok


@pytest.mark.parametrize(
    ("days_ago", "gone"),
    [
        ((), 0),
        ((10, 9, 8), 0),
        ((600, 500, 400, 20, 10), 3),
        ((600, 20, 500), 1),  # the clock was set back: what is behind a young row is younger still
        ((600, -3000, 500, 20), 3),  # one row of the year 2035: as old as the rows around it
        ((600, 500, -3000, 20), 2),
        ((-3000, -3000, -3000), 0),  # the clock says 2018 now: nothing is old, everything is in the future
        ((-3000, 600, 20), 2),
    ],
)
def test_rows_are_old_in_the_order_in_which_they_were_written(
    store: Store, days_ago: tuple[float, ...], gone: int
) -> None:
    """X29: a clock that was wrong once neither purges what is young nor keeps what is old."""
    for age in days_ago:
        note = CallNoted(at=NOW - age * DAY, call="nobody saw it", text="x", by="")
        store.append([note], recorded_at=NOW - age * DAY)
    assert purged(store).bodies == gone
    assert bodies(store)[: len(days_ago)] == [seq >= gone for seq in range(len(days_ago))]


def test_a_slice_that_takes_too_long_is_followed_by_a_smaller_one(store: Store, a_call: ACall) -> None:
    """P10: each is meant to take no longer than 3 ms more than a commit."""
    for i in range(40):
        write(store, *a_call(f"c{i}", at=AT + timedelta(seconds=i)))

    class PerRow:
        """A clock on which a slice takes 1 ms a body, as it would on a slow machine."""

        def __init__(self) -> None:
            self.clock, self.empty = ManualClock(NOW), 0

        def now(self) -> Any:
            empty = bodies(store).count(False)
            self.clock.advance(0.001 * (empty - self.empty))
            self.empty = empty
            return self.clock.now()

    report = purge(store, Book.CALLS, NOW - KEPT, clock=PerRow(), rest=lambda _seconds: True)
    assert report.calls == 40
    assert report.shortest_s == pytest.approx(0.004)
    assert report.longest_s <= 0.008 + 1e-9
    assert report.slices >= 20


def test_when_it_was_last_asked_is_remembered(store: Store) -> None:
    assert ask(store, Book.CALLS, AT) is Answer.WAIT
    assert ask(store, Book.CALLS, AT + DAY / 2) is Answer.TOO_SOON
    assert ask(store, Book.CALLS, AT + DAY) is Answer.ACT
    assert purged(store).slices == 0
    assert ask(store, Book.CALLS, AT + 1.5 * DAY) is Answer.TOO_SOON
    assert ask(store, Book.CALLS, AT + 2 * DAY) is Answer.ACT
    assert ask(store, Book.CALLS, AT + 400 * DAY) is Answer.WAIT


def test_nothing_of_it_is_left_in_the_file(file_store: Store, a_call: ACall, tmp_path: Path) -> None:
    """Not in free pages, not in the search index, not in the write-ahead log."""
    number, name, note = "13900004321", "王小明的单位", "他说明天上午十点再来"
    write(
        file_store,
        CallArrived(at=AT, call="old", line="desk", wire=f"NMBR={number}\r\n".encode()),
        *a_call("old", raw=number, number="+86" + number, name=name)[1:],
        CallNoted(at=AT, call="old", text=note * 200, by="张三丰"),
    )
    for i in range(30):
        write(file_store, *a_call(f"c{i}", at=NOW - DAY, name=f"值班{i}"))
    traces = [
        number.encode(),
        name.encode(),
        note.encode(),
        "张三丰".encode(),
        *(f"{ord(a):05x}{ord(b):05x}".encode() for a, b in ("王小", "明的", "明天", "十点")),
    ]

    def found() -> list[bytes]:
        files = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("duty.db*")) if path.is_file())
        return [trace for trace in traces if trace in files]

    assert set(traces[:4]) <= set(found())
    assert purged(file_store).calls == 1
    assert found() == []


def test_the_purge_itself_is_in_the_journal(store: Store, a_call: ACall) -> None:
    write(store, *a_call("old"))
    purged(store)
    with store.database.reading() as session:
        rows = session.all(select(journal.c.kind, journal.c.body).where(journal.c.seq > 4).order_by(journal.c.seq))
    assert [kind for kind, _body in rows] == ["CallPurged", "BodiesPurged"]
    act = json.loads(rows[1][1])
    assert (act["book"], act["rows"]) == ("calls", "1-4")
    assert "5550" not in rows[0][1]


def test_a_text_taken_out_without_a_purge_is_found_and_named(store: Store, a_call: ACall) -> None:
    """X17: that a body may be missing must not become a way to remove one."""
    write(store, *a_call("old"), *a_call("young", at=NOW))
    purged(store)
    with store.database.writing() as session:
        session.sql("UPDATE journal SET body = NULL WHERE seq = 6")
    rebuild(store)
    report = verify(store)
    assert report.first_bad is not None
    assert report.first_bad.seq == 6
    assert "purge" in report.first_bad.what


# --- whatever is in the journal ----------------------------------------------------------------------------------


@given(batches=batches)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_journal_purged_at_any_age_verifies_and_replays(
    tmp_path_factory: pytest.TempPathFactory, batches: Sequence[Sequence[Fact]]
) -> None:
    folder = tmp_path_factory.mktemp("purge")
    with Store.open(f"sqlite:///{folder}/duty.db") as store:
        for age, batch in enumerate(batches):
            store.append(batch, recorded_at=AT + age * 100 * DAY)
            if age % 2:
                purged(store, now=AT + (age * 100 + 300) * DAY)
        purged(store, now=AT + (len(batches) * 100 + 300) * DAY)
        before = everything(store)
        report = verify(store)
        assert report.ok, report
        rebuild(store)
        assert everything(store) == before
