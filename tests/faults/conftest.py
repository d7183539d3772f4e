"""Nights on a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.night import Night
from support.recording import Recording


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Callable[..., Night]]:
    """Opens a night with a scenario; it is closed when the test is over."""
    opened: list[Night] = []

    def begin(scenario: str = "", **options: Any) -> Night:
        opened.append(Night(tmp_path, scenario, **options))
        return opened[-1]

    yield begin
    for desk in opened:
        desk.store.close()


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    """A recorder with its threads, to be started; it is stopped when the test is over."""
    opened = Recording(tmp_path)
    yield opened
    opened.close()
