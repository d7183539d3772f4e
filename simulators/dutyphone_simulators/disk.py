"""A disk with faults, for whatever writes facts: slow, full, write-protected, or with a database that others hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from dutyphone.errors import DatabaseBusy, DatabaseUnusable, DiskFull, StoreError
from dutyphone.i18n import N_, _
from dutyphone.journal.facts import Fact


class DiskFault(Enum):
    """Why nothing can be written."""

    FULL = "full"
    READ_ONLY = "read_only"
    LOCKED = "locked"


class Ledger(Protocol):
    """What is written to: a `dutyphone.store.store.Store`, or anything like it."""

    def append(self, facts: Sequence[Fact], *, recorded_at: datetime) -> range: ...

    def beat(self, at: datetime, heard: Mapping[str, datetime]) -> None: ...


class FaultyDisk:
    """A ledger behind which the disk has the faults it is told to have. It has none at first.

    `wait` is called with the seconds a slow disk takes, in the thread that writes.
    """

    def __init__(self, ledger: Ledger, wait: Callable[[float], None]) -> None:
        self._ledger = ledger
        self._wait = wait
        self.fault: DiskFault | None = None
        self.takes_s = 0.0

    def append(self, facts: Sequence[Fact], *, recorded_at: datetime) -> range:
        """As the ledger does, late or not at all. Raises `StoreError` as a store does."""
        self._try()
        return self._ledger.append(facts, recorded_at=recorded_at)

    def beat(self, at: datetime, heard: Mapping[str, datetime]) -> None:
        self._try()
        self._ledger.beat(at, heard)

    def _try(self) -> None:
        if self.takes_s:
            self._wait(self.takes_s)
        if self.fault is not None:
            kind, sentence = _ERRORS[self.fault]
            raise kind(_(sentence))


_ERRORS: Mapping[DiskFault, tuple[type[StoreError], str]] = {
    DiskFault.FULL: (DiskFull, N_("The simulated disk is full.")),
    DiskFault.READ_ONLY: (DatabaseUnusable, N_("The simulated disk is write-protected.")),
    DiskFault.LOCKED: (DatabaseBusy, N_("Somebody holds the simulated database.")),
}
