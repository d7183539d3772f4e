"""The scenarios and modems that come with the program."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import dutyphone_simulators
import pytest
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.library import list_scenarios, load_scenario
from dutyphone_simulators.personality import list_personalities, load_personality
from dutyphone_simulators.player import DEFAULT_PERSONALITY, ScenarioPlayer
from dutyphone_simulators.world import VERBS

from dutyphone.errors import TranscriptError
from dutyphone.i18n import language, use_language
from dutyphone.lines.transcript import World

SCENARIOS = [scenario.name for scenario in list_scenarios()]
README = Path(dutyphone_simulators.__file__).parents[1] / "README.md"
MADE_UP = re.compile(r"0(10|21)5550\d{4}|1390000\d{4}|013900000000|1[12]\d|12345|95\d{3}")


def play(name: str, personality: str, seconds: float, *, loop: bool = False, seed: int = 0) -> tuple[list[str], bytes]:
    """What is told and said while a scenario is played by a modem that was set up in every way."""
    clock, told, said = ManualClock(), [], b""
    player = ScenarioPlayer(
        load_scenario(name), load_personality(personality), clock.now(), loop=loop, seed=seed, report=told.append
    )
    for line in (b"ATE0\r", b"AT+VCID=1\r", b"AT#CID=1\r", b"AT-STE=3\r"):
        player.receive(line, clock.now())
    end = clock.now().mono + seconds
    while (due := player.next_deadline()) is not None and due <= end:
        clock.advance(due - clock.now().mono)
        player.on_deadline(clock.now())
        said += player.take_output()
    return told, said


def test_there_is_a_night_for_make_run_and_a_single_call() -> None:
    assert {"night-shift", "one-call", "every-dialect", "bad-night"} <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_titles_are_in_the_language_of_the_interface(name: str) -> None:
    before = language()
    try:
        use_language("zh_CN")
        chinese = next(info.title for info in list_scenarios() if info.name == name)
        use_language("en")
        english = next(info.title for info in list_scenarios() if info.name == name)
    finally:
        use_language(before)
    assert english.isascii()
    assert not chinese.isascii()


@pytest.mark.parametrize("name", SCENARIOS)
def test_numbers_are_made_up(name: str) -> None:
    for step in load_scenario(name).steps:
        if isinstance(step, World):
            for key in ("from", "called", "redirected_from"):
                values = step.values.get(key, [])
                for value in values if isinstance(values, list) else [values]:
                    assert MADE_UP.fullmatch(str(value)), value


@pytest.mark.parametrize("personality", list_personalities())
def test_every_modem_can_play_every_scenario(personality: str) -> None:
    assert load_personality(personality).source
    for name in SCENARIOS:
        _, said = play(name, personality, 3600)
        assert b"RING" in said


@pytest.mark.parametrize("seed", range(4))
def test_the_night_never_trips_over_itself_for_hours(seed: int) -> None:
    """No two calls at once in any round, whatever is drawn and however waits vary."""
    told, said = play("night-shift", "conexant-cx81801", 4 * 3600, loop=True, seed=seed)
    assert not [sentence for sentence in told if "busy tone" in sentence]
    assert said.count(b"RING") > 700
    calls = sum(" * call " in sentence or " * fax " in sentence for sentence in told)
    assert 280 <= calls <= 400


def test_the_first_call_of_the_night_comes_within_four_seconds() -> None:
    _, said = play("night-shift", "conexant-cx81801", 4)
    assert b"RING" in said


def test_the_night_has_variety() -> None:
    steps = [step for step in load_scenario("night-shift").steps if isinstance(step, World)]
    verbs = [step.verb for step in steps]
    assert {"call", "fax", "unplug", "replug", "lift", "dial", "hang_up", "noise"} <= set(verbs)
    assert 24 <= verbs.count("call") + verbs.count("fax") <= 32
    calls = [step.values for step in steps if step.verb == "call"]
    assert {"private", "out_of_area"} <= {values.get("withheld") for values in calls}
    assert {"none", "before", "between"} <= {values.get("cid") for values in calls}
    assert sum(values.get("answered", False) for values in calls) >= 8


def test_the_readme_lists_every_verb_and_parameter() -> None:
    if not README.is_file():
        pytest.skip("installed without its README")
    text = README.read_text("utf-8")
    for verb, parameters in VERBS.items():
        assert f"| `{verb}` |" in text
        for parameter in parameters:
            assert f"{parameter}=" in text, parameter


def test_every_data_file_is_one_that_is_listed() -> None:
    root = resources.files("dutyphone_simulators")
    assert {entry.name for entry in root.joinpath("scenarios").iterdir()} == {f"{name}.txt" for name in SCENARIOS}


def test_a_scenario_by_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("# title: Mine\n@ +1\n* call from=110\n", "utf-8")
    assert load_scenario(file).headings["title"] == "Mine"
    assert load_scenario(str(file)).source == "mine.txt"


def test_scenarios_and_modems_that_do_not_exist_are_named_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="nightshift") as refused:
        load_scenario("nightshift")
    assert "night-shift" in refused.value.advice
    with pytest.raises(TranscriptError, match="cannot be read"):
        load_scenario(tmp_path / "none.txt")
    (tmp_path / "gbk.txt").write_bytes("# 值班\n".encode("gbk"))
    with pytest.raises(TranscriptError, match="cannot be read"):
        load_scenario(tmp_path / "gbk.txt")
    with pytest.raises(TranscriptError, match="hayes") as refused:
        load_personality("hayes")
    assert DEFAULT_PERSONALITY in refused.value.advice
    with pytest.raises(TranscriptError, match="hayes"):
        load_personality("../hayes")
