"""Many calls at once, from a real exchange."""

from __future__ import annotations

import threading

import pytest
from support.sip_peers.duty import LINE, DutyLine
from support.sip_peers.peers import Peers

from dutyphone.journal.facts import Outcome
from dutyphone.store.readmodels import CallState


@pytest.mark.parametrize(("calls", "a_second", "rings_s"), [(50, 100, 1.5), (200, 200, 3.0)])
def test_everybody_who_rings_at_once_is_in_the_log(
    peers: Peers, line: DutyLine, calls: int, a_second: int, rings_s: float
) -> None:
    """With as many threads as for none, and three at most for the line."""
    idle = threading.active_count()
    crowd = peers.gives_up(
        rings_s,
        caller="<sip:139[call_number]@pbx.example>",
        calls=calls,
        calls_a_second=a_second,
    )
    line.wait_for(lambda: sum(row.state is CallState.RINGING for row in line.store.open_calls()) == calls)
    assert threading.active_count() <= idle
    assert sum(LINE in thread.name for thread in threading.enumerate()) <= 3
    crowd.finish(30.0)
    line.wait_for_ended(calls)
    rows = line.rows()
    assert len(rows) == calls
    assert {row.outcome for row in rows} == {Outcome.MISSED}
    assert {row.number_raw for row in rows} == {f"139{n}" for n in range(1, calls + 1)}
    assert all(row.ring_s == pytest.approx(rings_s, abs=1.0) for row in rows)
    line.check()
