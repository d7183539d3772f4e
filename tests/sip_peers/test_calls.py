"""What becomes of a call that comes in, by a real exchange (lines.md section 6)."""

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

from dutyphone.journal.facts import CallEnded, Outcome
from dutyphone.lines.events import Direction, Evidence
from dutyphone.store.readmodels import CallState


def final_code(kamailio: Kamailio) -> int:
    """What the trunk was told in the end; the dump of the wire may be a moment late."""

    def codes() -> list[int]:
        answers = [p for p in kamailio.wire() if p.target == kamailio.places.trunk and p.method == "INVITE"]
        return [packet.status for packet in answers if packet.status is not None and packet.status >= 200]

    until(lambda: codes() != [])
    return codes()[-1]


def ended_code(line: DutyLine) -> int | None:
    """The code that the log has of the only call."""
    (fact,) = [fact for fact in line.facts() if isinstance(fact, CallEnded)]
    return fact.code


def test_a_call_is_in_the_log_while_it_rings(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    """Stored before anything else happens: within a tenth of a second of the INVITE, with number and name."""
    caller = peers.gives_up(1.0, caller=f'"张三 值班" <sip:{CALLER}@pbx.example>')
    row = line.open_row()
    assert (row.state, row.direction, row.name) == (CallState.RINGING, Direction.INCOMING, "张三 值班")
    offered = next(
        p for p in kamailio.wire() if p.sent and p.target == kamailio.places.account and p.method == "INVITE"
    )
    assert 0.0 <= row.arrived_at.timestamp() - offered.at < 0.1
    caller.finish()
    line.ended_row()
    line.check()


@pytest.mark.parametrize("rings_s", [0.0, 0.5])
def test_a_caller_who_rings_briefly_is_missed_and_not_lost(
    peers: Peers, line: DutyLine, kamailio: Kamailio, rings_s: float
) -> None:
    peers.gives_up(rings_s).finish()
    row = line.ended_row()
    assert (row.number, row.outcome, row.evidence) == ("+861055501234", Outcome.MISSED, Evidence.EXCHANGE)
    assert lasted(row.ring_s, rings_s)
    assert (final_code(kamailio), ended_code(line)) == (487, 487)


@pytest.mark.parametrize(
    "reason",
    [
        'Reason: SIP;cause=200;text="Call completed elsewhere"',
        'Reason: Q.850;cause=26;text="non-selected user clearing"',
    ],
    ids=["sip-200", "q850-26"],
)
def test_a_cancel_that_says_so_is_a_call_answered_elsewhere(peers: Peers, line: DutyLine, reason: str) -> None:
    peers.gives_up(0.3, cancel=reason).finish()
    row = line.ended_row()
    assert (row.outcome, row.evidence) == (Outcome.ANSWERED, Evidence.ANSWERED_ELSEWHERE)


@pytest.mark.parametrize(
    "reason", ['Reason: Q.850;cause=16;text="normal call clearing"', 'Reason: SIP;cause=487;text="Originator Cancel"']
)
def test_a_cancel_for_another_reason_is_a_call_missed(peers: Peers, line: DutyLine, reason: str) -> None:
    peers.gives_up(0.2, cancel=reason).finish()
    assert line.ended_row().outcome is Outcome.MISSED


def test_a_call_taken_at_the_desk_phone_is_answered_elsewhere_after_its_seconds_of_ringing(
    peers: Peers, line: DutyLine, desk_phone: DeskPhone
) -> None:
    """The forked registration: the reason for this line to exist."""
    caller = peers.waits(0.3)
    line.open_row()
    time.sleep(0.7)
    desk_phone.lift()
    caller.finish()
    row = line.ended_row()
    assert (row.outcome, row.evidence) == (Outcome.ANSWERED, Evidence.ANSWERED_ELSEWHERE)
    assert lasted(row.ring_s, 0.7)
    assert len(line.rows()) == 1
    line.check()


def test_without_a_reason_a_call_taken_at_the_desk_phone_cannot_be_told_from_a_missed_one(peers: Peers) -> None:
    """An exchange that does not say why: the log says what was seen, no more."""
    kamailio = peers.kamailio(reason=False)
    line = peers.duty()
    line.connect()
    desk_phone = peers.desk_phone()
    caller = peers.waits(0.2)
    line.open_row()
    desk_phone.lift()
    caller.finish()
    row = line.ended_row()
    assert (row.outcome, row.evidence) == (Outcome.MISSED, Evidence.EXCHANGE)
    assert len(kamailio.bindings()) == 2


def test_nobody_answers_until_the_exchange_gives_up(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    kamailio.let(no_answer=1000)
    peers.waits().finish()
    row = line.ended_row()
    assert row.outcome is Outcome.MISSED
    assert lasted(row.ring_s, 0.8), "the timers of the exchange tick coarsely"
    assert final_code(kamailio) in (408, 480, 487)


# --- what the officer does ---------------------------------------------------------------------------------------


def test_a_call_is_answered_here_and_the_caller_hangs_up(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    caller = peers.waits(0.6)
    line.answer()
    assert line.open_row().state is CallState.IN_CALL
    caller.finish()
    row = line.ended_row()
    assert (row.outcome, row.evidence) == (Outcome.ANSWERED, Evidence.EXCHANGE)
    assert lasted(row.talk_s, 0.6)
    until(lambda: len(kamailio.records()) == 1)
    assert row.talk_s == as_seen(kamailio.records()[0].talk_s)
    line.check()


def test_a_call_is_answered_here_and_hung_up_here(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    caller = peers.waits()
    line.answer()
    time.sleep(0.4)
    line.hang_up()
    caller.finish()
    row = line.ended_row()
    assert row.outcome is Outcome.ANSWERED
    assert lasted(row.talk_s, 0.4)
    until(lambda: len(kamailio.records()) == 1)
    assert row.talk_s == as_seen(kamailio.records()[0].talk_s)


@pytest.mark.parametrize(("code", "outcome"), [(486, Outcome.BUSY), (603, Outcome.REJECTED)])
def test_a_call_is_refused_when_told_to(
    peers: Peers, line: DutyLine, kamailio: Kamailio, code: int, outcome: Outcome
) -> None:
    caller = peers.waits()
    line.refuse(code)
    caller.finish()
    row = line.ended_row()
    assert (row.outcome, row.evidence) == (outcome, Evidence.EXCHANGE)
    assert (final_code(kamailio), ended_code(line)) == (code, code)


def test_nothing_is_refused_unless_told_to(
    peers: Peers, line: DutyLine, desk_phone: DeskPhone, kamailio: Kamailio
) -> None:
    """A 486 or 603 of ours would silence the desk phone, too. A second caller rings like the first."""
    first, second = peers.gives_up(0.6), peers.gives_up(0.6, caller="<sip:13900001234@pbx.example>", port_after=1)
    first.finish()
    second.finish()
    line.wait_for_ended(2)
    assert {row.outcome for row in line.rows()} == {Outcome.MISSED}
    ours = [p.status for p in kamailio.wire() if p.source == kamailio.places.account and p.method == "INVITE"]
    assert max(status for status in ours if status) == 487


def test_a_call_sent_on_to_a_mobile_goes_there(peers: Peers, gateway: Sipp, kamailio: Kamailio) -> None:
    """302; the exchange follows it to the gateway, and the mobile answers."""
    line = peers.duty(redirect_targets=["13900000000"])
    line.connect()
    caller = peers.waits(0.3)
    line.redirect("13900000000")
    caller.finish()
    row = line.ended_row()
    assert (row.outcome, row.evidence) == (Outcome.FORWARDED, Evidence.EXCHANGE)
    assert ended_code(line) == 302
    sent_on = [p for p in kamailio.wire() if p.target == kamailio.places.gateway and p.method == "INVITE"]
    assert sent_on[0].first_line.startswith("INVITE sip:13900000000@")
    assert final_code(kamailio) == 200


def test_a_call_is_sent_nowhere_but_to_a_listed_number(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    caller = peers.gives_up(0.5)
    line.redirect("13900000999")
    caller.finish()
    assert line.ended_row().outcome is Outcome.MISSED
    assert final_code(kamailio) == 487


def test_a_caller_who_puts_the_call_on_hold_is_the_same_call(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    """re-INVITE (RFC 3261 section 14), UPDATE (RFC 3311) and a session timer (RFC 4028)."""
    caller = peers.call("caller_holds", headers="Supported: timer\nSession-Expires: 1800;refresher=uac")
    line.answer()
    caller.finish()
    row = line.ended_row()
    assert (row.outcome, len(line.rows())) == (Outcome.ANSWERED, 1)
    assert lasted(row.talk_s, 0.8)
    answers = [p for p in kamailio.wire() if p.status == 200 and p.source == kamailio.places.account]
    sessions = [p.header("Session-Expires") for p in answers if p.method in ("INVITE", "UPDATE")]
    assert sessions == ["1800;refresher=uac"] * 4
    directions = [line for p in answers if p.method == "INVITE" for line in p.text.splitlines() if "recvonly" in line]
    assert directions == ["a=recvonly"]
    line.check()


def test_a_caller_who_demands_reliable_ringing_is_answered_all_the_same(peers: Peers, line: DutyLine) -> None:
    """RFC 3262: we have none, and say 100 until the answer."""
    caller = peers.waits(0.3, headers="Require: 100rel")
    line.answer()
    caller.finish()
    assert line.ended_row().outcome is Outcome.ANSWERED


# --- the wire is not kind ----------------------------------------------------------------------------------------


def test_an_invite_that_comes_again_is_the_same_call_and_rings_again(
    peers: Peers, line: DutyLine, kamailio: Kamailio
) -> None:
    """The 180 was lost: the exchange resends, the 180 is repeated, the log has one call."""
    kamailio.let(lose_ringing=1)
    caller = peers.gives_up(0.2)
    to_us = kamailio.places.account
    until(lambda: sum(p.method == "INVITE" and p.target == to_us for p in kamailio.wire()) >= 2, told=peers.tell)
    kamailio.let(lose_ringing=0)
    caller.finish()
    line.ended_row()
    assert len(line.rows()) == 1
    ringing = [p for p in kamailio.wire() if p.status == 180 and p.source == to_us]
    assert len({p.header("To") for p in ringing}) == 1
    assert len(ringing) >= 2
    line.check()


def test_a_caller_who_calls_again_and_again_is_a_call_each_time(peers: Peers, line: DutyLine) -> None:
    for _time in range(5):
        peers.gives_up(0.0).finish()
    line.wait_for_ended(5)
    assert len(line.rows()) == 5
    line.check()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_exchange_that_calls_the_account_and_not_the_contact_is_heard(
    peers: Peers, kamailio: Kamailio, transport: str
) -> None:
    """Some exchanges make their own Request-URI; from the very port that we registered at it can only be ours."""
    kamailio.let(by_account=1)
    line = peers.duty(transport=transport)
    line.connect()
    caller = peers.waits(0.4)
    line.answer()
    caller.finish()
    row = line.ended_row()
    assert row.outcome is Outcome.ANSWERED
    assert lasted(row.talk_s, 0.4)
    line.check()


def test_a_second_branch_of_one_call_does_not_ring_twice(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    """482 (RFC 3261 section 8.2.2.2): an old binding of ours that the exchange still has."""
    (binding,) = kamailio.bindings()
    kamailio.rpc("ul.add", "location", "1001", f"{binding.contact};old=1", 60, 1.0, ".", 0, 0, 0)
    peers.gives_up(0.3).finish()
    assert line.ended_row().outcome is Outcome.MISSED
    assert len(line.rows()) == 1
    ours = [p.status for p in kamailio.wire() if p.source == kamailio.places.account and p.method == "INVITE"]
    assert sorted(status for status in ours if status) == [180, 482, 487]
    line.check()


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("MESSAGE", 405),
        ("REFER", 405),
        ("PUBLISH", 405),
        ("FROBNICATE", 405),
        ("BYE", 481),
        ("INFO", 481),
        ("NOTIFY", 481),
    ],
)
def test_what_is_no_call_makes_none(peers: Peers, line: DutyLine, kamailio: Kamailio, method: str, code: int) -> None:
    """To the contact itself, from the machine of the exchange."""
    (binding,) = kamailio.bindings()
    request = peers.folder / "request"
    request.write_text(
        f"{method} {binding.contact} SIP/2.0\n"
        f"To: <{binding.contact}>{';tag=nobody' if code == 481 else ''}\n"
        "From: <sip:exchange@pbx.example>;tag=1\n"
        "Call-ID: outside@pbx.example\n"
        f"CSeq: 1 {method}\n"
        "Contact: <sip:exchange@127.0.0.1:5060>\n"
        "Event: dialog\n"
        "Refer-To: <sip:13900000000@pbx.example>\n"
        "Max-Forwards: 70\n"
        "Content-Length: 0\n\n",
        "utf-8",
    )
    sent = peers.run("sipsak", "-vvv", "-f", str(request), "-s", binding.contact)
    sent.wait()
    assert f"SIP/2.0 {code}" in sent.said()
    peers.gives_up(0.1).finish()
    line.ended_row()
    assert len(line.rows()) == 1
