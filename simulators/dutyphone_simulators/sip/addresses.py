"""SIP addresses: URIs, names before them, parameters behind them (RFC 3261 §19.1, §20.10, §25.1; RFC 3966 for tel)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

_UNESCAPED_IN_USER = "-_.!~*'()&=+$,;?/"
"""Characters a user part may hold as they are (§25.1 `user`): the star of a service code stays, its `#` does not."""

_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uri:
    """`sip:user@host:port;params`, or `tel:user;params` with an empty host. `user` is unescaped."""

    scheme: str = "sip"
    user: str = ""
    host: str = ""
    port: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        user = quote(self.user, safe=_UNESCAPED_IN_USER)
        params = "".join(f";{name}={value}" if value else f";{name}" for name, value in self.params.items())
        if self.scheme == "tel":
            return f"tel:{user}{params}"
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}:{user}{'@' if user else ''}{self.host}{port}{params}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What stands in From, To, Contact and their like: a name, a URI, and the header's own parameters."""

    uri: Uri
    name: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        return self.params.get("tag", "")


def host_port(address: tuple[str, int]) -> str:
    """`127.0.0.1:5060`, or `[::1]:5060`."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_host_port(text: str, default_port: int = 5060) -> tuple[str, int]:
    """The inverse of `host_port`; a port may be missing. Raises ValueError."""
    found = _HOST_PORT.fullmatch(text.strip())
    if found is None or not found[1]:
        raise ValueError(f"{text!r} is not host:port")
    port = int(found[2]) if found[2] else default_port
    if port > 65535:
        raise ValueError(f"{text!r} has no such port")
    return found[1].strip("[]"), port


def parse_uri(text: str) -> Uri:
    """Raises ValueError for anything that is not a SIP, SIPS or tel URI."""
    scheme, colon, rest = text.strip().partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in ("sip", "sips", "tel"):
        raise ValueError(f"{text!r} is not a URI for calls")
    if scheme == "tel":
        number, _, params = rest.partition(";")
        return Uri(scheme=scheme, user=unquote(number), params=parse_params(params))
    user, at, place = rest.rpartition("@")
    place, _, _headers = place.partition("?")
    place, _, params = place.partition(";")
    found = _HOST_PORT.fullmatch(place)
    if found is None or not found[1]:
        raise ValueError(f"{text!r} names no host")
    port = int(found[2]) if found[2] else None
    return Uri(
        scheme=scheme, user=unquote(user) if at else "", host=found[1].strip(), port=port, params=parse_params(params)
    )


def parse_address(value: str) -> Address:
    """A name-addr or addr-spec with its parameters. Raises ValueError."""
    value = value.strip()
    name = ""
    if value.startswith('"'):
        end = _end_of_quoted(value)
        name = re.sub(r"\\(.)", r"\1", value[1:end])
        value = value[end + 1 :].lstrip()
    elif (bracket := value.find("<")) > 0:
        name, value = value[:bracket].strip(), value[bracket:]
    if value.startswith("<"):
        uri, closed, params = value[1:].partition(">")
        if not closed:
            raise ValueError(f"{value!r} has no closing bracket")
        return Address(uri=parse_uri(uri), name=name, params=parse_params(params.lstrip().removeprefix(";")))
    # Without brackets what follows the first semicolon belongs to the header, not to the URI (§20.10).
    uri, _, params = value.partition(";")
    return Address(uri=parse_uri(uri), name=name, params=parse_params(params))


def split_list(value: str) -> Iterator[str]:
    """The elements of a header that holds several, separated by commas outside quotes and brackets."""
    start, quoted, depth, escaped = 0, False, 0, False
    for place, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif not quoted and char == "<":
            depth += 1
        elif not quoted and char == ">":
            depth -= 1
        elif char == "," and not quoted and depth <= 0:
            yield value[start:place].strip()
            start = place + 1
    yield value[start:].strip()


def parse_params(text: str, separator: str = ";") -> dict[str, str]:
    """`a=1;b;c="x"` as a mapping with lower-case names; a parameter without a value has an empty one."""
    found: dict[str, str] = {}
    for part in _split_outside_quotes(text, separator):
        name, _, value = part.partition("=")
        value = value.strip()
        if value.startswith('"') and value.endswith('"') and len(value) >= 2:
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if name.strip():
            found[name.strip().lower()] = value
    return found


def quoted(text: str) -> str:
    """`text` as a quoted string (§25.1)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _split_outside_quotes(text: str, separator: str) -> list[str]:
    if '"' not in text:
        return text.split(separator)
    parts, start, inside, escaped = [], 0, False, False
    for place, char in enumerate(text):
        if escaped:
            escaped = False
        elif inside and char == "\\":
            escaped = True
        elif char == '"':
            inside = not inside
        elif char == separator and not inside:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _end_of_quoted(value: str) -> int:
    escaped = False
    for place in range(1, len(value)):
        if escaped:
            escaped = False
        elif value[place] == "\\":
            escaped = True
        elif value[place] == '"':
            return place
    raise ValueError(f"{value!r} has no closing quote")
