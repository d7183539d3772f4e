"""`dutyphone run`: recorder and console for a one-desk office, or for a drill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dutyphone.cli.options import (
    config_option,
    language_option,
    load,
    need_terminal,
    personality_option,
    scenario_option,
)
from dutyphone.errors import DutyphoneError, RecorderAlreadyRunning
from dutyphone.i18n import _
from dutyphone.i18n import language as current_language

if TYPE_CHECKING:
    import typer

RESTART_AFTER_S = 2.0
"""A recorder that died is started again after this long."""

FAREWELL_S = 15.0
"""How long a recorder may take to stop in good order."""


def add_to(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command(
        help=_(
            "Start recorder and console together. Leaving the console stops both; if the terminal is closed or the "
            "console crashes, the recorder goes on until `dutyphone stop`."
        )
    )
    def run(
        config: Path | None = config_option(),
        language: str | None = language_option(),
        simulate: str | None = scenario_option("--simulate"),
        personality: str = personality_option(),
    ) -> None:
        run_desk(config=config, language=language, simulate=simulate, personality=personality)


def run_desk(
    *, config: Path | None = None, language: str | None = None, simulate: str | None = None, personality: str = ""
) -> None:
    """Be recorder and console until the console is left."""
    from dutyphone import bootstrap

    settings = load(config, language=language)
    if simulate is None:
        bootstrap.check_lines(settings, config_path=config)
    else:
        bootstrap.check_scenario(simulate)
    need_terminal()
    settings = bootstrap.unlocked(settings, drill=simulate is not None)
    arguments = ["--language", current_language()]
    arguments += ["--config", str(config)] if config else []
    arguments += _drill_arguments(simulate, personality) if simulate else []
    try:
        with RecorderProcess(arguments, settings.folder() / "recorder.log", key=settings.given_key()):
            warning = _("The recorder stops too: calls are not recorded any more.")
            bootstrap.show_console(settings, drill=simulate is not None, quit_warning=warning)
    except RecorderAlreadyRunning:
        bootstrap.show_console(settings, drill=simulate is not None)


def _drill_arguments(scenario: str, personality: str) -> list[str]:
    """A drill ends with its console; a real recorder outlives one that crashes."""
    return ["--simulate", scenario, "--personality", personality, "--with-parent"]


class RecorderProcess:
    """A recorder as a child process, kept alive as long as the console is there.

    Entering raises the error the recorder left with, if it could not start. What it says later goes to `log_path`. The
    `key` that somebody was asked for, if any, goes to it through a pipe, where nobody else can see it.
    """

    def __init__(self, arguments: list[str], log_path: Path, *, key: str = "") -> None:
        self._command = [sys.executable, "-m", "dutyphone", "record", "--wait", "--tell-parent", *arguments]
        self._command += ["--key-from-parent"] if key else []
        self._key = key
        self._log_path = log_path
        self._leaving = threading.Event()
        self._child = self._start("w")
        self._keeper = threading.Thread(target=self._keep_alive, name="recorder keeper", daemon=True)

    def __enter__(self) -> Self:
        try:
            self._wait_until_ready()
        except BaseException:  # whatever ended the wait, no recorder is left behind unowned
            self._stop_child()
            raise
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._stop_child()
        self._keeper.join()
        self._stop_child()  # the keeper may just have started another

    def _start(self, mode: str) -> subprocess.Popen[str]:
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open(mode, encoding="utf-8") as log:
            child = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            )
        if self._key and child.stdin is not None:
            with suppress(BrokenPipeError):  # it has left already, and says why
                child.stdin.write(f"{self._key}\n")
                child.stdin.flush()
        return child

    def _wait_until_ready(self) -> None:
        assert self._child.stdout is not None
        if self._child.stdout.readline():
            return
        code = self._child.wait()
        said = self._log_path.read_text(encoding="utf-8", errors="replace").strip()
        sentence, _newline, advice = said.removeprefix("dutyphone: ").partition("\n")
        kind = RecorderAlreadyRunning if code == RecorderAlreadyRunning.exit_code else DutyphoneError
        error = kind(sentence or _("The recorder could not be started."), advice=advice.strip())
        error.exit_code = code
        raise error

    def _keep_alive(self) -> None:
        while self._child.wait() is not None and not self._leaving.wait(RESTART_AFTER_S):
            self._close_pipes()
            self._child = self._start("a")

    def _stop_child(self) -> None:
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(FAREWELL_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
