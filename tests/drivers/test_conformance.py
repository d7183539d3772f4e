"""The drivers of the house keep the contract that they ask of others; so does the example of writing-a-driver.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.port import SerialModem
from dutyphone_simulators.conformance import DriverUnderTest, PtyWire

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
