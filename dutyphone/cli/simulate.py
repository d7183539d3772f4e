"""`dutyphone simulate`: a line without hardware, for any program that was made for a real one."""

from __future__ import annotations

import signal
import threading
from enum import Enum
from pathlib import Path

import typer

from dutyphone.cli.options import language_option, personality_option, speed_option
from dutyphone.i18n import _


class CountryName(Enum):
    """`--country`."""

    CN = "CN"
    US = "US"
    UK = "UK"


class TransportName(Enum):
    """`simulate sip --transport`."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class MannerName(Enum):
    """`simulate sip --manner`."""

    BRANCHES = "branches"
    PROXY = "proxy"


class EventsName(Enum):
    """`simulate sip --events`."""

    PARTIAL = "partial"
    FULL = "full"
    EXTENSION = "extension"


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

        run_pty_modem(
            scenario,
            personality=personality,
            speed=speed,
            link=link,
            loop=loop,
            report=typer.echo,
            stop=_stopped_by_signal(),
        )

    @group.command(help=_("Join several modems by an exchange with real sound; they can call each other."))
    def exchange(
        modems: int = typer.Option(2, "--modems", min=1, max=16, help=_("How many.")),
        country: CountryName = typer.Option(CountryName.CN, "--country", help=_("Whose ringing and caller ID.")),
        personality: list[str] = typer.Option(
            [], "--personality", metavar="MODEM", help=_("Which modem each of them is, in order.")
        ),
        scenario: str = typer.Option("", "--scenario", help=_("What callers from outside do, on the first line.")),
        links: Path | None = typer.Option(
            None, "--links", metavar="FOLDER", help=_("Make symbolic links ttyDSP1, ttyDSP2 ... in this folder.")
        ),
        noise: float = typer.Option(-62.0, "--noise", help=_("Noise on the line, in dBm0.")),
        speed: float = speed_option(),
        loop: bool = typer.Option(False, "--loop", help=_("Begin again when the scenario is over.")),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone_simulators.dsp.terminals import run_dsp_exchange

        run_dsp_exchange(
            modems=modems,
            country=country.value,
            personalities=personality,
            scenario=scenario,
            loop=loop,
            speed=speed,
            links=links,
            noise_dbm0=noise,
            report=typer.echo,
            stop=_stopped_by_signal(),
        )

    @group.command(help=_("Open a telephone exchange that speaks SIP, with callers, a desk phone and a gateway."))
    def sip(
        scenario: str = typer.Argument("sip-night", help=_("A packaged scenario by name, or a file.")),
        listen: str = typer.Option("127.0.0.1:5060", "--listen", metavar="HOST:PORT", help=_("Where it listens.")),
        account: str = typer.Option("1001", "--account", help=_("The account that telephones register.")),
        password: str = typer.Option("duty-1001", "--password", help=_("The password of the account.")),
        transport: list[TransportName] = typer.Option(
            [TransportName.UDP, TransportName.TCP], "--transport", help=_("How it can be reached; may be repeated.")
        ),
        certificate: Path | None = typer.Option(
            None, "--certificate", metavar="FILE", help=_("For TLS: certificate in PEM; without it, one is made.")
        ),
        key: Path | None = typer.Option(
            None, "--key", metavar="FILE", help=_("The key of the certificate, unless it stands in the same file.")
        ),
        manner: MannerName = typer.Option(
            MannerName.BRANCHES, "--manner", help=_("A call of its own for each telephone, or one that is forked.")
        ),
        events: EventsName = typer.Option(
            EventsName.PARTIAL, "--events", help=_("How those who watch the account are told of its calls.")
        ),
        desk_phone: bool = typer.Option(
            True, "--desk-phone/--no-desk-phone", help=_("Whether a desk phone rings beside the registered one.")
        ),
        speed: float = speed_option(),
        loop: bool = typer.Option(False, "--loop", help=_("Begin again when the scenario is over.")),
        language: str | None = language_option(),
    ) -> None:
        from dutyphone_simulators.sip.run import run_sip_exchange

        run_sip_exchange(
            scenario,
            listen=listen,
            account=account,
            password=password,
            transports=list(dict.fromkeys(name.value for name in transport)),
            certificate=certificate,
            key=key,
            manner=manner.value,
            events=events.value,
            desk_phone=desk_phone,
            speed=speed,
            loop=loop,
            report=typer.echo,
            stop=_stopped_by_signal(),
        )

    @group.command("list", help=_("List the packaged scenarios and the modems that can be simulated."))
    def list_all(language: str | None = language_option()) -> None:
        from dutyphone_simulators.sip.script import list_sip_scenarios
        from dutyphone_simulators.wires import list_personalities, list_scenarios

        typer.echo(_("Scenarios:"))
        for scenario in list_scenarios():
            typer.echo(f"  {scenario.name:<18}{scenario.title}")
        typer.echo(_("Scenarios for an exchange that speaks SIP:"))
        for scenario in list_sip_scenarios():
            typer.echo(f"  {scenario.name:<18}{scenario.title}")
        typer.echo(_("Modems:"))
        for name in list_personalities():
            typer.echo(f"  {name}")


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: stop.set())
    return stop
