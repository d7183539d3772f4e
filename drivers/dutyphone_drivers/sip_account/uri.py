"""SIP and telephone addresses: `sip:` and `sips:` (RFC 3261 §19.1), `tel:` (RFC 3966), and whatever else comes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote as escape
from urllib.parse import unquote as unescape

from dutyphone_drivers.sip_account import grammar, wire

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_SIP = re.compile(
    r"(?:(?P<userinfo>.*?)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.\-]+)"
    r"(?::(?P<port>[0-9]*))?"
    r"(?P<parameters>;[^?]*)?"
    r"(?:\?(?P<headers>.*))?"
)
"""The user may hold `;`, `?` and `/` (RFC 3261 §25.1), so it is everything before the first `@` that a host follows."""

_IN_USER = "!*'()&=+$,;?/"
_IN_PASSWORD = "!*'()&=+$,"  # noqa: S105  (the characters a password may hold unescaped)
_IN_PARAMETER = "!*'()[]/:&+$"
_IN_HEADER = "!*'()[]/?:+$"
_LARGEST_PORT = 65_535


class NotUri(ValueError):
    """The text is no URI."""


@dataclass(frozen=True, slots=True)
class Uri:
    """An address. `str()` writes it with the escapes it needs.

    `scheme` and `host` are in lower case; `host` is an IPv6 address without brackets where it is one. `user` and the
    values of parameters and headers are without escapes; `user` is empty if there is none. For `tel:`, `user` is the
    number as written and `host` is empty; for any other scheme `user` is all the rest, untouched.
    """

    scheme: str
    user: str
    host: str = ""
    port: int | None = None
    parameters: grammar.Parameters = ()
    headers: tuple[tuple[str, str], ...] = ()
    password: str | None = None

    @property
    def is_sip(self) -> bool:
        """Whether the scheme is one that a request can be sent to."""
        return self.scheme in ("sip", "sips")

    def parameter(self, name: str) -> str | None:
        """The value of a parameter: None if it is not there, empty if it has no value."""
        return grammar.parameter(self.parameters, name)

    def __str__(self) -> str:
        if self.is_sip:
            return f"{self.scheme}:{self._userinfo()}{wire.hostport(self.host, self.port)}{self._tail()}"
        if self.scheme == "tel":
            return f"tel:{_escape(self.user, _IN_USER)}{self._tail()}"
        return f"{self.scheme}:{self.user}"

    def _userinfo(self) -> str:
        if not self.user and self.password is None:
            return ""
        password = "" if self.password is None else f":{_escape(self.password, _IN_PASSWORD)}"
        return f"{_escape(self.user, _IN_USER)}{password}@"

    def _tail(self) -> str:
        parameters = "".join(
            f";{_escape(name, _IN_PARAMETER)}" + ("" if value is None else f"={_escape(value, _IN_PARAMETER)}")
            for name, value in self.parameters
        )
        headers = "&".join(f"{_escape(name, _IN_HEADER)}={_escape(value, _IN_HEADER)}" for name, value in self.headers)
        return f"{parameters}?{headers}" if headers else parameters


def read(text: str) -> Uri:
    """`text`, without brackets around it, as an address. Raises `NotUri`."""
    if (parts := _SCHEME.fullmatch(text.strip())) is None:
        raise NotUri(text)
    scheme, rest = parts[1].lower(), parts[2]
    if scheme in ("sip", "sips"):
        return _read_sip(scheme, rest)
    if not rest:
        raise NotUri(text)
    if scheme == "tel":
        number, _, tail = rest.partition(";")
        return Uri(scheme, _unescape(number), parameters=_read_parameters(tail))
    return Uri(scheme, rest)


def _read_sip(scheme: str, rest: str) -> Uri:
    if any(char.isspace() for char in rest) or (parts := _SIP.fullmatch(rest)) is None:
        raise NotUri(f"{scheme}:{rest}")
    port = int(parts["port"][:6]) if parts["port"] else None
    if port is not None and port > _LARGEST_PORT:
        raise NotUri(f"{scheme}:{rest}")
    user, colon, password = (parts["userinfo"] or "").partition(":")
    return Uri(
        scheme,
        _unescape(user),
        parts["host"].strip("[]").lower(),
        port,
        _read_parameters(parts["parameters"] or ""),
        _read_headers(parts["headers"] or ""),
        _unescape(password) if colon else None,
    )


def _read_parameters(text: str) -> grammar.Parameters:
    found: list[tuple[str, str | None]] = []
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if name.strip():
            found.append((_unescape(name.strip()).lower(), _unescape(value.strip()) if equals else None))
    return tuple(found)


def _read_headers(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=") for part in text.split("&") if part)
    return tuple((_unescape(name), _unescape(value)) for name, _, value in pairs)


def _escape(text: str, safe: str) -> str:
    return escape(text, safe, errors="surrogateescape")


def _unescape(text: str) -> str:
    return unescape(text, errors="surrogateescape")
