"""Many calls at once, from a real exchange."""

from __future__ import annotations

import threading

import pytest
from support.sip_peers.duty import LINE, DutyLine
from support.sip_peers.kamailio import Kamailio
from support.sip_peers.peers import Peers
from support.sip_peers.programs import until

from dutyphone.journal.facts import Outcome
from dutyphone.store.readmodels import CallState


def threads() -> set[str]:
    """Those of the recorder, without the pool of its alarm clock, which comes and goes."""
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith("ThreadPoolExecutor")}


@pytest.mark.parametrize(("calls", "a_second", "rings_s"), [(50, 100, 1.5), (200, 200, 3.0), (500, 100, 8.0)])
def test_everybody_who_rings_at_once_is_in_the_log(
    peers: Peers, line: DutyLine, kamailio: Kamailio, calls: int, a_second: int, rings_s: float
) -> None:
    """With the threads of none and three at most for the line."""
    kamailio.let(watching=0)  # what it tells itself of so many calls would keep it from hearing us
    idle = threads()
    crowd = peers.gives_up(rings_s, caller="<sip:139[call_number]@pbx.example>", calls=calls, calls_a_second=a_second)
    until(
        lambda: sum(row.state is CallState.RINGING for row in line.store.open_calls()) == calls,
        told=lambda: f"{len(line.store.open_calls())} ring",
        every_s=0.2,
        patience_s=20.0,
    )
    assert threads() == idle
    assert sum(LINE in name for name in idle) <= 3
    crowd.finish(60.0)
    line.wait_for_ended(calls)
    rows = line.rows()
    assert len(rows) == calls
    assert {row.outcome for row in rows} == {Outcome.MISSED}
    assert {row.number_raw for row in rows} == {f"139{n}" for n in range(1, calls + 1)}
    assert all(row.ring_s >= rings_s - 1.0 for row in rows)
    line.check()
