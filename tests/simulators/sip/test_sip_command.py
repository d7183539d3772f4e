"""`dutyphone simulate sip`: what it says, how it begins and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dutyphone_simulators.sip.run import run_sip_exchange
from dutyphone_simulators.sip.testkit import simulated_exchange
from support.raw_telephone import RawTelephone

from dutyphone.errors import DutyphoneError, TranscriptError
from dutyphone.i18n import language, use_language


class Running:
    """The command in a thread."""

    def __init__(self, scenario: str, **options: object) -> None:
        self.said: list[str] = []
        self.stop = threading.Event()
        self._thread = threading.Thread(
            target=run_sip_exchange,
            args=(scenario,),
            kwargs={"listen": "127.0.0.1:0", "report": self.said.append, "stop": self.stop, **options},
        )
        self._thread.start()

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if found := re.search(pattern, "\n".join(self.said)):
                return found
            time.sleep(0.005)
        raise AssertionError((pattern, self.said))

    @property
    def address(self) -> tuple[str, int]:
        found = self.wait_for(r"at (\S+):(\d+) \(")
        return found[1], int(found[2])

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self.stop.set()
        self._thread.join(5)
        assert not self.alive


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    before = language()
    use_language("en")
    started: list[Running] = []

    def run(scenario: str, **options: object) -> Running:
        file = tmp_path / "scenario.txt"
        file.write_text(scenario, "utf-8")
        started.append(Running(str(file), **options))
        return started[-1]

    yield run
    for one in started:
        one.end()
    use_language(before)


def test_it_says_where_it_is_and_what_to_configure(running: Callable[..., Running]) -> None:
    run = running("@ +1\n", transports=("udp",), account="2001", password="made-up")
    run.wait_for("The scenario begins when 2001 is registered")
    block = "\n".join(line for line in run.said if line.startswith("    "))
    line = tomllib.loads(block)["lines"]["desk"]
    host, port = run.address
    assert line == {
        "driver": "sip_account",
        "server": f"{host}:{port}",
        "account": "2001",
        "password_env": "DUTYPHONE_SIP_PASSWORD",
        "transport": "udp",
        "watch": True,
    }
    assert any("DUTYPHONE_SIP_PASSWORD=made-up" in said for said in run.said)


def test_the_scenario_begins_with_the_registration_and_every_call_is_told(running: Callable[..., Running]) -> None:
    run = running("* call from=01055501234 answers=0.2 talk=0.2\n@ +1\n* call withheld=private gives_up=0.1\n@ +1\n")
    time.sleep(0.1)
    assert not any("calls" in said for said in run.said)
    with RawTelephone(run.address) as phone:
        phone.register()
        run.wait_for(r"\d\d:\d\d:\d\d 1001 is registered from 127\.0\.0\.1:\d+\.")
        phone.answer(phone.hear("INVITE"), 486)
        run.wait_for(r"01055501234 calls 1001\.")
        run.wait_for(r"Answered by the desk phone after 0\.2 s\.")
        run.wait_for(r"The call is over after 0\.2 s of talk\.")
        phone.answer(phone.hear("INVITE"), 180)
        run.wait_for(r"Somebody without a number calls 1001\.")
        run.wait_for(r"The caller gave up after 0\.1 s\.")
        run.wait_for("End of the scenario")
        assert run.alive


def test_stop_in_the_scenario_ends_the_command(running: Callable[..., Running]) -> None:
    run = running("* stop\n")
    with RawTelephone(run.address) as phone:
        phone.register()
        deadline = time.monotonic() + 5
        while run.alive and time.monotonic() < deadline:
            time.sleep(0.01)
    assert not run.alive


def test_tls_without_a_certificate_makes_one(running: Callable[..., Running]) -> None:
    run = running("@ +1\n", transports=("tls",))
    path = Path(run.wait_for('tls_ca_file = "(.+)"')[1])
    with RawTelephone(run.address, transport="tls", ca_file=path) as phone:
        assert phone.register().status == 200
    run.end()
    assert not path.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"listen": "nowhere:at:all"}, "not an address"),
        ({"listen": "192.0.2.1:5060"}, "Nobody can listen"),
        ({"transports": ("sctp",)}, "sctp"),
        ({"speed": 0.0}, "Time cannot go"),
    ],
)
def test_what_cannot_be_is_a_sentence(options: dict[str, object], sentence: str) -> None:
    before = language()
    use_language("en")
    try:
        with pytest.raises(DutyphoneError, match=sentence) as refused:
            run_sip_exchange("sip-night", report=print, stop=threading.Event(), **options)  # type: ignore[arg-type]
    finally:
        use_language(before)
    assert refused.value.advice


def test_a_scenario_nobody_knows() -> None:
    with pytest.raises(TranscriptError, match="sip-nigth"):
        run_sip_exchange("sip-nigth", report=print, stop=threading.Event())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_ends_clean_at_ctrl_c(number: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dutyphone", "simulate", "sip", "--listen", "127.0.0.1:0", "--language", "zh_CN"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "HOME": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline().startswith("交换机位于 127.0.0.1:")
        while "注册后情景开始" not in program.stdout.readline():
            pass
        program.send_signal(number)
        assert program.wait(10) == 0
        assert program.stderr.read() == ""


def test_a_port_that_is_taken_is_one_sentence_and_what_to_do(tmp_path: Path) -> None:
    with simulated_exchange() as exchange:
        command = [
            sys.executable,
            "-m",
            "dutyphone",
            "simulate",
            "sip",
            "--listen",
            exchange.server,
            "--language",
            "en",
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=30, env={**os.environ, "HOME": str(tmp_path)}
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"dutyphone: Another program already listens at {exchange.server}.",
        "  End it, or choose another port with --listen; a port of 0 takes any that is free.",
    ]
