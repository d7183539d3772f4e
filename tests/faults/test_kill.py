"""`kill -9` at moments nobody chose: a dozen lines ring, the recorder dies again and again, the log is whole.

The modems live in this process and go on ringing; the recorder is a real one. DUTYPHONE_KILLS sets how often it dies.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dutyphone_simulators.clock import FastClock
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import ScenarioPlayer
from support.lifecycle import lifecycle_faults
from support.office import Office

from dutyphone.clock import SystemClock
from dutyphone.journal.facts import CallRang, Fact
from dutyphone.lines.events import Evidence
from dutyphone.lines.transcript import FromDevice, Passes, WallClock, parse_transcript
from dutyphone.store.readmodels import BlindRow, CallQuery, CallRow
from dutyphone.store.replay import facts
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

pty_modem = pytest.importorskip("dutyphone_simulators.pty_modem")

KILLS = int(os.environ.get("DUTYPHONE_KILLS", "8"))
LINES = 12
ROUND_S = 19.0
"""In which every line is called once; longer than a call takes to ring and be over."""

RINGING_S = 9.0
"""Three rings of the quick cadence, 3 s apart."""

IN_FLIGHT_S = 1.0
"""What was read this short a time before the end may die with it: it was on its way to the disk."""

LONGEST_LIFE_S = 2.0
LAST_LIFE_S = 3.0
"""Of the recorder that is not killed; then the modems are pulled out and it is stopped."""


@dataclass
class Desk:
    """Modems on pseudo-terminals, and the calls that were placed on them: line and moment."""

    folder: Path
    placed: list[tuple[str, datetime]] = field(default_factory=list)
    modems: list[pty_modem.PtyModem] = field(default_factory=list)

    def plug_in(self, line: str, scenario: str) -> Path:
        """A modem on which `scenario` is played; where it is."""
        clock, link = FastClock(SystemClock()), self.folder / f"tty-{line}"

        def report(sentence: str) -> None:
            if "* call" in sentence:
                self.placed.append((line, datetime.now(UTC)))

        player = ScenarioPlayer(
            parse_transcript(scenario), load_personality("usr-5637"), clock.now(), loop=True, report=report
        )
        modem = pty_modem.PtyModem(player, clock, link=link, report=lambda _sentence: None, ended=lambda: None)
        modem.start()
        self.modems.append(modem)
        return link

    def pull_out(self) -> None:
        """No call is placed any more."""
        while self.modems:
            self.modems.pop().stop()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.pull_out()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path)
    yield opened
    opened.close()


def one_call_a_round(line: int) -> str:
    first = 1.5 * line
    call = f"* call from=010555012{line:02} rings=3 cadence=UK"
    return f"@ +{first}\n{call}\n@ +{ROUND_S - first}\n"


def configure(folder: Path, ports: dict[str, Path]) -> Path:
    table = '[lines.{line}]\ndriver = "serial_modem"\nport = "{port}"\nprofile = "usr"\n'
    tables = [table.format(line=line, port=port) for line, port in ports.items()]
    path = folder / "config.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return path


def start(office: Office, config: Path) -> subprocess.Popen[str]:
    process = office.start("record", "--config", str(config), "--wait", "--tell-parent")
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready", process.communicate()[1]
    return process


def rings_captured(folder: Path) -> list[tuple[str, datetime]]:
    """Line and moment of every ring in the capture files, which are written before anybody parses anything."""
    rings = []
    for file in sorted(folder.glob("*/*.txt")):
        at = datetime.min.replace(tzinfo=UTC)
        for step in parse_transcript(file.read_text("utf-8")).steps:
            match step:
                case WallClock(wall):
                    at = wall.astimezone(UTC)
                case Passes(seconds):
                    at += timedelta(seconds=seconds)
                case FromDevice(data):
                    rings += [(file.parent.name, at)] * data.count(b"RING")
    return rings


def test_kill_9_at_random_moments(office: Office, desk: Desk, tmp_path: Path) -> None:
    """X01, X08, S1-42: what was read is stored; what rang while nobody listened lies in a blind interval."""
    chance = random.Random(KILLS)
    ports = {f"l{n}": desk.plug_in(f"l{n}", one_call_a_round(n)) for n in range(LINES)}
    config = configure(tmp_path, ports)
    begun = datetime.now(UTC)
    killed: list[datetime] = []
    while len(killed) < KILLS:
        recorder = start(office, config)
        time.sleep(chance.uniform(0.0, LONGEST_LIFE_S))
        recorder.send_signal(signal.SIGKILL)
        killed.append(datetime.now(UTC))
        recorder.communicate()
        office.processes.remove(recorder)
    recorder = start(office, config)
    time.sleep(LAST_LIFE_S)
    calls = list(desk.placed)
    desk.pull_out()
    assert office.stop(recorder)[0] == 0
    with Store.open(f"sqlite:///{tmp_path}/data/duty.db", create=False, key_folder=tmp_path / "data") as store:
        assert verify(store).ok
        assert store.open_calls() == ()
        rows = list(store.stream_calls(CallQuery()))
        blind = store.blind_intervals(begun, datetime.now(UTC))
        with store.database.snapshot() as session:
            journal = [fact for _seq, fact in facts(session)]
    assert lifecycle_faults(journal) == []
    captured = rings_captured(tmp_path / "data" / "capture")
    assert len(calls) > KILLS
    assert len(captured) > len(calls), "most of the rings are heard"
    assert lost_rings(captured, journal, killed) == []
    assert unaccounted(calls, rows, blind) == []
    cut = sum(row.evidence in (Evidence.RECORDER_STOPPED, Evidence.LINE_LOST) for row in rows)
    assert len(rows) - cut <= len(desk.placed), "one call, one row, unless its recorder died"


def lost_rings(
    captured: Sequence[tuple[str, datetime]], journal: Sequence[Fact], killed: Sequence[datetime]
) -> list[tuple[str, datetime]]:
    """Rings that were read in good time before the recorder was killed, and are not in the journal."""
    stored = {round(fact.at.timestamp(), 2) for fact in journal if isinstance(fact, CallRang)}
    return [
        (line, at)
        for line, at in captured
        if not stored & {round(at.timestamp() + near, 2) for near in (-0.01, 0.0, 0.01)}
        and not any(timedelta(0) <= kill - at <= timedelta(seconds=IN_FLIGHT_S) for kill in killed)
    ]


def unaccounted(
    calls: Sequence[tuple[str, datetime]], rows: Sequence[CallRow], blind: Sequence[BlindRow]
) -> list[tuple[str, datetime]]:
    """Calls with neither a row nor a blind interval at their time."""
    return [
        (line, at)
        for line, at in calls
        if not any(row.line == line and at <= row.arrived_at <= at + timedelta(seconds=RINGING_S) for row in rows)
        and not any(
            gap.line == line
            and gap.from_at <= at + timedelta(seconds=RINGING_S)
            and (gap.until_at is None or gap.until_at >= at)
            for gap in blind
        )
    ]
