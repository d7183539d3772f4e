"""`dutyphone status` and `dutyphone stop`: the desk in a few lines of text, and the end of its recorder."""

from __future__ import annotations

from pathlib import Path

import typer

from dutyphone.cli.options import config_option, drill_option, language_option, load
from dutyphone.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command(help=_("Say whether the recorder runs and how each line stands."))
    def status(
        config: Path | None = config_option(), drill: bool = drill_option(), language: str | None = language_option()
    ) -> None:
        from dutyphone import bootstrap

        report = bootstrap.desk_status(load(config), drill=drill)
        for sentence in report.sentences:
            typer.echo(sentence)
        if not report.ok:
            raise typer.Exit(1)

    @app.command(help=_("Stop the recorder of this desk in good order."))
    def stop(
        config: Path | None = config_option(), drill: bool = drill_option(), language: str | None = language_option()
    ) -> None:
        from dutyphone import bootstrap

        typer.echo(bootstrap.stop_recorder(load(config), drill=drill))
