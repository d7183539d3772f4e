"""The signed head outside the database."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dutyphone.journal.facts import CallRang, Fact
from dutyphone.store.append import Tail
from dutyphone.store.head import Head, HeadKeeper, HeadUnreadable, agrees, load_key
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
KEY = bytes(range(32))
HASHES = {seq: bytes([seq]) * 32 for seq in range(1, 10)}


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.fixture
def keeper(tmp_path: Path) -> HeadKeeper:
    return HeadKeeper(tmp_path / "duty.db.head", KEY)


def test_a_head_comes_back_as_it_was_kept(keeper: HeadKeeper) -> None:
    assert keeper.read() is None
    assert keeper.keep(Tail(3, HASHES[3]), HASHES.get, AT)
    assert keeper.read() == Head(seq=3, hash=HASHES[3], at=AT)
    assert [path.name for path in keeper.path.parent.iterdir()] == ["duty.db.head"], "nothing half-written"


@pytest.mark.parametrize(("field", "value"), [("seq", 2), ("hash", "00" * 32), ("at", "2026-02-16T09:30:01.000000Z")])
def test_every_part_of_a_head_is_signed(keeper: HeadKeeper, field: str, value: object) -> None:
    keeper.keep(Tail(3, HASHES[3]), HASHES.get, AT)
    keeper.path.write_text(json.dumps({**json.loads(keeper.path.read_text()), field: value}))
    with pytest.raises(HeadUnreadable, match="signature"):
        keeper.read()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"seq": "x"}', "null"])
def test_what_is_no_head_is_said_to_be_none(keeper: HeadKeeper, text: str) -> None:
    keeper.path.write_text(text)
    with pytest.raises(HeadUnreadable):
        keeper.read()
    assert not keeper.keep(Tail(3, HASHES[3]), HASHES.get, AT)
    assert keeper.path.read_text() == text, "evidence"


def test_an_empty_file_left_by_a_power_cut_is_replaced(keeper: HeadKeeper) -> None:
    keeper.path.touch()
    assert keeper.read() is None
    assert keeper.keep(Tail(3, HASHES[3]), HASHES.get, AT)


def test_a_head_that_contradicts_the_journal_is_not_written_over(keeper: HeadKeeper) -> None:
    keeper.keep(Tail(5, HASHES[5]), HASHES.get, AT)
    cut = {seq: each for seq, each in HASHES.items() if seq < 5}
    assert not keeper.keep(Tail(4, HASHES[4]), cut.get, later(5))
    forged = {**HASHES, 5: b"forged" * 5 + b"!!"}
    assert not keeper.keep(Tail(9, HASHES[9]), forged.get, later(6))
    head = keeper.read()
    assert head is not None
    assert head.seq == 5
    assert not agrees(head, cut.get)
    assert agrees(head, HASHES.get)


def test_a_head_is_due_once_a_second_and_after_a_step_of_the_clock(keeper: HeadKeeper) -> None:
    assert keeper.due(AT)
    keeper.keep(Tail(1, HASHES[1]), HASHES.get, AT)
    assert not keeper.due(later(0.5))
    assert keeper.due(later(1))
    assert keeper.due(later(-0.001))


def test_a_folder_that_went_away_stops_nobody(keeper: HeadKeeper, tmp_path: Path) -> None:
    gone = HeadKeeper(tmp_path / "gone" / "duty.db.head", KEY)
    assert not gone.keep(Tail(1, HASHES[1]), HASHES.get, AT)


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "journal.key"
    assert load_key(path, make=False) is None
    key = load_key(path, make=True)
    assert key is not None
    assert len(key) == 32
    assert load_key(path, make=True) == key
    assert [each.name for each in path.parent.iterdir()] == ["journal.key"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


# --- in a store --------------------------------------------------------------------------------------------------


def kept_seq(store: Store) -> int:
    assert store.head is not None
    head = store.head.read()
    assert head is not None
    return head.seq


def test_the_head_follows_at_most_a_second_behind(store: Store, a_call: Callable[..., list[Fact]]) -> None:
    rang = CallRang(at=AT, call="a", ring=2)
    store.append(a_call("a"), recorded_at=AT)
    assert kept_seq(store) == 4
    store.append([rang], recorded_at=later(0.4))
    store.append([rang], recorded_at=later(0.8))
    assert kept_seq(store) == 4, "no file is written twice within a second"
    store.append([rang], recorded_at=later(1.1))
    assert kept_seq(store) == 7
    store.append([rang], recorded_at=later(1.2))
    store.beat(later(5), {})
    assert kept_seq(store) == 8, "the heartbeat brings it up to date when nothing more is written"
    assert verify(store).ok


def test_the_head_is_up_to_date_when_the_store_is_closed(
    store: Store, url: str, tmp_path: Path, a_call: Callable[..., list[Fact]]
) -> None:
    with Store.open(url, key_folder=tmp_path / "keys") as other:
        other.append(a_call("a"), recorded_at=AT)
        other.append([CallRang(at=AT, call="a", ring=2)], recorded_at=later(0.1))
        assert kept_seq(other) == 4
    assert kept_seq(store) == 5


def test_who_only_reads_writes_no_head(store: Store, url: str, tmp_path: Path) -> None:
    with Store.open(url, key_folder=tmp_path / "keys", create=False) as reader:
        reader.lines()
        assert reader.head is not None
        assert not reader.head.path.exists()


def test_facts_that_are_written_are_not_said_to_have_failed(
    file_store: Store, a_call: Callable[..., list[Fact]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """X08: whoever hears of an error writes again, so after the commit there is none."""
    monkeypatch.setattr(HeadKeeper, "due", lambda _self, _at: True)
    file_store.append(a_call("a"), recorded_at=AT)
    assert file_store.head is not None
    file_store.head.path.unlink()
    file_store.head.path.mkdir()
    assert file_store.append(a_call("b"), recorded_at=AT) == range(5, 9)
    file_store.head.path.rmdir()
