"""The log kept safe: copies, another database, encryption, retention."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone.bootstrap.key import asked_key, log_key
from dutyphone.bootstrap.log import open_store
from dutyphone.clock import SystemClock
from dutyphone.config import Settings
from dutyphone.errors import ConfigError, DatabaseUnusable
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone.duty.retention import Retention
    from dutyphone.store.key import LogKey
    from dutyphone.store.manifest import Manifest
    from dutyphone.store.restore import Restored
    from dutyphone.store.retention import PurgeReport

Progress = Callable[[int, int], None]

BRISKLY = 5.0
"""While somebody waits for a purge to be done, its rests are this many times as long as the work before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What was purged of the calls, or would be; `older_than` None: there is no rule, they are kept for ever."""

    older_than: datetime | None
    report: PurgeReport | None = None
    captures: int = 0


def back_up_log(
    settings: Settings, path: Path | None, on_progress: Progress, *, drill: bool = False
) -> tuple[Path, Manifest]:
    """Copy the log to `path`, or into the folder for copies; where it is. The recorder goes on writing."""
    from dutyphone.store.backup import back_up

    now = SystemClock().now().utc
    with open_store(settings, drill=drill, create=False) as store:
        if path is None:
            folder = settings.folder() / "backups"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            suffix = "journal.gz" if store.database.path is None else "db"
            name = f"{'drill' if drill else 'duty'}-{now.astimezone(settings.time_zone()):%Y%m%d-%H%M%S}.{suffix}"
            path = folder / name
        return path, back_up(store, path, now=now, pause=time.sleep, on_progress=on_progress)


def restore_log(settings: Settings, copy: Path, on_progress: Progress, *, drill: bool = False) -> Restored:
    """Put `copy` in the place of the log, which is put aside."""
    from dutyphone.store.restore import restore

    return restore(
        settings.database_url(drill=drill),
        copy,
        key=log_key(settings, drill=drill),
        key_folder=settings.folder(),
        now=SystemClock().now().utc,
        on_progress=on_progress,
    )


def copy_log(settings: Settings, to_url: str, on_progress: Progress, *, drill: bool = False) -> int:
    """Copy the log into the empty database at `to_url`; how many rows. A file is encrypted if the log is."""
    from dutyphone.store.copying import copy
    from dutyphone.store.database import database_path
    from dutyphone.store.store import Store

    if database_path(to_url) is not None and database_path(to_url) == database_path(settings.database_url(drill=drill)):
        raise DatabaseUnusable(_("That is the log itself."), advice=_("Name an empty database."))
    key = log_key(settings, drill=drill)
    with (
        open_store(settings, drill=drill, create=False) as source,
        source.lease(),
        Store.open(to_url, key_folder=settings.folder(), key=None if database_path(to_url) is None else key) as target,
        target.lease(),
    ):
        end = copy(source, target, on_progress=on_progress)
        target.keep_head(SystemClock().now().utc)
        return end.seq


def encrypt_log(settings: Settings) -> int:
    """Encrypt the log with the configured key, which is made if its file is not there; how many rows it has."""
    from dutyphone.store.convert import convert
    from dutyphone.store.key import encrypted_salt

    path = _log_file(settings)
    if encrypted_salt(path) is not None:
        raise DatabaseUnusable(_("{path} is encrypted already.").format(path=path), advice=_("There is nothing to do."))
    return convert(path, None, _new_key(settings))


def decrypt_log(settings: Settings) -> int:
    """Keep the log in the clear from now on; how many rows it has."""
    from dutyphone.store.convert import convert
    from dutyphone.store.key import encrypted_salt

    path = _log_file(settings)
    if encrypted_salt(path) is None:
        raise DatabaseUnusable(_("{path} is not encrypted.").format(path=path), advice=_("There is nothing to do."))
    return convert(path, log_key(settings, drill=False), None)


def purge_log(settings: Settings, on_progress: Progress, *, dry_run: bool) -> Purge:
    """Purge what the rule for calls says, or say what that would be."""
    from dutyphone.journal.facts import Book
    from dutyphone.recorder.capture import prune_captures
    from dutyphone.store.retention import due, purge

    clock = SystemClock()
    now = clock.now().utc
    older_than = retention_of(settings).older_than(Book.CALLS, now)
    if older_than is None:
        return Purge(older_than=None)
    with open_store(settings, drill=False, create=False) as store:
        if dry_run:
            return Purge(older_than=older_than, report=due(store, Book.CALLS, older_than, now))
        slices = 0

        def rest(worked_s: float) -> bool:
            nonlocal slices
            slices += 1
            on_progress(slices, 0)
            time.sleep(worked_s * BRISKLY)
            return True

        report = purge(store, Book.CALLS, older_than, clock=clock, rest=rest)
    today = now.astimezone(settings.time_zone()).date()
    captures = prune_captures(settings.folder() / "capture", capture_days(settings), today)
    return Purge(older_than=older_than, report=report, captures=captures)


def retention_of(settings: Settings) -> Retention:
    """For how long each book is kept."""
    from dutyphone.duty.retention import Retention
    from dutyphone.journal.facts import Book

    return Retention(days={Book.CALLS: settings.retention.calls})


def capture_days(settings: Settings) -> int:
    """For how many days captures are kept: what the line said about calls goes with the calls."""
    return min(settings.recorder.capture_days, settings.retention.calls or settings.recorder.capture_days)


def _log_file(settings: Settings) -> Path:
    from dutyphone.store.database import database_path

    path = database_path(settings.database_url())
    if path is None or not path.exists():
        raise DatabaseUnusable(
            _("There is no SQLite file to encrypt or decrypt."),
            advice=_("The data of a server are encrypted with its disk."),
        )
    return path


def _new_key(settings: Settings) -> LogKey:
    from dutyphone.store.key import make_key_file, read_key_file

    path = settings.key_file()
    if path is not None:
        return read_key_file(path) if path.exists() else make_key_file(path)
    if settings.database.key_prompt:
        return asked_key(settings)
    raise ConfigError(
        _("No key is configured."),
        key="database.key_file",
        expected=_("the path of a key file; it is made if it is not there. Or key_prompt = true"),
    )
