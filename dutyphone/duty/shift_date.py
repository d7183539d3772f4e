"""To which day of duty a moment belongs.

A duty day begins in the morning and ends on the next; it carries the date on which it began, so that a call at 03:00 is
in the books of the day before (decision 3). The bounds are instants: where a zone changes its clocks, a duty day has 23
or 25 hours, and still every moment is in exactly one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY_STARTS = time(8, 0)
"""When the day of duty begins unless the configuration says otherwise (decision 3)."""


def shift_date(at: datetime, zone: tzinfo, day_starts: time = DAY_STARTS) -> date:
    """The date of the duty day that `at` (aware) belongs to, in the room's `zone`."""
    if at.utcoffset() is None:
        raise ValueError("a moment without a zone belongs to no day")
    today = at.astimezone(zone).date()
    return today if at >= _start(today, zone, day_starts) else today - timedelta(days=1)


def duty_day(day: date, zone: tzinfo, day_starts: time = DAY_STARTS) -> tuple[datetime, datetime]:
    """From when (included) until when (not) the duty day `day` lasts, in UTC."""
    return _start(day, zone, day_starts), _start(day + timedelta(days=1), zone, day_starts)


def _start(day: date, zone: tzinfo, day_starts: time) -> datetime:
    return datetime.combine(day, day_starts, tzinfo=zone).astimezone(UTC)
