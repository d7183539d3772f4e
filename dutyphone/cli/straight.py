"""The commands that a desk starts by day and night, carried out without Typer where nothing about them is in doubt.

Typer, and pydantic by which it reads every option, take as long to load as Textual and stay in the memory of a recorder
for ever. A command line of a `Shape` is read here; any other, and every request for help, goes to Typer, which answers
for all that can be said of it. Both end in the same function.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`function` of `module` with the options it takes: those with a value, by how that is read, and those without."""

    module: str
    function: str
    valued: Mapping[str, Callable[[str], Any]]
    flags: frozenset[str] = frozenset()


SHAPES: Mapping[str, Shape] = {
    "console": Shape(
        module="dutyphone.cli.console",
        function="show_desk",
        valued={"--config": Path, "--language": str},
        flags=frozenset({"--drill"}),
    ),
    "record": Shape(
        module="dutyphone.cli.record",
        function="record_lines",
        valued={"--config": Path, "--language": str, "--simulate": str, "--personality": str},
        flags=frozenset({"--wait", "--tell-parent", "--with-parent", "--key-from-parent"}),
    ),
    "run": Shape(
        module="dutyphone.cli.run",
        function="run_desk",
        valued={"--config": Path, "--language": str, "--simulate": str, "--personality": str},
    ),
}
"""A test compares them with what Typer is told."""


def command_of(arguments: Sequence[str]) -> Callable[[], None] | None:
    """What carries out `arguments`; None if Typer has to read them."""
    shape = SHAPES.get(arguments[0]) if arguments else None
    options = None if shape is None else _options(shape, arguments[1:])
    if shape is None or options is None:
        return None

    def carry_out() -> None:
        gc.disable()  # nothing that is being loaded is waste; what has been started enables it again
        getattr(import_module(shape.module), shape.function)(**options)

    return carry_out


def _options(shape: Shape, words: Sequence[str]) -> dict[str, Any] | None:
    read: dict[str, Any] = {}
    left = iter(words)
    for word in left:
        name, equals, value = word.partition("=")
        if word in shape.flags:
            read[_parameter(word)] = True
        elif name in shape.valued:
            value = value if equals else next(left, "")
            if not value or value.startswith("-"):
                return None
            read[_parameter(name)] = shape.valued[name](value)
        else:
            return None
    return read


def _parameter(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")
