"""`dutyphone export`: call records for the office."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from dutyphone.cli.options import config_option, drill_option, language_option, load
from dutyphone.cli.progress import ProgressBar
from dutyphone.i18n import _


class FormatName(Enum):
    """`--format`."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


class ProfileName(Enum):
    """`--profile`."""

    PEOPLE = "people"
    MACHINE = "machine"


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help=_("Write records to files."), no_args_is_help=True)
    app.add_typer(group, name="export")

    @group.command(help=_("Export call records, and the times in which a line was not listened to."))
    def calls(
        from_: str | None = typer.Option(
            None,
            "--from",
            metavar="DATE",
            help=_("First day (2026-05-01) or moment. Default: the first of this month."),
        ),
        to: str | None = typer.Option(
            None, "--to", metavar="DATE", help=_("Last day, included, or moment, not included. Default: now.")
        ),
        format: FormatName = typer.Option(FormatName.XLSX, "--format", help=_("Of the file.")),  # noqa: A002
        output: Path | None = typer.Option(None, "--output", "-o", metavar="FILE", help=_("Default: in this folder.")),
        profile: ProfileName | None = typer.Option(
            None,
            "--profile",
            help=_("people: local times, for Excel. machine: English, ISO 8601 (usual for jsonl)."),
        ),
        encoding: str | None = typer.Option(
            None, "--encoding", help=_("Of CSV: utf-8-sig (Excel and WPS), utf-8 or gb18030.")
        ),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap
        from dutyphone.clock import SystemClock

        settings = load(config)
        zone = settings.time_zone()
        now = SystemClock().now().utc.astimezone(zone)
        from_at = (
            _moment(from_, zone, end_of_day=False)
            if from_
            else now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        )
        until_at = _moment(to, zone, end_of_day=True) if to else now
        with ProgressBar(_("Exporting")) as progress:
            order = bootstrap.ExportRequest(
                from_at=from_at,
                until_at=until_at,
                path=output or Path(bootstrap.export_name(settings, from_at, until_at, format.value, drill=drill)),
                format=format.value,
                profile=(profile or _usual_profile(format)).value,
                encoding=encoding,
                drill=drill,
            )
            result = bootstrap.export_calls(settings, order, progress.show)
        typer.echo(
            _("{rows} calls and {blind} interruptions written to {path}.").format(
                rows=result.rows, blind=result.blind_intervals, path=result.path
            )
        )


def _usual_profile(format: FormatName) -> ProfileName:  # noqa: A002
    return ProfileName.MACHINE if format is FormatName.JSONL else ProfileName.PEOPLE


def _moment(text: str, zone: ZoneInfo, *, end_of_day: bool) -> datetime:
    try:
        if len(text) == len("2026-05-01"):
            day = date.fromisoformat(text) + timedelta(days=1 if end_of_day else 0)
            return datetime.combine(day, time(), zone)
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise typer.BadParameter(
            _("{text!r} is not a date such as 2026-05-01 or a moment such as 2026-05-01T17:30.").format(text=text)
        ) from wrong
    return at if at.tzinfo else at.replace(tzinfo=zone)
