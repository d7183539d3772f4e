"""What makes one modem different from another, as data: see `personalities/*.toml`.

A personality is read once and never changes. The files are written from manuals and captures named in their `source`,
independently of the profiles by which the drivers read real modems.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import resources
from types import MappingProxyType
from typing import Any

from dutyphone.errors import TranscriptError
from dutyphone.i18n import _


class Layout(Enum):
    """How a modem sets its caller-ID lines."""

    BLOCK = "block"  # one line end, then every line with its end
    WRAPPED = "wrapped"  # every line between two line ends, so that blank lines stand between the fields


class ShownAs(Enum):
    """How an event looks in voice class 8."""

    PLAIN = "plain"  # as in class 0, or one <DLE> pair
    SHIELDED = "shielded"  # digits as <DLE>/ <DLE>digit <DLE>~
    COMPLEX = "complex"  # V.253: <DLE>X, the text, <DLE>.


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A command with a value that is only kept.

    `ranges` says which values it takes, "" every one; `=?` prints it, or `listed` where a modem says more.
    """

    ranges: str
    default: str
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdPrint:
    """What a modem prints for a caller ID.

    `lines` are templates with {date} {time} {mm} {dd} {HH} {MM} {number} {reason} {name} {called} {redirected}; a line
    is printed if all that it names is known. `absent` gives the words that stand for the number if there is none;
    without it {reason} is known instead. `switches` names the commands that turn it on (1 formatted, 2 in hexadecimal).
    """

    switches: tuple[str, ...]
    prints: bool
    layout: Layout
    lines: tuple[str, ...]
    absent: Mapping[str, str]
    reasons: Mapping[str, str]
    hex_prefix: str
    hex_checksum: bool
    raw_command: str
    ends_with_no_carrier: bool
    with_ring: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RingPrint:
    """What a modem prints when it rings.

    `template` may name {number} and {called} for modems that put the caller into the ring itself. `distinctive` are
    the words for cadences A, B, C, D once `distinctive_switch` (such as `S41=1`) is set. `durations_in_class_0` tells
    whether +VDR=1 (DRON and DROF) works outside class 8.
    """

    template: str
    distinctive: tuple[str, ...]
    distinctive_switch: str
    durations_in_class_0: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What a voice modem says in class 8. `labels` are the +VLS labels with their idle event maps, in hexadecimal.

    `extension_switch` is a command and the bit of its value that must be set before an extension is seen.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    caller_id: ShownAs = ShownAs.PLAIN
    digits: ShownAs = ShownAs.PLAIN
    answer: str = "OK"
    extension_switch: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """One kind of modem."""

    name: str
    title: str
    source: str
    identity: Mapping[str, tuple[str, ...]]
    settings: Mapping[str, Setting]
    registers: Mapping[int, int]
    unknown_command_ok: bool
    prefixed_answers: bool
    line_in_use: str
    line_in_use_switch: tuple[str, int] | None
    caller_id: CallerIdPrint
    ring: RingPrint
    voice: Voice | None


def list_personalities() -> tuple[str, ...]:
    """The names of the modems that can be simulated."""
    names = (entry.name for entry in resources.files(__package__).joinpath("personalities").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml") and name[0] != "_"))


def load_personality(name: str) -> Personality:
    """The personality called `name`. Raises `TranscriptError` if there is none."""
    if name not in list_personalities():
        raise TranscriptError(
            _("There is no simulated modem called {name!r}.").format(name=name),
            advice=_("Known ones: {names}.").format(names=", ".join(list_personalities())),
        )
    return _personality(name, _read(name))


def _read(name: str) -> dict[str, Any]:
    """The tables of a file on top of those of the file that it extends; `false` takes an entry away."""
    text = resources.files(__package__).joinpath("personalities", f"{name}.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    base = tables.pop("extends", None)
    if base is None:
        return tables
    merged = _read(base)
    for key, value in tables.items():
        merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    for key in ("identity", "settings"):
        merged[key] = {name: value for name, value in merged[key].items() if value is not False}
    return merged


def _personality(name: str, tables: dict[str, Any]) -> Personality:
    commands = tables["commands"]
    caller_id = tables["caller_id"]
    voice = tables.get("voice")
    return Personality(
        name=name,
        title=tables["title"],
        source=tables["source"],
        identity=MappingProxyType({key: tuple(lines) for key, lines in tables["identity"].items()}),
        settings=MappingProxyType({key: _setting(value) for key, value in tables["settings"].items()}),
        registers=MappingProxyType({int(key): value for key, value in tables.get("registers", {}).items()}),
        unknown_command_ok=commands["unknown_ok"],
        prefixed_answers=commands["prefixed_answers"],
        line_in_use=commands["line_in_use"],
        line_in_use_switch=_switch(commands.get("line_in_use_switch")),
        caller_id=CallerIdPrint(
            **{
                **caller_id,
                "layout": Layout(caller_id["layout"]),
                "lines": tuple(caller_id["lines"]),
                "switches": tuple(caller_id["switches"]),
            }
        ),
        ring=RingPrint(**{**tables["ring"], "distinctive": tuple(tables["ring"]["distinctive"])}),
        voice=None if voice is None else _voice(voice),
    )


def _setting(table: dict[str, Any]) -> Setting:
    return Setting(ranges=table["ranges"], default=table["default"], listed=tuple(table.get("listed", ())))


def _voice(table: dict[str, Any]) -> Voice:
    return Voice(
        labels=MappingProxyType(dict(table["labels"])),
        caller_id=ShownAs(table["caller_id"]),
        digits=ShownAs(table["digits"]),
        answer=table["answer"],
        extension_switch=_switch(table.get("extension_switch")),
    )


def _switch(words: list[Any] | None) -> tuple[str, int] | None:
    return None if words is None else (str(words[0]), int(words[1]))
