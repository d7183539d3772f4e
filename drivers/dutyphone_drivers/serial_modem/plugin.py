"""The plug-in `serial_modem`: options of a line in, a driver out.

[lines.desk]
driver = "serial_modem"
port = "/dev/serial/by-id/usb-..."    any pyserial address: a device, sim://..., socket://...
profile = "auto"                      a modem family, or auto to recognise it
baud = 57600                          default: the family's own
country_code = "26"                   ITU-T T.35 code for the modem's region setting, 26 is China
idle_class = 0                        8 to hear handsets and dialled digits, where the family can
hook_proved = false                   true once the installation saw a lifted handset reported on this line
deaf_after = 3                        alarm after so many calls without caller ID; 0 if the line has none
extra_init = ["AT+VCDT=4"]            more commands, sent after the family's own
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from dutyphone.errors import OptionError
from dutyphone.i18n import _
from dutyphone.lines.driver import Driver, LineExaminer
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.dialogue import Plan
from dutyphone_drivers.serial_modem.profile import Profile
from dutyphone_drivers.serial_modem.profiles import GENERIC, candidates, profiles

AUTO = "auto"
DEFAULT_BAUD = 57600
_MOST_CALLS_WITHOUT = 1000


class SerialModemPlugin:
    """See `dutyphone.lines.driver.DriverPlugin`."""

    def describe(self) -> str:
        return _("An analog line behind a serial or USB modem with caller ID")

    def open_line(self, line: str, options: Mapping[str, object]) -> Driver:
        """A driver for `line`; the port is opened by its `run`."""
        from dutyphone_drivers.serial_modem.port import SerialModem

        chosen = _read(options)
        core = ModemCore(
            line=line,
            port=chosen["port"],
            plan=_plan(chosen),
            hook_proved=chosen["hook_proved"],
            deaf_after=chosen["deaf_after"],
        )
        return SerialModem(core, port=chosen["port"], baud=_speed(chosen))

    def examine_line(self, line: str, options: Mapping[str, object]) -> LineExaminer:
        """See `dutyphone.lines.driver.ExaminingPlugin`."""
        from dutyphone_drivers.serial_modem.examine import ExaminingCore
        from dutyphone_drivers.serial_modem.examiner import ModemExaminer

        chosen = _read(options)
        core = ExaminingCore(line=line, port=chosen["port"], plan=_plan(chosen))
        return ModemExaminer(core, port=chosen["port"], baud=_speed(chosen), options=chosen)


plugin = SerialModemPlugin()


def _plan(chosen: Mapping[str, Any]) -> Plan:
    """What the modem is set up with. Raises `OptionError` where two options contradict each other."""
    named = _named(chosen)
    if chosen["idle_class"] == 8 and named is not None and not named.class8:
        raise OptionError(
            "idle_class",
            _("The family {profile} is not known to tell anything in class 8.").format(profile=named.name),
            expected="0",
        )
    return Plan(
        generic=profiles()[GENERIC],
        profile=named,
        candidates=candidates(),
        country_code=chosen["country_code"],
        class8=chosen["idle_class"] == 8,
        extra=tuple(chosen["extra_init"]),
    )


def _speed(chosen: Mapping[str, Any]) -> int:
    named = _named(chosen)
    return int(chosen["baud"] or (named.baud if named is not None else None) or DEFAULT_BAUD)


def _named(chosen: Mapping[str, Any]) -> Profile | None:
    """The family that the options name, None if it is to be recognised."""
    return None if chosen["profile"] == AUTO else profiles()[chosen["profile"]]


def _read(options: Mapping[str, object]) -> dict[str, Any]:
    """Every option, checked; the defaults where it is not given."""
    for name in options:
        if name not in _OPTIONS:
            near = get_close_matches(name, _OPTIONS, n=1)
            message = _("There is no option {name!r}.").format(name=name)
            if near:
                message += " " + _("Is {near!r} meant?").format(near=near[0])
            raise OptionError(name, message, expected=", ".join(_OPTIONS))
    return {name: check(options.get(name)) for name, check in _OPTIONS.items()}


def _port(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise OptionError(
            "port",
            _("The line needs a port."),
            expected=_("a device such as /dev/serial/by-id/usb-..., or sim://night-shift"),
        )
    return value.strip()


def _profile(value: object) -> str:
    names = [AUTO, *sorted(profiles())]
    if value is None:
        return AUTO
    if value not in names:
        raise OptionError(
            "profile", _("There is no modem family {value!r}.").format(value=value), expected=", ".join(names)
        )
    return str(value)


def _baud(value: object) -> int | None:
    if value is None:
        return None
    return _whole("baud", value, 50, 4_000_000)


def _country_code(value: object) -> str | None:
    if value is None:
        return None
    text = f"{value}".upper()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9A-F]{2}", text):
        raise OptionError(
            "country_code",
            _("{value!r} is not a country code of ITU-T T.35.").format(value=value),
            expected=_('two hexadecimal digits in quotes, such as "26" for China'),
        )
    return text


def _idle_class(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or value not in (0, 8):
        raise OptionError("idle_class", _("A modem idles in class 0 or 8."), expected=_("0 or 8"))
    return 8 if value == 8 else 0


def _hook_proved(value: object) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise OptionError(
            "hook_proved", _("{value!r} is neither true nor false.").format(value=value), expected="true, false"
        )
    return value


def _deaf_after(value: object) -> int:
    return 3 if value is None else _whole("deaf_after", value, 0, _MOST_CALLS_WITHOUT)


def _extra_init(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise OptionError("extra_init", _("This is not a list of commands."), expected='["AT+VCDT=4"]')
    for command in value:
        if not isinstance(command, str) or not re.fullmatch(r"(?i:AT)[\x20-\x7e]*", command):
            raise OptionError(
                "extra_init",
                _("{command!r} is not an AT command.").format(command=command),
                expected=_("commands that begin with AT, each in quotes"),
            )
    return list(value)


def _whole(option: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise OptionError(
            option,
            _("{value!r} cannot be used here.").format(value=value),
            expected=_("a whole number from {least} to {most}").format(least=least, most=most),
        )
    return value


_OPTIONS: dict[str, Callable[[object], Any]] = {
    "port": _port,
    "profile": _profile,
    "baud": _baud,
    "country_code": _country_code,
    "idle_class": _idle_class,
    "hook_proved": _hook_proved,
    "deaf_after": _deaf_after,
    "extra_init": _extra_init,
}
