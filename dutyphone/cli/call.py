"""`dutyphone call`: dial, answer, hang up, refuse, send on, from a shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dutyphone.cli.options import config_option, drill_option, language_option, load
from dutyphone.i18n import _
from dutyphone.journal.facts import RequestKind

if TYPE_CHECKING:
    from dutyphone.bootstrap.asking import Order


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help=_("Ask something of a line that can do more than listen."), no_args_is_help=True)
    app.add_typer(group, name="call")

    @group.command(help=_("Dial a number. Service codes such as *57*13900001234# are dialled as they are."))
    def dial(
        line: str = typer.Argument(metavar="LINE", help=_("Name of the line.")),
        number: str = typer.Argument(metavar="NUMBER", help=_("Digits, * and #.")),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        _ask(bootstrap.Order(what=RequestKind.DIAL, line=line, number=number), config, drill=drill)

    @group.command(help=_("Answer the call that rings: the caller hears the announcement of the line, or silence."))
    def answer(
        call: int | None = _call_argument(),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        _ask(bootstrap.Order(what=RequestKind.ANSWER, call=call), config, drill=drill)

    @group.command(name="hang-up", help=_("End the call that was answered or dialled here."))
    def hang_up(
        call: int | None = _call_argument(),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        _ask(bootstrap.Order(what=RequestKind.HANG_UP, call=call), config, drill=drill)

    @group.command(help=_("Say busy to the call that rings; other telephones go on ringing."))
    def refuse(
        call: int | None = _call_argument(),
        everywhere: bool = typer.Option(False, "--everywhere", help=_("On all telephones: nobody can take the call.")),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        what = RequestKind.REFUSE_EVERYWHERE if everywhere else RequestKind.REFUSE
        _ask(bootstrap.Order(what=what, call=call), config, drill=drill)

    @group.command(help=_("Send the call that rings on to another number, one of those the configuration lists."))
    def redirect(
        target: str = typer.Argument(metavar="TARGET", help=_("As it stands in redirect_targets of the line.")),
        call: int | None = _call_argument(),
        config: Path | None = config_option(),
        drill: bool = drill_option(),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone import bootstrap

        order = bootstrap.Order(what=RequestKind.REDIRECT, call=call, number=target)
        _ask(order, config, drill=drill)


def _call_argument() -> int | None:
    argument: int | None = typer.Argument(
        None, metavar="CALL", help=_("The number people quote the call by. Default: the only one it can be.")
    )
    return argument


def _ask(order: Order, config: Path | None, *, drill: bool) -> None:
    from dutyphone import bootstrap

    report = bootstrap.ask_line(load(config), order, drill=drill)
    for sentence in report.sentences:
        typer.echo(sentence)
    if not report.ok:
        raise typer.Exit(1)
