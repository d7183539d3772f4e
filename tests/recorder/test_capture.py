"""Raw bytes on disk before anybody parses them (X01, X03)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dutyphone_simulators.clock import ManualClock

from dutyphone.lines.driver import WireDirection
from dutyphone.lines.transcript import FromDevice, Passes, ToDevice, WallClock, parse_transcript
from dutyphone.recorder.capture import WireCapture, prune_captures

SHANGHAI = ZoneInfo("Asia/Shanghai")
FROM, TO = WireDirection.FROM_DEVICE, WireDirection.TO_DEVICE


def test_a_capture_is_a_transcript_that_can_be_played(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 2, 16, 15, 0, tzinfo=UTC))
    capture = WireCapture(tmp_path, "desk", SHANGHAI, pytest.fail)
    capture.keep(TO, b"ATZ\r", clock.now())
    capture.keep(FROM, b"\xd5\xc5\xc8\xfd\x00 ", clock.advance(1.5))
    (path,) = (tmp_path / "desk").iterdir()
    steps = parse_transcript(path.read_text(encoding="utf-8")).steps
    assert steps == (
        WallClock(datetime(2026, 2, 16, 23, 0, tzinfo=SHANGHAI)),
        ToDevice(b"ATZ\r"),
        Passes(1.5),
        FromDevice(b"\xd5\xc5\xc8\xfd\x00 "),
    )
    capture.close()


def test_each_day_of_the_room_has_its_file(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 2, 16, 15, 59, tzinfo=UTC))
    capture = WireCapture(tmp_path, "desk", SHANGHAI, pytest.fail)
    capture.keep(FROM, b"RING\r\n", clock.now())
    capture.keep(FROM, b"RING\r\n", clock.advance(120))
    capture.close()
    assert sorted(p.name for p in (tmp_path / "desk").iterdir()) == ["2026-02-16.txt", "2026-02-17.txt"]


def test_a_clock_step_is_seen_in_the_capture(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 2, 16, 3, 0, tzinfo=UTC))
    capture = WireCapture(tmp_path, "desk", SHANGHAI, pytest.fail)
    capture.keep(FROM, b"a", clock.now())
    capture.keep(FROM, b"b", clock.step(60))
    capture.close()
    text = (tmp_path / "desk" / "2026-02-16.txt").read_text(encoding="utf-8")
    assert [type(s) for s in parse_transcript(text).steps] == [WallClock, FromDevice, WallClock, FromDevice]


def test_a_capture_that_cannot_be_written_complains_once_and_recovers(tmp_path: Path) -> None:
    clock = ManualClock()
    complaints: list[str] = []
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be", encoding="utf-8")
    capture = WireCapture(blocked, "desk", SHANGHAI, complaints.append)
    capture.keep(FROM, b"RING\r\n", clock.now())
    capture.keep(FROM, b"RING\r\n", clock.advance(5))
    assert len(complaints) == 1
    assert "Calls are still recorded" in complaints[0]
    blocked.unlink()
    capture.keep(FROM, b"RING\r\n", clock.advance(5))
    capture.close()
    assert list((blocked / "desk").iterdir())


def test_captures_are_kept_for_their_days_and_private(tmp_path: Path) -> None:
    """X32."""
    (tmp_path / "desk").mkdir()
    for name in ("2026-01-01.txt", "2026-02-01.txt", "notes.txt"):
        (tmp_path / "desk" / name).touch()
    assert prune_captures(tmp_path, 30, date(2026, 2, 16)) == 1
    assert sorted(path.name for path in (tmp_path / "desk").iterdir()) == ["2026-02-01.txt", "notes.txt"]
