"""The options of an account, and what is kept beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dutyphone_drivers.sip_account.keepsakes import INSTANCE_FILE, instance_of, read_password
from dutyphone_drivers.sip_account.masks import masked
from dutyphone_drivers.sip_account.plugin import plugin, read_options, split_host

from dutyphone.errors import LineGone, OptionError
from dutyphone.lines.events import LossReason

LEAST = {"server": "192.0.2.10", "account": "1001"}


def test_server_and_account_are_enough() -> None:
    chosen = read_options(LEAST)
    assert (chosen["transport"], chosen["expires_s"], chosen["ping_s"], chosen["watch"]) == ("udp", 60, 5.0, False)
    assert plugin.open_line("desk", LEAST)
    assert plugin.describe()


def test_an_account_written_as_a_number_is_meant_as_it_looks() -> None:
    assert read_options(LEAST | {"account": 1001})["account"] == "1001"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("server", None),
        ("server", ""),
        ("server", "pbx example"),
        ("server", "192.0.2.10:99999"),
        ("account", None),
        ("account", "1001@pbx"),
        ("account", 'x"y'),
        ("transport", "sctp"),
        ("identity", "everybody"),
        ("expires_s", 5),
        ("expires_s", "60"),
        ("expires_s", True),
        ("ping_s", -1),
        ("ping_s", 0.5),
        ("ping_s", True),
        ("watch", "yes"),
        ("local", "here:now"),
        ("trusted", "192.0.2.11"),
        ("trusted", ["pbx"]),
        ("redirect_targets", "13900001234"),
        ("auth_user", "a\nb"),
        ("pasword_file", "/x"),
    ],
)
def test_a_wrong_option_is_named(option: str, value: object) -> None:
    with pytest.raises(OptionError) as wrong:
        read_options(LEAST | {option: value})
    assert wrong.value.option == option
    assert wrong.value.expected


def test_a_misspelt_option_is_guessed() -> None:
    with pytest.raises(OptionError, match="password_file"):
        read_options(LEAST | {"pasword_file": "/x"})


def test_a_password_comes_from_one_place() -> None:
    with pytest.raises(OptionError):
        read_options(LEAST | {"password_file": "/x", "password_env": "Y"})


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("pbx.example", "pbx.example", None),
        ("pbx.example:5080", "pbx.example", 5080),
        ("192.0.2.10:5060", "192.0.2.10", 5060),
        ("[2001:db8::1]:5060", "2001:db8::1", 5060),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("2001:db8::1", "2001:db8::1", None),
    ],
)
def test_hosts_are_read_with_and_without_port(text: str, host: str, port: int | None) -> None:
    assert split_host(text) == (host, port)


def read(path: Path | None = None, variable: str = "", **environment: str) -> str:
    return read_password(path, variable, environment)


def test_a_password_is_the_one_line_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "1001"
    path.write_text("geheim 密\n", encoding="utf-8")
    path.chmod(0o600)
    assert read(path) == "geheim 密"
    assert read(variable="DESK", DESK="x") == "x"
    assert read() == ""


@pytest.mark.parametrize("fault", ["missing", "open", "two lines", "not text"])
def test_a_password_that_cannot_be_used_is_said_without_saying_it(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "1001"
    if fault != "missing":
        path.write_bytes(
            b"\xff\xfe" if fault == "not text" else b"secret\nmore\n" if fault == "two lines" else b"secret"
        )
        path.chmod(0o644 if fault == "open" else 0o600)
    with pytest.raises(LineGone) as gone:
        read(path)
    assert gone.value.reason is LossReason.NOT_REGISTERED
    assert gone.value.advice
    assert "secret" not in f"{gone.value} {gone.value.advice} {gone.value.evidence}"


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(LineGone, match="DESK"):
        read(variable="DESK")


def test_the_instance_is_the_same_for_ever(tmp_path: Path) -> None:
    """Three restarts leave one binding at the registrar."""
    first = instance_of("1001", tmp_path / "lines" / "desk")
    assert instance_of("1001", tmp_path / "lines" / "desk") == first
    assert first.token.startswith("1001-")
    assert len(first.token) >= len("1001-") + 16
    assert instance_of("1002", tmp_path / "lines" / "desk") != first


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"urn": "x", "token": "1001-00"}', "\udcff"])
def test_a_damaged_instance_is_made_anew(tmp_path: Path, kept: str) -> None:
    (tmp_path / INSTANCE_FILE).write_bytes(kept.encode("utf-8", "surrogateescape"))
    made = instance_of("1001", tmp_path)
    assert made.urn.startswith("urn:uuid:")
    assert instance_of("1001", tmp_path) == made


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_listen(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("a file in the way")
    assert instance_of("1001", tmp_path / "lines" / "desk").token
    assert instance_of("1001", None) != instance_of("1001", None)


@pytest.mark.parametrize(
    "line",
    [
        b'Authorization: Digest username="1001", response="aaaa", cnonce="bbbb", nc=00000001, uri="sip:x"',
        b'PROXY-AUTHORIZATION : Digest cnonce="bbbb",response="aaaa"',
        b"authorization: Digest response=aaaa, cnonce=bbbb",
    ],
)
def test_what_a_password_could_be_guessed_from_is_not_kept(line: bytes) -> None:
    kept = masked(b"REGISTER sip:x SIP/2.0\r\nCSeq: 2 REGISTER\r\n" + line + b"\r\n\r\n")
    assert b"aaaa" not in kept
    assert b"bbbb" not in kept
    assert b"CSeq: 2 REGISTER\r\n" in kept
    assert kept.endswith(b"\r\n\r\n")


def test_everything_else_is_kept_as_it_was() -> None:
    data: Any = b'INVITE sip:x SIP/2.0\r\nSubject: response="aaaa"\r\n\r\nv=0\r\n'
    assert masked(data) == data
