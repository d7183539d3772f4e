"""A night of calls: the log beside the exchange's own record of them, call by call."""

from __future__ import annotations

import time

import pytest
from support.sip_peers.baresip import DeskPhone
from support.sip_peers.kamailio import Kamailio, Record
from support.sip_peers.lasting import as_seen
from support.sip_peers.peers import Peers
from support.sip_peers.programs import until
from support.sip_peers.sipp import Sipp

from dutyphone.journal.facts import Outcome
from dutyphone.lines.events import Direction
from dutyphone.store.readmodels import CallRow

BY_CODE = {
    200: Outcome.ANSWERED,
    404: Outcome.FAILED,
    408: Outcome.MISSED,
    486: Outcome.BUSY,
    487: Outcome.MISSED,
    603: Outcome.REJECTED,
}


def seen_by_exchange(record: Record) -> tuple[str, str | None, Outcome]:
    """Direction, number and outcome of a call, by the exchange."""
    outgoing = record.caller == "1001"
    return ("out" if outgoing else "in", record.called if outgoing else record.caller, BY_CODE[record.code])


def seen_by_log(row: CallRow) -> tuple[str, str | None, Outcome | None]:
    """The same by the log."""
    outgoing = row.direction is Direction.OUTGOING
    return ("out" if outgoing else "in", row.digits if outgoing else row.number_raw, row.outcome)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_log_agrees_with_the_exchange_call_by_call(
    peers: Peers, kamailio: Kamailio, desk_phone: DeskPhone, gateway: Sipp, transport: str
) -> None:
    """Numbers, outcomes and seconds: what an auditor would compare."""
    line = peers.duty(watch=True, transport=transport)
    line.connect()
    until(lambda: any(p.method == "NOTIFY" and p.status == 200 for p in kamailio.wire()), told=peers.tell)
    calls = 0

    def over() -> None:
        nonlocal calls
        calls += 1
        line.wait_for_ended(calls)
        until(lambda: len(kamailio.records()) == calls, told=kamailio.log)

    peers.gives_up(0.4, caller="<sip:01055501111@pbx.example>").finish()
    over()
    for number, talk_s in (("01055502222", 0.4), ("13900003333", 1.2)):
        caller = peers.waits(talk_s, caller=f"<sip:{number}@pbx.example>")
        line.open_row()
        time.sleep(0.3)
        desk_phone.lift()
        caller.finish()
        over()
    caller = peers.waits(0.5, caller="<sip:01055504444@pbx.example>")
    line.answer()
    caller.finish()
    over()
    caller = peers.waits(caller="<sip:01055505555@pbx.example>")
    desk_phone.wait_for_ringing()
    line.refuse(603)
    caller.finish()
    over()
    for number in ("13900000486", "13900000404", "13900000200"):
        line.dial(number)
        over()
    desk_phone.dial("13900000200")
    over()
    kamailio.let(no_answer=800)
    peers.waits(caller="<sip:01055506666@pbx.example>").finish()
    over()

    records, rows = kamailio.records(), line.rows()
    assert [seen_by_log(row) for row in rows] == [seen_by_exchange(record) for record in records]
    for row, record in zip(rows, records, strict=True):
        assert row.talk_s == as_seen(record.talk_s), (row, record)
    line.check()
