"""Reads the modem families from `profiles/*.toml`.

**To teach the driver a new family, add a file there**; `profiles/generic.toml` explains every key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from dutyphone_drivers.serial_modem.profile import CallerIdSwitch, Profile, Sighting

GENERIC = "generic"
_KEYS = frozenset(
    {
        "title",
        "talks_at",
        "baud",
        "reset",
        "commands",
        "region",
        "class8",
        "bare_number",
        "sightings",
        "caller_id",
    }
)


@cache
def profiles() -> Mapping[str, Profile]:
    """Every family by name. Families are recognised in the order of their names; `generic` is what is left."""
    folder = resources.files(__package__) / "profiles"
    texts = {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
    generic = read_profile(GENERIC, texts[GENERIC])
    found = {name: read_profile(name, text, based_on=generic) for name, text in sorted(texts.items())}
    return {**found, GENERIC: generic}


def candidates() -> tuple[Profile, ...]:
    """The families that can be recognised by what they answer."""
    return tuple(profile for profile in profiles().values() if profile.sightings)


def read_profile(name: str, text: str, *, based_on: Profile | None = None) -> Profile:
    """The profile in `text` (TOML); what it does not say is as in `based_on`. Raises ValueError, naming the key."""
    said = tomllib.loads(text)
    if unknown := sorted(set(said) - _KEYS):
        raise ValueError(f"profile {name}: unknown key {unknown[0]!r}")
    if "title" not in said:
        raise ValueError(f"profile {name}: title is missing")
    base = based_on or Profile(name=name, title="")
    switches = tuple(_switch(name, row) for row in said["caller_id"]) if "caller_id" in said else base.caller_id
    talks_at = bool(said.get("talks_at", True))
    return Profile(
        name=name,
        title=str(said["title"]),
        sightings=tuple(_sighting(name, row) for row in said.get("sightings", ())),
        talks_at=talks_at,
        baud=said.get("baud"),
        reset=str(said.get("reset", base.reset)),
        commands=_commands(said, "commands", ()),
        caller_id=switches if talks_at else (),
        region=_commands(said, "region", base.region),
        class8=_commands(said, "class8", ()),
        bare_number=bool(said.get("bare_number", False)),
    )


def _commands(said: Mapping[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(command) for command in said[key]) if key in said else default


def _sighting(name: str, row: Mapping[str, Any]) -> Sighting:
    try:
        return Sighting(command=str(row["command"]), says=re.compile(str(row["says"]), re.IGNORECASE))
    except (KeyError, re.error) as wrong:
        raise ValueError(f"profile {name}: sighting {dict(row)!r}: {wrong}") from wrong


def _switch(name: str, row: Mapping[str, Any]) -> CallerIdSwitch:
    try:
        return CallerIdSwitch(
            command=str(row["command"]),
            value=int(row["value"]),
            read_back=str(row["read_back"]),
            ask_range=str(row.get("ask_range", "")),
        )
    except (KeyError, ValueError) as wrong:
        raise ValueError(f"profile {name}: caller_id {dict(row)!r}: {wrong}") from wrong
