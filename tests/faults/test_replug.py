"""A cable that is pulled and comes back under another name: whoever opens the lasting name finds the modem again."""

from __future__ import annotations

from pathlib import Path

import pytest
from dutyphone_drivers.serial_modem.plugin import plugin
from dutyphone_simulators.clock import FastClock
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import ScenarioPlayer
from support.recording import Recording

from dutyphone.clock import SystemClock
from dutyphone.journal.facts import LineCameBack, LineFact, LineWentDown
from dutyphone.lines.events import Evidence, LossReason
from dutyphone.lines.transcript import parse_transcript

pty_modem = pytest.importorskip("dutyphone_simulators.pty_modem")

SCENARIO = """@ +2.5
* call from=01055501234 rings=3 cadence=UK
@ +1.5
* unplug
* replug after=0.3
@ +4
* call from=13900001234 rings=3 cadence=UK
@ +60
"""


def test_a_modem_that_comes_back_as_another_device_is_the_same_line(recording: Recording, tmp_path: Path) -> None:
    """S1-42: /dev/serial/by-id stays, /dev/ttyUSB0 becomes /dev/ttyUSB1. One call before, one after, none lost."""
    link, names, clock = tmp_path / "usb-made-up", [], FastClock(SystemClock())

    def report(sentence: str) -> None:
        if str(link) in sentence:
            names.append(str(link.readlink()))

    player = ScenarioPlayer(parse_transcript(SCENARIO), load_personality("usr-5637"), clock.now())
    modem = pty_modem.PtyModem(player, clock, link=link, report=report, ended=lambda: None)
    modem.start()
    try:
        recording.lines["desk"] = lambda: plugin.open_line("desk", {"port": str(link), "profile": "usr"})
        recording.start()
        recording.wait_for(lambda: any(row.rings for row in recording.rows() if row.id == 2))
        recording.stop()
    finally:
        modem.stop()
    first_name, second_name = names
    assert first_name != second_name
    before, after = recording.rows()
    assert before.evidence is Evidence.LINE_LOST
    assert after.evidence is Evidence.RECORDER_STOPPED
    story = [fact for fact in recording.facts() if isinstance(fact, LineFact)]
    assert [type(fact) for fact in story] == [LineCameBack, LineWentDown, LineCameBack]
    assert [fact.reason for fact in story if isinstance(fact, LineWentDown)] == [LossReason.CABLE_UNPLUGGED]
    assert {fact.port for fact in story if isinstance(fact, LineCameBack)} == {str(link)}
    recording.check()
