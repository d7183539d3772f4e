"""The simulated exchange as the far end of a wire, for the checks of drivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dutyphone_drivers.sip_account.core import SipCore
from dutyphone_drivers.sip_account.phone import SipPhone
from dutyphone_drivers.sip_account.plugin import read_options
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.wire import Address
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.settings import Account, ExchangeSettings
from dutyphone_simulators.sip.testkit import QUICK
from support.sip_line import DEFAULTS

from dutyphone.clock import Moment
from dutyphone.lines.driver import LineCore
from dutyphone.lines.events import LineEvent


class ExchangeWire:
    """A `MendableWire`: an exchange of one account, whose calls are written by the checks."""

    def __init__(self, password_file: Path) -> None:
        settings = ExchangeSettings(accounts=(Account(password=DEFAULTS["password"]),), timing=QUICK)
        self._exchange = SimulatedExchange(settings).start()
        password_file.write_text(DEFAULTS["password"])
        password_file.chmod(0o600)
        self.options = read_options(
            {
                "server": self._exchange.server,
                "account": DEFAULTS["account"],
                "password_file": str(password_file),
                "ping_s": 1.0,
            }
        )

    def write(self, data: bytes) -> None:
        assert self._exchange.wait_registered()
        self._exchange.raw(data)

    def pull(self) -> None:
        self._exchange.outage(shut=True)

    def mend(self) -> None:
        self._exchange.recover()

    def close(self) -> None:
        self._exchange.stop()


class PhoneAround(SipPhone):
    """The driver with the Contact that the transcripts know; `core` may be there to break, and then breaks it."""

    def __init__(self, wire: ExchangeWire, core: LineCore) -> None:
        super().__init__("desk", wire.options)
        self._beside = core

    def _make_core(self, settings: AccountSettings) -> SipCore:
        return _Beside(replace(settings, contact_user=DEFAULTS["contact"]), self._beside)


class _Beside(SipCore):
    """Asks the core of the check before each request: an empty read is harmless to any that is not there to break."""

    def __init__(self, settings: AccountSettings, beside: LineCore) -> None:
        numbers = iter(range(1, 1_000_000))
        super().__init__(settings, lambda: f"5eed{next(numbers):08x}")
        self._other = beside

    def receive(self, data: bytes, source: Address, now: Moment) -> Sequence[LineEvent]:
        if not data.startswith(b"SIP/2.0"):
            self._other.receive(b"", now)
        return super().receive(data, source, now)
