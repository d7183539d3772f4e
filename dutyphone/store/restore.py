"""A copy in the place of the log. The log that was there is put aside, never deleted.

The copy is checked, brought up to date and checked once more before anything is changed; what it lost and when says a
fact of its own. No recorder and no console may be at work.
"""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dutyphone.errors import BackupUnusable, DatabaseBusy, StoreError
from dutyphone.i18n import _
from dutyphone.journal.facts import LogRestored
from dutyphone.store.append import Tail, append, tail
from dutyphone.store.database import Database
from dutyphone.store.key import LogKey
from dutyphone.store.load import Progress, load, read_dump, told
from dutyphone.store.manifest import CopyForm, Manifest, check_file, read_manifest
from dutyphone.store.projector import Projector
from dutyphone.store.replace import alone, into_one_file, no_recorder, put_aside, put_in_place
from dutyphone.store.replay import facts, project_all
from dutyphone.store.rows import micros
from dutyphone.store.session import Session
from dutyphone.store.store import HEAD, Store, log_place
from dutyphone.store.upgrade import make_anew, ready
from dutyphone.store.verify import check_chain

PART = ".restoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored. `aside` is where the log that was there is now: a file, a schema; empty if there was none."""

    rows: int
    copied_at: datetime
    aside: str


def restore(
    url: str,
    copy: Path,
    *,
    key: LogKey | None = None,
    key_folder: Path | None = None,
    now: datetime,
    on_progress: Progress,
) -> Restored:
    """Put `copy` in the place of the log at `url`.

    Raises `BackupUnusable` if the copy is not whole, `RecorderAlreadyRunning`, `DatabaseBusy` if a console is open, and
    other `StoreError`; then nothing was changed.
    """
    manifest = read_manifest(copy)
    check_file(manifest, copy)
    database = Database(url, create=True, key=None)
    try:
        if database.path is None:
            aside = _into_server(database, copy, manifest, now, on_progress)
            place = log_place(database, key_folder)
            head = None if place is None else place.with_name(place.name + HEAD)
            if head is not None and head.exists():
                head.replace(head.with_name(f"{aside}{HEAD}"))
        else:
            aside = _into_file(database.path, copy, manifest, key, now, on_progress)
    finally:
        database.close()
    with Store.open(url, key_folder=key_folder, key=key) as store:
        store.keep_head(now)
    return Restored(rows=manifest.rows, copied_at=manifest.made_at, aside=aside)


# --- a file ------------------------------------------------------------------------------------------------------


def _into_file(
    path: Path, copy: Path, manifest: Manifest, key: LogKey | None, now: datetime, on_progress: Progress
) -> str:
    if manifest.form is CopyForm.DATABASE and manifest.encrypted is not (key is not None):
        raise BackupUnusable(
            _("The copy is encrypted, and no key is configured.")
            if manifest.encrypted
            else _("The copy is not encrypted, but a key is configured."),
            advice=_("Restore it with the configuration it was made with, and encrypt or decrypt it then."),
        )
    part = path.with_name(path.name + PART)
    with no_recorder(path):
        try:
            _prepare(part, copy, manifest, key, now, on_progress)
            return _swap(part, path, key, f"{now:%Y%m%d-%H%M%S}")
        finally:
            for suffix in ("", "-wal", "-shm"):
                part.with_name(part.name + suffix).unlink(missing_ok=True)


def _prepare(
    part: Path, copy: Path, manifest: Manifest, key: LogKey | None, now: datetime, on_progress: Progress
) -> None:
    """The log as it is to be, in a file beside the present one."""
    part.unlink(missing_ok=True)
    if manifest.form is CopyForm.DATABASE:
        shutil.copyfile(copy, part)
        part.chmod(0o600)
    prepared = Database(f"sqlite:///{part}", create=True, key=key)
    try:
        ready(prepared, upgrade=True)
        if manifest.form is CopyForm.JOURNAL:
            with prepared.writing() as session:
                load(told(read_dump(copy), manifest.rows, on_progress), session, prepared.backend)
        _refuse_broken(prepared)
        with prepared.writing() as session:
            if manifest.form is CopyForm.DATABASE:
                projector = Projector(session, prepared.backend.index)
                projector.clear()
                project_all(facts(session), projector)
            _sign(session, prepared, manifest, now)
    finally:
        prepared.close()
    into_one_file(part, key)


def _refuse_broken(prepared: Database) -> None:
    bad = check_chain(prepared)
    if bad is not None:
        raise BackupUnusable(
            _("The copy is not whole: row {seq}: {what}.").format(seq=bad.seq, what=bad.what),
            advice=_("Take another copy. Nothing was changed."),
        )


def _swap(part: Path, path: Path, key: LogKey | None, stamp: str) -> str:
    if not path.exists():
        put_in_place(part, path, None)
        return ""
    try:
        with alone(path, key) as connection:
            aside = put_aside(path, stamp)
            put_in_place(part, path, connection)
    except DatabaseBusy:
        raise
    except StoreError:  # it is damaged, which may be why somebody restores
        aside = put_aside(path, stamp)
        put_in_place(part, path, None)
    return str(aside)


# --- a server ----------------------------------------------------------------------------------------------------


def _into_server(database: Database, copy: Path, manifest: Manifest, now: datetime, on_progress: Progress) -> str:
    if manifest.form is not CopyForm.JOURNAL:
        raise BackupUnusable(
            _("{path} is a copy of an SQLite log.").format(path=copy),
            advice=_("Restore it to a file, and take it to the server with: dutyphone db copy"),
        )
    with database.reading() as session:
        there = database.backend.ours(session)
    store = Store(database, None, keeps_head=False)
    with store.lease() if there else nullcontext():

        def fill(session: Session) -> None:
            load(told(read_dump(copy), manifest.rows, on_progress), session, database.backend)
            _sign(session, database, manifest, now)

        return make_anew(database, f"{now:%Y%m%d%H%M%S}", fill)


# --- both --------------------------------------------------------------------------------------------------------


def _sign(session: Session, database: Database, manifest: Manifest, now: datetime) -> None:
    """Say in the journal that it was restored. Raises `BackupUnusable` if it is not the one of the manifest."""
    if tail(session) != Tail(manifest.rows, manifest.head):
        raise BackupUnusable(
            _("The copy is not the one its manifest describes."), advice=_("Take another copy. Nothing was changed.")
        )
    fact = LogRestored(at=now, copied_at=manifest.made_at, rows=manifest.rows)
    append(session, database.backend.index, [fact], recorded_us=micros(now))
