"""Options of a line, the families, and how the driver is found."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

import pytest
from dutyphone_drivers.serial_modem.plugin import _OPTIONS, plugin
from dutyphone_drivers.serial_modem.port import SerialModem
from dutyphone_drivers.serial_modem.profile import Profile
from dutyphone_drivers.serial_modem.profiles import candidates, profiles, read_profile

from dutyphone.errors import OptionError

PORT = {"port": "/dev/serial/by-id/usb-made-up"}
FAMILIES = {
    "agere",
    "box",
    "conexant",
    "eicon",
    "elink",
    "elsa",
    "generic",
    "maxim",
    "multitech",
    "netcallerid",
    "rockwell",
    "si24xx",
    "usr",
    "zyxel",
}


def test_it_is_found_by_its_entry_point() -> None:
    (point,) = entry_points(group="dutyphone.drivers", name="serial_modem")
    assert point.load() is plugin
    assert plugin.describe()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"profile": "auto"},
        {"profile": "usr", "baud": 115200},
        {"country_code": "26", "deaf_after": 0},
        {"country_code": "b5"},
        {"idle_class": 8, "profile": "conexant", "hook_proved": True},
        {"extra_init": ["AT+VCDT=4", "at&k0"]},
    ],
)
def test_options_that_are_taken(options: Mapping[str, object]) -> None:
    assert isinstance(plugin.open_line("desk", {**PORT, **options}), SerialModem)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("port", 5),
        ("port", ""),
        ("profile", "hayes"),
        ("profile", 3),
        ("baud", "fast"),
        ("baud", 0),
        ("baud", True),
        ("country_code", "China"),
        ("country_code", 256),
        ("idle_class", 2),
        ("idle_class", True),
        ("hook_proved", "yes"),
        ("deaf_after", -1),
        ("extra_init", "AT+VCDT=4"),
        ("extra_init", ["VCDT=4"]),
        ("extra_init", ["AT\rATD110"]),
        ("extra_init", ["AT中"]),
    ],
)
def test_a_wrong_option_is_named_and_what_was_expected(option: str, value: object) -> None:
    with pytest.raises(OptionError) as wrong:
        plugin.open_line("desk", {**PORT, option: value})
    assert wrong.value.option == option
    assert wrong.value.expected


def test_the_port_is_needed() -> None:
    with pytest.raises(OptionError) as wrong:
        plugin.open_line("desk", {})
    assert wrong.value.option == "port"


def test_an_unknown_option_names_its_neighbour() -> None:
    with pytest.raises(OptionError) as wrong:
        plugin.open_line("desk", {**PORT, "profil": "usr"})
    assert wrong.value.option == "profil"
    assert "profile" in wrong.value.message
    assert wrong.value.expected == ", ".join(_OPTIONS)


def test_class_8_needs_a_family_that_knows_it() -> None:
    with pytest.raises(OptionError) as wrong:
        plugin.open_line("desk", {**PORT, "profile": "rockwell", "idle_class": 8})
    assert wrong.value.option == "idle_class"


def test_every_option_is_explained_in_the_module() -> None:
    from dutyphone_drivers.serial_modem import plugin as module

    assert module.__doc__ is not None
    assert all(f"{name} = " in module.__doc__ for name in _OPTIONS)


def test_the_families() -> None:
    assert set(profiles()) == FAMILIES
    assert all(profile.title for profile in profiles().values())
    assert {profile.name for profile in candidates()} == FAMILIES - {"generic", "box", "netcallerid", "elink"}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_family_says_nothing_dangerous(name: str) -> None:
    """No dialling, no answering, nothing written into the modem's memory."""
    profile = profiles()[name]
    commands = [profile.reset, *profile.commands, *profile.region, *profile.class8]
    commands += [sighting.command for sighting in profile.sightings]
    for switch in profile.caller_id:
        commands += [switch.command, switch.read_back, *([switch.ask_range] if switch.ask_range else [])]
        assert switch.command.endswith(str(switch.value))
    for command in commands:
        assert command.startswith("AT")
        assert command.isascii()
        assert not command.startswith(("ATD", "ATA", "ATO", "AT&W", "ATS0=1"))
    if not profile.talks_at:
        assert commands == [profile.reset, *profile.region]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('title = "x"\nbauds = 5', "bauds"),
        ("baud = 5", "title"),
        ('title = "x"\n[[sightings]]\ncommand = "ATI3"', "says"),
        ('title = "x"\n[[sightings]]\ncommand = "ATI3"\nsays = "("', "sighting"),
        ('title = "x"\n[[caller_id]]\ncommand = "AT+VCID=1"\nread_back = "AT+VCID?"', "value"),
    ],
)
def test_a_wrong_profile_is_named(text: str, what: str) -> None:
    with pytest.raises(ValueError, match="profile mine") as wrong:
        read_profile("mine", text)
    assert what in str(wrong.value)


def test_a_profile_says_only_what_differs() -> None:
    mine = read_profile("mine", 'title = "Mine"\ncommands = ["ATS95=48"]', based_on=profiles()["generic"])
    generic: Profile = profiles()["generic"]
    differing: dict[str, Any] = {"name": "mine", "title": "Mine", "commands": ("ATS95=48",)}
    for name in Profile.__slots__:
        assert getattr(mine, name) == differing.get(name, getattr(generic, name))
