"""From the wire to log and export, through real processes on a simulated line."""

from __future__ import annotations

import csv
import signal
import time
from datetime import UTC, datetime, timedelta

from support.office import Office

from dutyphone.journal.facts import Outcome
from dutyphone.lines.events import Evidence, LossReason
from dutyphone.store.readmodels import CallQuery, CallRow, CallState, LineCondition
from dutyphone.store.store import Store

TWO_CALLS = """# personality: conexant-cx81801
@ +3
* call from=01055501234 name="市应急管理局值班室" rings=3 hook=true answered=true talk=8
@ +60
* call from=13900001234 rings=2
@ +600
"""

ONE_LONG_RINGING = """@ +3
* call from=01055501234 rings=40
@ +600
"""


def calls(store: Store) -> list[CallRow]:
    return list(store.stream_calls(CallQuery()))


def ended(number: int) -> object:
    return lambda store: len([c for c in calls(store) if c.state is CallState.ENDED]) >= number


def test_a_call_goes_from_the_wire_to_log_status_and_export(office: Office) -> None:
    """S2-07, X01: every line event ends as a call row, with number, times and outcome."""
    recorder = office.record(office.scenario(TWO_CALLS))
    office.wait_for(ended(2))
    status = office.call("status", "--drill")
    assert status.returncode == 0, status
    code, said = office.stop(recorder)
    assert (code, said) == (0, "")
    with office.store() as store:
        first, second = calls(store)
        assert (first.number, first.name) == ("+861055501234", "市应急管理局值班室")
        assert first.rings == 3
        assert (second.number, second.rings) == ("+8613900001234", 2)
        assert second.result is not Outcome.ANSWERED
        assert {line.condition for line in store.lines()} == {LineCondition.DOWN}
    sheet = office.folder / "calls.csv"
    exported = office.call(
        *("export", "calls", "--drill", "--format", "csv", "-o", str(sheet), "--language", "zh_CN"),
        *("--to", "2100-01-01"),  # the clock of a fast drill runs ahead
    )
    assert exported.returncode == 0, exported
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbf"), "X19: Excel and WPS need the mark"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["姓名"] for row in rows] == ["市应急管理局值班室", ""]
    verified = office.call("verify", "--drill")
    assert verified.returncode == 0, verified


def test_a_recorder_killed_in_mid_ringing_loses_no_call(office: Office) -> None:
    """X01, S1-42: the row is there, closed as cut off, and the time nobody listened is in the log."""
    recorder = office.record(office.scenario(ONE_LONG_RINGING))
    office.wait_for(lambda store: any(c.rings >= 2 for c in store.open_calls()))
    recorder.send_signal(signal.SIGKILL)
    recorder.wait()
    with office.store() as store:
        (row,) = store.open_calls()
    again = office.record(office.scenario("@ +3600\n"))
    office.wait_for(lambda store: all(line.condition is LineCondition.IDLE for line in store.lines()))
    with office.store() as store:
        (closed,) = calls(store)
        assert closed.call == row.call
        assert (closed.state, closed.evidence) == (CallState.ENDED, Evidence.RECORDER_STOPPED)
        assert closed.result is Outcome.UNKNOWN
        now = datetime.now(UTC)
        (blind,) = [b for b in store.blind_intervals(now - timedelta(hours=1), now) if b.until_at is not None]
        assert blind.reason is None
    office.stop(again)
    assert office.call("verify", "--drill").returncode == 0


def test_a_pulled_cable_is_a_blind_interval_with_its_reason(office: Office) -> None:
    """X04: not seeing the line is itself recorded."""
    recorder = office.record(office.scenario("@ +20\n* unplug\n* replug after=60\n@ +600\n"), speed=20)
    now = datetime.now(UTC)
    span = (now - timedelta(hours=1), now + timedelta(hours=1))
    office.wait_for(lambda store: any(line.condition is LineCondition.DOWN for line in store.lines()))
    office.wait_for(
        lambda store: any(b.reason is not None and b.until_at is not None for b in store.blind_intervals(*span))
    )
    with office.store() as store:
        (blind,) = [b for b in store.blind_intervals(*span) if b.reason is not None]
    assert blind.reason is LossReason.CABLE_UNPLUGGED
    office.stop(recorder)


def test_a_second_recorder_refuses_with_a_clear_sentence(office: Office) -> None:
    first = office.record(office.scenario("@ +3600\n"))
    second = office.call("record", "--simulate", "one-call")
    assert second.returncode == 5
    assert str(first.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert first.poll() is None
    office.stop(first)


def test_stop_ends_the_recorder_in_good_order(office: Office) -> None:
    recorder = office.record(office.scenario(ONE_LONG_RINGING))
    office.wait_for(lambda store: bool(store.open_calls()))
    stopped = office.call("stop", "--drill")
    assert stopped.returncode == 0, stopped
    assert recorder.wait(10) == 0
    with office.store() as store:
        assert store.open_calls() == ()
        recorder_row = store.recorder()
        assert recorder_row is not None
        assert recorder_row.stopped_at is not None
    assert office.call("status", "--drill").returncode == 1


def test_a_drill_is_marked_and_apart(office: Office) -> None:
    """X28, decision 12."""
    recorder = office.record("one-call")
    office.wait_for(ended(1))
    office.stop(recorder)
    with office.store() as store:
        recorder_row = store.recorder()
        assert recorder_row is not None
        assert recorder_row.simulated
    assert not (office.folder / "data" / "duty.db").exists()


def test_a_drill_ends_with_whoever_started_it(office: Office) -> None:
    recorder = office.record(office.scenario("@ +3600\n"), options=["--with-parent"])
    assert recorder.stdin is not None
    recorder.stdin.close()
    recorder.stdin = None
    assert recorder.wait(10) == 0


def test_the_wire_is_captured_before_it_is_parsed(office: Office) -> None:
    recorder = office.record(office.scenario(TWO_CALLS))
    office.wait_for(ended(1))
    office.stop(recorder)
    (capture,) = (office.folder / "data" / "drill" / "capture" / "desk").iterdir()
    text = capture.read_text(encoding="utf-8")
    assert "< " in text
    assert "> AT" in text


def test_ringing_reaches_the_log_while_it_rings(office: Office) -> None:
    """X01: the row exists from the first RING."""
    recorder = office.record(office.scenario(ONE_LONG_RINGING), speed=5)
    office.wait_for(lambda store: any(c.rings == 1 for c in store.open_calls()))
    started = time.monotonic()
    office.wait_for(lambda store: any(c.number == "+861055501234" for c in store.open_calls()))
    assert time.monotonic() - started < 20
    office.stop(recorder)
