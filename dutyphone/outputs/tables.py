"""What a writer of files is given: two tables, and the rows of the long one in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dutyphone.outputs.columns import Sheet
from dutyphone.outputs.words import Words
from dutyphone.store.readmodels import BlindRow, CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """One export. `batches` can be walked once; `from_at` and `until_at` are what was asked for, None for no bound."""

    calls: Sheet[CallRecord]
    blind: Sheet[BlindRow]
    batches: Iterator[Sequence[CallRecord]]
    blind_rows: Sequence[BlindRow]
    words: Words
    simulated: bool
    made_at: datetime
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a writer made: the calls it wrote, and its files, the main one first."""

    rows: int
    files: tuple[Path, ...]
