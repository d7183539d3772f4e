"""Cores for tests, made as the plug-in makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.dialogue import Plan
from dutyphone_drivers.serial_modem.profiles import GENERIC, candidates, profiles

PORT = "/dev/serial/by-id/usb-made-up"

MakeCore = Callable[[Mapping[str, str]], ModemCore]


@pytest.fixture(scope="session")
def make_core() -> MakeCore:
    """Makes a core as the headings of a transcript ask for it."""

    def make(headings: Mapping[str, str]) -> ModemCore:
        profile = headings.get("profile", "auto")
        return ModemCore(
            line="desk",
            port=PORT,
            plan=Plan(
                generic=profiles()[GENERIC],
                profile=None if profile == "auto" else profiles()[profile],
                candidates=candidates(),
                country_code=headings.get("country_code"),
                class8=headings.get("idle_class") == "8",
            ),
            hook_proved=headings.get("hook_proved") == "true",
            deaf_after=int(headings.get("deaf_after", "3")),
        )

    return make
