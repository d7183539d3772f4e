"""`dutyphone doctor sip`: what the exchange said, in plain words, and the dialogue in a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from dutyphone_simulators.sip.testkit import simulated_exchange

from dutyphone.bootstrap.account import account_names, examine_account
from dutyphone.errors import ConfigError, LineGone
from dutyphone.lines.transcript import FromDevice, ToDevice, parse_transcript

PASSWORD = "duty-1001"


class Nobody:
    """Is told, and agrees to nothing."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def agrees(self, question: str) -> bool:
        return False


@pytest.fixture
def person() -> Nobody:
    return Nobody()


def config_for(folder: Path, server: str, monkeypatch: pytest.MonkeyPatch, password: str = PASSWORD) -> Path:
    monkeypatch.setenv("DUTYPHONE_DATA_FOLDER", str(folder / "data"))
    monkeypatch.setenv("DESK_PASSWORD", password)
    path = folder / "config.toml"
    path.write_text(
        f'[lines.desk]\ndriver = "sip_account"\nserver = "{server}"\naccount = "1001"\npassword_env = "DESK_PASSWORD"\n'
        '[lines.fax]\ndriver = "serial_modem"\nport = "/dev/nothing"\n'
    )
    return path


def test_the_report_says_what_was_found_and_keeps_the_dialogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, person: Nobody
) -> None:
    with simulated_exchange() as exchange:
        config = config_for(tmp_path, exchange.server, monkeypatch)
        assert account_names(config) == ["desk"]
        report = examine_account(config, "desk", person, ring=False, mask=False)
    assert any("REGISTER" in row and "200 OK" in row for row in report.dialogue)
    assert any("Registered for" in answer.finding.sentence for answer in report.answers)
    assert report.options == {"watch": True}
    text = report.transcript.read_text(encoding="utf-8")
    assert PASSWORD not in text
    steps = parse_transcript(text).steps
    assert any(isinstance(step, ToDevice) and step.data.startswith(b"REGISTER ") for step in steps)
    assert any(isinstance(step, FromDevice) and step.data.startswith(b"SIP/2.0 200 ") for step in steps)
    assert 'response="***"' in text
    assert report.transcript.stat().st_mode & 0o077 == 0 or report.transcript.parent.stat().st_mode & 0o077 == 0


def test_a_wrong_password_is_said_with_what_the_exchange_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, person: Nobody
) -> None:
    with simulated_exchange() as exchange:
        config = config_for(tmp_path, exchange.server, monkeypatch, password="not this")
        with pytest.raises(LineGone, match="403"):
            examine_account(config, "desk", person, ring=False, mask=False)
    assert any("txt" in sentence for sentence in person.told), "the dialogue is kept all the same"


def test_a_line_that_is_no_account_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, person: Nobody) -> None:
    config = config_for(tmp_path, "192.0.2.1", monkeypatch)
    with pytest.raises(ConfigError, match="fax"):
        examine_account(config, "fax", person, ring=False, mask=False)
