"""What an export is called that was not given a name."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dutyphone.bootstrap import export_name
from dutyphone.config import Settings

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("from_at", "until_at", "days"),
    [
        ("2026-05-01T08:00", "2026-05-02T08:00", "2026-05-01"),  # one day of duty
        ("2026-05-01T08:00", "2026-05-04T08:00", "2026-05-01_2026-05-03"),
        ("2026-05-01T00:00", "2026-05-02T00:00", "2026-05-01"),  # one day of the calendar
        ("2026-05-01T00:00", "2026-06-01T00:00", "2026-05-01_2026-05-31"),
        ("2026-05-01T00:00", "2026-05-09T17:30", "2026-05-01_2026-05-09"),
    ],
)
def test_a_span_is_named_by_the_days_it_covers(from_at: str, until_at: str, days: str) -> None:
    assert export_name(Settings(), at(from_at), at(until_at), "csv", drill=False) == f"calls_{days}.csv"


def test_a_drill_says_so_in_its_name() -> None:
    """X28."""
    assert (
        export_name(Settings(), at("2026-05-01"), at("2026-05-02"), "xlsx", drill=True) == "calls_2026-05-01_drill.xlsx"
    )
