"""The calls of the desk phone itself, by its exchange's word (RFC 4235)."""

from __future__ import annotations

import time

import pytest
from support.sip_peers.baresip import DeskPhone
from support.sip_peers.duty import DutyLine
from support.sip_peers.kamailio import Kamailio
from support.sip_peers.lasting import as_seen, lasted
from support.sip_peers.peers import CALLER, Peers
from support.sip_peers.programs import until
from support.sip_peers.sipp import Sipp

from dutyphone.journal.facts import Outcome
from dutyphone.lines.events import Direction

AWAY_S = 1.5
"""Longer than from one ping to the next."""


@pytest.fixture
def line(peers: Peers, kamailio: Kamailio) -> DutyLine:
    """dutyphone, registered and watching."""
    line = peers.duty(watch=True)
    line.connect()
    until(lambda: any(p.method == "NOTIFY" and p.status == 200 for p in kamailio.wire()), told=peers.tell)
    return line


def test_the_desk_phone_calls_out_and_the_log_knows_for_how_long(
    line: DutyLine, desk_phone: DeskPhone, gateway: Sipp, kamailio: Kamailio
) -> None:
    desk_phone.dial("13900000200")
    desk_phone.wait_for("CALL_ESTABLISHED")
    desk_phone.wait_for("CALL_CLOSED")
    row = line.ended_row()
    assert (row.direction, row.digits, row.outcome) == (Direction.OUTGOING, "13900000200", Outcome.ANSWERED)
    until(lambda: len(kamailio.records()) == 1)
    assert row.talk_s == as_seen(kamailio.records()[0].talk_s)
    assert len(line.rows()) == 1
    line.check()


def test_a_call_taken_at_the_desk_phone_has_its_seconds_of_talk(
    peers: Peers, line: DutyLine, desk_phone: DeskPhone, kamailio: Kamailio
) -> None:
    """The leg that rang here and the dialog that is watched are one call."""
    caller = peers.waits(1.0)
    line.open_row()
    time.sleep(0.3)
    desk_phone.lift()
    line.answered_row()
    caller.finish()
    row = line.ended_row()
    assert row.outcome is Outcome.ANSWERED
    assert lasted(row.ring_s, 0.3)
    until(lambda: len(kamailio.records()) == 1)
    assert row.talk_s == as_seen(kamailio.records()[0].talk_s)
    assert len(line.rows()) == 1
    line.check()


def test_what_a_cancel_does_not_say_the_watch_does(peers: Peers) -> None:
    """An exchange without Reason that tells of dialogs: taken at the desk phone, and for how long."""
    kamailio = peers.kamailio(reason=False)
    line = peers.duty(watch=True)
    line.connect()
    until(lambda: any(p.method == "NOTIFY" and p.status == 200 for p in kamailio.wire()), told=peers.tell)
    desk_phone = peers.desk_phone()
    caller = peers.waits(0.8)
    line.open_row()
    desk_phone.lift()
    caller.finish()
    row = line.ended_row()
    assert row.outcome is Outcome.ANSWERED
    until(lambda: len(kamailio.records()) == 1)
    assert row.talk_s == as_seen(kamailio.records()[0].talk_s)
    assert len(line.rows()) == 1
    line.check()


@pytest.mark.parametrize("number", ["13900000486", "13900000180"])
def test_a_call_of_the_desk_phone_that_nobody_takes_ends_in_the_log(
    line: DutyLine, desk_phone: DeskPhone, gateway: Sipp, number: str
) -> None:
    desk_phone.dial(number)
    if number.endswith("180"):
        line.open_row()
        desk_phone.put_down()
    row = line.ended_row()
    assert (row.direction, row.digits, row.talk_s) == (Direction.OUTGOING, number, None)
    assert row.outcome is not Outcome.ANSWERED
    line.check()


def test_a_missed_call_is_one_call_though_it_is_seen_twice(peers: Peers, line: DutyLine, desk_phone: DeskPhone) -> None:
    peers.gives_up(0.4).finish()
    row = line.ended_row()
    assert row.outcome is Outcome.MISSED
    time.sleep(0.3)
    assert len(line.rows()) == 1
    line.check()


def test_the_watch_begins_anew_with_a_server_that_forgot_it(
    peers: Peers, line: DutyLine, kamailio: Kamailio, gateway: Sipp
) -> None:
    before = sum(p.method == "NOTIFY" and p.status == 200 for p in kamailio.wire())
    kamailio.kill()
    time.sleep(AWAY_S)
    kamailio.start()
    until(lambda: sum(p.method == "NOTIFY" and p.status == 200 for p in kamailio.wire()) > before, told=peers.tell)
    desk_phone = peers.desk_phone()
    desk_phone.dial("13900000200")
    desk_phone.wait_for("CALL_CLOSED")
    assert line.ended_row().digits == "13900000200"


def test_an_exchange_without_dialog_events_costs_no_call(peers: Peers) -> None:
    """489 Bad Event: the line works as if nothing had been asked."""
    kamailio = peers.kamailio()
    kamailio.let(watching=0)
    line = peers.duty(watch=True)
    line.connect()
    until(lambda: any(p.status == 489 for p in kamailio.wire()), told=peers.tell)
    peers.gives_up(0.2).finish()
    assert line.ended_row().outcome is Outcome.MISSED
    line.check()


def test_whichever_telephone_of_the_desk_takes_it_is_one_call(
    peers: Peers, line: DutyLine, desk_phone: DeskPhone, kamailio: Kamailio
) -> None:
    other = peers.desk_phone(place=peers.places.second_phone)
    caller = peers.waits(0.6)
    line.open_row()
    other.lift()
    caller.finish()
    row = line.ended_row()
    assert row.outcome is Outcome.ANSWERED
    until(lambda: len(kamailio.records()) == 1)
    assert row.talk_s == as_seen(kamailio.records()[0].talk_s)
    assert len(line.rows()) == 1
    line.check()


def test_the_desk_phone_talks_while_another_caller_gives_up(
    peers: Peers, line: DutyLine, desk_phone: DeskPhone, gateway: Sipp, kamailio: Kamailio
) -> None:
    desk_phone.dial("13900000000")
    desk_phone.wait_for("CALL_ESTABLISHED")
    peers.gives_up(0.4).finish()
    desk_phone.put_down()
    line.wait_for_ended(2)
    out, incoming = line.rows()
    assert (out.direction, out.digits, out.outcome) == (Direction.OUTGOING, "13900000000", Outcome.ANSWERED)
    assert (incoming.direction, incoming.number_raw, incoming.outcome) == (Direction.INCOMING, CALLER, Outcome.MISSED)
    until(lambda: len(kamailio.records()) == 2)
    assert out.talk_s == as_seen(kamailio.records()[1].talk_s)
    line.check()
