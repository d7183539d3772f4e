"""A call at 03:00 belongs to the day before (decision 3, X12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dutyphone.duty.shift_date import DAY_STARTS, duty_day, shift_date

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-05-09 08:00:00", "2026-05-09"),
        ("2026-05-09 17:30:05", "2026-05-09"),
        ("2026-05-09 23:59:59.999999", "2026-05-09"),
        ("2026-05-10 00:00:00", "2026-05-09"),
        ("2026-05-10 03:00:00", "2026-05-09"),
        ("2026-05-10 07:59:59.999999", "2026-05-09"),
        ("2026-05-10 08:00:00", "2026-05-10"),
        ("2027-01-01 03:00:00", "2026-12-31"),
        ("2028-02-29 03:00:00", "2028-02-28"),
        ("2028-03-01 03:00:00", "2028-02-29"),
        ("2026-03-01 03:00:00", "2026-02-28"),
    ],
)
def test_the_day_of_duty_begins_in_the_morning(moment: str, day: str) -> None:
    """X12: at the edges, over the end of the year, in leap years and others."""
    at = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)
    assert shift_date(at, SHANGHAI) == date.fromisoformat(day)
    assert shift_date(at.astimezone(UTC), SHANGHAI) == date.fromisoformat(day)


def test_the_zone_is_that_of_the_room_not_of_the_moment() -> None:
    at = datetime(2026, 5, 9, 23, 30, tzinfo=UTC)  # 07:30 in Beijing on the 10th
    assert shift_date(at, SHANGHAI) == date(2026, 5, 9)
    assert shift_date(at, UTC) == date(2026, 5, 9)
    assert shift_date(at + timedelta(minutes=30), SHANGHAI) == date(2026, 5, 10)


def test_a_duty_day_of_a_zone_without_summer_time_has_24_hours() -> None:
    from_at, until_at = duty_day(date(2026, 5, 9), SHANGHAI)
    assert from_at == datetime(2026, 5, 9, 0, 0, tzinfo=UTC)
    assert until_at - from_at == timedelta(hours=24)
    assert from_at.tzinfo is UTC


def test_a_room_that_begins_at_another_hour() -> None:
    at = datetime(2026, 5, 10, 8, 15, tzinfo=SHANGHAI)
    assert shift_date(at, SHANGHAI, time(8, 30)) == date(2026, 5, 9)
    assert shift_date(at, SHANGHAI, time(0, 0)) == date(2026, 5, 10)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        shift_date(datetime(2026, 5, 9, 17, 30), SHANGHAI)  # noqa: DTZ001


@given(
    st.datetimes(datetime(1950, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([SHANGHAI, ZoneInfo("Asia/Hong_Kong"), ZoneInfo("Europe/Berlin"), UTC]),
    st.sampled_from([DAY_STARTS, time(0, 0), time(2, 30), time(17, 30)]),
)
@example(datetime(1986, 5, 3, 18, 30, tzinfo=UTC), SHANGHAI, time(2, 30))  # China's clocks went forward
@example(datetime(2026, 10, 25, 1, 15, tzinfo=UTC), ZoneInfo("Europe/Berlin"), time(2, 30))  # 02:15 for the second time
def test_every_moment_is_in_exactly_the_day_it_is_booked_to(at: datetime, zone: ZoneInfo, day_starts: time) -> None:
    """X12, also where clocks change, as China's did from 1986 to 1991."""
    day = shift_date(at, zone, day_starts)
    from_at, until_at = duty_day(day, zone, day_starts)
    assert from_at <= at < until_at
    assert duty_day(day + timedelta(days=1), zone, day_starts)[0] == until_at
