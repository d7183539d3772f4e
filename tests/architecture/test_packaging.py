"""The one wheel carries the four rooms with everything they read at run time, and works from where pip puts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {
    "dutyphone": "dutyphone",
    "dutyphone_drivers": "drivers/dutyphone_drivers",
    "dutyphone_tui": "tui/dutyphone_tui",
    "dutyphone_simulators": "simulators/dutyphone_simulators",
}

DATA = {
    "dutyphone/locale": ".mo",
    "dutyphone/store/migrations": ".py",
    "dutyphone_drivers/serial_modem/profiles": ".toml",
    "dutyphone_simulators/scenarios": ".txt",
    "dutyphone_tui": ".tcss",
}
"""What is read beside the code: a folder of the wheel and the ending of what must be in it."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `pip install .` builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked, as site-packages would hold it."""
    folder = tmp_path_factory.mktemp("site")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def names_in(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def run_installed(installed: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the unpacked wheel in front of everything, away from the repository."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "HOME": str(tmp_path)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_every_tracked_file_of_the_four_rooms_is_in_the_wheel(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    tracked = {name for name in listed.split("\0") if (ROOT / name).is_file() and not name.endswith(".po")}
    expected = {
        package + name.removeprefix(folder)
        for name in tracked
        for package, folder in PACKAGES.items()
        if name.startswith(f"{folder}/")
    }
    assert expected - names_in(wheel) == set()


def test_nothing_but_the_four_rooms_is_in_the_wheel(wheel: Path) -> None:
    tops = {name.split("/", 1)[0] for name in names_in(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize(("folder", "ending"), DATA.items())
def test_what_is_read_at_run_time_is_in_the_wheel(wheel: Path, folder: str, ending: str) -> None:
    assert [name for name in names_in(wheel) if name.startswith(f"{folder}/") and name.endswith(ending)]


def test_the_installed_command_answers_in_chinese(installed: Path, tmp_path: Path) -> None:
    program = (
        "import dutyphone, dutyphone.i18n as i18n; i18n.use_language('zh_CN'); "
        "print(dutyphone.__file__); print(i18n._('Expected: {expected}.'))"
    )
    done = run_installed(installed, tmp_path, "-c", program)
    assert done.returncode == 0, done.stderr
    where, text = done.stdout.splitlines()
    assert Path(where).is_relative_to(installed)
    assert text != "Expected: {expected}."


def test_the_installed_command_names_its_version(installed: Path, tmp_path: Path) -> None:
    import dutyphone

    done = run_installed(installed, tmp_path, "-c", "from dutyphone.cli import main; main()", "--version")
    assert (done.returncode, done.stdout.split()) == (0, ["dutyphone", dutyphone.__version__])
