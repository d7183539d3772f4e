"""`dutyphone call` in real processes: a recorder, a SIP line at a simulated exchange, and what both have written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.records import Outcome as CallOutcome
from dutyphone_simulators.sip.settings import FarEnd
from dutyphone_simulators.sip.testkit import simulated_exchange
from support.office import Office

from dutyphone.journal.facts import Outcome
from dutyphone.lines.events import Direction
from dutyphone.store.readmodels import CallQuery, CallRow, CallState, LineCondition
from dutyphone.store.store import Store

CONFIG = """
[lines.desk]
driver = "sip_account"
title = "Duty line"
server = "{server}"
account = "1001"
password_file = "{password}"
redirect_targets = ["13900009999"]

[lines.fax]
driver = "serial_modem"
title = "Fax"
port = "sim://night-shift?speed=20"
"""


@pytest.fixture
def exchange() -> Iterator[SimulatedExchange]:
    with simulated_exchange() as exchange:
        exchange.far_end("01055501234", FarEnd(rings_s=0.1))
        exchange.far_end("01055505678", FarEnd(rings_s=0.1, status=486))
        exchange.far_end("13900009999", FarEnd(rings_s=0.1, talk_s=0.1))
        yield exchange


@pytest.fixture
def config(office: Office, exchange: SimulatedExchange) -> Path:
    password = office.folder / "password"
    password.touch(mode=0o600)
    password.write_text("duty-1001")
    path = office.folder / "config.toml"
    path.write_text(CONFIG.format(server=exchange.server, password=password), encoding="utf-8")
    return path


class Desk:
    """The office with a recorder at work."""

    def __init__(self, office: Office, config: Path) -> None:
        self._office, self._config = office, config
        recorder = office.start("record", "--config", str(config), "--tell-parent")
        assert recorder.stdout is not None
        assert recorder.stdout.readline().strip() == "ready"
        self.store = Store.open(f"sqlite:///{office.folder / 'data' / 'duty.db'}", create=False)

    def call(self, *arguments: str) -> tuple[int, str]:
        """The exit code of `dutyphone call`, and what it said."""
        done = self._office.call("call", *arguments, "--config", str(self._config))
        assert "Traceback" not in done.stderr
        return done.returncode, (done.stdout + done.stderr).strip()

    def newest(self) -> CallRow:
        """The latest call of the SIP line."""
        return self.store.history(CallQuery(line="desk"), limit=1).rows[0]

    def rings(self) -> bool:
        return any(row.line == "desk" and row.state is CallState.RINGING for row in self.store.open_calls())


def test_a_shell_dials_answers_sends_on_and_refuses(office: Office, config: Path, exchange: SimulatedExchange) -> None:
    desk = Desk(office, config)
    with desk.store:
        assert exchange.wait_for(lambda: desk.store.lines()[0].condition is LineCondition.IDLE)

        assert desk.call("dial", "desk", "01055501234") == (0, "01055501234 has taken the call.")
        assert (desk.newest().direction, desk.newest().digits) == (Direction.OUTGOING, "01055501234")
        assert desk.call("hang-up") == (0, "The call is ended.")
        assert exchange.wait_for(lambda: desk.newest().outcome is Outcome.ANSWERED)
        assert desk.call("dial", "desk", "01055505678") == (1, "01055505678: busy (486)")
        assert exchange.wait_for(lambda: desk.newest().code == 486)
        assert desk.call("dial", "fax", "110")[1].startswith("dutyphone: The line Fax only listens")

        answered = exchange.call(number="01055500001", gives_up_s=20.0, talk_s=20.0)
        assert exchange.wait_for(desk.rings)
        assert desk.call("answer") == (0, "The call is answered here.")
        assert desk.newest().state is CallState.IN_CALL
        assert desk.call("hang-up", str(desk.newest().id)) == (0, "The call is ended.")
        assert exchange.wait_over(answered)

        sent_on = exchange.call(number="01055500002", gives_up_s=20.0)
        assert exchange.wait_for(desk.rings)
        code, said = desk.call("redirect", "13900001111")
        assert (code, "redirect_targets" in said) == (1, True)
        assert desk.call("redirect", "13900009999") == (0, "The caller is sent on to 13900009999.")
        assert exchange.wait_over(sent_on)
        assert exchange.wait_for(lambda: desk.newest().outcome is Outcome.FORWARDED)

        refused = exchange.call(number="01055500003", gives_up_s=20.0)
        assert exchange.wait_for(desk.rings)
        assert desk.call("refuse", "--everywhere") == (0, "The call is refused on every telephone.")
        assert exchange.wait_over(refused)
        assert refused.outcome is CallOutcome.REFUSED
        assert exchange.wait_for(lambda: desk.newest().outcome is Outcome.REJECTED)
        assert desk.call("refuse")[1].startswith("dutyphone: No call is ringing")
    assert exchange.complaints == []
