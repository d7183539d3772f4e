"""`dutyphone config`: the configuration file."""

from __future__ import annotations

from pathlib import Path

import typer

from dutyphone.cli.options import config_option, language_option, load
from dutyphone.errors import ConfigError
from dutyphone.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help=_("The configuration file."), no_args_is_help=True)
    app.add_typer(group, name="config")

    @group.command(help=_("Check the file and the options of every line; say what is wrong and where."))
    def check(config: Path | None = config_option(), language: str | None = language_option()) -> None:
        from dutyphone import bootstrap

        settings = load(config)
        lines = bootstrap.check_lines(settings, config_path=config, may_be_empty=True)
        typer.echo(_("The configuration is in order: {n} lines.").format(n=len(lines)))

    @group.command(help=_("Write a commented configuration file to begin with."))
    def init(config: Path | None = config_option(), language: str | None = language_option()) -> None:
        from dutyphone.config import default_config_path, sample_config

        path = config or default_config_path()
        if path.exists():
            raise ConfigError(_("There is a file already; it is left as it is."), path=path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(sample_config(), encoding="utf-8")
        except OSError as failed:
            raise ConfigError(
                _("The file cannot be written ({why}).").format(why=failed.strerror or failed),
                path=path,
                expected=_("a folder this user may write to"),
            ) from failed
        typer.echo(_("Written: {path}. Set the port of your modem in it.").format(path=path))

    @group.command(help=_("Say where files are."))
    def where(config: Path | None = config_option(), language: str | None = language_option()) -> None:
        from dutyphone.config import default_config_path

        settings = load(config)
        typer.echo(_("Configuration: {path}").format(path=config or default_config_path()))
        typer.echo(_("Data folder: {path}").format(path=settings.folder()))
        typer.echo(_("Log: {url}").format(url=settings.shown_database_url()))
