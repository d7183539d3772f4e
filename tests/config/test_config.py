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


def test_any_setting_may_come_from_the_environment(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part stands over the whole it is in, and what is no single value is JSON. Letters may be large or small."""
    for name, value in {
        "DUTYPHONE_LANGUAGE": "en",
        "DUTYPHONE_ROOM": '{"name": "whole", "building": "3"}',
        "dutyphone_room__name": "part",
        "DUTYPHONE_ROOM__INTERNAL_DIGITS": "[4, 5]",
        "DUTYPHONE_CONSOLE__BELL": "off",
        "DUTYPHONE_RECORDER__CAPTURE_DAYS": " 7 ",
        "DUTYPHONE_LINES__DESK__TITLE": "12",
        "DUTYPHONE_LINES__DESK__BAUD": "9600",
        "DUTYPHONE_LINES__DESK__PORT": "/dev/ttyUSB0",
        "DUTYPHONE_LINES__FAX": '{"driver": "d", "enabled": false}',
        "DUTYPHONE_NO_SUCH_SETTING": "is for somebody else",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(write('[room]\nname = "file"\nroom = "12"\n[lines.desk]\ndriver = "a"\nprofile = "b"\n'))
    assert settings.language == "en"
    assert (settings.room.name, settings.room.building, settings.room.room) == ("part", "3", "12")
    assert settings.room.internal_digits == (4, 5)
    assert not settings.console.bell
    assert settings.recorder.capture_days == 7
    assert (settings.lines["desk"].driver, settings.lines["desk"].title) == ("a", "12")
    assert settings.lines["desk"].options() == {"profile": "b", "baud": 9600, "port": "/dev/ttyUSB0"}
    assert not settings.lines["fax"].enabled


@pytest.mark.parametrize(
    ("name", "value", "key", "expected"),
    [
        ("ROOM__NOPE", "x", "room.nope", "one of name, building"),
        ("ROOM", "{", "room", "JSON"),
        ("ROOM", "[1]", "room", "a table"),
        ("ROOM__INTERNAL_DIGITS", "2,4", "room.internal_digits", "JSON"),
        ("ROOM__NAME__X", "1", "room.name", "a valid string"),
        ("RECORDER__CAPTURE_DAYS", "x", "recorder.capture_days", "a valid integer, unable to parse string"),
        ("LINES__DESK__PORT", "x", "lines.desk.driver", "a value"),
        ("LANGUAGE", "", "language", "'auto', 'zh_CN' or 'en'"),
    ],
)
def test_a_wrong_setting_of_the_environment_is_named(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, value: str, key: str, expected: str
) -> None:
    monkeypatch.setenv(f"DUTYPHONE_{name}", value)
    error = problem(write(""))
    assert (error.line, error.key) == (None, key)
    assert expected in error.expected


@pytest.mark.parametrize(
    ("text", "line", "key", "expected"),
    [
        ("zone = 3", 1, "zone", "a valid string"),
        ("data_folder = 3", 1, "data_folder", "a path"),
        ("room = 3", 1, "room", "a table"),
        ("lines = 3", 1, "lines", "a table"),
        ("[lines]\ndesk = 3", 2, "lines.desk", "a table"),
        ('[room]\ncountry = "cn"', 2, "room.country", "String should match pattern '^[A-Z]{2}$'"),
        ("[room]\narea_code = 10", 2, "room.area_code", "a valid string"),
        ("[room]\ninternal_digits = 3", 2, "room.internal_digits", "a valid list"),
        ("[room]\ninternal_digits = [3]", 2, "room.internal_digits", "List should have at least 2 items"),
        ("[room]\ninternal_digits = [3, 4, 5]", 2, "room.internal_digits", "List should have at most 2 items"),
        ('[room]\ninternal_digits = [3, "x"]', 1, "room.internal_digits.1", "a valid integer, unable to parse"),
        ("[console]\nbell = 2", 2, "console.bell", "a valid boolean, unable to interpret input"),
        ("[console]\nbell = []", 2, "console.bell", "a valid boolean"),
        ("[recorder]\ncapture_days = 0", 2, "recorder.capture_days", "greater than or equal to 1"),
        ("[recorder]\ncapture_days = 4000", 2, "recorder.capture_days", "less than or equal to 3650"),
        ("[recorder]\ncapture_days = 90.5", 2, "recorder.capture_days", "a valid integer, got a number with a frac"),
        ("[recorder]\ncapture_days = inf", 2, "recorder.capture_days", "a finite number"),
        ("[recorder]\ncapture_days = []", 2, "recorder.capture_days", "a valid integer"),
        ("[retention]\ncalls = 10", 2, "retention.calls", "0 (for ever) or at least 30 days"),
        ('[database]\nkey_file = "a"\nkey_prompt = true', 3, "database.key_prompt", "key_file or key_prompt, not both"),
        ('[console]\nbell = "oof"\n[room]\narea = "x"', 4, "room.area", "one of name, building"),
        ("nope = 1\n[recorder]\ncapture_days = 0", 3, "recorder.capture_days", "greater than or equal to 1"),
        ('[lines.desk]\ndriver = "a"\nenabled = "maybe"\ntitle = 3', 4, "lines.desk.title", "a valid string"),
    ],
)
def test_what_is_expected_of_each_value(write: Write, text: str, line: int, key: str, expected: str) -> None:
    """The settings in the order of their table, then what is no setting."""
    error = problem(write(text))
    assert (error.line, error.key) == (line, key)
    assert error.expected.startswith(expected)


def test_a_number_may_be_written_as_text_and_a_flag_as_a_word(write: Write) -> None:
    settings = load_settings(
        write(
            '[room]\ninternal_digits = ["3", 5.0]\n[console]\nbell = "NO"\nascii = 1\n'
            '[recorder]\ncapture_days = " 9_0.0 "\n'
        )
    )
    assert settings.room.internal_digits == (3, 5)
    assert (settings.console.bell, settings.console.ascii) == (False, True)
    assert settings.recorder.capture_days == 90


def test_a_key_that_was_spoken_is_never_printed() -> None:
    settings = Settings().with_key("open sesame")
    assert settings.given_key() == "open sesame"
    assert "sesame" not in repr(settings)


def test_a_drill_has_a_database_of_its_own(tmp_path: Path) -> None:
    """X28, decision 12: whatever database is configured."""
    settings = Settings(data_folder=tmp_path, database=DatabaseSettings(url="postgresql+psycopg://duty@localhost/duty"))
    assert settings.database_url(drill=True) == f"sqlite:///{tmp_path / 'drill.db'}"
    assert settings.database_url() == "postgresql+psycopg://duty@localhost/duty"


def test_a_password_is_not_shown() -> None:
    settings = Settings(database=DatabaseSettings(url="postgresql+psycopg://duty:secret@localhost/duty"))
    assert "secret" not in settings.shown_database_url()
    assert "duty:***@localhost" in settings.shown_database_url()
