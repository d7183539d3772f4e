"""S2-21: break each thing in turn, in the simulator or on disk, and the fault is named."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from support.examined import Desk

from dutyphone.bootstrap.doctor import diagnose_line
from dutyphone.clock import SystemClock
from dutyphone.doctor.finding import Status
from dutyphone.errors import ConfigError
from dutyphone.journal.facts import CallArrived, CallEnded, CallIdentified, NumberKind, Outcome, RecorderStarted
from dutyphone.lines.events import Direction, Evidence
from dutyphone.store.manifest import LastBackup, remember_backup
from dutyphone.store.store import Store

CALLS = 6


@pytest.fixture
def log(desk: Desk) -> Store:
    """A log with some calls in it, closed again."""
    store = Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data")
    with store:
        fill(store, number="01055501234")
    return store


def fill(store: Store, *, number: str | None, ahead: timedelta = timedelta(0)) -> None:
    """`CALLS` calls of the last hour; the exchange's clock was `ahead` of ours."""
    now = SystemClock().now().utc
    for place in range(CALLS):
        at = now - timedelta(minutes=60 - place)
        call = f"call-{number}-{place}"
        facts = [CallArrived(at=at, line="desk", call=call, direction=Direction.INCOMING)]
        identified = CallIdentified(
            at=at,
            call=call,
            number_raw=number,
            number=number,
            kind=NumberKind.FIXED,
            stamped=f"{(at + ahead + timedelta(hours=8)):%m%d %H%M}",
        )
        ended = CallEnded(
            at=at, call=call, outcome=Outcome.UNKNOWN, evidence=Evidence.RINGING_STOPPED, rings=3, ring_s=11.0
        )
        store.append([*facts, *([identified] if number else []), ended], recorded_at=at)


def test_a_desk_that_is_in_order_has_no_fault(desk: Desk, log: Store) -> None:
    desk.configure(desk.simulated(options='hook_proved = true\nidle_class = 8\ncountry_code = "26"\n'))
    found = desk.found()
    assert [name for name, finding in found.items() if finding.status is Status.FAULT] == []
    for name in ("python", "sqlite", "encoding", "config", "database", "chain", "head", "disk", "options", "device"):
        assert found[name].status is Status.OK, (name, found[name])
    assert "CX81801" in found["device"].sentence
    assert "AT+VLS=?" in "\n".join(found["device"].evidence), "the whole dialogue is evidence"
    assert found["caller-id"].sentence == f"It came with {CALLS} of the last {CALLS} calls."
    assert found["handset"].status is Status.OK
    assert found["exchange-clock"].status is Status.OK


def test_a_silent_modem(desk: Desk) -> None:
    desk.configure(desk.simulated("* deaf to=computer\n@ +3600\n"))
    assert desk.found()["device"].status is Status.FAULT
    assert "does not answer" in desk.found()["device"].sentence


def test_a_port_that_hangs(desk: Desk) -> None:
    """A converter whose driver has died: not even a read with a time-out comes back."""
    desk.configure(desk.simulated("@ +1\n* freeze\n@ +90\n* thaw\n@ +3600\n"))
    found = desk.found()["device"]
    assert found.status is Status.FAULT
    assert "does not answer" in found.sentence


def test_a_pulled_cable(desk: Desk) -> None:
    desk.configure(desk.simulated("* unplug\n@ +3600\n"))
    found = desk.found()["device"]
    assert found.status is Status.FAULT
    assert found.evidence[0] == "no_such_port"


def test_a_port_that_another_program_of_this_process_holds(desk: Desk) -> None:
    import serial
    from dutyphone_simulators.urls import install

    install()
    desk.configure(desk.simulated())
    port = desk.config.read_text(encoding="utf-8").split('port = "')[1].split('"')[0]
    with serial.serial_for_url(port):
        found = desk.found()["device"]
    assert found.status is Status.FAULT
    assert found.evidence[0] == "port_busy"


