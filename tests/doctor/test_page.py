"""docs/doctor.md names every check, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

from dutyphone.doctor import clocks, environment, lines, record

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"


def test_the_page_has_every_check() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## What is looked at")[2].partition("\n\nA line")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    rooms = (environment.CHECKS, clocks.CHECKS, record.CHECKS, lines.CHECKS)
    checks = [check.name for room in rooms for check in room]
    assert named == set(checks)
    assert len(checks) == len(set(checks)), "a name means one thing"


def test_the_page_says_the_same_limits() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"fewer than {record.ENOUGH_DAYS} days" in page
    assert f"fewer than {record.SHORT_DAYS} a fault" in page
    assert (record.BACKUP_FRESH.days, record.BACKUP_STALE.days) == (2, 14)
    assert clocks.TOLERATED.total_seconds() == 120
