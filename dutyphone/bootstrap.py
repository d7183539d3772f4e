"""The only wiring: settings -> store, lines, recorder, console. Everything heavy is imported where it is needed."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dutyphone import i18n
from dutyphone.clock import Clock, SystemClock
from dutyphone.config import LineSettings, Settings, notify_socket, option_error
from dutyphone.errors import ConfigError, DutyphoneError, LineGone, OptionError, OutputError
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone_tui.desk import ExportOrder

    from dutyphone.calls.numbers import Site
    from dutyphone.lines.driver import Driver
    from dutyphone.outputs.csv_file import Encoding
    from dutyphone.outputs.export import ExportResult
    from dutyphone.recorder.service import LinePlan
    from dutyphone.store.store import Store

DRILL_LINE = "desk"
STOP_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A simulated line instead of the configured ones. `speed` is how many times faster than life it goes."""

    scenario: str
    speed: float = 1.0
    personality: str = ""

    def clock(self) -> Clock:
        """The clock of the drill, as fast as its line."""
        from dutyphone_simulators.clock import FastClock

        return SystemClock() if self.speed == 1.0 else FastClock(SystemClock(), self.speed)

    def lines(self) -> dict[str, LineSettings]:
        """The one line of the drill."""
        from dutyphone_simulators.address import SimAddress

        port = SimAddress(
            scenario=self.scenario, personality=self.personality, speed=self.speed, loop=True, line_timeouts=True
        )
        options: dict[str, object] = {
            "driver": "serial_modem",
            "title": _("Duty telephone"),
            "port": str(port),
            "idle_class": 8,
        }
        return {DRILL_LINE: LineSettings.model_validate(options)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a question to the log came to."""

    ok: bool
    sentences: tuple[str, ...]


# --- recording ---------------------------------------------------------------------------------------------------


def record(
    settings: Settings,
    *,
    config_path: Path | None,
    drill: Drill | None,
    insist: bool,
    on_ready: Callable[[], None],
    until_closed: TextIO | None,
    complain: Callable[[str], None],
) -> None:
    """Be the recorder until a signal, or the end of `until_closed`, stops it. Raises `DutyphoneError`."""
    from dutyphone.recorder.service import Recorder, RecorderPlan
    from dutyphone.recorder.systemd import ServiceManager

    install_simulated_ports()
    lines = plan_lines(drill.lines() if drill else settings.lines, config_path)
    folder = settings.folder() / ("drill" if drill else "")
    with open_store(settings, drill=drill is not None) as store, store.lease():
        recorder = Recorder(
            store,
            RecorderPlan(
                lines=lines,
                site=site_of(settings),
                zone=settings.time_zone(),
                state_folder=_made(folder),
                capture_folder=folder / "capture" if settings.recorder.capture else None,
                capture_days=settings.recorder.capture_days,
                simulated=drill is not None,
            ),
            clock=drill.clock() if drill else SystemClock(),
            new_call_id=lambda: uuid.uuid4().hex,
            process_id=os.getpid(),
            manager=ServiceManager(notify_socket()),
            complain=complain,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_arguments: recorder.stop())
        if until_closed is not None:
            threading.Thread(target=_stop_at_end, args=(until_closed, recorder.stop), daemon=True).start()
        recorder.run(insist=insist, on_ready=on_ready)


def plan_lines(lines: Mapping[str, LineSettings], config_path: Path | None) -> list[LinePlan]:
    """Every enabled line with its driver, not running yet. Raises `ConfigError`, `UnknownDriver`."""
    from dutyphone.recorder.service import LinePlan

    return [
        LinePlan(
            line=name,
            title=line.title or name,
            driver_name=line.driver,
            port=str(line.options().get("port", "")),
            driver=_driver(name, line, config_path),
        )
        for name, line in lines.items()
        if line.enabled
    ]


def check_lines(settings: Settings, *, config_path: Path | None, may_be_empty: bool = False) -> list[LinePlan]:
    """The configured lines, checked but not opened. Raises `ConfigError` if one is wrong or there is none."""
    plans = plan_lines(settings.lines, config_path)
    if not plans and not may_be_empty:
        raise ConfigError(
            _("No line is configured."),
            path=config_path,
            expected=_(
                "a table [lines.desk]; `dutyphone config init` writes one, `--simulate night-shift` does without"
            ),
        )
    return plans


def check_scenario(scenario: str) -> None:
    """Raises `TranscriptError` if there is no such scenario or it cannot be read."""
    from dutyphone_simulators.library import load_scenario

    load_scenario(scenario)


def try_lines(settings: Settings, *, config_path: Path | None) -> Iterator[tuple[str, LineGone | None]]:
    """Open each line once; what went wrong with it, or None."""
    from dutyphone.recorder.trial import try_driver

    install_simulated_ports()
    for plan in check_lines(settings, config_path=config_path):
        yield plan.line, try_driver(plan.line, plan.driver, SystemClock())


def install_simulated_ports() -> None:
    """Let `port = "sim://night-shift"` be opened like any port."""
    from dutyphone_simulators.urls import install

    install()


def _driver(name: str, line: LineSettings, config_path: Path | None) -> Driver:
    from dutyphone.plugins import load_driver

    plugin = load_driver(line.driver)
    try:
        return plugin.open_line(name, line.options())
    except OptionError as wrong:
        raise option_error(config_path, name, wrong.option, wrong.message, wrong.expected) from wrong


def _stop_at_end(stream: TextIO, stop: Callable[[], None]) -> None:
    stream.read()
    stop()


# --- the log -----------------------------------------------------------------------------------------------------


def open_store(settings: Settings, *, drill: bool, create: bool = True) -> Store:
    """The log, brought up to date. Raises `StoreError`."""
    from dutyphone.store.store import Store

    return Store.open(settings.database_url(drill=drill), create=create, key_folder=settings.folder())


def verify_store(settings: Settings, *, drill: bool) -> Report:
    """Check chain, head and projections."""
    from dutyphone.store.verify import verify

    with open_store(settings, drill=drill, create=False) as store:
        found = verify(store)
    sentences = []
    if found.ok:
        sentences.append(_("The log is whole: {n} rows, chain, head and tables agree.").format(n=found.rows))
    if found.first_bad is not None:
        sentences.append(
            _("Row {seq} of the journal is the first bad one: {what}.").format(
                seq=found.first_bad.seq, what=found.first_bad.what
            )
        )
    if found.head_problem:
        sentences.append(found.head_problem)
    sentences.extend(found.projection_differences)
    return Report(ok=found.ok, sentences=tuple(sentences))


def rebuild_store(settings: Settings, *, drill: bool) -> int:
    """Make the projections anew; how many rows of the journal they stand on."""
    from dutyphone.store.rebuild import rebuild

    with open_store(settings, drill=drill) as store:
        rebuild(store)
        return store.last_seq()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """Which calls, and how they are to be written. The names are those of the command line."""

    from_at: datetime
    until_at: datetime
    path: Path
    format: str
    profile: str = "people"
    encoding: str | None = None
    drill: bool = False


def export_calls(settings: Settings, order: ExportRequest, on_progress: Callable[[int, int], None]) -> ExportResult:
    """Export the calls of a span of time. Raises `OutputError`, `StoreError`."""
    with open_store(settings, drill=order.drill, create=False) as store:
        return _export(store, settings, order, on_progress)


def export_name(settings: Settings, from_at: datetime, until_at: datetime, suffix: str, *, drill: bool) -> str:
    """What an export is called that was not given a name: the days it covers, and that it is a drill."""
    zone = settings.time_zone()
    first = from_at.astimezone(zone).date()
    last = (until_at - timedelta(microseconds=1)).astimezone(zone).date()
    days = f"{first}" if first == last else f"{first}_{last}"
    return _("calls_{days}").format(days=days) + (_("_drill") if drill else "") + f".{suffix}"


def desk_status(settings: Settings, *, drill: bool) -> Report:
    """The desk in words."""
    from dutyphone_tui.plain import describe_desk

    from dutyphone.duty.shift_date import duty_day, shift_date

    now, zone = SystemClock().now().utc, settings.time_zone()
    with open_store(settings, drill=drill, create=False) as store:
        today = store.counts(*duty_day(shift_date(now, zone), zone))
        ok, sentences = describe_desk(store.recorder(), store.lines(), today, now=now, zone=zone)
    return Report(ok=ok, sentences=sentences)


def stop_recorder(settings: Settings, *, drill: bool) -> str:
    """Ask the recorder of this desk to stop and wait until it has. Raises `DutyphoneError` if it does not."""
    with open_store(settings, drill=drill, create=False) as store:
        running = store.recorder()
        if running is None or running.stopped_at is not None:
            return _("No recorder is running.")
        try:
            os.kill(running.pid, signal.SIGTERM)
        except ProcessLookupError:
            return _("No recorder is running; the last one did not say farewell.")
        except PermissionError as refused:
            raise DutyphoneError(
                _("The recorder (process {pid}) belongs to another user.").format(pid=running.pid),
                advice=_("Stop it as that user, or with `systemctl stop dutyphone-recorder`."),
            ) from refused
        for _attempt in range(int(STOP_PATIENCE_S * 10)):
            now = store.recorder()
            if now is not None and now.stopped_at is not None:
                return _("The recorder has stopped.")
            time.sleep(0.1)
    raise DutyphoneError(
        _("The recorder (process {pid}) has not stopped yet.").format(pid=running.pid),
        advice=_("Wait a little and look with `dutyphone status`."),
    )


# --- the console -------------------------------------------------------------------------------------------------


def show_console(settings: Settings, *, drill: bool, quit_warning: str = "") -> None:
    """Show the desk until it is left. The language must have been chosen before."""
    from dutyphone_tui.app import DutyConsole
    from dutyphone_tui.desk import Desk

    from dutyphone.calls.numbers import show_number
    from dutyphone.calls.places import place_of
    from dutyphone.store.feed import Feed

    site = site_of(settings)
    folder = settings.folder()
    desk = Desk(
        open_store=lambda: open_store(settings, drill=drill),
        open_feed=Feed,
        clock=SystemClock(),
        zone=settings.time_zone(),
        room=settings.room.name,
        officer=settings.console.officer,
        simulated=drill,
        bell=settings.console.bell,
        ascii_borders=settings.console.ascii,
        drafts_folder=folder / "drafts",
        export_folder=folder / "exports",
        export=lambda store, order, on_progress: _export_from_console(store, settings, order, on_progress, drill=drill),
        place_of=lambda number, kind: place_of(number, kind, i18n.language()),
        shown_number=lambda row: show_number(row.number, row.kind, row.extension, row.number_raw, site),
        quit_warning=quit_warning,
    )
    DutyConsole(desk).run()


# --- shared ------------------------------------------------------------------------------------------------------


def site_of(settings: Settings) -> Site:
    """Where the telephones stand."""
    from dutyphone.calls.numbers import Site

    room = settings.room
    try:
        return Site(
            country=room.country,
            area_code=room.area_code,
            internal_digits=(room.internal_digits[0], room.internal_digits[1]),
        )
    except ValueError as wrong:
        raise ConfigError(
            str(wrong), key="room", expected=_("an area code such as 010 and lengths such as [3, 5]")
        ) from wrong


def _export(
    store: Store, settings: Settings, order: ExportRequest, on_progress: Callable[[int, int], None]
) -> ExportResult:
    from dutyphone.outputs.columns import Profile
    from dutyphone.outputs.export import Format
    from dutyphone.outputs.export import export_calls as write_calls
    from dutyphone.store.readmodels import CallQuery

    profile = Profile(order.profile)
    return write_calls(
        store,
        CallQuery(from_at=order.from_at, until_at=order.until_at),
        order.path,
        format=Format(order.format),
        profile=profile,
        zone=settings.time_zone(),
        language=i18n.language(),
        simulated=order.drill,
        now=SystemClock().now().utc,
        encoding=_csv_encoding(order.encoding),
        on_progress=on_progress,
    )


def _export_from_console(
    store: Store, settings: Settings, order: ExportOrder, on_progress: Callable[[int, int], None], *, drill: bool
) -> Path:
    name = export_name(settings, order.from_at, order.until_at, order.format.value, drill=drill)
    request = ExportRequest(
        from_at=order.from_at,
        until_at=order.until_at,
        path=_made(order.folder) / name,
        format=order.format.value,
        drill=drill,
    )
    return _export(store, settings, request, on_progress).path


def _csv_encoding(name: str | None) -> Encoding | None:
    from dutyphone.outputs.csv_file import Encoding

    try:
        return Encoding(name) if name else None
    except ValueError as unknown:
        raise OutputError(
            _("{name!r} is not an encoding of CSV files.").format(name=name),
            advice=_("Take one of {names}.").format(names=", ".join(e.value for e in Encoding)),
        ) from unknown


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
