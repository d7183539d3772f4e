"""The commands of every day, read without Typer: the same options, the same end."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from dutyphone.cli.commands import build
from dutyphone.cli.straight import SHAPES, command_of


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_takes_what_typer_takes(name: str) -> None:
    command = get_command(build()).commands[name]  # type: ignore[attr-defined]  # the root is a group
    declared = {option: each.is_flag for each in command.params for option in each.opts}
    shape = SHAPES[name]
    assert set(shape.valued) <= {option for option, is_flag in declared.items() if not is_flag}
    assert shape.flags == {option for option, is_flag in declared.items() if is_flag}
    left_to_typer = set(declared) - set(shape.valued) - shape.flags
    assert left_to_typer == ({"--speed"} if name == "record" else set())


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("console", {}),
        ("console --drill --language en", {"drill": True, "language": "en"}),
        ("record --config=x.toml --wait --tell-parent", {"config": Path("x.toml"), "wait": True, "tell_parent": True}),
        ("run --simulate night-shift --config c", {"simulate": "night-shift", "config": Path("c")}),
    ],
)
def test_a_plain_command_line_is_carried_out(
    monkeypatch: pytest.MonkeyPatch, line: str, heard: dict[str, object]
) -> None:
    name, *_words = line.split()
    told: list[dict[str, object]] = []
    monkeypatch.setattr(f"{SHAPES[name].module}.{SHAPES[name].function}", lambda **options: told.append(options))
    command = command_of(line.split())
    assert command is not None
    try:
        command()
        assert not gc.isenabled(), "nothing that is being loaded is waste"
    finally:
        gc.enable()
    assert told == [heard]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "status",
        "console --help",
        "console -h",
        "console --dril",
        "console now",
        "console --drill=yes",
        "console --config",
        "console --config --drill",
        "console --config=",
        "record --speed 2",
    ],
)
def test_anything_else_is_left_to_typer(line: str) -> None:
    assert command_of(line.split()) is None


def test_a_recorder_that_is_started_plainly_never_loads_typer_pydantic_or_rich() -> None:
    """P9: what it loads to start it keeps for ever."""
    code = (
        "import sys; from dutyphone.cli.app import run_app; "
        "code = run_app(['record', '--config', 'no-such-file.toml']); "
        "import dutyphone.bootstrap.recording; "
        "print(code, sorted({name.split('.')[0] for name in sys.modules} & {'typer', 'pydantic', 'rich', 'textual'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2 []"
