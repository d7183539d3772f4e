"""A copy of the log while it is written: to one file, checked, and there as a whole or not at all.

An SQLite log is copied page by page, from one moment, with rests that leave the disk to the recorder. The journal of a
server is dumped row by row, and so can go into any database.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from dutyphone import __version__
from dutyphone.errors import BackupUnusable, OutputError
from dutyphone.i18n import _
from dutyphone.journal.chain import GENESIS
from dutyphone.store.append import Tail, tail
from dutyphone.store.database import Database
from dutyphone.store.load import ROWS, Progress, dump, read_dump, told
from dutyphone.store.manifest import (
    BACKUP_NOTE,
    CopyForm,
    LastBackup,
    Manifest,
    file_digest,
    flush_file,
    remember_backup,
    whole_file,
    write_manifest,
)
from dutyphone.store.session import Row
from dutyphone.store.store import Store, hash_at
from dutyphone.store.verify import break_in

PAGES = 64
"""Copied between two rests: 256 KiB. Each lot is flushed, so that no commit waits behind a long queue of the disk."""

REST_S = 0.010
"""The rest after each lot. With both, p99 of commits is 1.0 to 1.2 times what it is alone; without, 5 times."""


def back_up(
    store: Store, path: Path, *, now: datetime, pause: Callable[[float], None], on_progress: Progress
) -> Manifest:
    """Copy the log to `path` and put its manifest beside it; never over a file that is there.

    Raises `OutputError` if it cannot be written, `BackupUnusable` if what was written is not the log, `StoreError`.
    """
    if path.exists():
        raise OutputError(_("{path} exists already.").format(path=path), advice=_("Name another file."))
    database = store.database
    with whole_file(path) as part:
        if database.path is None:
            _dump(database, part, on_progress)
            end = _end_of(read_dump(part))
        else:
            _copy_pages(database, part, pause, on_progress)
            end = _end_of_copy(database, part)
        _refuse_other(database, end)
        manifest = Manifest(
            form=CopyForm.JOURNAL if database.path is None else CopyForm.DATABASE,
            made_at=now,
            program=__version__,
            rows=end.seq,
            head=end.hash,
            encrypted=database.key is not None,
            size=part.stat().st_size,
            sha256=file_digest(part),
        )
        write_manifest(manifest, path)
    note = store.beside(BACKUP_NOTE)
    if note is not None:
        remember_backup(note, LastBackup(at=now, path=path.absolute(), rows=end.seq))
    return manifest


def _copy_pages(database: Database, part: Path, pause: Callable[[float], None], on_progress: Progress) -> None:
    """The pages as they are when the first is read, though others write meanwhile.

    The transaction around it is what keeps them: without one, each commit of another process would make SQLite begin
    anew (SQLite, "Online Backup API").
    """
    target = Database(f"sqlite:///{part}", create=True, key=database.key)
    try:
        source_connection, target_connection = database.lone_connection(), target.lone_connection()
        try:
            with database.told(), database.session(source_connection) as source, part.open("rb+") as file:
                source.sql(database.backend.begin_read)
                tail(source)
                target.session(target_connection).sql("PRAGMA synchronous = OFF")  # flushed here, a lot at a time

                def rest(_status: int, remaining: int, total: int) -> None:
                    os.fsync(file.fileno())
                    on_progress(total - remaining, total)
                    pause(REST_S)

                source_connection.backup(target_connection, pages=PAGES, progress=rest)
                source.sql("ROLLBACK")
                target.session(target_connection).sql("PRAGMA journal_mode = DELETE")  # one file, with nothing beside
        finally:
            target_connection.close()
            source_connection.close()
    finally:
        target.close()
    flush_file(part)


def _dump(database: Database, part: Path, on_progress: Progress) -> None:
    with database.snapshot() as session, part.open("wb") as file:
        rows = session.stream(database.backend.journal_bytes)
        dump(told(rows, session.scalar(ROWS), on_progress), file, program=__version__)


def _end_of_copy(database: Database, part: Path) -> Tail:
    copied = Database(f"sqlite:///{part}", create=False, key=database.key)
    try:
        with copied.snapshot() as session, closing(session.stream(copied.backend.journal_bytes)) as rows:
            return _end_of(rows)
    finally:
        copied.close()


def _end_of(rows: Iterator[Row]) -> Tail:
    """Where a copied journal ends. Raises `BackupUnusable` if it is not whole."""
    end = Tail(0, GENESIS)

    def passing() -> Iterator[Row]:
        nonlocal end
        for row in rows:
            yield row
            end = Tail(row[0], bytes(row[7]))

    bad = break_in(passing())
    if bad is not None:
        raise BackupUnusable(
            _("The copy is not whole: row {seq}: {what}. It was not kept.").format(seq=bad.seq, what=bad.what),
            advice=_("Run: dutyphone verify. If that is in order, try another disk."),
        )
    return end


def _refuse_other(database: Database, end: Tail) -> None:
    """The log must have the row that the copy ends with."""
    with database.reading() as session:
        if end.seq and hash_at(session, end.seq) != end.hash:
            raise BackupUnusable(
                _("The copy is not the same as the log. It was not kept."),
                advice=_("Run: dutyphone verify. If that is in order, try another disk."),
            )
