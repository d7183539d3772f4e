"""`dutyphone doctor` as a command: what it prints, what it leaves with."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from support.examined import Desk


def doctor(
    desk: Desk, *arguments: str, keys: str = "", locale: str = "en_US.UTF-8"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dutyphone", "doctor", *arguments, "--config", str(desk.config)],
        env={**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": "utf-8"},
        input=keys,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_fault_is_an_exit_code(desk: Desk) -> None:
    desk.configure('[lines.desk]\ndriver = "serial_modem"\nport = "/dev/ttyMADEUP0"\n')
    done = doctor(desk)
    assert done.returncode == 1
    assert "FAULT" in done.stdout
    assert "/dev/ttyMADEUP0" in done.stdout
    assert done.stderr == ""


def test_json_is_nothing_but_json(desk: Desk) -> None:
    desk.configure(desk.simulated())
    done = doctor(desk, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert said["ok"] is True
    assert {"python", "disk", "clock", "device", "handset"} <= {row["check"] for row in said["findings"]}


def test_it_speaks_chinese(desk: Desk) -> None:
    desk.configure('[lines.desk]\ndriver = "serial_modem"\nport = "/dev/ttyMADEUP0"\n')
    done = doctor(desk, locale="zh_CN.UTF-8")
    assert "没有端口 /dev/ttyMADEUP0" in done.stdout
    assert "故障" in done.stdout


def test_one_line_alone(desk: Desk) -> None:
    desk.configure(desk.simulated())
    done = doctor(desk, "line", "desk", "--evidence")
    assert done.returncode == 0
    assert "| AT+VLS=?: " in done.stdout
    assert "Python" not in done.stdout


def test_a_broken_configuration_is_a_finding(desk: Desk) -> None:
    desk.config.write_text("[room\n", encoding="utf-8")
    done = doctor(desk)
    assert done.returncode == 1
    assert "config.toml:1" in done.stdout


def test_the_guided_check_from_beginning_to_end(desk: Desk) -> None:
    desk.configure(desk.simulated("@ +25\n* call from=01055501234 rings=2 answered=true talk=1\n@ +3600\n", speed=40))
    done = doctor(desk, "line", "desk", "--guided", "--mask", "--json", keys="y\n")
    assert done.returncode == 0, done.stderr
    said = {row["check"]: row["status"] for row in json.loads(done.stdout)["findings"]}
    assert said["handset"] == "ok"
    assert "ring 2" in done.stderr
    assert "hook_proved = true" in desk.config.read_text(encoding="utf-8")
    (transcript,) = (desk.folder / "data" / "doctor").iterdir()
    assert "01055501234" not in transcript.read_text(encoding="utf-8")


def test_a_modem_of_dutyphone_simulate_is_a_modem_and_no_busy_port(desk: Desk) -> None:
    """The simulator keeps both ends of its pseudo-terminal; a program on it, and nobody else, has the port."""
    scenario, link = desk.folder / "quiet.txt", desk.folder / "ttyDUTY"
    scenario.write_text("@ +3600\n", encoding="utf-8")
    desk.configure(f'[lines.desk]\ndriver = "serial_modem"\nport = "{link}"\n')
    simulator = subprocess.Popen(
        [sys.executable, "-m", "dutyphone", "simulate", "modem", str(scenario), "--link", str(link)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert simulator.stdout is not None
        assert str(link) in simulator.stdout.readline()
        free = {row["check"]: row for row in json.loads(doctor(desk, "--json").stdout)["findings"]}
        with link.open("rb", buffering=0) as port:
            holder = subprocess.Popen(["sleep", "60"], stdin=port)
        try:
            held = {row["check"]: row for row in json.loads(doctor(desk, "--json").stdout)["findings"]}
        finally:
            holder.kill()
            holder.wait()
    finally:
        simulator.terminate()
        simulator.communicate()
    assert free["port"]["status"] != "fault"
    assert free["device"]["status"] == "ok"
    assert held["port"]["status"] == "fault"
    assert "sleep" in held["port"]["sentence"]
