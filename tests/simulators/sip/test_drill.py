"""A SIP night as a drill: an exchange that is there as long as the drill is."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dutyphone_simulators.sip.drill import sip_drill
from dutyphone_simulators.sip.script import is_sip_scenario
from support.raw_telephone import RawTelephone

from dutyphone.errors import TranscriptError


def test_who_registers_hears_the_scenario_begin(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.txt"
    scenario.write_text("# line: sip\n@ +1\n* call from=01055501234\n@ +60\n", "utf-8")
    with sip_drill(scenario, speed=100.0) as options:
        host, _, port = str(options["server"]).partition(":")
        password = Path(str(options["password_file"]))
        assert stat.S_IMODE(password.stat().st_mode) == 0o600
        with RawTelephone(
            (host, int(port)), user=str(options["account"]), password=password.read_text("ascii")
        ) as phone:
            assert phone.register().status == 200
            assert "01055501234" in phone.hear("INVITE")["from"]
    assert not password.exists()


def test_which_scenarios_are_for_an_exchange(tmp_path: Path) -> None:
    mine, modem = tmp_path / "mine.txt", tmp_path / "modem.txt"
    mine.write_text("# line: sip\n* call from=110\n", "utf-8")
    modem.write_text("* call from=110\n", "utf-8")
    assert is_sip_scenario("sip-night")
    assert is_sip_scenario(str(mine))
    assert not is_sip_scenario(str(modem))
    assert not is_sip_scenario("night-shift")
    assert not is_sip_scenario("no-such-thing")


def test_a_scenario_that_does_not_exist_begins_no_drill() -> None:
    with pytest.raises(TranscriptError), sip_drill("no-such-thing"):
        raise AssertionError("it began")


def test_the_recorder_keeps_a_sip_night_like_any_other_drill(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.txt"
    scenario.write_text(
        "# line: sip\n@ +1\n* call from=01055501234 name=张三 gives_up=20\n@ +60\n"
        "* call from=01055501235 answers=20 talk=30\n@ +600\n",
        "utf-8",
    )
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }

    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "dutyphone", *arguments, "--language", "en"]

    recorder = subprocess.Popen(command("record", "--simulate", str(scenario), "--speed", "100"), env=environment)
    try:
        deadline, calls = time.monotonic() + 20, []
        while len(calls) < 2 and time.monotonic() < deadline:
            out = tmp_path / "calls.jsonl"
            order = command("export", "calls", "--drill", "--format", "jsonl", "-o", str(out))
            if subprocess.run(order, env=environment, capture_output=True, check=False).returncode == 0:
                rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
                calls = [row for row in rows if row["type"] == "call" and row["ended_at"]]
                out.unlink()
    finally:
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(10) == 0
    assert [(call["number_raw"], call["result"], call["source"]) for call in calls[:2]] == [
        ("01055501234", "missed", "drill"),
        ("01055501235", "answered", "drill"),
    ]
