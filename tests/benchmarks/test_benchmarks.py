"""Every benchmark of docs/performance.md runs, at sizes that say nothing about speed, and compares what it promises to.

No figure is asserted: how fast a shared machine is today is no property of the program.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

SMALL = {
    "wire_to_eye": ("P1", ["--events", "3", "--polled", "1"]),
    "append": ("P2", ["--calls", "12"]),
    "group_commit": ("P3", ["--lines", "4", "--events", "200", "--single", "5", "--flush-ms", "1"]),
    "notice": ("P4", ["--changes", "5", "--events", "100", "--unnudged", "1", "--idle-s", "0.2"]),
    "history": ("P5", ["--calls", "1500"]),
    "search": ("P6", ["--calls", "300", "--checked-calls", "300", "--terms", "30"]),
    "export": ("P7", ["--calls", "300", "--rows", "200", "--xlsx-rows", "50"]),
    "start": ("P8", ["--calls", "20"]),
    "idle": ("P9", ["--lines", "2", "--calls", "20", "--watch-s", "0.2", "--settle-s", "0.1"]),
    "others_at_work": ("P10", ["--calls", "300", "--round-s", "0.2"]),
    "sip": ("P11", ["--calls", "3", "--ringing", "5", "--for-s", "0.05", "--dear-calls", "3", "--outages"]),
}
"""The goal that each serves, and its options here."""

NEEDS = {"group_commit": "cc", "export": "sqlite3"}
"""Programs without which a benchmark cannot compare anything."""

EXACT = {
    "flushes a commit": lambda value: 1 <= value < 2,
    "commits for a burst of 1000 events": lambda value: value <= 2,
    "lost of 100 events": lambda value: value == 0,
    "of 30 terms, found elsewhere than by LIKE": lambda value: value == 0,
    "of 3 calls, not shown or not stored": lambda value: value == 0,
    "of 5 calls that rang, not stored": lambda value: value == 0,
    "of 10 calls of the crowd, not stored": lambda value: value == 0,
}
"""What does not depend on the machine."""


@pytest.mark.skipif(sys.platform != "linux", reason="terminals and /proc of Linux")
@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_says_both_figures_and_their_ratio(name: str, tmp_path: Path) -> None:
    if name in NEEDS and shutil.which(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    goal, sizes = SMALL[name]

    report = run(name, "--rounds", "1", "--json", "--folder", str(tmp_path), *sizes)

    assert report["goal"].split()[0] == goal
    assert report["machine"]
    comparisons = [finding for finding in report["findings"] if "reference" in finding]
    assert comparisons, "nothing is compared"
    for finding in comparisons:
        assert finding["ours"] >= 0
        assert finding["reference"] >= 0
        assert finding["ratio"] >= 0
        assert finding["unit"]
    for finding in report["findings"]:
        if finding["what"] in EXACT:
            assert EXACT[finding["what"]](finding["value"]), finding


def test_a_benchmark_leaves_nothing_behind_but_the_data_it_keeps(tmp_path: Path) -> None:
    run("search", "--rounds", "1", "--json", "--folder", str(tmp_path), *SMALL["search"][1])

    assert [path.name for path in tmp_path.iterdir()] in ([], ["dutyphone-benchmark-data"])


def test_people_read_the_verdict_beside_the_figures(tmp_path: Path) -> None:
    said = command("append", "--rounds", "1", "--folder", str(tmp_path), "--calls", "12")

    assert "P2 append" in said
    assert "ours" in said
    assert "reference" in said
    assert "ratio" in said
    assert "goal >= 0.5" in said


def test_every_goal_has_a_benchmark_and_every_benchmark_a_goal() -> None:
    helpers = {
        "__init__",
        "flushes",
        "made_up_calls",
        "measure",
        "processes",
        "sip_programs",
        "sip_registrar",
        "terminals",
    }
    runnable = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - helpers
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

    assert runnable == SMALL.keys()
    assert sorted(goal for goal, _sizes in SMALL.values()) == sorted(f"P{number}" for number in range(1, 12))
    for name, (goal, _sizes) in SMALL.items():
        assert f"| {goal} |" in page, goal
        assert f"`{name}`" in page, name


def run(name: str, *options: str) -> Any:
    """The report of a benchmark."""
    return json.loads(command(name, *options))


def command(name: str, *options: str) -> str:
    """What a benchmark says, run as somebody would."""
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    ).stdout
