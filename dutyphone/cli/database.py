"""`dutyphone verify` and `dutyphone db`: the log as a file."""

from __future__ import annotations

from pathlib import Path

import typer

from dutyphone.cli.options import config_option, drill_option, language_option, load
from dutyphone.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command(help=_("Check that nothing in the log was changed, removed or cut off; name the first bad row."))
    def verify(
        config: Path | None = config_option(), drill: bool = drill_option(), language: str | None = language_option()
    ) -> None:
        from dutyphone import bootstrap

        report = bootstrap.verify_store(load(config), drill=drill)
        for sentence in report.sentences:
            typer.echo(sentence, err=not report.ok)
        if not report.ok:
            raise typer.Exit(4)

    group = typer.Typer(help=_("The database."), no_args_is_help=True)
    app.add_typer(group, name="db")

    @group.command(help=_("Bring the database up to this version of dutyphone."))
    def upgrade(
        config: Path | None = config_option(), drill: bool = drill_option(), language: str | None = language_option()
    ) -> None:
        from dutyphone import bootstrap

        with bootstrap.open_store(load(config), drill=drill) as store:
            typer.echo(_("The database is up to date: {n} rows in the journal.").format(n=store.last_seq()))

    @group.command(help=_("Make the tables the screens read anew from the journal."))
    def rebuild(
        config: Path | None = config_option(), drill: bool = drill_option(), language: str | None = language_option()
    ) -> None:
        from dutyphone import bootstrap

        facts = bootstrap.rebuild_store(load(config), drill=drill)
        typer.echo(_("Rebuilt from {n} rows of the journal.").format(n=facts))
