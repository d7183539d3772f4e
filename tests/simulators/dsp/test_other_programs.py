"""Programs written for real modems run against the simulated one; where they lose a call, our log has it.

phone-modem and callattendant are the programs as published. They are given a terminal and are told nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import serial
from dutyphone_drivers.serial_modem.plugin import plugin
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.dsp.exchange import DspExchange
from dutyphone_simulators.library import load_scenario
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import ScenarioPlayer
from support.office import Office

from dutyphone.calls.numbers import Site
from dutyphone.calls.tracker import CallTracker
from dutyphone.lines.driver import LineCore
from dutyphone.lines.events import LineEvent
from dutyphone.store.readmodels import CallQuery, CallRow, LineCondition
from dutyphone.store.store import Store

pytest.importorskip("pty")

CALLS = """
@ +20
* call from=01055501001 name="DUTY ROOM" rings=2
@ +20
* call from=01055501002 rings=2
@ +20
* call rings=2 cid=none
@ +20
* call from=01055501003 name="值班室" rings=2
@ +20
* call from=01055501004 name="FIRE DEPT" rings=2
@ +20
* stop
"""
"""Five calls: one such as the programs were made for; no name; no caller ID; a Chinese name; one as the first."""

SPEED = 40.0
PATIENCE_S = 20.0


def program(name: str) -> ModuleType:
    """A program of somebody else. Skipped where it is not installed, but not where CI is set."""
    return importlib.import_module(name) if os.environ.get("CI") else pytest.importorskip(name)


def evening(folder: Path, *, begins: str) -> Path:
    """The calls as a scenario that begins with a step: the last command with which a program sets its modem up."""
    path = folder / "evening.txt"
    path.write_text(f"# answers: modem\n{begins}\n{CALLS}", "utf-8")
    return path


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


# --- what others make of the evening -----------------------------------------------------------------------------


async def listen_with_phone_modem(port: str, over: Callable[[], bool]) -> tuple[list[tuple[str, str, str]], list[str]]:
    """What phone-modem reports (state, number, name), and what it failed of."""
    told: list[tuple[str, str, str]] = []
    failed: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: failed.append(type(context["exception"]).__name__)
    )
    modem = program("phone_modem").PhoneModem()
    await modem.initialize(port)
    modem.registercallback(lambda state: told.append((state, modem.cid_number, modem.cid_name)))
    await asyncio.to_thread(over)
    await modem.close()
    return told, failed


@contextlib.contextmanager
def callattendant(port: str) -> Iterator[tuple[Any, list[dict[str, str]]]]:
    """The modem class of callattendant, without its web server and lamps, and the calls it reports."""
    package = program("callattendant")
    sys.path.insert(0, package.__path__[0])  # it imports its own modules as if they were nobody's
    try:
        modem = importlib.import_module("hardware.modem").Modem(
            {
                "STATUS_INDICATORS": "NULL",
                "MODEM_DEVICE": port,
                "OPTIONAL_MODEM_INIT": "",
                "ENABLE_CALLERID_VALIDATION": True,
                "MODEM_ONLINE": True,
                "DEBUG": False,
                "TESTING": False,
            }
        )
        calls: list[dict[str, str]] = []
        assert modem.start(lambda call: calls.append(dict(call)))
        try:
            yield modem, calls
        finally:
            modem.stop()
    finally:
        sys.path.remove(package.__path__[0])


def test_phone_modem_is_convinced_and_dies_of_a_chinese_name(exchange: Callable[..., Any], tmp_path: Path) -> None:
    """A06: of five calls it tells one caller; the name in GB 2312 ends its reader, and the last call is never seen."""
    case = evening(tmp_path, begins=r"> AT+FCLASS=0\r\n")
    with exchange(modems=1, speed=SPEED, scenario=case, links=tmp_path) as running:
        running.port(0)
        told, failed = asyncio.run(listen_with_phone_modem(str(tmp_path / "ttyDSP1"), running.ended))
    identified = [(number, name) for state, number, name in told if state == "callerid"]
    assert identified == [("01055501001", "DUTY ROOM")]
    assert sum(state == "ring" for state, _, _ in told) == 2 + 2 + 2 + 1
    assert failed == ["UnicodeDecodeError"]


def test_callattendant_is_convinced_and_never_sees_a_call_without_caller_id(
    exchange: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A06: the rings of a call without caller ID are counted for the next one, and a Chinese name is lost."""
    case = evening(tmp_path, begins=r"> AT&V\r")
    with exchange(modems=1, speed=SPEED, scenario=case, links=tmp_path) as running:
        running.port(0)
        with callattendant(str(tmp_path / "ttyDSP1")) as (modem, calls):
            assert modem.model == "USR"
            wait_until(lambda: len(calls) >= 4)  # it is stopped before its terminal goes: it does not survive that
        assert running.ended()
    assert [(call["NMBR"], call["NAME"]) for call in calls] == [
        ("01055501001", "DUTY ROOM"),
        ("01055501002", "Unknown"),
        ("01055501003", "Private/Unknown"),
        ("01055501004", "FIRE DEPT"),
    ]


