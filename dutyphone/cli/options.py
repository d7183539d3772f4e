"""Options that several commands share. Made when the command line is built, so that they speak its language."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone.config import Settings


def config_option() -> Any:
    """`--config FILE`."""
    return _option(None, "--config", help=_("Configuration file."), metavar="FILE")


def language_option() -> Any:
    """`--language`; acted upon by `cli.app` before anything else."""
    return _option(None, "--language", help=_("zh_CN, en or auto."), metavar="LANGUAGE")


def drill_option() -> Any:
    """`--drill`."""
    return _option(False, "--drill", help=_("The log of the drill instead of the real one."))


def scenario_option(*names: str) -> Any:
    """The option that names a scenario."""
    return _option(
        None,
        *names,
        help=_("A simulated line plays this scenario: a packaged one by name, or a file. This is a drill."),
        metavar="SCENARIO",
    )


def speed_option() -> Any:
    """`--speed`."""
    return _option(
        1.0, "--speed", min=0.01, max=1000.0, help=_("How many times faster than life the simulated line goes.")
    )


def personality_option() -> Any:
    """`--personality`."""
    return _option(
        "", "--personality", metavar="MODEM", help=_("Which modem is simulated; `dutyphone simulate list` names them.")
    )


def wait_option() -> Any:
    """`--wait`."""
    return _option(
        False, "--wait", help=_("Go on trying if no line can be opened at first (what a service should do).")
    )


def hidden_option(name: str) -> Any:
    """A flag for processes of ours."""
    return _option(False, name, hidden=True)


def _option(*arguments: Any, **details: Any) -> Any:
    import typer  # not for the commands that `cli.straight` carries out

    return typer.Option(*arguments, **details)


def need_terminal() -> None:
    """Raises `DutyphoneError` where there is no terminal to draw the console on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise DutyphoneError(
            _("The console needs a terminal."),
            advice=_("`dutyphone record` records without one, `dutyphone status` says in text how things stand."),
        )


def load(path: Path | None, **overrides: Any) -> Settings:
    """The settings, with the `overrides` that are not None standing over them."""
    from dutyphone.config import load_settings

    return load_settings(path, {key: value for key, value in overrides.items() if value is not None})
