"""The plug-in `sip_account`: options of a line in, a driver out.

[lines.desk]
driver = "sip_account"
server = "pbx.example.cn"             where to register: a host or address, with :port if it is not the usual one
account = "1001"                      the number of the desk line at that server
password_file = "/etc/dutyphone/1001" a file with the password, for nobody but its owner to read
password_env = "DESK_SIP_PASSWORD"    or the environment variable that has it
auth_user = ""                        name to log in with; default: the account
domain = ""                           what stands behind the @; default: the host of `server`
outbound_proxy = ""                   host[:port] everything is sent to; default: `server`
transport = "udp"                     udp, tcp or tls
local = ""                            host[:port] of ours to be reached at; default: found by itself
expires_s = 60                        how long a registration is asked for
ping_s = 5                            seconds between two questions whether the server is there; 0: none
identity = "asserted"                 whom to believe: the exchange (asserted), or the caller (from)
watch = false                         also follow the calls of the desk telephone (dialog events, RFC 4235)
trusted = []                          more addresses calls may come from, beside the server's own
redirect_targets = []                 numbers calls may be sent on to; nowhere else
announcement = ""                     WAV file (8000 Hz, one channel) that callers hear when a call is answered here
tls_ca_file = ""                      certificates to trust; default: those of the system
tls_verify = true                     false: believe any certificate
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dutyphone.errors import OptionError
from dutyphone.i18n import _
from dutyphone.lines.driver import Driver, LineExaminer
from dutyphone_drivers.sip_account.settings import DEFAULT_EXPIRES_S, DEFAULT_PING_S

_TRANSPORTS = ("udp", "tcp", "tls")
_IDENTITIES = ("asserted", "from")
_LEAST_EXPIRES_S, _MOST_EXPIRES_S = 10, 7200
_LEAST_PING_S, _MOST_PING_S = 1.0, 300.0


class SipAccountPlugin:
    """See `dutyphone.lines.driver.DriverPlugin`."""

    def describe(self) -> str:
        return _("An account of the desk line at a SIP exchange, beside the desk telephone")

    def open_line(self, line: str, options: Mapping[str, object]) -> Driver:
        """A driver for `line`; its sockets are opened by its `run`."""
        from dutyphone_drivers.sip_account.phone import SipPhone

        return SipPhone(line, read_options(options))

    def examine_line(self, line: str, options: Mapping[str, object]) -> LineExaminer:
        """See `dutyphone.lines.driver.ExaminingPlugin`."""
        from dutyphone_drivers.sip_account.examiner import AccountExaminer

        return AccountExaminer(line, read_options(options))


plugin = SipAccountPlugin()


def read_options(options: Mapping[str, object]) -> dict[str, Any]:
    """Every option, checked; the defaults where it is not given. Raises `OptionError`."""
    for name in options:
        if name not in _OPTIONS:
            message = _("There is no option {name!r}.").format(name=name)
            if near := get_close_matches(name, _OPTIONS, n=1):
                message += " " + _("Is {near!r} meant?").format(near=near[0])
            raise OptionError(name, message, expected=", ".join(_OPTIONS))
    chosen = {name: check(name, options.get(name)) for name, check in _OPTIONS.items()}
    if chosen["password_file"] and chosen["password_env"]:
        raise OptionError(
            "password_env",
            _("The password comes from a file or from the environment, not from both."),
            expected="password_file | password_env",
        )
    return chosen


def split_host(text: str) -> tuple[str, int | None]:
    """`host[:port]` with IPv6 addresses in brackets, or bare without a port. Raises ValueError."""
    try:
        return str(ipaddress.IPv6Address(text)), None
    except ValueError:
        pass
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?", text)
    if match is None:
        raise ValueError(text)
    host, port = match[1].strip("[]"), int(match[2]) if match[2] else None
    if match[1].startswith("["):
        host = str(ipaddress.IPv6Address(host))
    if port is not None and not 1 <= port <= 65_535:
        raise ValueError(text)
    return host, port


def _server(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise OptionError(
            name, _("The line needs the server of its account."), expected=_("a host or address, such as 192.0.2.10")
        )
    return _host(name, value)


def _host(name: str, value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        try:
            split_host(value.strip())
        except ValueError:
            pass
        else:
            return value.strip()
    raise OptionError(
        name,
        _("{value!r} is not a host.").format(value=value),
        expected=_("a host or address, with :port if need be, such as 192.0.2.10:5060"),
    )


def _account(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not re.fullmatch(r"[^\s@<>\"]{1,128}", value):
        raise OptionError(
            name,
            _("The line needs the number or name of its account."),
            expected=_("what stands before the @, such as 1001"),
        )
    return value.removeprefix("sip:")


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or any(ord(sign) < 0x20 for sign in value):
        raise OptionError(name, _("{value!r} is no text.").format(value=value), expected=_("text in quotes"))
    return value.strip()


def _path(name: str, value: object) -> Path | None:
    text = _text(name, value)
    return Path(text).expanduser() if text else None


def _one_of(*words: str) -> Callable[[str, object], str]:
    def check(name: str, value: object) -> str:
        if value is None:
            return words[0]
        if value not in words:
            raise OptionError(name, _("{value!r} cannot be used here.").format(value=value), expected=", ".join(words))
        return str(value)

    return check


def _flag(default: bool) -> Callable[[str, object], bool]:
    def check(name: str, value: object) -> bool:
        if value is None:
            return default
        if not isinstance(value, bool):
            raise OptionError(
                name, _("{value!r} is neither true nor false.").format(value=value), expected="true, false"
            )
        return value

    return check


def _expires(name: str, value: object) -> int:
    if value is None:
        return DEFAULT_EXPIRES_S
    if isinstance(value, bool) or not isinstance(value, int) or not _LEAST_EXPIRES_S <= value <= _MOST_EXPIRES_S:
        raise OptionError(
            name,
            _("{value!r} cannot be used here.").format(value=value),
            expected=_("a whole number from {least} to {most}").format(least=_LEAST_EXPIRES_S, most=_MOST_EXPIRES_S),
        )
    return value


def _ping(name: str, value: object) -> float:
    if value is None:
        return DEFAULT_PING_S
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not (value == 0 or _LEAST_PING_S <= value <= _MOST_PING_S)
    ):
        raise OptionError(
            name,
            _("{value!r} cannot be used here.").format(value=value),
            expected=_("0 (none), or seconds from {least:g} to {most:g}").format(
                least=_LEAST_PING_S, most=_MOST_PING_S
            ),
        )
    return float(value)


def _texts(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise OptionError(name, _("This is not a list."), expected='["13900001234"]')
    return tuple(text for part in value if (text := _text(name, part)))


def _addresses(name: str, value: object) -> tuple[str, ...]:
    texts = _texts(name, value)
    for text in texts:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as wrong:
            raise OptionError(
                name,
                _("{value!r} is no IP address.").format(value=text),
                expected=_("addresses or networks, such as 192.0.2.11 or 192.0.2.0/28"),
            ) from wrong
    return texts


_OPTIONS: dict[str, Callable[[str, object], Any]] = {
    "server": _server,
    "account": _account,
    "password_file": _path,
    "password_env": _text,
    "auth_user": _text,
    "domain": _host,
    "outbound_proxy": _host,
    "transport": _one_of(*_TRANSPORTS),
    "local": _host,
    "expires_s": _expires,
    "ping_s": _ping,
    "identity": _one_of(*_IDENTITIES),
    "watch": _flag(False),
    "trusted": _addresses,
    "redirect_targets": _texts,
    "announcement": _path,
    "tls_ca_file": _path,
    "tls_verify": _flag(True),
}
