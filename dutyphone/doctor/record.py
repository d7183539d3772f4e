"""The record: whether a recorder runs, whether the log is whole, how long the disk lasts, how old the backup is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dutyphone.doctor.finding import Check, Finding, fault, ok, unknown, warning
from dutyphone.errors import StoreError
from dutyphone.i18n import N_, _, ngettext

BEATS_EVERY = timedelta(seconds=60)
"""A recorder that said nothing for longer hangs; it says something every few seconds."""
LEAST_FREE = 64 * 1024 * 1024
"""Bytes. With less the next days' calls may not fit, whatever the average is."""
SHORT_DAYS, ENOUGH_DAYS = 14, 90
"""Fewer days of room are a fault; fewer than enough want to be planned for."""
MANY_DAYS = 3650
USUAL_BYTES_A_DAY = 1024 * 1024
"""What a busy duty room writes, captures included, for a log too young to say: 200 calls of about 4 kB."""
BACKUP_FRESH = timedelta(days=2)
BACKUP_STALE = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """The last recorder, as the log knows it. `running`: its lease is held, by `pid`. `simulated`: it was a drill."""

    running: bool
    pid: int | None = None
    version: str = ""
    beat_at: datetime | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Where the log is kept. `bytes_a_day` is what was written on average, None if the log is too young to say.

    `reserve` says whether the file is there that is given up when the disk is full.
    """

    folder: str
    writable: bool
    free: int
    bytes_a_day: int | None = None
    reserve: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """The last backup that was made, and where it is; `problem` is why that is not known."""

    at: datetime | None = None
    place: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything about the log.

    `exists` False: there is none yet. `problem`: it cannot be opened. `checked` rows at its end were checked;
    `broken` and `head_problem` are sentences. `size` is None on a server, and so is `disk` where it is not known.
    """

    at: datetime
    place: str
    exists: bool = True
    problem: StoreError | None = None
    rows: int = 0
    checked: int = 0
    broken: str = ""
    head_problem: str = ""
    size: int | None = None
    recorder: Recorder | None = None
    disk: Disk | None = None
    backup: Backup = Backup()


def _recorder(record: Record) -> Finding | None:
    if record.problem is not None:
        return None
    recorder = record.recorder
    start = _("Start it: dutyphone record, or systemctl start dutyphone-recorder")
    if recorder is None:
        return warning(_("No recorder has run yet: no call is written down."), start)
    if recorder.running:
        beat = recorder.beat_at
        if beat is not None and record.at - beat > BEATS_EVERY:
            return fault(
                _("The recorder (process {pid}) has said nothing for {ago}.").format(
                    pid=recorder.pid, ago=in_words(record.at - beat)
                ),
                _("Restart it: dutyphone stop, then dutyphone record; keep its log for whoever looks after it."),
            )
        return ok(_("runs (process {pid})").format(pid=recorder.pid))
    if recorder.stopped_at is None:
        ago = in_words(record.at - recorder.beat_at) if recorder.beat_at is not None else "?"
        return fault(
            _("The recorder ended {ago} ago without a farewell; no call is written down.").format(ago=ago), start
        )
    return warning(
        _("No recorder has run for {ago}: no call is written down.").format(
            ago=in_words(record.at - recorder.stopped_at)
        ),
        start,
    )


def _database(record: Record) -> Finding:
    if record.problem is not None:
        return fault(record.problem.message, record.problem.advice, record.problem.evidence)
    if not record.exists:
        return warning(
            _("There is no log yet at {place}.").format(place=record.place),
            _("The recorder makes it when it starts."),
        )
    if record.size is None:
        return ok(_("{place}: {rows} rows").format(place=record.place, rows=record.rows))
    return ok(
        _("{place}: {rows} rows, {size}").format(place=record.place, rows=record.rows, size=bytes_in_words(record.size))
    )


def _chain(record: Record) -> Finding | None:
    if not record.exists or record.problem is not None:
        return None
    if record.broken:
        return fault(record.broken, _("Copy the log away as it is and run `dutyphone verify` on the copy."))
    return ok(_("The last {n} rows follow from each other; `dutyphone verify` checks all.").format(n=record.checked))


def _head(record: Record) -> Finding | None:
    if not record.exists or record.problem is not None:
        return None
    if record.head_problem:
        return fault(
            record.head_problem, _("Copy log and head away as they are; somebody may have put an older copy in place.")
        )
    return ok(_("The signed head agrees with the log."))


def _disk(record: Record) -> Finding | None:
    disk = record.disk
    if disk is None:
        return None
    free = bytes_in_words(disk.free)
    if not disk.writable:
        return fault(
            _("Nothing may be written in {folder}.").format(folder=disk.folder),
            _("Give the folder to the user of the recorder."),
        )
    days = min(MANY_DAYS, disk.free // max(1, disk.bytes_a_day or USUAL_BYTES_A_DAY))
    more = _("Free some space or move the data folder; old files in capture/ may go first.")
    if disk.free < LEAST_FREE or days < SHORT_DAYS:
        return fault(_("Only {free} are left: {days} days of calls.").format(free=free, days=days), more)
    if days < ENOUGH_DAYS:
        return warning(_("{free} are left: {days} days of calls.").format(free=free, days=days), more)
    if days >= MANY_DAYS:
        return ok(_("{free} are left: more than ten years of calls.").format(free=free))
    return ok(_("{free} are left: {days} days of calls.").format(free=free, days=days))


def _reserve(record: Record) -> Finding | None:
    if record.disk is None or record.recorder is None or not record.recorder.running:
        return None
    if record.disk.reserve:
        return ok(_("There is a reserve for the night in which the disk is full."))
    return warning(
        _("The reserve for a full disk is gone: it was used, or could not be made."),
        _("Free some space and restart the recorder."),
    )


def _backup(record: Record) -> Finding | None:
    if not record.exists:
        return None
    make = _("Make one on another disk, every night: dutyphone db backup")
    if record.backup.problem:
        return unknown(record.backup.problem, make)
    if record.backup.at is None:
        return warning(_("No backup was ever made."), make)
    age = record.at - record.backup.at
    sentence = _("The last backup is {age} old: {place}").format(age=in_words(age), place=record.backup.place or "-")
    if age > BACKUP_STALE:
        return fault(sentence, make)
    return warning(sentence, make) if age > BACKUP_FRESH else ok(sentence)


def in_words(span: timedelta) -> str:
    """About how long that is."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 120:
        return ngettext("{n} second", "{n} seconds", seconds).format(n=seconds)
    if seconds < 7200:
        return _("{n} minutes").format(n=seconds // 60)
    if seconds < 2 * 86_400:
        return _("{n} hours").format(n=seconds // 3600)
    return _("{n} days").format(n=seconds // 86_400)


def bytes_in_words(count: int) -> str:
    """`count` bytes in the unit that suits it."""
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


CHECKS: tuple[Check[Record], ...] = (
    Check("recorder", N_("recorder"), _recorder),
    Check("database", N_("log"), _database),
    Check("chain", N_("chain"), _chain),
    Check("head", N_("head"), _head),
    Check("disk", N_("disk"), _disk),
    Check("reserve", N_("reserve"), _reserve),
    Check("backup", N_("backup"), _backup),
)
