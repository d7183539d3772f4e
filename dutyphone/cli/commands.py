"""The tree of commands."""

from __future__ import annotations

import typer

from dutyphone import __version__
from dutyphone.cli import call, config, console, database, doctor, export, lines, record, run, simulate, status
from dutyphone.cli.options import language_option
from dutyphone.i18n import _


def build() -> typer.Typer:
    """The whole command line, in the current language."""
    app = typer.Typer(
        name="dutyphone",
        help=_("The duty console and call logger for a room that is staffed day and night."),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def everywhere(
        version: bool = typer.Option(False, "--version", "-V", help=_("Say the version and leave."), is_eager=True),
        language: str | None = language_option(),
    ) -> None:
        if version:
            typer.echo(f"dutyphone {__version__}")
            raise typer.Exit

    for group in (run, record, console, status, call, doctor, export, database, lines, config, simulate):
        group.add_to(app)
    return app
