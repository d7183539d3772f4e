"""A file that keeps a little room on the disk, given up when the disk is full, so that the calls of that night fit."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 8 * 1024 * 1024
"""Room for some 10,000 calls, which is several months of a duty room's."""


class Reserve:
    """The reserve beside one database."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size

    def fill(self) -> bool:
        """Take the room if it is not taken; False if there is none to take."""
        with suppress(OSError):
            if self._path.exists() and self._path.stat().st_size == self._size:
                return True
        try:
            with self._path.open("wb") as file:
                file.write(bytes(self._size))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            return False
        return True

    def give_up(self) -> bool:
        """Free the room; False if there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
