"""`dutyphone console`: a screen for a recorder that runs elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone.cli.options import config_option, drill_option, language_option, load, need_terminal
from dutyphone.i18n import _

if TYPE_CHECKING:
    import typer


def add_to(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command(help=_("Show the desk. Several consoles may be open; the recorder is a process of its own."))
    def console(
        config: Path | None = config_option(),
        language: str | None = language_option(),
        drill: bool = drill_option(),
    ) -> None:
        show_desk(config=config, language=language, drill=drill)


def show_desk(*, config: Path | None = None, language: str | None = None, drill: bool = False) -> None:
    """Show the desk until it is left."""
    from dutyphone import bootstrap

    settings = load(config, language=language)
    need_terminal()
    bootstrap.show_console(bootstrap.unlocked(settings, drill=drill), drill=drill)
