"""`dutyphone lines`: the lines as they stand, the drivers that are installed."""

from __future__ import annotations

from pathlib import Path

import typer

from dutyphone.cli.options import config_option, language_option, load
from dutyphone.errors import UnknownDriver
from dutyphone.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help=_("Lines and drivers."), no_args_is_help=True)
    app.add_typer(group, name="lines")

    @group.command(help=_("Open each configured line once and say whether it can be listened to."))
    def test(config: Path | None = config_option(), language: str | None = language_option()) -> None:
        from dutyphone import bootstrap

        failures = 0
        for line, gone in bootstrap.try_lines(load(config), config_path=config):
            if gone is None:
                typer.echo(_("{line}: it answers.").format(line=line))
            else:
                failures += 1
                typer.echo(f"dutyphone: {line}: {gone.message}\n  {gone.advice}", err=True)
        if failures:
            raise typer.Exit(3)

    @group.command(help=_("List the installed drivers."))
    def drivers(language: str | None = language_option()) -> None:
        from dutyphone.plugins import describe_drivers

        broken = False
        for driver in describe_drivers():
            broken |= bool(driver.problem)
            typer.echo(f"{driver.name:<16}{driver.description or driver.problem}")
        if broken:
            raise typer.Exit(UnknownDriver.exit_code)