def test_callattendant_picks_up_and_hangs_up_a_call_from_another_modem(
    exchange: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It answers in voice class 8, plays its part and leaves; the caller hears the busy tone."""
    with exchange(modems=2, speed=5.0, personalities=["conexant-cx93010", "usr-5637"], links=tmp_path) as running:
        running.port(1)
        with (
            callattendant(str(tmp_path / "ttyDSP1")) as (modem, _calls),
            serial.Serial(str(tmp_path / "ttyDSP2"), timeout=PATIENCE_S) as caller,
        ):
            assert modem.model == "CONEXANT"
            caller.write(b"ATE0+FCLASS=8;+VLS=1\r")
            caller.read_until(b"OK\r\n")
            caller.write(f"ATDT{running.number(0)};\r".encode())
            caller.read_until(b"OK\r\n")
            assert modem.ring_event.wait(PATIENCE_S)
            assert modem.pick_up()
            running.wait_for(f"{running.number(0)} answers.")
            assert modem.hang_up()
            assert caller.read_until(b"\x10b").endswith(b"\x10b")


# --- what we make of it ------------------------------------------------------------------------------------------


def test_our_log_has_every_call_of_the_evening(tmp_path: Path) -> None:
    """X01, S1-32: the same evening, the same line; five calls with what was sent of each."""
    rows = log_of(evening(tmp_path, begins="@ +60"), tmp_path)
    assert [(row.number_raw, row.name, row.rings) for row in rows] == [
        ("01055501001", "DUTY ROOM", 2),
        ("01055501002", None, 2),
        (None, None, 2),
        ("01055501003", "值班室", 2),
        ("01055501004", "FIRE DEPT", 2),
    ]


def test_the_recorder_logs_a_call_from_another_modem_on_the_exchange(
    exchange: Callable[..., Any], office: Office, tmp_path: Path
) -> None:
    """X01: real processes, a real terminal, digits as tones, caller ID as FSK on a line with noise."""
    links, config = tmp_path / "links", tmp_path / "config.toml"
    links.mkdir()
    config.write_text(f'[lines.desk]\ndriver = "serial_modem"\nport = "{links / "ttyDSP1"}"\n', "utf-8")
    with exchange(modems=2, speed=10.0, names=(None, "值班室"), links=links, noise_dbm0=-45.0) as running:
        running.port(1)
        recorder = office.start("record", "--config", str(config), "--tell-parent")
        assert recorder.stdout is not None
        assert recorder.stdout.readline().strip() == "ready", recorder.communicate()[1]
        with (
            Store.open(f"sqlite:///{tmp_path / 'data' / 'duty.db'}", create=False) as store,
            serial.Serial(str(links / "ttyDSP2"), timeout=PATIENCE_S) as caller,
        ):
            wait_until(lambda: [line.condition for line in store.lines()] == [LineCondition.IDLE])
            caller.write(f"ATDT{running.number(0)};\r".encode())
            wait_until(lambda: any(row.identified for row in rows_of(store)))
            caller.write(b"ATH\r")
            (row,) = rows_of(store)
        code, said = office.stop(recorder)
    assert (row.number_raw, row.name, row.doubtful) == (running.number(1), "值班室", False)
    assert (code, said) == (0, "")


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows_of(store: Store) -> list[CallRow]:
    return list(store.stream_calls(CallQuery()))


def log_of(scenario: Path, folder: Path) -> list[CallRow]:
    """The calls in the log after the scenario, heard by the real driver on a line with sound, in no time at all."""
    clock, ids = ManualClock(), itertools.count(1)
    player = ScenarioPlayer(
        load_scenario(scenario),
        load_personality("usr-5637"),
        clock.now(),
        line=DspExchange(clock.now(), ["01055500001"]).lines[0],
    )
    driver = plugin.open_line("desk", {"port": "sim://here"})
    core: LineCore = driver._core  # type: ignore[attr-defined]  # its shell needs a clock of its own
    tracker = CallTracker("desk", Site(area_code="010"), lambda: f"call-{next(ids)}")
    with Store.open(f"sqlite:///{folder}/duty.db", key_folder=folder / "keys") as store:

        def log(events: list[LineEvent]) -> None:
            facts = [fact for event in events for fact in tracker.on_event(event)]
            if facts := [*facts, *tracker.on_deadline(clock.now())]:
                store.append(facts, recorded_at=clock.now().utc)

        log(list(core.start(clock.now())))
        while not player.stopped:
            while (said := core.take_output()) or (heard := player.take_output()):
                if said:
                    player.receive(said, clock.now())
                else:
                    log(list(core.receive(heard, clock.now())))
            due = [at for at in (player.next_deadline(), core.next_deadline()) if at is not None]
            clock.advance(max(0.0, min(due) - clock.now().mono))
            player.on_deadline(clock.now())
            log(list(core.on_deadline(clock.now())))
        return rows_of(store)