def test_a_port_that_is_not_there(desk: Desk) -> None:
    desk.configure('[lines.desk]\ndriver = "serial_modem"\nport = "/dev/ttyMADEUP0"\n')
    found = desk.found()
    assert found["port"].status is Status.FAULT
    assert "/dev/ttyMADEUP0" in found["port"].sentence
    assert "device" not in found, "said once is enough"


def test_a_port_that_another_program_holds_is_not_opened_and_the_program_is_named(desk: Desk) -> None:
    keeper, kept = os.openpty()
    port = os.ttyname(kept)
    program = "import sys, os; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print('open', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        desk.configure(f'[lines.desk]\ndriver = "serial_modem"\nport = "{port}"\n')
        found = desk.found()
    finally:
        holder.communicate("\n")
        os.close(keeper)
        os.close(kept)
    assert found["port"].status is Status.FAULT
    assert f"({holder.pid})" in found["port"].sentence
    assert "device" not in found


def test_a_file_that_is_no_device(desk: Desk) -> None:
    port = desk.folder / "ttyUSB0"
    port.touch()
    desk.configure(f'[lines.desk]\ndriver = "serial_modem"\nport = "{port}"\n')
    assert "not a serial device" in desk.found()["port"].sentence


def test_a_modem_that_refuses_a_command(desk: Desk) -> None:
    desk.configure(desk.simulated(options='extra_init = ["AT+MADEUP=1"]\n'))
    found = desk.found()["commands"]
    assert found.status is Status.WARNING
    assert "AT+MADEUP=1" in found.sentence


def test_a_modem_nobody_knows(desk: Desk) -> None:
    desk.configure(desk.simulated(personality="multitech-mt5634smi", options='profile = "generic"\n'))
    found = desk.found()
    assert found["device"].status is Status.WARNING
    assert "--guided" in found["device"].advice
    assert "how to make this family tell" in found["notes"].sentence


def test_a_wrong_option_names_file_and_line_and_the_other_line_is_still_asked(desk: Desk) -> None:
    second = '[lines.fax]\ndriver = "serial_modem"\nport = "/dev/ttyUSB9"\nbaudd = 9600\n'
    desk.configure(desk.simulated(), second)
    answers = desk.answers()
    wrong = next(a.finding for a in answers if a.subject == "fax" and a.check == "options")
    assert wrong.status is Status.FAULT
    assert "lines.fax.baudd" in wrong.sentence
    assert any(a.subject == "desk" and a.check == "device" and a.finding.status is Status.OK for a in answers)


def test_a_broken_configuration_still_has_the_computer_checked(desk: Desk) -> None:
    desk.config.write_text("[room\n", encoding="utf-8")
    found = desk.found()
    assert found["config"].status is Status.FAULT
    assert "config.toml:1" in found["config"].sentence
    assert found["python"].status is Status.OK


def test_no_log_yet_is_no_fault_and_none_is_made(desk: Desk) -> None:
    desk.configure(desk.simulated())
    assert desk.found()["database"].status is Status.WARNING
    assert not desk.database.exists()


def test_a_file_that_is_no_log(desk: Desk) -> None:
    desk.database.parent.mkdir()
    desk.database.write_text("this is a shopping list " * 200, encoding="utf-8")
    desk.configure(desk.simulated())
    found = desk.found()
    assert found["database"].status is Status.FAULT
    assert found["device"].status is Status.OK, "a line can be examined without a log"


def test_a_changed_row_is_named(desk: Desk, log: Store) -> None:
    with closing(sqlite3.connect(desk.database)) as raw, raw:
        raw.execute("UPDATE journal SET body = replace(body, '01055501234', '01055501235') WHERE seq = 5")
    desk.configure(desk.simulated())
    found = desk.found()["chain"]
    assert found.status is Status.FAULT
    assert "Row 5" in found.sentence


def test_rows_cut_off_the_end(desk: Desk, log: Store) -> None:
    with closing(sqlite3.connect(desk.database)) as raw, raw:
        raw.execute("DELETE FROM call_facts WHERE seq > 10")
        raw.execute("DELETE FROM journal WHERE seq > 10")
    desk.configure(desk.simulated())
    assert desk.found()["head"].status is Status.FAULT


