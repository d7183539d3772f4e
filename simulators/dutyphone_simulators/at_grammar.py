"""The grammar of an AT command line (ITU-T V.250 §5.2 to §5.4), without what any command does.

Commands are handed out one by one, because V.250 §5.2.3 wants those before a mistake to have been carried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How a command was written."""

    ACTION = "action"  # E0, &F, +VTX, D123
    SET = "set"  # S0=1, +VCID=1
    READ = "read"  # S0?, +VCID?
    TEST = "test"  # +VCID=?


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. `value` is what was written behind the name: a number, the text after `=`, a dial string."""

    name: str
    form: Form = Form.ACTION
    value: str = ""


class BadCommand(ValueError):
    """The rest of the line is not a command."""


# V.250 §5.4.1: + and a name of up to 16 characters; the other signs are those that makers took for their own commands.
_EXTENDED = re.compile(r"([+#\-!$][A-Z0-9][A-Z0-9!%\-./:_]{0,15})(=\?|\?|=([^;\"]|\"[^\"]*\")*)?(;|$)")
_REGISTER = re.compile(r"S(\d+)(\?|=(\d*))?")
_DIAL = re.compile(r"D([^;]*)(;?)")
_BASIC = re.compile(r"([&%\\*]?[A-Z])(\d*)")


def commands(body: str) -> Iterator[Command]:
    """The commands of a line without its `AT` and its end. Raises `BadCommand` where it stops making sense."""
    text = _fold(body)
    at = 0
    while at < len(text):
        if text[at] == ";":
            at += 1
        elif found := _EXTENDED.match(text, at):
            yield _extended(found)
            at = found.end()
        elif found := _REGISTER.match(text, at):
            yield _register(found)
            at = found.end()
        elif found := _DIAL.match(text, at):
            yield Command(name="D", value=found[1] + found[2])
            at = found.end()
        elif found := _BASIC.match(text, at):
            yield Command(name=found[1], value=found[2])
            at = found.end()
        else:
            raise BadCommand(text[at:])


def accepts(ranges: str, value: str) -> bool:
    """Whether `value` lies in `ranges` as `=?` prints them: `(0-16)`, `(0,1,8)`, `(0,1),(0-255)`; "" takes all.

    Compound values may leave out or leave empty what stands further right (V.250 §5.4.2.1).
    """
    if not ranges:
        return True
    groups = re.findall(r"\(([^)]*)\)", ranges)
    values = value.split(",")
    return len(values) <= len(groups) and all(
        not given or _in_group(group, given) for group, given in zip(groups, values, strict=False)
    )


def _fold(body: str) -> str:
    """Small letters are capitals and spaces are nothing, but not between quotation marks."""
    parts = re.split(r'("[^"]*"?)', body)
    return "".join(part if part.startswith('"') else part.replace(" ", "").upper() for part in parts)


def _extended(found: re.Match[str]) -> Command:
    name, tail = found[1], found[2] or ""
    if tail == "=?":
        return Command(name=name, form=Form.TEST)
    if tail == "?":
        return Command(name=name, form=Form.READ)
    if tail:
        return Command(name=name, form=Form.SET, value=tail[1:])
    return Command(name=name)


def _register(found: re.Match[str]) -> Command:
    name = f"S{int(found[1])}"
    if found[2] is None:
        return Command(name=name)
    if found[2] == "?":
        return Command(name=name, form=Form.READ)
    return Command(name=name, form=Form.SET, value=found[3])


def keys(tones: str) -> str:
    """The keys of a telephone among the tones of +VTS (V.253 §10.2.9); pairs of frequencies are none."""
    return "".join(re.findall(r"(?:^|,|\{)([0-9A-D*#])(?=,|$)", re.sub(r"\[[^]]*\]", "", tones)))


def _in_group(group: str, value: str) -> bool:
    for item in group.split(","):
        low, dash, high = item.partition("-")
        if item == value:
            return True
        if value.isdecimal() and low.isdecimal():
            top = high if dash else low
            if int(low) <= int(value) <= int(top):
                return True
    return False
