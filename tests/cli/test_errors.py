"""What goes wrong is one sentence that says what to do, an exit code, and no traceback."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from support.office import Office

from dutyphone.store.store import Store

LINE = '[lines.desk]\ndriver = "serial_modem"\nport = "{port}"\n'


def configure(office: Office, text: str) -> Path:
    path = office.folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(office: Office, *arguments: str) -> tuple[int, str]:
    done = office.call(*arguments)
    assert done.returncode != 0, done
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("dutyphone: ")
    return done.returncode, done.stderr


def test_wrong_port(office: Office) -> None:
    config = configure(office, LINE.format(port="/dev/ttyNOSUCH0"))
    code, said = refused(office, "record", "--config", str(config))
    assert code == 3
    assert "/dev/ttyNOSUCH0" in said


def test_wrong_port_is_recorded_all_the_same(office: Office) -> None:
    """S1-42: not listening is itself in the log."""
    config = configure(office, LINE.format(port="/dev/ttyNOSUCH0"))
    refused(office, "record", "--config", str(config))
    with Store.open(f"sqlite:///{office.folder / 'data' / 'duty.db'}", create=False) as store:
        (line,) = store.lines()
    assert line.down_reason is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_no_permission(office: Office) -> None:
    port = office.folder / "port"
    port.touch(mode=0o000)
    config = configure(office, LINE.format(port=port))
    code, said = refused(office, "record", "--config", str(config))
    assert code == 3
    assert "dialout" in said


def test_a_file_that_is_no_port(office: Office) -> None:
    port = office.folder / "port"
    port.touch()
    config = configure(office, LINE.format(port=port))
    code, _said = refused(office, "lines", "test", "--config", str(config))
    assert code == 3


def test_unknown_driver_names_the_installed_ones(office: Office) -> None:
    config = configure(office, '[lines.desk]\ndriver = "telegraph"\n')
    code, said = refused(office, "record", "--config", str(config))
    assert code == 2
    assert "telegraph" in said
    assert "serial_modem" in said


def test_an_option_the_driver_does_not_know_names_file_and_line(office: Office) -> None:
    config = configure(office, LINE.format(port="/dev/ttyACM0") + "baudd = 9600\n")
    code, said = refused(office, "config", "check", "--config", str(config))
    assert code == 2
    assert "config.toml:4" in said
    assert "lines.desk.baudd" in said


@pytest.mark.parametrize("command", ["record", "run", "console", "status", "verify", "export calls", "config check"])
def test_bad_toml_names_file_and_line_in_every_command(office: Office, command: str) -> None:
    config = configure(office, "[room\n")
    code, said = refused(office, *command.split(), "--config", str(config))
    assert code == 2
    assert "config.toml:1" in said


def test_no_line_configured(office: Office) -> None:
    code, said = refused(office, "run")
    assert code == 2
    assert "config init" in said


def test_a_database_from_a_newer_version(office: Office) -> None:
    office.call("db", "upgrade")
    path = office.folder / "data" / "duty.db"
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    code, said = refused(office, "verify")
    assert code == 4
    assert "newer" in said


def test_a_file_that_is_no_database(office: Office) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data" / "duty.db").write_text("this is a shopping list " * 200, encoding="utf-8")
    code, _said = refused(office, "record", "--config", str(configure(office, LINE.format(port="sim://one-call"))))
    assert code == 4
    assert (office.folder / "data" / "duty.db").read_text(encoding="utf-8").startswith("this is a shopping list")


def test_a_data_folder_that_cannot_be_made(office: Office) -> None:
    (office.folder / "data").write_text("a file", encoding="utf-8")
    code, said = refused(office, "record", "--simulate", "one-call")
    assert code == 4
    assert "data" in said


def test_no_database_yet(office: Office) -> None:
    code, said = refused(office, "verify")
    assert code == 4
    assert "record" in said


def test_an_unknown_scenario_names_the_known_ones(office: Office) -> None:
    code, said = refused(office, "run", "--simulate", "quiet-life")
    assert code == 7
    assert "night-shift" in said


def test_an_export_into_a_folder_that_is_not_there(office: Office) -> None:
    office.call("db", "upgrade")
    code, _said = refused(office, "export", "calls", "-o", str(office.folder / "none" / "calls.xlsx"))
    assert code == 6


def test_a_date_that_is_none(office: Office) -> None:
    done = office.call("export", "calls", "--from", "yesterday")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "2026-05-01" in done.stderr


def test_config_init_writes_a_file_once(office: Office) -> None:
    path = office.folder / "new" / "config.toml"
    assert office.call("config", "init", "--config", str(path)).returncode == 0
    assert office.call("config", "check", "--config", str(path)).returncode == 0
    code, _said = refused(office, "config", "init", "--config", str(path))
    assert code == 2
    shutil.rmtree(path.parent)


def test_version_is_said_without_loading_the_program(office: Office) -> None:
    done = office.call("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("dutyphone ")


@pytest.mark.parametrize("command", [["run", "--simulate", "one-call"], ["console"]])
def test_a_console_without_a_terminal_says_so(office: Office, command: list[str]) -> None:
    code, said = refused(office, *command)
    assert code == 1
    assert "terminal" in said
    assert not (office.folder / "data" / "drill.db").exists()
