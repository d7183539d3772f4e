"""Help in the language of the room, down to the words that Typer brings along."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", ["", "doctor", "doctor line", "db backup"])
def test_help_is_chinese_where_the_room_is(command: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "dutyphone", *command.split(), "--help"],
        env={**os.environ, "LC_ALL": "zh_CN.UTF-8", "COLUMNS": "120"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    assert "显示本帮助并退出。" in said
    assert "选项" in said
    assert "Show this" not in said
