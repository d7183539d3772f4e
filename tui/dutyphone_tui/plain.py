"""The desk in a few lines of plain text, for a shell, a script or a spot check over a slow line (S2-92)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dutyphone.i18n import _
from dutyphone.store.readmodels import DayCounts, LineCondition, LineRow, RecorderRow
from dutyphone_tui import wording
from dutyphone_tui.health import not_recording_since, silence_text, silences
from dutyphone_tui.times import short_stamp_text


def describe_desk(
    recorders: Sequence[RecorderRow], lines: Sequence[LineRow], today: DayCounts, *, now: datetime, zone: ZoneInfo
) -> tuple[bool, tuple[str, ...]]:
    """Whether every line is listened to now, and the sentences that say how things stand.

    `recorders` are those that are to be alive, the last one that began first.
    """
    silent = silences(recorders, lines, now)
    sentences = [silence_text(silence, now, zone) for silence in silent]
    for recorder in reversed(recorders):
        if not_recording_since(recorder, now) is None:
            sentences.append(_runs(recorder, now, zone) if len(recorders) == 1 else _runs_on(recorder, now, zone))
    if not recorders:
        sentences.append(_("No recorder has ever run: calls are not recorded. Run `dutyphone record`."))
    sentences += [_line(line, now, zone) for line in lines]
    sentences.append(_("Today {total} calls, {owed} still to be seen to.").format(total=today.total, owed=today.owed))
    heard = bool(lines) and all(line.condition is not LineCondition.DOWN for line in lines)
    return bool(recorders) and not silent and heard, tuple(sentences)


def _runs(recorder: RecorderRow, now: datetime, zone: ZoneInfo) -> str:
    return _("The recorder runs since {time} (version {version}, process {pid}).").format(
        time=short_stamp_text(recorder.started_at, now, zone), version=recorder.version, pid=recorder.pid
    )


def _runs_on(recorder: RecorderRow, now: datetime, zone: ZoneInfo) -> str:
    return _("The recorder on {host} runs since {time} (version {version}, process {pid}).").format(
        host=recorder.host,
        time=short_stamp_text(recorder.started_at, now, zone),
        version=recorder.version,
        pid=recorder.pid,
    )


def _line(line: LineRow, now: datetime, zone: ZoneInfo) -> str:
    since = short_stamp_text(line.since_at, now, zone)
    if line.condition is LineCondition.DOWN:
        return _("{line}: not listened to since {time}: {reason}").format(
            line=line.title or line.line, time=since, reason=wording.loss_in_full(line.down_reason, line.down_detail)
        )
    return _("{line}: {condition}, listened to since {time}").format(
        line=line.title or line.line, condition=_(wording.CONDITIONS[line.condition]), time=since
    )
