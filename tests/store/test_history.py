"""Finding calls again: pages, narrowings, numbers, and Chinese text exactly where LIKE finds it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ClauseElement
from support.journals import batches
from support.records import record

from dutyphone.journal.facts import CallArrived, CallIdentified, CallNoted, Fact, Outcome
from dutyphone.store.history import History
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.session import Row
from dutyphone.store.store import Store

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)

ALPHABET = "甲乙丙值班室电话。，、 ·aAbB12%_\\'\"*-𠀀é\n"


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def paged(store: Store, query: CallQuery, limit: int) -> list[int]:
    """The ids of all pages, one behind the other."""
    found: list[int] = []
    before = None
    while True:
        page = store.history(query, before=before, limit=limit)
        assert len(page.rows) <= limit
        found += [row.id for row in page.rows]
        if page.older is None:
            return found
        assert page.older == page.rows[-1].id
        before = page.older


def named(names: Sequence[str | None], notes: Sequence[tuple[int, str]] = ()) -> list[Fact]:
    """A call for each name, in order, and notes on some of them."""
    facts: list[Fact] = []
    for i, name in enumerate(names):
        facts += [
            CallArrived(at=later(i), call=str(i), line="desk"),
            CallIdentified(at=later(i), call=str(i), name=name),
        ]
    return facts + [CallNoted(at=later(9999), call=str(i), text=text) for i, text in notes]


# --- pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_pages_hold_every_call_once_newest_first(store: Store, a_call: Callable[..., list[Fact]], limit: int) -> None:
    times = [0, 100, 50, 50, 50, -30, 200, 0]  # the clock was set back twice
    for i, seconds in enumerate(times):
        store.append(a_call(f"c{i}", at=later(seconds)), recorded_at=AT)
    newest_first = [i + 1 for _, i in sorted(((s, i) for i, s in enumerate(times)), reverse=True)]
    assert paged(store, CallQuery(), limit) == newest_first
    assert [row.id for row in store.stream_calls(CallQuery())] == newest_first[::-1]


def test_a_page_does_not_move_when_new_calls_come(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    for i in range(6):
        store.append(a_call(f"c{i}", at=later(i)), recorded_at=AT)
    first = store.history(CallQuery(), limit=3)
    store.append(a_call("new", at=later(99)), recorded_at=AT)
    second = store.history(CallQuery(), before=first.older, limit=3)
    assert [row.id for row in (*first.rows, *second.rows)] == [6, 5, 4, 3, 2, 1]
    assert second.older is None


def test_behind_a_call_that_never_was_there_is_nothing(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    store.append(a_call("a"), recorded_at=AT)
    assert store.history(CallQuery(), before=77).rows == ()


def test_narrowings_work_alone_and_together(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    outcomes = [Outcome.MISSED, Outcome.ANSWERED, Outcome.UNKNOWN]
    for i in range(24):
        facts = a_call(
            f"c{i}", at=later(10 * i), line="desk" if i % 2 else "fax", outcome=outcomes[i % 3], name=f"第{i % 4}室"
        )
        store.append(facts, recorded_at=AT)
    everything = list(store.stream_calls(CallQuery()))
    chance = random.Random(1)
    for _ in range(60):
        query = CallQuery(
            text=chance.choice(["", "", "第1", "室", "5550", "12", "0105550123"]),
            line=chance.choice([None, "desk", "fax", "nowhere"]),
            result=chance.choice([None, *outcomes, Outcome.BUSY]),
            from_at=chance.choice([None, later(45), later(50)]),
            until_at=chance.choice([None, later(190), later(200)]),
        )
        wanted = [
            row.id
            for row in everything
            if (query.line is None or row.line == query.line)
            and (query.result is None or row.result is query.result)
            and (query.from_at is None or row.arrived_at >= query.from_at)
            and (query.until_at is None or row.arrived_at < query.until_at)
            and (query.text in (row.name or "") or query.text in (row.number_raw or ""))
        ]
        assert [row.id for row in store.stream_calls(query)] == wanted, query
        assert paged(store, query, 4) == wanted[::-1], query
        assert store.count_calls(query) == len(wanted), query


def test_a_stream_shows_one_moment(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    """An export sees the log as it was when it began, however long it takes."""
    store.append([fact for i in range(3) for fact in a_call(f"c{i}")], recorded_at=AT)
    stream = store.stream_calls(CallQuery())
    assert next(stream).id == 1
    store.append(a_call("late"), recorded_at=AT)
    assert [row.id for row in stream] == [2, 3]
    assert store.count_calls(CallQuery()) == 4


def test_a_stream_that_is_given_up_gives_its_connection_back(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    store.append([fact for i in range(3) for fact in a_call(f"c{i}")], recorded_at=AT)
    for _ in range(40):  # more than the pool has
        stream = store.stream_calls(CallQuery())
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert store.count_calls(CallQuery()) == 3


@given(batches=batches)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exports_see_the_calls_that_screens_see(store: Store, batches: Sequence[Sequence[Fact]]) -> None:
    """P7: the same calls in the same order, as they are stored."""
    for batch in batches:
        store.append(batch, recorded_at=AT)
    for query in (CallQuery(), CallQuery(text="5550"), CallQuery(text="甲"), CallQuery(line="desk")):
        records = [each for some in store.stream_records(query) for each in some]
        assert records == [record(row) for row in store.stream_calls(query)]


# --- text --------------------------------------------------------------------------------------------------------


@given(
    names=st.lists(st.none() | st.text(ALPHABET, max_size=10), min_size=1, max_size=12),
    terms=st.lists(st.text(ALPHABET, min_size=1, max_size=4), max_size=6),
    data=st.data(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_search_finds_exactly_what_like_finds(
    store: Store, names: list[str | None], terms: list[str], data: st.DataObject
) -> None:
    """P6: 0 differences, also across punctuation, for one character, letters of either case, and LIKE's own signs."""
    offset = store.count_calls(CallQuery())
    notes = data.draw(st.lists(st.tuples(st.integers(0, len(names) - 1), st.text(ALPHABET, max_size=10)), max_size=4))
    facts = named(names, notes)
    store.append([_renamed(fact, offset) for fact in facts], recorded_at=AT)
    pieces = [piece[i : i + 3] for piece in [*names, *(text for _, text in notes)] if piece for i in (0, 2)]
    for term in [*terms, *pieces]:
        if not term.strip() or not set(term.strip()) - set("0123456789 -+().*#/\n"):
            continue  # a number, or nothing: asked in another way
        assert [row.id for row in store.stream_calls(CallQuery(text=term))] == by_like(store, term.strip()), term


