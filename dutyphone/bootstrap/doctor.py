"""`dutyphone doctor`: gathers the facts that the checks judge, and carries out the installation check of a line.

A line is asked only while no recorder holds it, and while it is asked the lease of the recorder is held, so that none
can start in between and have its port taken away.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from dutyphone import config
from dutyphone.bootstrap.beside import LogBeside
from dutyphone.bootstrap.lines import install_simulated_ports
from dutyphone.clock import Clock, SystemClock
from dutyphone.config import LineSettings, Settings
from dutyphone.doctor import clocks, environment, guide, lines, machine, record
from dutyphone.doctor.editing import lines_to_write, with_options
from dutyphone.doctor.finding import Answer, ask
from dutyphone.errors import ConfigError, DutyphoneError, LineGone, OptionError, RecorderAlreadyRunning, StoreError
from dutyphone.i18n import _
from dutyphone.lines.driver import DriverPlugin, ExaminingPlugin
from dutyphone.lines.events import LossReason
from dutyphone.plugins import load_driver


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the command line knows of its terminal; see `doctor.environment.Environment`."""

    encoding: str
    columns: int | None = None
    cell_width: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidedResult:
    """What a guided check came to. `options` are those that the configuration does not have yet."""

    answers: tuple[Answer, ...]
    options: dict[str, object]
    transcripts: tuple[Path, ...]


def diagnose(
    config_path: Path | None,
    screen: Screen,
    *,
    drill: bool = False,
    say: Callable[[str], None] = lambda _sentence: None,
) -> list[Answer]:
    """Everything that can be checked without a person. `say` is told what takes time."""
    settings, problem = _settings(config_path)
    surroundings = _environment(settings, problem, config_path, screen)
    answers = list(ask(environment.CHECKS, surroundings))
    if settings is None or surroundings.sqlite_problem is not None:
        return answers
    clock = SystemClock()
    with LogBeside(settings, drill=drill) as log:
        answers += ask(clocks.CHECKS, log.clock_facts(clock.now().utc))
        answers += ask(record.CHECKS, log.record_facts(clock.now().utc))
        for name, line in settings.lines.items():
            if line.enabled:
                answers += _line(name, line, log, config_path, say)
    return answers


def diagnose_line(
    config_path: Path | None, name: str, *, say: Callable[[str], None] = lambda _sentence: None
) -> list[Answer]:
    """What can be found out about one line. Raises `ConfigError` if there is none of that name."""
    settings = config.load_settings(config_path)
    line = line_settings(settings, name, config_path)
    with LogBeside(settings) as log:
        return _line(name, line, log, config_path, say)


def guided_check(config_path: Path | None, name: str, person: guide.Person, *, mask: bool) -> GuidedResult:
    """Go through the installation check of a line with a person. Raises `DutyphoneError`."""
    settings = config.load_settings(config_path)
    line = line_settings(settings, name, config_path)
    plugin = plugin_of(name, line, config_path)
    if not isinstance(plugin, ExaminingPlugin):
        raise DutyphoneError(
            _("The driver {driver} cannot examine its lines.").format(driver=line.driver),
            advice=_("Ask its author; docs/writing-a-driver.md says what is needed."),
        )
    install_simulated_ports()
    with LogBeside(settings) as log:
        if log.pid_running is not None:
            raise RecorderAlreadyRunning(
                _("The recorder (process {pid}) listens to this line.").format(pid=log.pid_running),
                pid=log.pid_running,
                advice=_("Run `dutyphone stop` first, and start it again afterwards."),
            )
        clock = clock_of(line)
        both = cast("guide.Plugin", plugin)  # a plug-in that is found, and examines as well
        folder = settings.folder() / "doctor"
        kept: list[Path] = []

        def keep(transcript: str) -> None:
            kept.append(keep_transcript(folder, name, len(kept) + 1, transcript))
            person.tell(_("The whole dialogue is in {path}.").format(path=kept[-1]))

        verdict = guide.check_with(person, name, both, line.options(), clock, keep=keep, mask=mask)
    guided = lines.GUIDED.format(line=name)
    answers = tuple(
        Answer(check=power.value, title=guide.TITLES[power], subject=name, finding=finding)
        for power, finding in guide.in_words(verdict, guided)
    )
    return GuidedResult(
        answers=answers,
        options=dict(verdict.options),
        transcripts=tuple(kept),
    )


def write_options(config_path: Path | None, name: str, options: dict[str, object]) -> Path | None:
    """Set `options` of a line in the configuration file, the old one beside it as `.bak`.

    None if the file is of a shape that cannot be changed safely; then it was left alone. Raises `ConfigError`.
    """
    path = config_path or config.default_config_path()
    try:
        text = path.read_bytes().decode("utf-8")
        changed = with_options(text, name, options)
        if changed is None:
            return None
        shutil.copy2(path, path.with_name(path.name + ".bak"))
        _replace(path, changed)
    except OSError as failed:
        raise ConfigError(
            _("The file cannot be written ({why}).").format(why=failed.strerror or failed),
            path=path,
            expected="; ".join(lines_to_write(name, options)),
        ) from failed
    return path


