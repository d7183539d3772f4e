"""The scenarios that come with the program, and those of users: found by name, or by path."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from dutyphone.errors import TranscriptError
from dutyphone.i18n import _, language
from dutyphone.lines.transcript import Transcript, parse_transcript
from dutyphone_simulators.world import VERBS, Verbs, check_world


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioInfo:
    """A packaged scenario: its name, and what it is about in the language of the interface."""

    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where the scenarios of one kind of line stand, and what can happen in them."""

    package: str
    verbs: Verbs


MODEM_SHELF = Shelf(package="dutyphone_simulators", verbs=VERBS)


def list_scenarios(shelf: Shelf = MODEM_SHELF) -> list[ScenarioInfo]:
    """Every scenario on `shelf`, which comes with the program."""
    return [ScenarioInfo(name=name, title=_title(load_scenario(name, shelf))) for name in scenario_names(shelf)]


def scenario_names(shelf: Shelf = MODEM_SHELF) -> list[str]:
    """Their names alone, without reading them."""
    entries = _folder(shelf).iterdir()
    return sorted(entry.name.removesuffix(".txt") for entry in entries if entry.name.endswith(".txt"))


def load_scenario(scenario: str | Path, shelf: Shelf = MODEM_SHELF) -> Transcript:
    """The scenario of that name, or the file of that path. Raises `TranscriptError` with a sentence."""
    if isinstance(scenario, str) and scenario in scenario_names(shelf):
        text = _folder(shelf).joinpath(f"{scenario}.txt").read_text("utf-8")
        return _checked(text, scenario, shelf)
    path = Path(scenario)
    if isinstance(scenario, str) and path.name == scenario and not path.exists():
        raise TranscriptError(
            _("There is no scenario called {name!r}.").format(name=scenario),
            advice=_("Known ones: {names}. A file is named by its path.").format(
                names=", ".join(scenario_names(shelf))
            ),
        )
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise TranscriptError(
            _("The scenario {path} cannot be read.").format(path=path),
            advice=_("It is a text file in UTF-8; see docs/transcripts.md."),
            evidence=str(wrong),
        ) from wrong
    return _checked(text, path.name, shelf)


def _checked(text: str, source: str, shelf: Shelf) -> Transcript:
    transcript = parse_transcript(text, source=source)
    check_world(transcript, shelf.verbs)
    return transcript


def _folder(shelf: Shelf) -> Traversable:
    return resources.files(shelf.package).joinpath("scenarios")


def _title(transcript: Transcript) -> str:
    headings = transcript.headings
    local = headings.get("title-zh", "") if language() == "zh_CN" else ""
    return local or headings.get("title", transcript.source)
