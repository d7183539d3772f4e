"""A page by fax between two modems through the exchange, by a program that is not ours: efax, at either end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import serial

pytest.importorskip("pty")

SPEED = 8.0
"""Times as fast as life: efax divides by zero when a page takes it less than a second."""

PATIENCE_S = 50.0
HEADER_ROWS, HEADER_OVER_ROWS = 20, 3
"""efax puts a line with date and number above the page it sends, whose feet reach into the page."""

MISSING = next((program for program in ("efax", "efix") if shutil.which(program) is None), None)


@pytest.fixture(autouse=True)
def _efax() -> None:
    """Without efax these tests cannot run: skipped on a developer's machine, failures where CI is set."""
    if MISSING is not None and not os.environ.get("CI"):
        pytest.skip(f"{MISSING} is not installed (on Debian and Ubuntu: apt install efax)")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A typed page, as efix makes it for a fax machine."""
    text = tmp_path / "page.txt"
    text.write_text("".join(f"{n:02} Relayed 22:10, duty room, 01055500001\n" for n in range(30)), encoding="ascii")
    subprocess.run(["efix", f"-n{tmp_path}/page.%03d", str(text)], check=True, capture_output=True)
    return tmp_path / "page.001"


def rows(page: Path) -> list[bytes]:
    """A page as rows of pixels."""
    bitmap = subprocess.run(["efix", "-opbm", str(page)], check=True, capture_output=True).stdout
    header, _newline, pixels = bitmap.partition(b"\n")
    width, height = map(int, header.split()[1:])
    bytes_a_row = (width + 7) // 8
    return [pixels[row * bytes_a_row : (row + 1) * bytes_a_row] for row in range(height)]


def efax(*arguments: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(["efax", "-o1", "-v", "chewinr", *arguments], stdout=output, stderr=subprocess.STDOUT)


def end(programs: Sequence[subprocess.Popen[bytes]]) -> None:
    for program in programs:
        program.kill()
        program.wait()


def test_a_page_from_one_efax_to_another(exchange: Callable[..., Any], page: Path, tmp_path: Path) -> None:
    """Dialled, rung, answered, negotiated (T.30), sent as sound (V.17), confirmed: every pixel of it."""
    sent, received = tmp_path / "sent.log", tmp_path / "received.log"
    programs = []
    with exchange(speed=SPEED, personalities=["usr-5637"]) as running:
        try:
            with serial.Serial(running.port(1), timeout=PATIENCE_S) as port:
                programs.append(efax("-d", running.port(0), "-t", running.number(1), str(page), log=sent))
                assert port.read_until(b"RING\r\n").endswith(b"RING\r\n"), sent.read_text("ascii")
            programs.append(efax("-d", running.port(1), "-r", str(tmp_path / "got"), log=received))
            codes = [program.wait(PATIENCE_S) for program in programs]
        finally:
            end(programs)
        assert codes == [0, 0], sent.read_text("ascii") + received.read_text("ascii")
        running.wait_for(f"{running.number(0)} hangs up.")
    assert "received MCF - page OK" in sent.read_text("ascii")
    original, arrived = rows(page), rows(tmp_path / "got.001")
    assert any(any(row) for row in original), "an empty page proves nothing"
    assert len(arrived) == len(original) + HEADER_ROWS
    assert arrived[HEADER_ROWS + HEADER_OVER_ROWS :] == original[HEADER_OVER_ROWS:]


def test_nobody_answers_a_fax_machine(exchange: Callable[..., Any], page: Path, tmp_path: Path) -> None:
    """A number that is engaged is told as such, to a program that waits for the tones of another."""
    log = tmp_path / "sent.log"
    with (
        exchange(speed=SPEED, personalities=["usr-5637"]) as running,
        serial.Serial(running.port(1), timeout=PATIENCE_S) as engaged,
    ):
        engaged.write(b"ATE0H1\r")
        engaged.read_until(b"OK\r\n")
        caller = efax("-d", running.port(0), "-t", running.number(1), str(page), log=log)
        try:
            assert caller.wait(PATIENCE_S) == 1, log.read_text("ascii")
        finally:
            end([caller])
    assert "BUSY" in log.read_text("ascii")


@pytest.mark.parametrize("leaving", ["AT+FCLASS=0", "ATZ", "AT&F"])
def test_a_modem_that_leaves_class_1_is_the_one_it_was(bank: Callable[..., Any], leaving: str) -> None:
    """Each of the two interpreters knows only its own commands."""
    line = bank("usr-5637")
    assert line.send(0, "ATE0", "AT+FCLASS=1").endswith(b"\r\nOK\r\n\r\nOK\r\n")
    assert b"96" in line.send(0, "AT+FTM=?")
    assert line.send(0, leaving).endswith(b"\r\nOK\r\n")
    assert line.send(0, "AT+FTM=?").endswith(b"ERROR\r\n")
    assert b"(0-16)" in line.send(0, "AT+VCID=?")


def test_it_rings_in_class_1_as_well(bank: Callable[..., Any]) -> None:
    line = bank("usr-5637", "usr-5637")
    line.send(1, "ATE0", "AT+VCID=1", "AT+FCLASS=1")
    line.send(0, "ATE0", f"ATDT{line.number(1)};")
    assert line.run(12)[1].count(b"RING") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory by /proc")
def test_a_fax_modem_is_freed_with_its_class(bank: Callable[..., Any]) -> None:
    """Each is a hundred kilobytes of the library's."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    line = bank("usr-5637")
    for _ in range(20):
        line.send(0, "AT+FCLASS=1", "AT+FCLASS=0")
    before = resident()
    for _ in range(200):
        line.send(0, "AT+FCLASS=1", "AT+FCLASS=0")
    assert resident() - before < 8_000_000
