"""The verbs that make a simulated line misbehave, byte by byte."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial
from dutyphone_simulators.address import SimAddress
from dutyphone_simulators.clock import FastClock, ManualClock
from dutyphone_simulators.uart import LineEnds, Uart
from dutyphone_simulators.urls.protocol_sim import clock_at

from dutyphone.errors import TranscriptError
from dutyphone.lines.transcript import World

Bench = Callable[..., Any]

CALL = "* call from=01055501234 rings=2\n@ +20\n"


def test_joined_reads_come_in_one_piece_after_the_first_byte() -> None:
    uart = Uart()
    uart.join(1.5)
    uart.send(b"RI", 10.0)
    uart.send(b"NG\r\n", 11.0)
    assert uart.next_deadline() == 11.5
    uart.arrive(11.4)
    assert uart.take() == b""
    uart.arrive(11.5)
    assert uart.take() == b"RING\r\n"
    uart.send(b"x", 11.6)
    assert uart.next_deadline() == 13.1
    uart.join(0)
    uart.send(b"y", 12.0)
    uart.arrive(13.1)
    assert uart.take() == b"xy", "what was held back is not overtaken"


def test_splitting_ends_joining_and_the_other_way_round() -> None:
    uart = Uart()
    uart.join(5)
    uart.split(1, 0.5)
    uart.send(b"ab", 0.0)
    assert uart.take() == b"a"
    uart.join(5)
    uart.arrive(0.5)
    assert uart.take() == b"b"
    uart.send(b"cd", 6.0)
    uart.arrive(11.0)
    assert uart.take() == b"cd"


@pytest.mark.parametrize(("left", "said"), [("cr", b"\rRING\r"), ("lf", b"\nRING\n"), ("none", b"RING")])
def test_line_ends_that_do_not_arrive(bench: Bench, left: str, said: bytes) -> None:
    line = bench(f"@ +5\n* line_ends left={left}\n{CALL}* line_ends left=crlf\n{CALL}")
    line.send("ATE0")
    heard = line.heard(60)
    assert heard.startswith(said * 2 + b"\r\nRING\r\n")
    assert LineEnds(left).value == left


def test_an_echo_that_cannot_be_switched_off(bench: Bench) -> None:
    line = bench("@ +5\n* echo\n@ +5\n* echo on=false\n@ +5\n")
    assert line.send("ATE0") == b"ATE0\r\r\nOK\r\n"
    assert line.send("AT") == b"\r\nOK\r\n"
    line.run(6)
    assert line.send("ATE0") == b"ATE0\r\r\nOK\r\n"
    assert line.send("AT") == b"AT\r\r\nOK\r\n"
    line.run(6)
    assert line.send("AT") == b"\r\nOK\r\n"


def test_a_modem_that_forgets_caller_id_and_nothing_else(bench: Bench) -> None:
    line = bench(f"@ +5\n* forget\n{CALL}@ +30\n")
    line.send("ATE0", "AT+VCID=1")
    assert line.heard(30) == b"\r\nRING\r\n" * 2
    assert line.send("AT+VCID?") == b"\r\n0\r\n\r\nOK\r\n"
    line.send("AT+VCID=1")
    assert line.send("AT+VCID?") == b"\r\n1\r\n\r\nOK\r\n"


def test_the_clock_of_the_computer_is_not_the_clock_of_the_exchange(bench: Bench) -> None:
    """The date and time of caller ID come from outside; setting the computer's clock does not change them."""
    stepped: list[float] = []
    line = bench(f"@ +5\n* clock step=-7200\n{CALL}", step_clock=stepped.append)
    line.send("ATE0", "AT+VCID=1")
    line.clock.step(-7200)  # what whoever hears `step_clock` does
    assert b"DATE=0216\r\nTIME=1730\r\n" in line.heard(30)
    assert stepped == [-7200.0]


def test_a_fast_clock_is_set_without_changing_its_pace() -> None:
    base = ManualClock()
    clock = FastClock(base, 10)
    before = clock.now()
    clock.step(-3600)
    base.advance(2)
    after = clock.now()
    assert after.since(before) == 20
    assert (after.utc - before.utc).total_seconds() == 20 - 3600


def test_a_program_may_live_by_the_clock_of_its_line(tmp_path: Path, lines: None) -> None:
    file = tmp_path / "case.txt"
    file.write_text("@ +5\n* clock step=3600\n< x\n@ +9000\n", "utf-8")
    address = SimAddress(scenario=str(file), speed=50)
    clock = clock_at(address)
    before = clock.now()
    with serial.serial_for_url(str(address), timeout=5) as port:
        assert port.read(1) == b"x"
    after = clock.now()
    assert (after.utc - before.utc).total_seconds() - after.since(before) == pytest.approx(3600)


def test_a_frozen_port_answers_nobody_until_it_thaws(tmp_path: Path, lines: None) -> None:
    """Neither its time-out nor `cancel_read` ends a read; afterwards nothing is lost."""
    file = tmp_path / "case.txt"
    file.write_text("@ +5\n< a\n* freeze\n@ +5\n< b\n@ +20\n* thaw\n@ +9000\n", "utf-8")
    with serial.serial_for_url(str(SimAddress(scenario=str(file), speed=50)), timeout=0.2) as port:
        port.timeout = None
        canceller = threading.Timer(0.25, port.cancel_read)
        canceller.start()
        data = port.read(1)
        canceller.join()
        port.timeout = 1
        data += port.read(2)
        assert data == b"ab"
        assert port.read(1) == b"", "thawed: a time-out is a time-out again"


@pytest.mark.parametrize(
    "step",
    ["clock", "clock step=soon", "clock step=1e99", "join hold=-1", "line_ends left=some", "echo on=1", "thaw x=1"],
)
def test_wrong_parameters_are_refused_by_name(bench: Bench, step: str) -> None:
    with pytest.raises(TranscriptError, match="line 2"):
        bench(f"@ +1\n* {step}\n")


def test_things_can_happen_that_no_transcript_has(bench: Bench) -> None:
    line = bench("@ +1\n")
    line.send("ATE0")
    line.player.happen(World("call", {"from": "110", "rings": 1}), line.clock.now())
    assert line.heard(10) == b"\r\nRING\r\n"
    with pytest.raises(TranscriptError):
        line.player.happen(World("fly"), line.clock.now())
