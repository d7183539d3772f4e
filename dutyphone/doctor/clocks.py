"""The clock of the computer, which stamps every call: whether it is kept right, and against what that can be seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from dutyphone.doctor.finding import Check, Finding, fault, ok, unknown, warning
from dutyphone.doctor.record import in_words
from dutyphone.i18n import N_, _

TOLERATED = timedelta(minutes=2)
"""The exchange stamps whole minutes, and rings a few seconds later."""
FAR_OFF = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the exchange stamped on a caller ID, as it was sent, and when it was heard."""

    text: str
    heard_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """`synchronised`: the system keeps its clock by a time server; None if it does not say.

    `last_row_at` is when the newest row of the log was written, None if there is none; `stamps` those of the last
    calls, newest first.
    """

    now: datetime
    zone: ZoneInfo
    synchronised: bool | None = None
    last_row_at: datetime | None = None
    stamps: Sequence[Stamp] = ()


def _clock(clocks: Clocks) -> Finding:
    """X29."""
    local = f"{clocks.now.astimezone(clocks.zone):%Y-%m-%d %H:%M:%S} {clocks.zone.key}"
    if clocks.last_row_at is not None and clocks.now < clocks.last_row_at - TOLERATED:
        return fault(
            _("The clock says {now}, but the log was written to later than that: it was set back.").format(now=local),
            _("Set it right: timedatectl set-ntp true, or timedatectl set-time"),
            clocks.last_row_at.isoformat(),
        )
    keep = _("Keep it by a time server: timedatectl set-ntp true. Without a network, set it by the radio every week.")
    if clocks.synchronised is False:
        return warning(_("{now}; nobody keeps the clock right.").format(now=local), keep)
    if clocks.synchronised is None:
        return unknown(_("{now}; whether it is kept right the system does not say.").format(now=local), keep)
    return ok(_("{now}, kept right by a time server").format(now=local))


def _offset(clocks: Clocks) -> Finding | None:
    """X29. The exchange's clock is not trusted, but when the two disagree one of them is wrong."""
    offsets = [offset for stamp in clocks.stamps if (offset := offset_of(stamp, clocks.zone)) is not None]
    if not offsets:
        return None
    typical = timedelta(seconds=median(offset.total_seconds() for offset in offsets))  # one odd stamp does not count
    evidence = tuple(f"{stamp.text} / {stamp.heard_at.isoformat()}" for stamp in clocks.stamps[:3])
    if abs(typical) <= TOLERATED:
        return ok(_("It agrees with what the exchange stamps on its calls."), *evidence)
    ahead = typical > timedelta(0)
    words = in_words(abs(typical))
    sentence = (
        _("The clock is {ago} ahead of the exchange's.") if ahead else _("The clock is {ago} behind the exchange's.")
    ).format(ago=words)
    advice = _("Compare it with the time on a mobile telephone and set it right; zone = in the configuration counts.")
    return fault(sentence, advice, *evidence) if abs(typical) > FAR_OFF else warning(sentence, advice, *evidence)


def offset_of(stamp: Stamp, zone: ZoneInfo) -> timedelta | None:
    """How far the computer's clock was ahead of the exchange's; None if the stamp cannot be read.

    Stamps say month, day, hour and minute of local time (GR-30-CORE, parameter 01), some modems put a year beside.
    """
    said_date, _space, said_time = stamp.text.partition(" ")
    date, time = re.sub(r"\D", "", said_date), re.sub(r"\D", "", said_time)
    heard = stamp.heard_at.astimezone(zone)
    if len(date) == 6:
        date = date[2:] if date.startswith(f"{heard:%y}") else date[:4]  # YYMMDD or MMDDYY
    if len(date) != 4 or len(time) not in (4, 6):
        return None
    candidates = []
    for year in (heard.year - 1, heard.year, heard.year + 1):
        with suppress(ValueError):
            candidates.append(datetime(year, int(date[:2]), int(date[2:]), int(time[:2]), int(time[2:4]), tzinfo=zone))
    if not candidates:
        return None
    return min((heard.replace(second=0, microsecond=0) - said for said in candidates), key=abs)


CHECKS: tuple[Check[Clocks], ...] = (
    Check("clock", N_("clock"), _clock),
    Check("exchange-clock", N_("exchange's clock"), _offset),
)
