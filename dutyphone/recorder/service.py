"""The recorder: all lines, one writer, one database. A process of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from dutyphone import __version__
from dutyphone.calls.numbers import Site
from dutyphone.calls.tracker import CallTracker
from dutyphone.clock import Clock
from dutyphone.duty.retention import Retention
from dutyphone.errors import LineGone, StoreError
from dutyphone.i18n import _
from dutyphone.journal.codec import encode
from dutyphone.journal.facts import Fact, RecorderStarted
from dutyphone.lines.driver import Driver, Obeying
from dutyphone.lines.requests import LineRequest
from dutyphone.recorder.agenda import Agenda
from dutyphone.recorder.capture import WireCapture, prune_captures
from dutyphone.recorder.inbox import Inbox
from dutyphone.recorder.leftovers import close_leftovers
from dutyphone.recorder.lifesigns import LOOK_EVERY_S
from dutyphone.recorder.linewatch import LineWatch
from dutyphone.recorder.purging import Purging
from dutyphone.recorder.request_desk import RequestDesk
from dutyphone.recorder.rescue import RescueFile
from dutyphone.recorder.reserve import Reserve
from dutyphone.recorder.scribe import Scribe
from dutyphone.recorder.supervisor import LineSupervisor
from dutyphone.recorder.systemd import ServiceManager
from dutyphone.recorder.writer import Writer
from dutyphone.store.feed import Feed
from dutyphone.store.readmodels import CallRow, RecorderRow
from dutyphone.store.store import LineDeclaration, Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlan:
    """A line that is to be recorded. `driver` is not running yet."""

    line: str
    title: str
    driver_name: str
    port: str
    driver: Driver


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderPlan:
    """Everything a recorder is told. `capture_folder` None: the wire is not captured.

    `recorder` is its id for this one life, `host` the machine. `place` is whose configuration the lines are in, the
    same for every life; "" where there is no other. Without an id it is alone on its database.
    """

    lines: Sequence[LinePlan]
    site: Site
    zone: ZoneInfo
    state_folder: Path
    capture_folder: Path | None
    capture_days: int
    simulated: bool
    retention: Retention = field(default_factory=Retention)
    recorder: str = ""
    host: str = ""
    place: str = ""


class Recorder:
    """Records until `stop` is called. Use it once."""

    def __init__(
        self,
        store: Store,
        plan: RecorderPlan,
        *,
        clock: Clock,
        new_call_id: Callable[[], str],
        process_id: int,
        manager: ServiceManager,
        complain: Callable[[str], None],
    ) -> None:
        self._store = store
        self._plan = plan
        self._clock = clock
        self._process_id = process_id
        self._manager = manager
        self._complain = complain
        self._stop = threading.Event()
        self._attempts: dict[str, LineGone | None] = {}
        self._attempts_done = threading.Event()
        self._inbox = Inbox()
        self._reserve = Reserve(plan.state_folder / "reserve")
        self._rescue = RescueFile(plan.state_folder / "rescued.jsonl")
        self._rescue_is_owed = False
        self._lines_declared = False
        self._purging = Purging(store, plan.retention, clock, complain)
        self._agenda = Agenda(self._inbox.remind, plan.zone)
        self._writer = Writer(
            inbox=self._inbox,
            ledger=store,
            scribes={
                line.line: Scribe(
                    CallTracker(line.line, plan.site, new_call_id), LineWatch(line.line, line.driver_name)
                )
                for line in plan.lines
            },
            clock=clock,
            complain=complain,
            make_room=self._reserve.give_up,
            on_beat=self._after_beat,
            on_new_day=self._tidy_up,
            on_written=self._forget_rescued,
            on_eviction=self.stop,
            keep_for_next_start=self._keep_for_next_start,
            recorder=plan.recorder,
            carry_out=self._carry_out,
        )
        obeying = [line.line for line in plan.lines if isinstance(line.driver, Obeying)]
        self._request_desk = RequestDesk(store, lambda: Feed(store), obeying, self._inbox.ask)
        self._writer_failure: BaseException | None = None
        self._writer_thread = threading.Thread(target=self._write, name="writer")
        self._supervisors = [self._supervise(line) for line in plan.lines]

    def run(self, *, insist: bool, on_ready: Callable[[], None] = lambda: None) -> None:
        """Record until `stop`; `on_ready` is called once every line is being tried.

        With `insist`, lines that cannot be opened are tried for ever. Without it, `LineGone` is raised if not one line
        could be opened at the first attempt; what was seen is recorded all the same.
        """
        self._tidy_up()
        self._declare_lines()
        self._writer_thread.start()
        self._agenda.start()
        self._request_desk.start()
        for supervisor in self._supervisors:
            supervisor.start()
        self._manager.notify("READY=1")
        on_ready()
        try:
            self._first_attempts(insist=insist)
            self._look_after_lines_until(self._stop)
        finally:
            self._shut_down()
        if self._writer_failure is not None:
            raise self._writer_failure

    def stop(self) -> None:
        """Make `run` return in good order. May be called from a signal handler."""
        self._stop.set()
        self._attempts_done.set()

    # --- in the order of a night ---------------------------------------------------------------------------------

    def _declare_lines(self) -> None:
        """Tell consoles which lines there are; later, if it cannot be written now: calls come first."""
        plans = self._plan.lines
        try:
            self._store.declare_lines(
                [
                    LineDeclaration(
                        line=p.line,
                        title=p.title,
                        driver=p.driver_name,
                        port=p.port,
                        obeys=isinstance(p.driver, Obeying),
                    )
                    for p in plans
                ],
                place=self._plan.place,
            )
        except StoreError:
            self._lines_declared = False
        else:
            self._lines_declared = True

    def _after_beat(self) -> None:
        self._manager.notify("WATCHDOG=1")
        if not self._lines_declared:
            self._declare_lines()

    def _first_facts(self) -> list[Fact]:
        """What this desk could not write, what those that had its lines left open, and that this recorder begins."""
        plan = self._plan
        now = self._clock.now()
        rescued = self._rescue.read()
        self._rescue_is_owed = bool(rescued)
        lines = [line.line for line in plan.lines]
        gone, open_calls = self._left_behind(lines)
        started = RecorderStarted(
            at=now.utc,
            version=__version__,
            pid=self._process_id,
            simulated=plan.simulated,
            recorder=plan.recorder,
            host=plan.host,
            lines=tuple(lines) if plan.recorder else (),
        )
        return [*rescued, *close_leftovers(gone, open_calls, rescued), started]

    def _left_behind(self, lines: Sequence[str]) -> tuple[list[RecorderRow], list[CallRow]]:
        """Recorders that are gone, and calls that nobody follows any more.

        Whoever had one of `lines` is gone, since this recorder has the lease of them all. With `place` "" it is alone,
        and everybody else is gone.
        """
        alone = not self._plan.place
        unfinished = self._store.unfinished_recorders()
        dead = [row for row in unfinished if alone or any(map(row.records, lines))]
        deserted = {*lines, *(line for row in dead for line in row.lines)}
        calls = [call for call in self._store.open_calls() if alone or call.line in deserted]
        stopped = [row for row in self._store.recorders() if row.stopped_at is not None]
        return [*stopped, *dead], calls

    def _supervise(self, line: LinePlan) -> LineSupervisor:
        plan = self._plan
        capture = (
            WireCapture(plan.capture_folder, line.line, plan.zone, self._complain) if plan.capture_folder else None
        )
        return LineSupervisor(
            line.line,
            line.driver,
            clock=self._clock,
            post=self._inbox.post,
            offer=self._inbox.offer,
            capture=capture,
            state_folder=plan.state_folder / "lines" / line.line,
            on_first_attempt=self._note_attempt,
            on_loss=self._tell_loss,
        )

    def _write(self) -> None:
        try:
            self._writer.run(self._first_facts())
        except (
            BaseException
        ) as failed:  # handed to `run`, which raises it: a recorder that cannot write must not live on
            self._writer_failure = failed
            log.exception("the writer failed")
            self.stop()

    def _forget_rescued(self) -> None:
        """What was rescued is in the journal now: it was the first to be written."""
        if self._rescue_is_owed:
            self._rescue_is_owed = False
            self._rescue.clear()

    def _carry_out(self, line: str, request: LineRequest) -> bool:
        driver = next(plan.driver for plan in self._plan.lines if plan.line == line)
        if not isinstance(driver, Obeying):
            return False
        driver.carry_out(request)
        return True

    def _note_attempt(self, line: str, gone: LineGone | None) -> None:
        self._attempts[line] = gone
        if len(self._attempts) == len(self._plan.lines):
            self._attempts_done.set()

    def _tell_loss(self, line: str, gone: LineGone) -> None:
        self._complain(_("Line {line}: {problem} {advice}").format(line=line, problem=gone.message, advice=gone.advice))

    def _first_attempts(self, *, insist: bool) -> None:
        self._look_after_lines_until(self._attempts_done)
        failures = {line: gone for line, gone in self._attempts.items() if gone is not None}
        if failures and len(failures) == len(self._plan.lines) and not insist:
            raise next(iter(failures.values()))
        for line, gone in failures.items():
            self._tell_loss(line, gone)

    def _look_after_lines_until(self, event: threading.Event) -> None:
        while not event.wait(LOOK_EVERY_S):
            for supervisor in self._supervisors:
                supervisor.look()

    def _tidy_up(self) -> None:
        self._reserve.fill()
        self._purging.begin()
        if self._plan.capture_folder is not None:
            today = self._clock.now().utc.astimezone(self._plan.zone).date()
            prune_captures(self._plan.capture_folder, self._plan.capture_days, today)

    def _keep_for_next_start(self, facts: Sequence[Fact]) -> None:
        try:
            self._rescue.keep(facts)
        except OSError as failed:
            self._complain(
                _("{n} entries could not be written anywhere ({why}); they follow.").format(
                    n=len(facts), why=failed.strerror or failed
                )
            )
            for fact in facts:
                self._complain(f"{type(fact).__name__} {encode(fact)}")
            return
        self._complain(
            _("{n} entries could not be written to the database. They are kept in {path} until the next start.").format(
                n=len(facts), path=self._rescue.path
            )
        )

    def _shut_down(self) -> None:
        self._manager.notify("STOPPING=1")
        self._agenda.stop()
        self._request_desk.stop()
        self._purging.stop()
        self._writer.hurry()
        for supervisor in self._supervisors:
            supervisor.ask_to_stop()
        for supervisor in self._supervisors:
            if not supervisor.join():
                self._complain(
                    _("Line {line}: the driver does not stop; it is left behind.").format(line=supervisor.line)
                )
        self._inbox.close()
        self._writer_thread.join()
