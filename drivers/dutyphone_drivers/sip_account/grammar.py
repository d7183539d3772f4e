r"""The small parts that all header fields are made of (RFC 3261 §25.1): quoted strings, lists, parameters.

In text that was not UTF-8 a byte beyond ASCII is one character from U+DC80 to U+DCFF. GBK writes some characters with a
backslash as their second byte; behind such a first byte a backslash is not an escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

Parameters = tuple[tuple[str, str | None], ...]
"""Names in lower case with their values as text without quotes; None where there is no `=`."""

_GBK_PAIR = r"[\udc81-\udcfe][\x40-\x7e\udc80-\udcfe]"
_INSIDE = rf"(?:{_GBK_PAIR}|[^\"\\]|\\.)*+"
QUOTED = rf'"{_INSIDE}"'
_ESCAPES = re.compile(rf"({_GBK_PAIR})|\\(.)", re.DOTALL)
_WHOLE_QUOTED = re.compile(rf'"({_INSIDE})"', re.DOTALL)

TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"  # noqa: S105  (RFC 3261 §25.1)
_TOKEN = re.compile(TOKEN)
_BARE_VALUE = re.compile(r"[A-Za-z0-9\-.!%*_+`'~\[\]:]+")
"""What may stand behind `=` without quotes: a token or a host, which may be an IPv6 reference."""


def is_token(text: str) -> bool:
    """Whether `text` is a token of RFC 3261 §25.1."""
    return _TOKEN.fullmatch(text) is not None


def quote(text: str) -> str:
    """`text` as a quoted string. Line ends become blanks: no text of ours may begin a header field of its own."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
    return f'"{escaped}"'


def unquote(text: str) -> str:
    """The inside of a quoted string without its escapes; `text` as it is if it is not a quoted string."""
    stripped = text.strip()
    if (whole := _WHOLE_QUOTED.fullmatch(stripped)) is None:
        return stripped
    return unescape(whole[1])


def unescape(inside: str) -> str:
    """The inside of a quoted string, taken without its quotes, without its escapes."""
    return _ESCAPES.sub(r"\1\2", inside) if "\\" in inside else inside


def split(text: str, separator: str) -> list[str]:
    """The parts of `text` between separators that stand outside `"..."` and `<...>`, without outer blanks.

    A quote or bracket that is never closed is a character like any other.
    """
    if '"' not in text and "<" not in text:
        return [part.strip() for part in text.split(separator)]
    parts, start = [], 0
    for end in _separators(text, separator):
        parts.append(text[start:end].strip())
        start = end + 1
    parts.append(text[start:].strip())
    return parts


def split_name_value(part: str) -> tuple[str, str | None]:
    """`name=value` with the name in lower case and the value without quotes; no `=`, no value."""
    name, equals, value = part.partition("=")
    return name.strip().lower(), unquote(value) if equals else None


def read_parameters(text: str, separator: str = ";") -> Parameters:
    """Parameters behind a header value (`;a=b;c`) or of a challenge (`a=b, c="d"`). Empty ones are skipped."""
    return tuple(split_name_value(part) for part in split(text, separator) if part)


def write_parameters(parameters: Iterable[tuple[str, str | None]]) -> str:
    """`;a=b;c`: each parameter behind a semicolon, values in quotes where they need them."""
    return "".join(f";{name}" if value is None else f";{name}={_value(value)}" for name, value in parameters)


def parameter(parameters: Parameters, name: str) -> str | None:
    """The value of the first parameter `name` (in lower case): None if it is not there, empty if it has no value."""
    for known, value in parameters:
        if known == name:
            return value or ""
    return None


def _value(value: str) -> str:
    return value if _BARE_VALUE.fullmatch(value) else quote(value)


def _separators(text: str, separator: str) -> Iterator[int]:
    """Where the separators are. Escaped quotes outside quotes are stepped over too, so that the search stays linear."""
    for match in _stepper(separator).finditer(text):
        if match.lastgroup == "separator":
            yield match.start()


@cache
def _stepper(separator: str) -> re.Pattern[str]:
    return re.compile(rf'{QUOTED}|\\"|<[^<>]*+>|(?P<separator>{re.escape(separator)})', re.DOTALL)
