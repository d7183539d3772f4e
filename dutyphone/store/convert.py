"""A log that is encrypted from now on, or no longer.

A new file is written beside the old one, checked from the first row to the last, and takes its place in one step. If
anything fails before that, the log is as it was.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dutyphone.errors import BackupUnusable
from dutyphone.i18n import _
from dutyphone.store.append import Tail, tail
from dutyphone.store.database import Database
from dutyphone.store.key import LogKey
from dutyphone.store.manifest import flush_file
from dutyphone.store.replace import alone, no_recorder, overwrite, put_in_place
from dutyphone.store.schema import APPLICATION_ID
from dutyphone.store.verify import check_chain, compare_projections

PART = ".converting"


def convert(path: Path, key: LogKey | None, new_key: LogKey | None) -> int:
    """Encrypt the log at `path` with `new_key` instead of `key`; None: not encrypted. How many rows its journal has.

    Raises `RecorderAlreadyRunning`, `DatabaseBusy` if a console is open, `StoreError`.
    """
    part = path.with_name(path.name + PART)
    part.unlink(missing_ok=True)
    try:
        with no_recorder(path), alone(path, key) as connection:
            end = _export(path, key, connection, part, new_key)
            _check(part, new_key, end)
            with path.open("rb+") as old:
                put_in_place(part, path, connection)
                connection.close()
                if key is None:
                    overwrite(old)
    finally:
        part.unlink(missing_ok=True)
    return end.seq


def _export(path: Path, key: LogKey | None, connection: Any, part: Path, new_key: LogKey | None) -> Tail:
    """`sqlcipher_export` copies tables and rows; what marks the file as ours it leaves out."""
    source = Database(f"sqlite:///{path}", create=False, key=key)
    try:
        with source.told(), source.session(connection) as session:
            session.sql("ATTACH ? AS converted KEY ?", (str(part), "" if new_key is None else new_key.spelled))
            session.sql("SELECT sqlcipher_export('converted')")
            session.sql(f"PRAGMA converted.application_id = {APPLICATION_ID}")
            session.sql("DETACH converted")
            end = tail(session)
    finally:
        source.close()
    part.chmod(0o600)
    flush_file(part)
    return end


def _check(part: Path, key: LogKey | None, end: Tail) -> None:
    written = Database(f"sqlite:///{part}", create=False, key=key)
    try:
        with written.reading() as session:
            same = tail(session) == end
        bad = check_chain(written)
        differences = compare_projections(written)
    finally:
        written.close()
    if not same or bad is not None or differences:
        raise BackupUnusable(
            _("The converted log is not the same. It was not kept, and the log is as it was."),
            advice=_("Run: dutyphone verify. If that is in order, try again."),
            evidence=" ".join([*([] if bad is None else [f"{bad.seq}: {bad.what}"]), *differences]),
        )
