"""A recorder in this process, and the end of one in another."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

from dutyphone.bootstrap.keeping import capture_days, retention_of
from dutyphone.bootstrap.lines import Drill, install_simulated_ports, plan_lines
from dutyphone.bootstrap.log import open_store
from dutyphone.bootstrap.site import site_of
from dutyphone.clock import SystemClock
from dutyphone.config import Settings, notify_socket
from dutyphone.errors import DutyphoneError, RecorderAlreadyRunning
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone.recorder.service import LinePlan
    from dutyphone.store.lease import Holder, RecorderLease
    from dutyphone.store.readmodels import RecorderRow
    from dutyphone.store.store import Store

OWN_FOLDER = "recorder"
"""Name, in front of `.lock`, of the lock on the folder where a recorder on a server keeps what is its own."""

STOP_PATIENCE_S = 20.0
"""How long `stop_recorder` waits for the farewell."""


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
    from dutyphone.duty.retention import Retention
    from dutyphone.recorder.service import Recorder, RecorderPlan
    from dutyphone.recorder.systemd import ServiceManager

    install_simulated_ports()
    folder = settings.folder() / ("drill" if drill else "")
    recorder_id = uuid.uuid4().hex
    with (
        _planned(settings, config_path, drill) as planned,
        open_store(settings, drill=drill is not None) as store,
        _own(folder, store),
        store.lease_lines([line.line for line in planned], recorder_id) as lease,
    ):
        _tell_taken(lease, settings.time_zone(), complain)
        recorder = Recorder(
            store,
            RecorderPlan(
                lines=[line for line in planned if line.line in lease.held],
                site=site_of(settings),
                zone=settings.time_zone(),
                state_folder=folder,
                capture_folder=folder / "capture" if settings.recorder.capture else None,
                capture_days=capture_days(settings),
                simulated=drill is not None,
                retention=retention_of(settings) if drill is None else Retention(),
                recorder=recorder_id,
                host=socket.gethostname(),
                place=_place(folder, store),
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


@contextmanager
def _planned(settings: Settings, config_path: Path | None, drill: Drill | None) -> Iterator[list[LinePlan]]:
    """The lines to record; those of a drill are simulated as long as this lasts."""
    with drill.playing() if drill else nullcontext(settings.lines) as lines:
        yield plan_lines(lines, config_path)


def stop_recorder(settings: Settings, *, drill: bool) -> str:
    """Ask the recorder of this desk to stop and wait until it has. Raises `DutyphoneError` if it does not."""
    with open_store(settings, drill=drill, create=False) as store:
        running = recorder_here(settings.folder() / ("drill" if drill else ""), store)
        if running is None:
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
            if running.recorder not in {row.recorder for row in store.unfinished_recorders()}:
                return _("The recorder has stopped.")
            time.sleep(0.1)
    raise DutyphoneError(
        _("The recorder (process {pid}) has not stopped yet.").format(pid=running.pid),
        advice=_("Wait a little and look with `dutyphone status`."),
    )


def recorder_here(folder: Path, store: Store) -> RecorderRow | None:
    """The recorder of this desk, which keeps its own things in `folder`; None if it said farewell or never began."""
    from dutyphone.store.lease import FileLease

    unfinished = store.unfinished_recorders()
    if store.database.path is None:
        host, pid = socket.gethostname(), None
        try:
            FileLease(folder / OWN_FOLDER).release()
        except RecorderAlreadyRunning as running:
            pid = running.pid
        except PermissionError:  # another user's, who is asked in vain: that is told then
            pass
        except FileNotFoundError:
            return None
        else:
            return None
        unfinished = tuple(row for row in unfinished if row.host == host and pid in (None, row.pid))
    return unfinished[-1] if unfinished else None


def taken_sentences(taken: Mapping[str, Holder], zone: ZoneInfo) -> str:
    """Who records the lines in `taken`, for people."""
    return " ".join(
        _("Line {line} is recorded by another recorder, which has only just begun.").format(line=line)
        if holder.since is None
        else _("Line {line} is recorded by another recorder: process {pid} on {host}, since {since}.").format(
            line=line,
            pid=holder.pid,
            host=holder.host,
            since=holder.since.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        )
        for line, holder in taken.items()
    )


def _tell_taken(lease: RecorderLease, zone: ZoneInfo, complain: Callable[[str], None]) -> None:
    """Say which lines are not recorded here. Raises `RecorderAlreadyRunning` if not one is left."""
    from dutyphone.store.lease import one_recorder_a_line

    if lease.taken and not lease.held:
        pid = next(iter(lease.taken.values())).pid
        raise RecorderAlreadyRunning(taken_sentences(lease.taken, zone), pid=pid, advice=one_recorder_a_line())
    for line, holder in lease.taken.items():
        complain(f"{taken_sentences({line: holder}, zone)} {one_recorder_a_line()}")


def _own(folder: Path, store: Store) -> AbstractContextManager[object]:
    """What a recorder keeps in `folder` (reserve, what was rescued) is its own, also where the log is on a server."""
    from dutyphone.store.lease import FileLease

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if store.database.path is not None:
        return nullcontext()
    try:
        return FileLease(folder / OWN_FOLDER)
    except RecorderAlreadyRunning as running:
        raise RecorderAlreadyRunning(
            _("Another recorder (process {pid}) keeps its things in {folder}.").format(pid=running.pid, folder=folder),
            pid=running.pid,
            advice=_("Give each recorder a folder of its own: data_folder in its configuration."),
        ) from running


def _place(folder: Path, store: Store) -> str:
    """Whose configuration it is, among those that share a server; "" where there is no other."""
    return "" if store.database.path is not None else f"{socket.gethostname()}:{folder}"


def _stop_at_end(stream: TextIO, stop: Callable[[], None]) -> None:
    stream.read()
    stop()
