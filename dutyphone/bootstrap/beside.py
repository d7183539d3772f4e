"""A log looked at from beside, while others may be writing to it: the facts that the doctor judges."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dutyphone.clock import SystemClock
from dutyphone.config import Settings
from dutyphone.doctor import clocks, lines, machine, record
from dutyphone.errors import RecorderAlreadyRunning, StoreError
from dutyphone.i18n import _
from dutyphone.lines.events import Evidence
from dutyphone.lines.wording import TROUBLES

if TYPE_CHECKING:
    from dutyphone.store.lease import Holder
    from dutyphone.store.readmodels import RecorderRow
    from dutyphone.store.store import Store

MONTH = timedelta(days=30)
LOOKING = "doctor"
"""Who holds the lines while they are looked at; not the id of a recorder."""
LAST_CALLS = 20
FEWEST_CALLS = 50
"""From so many calls on, what one takes is known."""
RESERVE_NAME = "reserve"


class LogBeside:
    """The log of a desk, looked at from beside.

    Holds the lease of the desk's lines as far as nobody else does. `pid_running` is the recorder of this desk: None if
    none runs, 0 if it cannot be told which.
    """

    def __init__(self, settings: Settings, *, drill: bool = False) -> None:
        self.settings = settings
        self.pid_running: int | None = None
        self._drill = drill
        self._stack = ExitStack()
        self._store: Store | None = None
        self._problem: StoreError | None = None
        self._exists = True
        self._taken: Mapping[str, Holder] = {}

    def __enter__(self) -> Self:
        from dutyphone.bootstrap.log import open_store

        path = self._file()
        self._exists = path is None or path.exists()
        if self._exists:
            try:
                self._store = self._stack.enter_context(open_store(self.settings, drill=self._drill, create=False))
            except StoreError as wrong:
                self._problem = wrong
        if self._store is not None:
            self._take_lease(self._store)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def _take_lease(self, store: Store) -> None:
        from dutyphone.store.lease import Holder

        lines = [name for name, line in self.settings.lines.items() if line.enabled]
        try:
            lease = self._stack.enter_context(store.lease_lines(lines, LOOKING))
            self._taken = lease.taken
            if lease.taken:
                self.pid_running = next(iter(lease.taken.values())).pid or 0
        except RecorderAlreadyRunning as running:
            self._taken = dict.fromkeys(lines, Holder(pid=running.pid))
            last = store.recorder()
            self.pid_running = running.pid or (last.pid if last is not None else 0)
        except OSError:  # the lock of another user's recorder, which this one may not touch
            last = store.recorder()
            if last is not None and last.stopped_at is None and _is_alive(last.pid):
                self._taken = dict.fromkeys(lines, Holder(pid=last.pid))
                self.pid_running = last.pid

    def _recorder_row(self, store: Store) -> RecorderRow | None:
        """The recorder that has, or last had, a line of this desk."""
        if store.database.path is not None:
            return store.recorder()
        names = self.settings.lines
        return next((row for row in store.recorders() if any(map(row.records, names))), None)

    def _file(self) -> Path | None:
        url = self.settings.database_url(drill=self._drill)
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None

    def record_facts(self, now: datetime) -> record.Record:
        """Recorder, rows, disk and backup as they are."""
        path = self._file()
        shown = str(path) if path is not None else self.settings.shown_database_url()
        known = record.Record(
            at=now, place=shown, exists=self._exists, problem=self._problem, disk=self._disk(path), backup=_backup(path)
        )
        if self._store is None:
            return known
        from dutyphone.store.checkup import check_up

        last = self._recorder_row(self._store)
        found = check_up(self._store)
        return replace(
            known,
            rows=found.rows,
            checked=found.checked,
            broken=found.broken,
            head_problem=found.head_problem,
            size=None if path is None else machine.folder_bytes(path.parent, f"{path.name}*"),
            recorder=None
            if last is None
            else record.Recorder(
                running=self.pid_running is not None,
                pid=self.pid_running,
                beat_at=last.beat_at,
                stopped_at=last.stopped_at,
            ),
        )

    def clock_facts(self, now: datetime) -> clocks.Clocks:
        """The clock, and what can be held against it."""
        seen = clocks.Clocks(now=now, zone=self.settings.time_zone(), synchronised=machine.clock_is_kept())
        if self._store is None:
            return seen
        from dutyphone.store.checkup import last_stamps, newest_row_at

        with suppress(StoreError):  # `record` tells what is wrong with the log
            stamps = last_stamps(self._store)
            return replace(
                seen,
                last_row_at=newest_row_at(self._store),
                stamps=tuple(clocks.Stamp(text=text, heard_at=at) for text, at in stamps),
            )
        return seen

    def recorded(self, line: str) -> lines.Recorded | None:
        """What the running recorder says of `line`; None if none runs."""
        from dutyphone_tui import wording

        from dutyphone.store.readmodels import LineCondition

        if self._store is None or line not in self._taken:
            return None
        pid = self._taken[line].pid or self.pid_running or 0
        for row in self._store.lines():
            if row.line != line:
                continue
            up = row.condition is not LineCondition.DOWN
            troubles = ", ".join(_(TROUBLES[trouble]) for trouble in row.troubles)
            return lines.Recorded(
                up=up,
                device=row.device,
                trouble=troubles if up else wording.loss(row.down_reason),
                pid=pid,
            )
        return lines.Recorded(up=False, device=None, trouble=_("it does not know this line"), pid=pid)

    def heard(self, line: str) -> lines.Heard:
        """What the last calls of `line` had."""
        from dutyphone.lines.events import Direction
        from dutyphone.store.readmodels import CallQuery

        if self._store is None:
            return lines.Heard()
        with suppress(StoreError):
            rows = [
                row
                for row in self._store.history(CallQuery(line=line), limit=LAST_CALLS).rows
                if row.direction is Direction.INCOMING
            ]
            hooks = (Evidence.EXTENSION_HOOK, Evidence.LOCAL_HOOK)
            return lines.Heard(
                calls=len(rows),
                with_caller_id=sum(row.identified for row in rows),
                handset_seen=sum(row.answered_at is not None and row.evidence in hooks for row in rows),
            )
        return lines.Heard()

    def _disk(self, path: Path | None) -> record.Disk | None:
        folder = path.parent if path is not None else self.settings.folder()
        place = next((place for place in (folder, *folder.parents) if place.exists()), None)
        if place is None:
            return None
        try:
            free = shutil.disk_usage(place).free
        except OSError:
            return None
        state = self.settings.folder() / ("drill" if self._drill else "")
        return record.Disk(
            folder=str(folder),
            writable=os.access(place, os.W_OK | os.X_OK),
            free=free,
            bytes_a_day=self._bytes_a_day(path),
            reserve=(state / RESERVE_NAME).exists(),
        )

    def _bytes_a_day(self, path: Path | None) -> int | None:
        from dutyphone.store.readmodels import CallQuery

        if self._store is None or path is None:
            return None
        with suppress(StoreError):
            calls = self._store.count_calls(CallQuery())
            lately = self._store.count_calls(CallQuery(from_at=SystemClock().now().utc - MONTH))
            if min(calls, lately) < FEWEST_CALLS:
                return None
            log = machine.folder_bytes(path.parent, path.name) / calls * lately / MONTH.days
            captures = self.settings.folder() / "capture"
            days = {file.name for file in captures.glob("*/????-??-??.txt")}
            return int(log + machine.folder_bytes(captures, "*/*.txt") / max(1, len(days)))
        return None


def _backup(path: Path | None) -> record.Backup:
    """What the last backup left beside the log."""
    from dutyphone.store.manifest import BACKUP_NOTE, last_backup

    if path is None:
        return record.Backup(problem=_("The log is on a server; whoever looks after it knows its backups."))
    note = path.with_name(path.name + BACKUP_NOTE)
    last = last_backup(note)
    if last is not None:
        return record.Backup(at=last.at, place=str(last.path))
    if note.exists():
        return record.Backup(
            problem=_("{path}, which says when the last backup was made, cannot be read.").format(path=note)
        )
    return record.Backup()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
