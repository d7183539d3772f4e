"""A telephone of ours at a simulated exchange, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dutyphone_simulators.sip.exchange import SimulatedExchange
from support.desk_line import PASSWORD, DeskLine, StartLine

from dutyphone.lines.events import LineOpened


@pytest.fixture
def start_line(tmp_path: Path) -> Iterator[StartLine]:
    """Start a line at an exchange and wait until it is registered, unless `registered=False`."""
    lines: list[DeskLine] = []
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)

    def start(exchange: SimulatedExchange | str, *, registered: bool = True, **options: Any) -> DeskLine:
        server = exchange if isinstance(exchange, str) else exchange.server
        given = {"server": server, "account": "1001", "password_file": str(password)} | options
        line = DeskLine({name: value for name, value in given.items() if value is not None}, tmp_path / "state")
        lines.append(line)
        if registered:
            line.wait(LineOpened)
        return line

    yield start
    for line in lines:
        line.stop()
