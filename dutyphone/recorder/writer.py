"""The one thread that writes: inbox -> scribes -> one append for all that is waiting.

Facts that cannot be written (full disk, locked database) are kept in order and tried again until they are; meanwhile
the inbox fills up and the lines wait. Only what nobody tells us is lost, and that is what blind intervals are for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dutyphone.clock import Clock, Moment
from dutyphone.errors import DiskFull, RecorderAlreadyRunning, StoreError
from dutyphone.i18n import _
from dutyphone.journal.facts import Fact, RecorderStopped, RequestMade, StopReason
from dutyphone.lines.requests import LineRequest
from dutyphone.recorder.clockwatch import ClockWatch
from dutyphone.recorder.inbox import Inbox, Item, Tick
from dutyphone.recorder.requests import CANNOT, Refused, as_told, refusal
from dutyphone.recorder.scribe import Scribe

LARGEST_BATCH = 1000
"""Events taken from the inbox for one append."""

MOST_WAITING = 10_000
"""Facts kept while the database cannot be written; above it the inbox is left alone until some are written."""

RETRY_S = 1.0
"""How long to wait before writing is tried again."""

FAREWELL_TRIES = 5
"""How often the last facts are tried; systemd kills what has not stopped after 90 s."""


class Ledger(Protocol):
    """What the writer needs of a store."""

    def append(self, facts: Sequence[Fact], *, recorded_at: datetime) -> range: ...

    def beat(self, at: datetime, heard: Mapping[str, datetime]) -> None: ...


class Writer:
    """Turns the inbox into the journal. `run` is the body of a thread and returns when the inbox is closed."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        ledger: Ledger,
        scribes: Mapping[str, Scribe],
        clock: Clock,
        complain: Callable[[str], None],
        make_room: Callable[[], bool] = lambda: False,
        on_beat: Callable[[], None] = lambda: None,
        on_new_day: Callable[[], None] = lambda: None,
        on_written: Callable[[], None] = lambda: None,
        on_eviction: Callable[[], None] = lambda: None,
        keep_for_next_start: Callable[[Sequence[Fact]], None],
        pause: Callable[[float], None] = time.sleep,
        recorder: str = "",
        carry_out: Callable[[str, LineRequest], bool] = lambda _line, _request: False,
    ) -> None:
        """`carry_out` tells the driver of a line what is asked of it; False if that driver only listens.

        `recorder` is the id of the recorder that this is the writer of.
        """
        self._inbox = inbox
        self._ledger = ledger
        self._scribes = scribes
        self._clock = clock
        self._complain = complain
        self._make_room = make_room
        self._on_beat = on_beat
        self._on_new_day = on_new_day
        self._on_written = on_written
        self._on_eviction = on_eviction
        self._recorder = recorder
        self._carry_out = carry_out
        self._evicted: RecorderAlreadyRunning | None = None
        self._keep_for_next_start = keep_for_next_start
        self._pause = pause
        self._clock_watch = ClockWatch()
        self._waiting: list[Fact] = []
        self._retry_at: float | None = None
        self._beat_due = False
        self._hurries = threading.Event()

    def run(self, first: Sequence[Fact] = ()) -> None:
        """Write `first`, then all that comes, until the inbox is closed.

        Raises `RecorderAlreadyRunning` at the end if the lines became another recorder's meanwhile. `on_eviction` was
        called then; nothing was written since, and what was heard is kept for the next start.
        """
        self._waiting.extend(first)
        self._write(self._clock.now())
        closed = False
        while not closed:
            if len(self._waiting) >= MOST_WAITING and not self._hurries.is_set():
                self._pause(RETRY_S)
                self._write(self._clock.now())
                continue
            items, closed = self._inbox.take(self._patience(), LARGEST_BATCH)
            self.work(items)
        self._finish()

    def work(self, items: Sequence[Item]) -> None:
        """Take in `items` and all that is due, and write what follows from it.

        A full batch has more behind it, and what a line says comes before what its silence would mean.
        """
        now = self._clock.now()
        for item in items:
            if isinstance(item, Tick):
                self._tick(item)
            elif isinstance(item, RequestMade):
                self._waiting += self._ask(item, now)
            elif scribe := self._scribes.get(item.line):
                self._waiting += self._clock_watch.on_moment(item.at)
                self._waiting += scribe.on_event(item)
        self._waiting += self._clock_watch.on_moment(now)
        if len(items) < LARGEST_BATCH:
            for scribe in self._scribes.values():
                due = scribe.next_deadline()
                if due is not None and due <= now.mono:
                    self._waiting += scribe.on_deadline(now)
        self._write(now)

    def _ask(self, made: RequestMade, now: Moment) -> list[Fact]:
        """Have a driver told what was asked of its line; what it need not be told is refused here."""
        scribe = self._scribes.get(made.line)
        told = as_told(made, scribe.ref_of, now.utc) if scribe is not None else Refused(CANNOT)
        if isinstance(told, Refused):
            return [refusal(made, told, now.utc)]
        return [] if self._carry_out(made.line, told) else [refusal(made, Refused(CANNOT), now.utc)]

    def hurry(self) -> None:
        """The end is near: take all there is out of the inbox, however much waits. From any thread."""
        self._hurries.set()

    @property
    def waiting(self) -> int:
        """Facts that are not written yet."""
        return len(self._waiting)

    def _patience(self) -> float | None:
        due = [d for d in (s.next_deadline() for s in self._scribes.values()) if d is not None]
        if self._retry_at is not None:
            due.append(self._retry_at)
        return max(0.0, min(due) - self._clock.now().mono) if due else None

    def _tick(self, tick: Tick) -> None:
        match tick:
            case Tick.BEAT:
                self._beat_due = True
                self._on_beat()
            case Tick.NEW_DAY:
                self._on_new_day()

    def _write(self, now: Moment) -> None:
        if self._evicted is not None or (self._retry_at is not None and now.mono < self._retry_at):
            return
        try:
            if self._waiting:
                self._ledger.append(self._waiting, recorded_at=now.utc)
                self._waiting.clear()
                self._on_written()
            if self._beat_due:
                heard = {line: s.last_heard.utc for line, s in self._scribes.items() if s.last_heard}
                self._ledger.beat(now.utc, heard)
                self._beat_due = False
        except StoreError as failed:
            self._hold(failed, now)
        except RecorderAlreadyRunning as evicted:
            self._evicted, self._retry_at = evicted, None
            self._on_eviction()
        else:
            if self._retry_at is not None:
                self._complain(_("The database can be written again; nothing was lost."))
            self._retry_at = None

    def _hold(self, failed: StoreError, now: Moment) -> None:
        first_time = self._retry_at is None
        self._retry_at = now.mono + RETRY_S
        if isinstance(failed, DiskFull) and self._make_room():
            self._retry_at = now.mono
        if first_time:
            self._complain(
                _("{problem} {advice} {n} entries wait in memory and are written as soon as it is possible.").format(
                    problem=failed.message, advice=failed.advice, n=len(self._waiting)
                )
            )

    def _finish(self) -> None:
        """Close what is open, say farewell, and do not leave before it is written or cannot be."""
        now = self._clock.now()
        for scribe in self._scribes.values():
            self._waiting += scribe.stop(now)
        self._waiting.append(RecorderStopped(at=now.utc, reason=StopReason.REQUESTED, recorder=self._recorder))
        for _attempt in range(FAREWELL_TRIES):
            self._retry_at = None
            self._write(self._clock.now())
            if not self._waiting:
                return
            if self._evicted is not None:
                break
            self._pause(RETRY_S)
        self._keep_for_next_start(self._waiting)
        if self._evicted is not None:
            raise self._evicted
