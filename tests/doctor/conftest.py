"""A desk in a folder of its own, in English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dutyphone_simulators.urls.protocol_sim import reset_lines
from support.examined import Desk

from dutyphone import i18n


@pytest.fixture(autouse=True)
def speak_english() -> Iterator[None]:
    before = i18n.language()
    i18n.use_language("en")
    yield
    i18n.use_language(before)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("DUTYPHONE_DATA_FOLDER", raising=False)
    reset_lines()
    yield Desk(tmp_path)
    reset_lines()
