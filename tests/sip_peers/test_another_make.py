"""ejabberd as the exchange: the same telephone line at a server of another make."""

from __future__ import annotations

import time

import pytest
from support.sip_peers.baresip import DeskPhone
from support.sip_peers.duty import DutyLine
from support.sip_peers.ejabberd import Ejabberd
from support.sip_peers.lasting import lasted
from support.sip_peers.peers import Peers

from dutyphone.journal.facts import Outcome, StrangersTurnedAway
from dutyphone.lines.events import Evidence, NumberAbsence

CALLER = "<sip:01055502222@trunk.example>"
WITHHELD = '"Anonymous" <sip:anonymous@anonymous.invalid>'


@pytest.fixture
def exchange(peers: Peers) -> Ejabberd:
    return peers.ejabberd()


@pytest.fixture
def line(peers: Peers, exchange: Ejabberd) -> DutyLine:
    line = peers.duty()
    line.connect()
    return line


def test_a_caller_who_gives_up_was_missed(peers: Peers, line: DutyLine) -> None:
    peers.gives_up(0.4, caller=CALLER).finish()
    row = line.ended_row()
    assert (row.number_raw, row.called, row.outcome, row.code) == ("01055502222", "1001", Outcome.MISSED, 487)
    assert lasted(row.ring_s, 0.4)
    line.check()


@pytest.mark.parametrize(
    "caller", [CALLER, '"Anonymous" <sip:anonymous@anonymous.invalid>'], ids=["number", "withheld"]
)
def test_a_call_that_the_desk_phone_takes_is_answered_though_nobody_cancels_it(
    peers: Peers, line: DutyLine, caller: str
) -> None:
    desk_phone: DeskPhone = peers.desk_phone()
    calling = peers.waits(0.5, caller=caller)
    line.open_row()
    time.sleep(0.3)
    desk_phone.lift()
    calling.finish()
    row = line.ended_row()
    assert (row.outcome, row.evidence) == (Outcome.ANSWERED, Evidence.ANSWERED_ELSEWHERE)
    assert row.absence is (None if caller is CALLER else NumberAbsence.PRIVATE)
    assert lasted(row.ring_s, 0.3)
    assert not any(isinstance(fact, StrangersTurnedAway) for fact in line.facts())
    line.check()


def test_an_exchange_that_was_killed_has_us_again_when_it_is_back(
    peers: Peers, line: DutyLine, exchange: Ejabberd
) -> None:
    exchange.kill()
    time.sleep(1.5)
    exchange.start()
    line.wait_for(lambda: "register SIP session for user 1001@" in exchange.log())
    peers.gives_up(0.3, caller=CALLER).finish()
    assert line.ended_row().outcome is Outcome.MISSED
    line.check()


def test_fifty_callers_at_once_are_fifty_calls(peers: Peers, line: DutyLine) -> None:
    caller = "<sip:0105550[call_number]@trunk.example>"
    peers.gives_up(1.5, caller=caller, calls=50, calls_a_second=200).finish()
    line.wait_for_ended(50)
    rows = line.rows()
    assert [row.outcome for row in rows] == [Outcome.MISSED] * 50
    assert len({row.number_raw for row in rows}) == 50
    line.check()
