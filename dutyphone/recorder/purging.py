"""Purges what is due, beside the recorder's work and at its leisure."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dutyphone.clock import Clock
from dutyphone.duty.retention import Answer, Retention
from dutyphone.errors import RecorderAlreadyRunning, StoreError
from dutyphone.i18n import _
from dutyphone.store.retention import LEISURELY, ask, purge
from dutyphone.store.store import Store


class Purging:
    """A thread that comes and goes; there is one at most. Without a rule there is none."""

    def __init__(self, store: Store, retention: Retention, clock: Clock, complain: Callable[[str], None]) -> None:
        self._store = store
        self._retention = retention
        self._clock = clock
        self._complain = complain
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Look what is due now, unless the last look is not done yet. Returns at once."""
        if not any(self._retention.days.values()) or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = threading.Thread(target=self._purge, name="retention", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Be done after the slice that is being purged; the rest is left for the next day."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _purge(self) -> None:
        for book in self._retention.days:
            now = self._clock.now().utc
            older_than = self._retention.older_than(book, now)
            try:
                if older_than is not None and ask(self._store, book, now) is Answer.ACT:
                    purge(self._store, book, older_than, clock=self._clock, rest=self._rest)
            except (StoreError, RecorderAlreadyRunning) as failed:
                self._complain(
                    _("What is to be purged could not be: {problem} It is tried again tomorrow.").format(
                        problem=failed.message
                    )
                )

    def _rest(self, worked_s: float) -> bool:
        return not self._stop.wait(worked_s * LEISURELY)
