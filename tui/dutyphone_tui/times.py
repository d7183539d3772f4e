"""Times as people read and type them: in the zone of the room, on a 24-hour clock."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from dutyphone.duty.shift_date import duty_day
from dutyphone.i18n import N_, _

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))

_DAY = re.compile(r"(?:(\d{4})\D)?(\d{1,2})\D(\d{1,2})\D?|(\d{4})(\d{2})(\d{2})|(\d{2})(\d{2})", re.ASCII)


def day_span(first: date, last: date, zone: ZoneInfo, day_starts: time) -> tuple[datetime, datetime]:
    """When the duty day `first` begins and the duty day `last` ends."""
    return duty_day(first, zone, day_starts)[0], duty_day(last, zone, day_starts)[1]


def clock_text(at: datetime, zone: ZoneInfo) -> str:
    """`17:30:05`."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def minute_text(at: datetime, zone: ZoneInfo) -> str:
    """`17:30`."""
    return f"{at.astimezone(zone):%H:%M}"


def date_text(at: datetime, zone: ZoneInfo) -> str:
    """`2026-02-16`."""
    return f"{at.astimezone(zone):%Y-%m-%d}"


def long_date_text(at: datetime, zone: ZoneInfo) -> str:
    """`2026-02-16 Mon`, the weekday in the current language."""
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d} {_(WEEKDAYS[local.weekday()])}"


def stamp_text(at: datetime, zone: ZoneInfo) -> str:
    """`2026-02-16 17:30:05`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def short_stamp_text(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """As short as it stays clear on `now`: `17:30` on the same date, `02-15 17:30` in the same year."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def span_text(seconds: float) -> str:
    """`0:07`, `12:05`, `1:02:33`."""
    whole = max(int(seconds), 0)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def lasted_text(seconds: float) -> str:
    """A length of time in words: `45 s`, `7 min`, `3 h 12 min`."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return _("{n} s").format(n=whole)
    if whole < 3600:
        return _("{n} min").format(n=whole // 60)
    return _("{hours} h {minutes} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def age_text(seconds: float) -> str:
    """How long ago, in steps coarse enough not to flicker: `just now`, `7 min ago`."""
    if seconds < 60:
        return _("just now")
    return _("{time} ago").format(time=lasted_text(seconds))


def read_day(typed: str, today: date) -> date | None:
    """The day somebody typed: `2026-02-16`, `2.16`, `0216`, 2月16日. Without a year, the last such day up to `today`.

    None if it is not a day.
    """
    match = _DAY.fullmatch(typed.strip())
    if match is None:
        return None
    year_text, month_text, day_text = (
        match[1] or match[4],
        match[2] or match[5] or match[7],
        match[3] or match[6] or match[8],
    )
    try:
        if year_text:
            return date(int(year_text), int(month_text), int(day_text))
        this_year = date(today.year, int(month_text), int(day_text))
        return this_year if this_year <= today else this_year.replace(year=today.year - 1)
    except ValueError:
        return None
