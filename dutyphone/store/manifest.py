"""What is known of a copy of the log without opening it, and when the last copy was made.

A manifest stands beside the copy it describes (`duty.db.bak` and `duty.db.bak.manifest`). It says how long the journal
was and with which hash it ended, so that it also serves as a head kept elsewhere: whoever owns the machine may forge
the journal, its head and the key that signs it, but not a manifest that lies in the office's safe.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from dutyphone.errors import BackupUnusable, OutputError
from dutyphone.i18n import _
from dutyphone.journal.codec import decode_time, encode_time

FORMAT = 1
"""Of the manifest."""

BACKUP_NOTE = ".backup.json"
"""What is added to the name of the log for the note on its last backup."""

BLOCK = 1024 * 1024


class CopyForm(Enum):
    """What a copy is."""

    DATABASE = "database"  # an SQLite file, encrypted if the log is
    JOURNAL = "journal"  # the rows of the journal, as gzipped JSON lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One copy. `rows` and `head` are the journal's length and last hash, `sha256` and `size` those of the file."""

    form: CopyForm
    made_at: datetime
    program: str
    rows: int
    head: bytes
    encrypted: bool
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBackup:
    """When the log was last copied, where to, and how long the journal was."""

    at: datetime
    path: Path
    rows: int


def manifest_path(copy: Path) -> Path:
    """Where the manifest of `copy` is."""
    return copy.with_name(copy.name + ".manifest")


def write_manifest(manifest: Manifest, copy: Path) -> None:
    """Put it beside `copy`, in one step."""
    values = asdict(manifest) | {
        "format": FORMAT,
        "form": manifest.form.value,
        "made_at": encode_time(manifest.made_at),
        "head": manifest.head.hex(),
        "sha256": manifest.sha256.hex(),
    }
    with whole_file(manifest_path(copy)) as part:
        part.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def read_manifest(copy: Path) -> Manifest:
    """The manifest beside `copy`. Raises `BackupUnusable`."""
    path = manifest_path(copy)
    try:
        values = _of_our_format(json.loads(path.read_text(encoding="utf-8")))
        return Manifest(
            form=CopyForm(values["form"]),
            made_at=decode_time(values["made_at"]),
            program=str(values["program"]),
            rows=int(values["rows"]),
            head=bytes.fromhex(values["head"]),
            encrypted=bool(values["encrypted"]),
            size=int(values["size"]),
            sha256=bytes.fromhex(values["sha256"]),
        )
    except FileNotFoundError as missing:
        raise BackupUnusable(
            _("{path} has no manifest beside it.").format(path=copy),
            advice=_("Name a copy made by `dutyphone db backup`, with its file {name}.").format(name=path.name),
        ) from missing
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise BackupUnusable(
            _("{path} is not the manifest of a copy.").format(path=path),
            advice=_("Take another copy."),
            evidence=str(wrong),
        ) from wrong


def _of_our_format(values: Any) -> Any:
    if values["format"] != FORMAT:
        raise ValueError(values["format"])
    return values


def check_file(manifest: Manifest, copy: Path) -> None:
    """Whether `copy` is byte for byte what was written. Raises `BackupUnusable`."""
    try:
        found = copy.stat().st_size, file_digest(copy)
    except OSError as wrong:
        raise BackupUnusable(
            _("The copy {path} cannot be read.").format(path=copy),
            advice=_("Take another copy."),
            evidence=str(wrong),
        ) from wrong
    if found != (manifest.size, manifest.sha256):
        raise BackupUnusable(
            _("The copy {path} is not what was written: it was changed or damaged.").format(path=copy),
            advice=_("Take another copy."),
        )


def file_digest(path: Path) -> bytes:
    """The SHA-256 of a file."""
    state = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            state.update(block)
    return state.digest()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place to write to that becomes `path` in one step when the block ends, and nothing if it raises.

    Raises `OutputError` if it cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")  # 0600
        os.close(descriptor)
        part = Path(name)
        try:
            yield part
            flush_file(part)
            part.replace(path)
            flush_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as failed:
        raise OutputError(
            _("{path} cannot be written ({why}).").format(path=path, why=failed.strerror or failed),
            advice=_("Name a folder that exists, with enough room."),
            evidence=str(failed),
        ) from failed


def flush_file(path: Path) -> None:
    """Wait until the file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until the names in the folder are on the disk, where a folder can be opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- the last backup, remembered beside the log ------------------------------------------------------------------


def remember_backup(place: Path, last: LastBackup) -> None:
    """Write it down at `place`; see `Store.beside`."""
    values = {"at": encode_time(last.at), "path": str(last.path), "rows": last.rows}
    with whole_file(place) as part:
        part.write_text(json.dumps(values, ensure_ascii=False) + "\n", encoding="utf-8")


def last_backup(place: Path) -> LastBackup | None:
    """What was last written down there; None if nothing was, or it cannot be read."""
    try:
        values: Any = json.loads(place.read_text(encoding="utf-8"))
        return LastBackup(at=decode_time(values["at"]), path=Path(values["path"]), rows=int(values["rows"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
