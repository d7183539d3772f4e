"""A recorder on a simulated line, on a clock that is moved by hand: no thread, no sleep, every byte accounted for.

The modem, the driver's core, scribe, writer and database are the real ones; only the loops that wait (port, supervisor,
service) are played here, with the same calls in the same order.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.dialogue import Plan
from dutyphone_drivers.serial_modem.profiles import GENERIC, candidates, profiles
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import ScenarioPlayer
from support.lifecycle import lifecycle_faults

from dutyphone.calls.numbers import Site
from dutyphone.calls.tracker import CallTracker
from dutyphone.journal.facts import Fact, RecorderStarted
from dutyphone.lines.events import LineEvent, LineLost, LossReason, RingHeard
from dutyphone.lines.transcript import FromDevice, World, parse_transcript
from dutyphone.recorder.inbox import Inbox, Tick
from dutyphone.recorder.leftovers import close_leftovers
from dutyphone.recorder.linewatch import LineWatch
from dutyphone.recorder.scribe import Scribe
from dutyphone.recorder.writer import Ledger, Writer
from dutyphone.store.readmodels import CallQuery, CallRow
from dutyphone.store.replay import facts
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

LINE = "desk"
BEAT_EVERY_S = 30.0
RETRY_S = 5.0
"""A lost line is tried again after this long; the cable decides whether it can be opened."""

SETTLE_S = 240.0
"""After this long without anything new every call has been given up."""

RING, RING_IN_CLASS_8 = re.compile(rb"RING\r"), re.compile(rb"RING\r|\x10R")
"""One ring, as a modem tells it; in class 8 it may fall back to the other way when it is reset."""


class Night:
    """One line and its recorder. `reopen` makes a store at `folder`; `ledger` may stand between it and the writer."""

    def __init__(
        self,
        folder: Path,
        scenario: str = "",
        *,
        personality: str = "conexant-cx81801",
        class8: bool = True,
        seed: int = 0,
        ledger: Callable[[Store], Ledger] = lambda store: store,
    ) -> None:
        self.clock = ManualClock()
        self.complaints: list[str] = []
        self.rescued: list[Fact] = []
        self.rings_sent = 0
        self._url, self._keys = f"sqlite:///{folder / 'duty.db'}", folder
        self._class8 = class8
        self._through = ledger
        self._ids = itertools.count(1)
        transcript = parse_transcript(scenario)
        self.calls_in = sum(isinstance(step, World) and step.verb in ("call", "fax") for step in transcript.steps)
        self.player = ScenarioPlayer(
            transcript, load_personality(personality), self.clock.now(), seed=seed, step_clock=self.clock.step
        )
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    # --- what happens --------------------------------------------------------------------------------------------

    def let(self, verb: str, **values: object) -> None:
        """Something happens outside, now: a verb of the simulators."""
        self.calls_in += verb in ("call", "fax")
        self.player.happen(World(verb, values), self.clock.now())
        self._settle()

    def say(self, data: bytes) -> None:
        """The device says `data`, now."""
        self.player.happen(FromDevice(data), self.clock.now())
        self._settle()

    def run(self, seconds: float) -> None:
        """Let time pass, from one thing that is due to the next."""
        until = self.clock.now().mono + seconds
        self._settle()
        while (due := self._next_deadline()) is not None and due <= until:
            self.clock.advance(max(0.0, due - self.clock.now().mono))
            self._settle()
        self.clock.advance(until - self.clock.now().mono)
        self._settle()

    def play(self) -> None:
        """The whole scenario, and what follows from it."""
        while not self.player.finished:
            self.run(10.0)
        self.run(SETTLE_S)

    def kill(self) -> None:
        """The process of the recorder is gone, with all it had in memory; the next one starts at once."""
        self._hang_up_port()
        self.store.database.close()  # what the system does for a process that dies: no farewell, no head
        self._start()

    def stop(self) -> None:
        """The recorder stops in good order."""
        if self._open:
            farewell = self._lose(LossReason.STOPPED)
            self.writer.work([event for event in farewell if not isinstance(event, LineLost)])
        self._hang_up_port()
        self._inbox.close()
        self.writer.run()

    def restart(self) -> None:
        """Stopped in good order, and started again at once."""
        self.stop()
        self.store.close()
        self._start()

    # --- what came of it -----------------------------------------------------------------------------------------

    def rows(self) -> list[CallRow]:
        """Every call in the log, in the order in which they came, whatever the wall clock said."""
        return sorted(self.store.stream_calls(CallQuery()), key=lambda row: row.id)

    def facts(self) -> list[Fact]:
        """The whole journal."""
        with self.store.database.snapshot() as session:
            return [fact for _seq, fact in facts(session)]

    @property
    def line_is_up(self) -> bool:
        """Whether the recorder listens."""
        return self._scribe.is_open

    def check(self) -> None:
        """Raise AssertionError unless chain, head and tables agree and every arrival has ended exactly once."""
        report = verify(self.store)
        assert report.ok, report
        assert lifecycle_faults(self.facts()) == []
        assert self.store.open_calls() == ()

    # --- the recorder's loops ------------------------------------------------------------------------------------

    def _start(self) -> None:
        now = self.clock.now()
        self.store = Store.open(self._url, key_folder=self._keys)
        started = RecorderStarted(at=now.utc, version="0", pid=1, simulated=True)
        self.store.append(
            [*close_leftovers(self.store.recorders(), self.store.open_calls()), started], recorded_at=now.utc
        )
        self._core = ModemCore(
            line=LINE,
            port="sim://night",
            plan=Plan(generic=profiles()[GENERIC], candidates=candidates(), class8=self._class8),
        )
        self._inbox = Inbox()
        self._scribe = Scribe(
            CallTracker(LINE, Site(area_code="010"), lambda: f"call-{next(self._ids)}"), LineWatch(LINE, "serial_modem")
        )
        self.writer = Writer(
            inbox=self._inbox,
            ledger=self._through(self.store),
            scribes={LINE: self._scribe},
            clock=self.clock,
            complain=self.complaints.append,
            keep_for_next_start=self.rescued.extend,
            pause=lambda _seconds: None,
        )
        self._open = False
        self._try_at: float | None = now.mono
        self._beat_at = now.mono
        self._tail = b""
        self._settle()

    def _next_deadline(self) -> float | None:
        core = self._core.next_deadline() if self._open else None
        times = (self.player.next_deadline(), core, self._scribe.next_deadline(), self._try_at, self._beat_at)
        return min(at for at in times if at is not None)

    def _settle(self) -> None:
        """Everything that is due now."""
        while True:
            now = self.clock.now()
            self.player.on_deadline(now)
            said = self.player.take_output()
            events: list[LineEvent] = []
            if self._open and not self.player.plugged:
                events += self._lose(LossReason.CABLE_UNPLUGGED)
                self._hang_up_port(RETRY_S)
            elif not self._open and self._try_at is not None and self._try_at <= now.mono:
                events += self._try_to_open()
            elif self._open:
                events += self._core.receive(said, now) if said else []
                events += self._core.on_deadline(now)
                self._count_rings(said)
                if any(isinstance(event, LineLost) for event in events):
                    self._hang_up_port(RETRY_S)
            answer = self._core.take_output() if self._open else b""
            self._work(events)
            if answer:
                self.player.receive(answer, self.clock.now())
            elif not said and not events:
                return

    def _try_to_open(self) -> Sequence[LineEvent]:
        now = self.clock.now()
        if not self.player.plugged:
            self._try_at = now.mono + RETRY_S
            return [LineLost(line=LINE, at=now, reason=LossReason.NO_SUCH_PORT)]
        self._open, self._try_at, self._tail = True, None, b""
        self.player.take_output()
        return self._core.start(now)

    def _lose(self, reason: LossReason) -> Sequence[LineEvent]:
        """The wire is gone. A ring of which only the line end was missing is told then."""
        events = self._core.lost(reason, self.clock.now())
        self.rings_sent += sum(isinstance(event, RingHeard) for event in events)
        return events

    def _hang_up_port(self, again_after_s: float | None = None) -> None:
        if self._open:
            self.player.terminal_gone(self.clock.now())
        self._open = False
        self._try_at = None if again_after_s is None else self.clock.now().mono + again_after_s

    def _work(self, events: Sequence[LineEvent]) -> None:
        items: list[LineEvent | Tick] = list(events)
        if self._beat_at <= self.clock.now().mono:
            self._beat_at += BEAT_EVERY_S
            items.append(Tick.BEAT)
        self.writer.work(items)

    def _count_rings(self, said: bytes) -> None:
        heard = self._tail + said
        ends = [found.end() for found in (RING_IN_CLASS_8 if self._class8 else RING).finditer(heard)]
        self.rings_sent += len(ends)
        self._tail = heard[ends[-1] if ends else max(0, len(heard) - 4) :][-4:]
