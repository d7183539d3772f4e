"""What could not be written in time, and the room kept for a full disk (X30)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dutyphone.journal.facts import CallArrived, CallRang
from dutyphone.recorder.rescue import RescueFile
from dutyphone.recorder.reserve import Reserve

AT = datetime(2026, 2, 16, 18, 0, tzinfo=UTC)


def test_rescued_facts_come_back_in_order(tmp_path: Path) -> None:
    rescue = RescueFile(tmp_path / "rescued.jsonl")
    assert rescue.read() == []
    facts = [CallArrived(at=AT, call="c", line="desk", wire=b"\xff"), CallRang(at=AT, call="c", ring=1)]
    rescue.keep(facts)
    assert rescue.read() == facts
    rescue.keep(facts[:1])
    assert rescue.read() == facts[:1], "whoever keeps anew has the old in hand, too"
    rescue.clear()
    assert rescue.read() == []


def test_a_line_cut_short_by_a_power_cut_costs_only_itself(tmp_path: Path) -> None:
    rescue = RescueFile(tmp_path / "rescued.jsonl")
    rescue.keep([CallArrived(at=AT, call="c", line="desk")])
    with rescue.path.open("a", encoding="utf-8") as file:
        file.write('["CallRang", 1, "{\\"at\\"')
    assert len(rescue.read()) == 1


def test_the_reserve_takes_room_and_gives_it_up(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", size=4096)
    assert reserve.fill()
    assert (tmp_path / "reserve").stat().st_size == 4096
    assert reserve.fill(), "taken already"
    assert reserve.give_up()
    assert not reserve.give_up()


def test_no_room_for_a_reserve_is_no_error(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "missing" / "reserve").fill()
