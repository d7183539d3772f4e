"""The peers themselves: that the exchange, telephones and callers do what the tests of the SIP line rely on."""

from __future__ import annotations

import pytest
from support.sip_peers.baresip import DeskPhone
from support.sip_peers.kamailio import Kamailio
from support.sip_peers.lasting import lasted
from support.sip_peers.peers import CALLER, Peers
from support.sip_peers.programs import until
from support.sip_peers.sipp import Sipp


def test_a_telephone_registers_with_the_exchange(desk_phone: DeskPhone, kamailio: Kamailio) -> None:
    (binding,) = kamailio.bindings()
    assert binding.contact.endswith(f"@{kamailio.places.desk_phone}")
    assert 50 < binding.expires_s <= 60
    statuses = [packet.status for packet in kamailio.wire() if packet.sent and packet.method == "REGISTER"]
    assert statuses == [401, 200]


def test_an_exchange_that_is_killed_forgets_its_telephones(desk_phone: DeskPhone, kamailio: Kamailio) -> None:
    kamailio.kill()
    kamailio.start()
    assert kamailio.bindings() == []


@pytest.mark.parametrize(("register", "retry_after"), [(403, ""), (503, "2")])
def test_the_exchange_refuses_registrations_when_told_to(
    peers: Peers, kamailio: Kamailio, register: int, retry_after: str
) -> None:
    kamailio.let(register=register)
    with pytest.raises(AssertionError, match=str(register)):
        peers.desk_phone(patience_s=0.3)
    assert kamailio.bindings() == []
    assert kamailio.wire()[-1].status == register
    assert kamailio.wire()[-1].header("Retry-After") == retry_after


def test_the_exchange_refuses_a_short_registration_when_told_to(peers: Peers, kamailio: Kamailio) -> None:
    kamailio.let(register=423)
    peers.desk_phone()
    until(lambda: any(packet.status == 423 for packet in kamailio.wire()), told=peers.tell)
    too_brief = next(packet for packet in kamailio.wire() if packet.status is not None)
    assert (too_brief.status, too_brief.header("Min-Expires")) == (423, "90")
    assert kamailio.bindings()[0].expires_s >= 89


def test_a_caller_gives_up(peers: Peers, desk_phone: DeskPhone, kamailio: Kamailio) -> None:
    peers.gives_up(0.2).finish()
    cancel = next(p for p in kamailio.wire() if p.method == "CANCEL" and p.target == kamailio.places.desk_phone)
    assert cancel.header("Reason") == ""
    until(lambda: len(kamailio.records()) == 1)
    (record,) = kamailio.records()
    assert (record.caller, record.called, record.code, record.talk_s) == (CALLER, "1001", 487, None)


def test_a_fork_that_loses_is_told_so(peers: Peers, desk_phone: DeskPhone, kamailio: Kamailio) -> None:
    """RFC 3326: what the account beside the desk phone lives by."""
    other = peers.desk_phone(place=peers.places.second_phone)
    caller = peers.waits(0.2)
    other.wait_for_ringing()
    desk_phone.lift()
    caller.finish()
    cancel = next(p for p in kamailio.wire() if p.method == "CANCEL" and p.target == kamailio.places.second_phone)
    assert cancel.header("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'


def test_the_exchange_accounts_for_the_seconds_of_a_call(
    peers: Peers, desk_phone: DeskPhone, kamailio: Kamailio
) -> None:
    caller = peers.waits(0.4)
    desk_phone.lift()
    caller.finish()
    until(lambda: len(kamailio.records()) == 1)
    (record,) = kamailio.records()
    assert record.code == 200
    assert lasted(record.talk_s, 0.4)


@pytest.mark.parametrize(("digits", "code"), [("0486", 486), ("0603", 603), ("0404", 404), ("0180", 487)])
def test_the_gateway_does_what_the_number_says(
    desk_phone: DeskPhone, gateway: Sipp, kamailio: Kamailio, digits: str, code: int
) -> None:
    desk_phone.dial(f"1390000{digits}")
    if digits == "0180":
        desk_phone.wait_for("CALL_RINGING")
        desk_phone.put_down()
    until(lambda: len(kamailio.records()) == 1, told=kamailio.log)
    (record,) = kamailio.records()
    assert (record.caller, record.called, record.code) == ("1001", f"1390000{digits}", code)


@pytest.mark.parametrize(("digits", "who"), [("0200", "gateway"), ("0183", "desk")])
def test_the_gateway_answers(desk_phone: DeskPhone, gateway: Sipp, kamailio: Kamailio, digits: str, who: str) -> None:
    desk_phone.dial(f"1390000{digits}")
    desk_phone.wait_for("CALL_ESTABLISHED")
    if who == "desk":
        desk_phone.put_down()
    else:
        desk_phone.wait_for("CALL_CLOSED")
    until(lambda: len(kamailio.records()) == 1, told=kamailio.log)
    assert kamailio.records()[0].talk_s is not None


def test_ringing_can_be_lost_on_its_way(peers: Peers, desk_phone: DeskPhone, kamailio: Kamailio) -> None:
    kamailio.let(lose_ringing=1)
    caller = peers.gives_up(0.1)
    desk_phone.wait_for_ringing()
    until(lambda: sum(p.method == "INVITE" and p.target == kamailio.places.desk_phone for p in kamailio.wire()) == 2)
    kamailio.let(lose_ringing=0)
    caller.finish()
