"""Hears what consoles ask of the lines: a thread at the journal, which brings each request to the writer.

There is one only where a driver can do what is asked; a recorder of lines that only listen does not wait for this.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Protocol

from dutyphone.errors import StoreError
from dutyphone.journal.facts import RequestMade, RequestSettled

log = logging.getLogger(__name__)

RETRY_S = 5.0
"""After the database could not be read."""


class Requests(Protocol):
    """A `Store`, as far as its requests go."""

    def requests_between(self, after: int, upto: int) -> tuple[RequestMade | RequestSettled, ...]: ...


class Growth(Protocol):
    """A `Feed` of the same store."""

    last_seq: int

    def wait(self, timeout_s: float | None) -> bool: ...

    def close(self) -> None: ...


class RequestDesk:
    """Calls `bring` with each request to one of `lines` that is made from now on. Use it once."""

    def __init__(
        self,
        requests: Requests,
        open_feed: Callable[[], Growth],
        lines: Collection[str],
        bring: Callable[[RequestMade], None],
    ) -> None:
        self._requests, self._open_feed, self._lines, self._bring = requests, open_feed, frozenset(lines), bring
        self._stop = threading.Event()
        self._feed: Growth | None = None
        self._thread = threading.Thread(target=self._run, name="request desk", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        if self._lines:
            self._thread.start()

    def stop(self) -> None:
        """Hear no more. Waits until it is so."""
        self._stop.set()
        if self._feed is not None:
            self._feed.close()
        if self._thread.ident is not None:
            self._thread.join(RETRY_S)

    def _run(self) -> None:
        seen: int | None = None
        while not self._stop.is_set():
            try:
                self._feed = feed = self._open_feed()
                seen = feed.last_seq if seen is None else seen
                while not self._stop.is_set():
                    seen = self._hear(feed, seen)
            except StoreError as fault:
                log.warning("requests cannot be heard now: %s", fault)
                self._stop.wait(RETRY_S)
            finally:
                if self._feed is not None:
                    with suppress(StoreError):
                        self._feed.close()

    def _hear(self, feed: Growth, seen: int) -> int:
        if feed.last_seq == seen and not feed.wait(None):
            return seen
        upto = feed.last_seq
        for fact in self._requests.requests_between(seen, upto):
            if isinstance(fact, RequestMade) and fact.line in self._lines:
                self._bring(fact)
        return upto
