"""X17: whatever somebody does to the file, `verify` finds it and names the first bad row."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dutyphone.journal.chain import digest, row_hash
from dutyphone.journal.facts import CallNoted, Fact
from dutyphone.store.append import Tail
from dutyphone.store.backup import back_up
from dutyphone.store.head import HeadKeeper
from dutyphone.store.rebuild import rebuild
from dutyphone.store.store import Store, hash_at
from dutyphone.store.verify import break_in, check_against, check_chain, check_head, verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
CALLS = 12
ROWS = 4 * CALLS


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, a_call: Callable[..., list[Fact]]) -> Path:
    """A folder with a closed database of 48 journal rows, its head and its key."""
    folder = tmp_path_factory.mktemp("original")
    with Store.open(f"sqlite:///{folder}/duty.db", key_folder=folder / "keys") as store:
        for i in range(CALLS):
            store.append(a_call(f"c{i}", at=AT + timedelta(minutes=i), name=f"第{i}值班室"), recorded_at=AT)
        assert verify(store).ok
    return folder


@pytest.fixture
def sealed(original: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    return tmp_path / "duty.db"


def opened(path: Path) -> Store:
    return Store.open(f"sqlite:///{path}", key_folder=path.parent / "keys", create=False)


def tamper(path: Path, *statements: str) -> None:
    """What somebody with any SQLite tool can do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def first_bad(path: Path) -> int | None:
    with opened(path) as store:
        report = verify(store)
        assert report.ok == (
            report.first_bad is None and report.head_problem is None and not report.projection_differences
        )
        return report.first_bad.seq if report.first_bad else None


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE journal SET body = replace(body, '5550', '5551') WHERE seq = 6", 6),
        ("UPDATE journal SET body = 'not even JSON' WHERE seq = 6", 6),
        ("UPDATE journal SET body = X'FFFE00' WHERE seq = 6", 6),
        ("UPDATE journal SET body = 12 WHERE seq = 6", 6),
        ("UPDATE journal SET occurred_us = occurred_us + 1 WHERE seq = 6", 6),
        ("UPDATE journal SET recorded_us = recorded_us - 1 WHERE seq = 6", 6),
        ("UPDATE journal SET recorded_us = 'yesterday' WHERE seq = 6", 6),
        ("UPDATE journal SET kind = 'CallSettled' WHERE seq = 6", 6),
        ("UPDATE journal SET kind = CAST(X'FF' AS TEXT) WHERE seq = 6", 6),
        ("UPDATE journal SET version = 2 WHERE seq = 6", 6),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 6", 6),
        ("UPDATE journal SET hash = 'x' WHERE seq = 6", 6),
        ("UPDATE journal SET body_digest = zeroblob(32) WHERE seq = 6", 6),
        ("UPDATE journal SET body_digest = 'x', body = NULL WHERE seq = 6", 6),
        ("UPDATE journal SET body_digest = 7, body = NULL WHERE seq = 6", 6),
        ("UPDATE journal SET body = NULL WHERE seq = 6", 6),
        ("DELETE FROM journal WHERE seq = 6", 6),
        ("DELETE FROM journal WHERE seq <= 6", 1),
        ("UPDATE journal SET seq = -seq WHERE seq = 6", 1),
        (
            "INSERT INTO journal SELECT seq - 100, recorded_us, occurred_us, kind, version, body, body_digest, hash"
            " FROM journal WHERE seq = 6",
            1,
        ),
    ],
)
def test_a_change_of_one_row_is_found_and_named(sealed: Path, change: str, seq: int) -> None:
    tamper(sealed, change)
    assert first_bad(sealed) == seq


def test_two_rows_swapped_are_found(sealed: Path) -> None:
    tamper(
        sealed,
        "UPDATE journal SET seq = -6 WHERE seq = 6",
        "UPDATE journal SET seq = 6 WHERE seq = 7",
        "UPDATE journal SET seq = 7 WHERE seq = -6",
    )
    assert first_bad(sealed) == 6


