"""The configuration file, and what is said about a wrong one: file, line, key, what was expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dutyphone.config import DatabaseSettings, Settings, load_settings, option_error, sample_config
from dutyphone.errors import ConfigError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("DUTYPHONE_CONFIG", raising=False)


def problem(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return caught.value


def test_no_file_at_the_default_place_means_defaults() -> None:
    settings = load_settings()
    assert settings.zone == "Asia/Shanghai"
    assert settings.lines == {}
    assert settings.database_url().startswith("sqlite:///")


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    error = problem(tmp_path / "none.toml")
    assert "none.toml" in error.message
    assert error.exit_code == 2


def test_the_sample_is_in_order(write: Write) -> None:
    settings = load_settings(write(sample_config()))
    assert settings.lines["desk"].driver == "serial_modem"
    assert settings.lines["desk"].options() == {"port": "/dev/serial/by-id/CHANGE-ME"}


def test_broken_toml_names_file_and_line(write: Write) -> None:
    error = problem(write('zone = "Asia/Shanghai"\n\n[room\nname = "x"\n'))
    assert error.line == 3
    assert "config.toml:3:" in error.message
    assert error.advice


def test_an_unknown_key_names_the_known_ones(write: Write) -> None:
    error = problem(write('[room]\nname = "x"\narea = "010"\n'))
    assert (error.line, error.key) == (3, "room.area")
    assert "area_code" in error.expected


def test_a_wrong_value_says_what_was_expected(write: Write) -> None:
    error = problem(write('[console]\nbell = "loud"\n'))
    assert (error.line, error.key) == (2, "console.bell")
    assert "boolean" in error.expected


def test_a_zone_that_does_not_exist(write: Write) -> None:
    error = problem(write('zone = "Asia/Peking"\n'))
    assert (error.line, error.key) == (1, "zone")
    assert "Asia/Shanghai" in error.expected


def test_a_line_without_driver_points_at_its_table(write: Write) -> None:
    error = problem(write('[room]\nname = "x"\n\n[lines.desk]\nport = "/dev/ttyUSB0"\n'))
    assert (error.line, error.key) == (4, "lines.desk.driver")


def test_a_line_with_a_name_that_cannot_be_a_file_name(write: Write) -> None:
    error = problem(write('[lines."../x"]\ndriver = "serial_modem"\n'))
    assert "lines" in error.key


def test_a_driver_complaint_gets_its_place_in_the_file(write: Write) -> None:
    path = write('[lines.desk]\ndriver = "serial_modem"\nport = 7\n')
    error = option_error(path, "desk", "port", "7 is not a port.", "a path")
    assert (error.line, error.key) == (3, "lines.desk.port")


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('name = "值班室"'.encode("gb18030"))
    assert "UTF-8" in problem(path).message


def test_the_environment_stands_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUTYPHONE_ROOM__AREA_CODE", "021")
    settings = load_settings(write('[room]\nname = "总值班室"\narea_code = "010"\n'))
    assert (settings.room.name, settings.room.area_code) == ("总值班室", "021")


def test_a_drill_has_a_database_of_its_own(tmp_path: Path) -> None:
    """X28, decision 12: whatever database is configured."""
    settings = Settings(data_folder=tmp_path, database=DatabaseSettings(url="postgresql+psycopg://duty@localhost/duty"))
    assert settings.database_url(drill=True) == f"sqlite:///{tmp_path / 'drill.db'}"
    assert settings.database_url() == "postgresql+psycopg://duty@localhost/duty"


def test_a_password_is_not_shown() -> None:
    settings = Settings(database=DatabaseSettings(url="postgresql+psycopg://duty:secret@localhost/duty"))
    assert "secret" not in settings.shown_database_url()
    assert "duty:***@localhost" in settings.shown_database_url()