def clock_of(line: LineSettings) -> Clock:
    """The clock that the line goes by: its own, if it is a simulated one that counts its time-outs on it."""
    port = str(line.options().get("port", ""))
    if port.startswith("sim://"):
        from dutyphone_simulators.address import parse_address
        from dutyphone_simulators.urls.protocol_sim import clock_at

        with suppress(DutyphoneError):
            address = parse_address(port)
            if address.line_timeouts:
                return clock_at(address)
    return SystemClock()


# --- facts about the desk ----------------------------------------------------------------------------------------


def _settings(config_path: Path | None) -> tuple[Settings | None, ConfigError | None]:
    try:
        return config.load_settings(config_path), None
    except ConfigError as wrong:
        return None, wrong


def _environment(
    settings: Settings | None, problem: ConfigError | None, config_path: Path | None, screen: Screen
) -> environment.Environment:
    from dutyphone.store.sqlite import safe_driver

    version, unsafe = None, None
    try:
        version = str(safe_driver().sqlite_version)
    except StoreError as wrong:
        unsafe = wrong
    path = config_path or config.default_config_path()
    return environment.Environment(
        python=sys.version_info[:3],
        machine=f"{platform.system()} {platform.machine()}",
        sqlite=version,
        sqlite_problem=unsafe,
        encoding=screen.encoding,
        locale=config.system_locale(),
        terminal=config.terminal_type(),
        columns=screen.columns,
        cell_width=screen.cell_width,
        config=str(path),
        config_exists=path.exists(),
        config_problem=problem,
        lines=0 if settings is None else len(settings.lines),
    )


# --- facts about a line ------------------------------------------------------------------------------------------


def _line(
    name: str, line: LineSettings, log: LogBeside, config_path: Path | None, say: Callable[[str], None]
) -> list[Answer]:
    options = line.options()
    port = str(options.get("port", ""))
    known = lines.Line(
        name=name,
        driver=line.driver,
        port=port,
        hook_proved=options.get("hook_proved") is True,
        has_caller_id=options.get("deaf_after") != 0,
        device=machine.look_at_device(port) if port.startswith("/") else None,
        recorded=log.recorded(name),
        heard=log.heard(name),
    )
    try:
        plugin = plugin_of(name, line, config_path)
        if known.recorded is None and _may_be_asked(known.device) and isinstance(plugin, ExaminingPlugin):
            say(_("Asking the device of line {line}, which takes some seconds.").format(line=name))
            install_simulated_ports()
            known = _examined(known, plugin, line)
    except DutyphoneError as wrong:
        known = replace(known, problem=wrong)
    return list(ask(lines.CHECKS, known, name))


def _examined(known: lines.Line, plugin: ExaminingPlugin, line: LineSettings) -> lines.Line:
    try:
        examiner = plugin.examine_line(known.name, line.options())
        return replace(known, examination=guide.examine(known.name, examiner, clock_of(line)))
    except LineGone as gone:
        already_told = gone.reason in (LossReason.NO_SUCH_PORT, LossReason.NO_PERMISSION) and known.device is not None
        return known if already_told and not _may_be_asked(known.device) else replace(known, gone=gone)


def _may_be_asked(device: lines.Device | None) -> bool:
    """Whether opening the port can do any good, and nobody any harm."""
    return device is None or (device.exists and device.is_device and device.allowed and not device.holders)


def plugin_of(name: str, line: LineSettings, config_path: Path | None) -> DriverPlugin:
    """The driver's plug-in, once it has taken the options. Raises `ConfigError`, `UnknownDriver`."""
    plugin = load_driver(line.driver)
    try:
        plugin.open_line(name, line.options())
    except OptionError as wrong:
        raise config.option_error(config_path, name, wrong.option, wrong.message, wrong.expected) from wrong
    return plugin


def line_settings(settings: Settings, name: str, config_path: Path | None) -> LineSettings:
    """The line of that name. Raises `ConfigError` if there is none."""
    line = settings.lines.get(name)
    if line is None:
        raise ConfigError(
            _("There is no line {name!r}.").format(name=name),
            path=config_path,
            expected=", ".join(settings.lines) or _("a table [lines.desk]; `dutyphone config init` writes one"),
        )
    return line


# --- files -------------------------------------------------------------------------------------------------------


def keep_transcript(folder: Path, line: str, place: int, transcript: str) -> Path:
    """Write a transcript where only this user can read it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{line}-{SystemClock().now().utc:%Y%m%dT%H%M%SZ}-{place}.txt"
    path.write_text(transcript, encoding="utf-8")
    return path


def _replace(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, with the rights it had."""
    place = path.resolve()  # a link stays a link
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=place.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(place.stat().st_mode & 0o777)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
