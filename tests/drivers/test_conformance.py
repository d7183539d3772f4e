"""The drivers of the house keep the contract that they ask of others; so does the example of writing-a-driver.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.port import SerialModem
from dutyphone_drivers.sip_account import registration
from dutyphone_simulators.conformance import DriverUnderTest, PtyWire
from dutyphone_simulators.sip.retelling import SipRetelling
from support.sip_far_end import ExchangeWire, PhoneAround
from support.sip_line import SipLine

from dutyphone.lines.driver import LineCore

pytest_plugins = ["dutyphone_simulators.pytest_plugin"]
"""Loaded by its entry point as well, where the house is installed."""

TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"


class TestSerialModem:
    @pytest.fixture
    def dutyphone_driver(self, make_core: Callable[[Mapping[str, str]], ModemCore]) -> DriverUnderTest:
        def shell(core: LineCore) -> tuple[SerialModem, PtyWire]:
            wire = PtyWire()
            return SerialModem(core, port=wire.port, baud=57600), wire

        return DriverUnderTest(core=make_core, transcripts=TRANSCRIPTS / "modem", shell=shell, quiet_while_ringing=True)


class TestSipAccount:
    """Datagrams instead of a stream, several calls at once, and a line that mends itself: the same contract."""

    @pytest.fixture
    def dutyphone_driver(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DriverUnderTest:
        """A server that is away is given up sooner than at the desk."""
        monkeypatch.setattr(registration, "SILENCE_S", 1.5)

        def shell(core: LineCore) -> tuple[PhoneAround, ExchangeWire]:
            wire = ExchangeWire(tmp_path / "password")
            return PhoneAround(wire, core), wire

        return DriverUnderTest(
            core=SipLine,
            transcripts=TRANSCRIPTS / "sip",
            shell=shell,
            several_calls=True,
            whole_messages=True,
            retelling=SipRetelling,
            far_end_answers=True,
            goes_on_after_loss=True,
            lose_within_s=15.0,
        )