def test_rows_renumbered_over_a_removed_one_are_found(sealed: Path) -> None:
    tamper(sealed, "DELETE FROM journal WHERE seq = 6")
    tamper(sealed, *(f"UPDATE journal SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(7, ROWS + 1)))
    assert first_bad(sealed) == 6


@pytest.mark.parametrize("cut", [1, 2, ROWS - 1, ROWS])
def test_a_tail_cut_off_is_found_by_the_head(sealed: Path, cut: int) -> None:
    """A chain alone does not show it: every row that is left follows from the one before."""
    tamper(sealed, f"DELETE FROM journal WHERE seq > {ROWS - cut}")
    with opened(sealed) as store:
        assert check_chain(store.database) is None
        report = verify(store)
    assert not report.ok
    assert report.rows == ROWS - cut
    assert str(ROWS - cut) in (report.head_problem or "")


def test_an_older_copy_put_in_its_place_is_found(sealed: Path, a_call: Callable[..., list[Fact]]) -> None:
    copy = sealed.with_name("copy.db")
    shutil.copy(sealed, copy)
    with opened(sealed) as store:
        store.append(a_call("later"), recorded_at=AT + timedelta(hours=1))
    shutil.copy(copy, sealed)
    with opened(sealed) as store:
        assert verify(store).head_problem


def test_a_journal_written_anew_from_some_row_on_is_found(sealed: Path, a_call: Callable[..., list[Fact]]) -> None:
    """Whoever can compute hashes can forge a whole chain, but not the head's signature."""
    head = sealed.with_name("duty.db.head").read_bytes()
    tamper(sealed, f"DELETE FROM journal WHERE seq > {ROWS - 4}")
    with opened(sealed) as store:
        rebuild(store)
        store.append(a_call("forged"), recorded_at=AT + timedelta(hours=2))
    assert sealed.with_name("duty.db.head").read_bytes() == head, "evidence is never written over"
    with opened(sealed) as store:
        report = verify(store)
    assert report.first_bad is None
    assert str(ROWS) in (report.head_problem or "")


def forge(path: Path, seq: int) -> None:
    """Change a row, and hash it and every row behind it anew, as somebody can who knows how."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        body = connection.execute("SELECT body FROM journal WHERE seq = ?", (seq,)).fetchone()[0]
        changed = body.replace("5550", "5551").replace("值班室", "接待室")
        assert changed != body
        connection.execute(
            "UPDATE journal SET body = ?, body_digest = ? WHERE seq = ?", (changed, digest(changed), seq)
        )
        previous = connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq - 1,)).fetchone()[0]
        rows = connection.execute("SELECT * FROM journal WHERE seq >= ? ORDER BY seq", (seq,)).fetchall()
        for at, recorded_us, occurred_us, kind, version, _body, body_digest, _hash in rows:
            previous = row_hash(previous, at, recorded_us, occurred_us, kind, version, body_digest)
            connection.execute("UPDATE journal SET hash = ? WHERE seq = ?", (previous, at))


def test_a_whole_tail_hashed_anew_is_found_by_the_head(sealed: Path) -> None:
    """A chain alone does not show it: every row follows from the one before."""
    forge(sealed, 6)
    with opened(sealed) as store:
        assert check_chain(store.database) is None
        rebuild(store)
        report = verify(store)
    assert not report.ok
    assert report.first_bad is None
    assert str(ROWS) in (report.head_problem or "")


def test_a_head_signed_again_without_its_key_is_no_head(sealed: Path) -> None:
    forge(sealed, 6)
    with opened(sealed) as store:
        rebuild(store)
        with store.database.reading() as session:
            last = hash_at(session, ROWS)
        assert last is not None
    head = sealed.with_name("duty.db.head")
    head.unlink()
    HeadKeeper(head, b"another key" * 3).keep(Tail(ROWS, last), lambda _seq: last, AT)
    with opened(sealed) as store:
        assert "signature" in (verify(store).head_problem or "")


def test_whoever_has_the_key_is_found_by_a_copy_kept_elsewhere(sealed: Path, tmp_path: Path) -> None:
    """The key is on the machine, so its owner can sign what he forged; a manifest in the safe he cannot reach."""
    with opened(sealed) as store:
        manifest = back_up(store, tmp_path / "copy", now=AT, pause=lambda _s: None, on_progress=lambda *_: None)
        assert check_against(store, manifest) is None
    forge(sealed, 6)
    sealed.with_name("duty.db.head").unlink()
    with opened(sealed) as store:
        rebuild(store)
        store.keep_head(AT)
        assert verify(store).ok, "nobody on this machine can tell"
        assert str(ROWS) in (check_against(store, manifest) or "")


@pytest.mark.parametrize("damage", ["forged", "garbled", "gone", "another key", "no key"])
def test_a_head_that_is_not_ours_is_no_head(sealed: Path, damage: str) -> None:
    head = sealed.with_name("duty.db.head")
    key = sealed.parent / "keys" / "journal.key"
    if damage == "forged":
        head.write_text(head.read_text().replace(f'"seq": {ROWS}', f'"seq": {ROWS - 4}'))
    elif damage == "garbled":
        head.write_bytes(b"\xff{")
    elif damage == "gone":
        head.unlink()
    elif damage == "another key":
        key.write_text("ab" * 32)
    else:
        key.unlink()
    with opened(sealed) as store:
        report = verify(store)
    assert not report.ok
    assert report.head_problem
    assert report.first_bad is None


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("UPDATE calls SET outcome = 'answered' WHERE id = 3", "calls"),
        ("UPDATE calls SET arrived_us = arrived_us + 1 WHERE id = 3", "calls"),
        ("UPDATE calls SET owed = NULL WHERE id = 3", "calls"),
        ("DELETE FROM calls WHERE id = 12", "calls"),
        ("INSERT INTO call_facts VALUES (3, 1)", "call_facts"),
        ("DELETE FROM call_facts WHERE call_id = 3", "call_facts"),
        ("INSERT INTO call_notes VALUES (3, 1, 0, '伪造', '')", "call_notes"),
        ("INSERT INTO blind_intervals VALUES (1, 'desk', 0, 1, NULL, '')", "blind_intervals"),
        ("INSERT INTO recorders VALUES (1, '1', 1, 0, 0, NULL, '', '', '[]')", "recorders"),
        ("INSERT INTO text_index (rowid, tokens) VALUES (7, '04f2a')", "text_index"),
        ("INSERT INTO text_index (text_index) VALUES ('delete-all')", "text_index"),
        ("INSERT INTO number_index (number_index) VALUES ('delete-all')", "number_index"),
    ],
)
def test_tables_that_do_not_say_what_the_journal_says_are_named(sealed: Path, change: str, table: str) -> None:
    tamper(sealed, change)
    with opened(sealed) as store:
        report = verify(store)
        assert report.first_bad is None
        assert [table in difference for difference in report.projection_differences] == [True], report
        rebuild(store)
        assert verify(store).ok


def test_a_thousand_random_tamperings_are_all_found(sealed: Path) -> None:
    """Any column of any row changed, any row removed, doubled or swapped, any tail cut: found, each of them."""
    chance = random.Random(20260216)
    unseen = []
    with opened(sealed) as store, store.database.snapshot() as session:
        for _ in range(1000):
            what, statements, at_latest = a_tampering(chance)
            session.sql("SAVEPOINT sound")
            for statement in statements:
                session.sql(statement)
            bad = break_in(session.stream(store.database.backend.journal_bytes))
            ((rows,),) = session.sql("SELECT count(*) FROM journal")
            problem = check_head(store, rows, bad, lambda seq: hash_at(session, seq))
            if bad is None and problem is None:
                unseen.append(what)
            assert bad is None or bad.seq <= at_latest, what
            session.sql("ROLLBACK TO sound")
        assert break_in(session.stream(store.database.backend.journal_bytes)) is None
    assert unseen == []


def a_tampering(chance: random.Random) -> tuple[str, list[str], int]:
    """What was done, the SQL for it, and the row that must be named at the latest."""
    seq = chance.randint(1, ROWS)
    other = chance.choice([each for each in range(1, ROWS + 1) if each != seq])
    row = f"WHERE seq = {seq}"
    column = chance.choice(["recorded_us", "occurred_us", "version"])
    step = chance.choice([-(2**40), -1, 1, 3600 * 10**6])
    text = chance.choice(["body", "kind"])
    blob = chance.choice(["body_digest", "hash"])
    place = chance.randint(1, 32)
    choices: list[tuple[str, list[str], int]] = [
        (f"{column} of {seq} by {step}", [f"UPDATE journal SET {column} = {column} + {step} {row}"], seq),
        (
            f"one character of {text} of {seq}",
            [
                f"UPDATE journal SET {text} = substr({text}, 1, {place} % length({text})) || '\x7f'"
                f" || substr({text}, {place} % length({text}) + 2) {row}"
            ],
            seq,
        ),
        (f"{text} of {seq} from {other}", [_copied(text, seq, other)], seq),
        (
            f"one byte of {blob} of {seq}",
            [
                f"UPDATE journal SET {blob} = CAST(substr({blob}, 1, {place - 1}) || "
                f"char(unicode('~')) || substr({blob}, {place + 1}) AS BLOB) {row}"
            ],
            seq,
        ),
        (f"body of {seq} taken out", [f"UPDATE journal SET body = NULL {row}"], seq),
        (f"{seq} removed", [f"DELETE FROM journal {row}"], seq),
        (f"cut behind {seq - 1}", [f"DELETE FROM journal WHERE seq >= {seq}"], seq),
        (
            f"{seq} and {other} swapped",
            [
                f"UPDATE journal SET seq = -1 {row}",
                f"UPDATE journal SET seq = {seq} WHERE seq = {other}",
                f"UPDATE journal SET seq = {other} WHERE seq = -1",
            ],
            min(seq, other),
        ),
        (
            f"{seq} written over by {other}",
            [f"DELETE FROM journal {row}", _doubled(other, seq)],
            seq,
        ),
        (f"{other} doubled at the end", [_doubled(other, ROWS + 1)], ROWS + 1),
    ]
    return chance.choice(choices)


def _copied(column: str, seq: int, other: int) -> str:
    """Another row's value; a row of another kind, so that it is a change."""
    if column == "kind":
        return f"UPDATE journal SET kind = kind || 's' WHERE seq = {seq}"
    return f"UPDATE journal SET {column} = (SELECT {column} FROM journal WHERE seq = {other}) WHERE seq = {seq}"


def _doubled(seq: int, new: int) -> str:
    return (
        f"INSERT INTO journal SELECT {new}, recorded_us, occurred_us, kind, version, body, body_digest, hash"
        f" FROM journal WHERE seq = {seq}"
    )


def test_a_damaged_page_is_told_not_raised(sealed: Path) -> None:
    """X03: the disk returns something else than was written."""
    with closing(sqlite3.connect(sealed)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'journal'").fetchone()
    with sealed.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    with opened(sealed) as store:
        report = verify(store)
    assert not report.ok
    assert report.first_bad is not None
    assert "SQLITE_CORRUPT" in report.first_bad.what


def test_a_journal_of_another_database_kind_verifies_as_well(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    store.append([*a_call("a", name="值班室"), CallNoted(at=AT, call="a", text="已回拨")], recorded_at=AT)
    report = verify(store)
    assert report.ok, report
    assert report.rows == 5
    with store.database.writing() as session:
        session.sql("UPDATE journal SET body = replace(body, '值', '直') WHERE seq = 2")
        session.sql("UPDATE calls SET name = '别人' WHERE id = 1")
    report = verify(store)
    assert report.first_bad is not None
    assert report.first_bad.seq == 2


def test_an_empty_journal_is_whole(store: Store) -> None:
    report = verify(store)
    assert report.ok
    assert report.rows == 0