def _renamed(fact: Fact, offset: int) -> Fact:
    """The same fact about a call that no earlier example had."""
    assert isinstance(fact, CallArrived | CallIdentified | CallNoted)
    values = {name: getattr(fact, name) for name in type(fact).__dataclass_fields__}
    return type(fact)(**{**values, "call": f"{offset}-{fact.call}"})


def by_like(store: Store, term: str) -> list[int]:
    """What the plainest SQL finds."""
    pattern = "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    server = store.database.path is None
    like = """COLLATE "C" ILIKE %s""" if server else "LIKE ?"
    escape = "" if server else "ESCAPE '\\'"
    with store.database.reading() as session:
        rows = session.sql(
            f"SELECT id FROM calls WHERE name {like} {escape} OR EXISTS"
            f" (SELECT 1 FROM call_notes WHERE call_id = id AND text {like} {escape}) ORDER BY id",
            (pattern, pattern),
        )
        return [row[0] for row in rows]


def test_words_on_both_sides_of_a_stop_are_not_one_word(store: Store) -> None:
    store.append(named(["甲乙，乙丙", "甲乙丙"]), recorded_at=AT)
    assert paged(store, CallQuery(text="甲乙丙"), 50) == [2]
    assert paged(store, CallQuery(text="乙，乙"), 50) == [1]


