"""What is known of a modem family, as data. The files are in `profiles/`; `profiles.py` reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The family is recognised when the answer to `command` contains `says` (a regular expression, any case)."""

    command: str
    says: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdSwitch:
    """One way to switch caller ID on.

    `command` is tried only if `value` is in the range that `ask_range` names, where `ask_range` is given. `read_back`
    must then name `value`; an answer without a number proves nothing either way.
    """

    command: str
    value: int
    read_back: str
    ask_range: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A modem family. Only what differs from `Profile(name="generic", ...)` need be said."""

    name: str
    title: str
    sightings: tuple[Sighting, ...] = ()
    talks_at: bool = True
    """False for boxes that only speak and understand no command."""
    baud: int | None = None
    reset: str = "ATZ"
    commands: tuple[str, ...] = ()
    """Sent once after identification, each alone."""
    caller_id: tuple[CallerIdSwitch, ...] = ()
    """In order of preference."""
    region: tuple[str, ...] = ()
    """Commands for the option `country_code`, with `{country}` where the two digits go (ITU-T T.35)."""
    class8: tuple[str, ...] = ()
    """Commands to idle in class 8, the only state in which hook events are told."""
    bare_number: bool = False
    """A line of nothing but digits is the caller's number."""
