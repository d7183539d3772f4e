"""Faults that a test cannot make on this machine: the facts are made up, the judgement is real."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dutyphone.doctor import clocks, environment, lines, machine, record
from dutyphone.doctor.clocks import Clocks, Stamp, offset_of
from dutyphone.doctor.environment import Environment
from dutyphone.doctor.finding import Finding, Status, ask
from dutyphone.doctor.lines import Device, Heard, Holder, Line
from dutyphone.doctor.record import Backup, Disk, Record, Recorder
from dutyphone.errors import UnsafeSqlite
from dutyphone.lines.examination import Certainty, Claim, Examination, Power

NOW = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
BEIJING = ZoneInfo("Asia/Shanghai")
GOOD = Environment(
    python=(3, 12, 1),
    machine="Linux x86_64",
    sqlite="3.53.0",
    encoding="UTF-8",
    locale="zh_CN.UTF-8",
    terminal="xterm-256color",
    columns=120,
    cell_width=2,
    config="/etc/dutyphone/config.toml",
    config_exists=True,
    lines=1,
)
LOG = Record(at=NOW, place="/var/lib/dutyphone/duty.db", rows=100, checked=100, size=1 << 20)
GB = 1 << 30


def environment_found(**changes: object) -> dict[str, Finding]:
    facts = replace(GOOD, **changes)  # type: ignore[arg-type]  # names and types are those of the class
    return {answer.check: answer.finding for answer in ask(environment.CHECKS, facts)}


def record_found(facts: Record) -> dict[str, Finding]:
    return {answer.check: answer.finding for answer in ask(record.CHECKS, facts)}


def port_found(device: Device) -> Finding:
    facts = Line(name="desk", driver="serial_modem", port=device.path, device=device)
    return next(answer.finding for answer in ask(lines.CHECKS, facts) if answer.check == "port")


# --- the computer ------------------------------------------------------------------------------------------------


def test_a_good_computer() -> None:
    assert {finding.status for finding in environment_found().values()} == {Status.OK}


@pytest.mark.parametrize("encoding", ["gbk", "cp936", "ANSI_X3.4-1968", "latin-1", "", "nonsense"])
def test_a_terminal_in_another_encoding(encoding: str) -> None:
    """X24."""
    found = environment_found(encoding=encoding)["encoding"]
    assert found.status is Status.FAULT
    assert "LANG=zh_CN.UTF-8" in found.advice


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"terminal": "linux"}, Status.WARNING, "no Chinese characters"),
        ({"cell_width": 1}, Status.WARNING, "1 columns wide instead of 2"),
        ({"columns": 72}, Status.WARNING, "72 columns"),
        ({"cell_width": None}, Status.UNKNOWN, "does not say"),
    ],
)
def test_terminals_that_show_chinese_badly(changes: dict[str, object], status: Status, says: str) -> None:
    """X23, X24."""
    found = environment_found(**changes)["terminal"]
    assert found.status is status
    assert says in found.sentence


def test_output_into_a_file_has_no_width() -> None:
    assert "terminal" not in environment_found(columns=None)


def test_old_python_and_unsafe_sqlite() -> None:
    assert environment_found(python=(3, 10, 4))["python"].status is Status.FAULT
    unsafe = UnsafeSqlite("SQLite 3.40 can damage a database.", advice="pip install sqlcipher3")
    assert environment_found(sqlite=None, sqlite_problem=unsafe)["sqlite"].status is Status.FAULT


def test_configuration_missing_or_without_a_line() -> None:
    assert "config init" in environment_found(config_exists=False, lines=0)["config"].advice
    assert "no line" in environment_found(lines=0)["config"].sentence


# --- the port ----------------------------------------------------------------------------------------------------


def test_a_user_who_is_not_in_the_group() -> None:
    found = port_found(Device(path="/dev/serial/by-id/usb-x", exists=True, allowed=False, group="dialout"))
    assert found.status is Status.FAULT
    assert "usermod -aG dialout" in found.advice


def test_a_user_who_has_to_log_in_again() -> None:
    device = Device(path="/dev/serial/by-id/usb-x", exists=True, allowed=False, group="dialout", member=True)
    assert "log out and in again" in port_found(device).advice


def test_a_device_that_belongs_to_nobody_but_root() -> None:
    found = port_found(Device(path="/dev/ttyACM0", exists=True, allowed=False, group="root"))
    assert "usermod" not in found.advice


def test_modem_manager_is_named_with_the_cure() -> None:
    holder = Holder(pid=812, name="ModemManager")
    found = port_found(Device(path="/dev/serial/by-id/usb-x", exists=True, holders=(holder,)))
    assert "ModemManager (812)" in found.sentence
    assert "systemctl disable --now ModemManager" in found.advice


def test_a_name_that_changes_with_the_next_replug() -> None:
    stable = "/dev/serial/by-id/usb-USR_5637"
    found = port_found(Device(path="/dev/ttyUSB0", exists=True, stable=(stable,)))
    assert found.status is Status.WARNING
    assert stable in found.advice


def test_a_missing_port_names_those_that_are_there() -> None:
    other = "/dev/serial/by-id/usb-other"
    assert other in port_found(Device(path="/dev/ttyUSB0", exists=False, others=(other,))).advice


def test_who_has_the_other_end_of_a_terminal_is_the_device(tmp_path: Path) -> None:
    """`dutyphone simulate modem` keeps both ends; a program on the near end alone still has the port."""
    keeper, kept = os.openpty()
    try:
        port, number = Path(os.ttyname(kept)), os.ttyname(kept).rpartition("/")[2]
        for pid, far_end in (("812", number), ("813", "77")):
            (tmp_path / pid / "fd").mkdir(parents=True)
            (tmp_path / pid / "fdinfo").mkdir()
            (tmp_path / pid / "comm").write_text("program\n", encoding="ascii")
            (tmp_path / pid / "fd" / "6").symlink_to("/dev/ptmx")
            (tmp_path / pid / "fdinfo" / "6").write_text(f"pos:\t0\ntty-index:\t{far_end}\n", encoding="ascii")
            (tmp_path / pid / "fd" / "7").symlink_to(port)
        (found,) = machine.holders_of(port, proc=tmp_path)
    finally:
        os.close(keeper)
        os.close(kept)
    assert found.pid == 813


def test_a_device_as_it_is_found(tmp_path: Path) -> None:
    keeper, kept = os.openpty()
    port = Path(os.ttyname(kept))
    links = tmp_path / "by-id"
    links.mkdir()
    (links / "usb-made-up").symlink_to(port)
    (links / "usb-other").symlink_to("/dev/null")
    proc = tmp_path / "proc"
    (proc / "812" / "fd").mkdir(parents=True)
    (proc / "812" / "comm").write_text("ModemManager\n", encoding="utf-8")
    (proc / "812" / "fd" / "7").symlink_to(port)
    (proc / "813" / "fd").mkdir(parents=True)
    (proc / "self").mkdir()
    try:
        found = machine.look_at_device(str(links / "usb-made-up"), links=links, proc=proc)
    finally:
        os.close(keeper)
        os.close(kept)
    assert found.exists
    assert found.is_device
    assert found.allowed
    assert found.holders == (Holder(pid=812, name="ModemManager"),)
    assert found.stable == (str(links / "usb-made-up"),)
    assert len(found.others) == 2


# --- what a line can tell ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certainty", "proved", "status", "says"),
    [
        (Certainty.CLAIMED, False, Status.WARNING, "not proved"),
        (Certainty.OTHERWISE, False, Status.WARNING, "idle_class = 8"),
        (Certainty.NO, False, Status.WARNING, "cannot tell answered from missed"),
        (Certainty.UNKNOWN, False, Status.UNKNOWN, "not known"),
        (Certainty.NO, True, Status.OK, "Proved"),
    ],
)
def test_the_handset(certainty: Certainty, proved: bool, status: Status, says: str) -> None:
    found = Examination(
        device="x", family="x", family_title="x", recognised=True, claims={Power.HANDSET: Claim(certainty=certainty)}
    )
    line = Line(name="desk", driver="serial_modem", hook_proved=proved, examination=found)
    (finding,) = (a.finding for a in ask(lines.CHECKS, line) if a.check == "handset")
    assert finding.status is status
    assert says in finding.sentence


def test_a_handset_that_was_seen_and_is_not_proved() -> None:
    claims = {Power.HANDSET: Claim(certainty=Certainty.CLAIMED)}
    found = Examination(device="x", family="x", family_title="x", recognised=True, claims=claims)
    line = Line(name="desk", driver="serial_modem", examination=found, heard=Heard(calls=9, handset_seen=4))
    (finding,) = (a.finding for a in ask(lines.CHECKS, line) if a.check == "handset")
    assert "4 of the last 9" in finding.sentence
    assert "--guided" in finding.advice


def test_a_modem_without_any_switch_for_caller_id() -> None:
    claims = {Power.CALLER_ID: Claim(certainty=Certainty.NO, because="AT+VCID=1")}
    found = Examination(device="x", family="x", family_title="x", recognised=True, claims=claims)
    line = Line(name="desk", driver="serial_modem", examination=found)
    (finding,) = (a.finding for a in ask(lines.CHECKS, line) if a.check == "caller-id")
    assert finding.status is Status.FAULT
    (finding,) = (a.finding for a in ask(lines.CHECKS, replace(line, has_caller_id=False)) if a.check == "caller-id")
    assert finding.status is Status.OK


# --- the record --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "a_day", "status"),
    [
        (100 * GB, None, Status.OK),
        (100 * GB, 20 << 20, Status.OK),
        (1 * GB, 20 << 20, Status.WARNING),
        (1 * GB, 100 << 20, Status.FAULT),
        (50 << 20, 1, Status.FAULT),
        (0, None, Status.FAULT),
    ],
)
def test_room_on_the_disk_is_counted_in_days(free: int, a_day: int | None, status: Status) -> None:
    """X30."""
    disk = Disk(folder="/var/lib/dutyphone", writable=True, free=free, bytes_a_day=a_day)
    assert record_found(replace(LOG, disk=disk))["disk"].status is status


def test_a_disk_that_may_not_be_written() -> None:
    disk = Disk(folder="/var/lib/dutyphone", writable=False, free=GB)
    assert record_found(replace(LOG, disk=disk))["disk"].status is Status.FAULT


def test_a_reserve_that_was_used() -> None:
    """X30."""
    running = Recorder(running=True, pid=1, beat_at=NOW)
    disk = Disk(folder="/", writable=True, free=GB)
    assert record_found(replace(LOG, disk=disk, recorder=running))["reserve"].status is Status.WARNING
    assert record_found(replace(LOG, disk=replace(disk, reserve=True), recorder=running))["reserve"].status is Status.OK
    assert "reserve" not in record_found(replace(LOG, disk=disk))


@pytest.mark.parametrize(
    ("backup", "status"),
    [
        (Backup(), Status.WARNING),
        (Backup(at=NOW - timedelta(hours=9)), Status.OK),
        (Backup(at=NOW - timedelta(days=5)), Status.WARNING),
        (Backup(at=NOW - timedelta(days=30)), Status.FAULT),
        (Backup(problem="It is on a server."), Status.UNKNOWN),
    ],
)
def test_the_age_of_the_backup(backup: Backup, status: Status) -> None:
    """X30."""
    assert record_found(replace(LOG, backup=backup))["backup"].status is status


@pytest.mark.parametrize(
    ("recorder", "status"),
    [
        (None, Status.WARNING),
        (Recorder(running=True, pid=7, beat_at=NOW - timedelta(seconds=5)), Status.OK),
        (Recorder(running=True, pid=7, beat_at=NOW - timedelta(minutes=5)), Status.FAULT),
        (Recorder(running=False, beat_at=NOW - timedelta(minutes=5)), Status.FAULT),
        (Recorder(running=False, beat_at=NOW, stopped_at=NOW - timedelta(hours=1)), Status.WARNING),
    ],
)
def test_the_recorder(recorder: Recorder | None, status: Status) -> None:
    assert record_found(replace(LOG, recorder=recorder))["recorder"].status is status


# --- the clock ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("synchronised", "status"), [(True, Status.OK), (False, Status.WARNING), (None, Status.UNKNOWN)]
)
def test_whether_the_clock_is_kept(synchronised: bool | None, status: Status) -> None:
    """X29."""
    facts = Clocks(now=NOW, zone=BEIJING, synchronised=synchronised)
    (found,) = (answer.finding for answer in ask(clocks.CHECKS, facts))
    assert found.status is status
    assert "17:30:00 Asia/Shanghai" in found.sentence


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("0216 1730", 0),
        ("0216 1725", 5),
        ("02/16 17:35", -5),
        ("260216 1730", 0),
        ("02/16/26 1730", 0),
        ("0216 173000", 0),
        ("0217 1730", -24 * 60),
    ],
)
def test_stamps_of_the_exchange(text: str, minutes: int) -> None:
    assert offset_of(Stamp(text=text, heard_at=NOW + timedelta(seconds=9)), BEIJING) == timedelta(minutes=minutes)


def test_a_stamp_over_new_year() -> None:
    heard = datetime(2026, 12, 31, 16, 0, 30, tzinfo=UTC)  # half a minute into the year in Beijing
    assert offset_of(Stamp(text="1231 2359", heard_at=heard), BEIJING) == timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "0216", "1340 9999", "TIME", "0230 1200x 5", "12541"])
def test_a_stamp_that_says_nothing(text: str) -> None:
    assert offset_of(Stamp(text=text, heard_at=NOW), BEIJING) is None


def test_one_odd_stamp_accuses_nobody() -> None:
    stamps = [Stamp(text="0216 1730", heard_at=NOW)] * 4 + [Stamp(text="0101 0000", heard_at=NOW)]
    facts = Clocks(now=NOW, zone=BEIJING, synchronised=True, stamps=stamps)
    assert {answer.finding.status for answer in ask(clocks.CHECKS, facts)} == {Status.OK}


def test_the_kernel_is_asked_without_being_changed() -> None:
    assert machine.clock_is_kept() in (True, False, None)
