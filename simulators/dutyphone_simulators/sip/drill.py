"""An exchange for a drill: it plays a scenario to the one line that registers there, and is gone afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dutyphone_simulators.sip.core import SipExchange
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.script import SipScenario, load_sip_scenario
from dutyphone_simulators.sip.settings import Account, ExchangeSettings

ACCOUNT = "1001"


@contextmanager
def sip_drill(
    scenario: str | Path, *, speed: float = 1.0, seed: int = 0, loop: bool = True
) -> Iterator[dict[str, object]]:
    """The options of a line (driver `sip_account`) that registers at the exchange, which is there until the end.

    The scenario begins with the registration; `speed` is that of people. Raises `TranscriptError`.
    """
    transcript = load_sip_scenario(scenario)
    password = secrets.token_hex(12)
    settings = ExchangeSettings(accounts=(Account(name=ACCOUNT, password=password),), seed=seed)

    def get_ready(core: SipExchange) -> None:
        SipScenario(core, transcript, speed=speed, seed=seed, loop=loop).begin_when_registered()

    with TemporaryDirectory(prefix="dutyphone-drill-") as folder, SimulatedExchange(settings) as exchange:
        file = Path(folder) / "password"
        file.touch(mode=0o600)
        file.write_text(password, "ascii")
        exchange.hook(get_ready)
        yield {"server": exchange.server, "account": ACCOUNT, "password_file": str(file), "watch": True}
