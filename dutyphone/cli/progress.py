"""How far something is, on a terminal, once it is worth a bar; nothing elsewhere."""

from __future__ import annotations

import sys
from typing import Self


class ProgressBar:
    """A bar for as long as the block lasts."""

    def __init__(self, title: str) -> None:
        self._title = title

    def __enter__(self) -> Self:
        from rich.progress import Progress

        self._bar = Progress(transient=True, disable=not sys.stderr.isatty())
        self._task = self._bar.add_task(self._title, total=None)
        self._bar.start()
        return self

    def show(self, done: int, total: int) -> None:
        """`done` of `total`; 0: nobody knows of how much."""
        self._bar.update(self._task, completed=done, total=total or None)

    def __exit__(self, *_exception: object) -> None:
        self._bar.stop()
