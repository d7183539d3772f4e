"""What no import shows: a pure room reads no clock, opens no file and says nothing by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PURE = [
    ROOT / "dutyphone" / "lines",
    ROOT / "dutyphone" / "calls",
    ROOT / "dutyphone" / "duty",
    ROOT / "dutyphone" / "journal",
]

FORBIDDEN_CALLS = {"open", "input", "print", "exec", "eval", "breakpoint"}
CLOCK_METHODS = {"now", "utcnow", "today", "monotonic", "perf_counter"}
ROOMS = [ROOT / "dutyphone", ROOT / "drivers", ROOT / "tui", ROOT / "simulators"]


def sources(folders: list[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def calls_in(path: Path) -> Iterator[tuple[int, str, ast.Call]]:
    """Each call in `path`: its line, the last part of what is called, and the node."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield node.lineno, name, node


@pytest.mark.parametrize("path", sources(PURE), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pure_module_reads_no_clock_and_opens_nothing(path: Path) -> None:
    found = [
        f"line {line}: {name}()"
        for line, name, node in calls_in(path)
        if (name in FORBIDDEN_CALLS and isinstance(node.func, ast.Name))
        or (name in CLOCK_METHODS and isinstance(node.func, ast.Attribute))
    ]
    assert found == []


def test_only_the_clock_reads_the_clock() -> None:
    """`dutyphone.clock` is the only module of the house that asks what time it is."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}()"
        for path in sources([ROOT / "dutyphone", ROOT / "drivers"])
        if path.name != "clock.py"
        for line, name, node in calls_in(path)
        if name in CLOCK_METHODS
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"time", "datetime", "date"}
    ]
    assert found == []


def test_no_text_is_put_together_before_it_is_translated() -> None:
    """`_(f"...")` would ask the catalog for a sentence it cannot have."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources(ROOMS)
        for line, name, node in calls_in(path)
        if name in {"_", "ngettext", "N_"} and any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in node.args)
    ]
    assert found == []