def test_a_line_that_never_has_caller_id(desk: Desk) -> None:
    with Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data") as store:
        fill(store, number=None)
    desk.configure(desk.simulated(personality="conexant-hsfi-silent"))
    found = desk.found()["caller-id"]
    assert found.status is Status.FAULT, "its modem says OK to +VCID, which proves nothing"
    assert "none of the last 6" in found.sentence


@pytest.mark.parametrize(
    ("ahead", "status"), [(timedelta(minutes=-5), Status.WARNING), (timedelta(hours=-3), Status.FAULT)]
)
def test_a_clock_that_is_wrong_shows_against_the_exchange(desk: Desk, ahead: timedelta, status: Status) -> None:
    """X29."""
    with Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data") as store:
        fill(store, number="01055501234", ahead=ahead)
    desk.configure(desk.simulated())
    found = desk.found()["exchange-clock"]
    assert found.status is status
    assert "ahead" in found.sentence


def test_a_clock_that_was_set_back_shows_against_the_log(desk: Desk) -> None:
    """X29."""
    later = SystemClock().now().utc + timedelta(days=2)
    with Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data") as store:
        store.append([RecorderStarted(at=later, version="1", pid=1, simulated=False)], recorded_at=later)
    desk.configure(desk.simulated())
    assert desk.found()["clock"].status is Status.FAULT


def test_a_running_recorder_keeps_its_line(desk: Desk, log: Store) -> None:
    """Its port is not taken away: the line is not asked, and what the recorder knows is said instead."""
    desk.configure(desk.simulated("* unplug\n@ +3600\n"))
    now = SystemClock().now().utc
    with Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data") as store, store.lease():
        store.append([RecorderStarted(at=now, version="1", pid=os.getpid(), simulated=False)], recorded_at=now)
        found = desk.found()
    assert found["recorder"].status is Status.OK
    assert found["device"].status is Status.FAULT
    assert found["device"].sentence.startswith("The recorder has lost this line")
    assert "dutyphone stop" in found["device"].advice
    assert "notes" not in found


def test_a_recorder_that_died_is_a_fault(desk: Desk, log: Store) -> None:
    now = SystemClock().now().utc - timedelta(hours=3)
    with Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data") as store:
        store.append([RecorderStarted(at=now, version="1", pid=1, simulated=False)], recorded_at=now)
    desk.configure(desk.simulated())
    found = desk.found()["recorder"]
    assert found.status is Status.FAULT
    assert "3 hours ago" in found.sentence


def test_the_note_that_a_backup_left(desk: Desk, log: Store) -> None:
    """X30."""
    note = desk.database.with_name("duty.db.backup.json")
    desk.configure(desk.simulated())
    assert desk.found()["backup"].status is Status.WARNING
    at = SystemClock().now().utc - timedelta(days=20)
    remember_backup(note, LastBackup(at=at, path=Path("/backup/duty.db.bak"), rows=18))
    assert desk.found()["backup"].status is Status.FAULT
    assert "20 days old: /backup/duty.db.bak" in desk.found()["backup"].sentence
    note.write_text("half a no", encoding="utf-8")
    assert desk.found()["backup"].status is Status.UNKNOWN


def test_a_line_that_is_switched_off_is_not_asked(desk: Desk) -> None:
    desk.configure(desk.simulated(options="enabled = false\n"))
    assert {answer.subject for answer in desk.answers()} == {""}


def test_an_unknown_line_names_the_known_ones(desk: Desk) -> None:
    desk.configure(desk.simulated())
    with pytest.raises(ConfigError) as unknown:
        diagnose_line(desk.config, "fax")
    assert "desk" in unknown.value.advice


def test_looking_changes_nothing(desk: Desk, log: Store) -> None:
    desk.configure(desk.simulated())
    before = _contents(desk.folder)
    desk.found()
    after = _contents(desk.folder)
    assert {path for path in after if before.get(path) != after[path]} <= {"duty.db.lock"}


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
