"""`dutyphone verify` and `dutyphone db`: the log as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from dutyphone.cli.options import config_option, drill_option, language_option, load
from dutyphone.cli.progress import ProgressBar
from dutyphone.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(help=_("The database."), no_args_is_help=True)
    for place in (app, group):
        _add_verify(place)
    app.add_typer(group, name="db")
    _add_tables(group)
    _add_copies(group)
    _add_encryption(group)
    _add_retention(group)


def _add_verify(app: typer.Typer) -> None:
    @app.command(help=_("Check that nothing in the log was changed, removed or cut off; name the first bad row."))
    def verify(
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        against: Path | None = typer.Option(
            None,
            "--against",
            metavar="COPY",
            help=_("Also check that the log goes on from this copy; its manifest, kept elsewhere, is enough."),
        ),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        report = bootstrap.verify_store(load(config), drill=drill, against=against)
        for sentence in report.sentences:
            typer.echo(sentence, err=not report.ok)
        if not report.ok:
            raise typer.Exit(4)


def _add_tables(group: typer.Typer) -> None:
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


def _add_copies(group: typer.Typer) -> None:
    @group.command(help=_("Copy the log to a file, and check the copy. The recorder may go on."))
    def backup(
        file: Path | None = typer.Argument(None, help=_("Default: a new file in the folder backups.")),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        with ProgressBar(_("Copying")) as progress:
            path, manifest = bootstrap.back_up_log(load(config), file, progress.show, drill=drill)
        typer.echo(_("Copied and checked: {path}, {n} rows.").format(path=path, n=manifest.rows))

    @group.command(help=_("Put a copy in the place of the log. The log that is there is kept beside it."))
    def restore(
        file: Path = typer.Argument(help=_("A copy made by `dutyphone db backup`.")),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        settings = load(config)
        with ProgressBar(_("Restoring")) as progress:
            done = bootstrap.restore_log(settings, file, progress.show, drill=drill)
        at = done.copied_at.astimezone(settings.time_zone()).strftime("%Y-%m-%d %H:%M")
        typer.echo(_("Restored: the log as it was at {at}, {n} rows.").format(at=at, n=done.rows))
        if done.aside:
            typer.echo(_("The log that was there is kept: {place}").format(place=done.aside))

    @group.command(help=_("Copy the log into another, empty database, row by row with its hashes."))
    def copy(
        to_url: str = typer.Argument(metavar="TO_URL", help=_("Like postgresql+psycopg://user@host/database")),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        with ProgressBar(_("Copying")) as progress:
            rows = bootstrap.copy_log(load(config), to_url, progress.show, drill=drill)
        typer.echo(_("Copied: {n} rows, and the chain ends with the same hash.").format(n=rows))
        typer.echo(_("Write the new URL into [database] of the configuration to go on there."))


def _add_encryption(group: typer.Typer) -> None:
    @group.command(help=_("Encrypt the log with the key of the configuration. Makes the key file if it is not there."))
    def encrypt(config: Path | None = config_option(), language: str | None = language_option()) -> None:
        from dutyphone import bootstrap

        rows = bootstrap.encrypt_log(load(config))
        typer.echo(_("Encrypted and checked: {n} rows.").format(n=rows))
        typer.echo(_("Keep a copy of the key elsewhere. Without it nobody can read the log, or its copies."))

    @group.command(help=_("Keep the log in the clear from now on."))
    def decrypt(config: Path | None = config_option(), language: str | None = language_option()) -> None:
        from dutyphone import bootstrap

        rows = bootstrap.decrypt_log(load(config))
        typer.echo(_("Decrypted and checked: {n} rows.").format(n=rows))
        typer.echo(_("Take the key out of [database] of the configuration now."))


def _add_retention(group: typer.Typer) -> None:
    @group.command(help=_("Purge what the retention rules say is over. The recorder does it every day by itself."))
    def purge(
        dry_run: bool = typer.Option(False, "--dry-run", help=_("Only say what would be purged.")),
        config: Path | None = config_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        settings = load(config)
        with ProgressBar(_("Purging")) as progress:
            done = bootstrap.purge_log(settings, progress.show, dry_run=dry_run)
        if done.older_than is None or done.report is None:
            typer.echo(_("There is no rule: calls are kept for ever. Set `calls` in [retention]."))
            return
        values: dict[str, Any] = {
            "calls": done.report.calls,
            "bodies": done.report.bodies,
            "at": done.older_than.astimezone(settings.time_zone()).strftime("%Y-%m-%d %H:%M"),
        }
        if dry_run:
            typer.echo(_("Would be purged: what {calls} calls from before {at} say, {bodies} rows.").format(**values))
            return
        typer.echo(_("Purged: what {calls} calls from before {at} said, {bodies} rows.").format(**values))
        if done.captures:
            typer.echo(_("Captures deleted: {n}.").format(n=done.captures))
