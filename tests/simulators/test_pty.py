"""The modem on a pseudo-terminal, read by a small program of this file's own: pyserial and nothing else of ours."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from dutyphone_simulators.wires import run_pty_modem

from dutyphone.errors import DutyphoneError, TranscriptError

pytest.importorskip("pty")


class Running:
    """A modem in a thread, as the command line runs it."""

    def __init__(self, scenario: Path | str, **options: object) -> None:
        self.told: list[str] = []
        self.stop = threading.Event()
        self._at_terminal = threading.Condition()
        self._thread = threading.Thread(
            target=run_pty_modem,
            args=(scenario,),
            kwargs={"report": self._hear, "stop": self.stop, "speed": 50.0} | options,
        )
        self._thread.start()

    def path(self, count: int = 1) -> str:
        """Where the terminal is, after it was plugged in `count` times."""
        with self._at_terminal:
            assert self._at_terminal.wait_for(lambda: len(self._paths()) >= count, timeout=10)
            return self._paths()[count - 1]

    def wait_for(self, words: str) -> None:
        with self._at_terminal:
            assert self._at_terminal.wait_for(lambda: any(words in told for told in self.told), timeout=10)

    def ended(self) -> bool:
        self._thread.join(10)
        return not self._thread.is_alive()

    def _hear(self, sentence: str) -> None:
        with self._at_terminal:
            self.told.append(sentence)
            self._at_terminal.notify_all()

    def _paths(self) -> list[str]:
        return [found[0] for told in self.told if (found := re.search(r"/dev/\S*\d", told))]


@contextmanager
def running(scenario: Path | str, **options: object) -> Iterator[Running]:
    modem = Running(scenario, **options)
    try:
        yield modem
    finally:
        modem.stop.set()
        assert modem.ended()


def script(folder: Path, text: str) -> Path:
    file = folder / "case.txt"
    file.write_text(text, "utf-8")
    return file


def ask(port: serial.Serial, command: bytes) -> bytes:
    port.write(command + b"\r\n")
    return bytes(port.read_until(b"OK\r\n"))


def test_a_program_for_real_modems_hears_a_call(tmp_path: Path) -> None:
    case = script(tmp_path, '@ +30\n* call from=01055501234 name="市气象台" rings=2\n@ +30\n')
    with running(case) as modem, serial.Serial(modem.path(), 57600, timeout=5) as port:
        assert ask(port, b"ATZ") == b"ATZ\r\r\nOK\r\n"
        assert ask(port, b"ATE0").endswith(b"OK\r\n")
        assert ask(port, b"AT+VCID=1") == b"\r\nOK\r\n"
        assert port.read_until(b"RING\r\n") == b"\r\nRING\r\n"
        heard = port.read_until(b"RING\r\n")
        assert b"NMBR=01055501234\r\nNAME=" + "市气象台".encode("gb2312") + b"\r\n" in heard


@pytest.mark.parametrize(
    ("personality", "opening", "answers"),
    [
        # what phone-modem 0.1.2 and callattendant 2.4.0 send before they trust a modem
        ("usr-5637", [b"AT", b"AT+VCID=1", b"AT+FCLASS=8", b"AT+VSM=?", b"AT+FCLASS=0"], b'128,"8-BIT LINEAR"'),
        ("usr-5637", [b"ATV1", b"ATI0", b"ATI3", b"ATZ", b"ATV1", b"ATE0", b"AT+VCID=1", b"AT&W0", b"AT&V"], b"5601"),
        ("conexant-cx93010", [b"ATV1", b"ATI0", b"ATI3", b"AT-PV", b"AT-SCID=1;+VCID=1;-STE=3", b"AT&W0"], b"56000"),
    ],
)
def test_the_openings_of_other_programs_are_answered(
    tmp_path: Path, personality: str, opening: list[bytes], answers: bytes
) -> None:
    with (
        running(script(tmp_path, "@ +9000\n"), personality=personality) as modem,
        serial.Serial(modem.path(), timeout=5) as port,
    ):
        assert answers in b"".join(ask(port, command) for command in opening)


def test_the_link_follows_the_terminal_through_a_replug(tmp_path: Path) -> None:
    link = tmp_path / "ttyDUTY"
    case = script(tmp_path, "@ +25\n* unplug\n@ +25\n* replug\n@ +9000\n")
    with running(case, link=link) as modem:
        first = modem.path()
        with serial.Serial(str(link), timeout=None) as port:
            assert str(link.readlink()) == first
            with pytest.raises(serial.SerialException):
                port.read(1)
        modem.wait_for("cable is out")
        assert not link.is_symlink()
        with pytest.raises(serial.SerialException):
            serial.Serial(str(link))
        second = modem.path(2)
        with serial.Serial(str(link), timeout=5) as port:
            assert str(link.readlink()) == second
            assert ask(port, b"AT") == b"AT\r\r\nOK\r\n"
    assert not link.is_symlink()


def test_a_program_that_does_not_read_does_not_hold_the_line_up(tmp_path: Path) -> None:
    case = script(tmp_path, "".join("* noise bytes=4096\n" for _ in range(8)) + "@ +1\n* stop\n")
    with running(case) as modem:
        assert modem.ended()


def test_stop_in_the_scenario_ends_the_program(tmp_path: Path) -> None:
    with running(script(tmp_path, "@ +1\n* stop\n"), loop=True) as modem:
        assert modem.ended()
        assert modem.stop.is_set()


def test_a_quiet_line_costs_no_processor_time(tmp_path: Path) -> None:
    """P9: it sleeps until the next thing is due; a loop that polled would show in the thread's own clock."""
    with running(script(tmp_path, "@ +9000\n")) as modem:
        modem.path()
        begun = time.process_time()
        modem.stop.wait(0.3)
        assert time.process_time() - begun < 0.1


def test_a_file_where_the_link_should_be_is_left_alone(tmp_path: Path) -> None:
    taken = tmp_path / "ttyDUTY"
    taken.write_text("mine")
    with pytest.raises(DutyphoneError, match="ttyDUTY") as refused:
        run_pty_modem("one-call", personality="usr-5637", link=taken, report=lambda _: None, stop=threading.Event())
    assert refused.value.advice
    assert taken.read_text() == "mine"


def test_a_scenario_that_does_not_exist_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(TranscriptError, match="one-cal"):
        run_pty_modem("one-cal", report=lambda _: None, stop=threading.Event())