def test_words_of_different_notes_are_not_one_word(store: Store) -> None:
    store.append(named(["甲"], [(0, "乙"), (0, "丙")]), recorded_at=AT)
    for term in ("甲乙", "乙丙", "甲丙"):
        assert paged(store, CallQuery(text=term), 50) == []
    assert [paged(store, CallQuery(text=term), 50) for term in "甲乙丙"] == [[1], [1], [1]]


def test_a_name_that_was_replaced_is_no_longer_found(store: Store) -> None:
    store.append(named(["应急局"]), recorded_at=AT)
    store.append([CallIdentified(at=AT, call="0", name="水务局")], recorded_at=AT)
    assert paged(store, CallQuery(text="应急"), 50) == []
    assert paged(store, CallQuery(text="水务"), 50) == [1]


def test_a_call_with_many_notes_that_match_is_found_once(store: Store) -> None:
    notes = [(i % 3, f"第{i}次回拨") for i in range(90)]
    store.append(named(["一", "二", "三"], notes), recorded_at=AT)
    assert paged(store, CallQuery(text="回拨"), 2) == [3, 2, 1]
    assert [row.id for row in store.stream_calls(CallQuery(text="回拨"))] == [1, 2, 3]
    assert store.count_calls(CallQuery(text="回拨")) == 3


def test_a_long_text_is_found_whole_and_only_whole(store: Store) -> None:
    text = "".join(chr(0x4E00 + i) for i in range(200))
    store.append(named(["一", "二"], [(0, text), (1, text[:150])]), recorded_at=AT)
    assert paged(store, CallQuery(text=text), 50) == [1]
    assert paged(store, CallQuery(text=text[:150]), 50) == [2, 1]


# --- numbers -----------------------------------------------------------------------------------------------------

NUMBERS = [
    ("01055501234", "+861055501234"),
    ("55501234", "+861055501234"),
    ("13900001234", "+8613900001234"),
    ("013900001234", "+8613900001234"),
    ("110", "110"),
    ("12345", "12345"),
    ("8012", "8012"),
    ("00442079460000", "+442079460000"),
    (None, None),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1234", [1, 2, 3, 4, 6]),
        ("010-5550 1234", [1, 2]),
        ("(010) 5550", [1, 2]),
        ("+86 10 5550 1234", [1, 2]),
        ("5550123", [1, 2]),
        ("139 0000 1234", [3, 4]),
        ("0139", [3, 4]),
        ("234", [1, 2, 3, 4, 6]),
        ("345", [6]),
        ("110", [5]),
        ("11", [5]),
        ("8", [1, 2, 3, 4, 7]),
        ("0", [1, 2, 3, 4, 5, 7, 8]),
        ("12345", [6]),
        ("004420", [8]),
        ("99999", []),
        ("99", []),
    ],
)
def test_part_of_a_number_finds_it_however_it_is_written(store: Store, typed: str, found: list[int]) -> None:
    for i, (raw, number) in enumerate(NUMBERS):
        facts = [
            CallArrived(at=later(i), call=str(i), line="desk"),
            CallIdentified(at=later(i), call=str(i), number_raw=raw, number=number),
        ]
        store.append(facts, recorded_at=AT)
    assert [row.id for row in store.stream_calls(CallQuery(text=typed))] == found
    assert paged(store, CallQuery(text=typed), 2) == found[::-1]
    assert store.count_calls(CallQuery(text=typed)) == len(found)


