"""`dutyphone db` as it is typed: what it says, what it leaves, and what it refuses."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.office import PATIENCE_S, Office

from dutyphone.journal.facts import CallArrived, CallEnded, CallIdentified, Fact, NumberKind, Outcome
from dutyphone.lines.events import Evidence
from dutyphone.store.key import read_key_file
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

NUMBER = "01055501234"


def a_call(call: str, at: datetime) -> list[Fact]:
    return [
        CallArrived(at=at, call=call, line="desk"),
        CallIdentified(
            at=at, call=call, number_raw=NUMBER, number="+861055501234", kind=NumberKind.FIXED, name="值班室"
        ),
        CallEnded(at=at, call=call, outcome=Outcome.MISSED, evidence=Evidence.RINGING_STOPPED, rings=2, ring_s=6.0),
    ]


def fill(office: Office, *days_ago: int) -> Path:
    """A log with a call so many days ago each."""
    path = office.folder / "data" / "duty.db"
    now = datetime.now(UTC)
    with Store.open(f"sqlite:///{path}", key_folder=office.folder / "data") as store:
        for n, age in enumerate(days_ago):
            at = now - timedelta(days=age)
            store.append(a_call(f"c{n}", at), recorded_at=at)
    return path


def settings(office: Office, text: str) -> Path:
    path = office.folder / "config" / "dutyphone" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def said(office: Office, *arguments: str) -> str:
    done = office.call(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(office: Office, *arguments: str) -> str:
    done = office.call(*arguments)
    assert done.returncode != 0, done.stdout
    assert done.stderr.startswith("dutyphone: ")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_copy_and_restore(office: Office) -> None:
    """X30: rehearsed as somebody would who lost the log."""
    path = fill(office, 3, 2)
    told = said(office, "db", "backup")
    copy = Path(re.search(r"checked: (\S+\.db), 6 rows", told)[1])  # type: ignore[index]
    assert copy.parent == office.folder / "data" / "backups"
    with Store.open(f"sqlite:///{path}", key_folder=office.folder / "data") as store:
        store.append(a_call("later", datetime.now(UTC)), recorded_at=datetime.now(UTC))
    assert "goes on from the copy" in said(office, "verify", "--against", str(copy))
    told = said(office, "db", "restore", str(copy))
    assert "6 rows" in told
    aside = Path(re.search(r"kept: (\S+)", told)[1])  # type: ignore[index]
    assert aside.exists()
    assert "7 rows" in said(office, "db", "verify")
    assert "exists" in refused(office, "db", "backup", str(copy))


def test_a_copy_is_taken_and_nothing_is_restored_while_a_recorder_writes(office: Office) -> None:
    office.record("night-shift")
    copy = office.folder / "copy.db"
    said(office, "db", "backup", "--drill", str(copy))
    assert "already writing" in refused(office, "db", "restore", "--drill", str(copy))
    assert "already writing" in refused(office, "db", "copy", "--drill", f"sqlite:///{office.folder}/other.db")


def test_the_log_goes_into_another_database(office: Office) -> None:
    fill(office, 3, 2)
    other = office.folder / "other.db"
    assert "6 rows" in said(office, "db", "copy", f"sqlite:///{other}")
    with Store.open(f"sqlite:///{other}", key_folder=office.folder / "data") as store:
        assert verify(store).ok
    assert "already" in refused(office, "db", "copy", f"sqlite:///{other}")
    assert "itself" in refused(office, "db", "copy", f"sqlite:///{office.folder}/data/duty.db")


def test_a_forged_log_is_found_against_a_copy_kept_elsewhere(office: Office) -> None:
    """X17: whoever has the key of the head can sign a forged journal, and cannot reach into the safe."""
    path = fill(office, 3, 2)
    copy = office.folder / "copy.db"
    said(office, "db", "backup", str(copy))
    for name in ("duty.db", "duty.db.head", "duty.db-wal", "duty.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    fill(office, 3, 1, 1)
    said(office, "verify")
    done = office.call("verify", "--against", str(copy))
    assert done.returncode == 4
    assert "Row 6" in done.stderr


def test_encrypt_and_decrypt(office: Office) -> None:
    path = fill(office, 2)
    key_file = office.folder / "secret" / "log.key"
    assert "key_file" in refused(office, "db", "encrypt")
    settings(office, f'[database]\nkey_file = "{key_file}"\n')
    assert "3 rows" in said(office, "db", "encrypt")
    assert NUMBER.encode() not in path.read_bytes()
    assert key_file.stat().st_mode & 0o777 == 0o600
    said(office, "verify")
    key = key_file.read_text()
    key_file.write_text("00" * 32 + "\n")
    assert "does not open" in refused(office, "verify")
    key_file.write_text(key)
    said(office, "db", "decrypt")
    assert "not encrypted" in refused(office, "verify")


def test_the_recorder_writes_an_encrypted_log_and_its_key_is_nowhere_to_be_seen(office: Office) -> None:
    """Not among its arguments, not in its environment, not in what it says."""
    key_file = office.folder / "log.key"
    settings(
        office,
        f'[database]\nkey_file = "{key_file}"\n[lines.desk]\ndriver = "serial_modem"\nport = "sim://one-call"\n',
    )
    fill(office)
    said(office, "db", "encrypt")
    recorder = office.start("record", "--tell-parent", "--wait")
    assert recorder.stdout is not None
    assert recorder.stdout.readline() == "ready\n"
    secret = key_file.read_text().strip()
    for name in ("cmdline", "environ"):
        assert secret.encode() not in Path(f"/proc/{recorder.pid}/{name}").read_bytes()
    key = read_key_file(key_file)
    path = office.folder / "data" / "duty.db"
    deadline = time.monotonic() + PATIENCE_S
    with Store.open(f"sqlite:///{path}", create=False, key_folder=office.folder / "data", key=key) as store:
        while not store.last_seq():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    code, complaints = office.stop(recorder)
    assert code == 0
    assert secret not in complaints
    assert b"SQLite format 3" not in path.read_bytes()


class Terminal:
    """`dutyphone` on a terminal, for commands that ask."""

    def __init__(self, office: Office, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.said = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dutyphone", *arguments],
            env=office.environment,
            cwd=office.folder,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)

    def answer(self, question: str, text: str) -> None:
        self._until(lambda: question in self.said)
        self.said = ""
        os.write(self._master, text.encode() + b"\n")

    def end(self) -> int:
        self._until(lambda: False)
        os.close(self._master)
        return self._process.wait(PATIENCE_S)

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            ready, _w, _x = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, self.said
            try:
                data = os.read(self._master, 4096)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self.said += data.decode(errors="replace")


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_passphrase_is_asked_for_and_never_shown(office: Office) -> None:
    path = fill(office, 2)
    settings(office, "[database]\nkey_prompt = true\n")
    assert "terminal" in refused(office, "verify")
    terminal = Terminal(office, "db", "encrypt")
    terminal.answer("New passphrase", "short")
    assert terminal.end() == 4
    assert "at least 8" in terminal.said
    terminal = Terminal(office, "db", "encrypt")
    terminal.answer("New passphrase", "白日依山尽黄河入海流")
    terminal.answer("Once more", "白日依山尽黄河入海流")
    assert terminal.end() == 0, terminal.said
    assert "黄河" not in terminal.said
    assert NUMBER.encode() not in path.read_bytes()
    terminal = Terminal(office, "console")
    terminal.answer("Passphrase", "not this one")
    assert terminal.end() == 4, "before a screen is in the way"
    assert "does not open" in terminal.said
    terminal = Terminal(office, "verify")
    terminal.answer("Passphrase", "白日依山尽黄河入海流")
    assert terminal.end() == 0, terminal.said


def test_a_child_recorder_hears_the_key_from_its_parent(office: Office) -> None:
    """As `dutyphone run` starts it: through the pipe that is its standard input."""
    from dutyphone.cli.run import RecorderProcess

    path = fill(office)
    settings(office, '[database]\nkey_prompt = true\n[lines.desk]\ndriver = "serial_modem"\nport = "sim://one-call"\n')
    path.unlink()
    key = "5a" * 32
    environment = office.environment
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        with RecorderProcess([], office.folder / "recorder.log", key=key) as recorder:
            pid = recorder._child.pid
            assert key.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
            assert key.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    assert key not in (office.folder / "recorder.log").read_text(encoding="utf-8")
    assert path.exists()
    assert b"SQLite format 3" not in path.read_bytes()


def test_a_recorder_on_a_log_that_is_up_to_date_does_not_load_migrations(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P9: eleven megabytes that it would keep for ever."""
    said(office, "db", "upgrade", "--drill")
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    _code, imported = office.stop(office.record("one-call"))
    assert re.search(r"\| +dutyphone\.store\.store\n", imported)
    assert not re.search(r"\| +(alembic|psycopg)\b", imported)


