"""The signed head: where the journal ends, kept outside the database.

A hash chain shows that nothing inside it was changed. That its last rows were cut off, or the whole file replaced by an
older copy, shows only against something kept elsewhere: a small file beside the database that says how far the journal
had come, signed with a key that only the user of the recorder can read.

The file is at most a second behind while facts are written, and up to date after `HeadKeeper.keep` with `now`. It is
replaced in one step and costs no flush of the disk. A head that contradicts the journal is evidence, and is never
written over.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from dutyphone.journal.codec import decode_time, encode_time
from dutyphone.store.append import Tail

KEY_BYTES = 32

STALE_AFTER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The journal ended at row `seq`, whose hash was `hash`, at `at`."""

    seq: int
    hash: bytes
    at: datetime


class HeadUnreadable(ValueError):
    """The head file is there, and is not a head signed with our key."""


class HeadKeeper:
    """Keeps one head file in step with one journal. Several processes may, each with a keeper of its own."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._kept_at: datetime | None = None

    def due(self, at: datetime) -> bool:
        """Whether the last head of this keeper is so old that it wants to be replaced. `at` is the time now."""
        return self._kept_at is None or not timedelta(0) <= at - self._kept_at < STALE_AFTER

    def keep(self, tail: Tail, hash_at: Callable[[int], bytes | None], at: datetime) -> bool:
        """Write down `tail`, unless what is written contradicts the journal; whether it could be written.

        `hash_at` tells the hash of an earlier row, None if there is no such row.
        """
        self._kept_at = at
        try:
            before = self.read()
            if before is not None and not agrees(before, hash_at):
                return False
            _write(self.path, Head(seq=tail.seq, hash=tail.hash, at=at), self._key)
        except (OSError, HeadUnreadable):
            return False
        return True

    def read(self) -> Head | None:
        """The head on disk, None if there is none. Raises `HeadUnreadable`."""
        return _read(self.path, self._key)


def agrees(head: Head, hash_at: Callable[[int], bytes | None]) -> bool:
    """Whether the journal still has the row that `head` saw last."""
    return hash_at(head.seq) == head.hash


def load_key(path: Path, *, make: bool) -> bytes | None:
    """The key in `path`, which only its owner can read. If there is none: a new one if `make`, else None.

    None as well if it is somebody else's key.
    """
    try:
        if make and not path.exists():
            _make_key(path)
        return bytes.fromhex(path.read_text(encoding="ascii")) or None
    except (OSError, ValueError):
        return None


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600 from the beginning
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was quicker: its key stands
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(path: Path, head: Head, key: bytes) -> None:
    """Replace the head file in one step."""
    text = json.dumps(
        {"seq": head.seq, "hash": head.hash.hex(), "at": encode_time(head.at), "mac": _mac(head, key)},
        indent=1,
    )
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path, key: bytes) -> Head | None:
    """The head, None if there is no file. Raises `HeadUnreadable`."""
    try:
        text = path.read_text(encoding="ascii")
        if not text:  # what some file systems leave of it when the power fails
            return None
        values = json.loads(text)
        head = Head(seq=int(values["seq"]), hash=bytes.fromhex(values["hash"]), at=decode_time(values["at"]))
        mac = str(values["mac"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise HeadUnreadable(str(error)) from error
    if not hmac.compare_digest(mac, _mac(head, key)):
        raise HeadUnreadable("signature")
    return head


def _mac(head: Head, key: bytes) -> str:
    return hmac.new(key, f"{head.seq}\n{head.hash.hex()}\n{encode_time(head.at)}".encode(), sha256).hexdigest()
