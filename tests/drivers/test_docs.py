"""What the documentation shows is run as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dutyphone_drivers.serial_modem import absence, boxes, fields, frames, rings, signs
from dutyphone_simulators.testkit import load_transcripts, play

from dutyphone.errors import LineGone, OptionError
from dutyphone.lines.events import LineLost, LineOpened, LossReason, RingHeard
from dutyphone.lines.transcript import parse_transcript

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs"
PLUGIN = "dutyphone_simulators.pytest_plugin"


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def doorbell() -> dict[str, Any]:
    """The names that the example of writing-a-driver.md defines."""
    example, __ = _blocks("writing-a-driver.md", "python")
    names: dict[str, Any] = {"__name__": "doorbell"}
    exec(compile(example, "writing-a-driver.md", "exec", dont_inherit=True), names)
    return names


def test_the_example_driver_keeps_the_contract(pytester: pytest.Pytester) -> None:
    """The page as it stands: its three files, one command, and as many checks as it promises."""
    driver, proof = _blocks("writing-a-driver.md", "python")
    (transcript,) = _blocks("writing-a-driver.md", "transcript")
    pytester.makepyfile(doorbell=driver, test_doorbell=proof)
    (pytester.mkdir("transcripts") / "two-rings.txt").write_text(transcript, "utf-8")
    result = pytester.runpytest_subprocess("-q", "-p", PLUGIN, "test_doorbell.py")
    outcomes = result.parseoutcomes()
    assert set(outcomes) <= {"passed", "skipped"}, result.stdout.str()
    promised = re.search(r"runs (\d+) checks", (DOCS / "writing-a-driver.md").read_text("utf-8"))
    assert promised is not None
    assert sum(outcomes.values()) == int(promised[1])


def test_the_example_driver_listens_until_its_wire_ends(
    doorbell: dict[str, Any], recording_host: Any, tmp_path: Path
) -> None:
    (tmp_path / "bell").write_bytes(b"DING\nDING\n")
    driver = doorbell["plugin"].open_line("desk", {"port": str(tmp_path / "bell")})
    with pytest.raises(LineGone) as gone:
        driver.run(recording_host)
    assert gone.value.reason is LossReason.CABLE_UNPLUGGED
    told = recording_host.take_events()
    assert [type(event) for event in told] == [LineOpened, RingHeard, RingHeard, LineLost]
    assert recording_host.read == b"DING\nDING\n"


def test_the_example_driver_checks_its_options(doorbell: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        doorbell["plugin"].open_line("desk", {})


def test_the_example_transcript_is_true(make_core: Any) -> None:
    for example in _blocks("transcripts.md", "transcript"):
        transcript = parse_transcript(example, source="transcripts.md")
        play(make_core(transcript.headings), transcript)


def test_the_places_named_for_a_dialect_exist() -> None:
    page = (DOCS / "transcripts.md").read_text("utf-8")
    for module, names in (
        (fields, ["SPELLINGS"]),
        (absence, ["NUMBER_WORDS"]),
        (rings, ["RING_FORMS"]),
        (boxes, ["BOXES"]),
        (signs, ["DLE_SIGNS", "WORDS"]),
        (frames, ["PARAMETERS"]),
    ):
        assert (
            f"`{module.__name__.rpartition('.')[2]}.py`" in page or f"{module.__name__.rpartition('.')[2]}.py" in page
        )
        for name in names:
            assert hasattr(module, name)
            assert f"`{name}`" in page


def test_every_transcript_says_what_device_it_is_of() -> None:
    folder = Path(__file__).parents[1] / "transcripts" / "modem"
    for transcript in load_transcripts(folder):
        for heading in ("title", "device", "source"):
            assert transcript.headings.get(heading), (transcript.source, heading)