@given(
    callers=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), min_size=1, max_size=120),
    back=st.sets(st.integers(0, 119), max_size=3),
    limit=st.sampled_from([1, 3, 40]),
)
@settings(max_examples=40, deadline=None)
def test_digits_are_found_however_many_calls_have_them(
    tmp_path_factory: Any, callers: Sequence[tuple[str, int]], back: set[int], limit: int
) -> None:
    """P5: by looking numbers up, among the latest calls or along all of them; also where the clock was set back."""
    blocks = {"a": "+861055500000", "b": "+861390000000", "c": "+862155500000"}
    numbers = [f"{blocks[block][:-2]}{last:02}" for block, last in callers]
    facts: list[Fact] = []
    for at, number in enumerate(numbers):
        arrived_at = later(at - 50 if at in back else at)
        facts += [
            CallArrived(at=arrived_at, call=f"{at}", line="desk"),
            CallIdentified(at=arrived_at, call=f"{at}", number_raw=number, number=number),
        ]
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('digits')}/duty.db") as store:
        store.append(facts, recorded_at=AT)
        newest_first = [row.id for row in reversed(list(store.stream_calls(CallQuery())))]
        for digits in ("5550", "1390000", numbers[0][-6:], "00", "8610555000"):
            found = [call for call in newest_first if digits in numbers[call - 1]]
            assert paged(store, CallQuery(text=digits), limit) == found, digits


# --- how it is done ----------------------------------------------------------------------------------------------


def plan(store: Store, query: CallQuery, *, before: int | None = None) -> str:
    """How SQLite goes about a page."""
    history = History(store.database.backend.index)
    with store.database.reading() as session:
        seen: list[tuple[Any, dict[str, Any]]] = []
        ask = session.all

        def watch(statement: ClauseElement, /, **values: Any) -> list[Row]:
            seen.append((statement, values))
            return ask(statement, **values)

        session.all = watch  # type: ignore[method-assign]
        history.page(session, query, before, 50)
        statement, values = seen[-1]
        compiled = session._statements[statement]
        rows = session.sql(f"EXPLAIN QUERY PLAN {compiled.sql}", compiled.arguments(values))
        return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (CallQuery(), "calls_arrived"),
        (CallQuery(from_at=AT, until_at=later(3600)), "calls_arrived"),
        (CallQuery(line="desk"), "calls_line"),
        (CallQuery(result=Outcome.MISSED), "calls_result"),
        (CallQuery(text="值班"), "VIRTUAL TABLE INDEX"),
        (CallQuery(text="值班", line="desk", result=Outcome.MISSED, from_at=AT), "VIRTUAL TABLE INDEX"),
        (CallQuery(text="5550", line="desk"), "calls_line"),  # digits that most calls have
    ],
    ids=str,
)
def test_a_page_reads_an_index_from_its_end_and_sorts_nothing(
    file_store: Store, a_call: Callable[..., list[Fact]], query: CallQuery, index: str
) -> None:
    """P5: what a page costs does not depend on how many calls there are."""
    file_store.append([fact for i in range(99) for fact in a_call(f"c{i}", name="值班室")], recorded_at=AT)
    for before in (None, 50):
        text = plan(file_store, query, before=before)
        assert index in text
        assert "TEMP B-TREE" not in text
        assert "SCAN calls" not in text.replace(f"SCAN calls USING INDEX {index}", "")


@pytest.mark.parametrize("narrowed", [{}, {"line": "desk"}, {"result": Outcome.MISSED}, {"from_at": AT}], ids=str)
def test_digits_that_few_calls_have_are_looked_up(
    file_store: Store, a_call: Callable[..., list[Fact]], narrowed: dict[str, Any]
) -> None:
    """P5"""
    for i in range(40):
        file_store.append(a_call(f"c{i}", number=f"+8613900{i:06}", raw=f"13900{i:06}"), recorded_at=AT)
    text = plan(file_store, CallQuery(text="000017", **narrowed))
    assert "calls_number (number_id=?)" in text
    assert not any(f"INDEX {index}" in text for index in ("calls_line", "calls_result", "calls_arrived"))
