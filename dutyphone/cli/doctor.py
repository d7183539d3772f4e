"""`dutyphone doctor`: is everything in order, and what can a line tell."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dutyphone.cli.options import config_option, drill_option, language_option
from dutyphone.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dutyphone.bootstrap.doctor import GuidedResult, Screen
    from dutyphone.doctor.finding import Answer

_WIDEST = 120


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(
        help=_("Check computer, log and lines; say what is wrong and what to do."), invoke_without_command=True
    )
    app.add_typer(group, name="doctor")

    @group.callback()
    def everything(
        context: typer.Context,
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        as_json: bool = _json_option(),
        evidence: bool = _evidence_option(),
        language: str | None = language_option(),
    ) -> None:
        if context.invoked_subcommand is not None:
            return
        from dutyphone.bootstrap import doctor as wiring

        answers = wiring.diagnose(config, _screen(), drill=drill, say=_say)
        _show(answers, as_json=as_json, evidence=evidence)

    @group.command(help=_("Check one line, or go through its installation with a mobile telephone in hand."))
    def line(
        name: str = typer.Argument(help=_("The line's name in the configuration, such as desk.")),
        guided: bool = typer.Option(
            False, "--guided", help=_("Ring the line and lift its handset; find out what it can tell.")
        ),
        mask: bool = typer.Option(False, "--mask", help=_("Make the numbers in the transcript unrecognisable.")),
        config: Path | None = config_option(),
        as_json: bool = _json_option(),
        evidence: bool = _evidence_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone.bootstrap import doctor as wiring

        if not guided:
            _show(wiring.diagnose_line(config, name, say=_say), as_json=as_json, evidence=evidence)
            return
        found = wiring.guided_check(config, name, _AtTheKeyboard(), mask=mask)
        _offer(found, config, name)
        _show(found.answers, as_json=as_json, evidence=evidence)

    @group.command(help=_("Register a SIP account once and say what the exchange said, in plain words."))
    def sip(
        name: str = typer.Argument("", help=_("The line's name in the configuration; not needed if there is one.")),
        ring: bool = typer.Option(False, "--ring", help=_("Wait for a call, and say what it shows.")),
        mask: bool = typer.Option(False, "--mask", help=_("Make the numbers in the transcript unrecognisable.")),
        config: Path | None = config_option(),
        as_json: bool = _json_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone.bootstrap import account

        person = _AtTheKeyboard()
        found = account.examine_account(config, name or _the_account(config), person, ring=ring, mask=mask)
        if not as_json:
            for row in found.dialogue:
                typer.echo(row)
            typer.echo()
        person.tell(_("The whole dialogue is in {path}.").format(path=found.transcript))
        for option, value in found.options.items():
            person.tell(_("Worth setting: {option} = {value}").format(option=option, value=str(value).lower()))
        _show(found.answers, as_json=as_json, evidence=False)


def _the_account(config: Path | None) -> str:
    from dutyphone.bootstrap import account
    from dutyphone.errors import ConfigError

    names = account.account_names(config)
    if len(names) != 1:
        raise ConfigError(
            _("Which account is meant?") if names else _("No line is an account of a SIP exchange."),
            path=config,
            expected=", ".join(names) or _('a table [lines.desk] with driver = "sip_account"'),
        )
    return names[0]


class _AtTheKeyboard:
    """See `dutyphone.doctor.guide.Person`. Speaks on stderr, so that `--json` stays clean."""

    def tell(self, sentence: str) -> None:
        typer.echo(sentence, err=True)

    def agrees(self, question: str) -> bool:
        return typer.confirm(question, err=True)


def _offer(found: GuidedResult, config: Path | None, name: str) -> None:
    """Say which options are wanted, and write them if the person agrees."""
    from dutyphone.bootstrap import doctor as wiring
    from dutyphone.doctor.editing import lines_to_write

    person = _AtTheKeyboard()
    if not found.options:
        return
    person.tell(_("This belongs into the configuration:"))
    for row in lines_to_write(name, found.options):
        person.tell("  " + row)
    if not person.agrees(_("Write it into the file now?")):
        return
    written = wiring.write_options(config, name, found.options)
    if written is None:
        person.tell(_("The file has a shape that is not changed by itself; write the lines above into it, please."))
    else:
        person.tell(_("Written: {path}; the file as it was is beside it (.bak).").format(path=written))


def _json_option() -> bool:
    option: bool = typer.Option(False, "--json", help=_("JSON for programs instead of text."))
    return option


def _evidence_option() -> bool:
    option: bool = typer.Option(False, "--evidence", help=_("Also show what the machine said, word for word."))
    return option


def _screen() -> Screen:
    from dutyphone.bootstrap import doctor as wiring
    from dutyphone.clock import SystemClock
    from dutyphone.doctor import terminal

    streams = terminal.standard_streams()
    return wiring.Screen(
        encoding=sys.stdout.encoding or "",
        columns=shutil.get_terminal_size().columns if sys.stdout.isatty() else None,
        cell_width=terminal.drawn_width(*streams, SystemClock()) if streams is not None else None,
    )


def _say(sentence: str) -> None:
    if sys.stderr.isatty():
        typer.echo(sentence, err=True)


def _show(answers: Sequence[Answer], *, as_json: bool, evidence: bool) -> None:
    from dutyphone.doctor import report

    if as_json:
        typer.echo(report.as_json(answers))
    else:
        columns = min(_WIDEST, shutil.get_terminal_size().columns)
        for row in report.as_text(answers, columns=columns, evidence=evidence):
            typer.echo(row)
    if report.has_fault(answers):
        raise typer.Exit(1)
