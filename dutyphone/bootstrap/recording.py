"""A recorder in this process, and the end of one in another."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from dutyphone.bootstrap.keeping import capture_days, retention_of
from dutyphone.bootstrap.lines import Drill, install_simulated_ports, plan_lines, site_of
from dutyphone.bootstrap.log import open_store
from dutyphone.clock import SystemClock
from dutyphone.config import Settings, notify_socket
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _

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
    lines = plan_lines(drill.lines() if drill else settings.lines, config_path)
    folder = settings.folder() / ("drill" if drill else "")
    with open_store(settings, drill=drill is not None) as store, store.lease():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        recorder = Recorder(
            store,
            RecorderPlan(
                lines=lines,
                site=site_of(settings),
                zone=settings.time_zone(),
                state_folder=folder,
                capture_folder=folder / "capture" if settings.recorder.capture else None,
                capture_days=capture_days(settings),
                simulated=drill is not None,
                retention=retention_of(settings) if drill is None else Retention(),
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


def _stop_at_end(stream: TextIO, stop: Callable[[], None]) -> None:
    stream.read()
    stop()
