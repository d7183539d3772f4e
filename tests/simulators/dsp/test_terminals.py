"""The exchange on pseudo-terminals, read with pyserial and nothing else of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial
from dutyphone_simulators.dsp.terminals import run_dsp_exchange

from dutyphone.errors import DutyphoneError

pytest.importorskip("pty")


def ask(port: serial.Serial, command: str, until: bytes = b"OK\r\n") -> bytes:
    port.write(command.encode() + b"\r")
    return bytes(port.read_until(until))


@pytest.mark.parametrize("speed", [20.0, float("inf")])
def test_two_programs_call_each_other(exchange: Callable[..., Any], speed: float) -> None:
    """Digits as tones, caller ID as FSK, key presses through the call: at twenty times life, and flat out."""
    with (
        exchange(modems=2, speed=speed, personalities=["usr-5637", "conexant-cx81801"]) as running,
        serial.Serial(running.port(0), timeout=10) as one,
        serial.Serial(running.port(1), timeout=10) as two,
    ):
        assert ask(one, "ATE0+FCLASS=8").endswith(b"OK\r\n")
        assert ask(two, "ATE0S0=2+VCID=1").endswith(b"OK\r\n")
        assert b"OK" in ask(two, "AT+FCLASS=8")
        assert b"OK" in ask(one, f"ATDT{running.number(1)};")
        two.read_until(b"\x10R")
        assert f"NMBR = {running.number(0)}".encode() in two.read_until(b"\x10R")
        running.wait_for(f"{running.number(1)} answers.")
        assert b"OK" in ask(one, "AT+VLS=1")
        assert b"OK" in ask(two, "AT+VTS=4")
        assert one.read_until(b"\x10~").endswith(b"\x10/\x104\x10~")
        assert b"OK" in ask(two, "ATH")
        assert one.read_until(b"\x10b").endswith(b"\x10b")
        one.write(b"ATH\r")
    assert any(f"{running.number(0)} calls {running.number(1)}." in told for told in running.told)


def test_many_modems_stand_on_one_exchange(exchange: Callable[..., Any]) -> None:
    with exchange(modems=5, speed=10.0) as running:
        ports = [serial.Serial(running.port(place), timeout=10) for place in range(5)]
        try:
            assert [ask(port, "ATE0") for port in ports] == [b"ATE0\r\r\nOK\r\n"] * 5
            for caller, called in ((0, 1), (2, 3)):
                assert b"OK" in ask(ports[caller], f"ATDT{running.number(called)};")
            assert all(ports[called].read_until(b"RING\r\n") for called in (1, 3))
            assert ask(ports[4], f"ATDT{running.number(3)}", until=b"BUSY\r\n").endswith(b"BUSY\r\n")
        finally:
            for port in ports:
                port.close()


def test_the_links_are_taken_away_at_the_end(exchange: Callable[..., Any], tmp_path: Path) -> None:
    with exchange(modems=3, links=tmp_path) as running:
        running.port(2)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["ttyDSP1", "ttyDSP2", "ttyDSP3"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_link_should_be_is_left_alone_and_no_terminal_stays(tmp_path: Path) -> None:
    taken = tmp_path / "ttyDSP2"
    taken.write_text("mine")
    with pytest.raises(DutyphoneError, match="ttyDSP2"):
        run_dsp_exchange(modems=3, links=tmp_path, report=lambda _: None, stop=threading.Event())
    assert [path.name for path in tmp_path.iterdir()] == ["ttyDSP2"]
    assert taken.read_text() == "mine"


def test_the_cable_of_the_first_modem_can_be_pulled(exchange: Callable[..., Any], tmp_path: Path) -> None:
    """X03: the terminal goes away and comes back with caller ID off, while the others stay."""
    case = tmp_path / "case.txt"
    case.write_text("@ +10\n* unplug\n@ +10\n* replug\n@ +900\n", "utf-8")
    with exchange(modems=2, speed=20.0, scenario=case, links=tmp_path) as running:
        running.port(1)
        with serial.Serial(str(tmp_path / "ttyDSP1"), timeout=None) as port, pytest.raises(serial.SerialException):
            port.read(1)
        running.wait_for("cable is out")
        running.wait_for("ttyDSP1", count=2)
        with serial.Serial(str(tmp_path / "ttyDSP1"), timeout=5) as port:
            assert ask(port, "AT") == b"AT\r\r\nOK\r\n"
        with serial.Serial(str(tmp_path / "ttyDSP2"), timeout=5) as port:
            assert ask(port, "AT") == b"AT\r\r\nOK\r\n"


def test_stop_in_the_scenario_ends_the_exchange(exchange: Callable[..., Any], tmp_path: Path) -> None:
    case = tmp_path / "case.txt"
    case.write_text("* call from=01055501234 rings=2\n@ +30\n* stop\n", "utf-8")
    with exchange(scenario=case, speed=float("inf")) as running:
        assert running.ended()


def test_a_quiet_exchange_costs_no_processor_time(exchange: Callable[..., Any]) -> None:
    """P9: it sleeps until a program writes."""
    with exchange(modems=8) as running:
        running.port(7)
        begun = time.process_time()
        running.stop.wait(0.3)
        assert time.process_time() - begun < 0.1
