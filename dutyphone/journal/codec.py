"""Facts to JSON and back.

The JSON form is canonical (sorted keys, no spaces, UTF-8), because the hash chain is taken over it. Times are ISO 8601
in UTC with microseconds; enums are their codes; bytes are a string in which each byte is one character U+0000–U+00FF;
tuples of strings are lists.
`None` and empty defaults are left out, so that a field added later does not change old rows.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from enum import Enum
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any

from dutyphone.journal.facts import FACTS, VERSIONS, Fact
from dutyphone.journal.upcasters import upcast


class UnknownFact(ValueError):
    """The journal holds a kind, or a version of a kind, this program does not know."""


def encode(fact: Fact) -> str:
    """The canonical JSON body of `fact`."""
    fields_set = []
    for name, to_json, _, default, label in _plan(type(fact)):
        value = getattr(fact, name)
        if value is None or (default is not MISSING and value == default):
            continue
        known = to_json(value)
        fields_set.append(label + _PLAIN.get(type(known), _dump)(known))
    body = "{" + ",".join(fields_set) + "}"
    return body if body.isascii() else _LONE_SURROGATE.sub(_escaped, body)


def decode(kind: str, version: int, body: str) -> Fact:
    """The fact `kind` whose JSON `body` was written in `version`. Raises `UnknownFact`."""
    fact_type = FACTS.get(kind)
    if fact_type is None or version > VERSIONS[kind]:
        raise UnknownFact(f"{kind} version {version}")
    values: Mapping[str, Any] = upcast(kind, version, json.loads(body))
    known = {name: from_json for name, _, from_json, _, _ in _plan(fact_type)}
    return fact_type(**{name: known[name](value) for name, value in values.items() if name in known})


def encode_time(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def decode_time(text: str) -> datetime:
    """The aware datetime written by `encode_time`."""
    return datetime.fromisoformat(text)


_dump = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

_PLAIN: dict[type, Callable[[Any], str]] = {str: encode_basestring, int: int.__repr__}
"""What most fields hold. An encoder is made for every call of `_dump`, and a fact is encoded at every ring."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, as terminals hand on bytes they cannot read: UTF-8 has no form for it, JSON has."""


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


_Step = tuple[str, Callable[[Any], Any], Callable[[Any], Any], Any, str]


_PLANS: dict[type[Fact], tuple[_Step, ...]] = {}


def _plan(fact_type: type[Fact]) -> tuple[_Step, ...]:
    """For each field, in the order of the body: its name, how to write it, how to read it, its default, its label."""
    if fact_type not in _PLANS:
        hints = typing.get_type_hints(fact_type)
        _PLANS[fact_type] = tuple(
            (f.name, *_converters(hints[f.name]), f.default, f'"{f.name}":')
            for f in sorted(fields(fact_type), key=attrgetter("name"))
        )
    return _PLANS[fact_type]


def _converters(hint: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    if isinstance(hint, types.UnionType):
        (hint,) = (arm for arm in typing.get_args(hint) if arm is not types.NoneType)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda value: value.value), hint
    if hint is datetime:
        return encode_time, decode_time
    if hint is bytes:
        return (lambda value: value.decode("latin-1")), (lambda value: value.encode("latin-1"))
    if typing.get_origin(hint) is tuple:
        return list, tuple
    return _same, _same


def _same(value: Any) -> Any:
    return value
