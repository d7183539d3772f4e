"""JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dutyphone.outputs.columns import Profile
from dutyphone.outputs.export import Format
from dutyphone.store.readmodels import CallQuery

Export = Callable[..., Any]


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().decode("utf-8").splitlines()]


@pytest.mark.parametrize("profile", list(Profile))
def test_jsonl_is_as_a_person_has_read_it(
    profile: Profile, export: Export, golden: Callable[[str, bytes], None]
) -> None:
    golden(f"{profile.value}.jsonl", export(Format.JSONL, profile).path.read_bytes())


def test_calls_and_blind_intervals_are_told_apart_by_type(export: Export) -> None:
    first, *rest, last = records(export(Format.JSONL, Profile.MACHINE).path)
    assert first["type"] == "export"
    assert [record["type"] for record in rest] == ["call"] * 17 + ["blind_interval"] * 2
    assert last == {"type": "end", "calls": 17, "blind_intervals": 2}


def test_the_first_line_says_what_was_asked_for(export: Export, night: tuple[Any, ...]) -> None:
    query = CallQuery(from_at=night[0].arrived_at)
    first = records(export(Format.JSONL, Profile.MACHINE, query=query, simulated=True).path)[0]
    assert datetime.fromisoformat(first["from_at"]) == night[0].arrived_at
    assert first["until_at"] is None
    assert first["drill"] is True


def test_moments_come_back_to_the_microsecond(export: Export, night: tuple[Any, ...]) -> None:
    calls = [record for record in records(export(Format.JSONL, Profile.MACHINE).path) if record["type"] == "call"]
    for record, row in zip(calls, night, strict=True):
        assert datetime.fromisoformat(record["started_at"]) == row.arrived_at
        assert (record["ring_s"], record["talk_s"], record["call"]) == (row.ring_s, row.talk_s, row.call)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(alphabet=st.characters(), max_size=30), min_size=1, max_size=8))
def test_any_text_comes_back_exactly(
    names: list[str], export: Export, make_call: Callable[..., Any], source: Callable[..., Any]
) -> None:
    """X20: nothing is cleaned, and every line is valid UTF-8."""
    calls = [make_call(at, at, "13900001234", name=name) for at, name in enumerate(names)]
    with TemporaryDirectory() as folder:
        result = export(Format.JSONL, Profile.MACHINE, source=source(rows=calls), path=Path(folder) / "x.jsonl")
        lines = result.path.read_bytes().decode("utf-8").split("\n")
    assert [json.loads(line)["name_raw"] for line in lines[1 : len(names) + 1]] == names
