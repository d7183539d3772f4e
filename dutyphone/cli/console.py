"""`dutyphone console`: a screen for a recorder that runs elsewhere."""

from __future__ import annotations

from pathlib import Path

import typer

from dutyphone.cli.options import config_option, drill_option, language_option, load, need_terminal
from dutyphone.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command(help=_("Show the desk. Several consoles may be open; the recorder is a process of its own."))
    def console(
        config: Path | None = config_option(),
        language: str | None = language_option(),
        drill: bool = drill_option(),
    ) -> None:
        from dutyphone import bootstrap

        settings = load(config, language=language)
        need_terminal()
        bootstrap.show_console(bootstrap.unlocked(settings, drill=drill), drill=drill)
