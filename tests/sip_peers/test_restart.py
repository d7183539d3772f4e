"""The recorder dies, and is started again, within the time of its registration."""

from __future__ import annotations

import re
import signal
import subprocess

import pytest
from support.office import Office
from support.sip_peers.kamailio import Kamailio
from support.sip_peers.peers import Peers
from support.sip_peers.programs import until

from dutyphone.lines.events import Evidence
from dutyphone.store.readmodels import CallQuery, CallState, LineCondition, LineRow
from dutyphone.store.store import Store


def record(office: Office) -> subprocess.Popen[str]:
    process = office.start("record", "--config", str(office.folder / "dutyphone.toml"), "--tell-parent")
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready", process.communicate()[1]
    return process


def log(office: Office) -> Store:
    folder = office.folder / "data"
    return Store.open(f"sqlite:///{folder / 'duty.db'}", create=False, key_folder=folder)


@pytest.mark.parametrize("port", ["given", "any"])
def test_a_recorder_killed_three_times_leaves_one_binding_and_no_second_ring(
    office: Office, peers: Peers, kamailio: Kamailio, port: str
) -> None:
    """A new instance id at every start would be a new telephone at every start (RFC 5626 section 4.1).

    With any port the Contact changes at every start, and what the dead recorder left is taken back by the next.
    """
    if port == "any":
        config = office.folder / "dutyphone.toml"
        config.write_text(re.sub("local = .*", "", config.read_text("utf-8")), "utf-8")
    for _life in range(3):
        recorder = record(office)
        until(lambda: any(p.status == 200 and p.method == "REGISTER" for p in kamailio.wire()))
        until(lambda: len(kamailio.bindings()) >= 1)
        recorder.send_signal(signal.SIGKILL)
        recorder.communicate()
    last = record(office)
    until(lambda: all(line.condition is LineCondition.IDLE for line in _lines(office)))
    until(lambda: len(kamailio.bindings()) == 1, told=peers.tell)
    before = sum(p.sent and p.method == "INVITE" and p.status is None for p in kamailio.wire())
    peers.gives_up(0.3).finish()
    sent = sum(p.sent and p.method == "INVITE" and p.status is None for p in kamailio.wire()) - before
    assert sent == 1
    code, said = office.stop(last)
    assert (code, said) == (0, "")
    assert kamailio.bindings() == []


def test_a_call_that_rang_when_the_recorder_was_killed_is_in_the_log(
    office: Office, peers: Peers, kamailio: Kamailio
) -> None:
    """X01: the row was there before it rang; the next recorder closes it and says why."""
    recorder = record(office)
    until(lambda: len(kamailio.bindings()) == 1)
    caller = peers.gives_up(8.0)
    until(lambda: _open_calls(office) == 1)
    recorder.send_signal(signal.SIGKILL)
    recorder.communicate()
    again = record(office)
    with log(office) as store:
        until(lambda: store.open_calls() == ())
        (row,) = store.stream_calls(CallQuery())
        assert (row.state, row.evidence) == (CallState.ENDED, Evidence.RECORDER_STOPPED)
    caller.end()
    office.stop(again)


def _lines(office: Office) -> list[LineRow]:
    with log(office) as store:
        return list(store.lines())


def _open_calls(office: Office) -> int:
    with log(office) as store:
        return len(store.open_calls())
