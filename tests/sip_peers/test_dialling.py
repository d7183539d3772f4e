"""Calls and service codes that go out through a real exchange (lines.md section 6)."""

from __future__ import annotations

import pytest
from support.sip_peers.duty import DutyLine
from support.sip_peers.kamailio import Kamailio
from support.sip_peers.lasting import as_seen, lasted
from support.sip_peers.peers import Peers
from support.sip_peers.programs import until
from support.sip_peers.sipp import Sipp

from dutyphone.journal.facts import CallEnded, Outcome
from dutyphone.lines.events import Direction, Evidence
from dutyphone.store.readmodels import CallState


@pytest.mark.parametrize("challenge", [407, 401, 0])
def test_a_call_goes_out_whether_and_however_it_is_challenged(
    line: DutyLine, gateway: Sipp, kamailio: Kamailio, challenge: int
) -> None:
    kamailio.let(challenge=challenge)
    line.dial("13900000200")
    row = line.ended_row()
    assert (row.direction, row.digits) == (Direction.OUTGOING, "13900000200")
    assert (row.outcome, row.evidence) == (Outcome.ANSWERED, Evidence.EXCHANGE)
    assert lasted(row.ring_s, 0.3)
    assert lasted(row.talk_s, 0.5)
    until(lambda: len(kamailio.records()) == 1, told=kamailio.log)
    (record,) = kamailio.records()
    assert (record.caller, record.called) == ("1001", "13900000200")
    assert row.talk_s == as_seen(record.talk_s)
    line.check()


@pytest.mark.parametrize("settings", [{"qop": ""}, {"algorithm": "SHA-256"}], ids=["md5-without-qop", "sha-256-auth"])
def test_a_call_goes_out_whatever_the_digest(peers: Peers, settings: dict[str, str]) -> None:
    kamailio = peers.kamailio(**settings, nonce_expire_s=1)
    line = peers.duty(ping_s=0)
    line.connect()
    peers.gateway()
    line.dial("13900000486")
    assert line.ended_row().outcome is Outcome.BUSY
    until(lambda: [r.code for r in kamailio.records()] == [486], told=kamailio.log)


def test_whoever_was_dialled_is_hung_up_on_here(line: DutyLine, gateway: Sipp, kamailio: Kamailio) -> None:
    line.dial("13900000000")
    line.answered_row()
    line.hang_up()
    row = line.ended_row()
    assert row.outcome is Outcome.ANSWERED
    until(lambda: len(kamailio.records()) == 1, told=kamailio.log)


def test_early_media_is_no_answer(line: DutyLine, gateway: Sipp, kamailio: Kamailio) -> None:
    """183 with a session: an announcement plays, nobody has answered."""
    line.dial("13900000183")
    line.wait_for(lambda: any(p.status == 183 for p in kamailio.wire()))
    assert line.open_row().answered_at is None
    line.answered_row()
    line.hang_up()
    assert line.ended_row().outcome is Outcome.ANSWERED


def test_a_call_is_given_up_before_it_is_answered(line: DutyLine, gateway: Sipp, kamailio: Kamailio) -> None:
    """CANCEL (RFC 3261 section 9.1), only after a provisional answer."""
    line.dial("13900000180")
    until(lambda: any(p.status == 180 and p.target == kamailio.places.account for p in kamailio.wire()))
    line.hang_up()
    row = line.ended_row()
    assert row.talk_s is None
    assert row.outcome is not Outcome.ANSWERED
    until(lambda: any(p.method == "CANCEL" and p.target == kamailio.places.gateway for p in kamailio.wire()))
    until(lambda: [r.code for r in kamailio.records()] == [487], told=kamailio.log)


@pytest.mark.parametrize(
    ("number", "code", "outcome"),
    [
        ("13900000486", 486, Outcome.BUSY),
        ("13900000603", 603, Outcome.REJECTED),
        ("13900000404", 404, Outcome.FAILED),
    ],
)
def test_a_refused_call_says_by_what_code(
    line: DutyLine, gateway: Sipp, kamailio: Kamailio, number: str, code: int, outcome: Outcome
) -> None:
    line.dial(number)
    row = line.ended_row()
    assert (row.digits, row.outcome, row.talk_s) == (number, outcome, None)
    (fact,) = [fact for fact in line.facts() if isinstance(fact, CallEnded)]
    assert fact.code == code
    until(lambda: [r.code for r in kamailio.records()] == [code], told=kamailio.log)
    acks = [p for p in kamailio.wire() if p.method == "ACK" and p.source == kamailio.places.account]
    assert len(acks) == 2, "one for the challenge, one for the refusal"


@pytest.mark.parametrize(
    ("code", "on_the_wire"),
    [("*57*13900000000#", "*57*13900000000%23"), ("#57#", "%2357%23"), ("*40*13900000000#", "*40*13900000000%23")],
)
def test_a_service_code_arrives_sign_by_sign(
    line: DutyLine, gateway: Sipp, kamailio: Kamailio, code: str, on_the_wire: str
) -> None:
    """RFC 3261 section 25.1: `*` is a mark and stands as it is, `#` is not and is escaped."""
    line.dial(code)
    line.answered_row()
    line.hang_up()
    assert line.ended_row().digits == code
    at_the_gateway = next(p for p in kamailio.wire() if p.target == kamailio.places.gateway and p.method == "INVITE")
    assert at_the_gateway.first_line.startswith(f"INVITE sip:{on_the_wire}@")


def test_a_call_comes_while_another_goes_out(peers: Peers, line: DutyLine, gateway: Sipp) -> None:
    line.dial("13900000000")
    line.answered_row()
    call_ref = line.latest_ref()
    peers.gives_up(0.2).finish()
    incoming = line.ended_row(2)
    assert (incoming.direction, incoming.outcome) == (Direction.INCOMING, Outcome.MISSED)
    assert line.rows()[0].state is CallState.IN_CALL
    line.hang_up(call_ref)
    line.wait_for_ended(2)
    line.check()
