"""`dutyphone simulate`: a line without hardware, for any program that was made for a real one."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import typer

from dutyphone.cli.options import language_option, personality_option, speed_option
from dutyphone.i18n import _


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help=_("A line without hardware."), no_args_is_help=True)
    app.add_typer(group, name="simulate")

    @group.command(help=_("Open a pseudo-terminal that behaves like a voice modem on which a scenario is played."))
    def modem(
        scenario: str = typer.Argument("night-shift", help=_("A packaged scenario by name, or a file.")),
        personality: str = personality_option(),
        speed: float = speed_option(),
        link: Path | None = typer.Option(None, help=_("Make this symbolic link to the terminal.")),
        loop: bool = typer.Option(False, help=_("Begin again when the scenario is over.")),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone_simulators.wires import run_pty_modem

        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_arguments: stop.set())
        run_pty_modem(
            scenario, personality=personality, speed=speed, link=link, loop=loop, report=typer.echo, stop=stop
        )

    @group.command("list", help=_("List the packaged scenarios and the modems that can be simulated."))
    def list_all(language: str | None = language_option()) -> None:
        from dutyphone_simulators.wires import list_personalities, list_scenarios

        typer.echo(_("Scenarios:"))
        for scenario in list_scenarios():
            typer.echo(f"  {scenario.name:<18}{scenario.title}")
        typer.echo(_("Modems:"))
        for name in list_personalities():
            typer.echo(f"  {name}")