def test_purge(office: Office) -> None:
    """X32: nothing goes without a rule; with one, what it says and no more."""
    path = fill(office, 400, 300, 10)
    captures = office.folder / "data" / "capture" / "desk"
    captures.mkdir(parents=True)
    (captures / "2020-01-01.txt").write_text("# line: desk\n", encoding="utf-8")
    assert "for ever" in said(office, "db", "purge")
    settings(office, "[retention]\ncalls = 365\n")
    assert "1 calls" in said(office, "db", "purge", "--dry-run")
    assert "purged" not in said(office, "verify")
    told = said(office, "db", "purge")
    assert "1 calls" in told
    assert "3 rows" in told
    assert "Captures deleted: 1" in told
    assert "0 calls" in said(office, "db", "purge")
    assert "3 of them were purged" in said(office, "verify")
    with Store.open(f"sqlite:///{path}", create=False, key_folder=office.folder / "data") as store:
        assert [row.purged for row in store.calls_between(datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC))] == [
            False,
            False,
            True,
        ]


@pytest.mark.parametrize("days", ["7", "-1", '"long"'])
def test_a_rule_that_would_empty_the_log_is_no_rule(office: Office, days: str) -> None:
    settings(office, f"[retention]\ncalls = {days}\n")
    told = refused(office, "db", "purge")
    assert "retention.calls" in told
    assert "config.toml:2" in told


def test_two_keys_are_one_too_many(office: Office) -> None:
    settings(office, '[database]\nkey_file = "/etc/dutyphone/log.key"\nkey_prompt = true\n')
    assert "not both" in refused(office, "verify")
