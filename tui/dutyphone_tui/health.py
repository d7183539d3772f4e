"""Whether what the screen shows can be believed: is a recorder running, is the reading fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dutyphone.i18n import _
from dutyphone_tui.times import clock_text, short_stamp_text

if TYPE_CHECKING:
    from dutyphone.clock import Moment
    from dutyphone.store.readmodels import RecorderRow
    from dutyphone_tui.reading import Live

RECORDER_DEAD_S = 15.0
"""A recorder whose last sign of life is older than this, three missing beats, is taken for dead."""

STALE_S = 6.0
"""A reading older than this is not what is stored now: one is due every `feed.LOOK_AGAIN_S`."""


class Severity(Enum):
    """How loud a banner is."""

    ALARM = "alarm"  # calls may be lost
    WARNING = "warning"  # what is shown may be wrong
    CALM = "calm"  # nothing to worry about


@dataclass(frozen=True, slots=True)
class Banner:
    """One bar across the screen."""

    severity: Severity
    text: str


def banners(live: Live | None, *, now: Moment, zone: ZoneInfo, failure: str = "") -> tuple[Banner, ...]:
    """What has to be said about the reading `live` at `now`. `failure` is why the last attempt to read failed."""
    if live is None:
        if failure:
            return (Banner(Severity.WARNING, _("The database cannot be read: {why}").format(why=failure)),)
        return (Banner(Severity.CALM, _("Opening the database ...")),)
    said: list[Banner] = []
    if failure or now.since(live.read_at) > STALE_S:
        standing = _("The database does not answer; the screen stands at {time}.").format(
            time=clock_text(live.read_at.utc, zone)
        )
        said.append(Banner(Severity.WARNING, f"{standing} {failure}".rstrip()))
    if (since := not_recording_since(live.recorder, live.read_at.utc)) is not None:
        said.append(Banner(Severity.ALARM, _not_recording(since, now.utc, zone)))
    elif live.recorder is None:
        never = _("No recorder has ever run: calls are not recorded. Run `dutyphone record`.")
        said.append(Banner(Severity.ALARM, never))
    return tuple(said)


def not_recording_since(recorder: RecorderRow | None, now: datetime) -> datetime | None:
    """Since when nobody records, None if somebody does (or nobody ever did)."""
    if recorder is None:
        return None
    if recorder.stopped_at is not None:
        return recorder.stopped_at
    return recorder.beat_at if (now - recorder.beat_at).total_seconds() > RECORDER_DEAD_S else None


def _not_recording(since: datetime, now: datetime, zone: ZoneInfo) -> str:
    return _("The recorder is not running since {time}: calls are not recorded. Run `dutyphone record`.").format(
        time=short_stamp_text(since, now, zone)
    )
