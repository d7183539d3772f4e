"""Who may know whom: the contracts of pyproject.toml hold, and what they cannot see is tried in a fresh process."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {
    "dutyphone": ROOT / "dutyphone",
    "dutyphone_drivers": ROOT / "drivers" / "dutyphone_drivers",
    "dutyphone_tui": ROOT / "tui" / "dutyphone_tui",
    "dutyphone_simulators": ROOT / "simulators" / "dutyphone_simulators",
}

HEAVY = {
    "alembic",
    "apscheduler",
    "asyncio",
    "click",
    "platformdirs",
    "psycopg",
    "pydantic",
    "pydantic_settings",
    "rich",
    "serial",
    "sqlalchemy",
    "sqlcipher3",
    "sqlite3",
    "socket",
    "subprocess",
    "textual",
    "typer",
    "xlsxwriter",
}
"""Top-level modules that a pure room must not bring in, by whatever way."""

PURE = (
    "dutyphone.lines",
    "dutyphone.calls",
    "dutyphone.duty",
    "dutyphone.journal",
    "dutyphone_drivers.serial_modem.core",
)


def modules_of(package: str) -> list[str]:
    """The dotted names of `package` and everything in it, from the files."""
    top = package.split(".", 1)[0]
    folder = PACKAGES[top].joinpath(*package.split(".")[1:])
    if folder.with_suffix(".py").is_file():
        return [package]
    names = (path.relative_to(PACKAGES[top]).with_suffix("") for path in sorted(folder.rglob("*.py")))
    return [".".join((top, *name.parts)).removesuffix(".__init__") for name in names]


def loaded_by(*statements: str) -> set[str]:
    """The modules a fresh interpreter has after `statements`, without those it always has."""
    program = (
        "import sys, json; before = set(sys.modules)\n"
        + "\n".join(statements)
        + "\nprint(json.dumps(sorted(set(sys.modules) - before)), file=sys.__stdout__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def tops(modules: set[str]) -> set[str]:
    return {module.split(".", 1)[0] for module in modules}


def test_the_contracts_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_brings_no_machinery_into_the_process(room: str) -> None:
    names = modules_of(room)
    assert names
    assert tops(loaded_by(*(f"import {name}" for name in names))) & HEAVY == set()


def test_the_console_brings_in_no_driver_no_recorder_and_no_simulator() -> None:
    loaded = loaded_by(*(f"import {name}" for name in modules_of("dutyphone_tui")))
    assert {"dutyphone_drivers", "dutyphone_simulators"} & tops(loaded) == set()
    assert [name for name in loaded if name.startswith(("dutyphone.recorder", "dutyphone.bootstrap"))] == []


def test_the_recorder_never_brings_in_the_screen() -> None:
    loaded = loaded_by(*(f"import {name}" for name in modules_of("dutyphone.recorder")))
    assert {"textual", "dutyphone_tui"} & tops(loaded) == set()


def test_saying_the_version_brings_in_next_to_nothing() -> None:
    """P8: what a start costs is what it imports."""
    loaded = loaded_by("sys.argv = ['dutyphone', '--version']", "from dutyphone.cli import main", "main()")
    assert loaded - sys.stdlib_module_names == {"dutyphone", "dutyphone.cli"}


def test_the_command_line_itself_brings_in_no_database_and_no_screen() -> None:
    """P8: a command imports what it needs when it runs."""
    loaded = loaded_by("from dutyphone.cli.commands import build", "build()")
    assert {"sqlalchemy", "alembic", "textual", "serial", "phonenumbers", "apscheduler", "xlsxwriter"} & tops(
        loaded
    ) == set()


# --- dependencies ------------------------------------------------------------------------------------------------


@cache
def distributions_by_module() -> dict[str, set[str]]:
    return {module: {normal(name) for name in names} for module, names in metadata.packages_distributions().items()}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names_of(requirements: list[str | dict[str, str]]) -> set[str]:
    texts = [text for text in requirements if isinstance(text, str)]
    return {normal(re.split(r"[\[<>=!~; ]", text, maxsplit=1)[0]) for text in texts}


def foreign_imports(folders: list[Path]) -> Iterator[tuple[Path, str]]:
    """Each file with each top-level module it imports that is neither the standard library's nor ours."""
    ours = {*PACKAGES, "benchmarks", "_typeshed"}  # the last is for the type checker alone
    ours |= {path.stem for path in (ROOT / "tests").rglob("*") if path.is_dir() or path.suffix == ".py"}
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Import(names):
                        modules = [alias.name for alias in names]
                    case ast.ImportFrom(module=str(module), level=0):
                        modules = [module]
                    case _:
                        continue
                for top in {module.split(".", 1)[0] for module in modules} - ours - sys.stdlib_module_names:
                    yield path.relative_to(ROOT), top


def undeclared(folders: list[Path], declared: set[str]) -> list[str]:
    return [
        f"{path}: {module}"
        for path, module in foreign_imports(folders)
        if not distributions_by_module().get(module, {normal(module)}) & declared
    ]


def test_what_the_product_imports_is_what_it_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = names_of(project["dependencies"])
    optional = {name for extra in project["optional-dependencies"].values() for name in names_of(extra)}
    assert undeclared(list(PACKAGES.values()), declared | optional) == []
    used = {
        name for _path, module in foreign_imports(list(PACKAGES.values())) for name in distributions_by_module()[module]
    }
    # tzdata is data, read by `zoneinfo` where the system has no time zones; the SQLite module is chosen by its name;
    # audioop was part of Python until 3.12.
    assert declared - used - {"tzdata", "sqlcipher3", "audioop-lts"} == set()
    assert '"sqlcipher3' in (ROOT / "dutyphone" / "store" / "sqlite.py").read_text(encoding="utf-8")


def test_what_tests_tools_and_benchmarks_import_is_in_the_development_group() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = names_of(pyproject["project"]["dependencies"]) | names_of(pyproject["dependency-groups"]["dev"])
    declared |= names_of(pyproject["project"]["optional-dependencies"]["postgres"])
    assert undeclared([ROOT / "tests", ROOT / "tools", ROOT / "benchmarks"], declared) == []


def test_every_dependency_says_why_it_is_one() -> None:
    """docs/decisions has one line for each."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = next((ROOT / "docs" / "decisions").glob("*-dependencies.md")).read_text(encoding="utf-8")
    optional = {name for extra in project["optional-dependencies"].values() for name in names_of(extra)}
    missing = [name for name in names_of(project["dependencies"]) | optional if f"| {name} |" not in page]
    assert missing == []
