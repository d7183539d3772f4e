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
    from collections.abc import Sequence

    from dutyphone.clock import Moment
    from dutyphone.store.readmodels import LineRow, RecorderRow
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
    if not live.recorders:
        never = _("No recorder has ever run: calls are not recorded. Run `dutyphone record`.")
        said.append(Banner(Severity.ALARM, never))
    said += (
        Banner(Severity.ALARM, silence_text(silence, now.utc, zone))
        for silence in silences(live.recorders, live.lines, live.read_at.utc)
    )
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Silence:
    """Calls on `lines`, by their titles, are not recorded since `since`, for the recorder on `host` does not run.

    `lines` None: nothing is recorded at all.
    """

    since: datetime
    host: str
    lines: tuple[str, ...] | None


def silences(recorders: Sequence[RecorderRow], lines: Sequence[LineRow], now: datetime) -> tuple[Silence, ...]:
    """What is not recorded at `now`. `recorders` are those that are to be alive, the last one that began first."""
    since = {recorder.recorder: not_recording_since(recorder, now) for recorder in recorders}
    silent = [(recorder, at) for recorder in recorders if (at := since[recorder.recorder]) is not None]
    if silent and len(silent) == len(recorders):
        return (Silence(max(at for _recorder, at in silent), silent[0][0].host, None),)
    theirs = {line.line: _recorder_of(line.line, recorders) for line in lines}
    return tuple(
        Silence(at, recorder.host, tuple(line.title for line in lines if theirs[line.line] is recorder))
        for recorder, at in silent
    )


def not_recording_since(recorder: RecorderRow, now: datetime) -> datetime | None:
    """Since when it does not record, None if it does."""
    if recorder.stopped_at is not None:
        return recorder.stopped_at
    return recorder.beat_at if (now - recorder.beat_at).total_seconds() > RECORDER_DEAD_S else None


def silence_text(silence: Silence, now: datetime, zone: ZoneInfo) -> str:
    """The sentence for people."""
    time = short_stamp_text(silence.since, now, zone)
    if silence.lines is None:
        return _("The recorder is not running since {time}: calls are not recorded. Run `dutyphone record`.").format(
            time=time
        )
    return _("The recorder on {host} is not running since {time}: calls on {lines} are not recorded.").format(
        host=silence.host, time=time, lines=_(", ").join(silence.lines)
    )


def _recorder_of(line: str, recorders: Sequence[RecorderRow]) -> RecorderRow | None:
    return next((recorder for recorder in recorders if recorder.records(line)), None)
