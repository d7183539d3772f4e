"""A simulated exchange for any telephone or program: what the command line calls."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dutyphone.clock import SystemClock
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import N_, _
from dutyphone_simulators.exchange import CN_TIME
from dutyphone_simulators.sip.addresses import host_port, parse_host_port
from dutyphone_simulators.sip.calls import Step
from dutyphone_simulators.sip.certificate import write_certificate
from dutyphone_simulators.sip.core import SipExchange
from dutyphone_simulators.sip.exchange import TRANSPORTS, SimulatedExchange
from dutyphone_simulators.sip.records import DESK_PHONE, CallRecord, Outcome
from dutyphone_simulators.sip.registrar import Binding
from dutyphone_simulators.sip.script import SipScenario, list_sip_scenarios, load_sip_scenario
from dutyphone_simulators.sip.settings import Account, ExchangeSettings, Manner, WatchForm

__all__ = ["config_block", "list_sip_scenarios", "run_sip_exchange"]

PASSWORD_VARIABLE = "DUTYPHONE_SIP_PASSWORD"  # noqa: S105  a name, not a password


def run_sip_exchange(
    scenario: str | Path = "sip-night",
    *,
    listen: str = "127.0.0.1:5060",
    account: str = "1001",
    password: str = "duty-1001",  # noqa: S107  of an exchange that does not exist
    transports: Sequence[str] = ("udp", "tcp"),
    certificate: Path | None = None,
    key: Path | None = None,
    manner: str = Manner.BRANCHES.value,
    events: str = WatchForm.PARTIAL.value,
    desk_phone: bool = True,
    speed: float = 1.0,
    loop: bool = False,
    seed: int = 0,
    report: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Run an exchange at `listen` until `stop` is set; a `* stop` step in the scenario sets it.

    The scenario begins when a telephone has registered as `account`. `speed` is that of people, not of the protocol.
    For TLS without a `certificate` one is made for as long as this runs. `report` hears where it is, what to write into
    the configuration and what happens, from other threads too. Raises `DutyphoneError` if the address cannot be had or
    an option cannot be used, and `TranscriptError` for a scenario that does not exist.
    """
    transcript = load_sip_scenario(scenario)
    host, port = _address(listen)
    _check(transports, speed)
    settings = ExchangeSettings(
        accounts=(Account(name=account, password=password, desk_phone=desk_phone),),
        manner=Manner(manner),
        watch=WatchForm(events),
        ping_s=15.0,
        seed=seed,
    )
    with TemporaryDirectory(prefix="dutyphone-exchange-") as folder:
        if "tls" in transports and certificate is None:
            certificate, key = write_certificate(Path(folder), (host, "localhost"))
        teller = _Teller(report)
        exchange = SimulatedExchange(
            settings,
            host=host,
            port=port,
            transports=transports,
            certificate=certificate,
            key=key,
            on_call=teller.call,
            on_registered=teller.registered,
        )
        with exchange:
            _introduce(exchange, account, password, certificate, report)

            def get_ready(core: SipExchange) -> None:
                teller.now = lambda: core.agenda.now.utc
                script = SipScenario(
                    core, transcript, speed=speed, seed=seed, loop=loop, report=teller.say, ended=stop.set
                )
                script.begin_when_registered()

            exchange.hook(get_ready)
            stop.wait()


def config_block(exchange: SimulatedExchange, account: str, certificate: Path | None = None) -> list[str]:
    """The lines of dutyphone's configuration that make it register at `exchange`."""
    transport = exchange.transports[0]
    block = [
        "[lines.desk]",
        'driver = "sip_account"',
        f'server = "{exchange.server}"',
        f'account = "{account}"',
        f'password_env = "{PASSWORD_VARIABLE}"',
        f'transport = "{transport}"',
        "watch = true",
    ]
    if transport == "tls" and certificate is not None:
        block.append(f'tls_ca_file = "{certificate}"')
    return block


class _Teller:
    """Says in words what happens, with the time in Beijing."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.now: Callable[[], datetime] = lambda: SystemClock().now().utc
        self._report = report

    def say(self, sentence: str) -> None:
        self._report(f"{self.now().astimezone(CN_TIME):%H:%M:%S} {sentence}")

    def registered(self, binding: Binding, there: bool) -> None:
        where = host_port(binding.channel.remote)
        if not there:
            self.say(
                _("{account} at {address} is no longer registered.").format(account=binding.account, address=where)
            )
            return
        self.say(_("{account} is registered from {address}.").format(account=binding.account, address=where))

    def call(self, record: CallRecord, step: Step) -> None:
        match step:
            case Step.STARTED:
                who = record.caller or _("Somebody without a number")
                self.say(_("{caller} calls {called}.").format(caller=who, called=record.called))
            case Step.ANSWERED:
                who = _("the desk phone") if record.answered_by == DESK_PHONE else record.answered_by
                self.say(_("Answered by {who} after {seconds:.1f} s.").format(who=who, seconds=record.ring_s))
            case Step.FORWARDED:
                self.say(_("The call goes on to {number}.").format(number=record.forwarded_to))
            case Step.ENDED if record.outcome is Outcome.ANSWERED:
                self.say(_("The call is over after {seconds:.1f} s of talk.").format(seconds=record.talk_s))
            case Step.ENDED if record.outcome is not None:
                self.say(_(_ENDINGS[record.outcome]).format(seconds=record.ring_s))


_ENDINGS = {
    Outcome.GIVEN_UP: N_("The caller gave up after {seconds:.1f} s."),
    Outcome.NO_ANSWER: N_("Nobody answered within {seconds:.1f} s."),
    Outcome.BUSY: N_("The line was busy."),
    Outcome.REFUSED: N_("The call was refused."),
    Outcome.UNREACHABLE: N_("No telephone could be reached."),
    Outcome.WRONG_NUMBER: N_("There is no such number."),
    Outcome.CUT: N_("The exchange went down during the call."),
}


def _introduce(
    exchange: SimulatedExchange, account: str, password: str, certificate: Path | None, report: Callable[[str], None]
) -> None:
    """Say where the exchange is and what to write into a configuration."""
    for transport in exchange.transports:
        where = host_port(exchange.address(transport))
        report(_("The exchange is at {address} ({transport}).").format(address=where, transport=transport))
    report(_("Account {account}, password {password}.").format(account=account, password=password))
    report(_("For dutyphone, write into the configuration:"))
    report("")
    for line in config_block(exchange, account, certificate):
        report(f"    {line}")
    report("")
    report(_("and set {variable}={password} where it runs.").format(variable=PASSWORD_VARIABLE, password=password))
    report(_("The scenario begins when {account} is registered.").format(account=account))


def _address(listen: str) -> tuple[str, int]:
    try:
        return parse_host_port(listen)
    except ValueError as wrong:
        raise DutyphoneError(
            _("{listen!r} is not an address to listen at.").format(listen=listen),
            advice=_("Write host:port, such as 127.0.0.1:5060 or [::1]:5060."),
            evidence=str(wrong),
        ) from wrong


def _check(transports: Sequence[str], speed: float) -> None:
    unknown = [transport for transport in transports if transport not in TRANSPORTS]
    if unknown or not transports:
        raise DutyphoneError(
            _("There is no transport called {name!r}.").format(name=", ".join(unknown)),
            advice=_("Known ones: {names}.").format(names=", ".join(TRANSPORTS)),
        )
    if not 0 < speed < math.inf:
        raise DutyphoneError(
            _("Time cannot go {speed:g} times as fast.").format(speed=speed),
            advice=_("Choose a number greater than 0."),
        )
