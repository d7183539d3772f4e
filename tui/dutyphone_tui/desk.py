"""Everything the console is given by the wiring, and what it consumes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from dutyphone.duty.shift_date import DAY_STARTS

if TYPE_CHECKING:  # nothing of this is needed before the first paint
    from dutyphone.clock import Clock
    from dutyphone.journal.facts import NumberKind
    from dutyphone.store.readmodels import CallRow
    from dutyphone.store.store import Store


class Wakeups(Protocol):
    """Tells when the store may have changed. `dutyphone.store.feed.Feed` is one."""

    def wait(self, timeout_s: float | None) -> bool:
        """Wait for a change, at most `timeout_s`. True if something may have changed; False also once closed."""

    def close(self) -> None:
        """End a `wait` of another thread, and all later ones, at once."""


class ExportFormat(Enum):
    """What an export may be written as."""

    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What to export: calls that arrived from `from_at` (included) until `until_at` (not included), into `folder`."""

    from_at: datetime
    until_at: datetime
    format: ExportFormat
    folder: Path


class Exporter(Protocol):
    """Writes an export and returns the path of the finished file. Called in a thread of its own.

    `on_progress` is told how many rows are done, of how many; it may raise to give up. Raises `DutyphoneError`.
    """

    def __call__(self, store: Store, order: ExportOrder, on_progress: Callable[[int, int], None]) -> Path: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One desk of one duty room.

    `day_starts` is when one duty day ends and the next begins, in the room's zone. `open_store` may raise
    `DutyphoneError`. `place_of` and `shown_number` may not; `place_of` may be slow and is only called in a thread.
    `export` None: this desk does not export. `drafts_folder` and `export_folder` are made when they are needed.
    `quit_warning` is what else ends when the console is left, "" if nothing does. `redirect_targets` are the numbers
    that calls of a line may be sent on to, by the name of the line.
    """

    open_store: Callable[[], Store]
    open_feed: Callable[[Store], Wakeups]
    clock: Clock
    zone: ZoneInfo
    day_starts: time = DAY_STARTS
    room: str
    officer: str = ""
    simulated: bool = False
    bell: bool = True
    ascii_borders: bool = False
    drafts_folder: Path
    export_folder: Path
    export: Exporter | None = None
    place_of: Callable[[str, NumberKind | None], str]
    shown_number: Callable[[CallRow], str]
    quit_warning: str = ""
    redirect_targets: Mapping[str, Sequence[str]] = field(default_factory=dict)
