"""Calls to us: ringing in silence, called off, answered here, refused, sent on, and never left open."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.core import NoSuchCall, NotOnTheList
from dutyphone_drivers.sip_account.incoming import NothingFits
from dutyphone_drivers.sip_account.message import Request, Response
from dutyphone_drivers.sip_account.wire import Address, Transport
from support.sip_account import OFFER, OURS, Account
from support.sip_wire import CONTACT, SERVER, SERVER_TCP, STRANGER, request, response

from dutyphone.lines.events import (
    CallerIdForm,
    CallerIdHeard,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    Direction,
    Evidence,
    NumberAbsence,
    StrangerHeard,
)

CALL = "call-1@192.0.2.1"


@pytest.fixture
def account() -> Account:
    registered = Account()
    registered.out()
    return registered


def ringing(account: Account, **what: object) -> tuple[Request, Response]:
    """An INVITE and its 180."""
    invite = account.invite(**what)
    answer = account.last_response()
    return invite, answer


def talking(account: Account, **what: object) -> tuple[Request, Response]:
    """A call that was answered here: its INVITE and our 200."""
    invite, _ = ringing(account, **what)
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response()
    account.in_dialog("ACK", invite, answer)
    return invite, answer


# --- it rings ------------------------------------------------------------------------------------------------------


def test_the_call_and_its_caller_are_told_before_anything_is_answered() -> None:
    account = Account()
    account.out()
    events = account.core.receive(
        b"INVITE " + CONTACT.encode() + b" SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKraw;rport\r\n"
        b'From: "Zhang San" <sip:01055501234@192.0.2.1>;tag=a\r\nTo: <sip:1001@192.0.2.1>\r\n'
        b"Call-ID: raw@192.0.2.1\r\nCSeq: 1 INVITE\r\nContact: <sip:01055501234@192.0.2.1>\r\n\r\n",
        account.server,
        account.clock.now(),
    )
    offered, identified = events
    assert isinstance(offered, CallOffered)
    assert (offered.line, offered.call_ref, offered.direction) == ("desk", "raw@192.0.2.1", Direction.INCOMING)
    assert offered.wire.startswith(b"INVITE ")
    assert isinstance(identified, CallerIdHeard)
    assert (identified.number, identified.name) == ("01055501234", "Zhang San")
    assert (identified.form, identified.called, identified.at) == (CallerIdForm.SIP, "1001", account.clock.now())
    assert b'From: "Zhang San"' in identified.wire
    assert [packet.data[:11] for packet in account.core.take_output()] == [b"SIP/2.0 180"]


def test_180_says_where_we_are_and_makes_an_early_dialog(account: Account) -> None:
    """RFC 3261 §12.1.1: a tag on To, our Contact, and Record-Route as it came."""
    _, answer = ringing(account, extra=(("Record-Route", "<sip:192.0.2.1;lr>"),))
    assert answer.status == 180
    assert fields.tag_of(answer.headers.get("To"))
    assert answer.headers.get("Contact") == f"<{CONTACT}>"
    assert answer.headers.all("Record-Route") == ("<sip:192.0.2.1;lr>",)


def test_the_caller_is_who_the_exchange_asserts(account: Account) -> None:
    account.invite(
        from_='"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a',
        extra=(("P-Asserted-Identity", '"Duty" <tel:+861055501234>'), ("Diversion", "<sip:01055500000@192.0.2.1>")),
    )
    caller = account.told(CallerIdHeard)
    assert (caller.number, caller.name, caller.redirected_from) == ("+861055501234", "Duty", "01055500000")


def test_an_exchange_that_calls_our_contact_calls_the_account(account: Account) -> None:
    """A B2BUA makes a call of its own to each telephone, to the user part of its Contact."""
    account.invite(to=f"<{CONTACT}>")
    assert account.told(CallerIdHeard).called == "1001"


def test_a_caller_who_is_withheld_is_a_call_all_the_same(account: Account) -> None:
    account.invite(from_='"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a')
    caller = account.told(CallerIdHeard)
    assert (caller.number, caller.absence) == (None, NumberAbsence.PRIVATE)


@pytest.mark.parametrize("body", [b"", b"v=0\r\n", b"\x00\xff not a description"], ids=["none", "half", "garbage"])
def test_a_call_rings_whatever_it_carries(account: Account, body: bytes) -> None:
    account.invite(body=body)
    assert account.calls() == ["CallOffered", "CallerIdHeard"]
    assert account.lines() == ["180"]


def test_an_invite_sent_again_gets_180_again_and_is_one_call(account: Account) -> None:
    invite = account.invite()
    account.hear(invite)
    account.hear(invite)
    assert account.lines() == ["180", "180", "180"]
    assert account.calls() == ["CallOffered", "CallerIdHeard"]


def test_two_branches_of_one_call_ring_once(account: Account) -> None:
    """RFC 3261 §8.2.2.2: an old binding of ours is still known to the exchange, and it forks to both."""
    account.invite()
    account.invite(branch="z9hG4bK-second")
    assert account.lines() == ["180", "482"]
    assert account.calls() == ["CallOffered", "CallerIdHeard"]


def test_a_caller_that_demands_reliable_ringing_gets_none_to_acknowledge(account: Account) -> None:
    """RFC 3262 §3: only 100 may be sent unreliably then; the desk phone's 180 makes it ring."""
    account.invite(extra=(("Require", "100rel"),))
    assert account.lines() == ["100"]
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    assert account.lines() == ["200"]


def test_a_call_that_demands_what_we_cannot_is_written_down(account: Account) -> None:
    """RFC 3261 §8.2.2.3: 420 names what is not understood. It was a call all the same."""
    account.invite(extra=(("Require", "timer, sec-agree"),))
    refused = account.last_response()
    assert (refused.status, refused.headers.all("Unsupported")) == (420, ("sec-agree",))
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallWithdrawn"]
    assert account.told(CallWithdrawn).code == 420
    assert account.is_clean()


# --- it is called off ----------------------------------------------------------------------------------------------


def test_a_caller_who_gives_up_is_answered_and_the_call_is_over(account: Account) -> None:
    """RFC 3261 §9.2: 200 to the CANCEL with the tag of the 180, 487 to the INVITE."""
    invite, ringing_answer = ringing(account)
    account.cancel(invite)
    to_cancel, to_invite = account.out()
    assert isinstance(to_cancel, Response)
    assert isinstance(to_invite, Response)
    assert (to_cancel.status, to_cancel.headers.get("CSeq")) == (200, "1 CANCEL")
    assert (to_invite.status, to_invite.headers.get("CSeq")) == (487, "1 INVITE")
    tags = {fields.tag_of(one.headers.get("To")) for one in (ringing_answer, to_cancel, to_invite)}
    assert len(tags) == 1
    account.ack_refusal(invite, to_invite)
    over = account.told(CallWithdrawn)
    assert (over.evidence, over.code, over.call_ref) == (Evidence.EXCHANGE, 487, CALL)
    assert over.wire.startswith(b"CANCEL ")
    assert account.is_clean()


@pytest.mark.parametrize(
    ("reason", "evidence", "code"),
    [
        ('SIP;cause=200;text="Call completed elsewhere"', Evidence.ANSWERED_ELSEWHERE, None),
        ("Q.850;cause=26", Evidence.ANSWERED_ELSEWHERE, None),
        ('q.850 ;cause=26 ;text="Non-selected user clearing"', Evidence.ANSWERED_ELSEWHERE, None),
        ('Q.850;cause=16, SIP;cause=200;text="OK"', Evidence.ANSWERED_ELSEWHERE, None),
        ("SIP;cause=487, Q.850;cause=26", Evidence.ANSWERED_ELSEWHERE, None),
        ('SIP;text="Pickup"', Evidence.ANSWERED_ELSEWHERE, None),
        ('SIP;cause=487;text="Answered elsewhere"', Evidence.ANSWERED_ELSEWHERE, None),
        ('SIP;cause=603;text="Declined; completed elsewhere"', Evidence.EXCHANGE, 603),
        ('Q.850;cause=16;text="pickup"', Evidence.EXCHANGE, 487),
        ("SIP;cause=199", Evidence.EXCHANGE, 487),
        ("SIP;cause=300", Evidence.EXCHANGE, 300),
        ("SIP;cause=299", Evidence.ANSWERED_ELSEWHERE, None),
        ("SIP;cause=700", Evidence.EXCHANGE, 487),
        ("SIP;cause=603", Evidence.EXCHANGE, 603),
        ("SIP;cause=600", Evidence.EXCHANGE, 600),
        ("SIP;cause=487", Evidence.EXCHANGE, 487),
        ("Q.850;cause=16", Evidence.EXCHANGE, 487),
        ("SIP;cause=nonsense", Evidence.EXCHANGE, 487),
        ("SIP", Evidence.EXCHANGE, 487),
        (";;;", Evidence.EXCHANGE, 487),
    ],
)
def test_a_cancel_says_why(account: Account, reason: str, evidence: Evidence, code: int | None) -> None:
    """RFC 3326; lines.md §8: answered elsewhere is SIP 200 or Q.850 26."""
    invite, _ = ringing(account)
    account.cancel(invite, extra=(("Reason", reason),))
    over = account.told(CallWithdrawn)
    assert (over.evidence, over.code) == (evidence, code)


def test_a_cancel_sent_again_is_answered_again_and_no_news(account: Account) -> None:
    invite, _ = ringing(account)
    account.cancel(invite)
    account.out()
    account.cancel(invite)
    assert account.lines() == ["200"]
    assert account.calls().count("CallWithdrawn") == 1


def test_a_cancel_of_nothing_is_answered_481(account: Account) -> None:
    account.hear(request("CANCEL"))
    assert account.lines() == ["481"]


def test_a_cancel_that_crosses_our_answer_changes_nothing(account: Account) -> None:
    """RFC 3261 §9.2: the caller acknowledges the 200 and hangs up by BYE."""
    invite, _ = ringing(account)
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response()
    account.cancel(invite)
    assert account.lines() == ["200"]
    account.in_dialog("ACK", invite, answer)
    account.in_dialog("BYE", invite, answer)
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken", "CallOver"]
    assert account.is_clean()


def test_a_cancel_after_the_end_is_answered_and_no_news(account: Account) -> None:
    invite, _ = ringing(account)
    account.do(account.core.refuse(CALL, 486, account.clock.now()))
    account.out()
    account.cancel(invite)
    assert account.lines() == ["200"]


def test_487_is_sent_again_until_it_is_acknowledged(account: Account) -> None:
    invite, _ = ringing(account)
    account.cancel(invite)
    account.out()
    account.pass_time(4)
    assert account.lines() == ["487", "487", "487"]
    account.pass_time(60)
    account.lines()
    assert account.is_clean()


def test_a_caller_may_hang_up_by_bye_while_it_rings(account: Account) -> None:
    """RFC 3261 §15."""
    invite, answer = ringing(account)
    account.in_dialog("BYE", invite, answer)
    assert account.lines() == ["200", "487"]
    assert account.told(CallWithdrawn).code == 487
    assert account.is_clean()


def test_no_call_rings_longer_than_three_minutes(account: Account) -> None:
    invite, _ = ringing(account)
    account.pass_time(179.9)
    assert account.calls() == ["CallOffered", "CallerIdHeard"]
    account.out()
    account.pass_time(0.2)
    refused = account.last_response()
    assert refused.status == 480
    over = account.told(CallWithdrawn)
    assert (over.evidence, over.code, over.wire) == (Evidence.EXCHANGE, 480, b"")
    account.ack_refusal(invite, refused)
    assert account.is_clean()


def test_a_call_that_rings_long_says_so_every_minute(account: Account) -> None:
    """RFC 3261 §13.3.1.1: or a proxy on the way takes it for lost."""
    invite, ringing_answer = ringing(account)
    account.pass_time(179)
    again = [one for one in account.out() if isinstance(one, Response)]
    assert again == [ringing_answer, ringing_answer]
    account.cancel(invite)
    account.lines()
    account.pass_time(179)
    assert "180" not in account.lines()


def test_a_caller_may_say_how_long_it_is_to_ring(account: Account) -> None:
    """RFC 3261 §13.3.1: Expires of the INVITE, 487."""
    account.invite(extra=(("Expires", "20"),))
    account.out()
    account.pass_time(20)
    assert account.last_response().status == 487
    assert account.told(CallWithdrawn).code == 487


# --- somebody here says something ----------------------------------------------------------------------------------


def test_answered_here_and_hung_up_there(account: Account) -> None:
    invite, answer = talking(account)
    assert answer.status == 200
    assert answer.headers.get("Content-Type") == "application/sdp"
    assert b"m=audio 6000" in answer.body
    account.clock.advance(12.5)
    account.in_dialog("BYE", invite, answer)
    assert account.last_response().status == 200
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken", "CallOver"]
    taken, over = account.told(CallTaken), account.told(CallOver)
    assert taken.evidence is Evidence.OWN_ANSWER
    assert over.evidence is Evidence.EXCHANGE
    assert over.at.since(taken.at) == pytest.approx(12.5)
    assert account.is_clean()


def test_answered_here_and_hung_up_here(account: Account) -> None:
    """RFC 3261 §15.1.1: BYE goes to the caller's Contact with the tags turned round."""
    invite, answer = talking(account, contact="<sip:01055501234@192.0.2.1:5090>")
    account.do(account.core.hang_up(CALL, account.clock.now()))
    packet = account.packets[-1]
    assert packet.to == Address("192.0.2.1", 5090, Transport.UDP)
    bye = account.last_request("BYE")
    assert bye.uri == "sip:01055501234@192.0.2.1:5090"
    assert bye.headers.get("From") == answer.headers.get("To")
    assert bye.headers.get("To") == invite.headers.get("From")
    account.hear(response(bye, 200))
    assert account.calls()[-1] == "CallOver"
    assert account.is_clean()


def test_both_hang_up_at_once(account: Account) -> None:
    invite, answer = talking(account)
    account.do(account.core.hang_up(CALL, account.clock.now()))
    bye = account.last_request("BYE")
    account.in_dialog("BYE", invite, answer)
    assert account.last_response().status == 200
    account.hear(response(bye, 200))
    assert account.calls().count("CallOver") == 1
    assert account.is_clean()


def test_a_bye_that_nobody_answers_ends_the_call_all_the_same(account: Account) -> None:
    talking(account)
    account.do(account.core.hang_up(CALL, account.clock.now()))
    account.pass_time(33)
    assert account.calls().count("CallOver") == 1
    assert account.is_clean()


def test_hung_up_before_the_ack_came_waits_with_bye(account: Account) -> None:
    """RFC 3261 §15: who was called must not send BYE before the ACK."""
    invite, _ = ringing(account)
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response()
    account.do(account.core.hang_up(CALL, account.clock.now()))
    assert account.lines() == []
    assert account.calls()[-1] == "CallOver"
    account.in_dialog("ACK", invite, answer)
    account.hear(response(account.last_request("BYE"), 200))
    assert account.is_clean()


def test_an_answer_that_is_never_acknowledged_is_hung_up(account: Account) -> None:
    """RFC 3261 §13.3.1.4."""
    ringing(account)
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    account.pass_time(32.1)
    lines = account.lines()
    assert lines.count("200") == 11
    assert lines[-1] == "BYE"
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken", "CallOver"]
    account.pass_time(33)
    assert account.is_clean()


def test_hung_up_and_never_acknowledged_sends_bye_at_last(account: Account) -> None:
    ringing(account)
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    account.do(account.core.hang_up(CALL, account.clock.now()))
    account.pass_time(32.1)
    assert account.lines()[-1] == "BYE"
    account.pass_time(33)
    assert account.calls().count("CallOver") == 1
    assert account.is_clean()


@pytest.mark.parametrize("status", [480, 486, 603])
def test_refused_only_when_told_to(account: Account, status: int) -> None:
    invite, _ = ringing(account)
    account.do(account.core.refuse(CALL, status, account.clock.now()))
    refused = account.last_response()
    assert refused.status == status
    over = account.told(CallWithdrawn)
    assert (over.evidence, over.code) == (Evidence.EXCHANGE, status)
    account.ack_refusal(invite, refused)
    assert account.is_clean()


def test_no_other_status_refuses(account: Account) -> None:
    ringing(account)
    with pytest.raises(ValueError, match="404"):
        account.core.refuse(CALL, 404, account.clock.now())


def test_sent_on_to_a_number_of_the_list(account: Account) -> None:
    """RFC 3261 §8.3, §21.3.3."""
    ringing(account)
    account.do(account.core.redirect(CALL, "013900000000", account.clock.now()))
    redirected = account.last_response()
    assert (redirected.status, redirected.headers.get("Contact")) == (302, "<sip:013900000000@192.0.2.1>")
    assert account.told(CallWithdrawn).code == 302
    assert account.is_clean()


def test_sent_on_to_nobody_else(account: Account) -> None:
    ringing(account)
    with pytest.raises(NotOnTheList):
        account.core.redirect(CALL, "02155501234", account.clock.now())
    assert account.lines() == []


def test_what_is_over_can_be_neither_answered_nor_refused(account: Account) -> None:
    invite, _ = ringing(account)
    account.cancel(invite)
    now = account.clock.now()
    for ask in (
        lambda: account.core.answer(CALL, OURS, now),
        lambda: account.core.refuse(CALL, 486, now),
        lambda: account.core.redirect(CALL, "013900000000", now),
        lambda: account.core.hang_up(CALL, now),
    ):
        with pytest.raises(NoSuchCall):
            ask()


def test_what_rings_cannot_be_hung_up_and_what_is_answered_not_refused(account: Account) -> None:
    invite, _ = ringing(account)
    with pytest.raises(NoSuchCall):
        account.core.hang_up(CALL, account.clock.now())
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    with pytest.raises(NoSuchCall):
        account.core.refuse(CALL, 486, account.clock.now())
    assert account.core.far_session(invite.headers.get("Call-ID") or "") is not None


def test_a_caller_with_no_codec_of_ours_goes_on_ringing(account: Account) -> None:
    ringing(
        account, body=OFFER.replace(b"8 0", b"18").replace(b"8 PCMA", b"18 G729").replace(b"rtpmap:0 PCMU/8000", b"x")
    )
    with pytest.raises(NothingFits):
        account.core.answer(CALL, OURS, account.clock.now())
    assert account.lines() == []
    account.do(account.core.refuse(CALL, 486, account.clock.now()))
    assert account.calls()[-1] == "CallWithdrawn"


def test_where_the_caller_wants_its_sound(account: Account) -> None:
    ringing(account)
    far = account.core.far_session(CALL)
    assert far is not None
    assert (far.address, far.port, [codec.name for codec in far.codecs]) == ("192.0.2.1", 4000, ["PCMA", "PCMU"])
    assert account.core.far_session("no such call") is None


def test_a_caller_without_an_offer_says_it_with_the_ack(account: Account) -> None:
    """RFC 3261 §13.2.1: then the answer to our offer is in the ACK."""
    invite, _ = ringing(account, body=b"")
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response()
    assert b"m=audio 6000" in answer.body
    assert account.core.far_session(CALL) is None
    account.in_dialog("ACK", invite, answer, extra=(("Content-Type", "application/sdp"),), body=OFFER)
    far = account.core.far_session(CALL)
    assert far is not None
    assert far.port == 4000


def test_a_call_with_a_long_body_is_answered_like_others(account: Account) -> None:
    """Telephones in browsers write kilobytes of candidates; each medium offered gets its line in the answer."""
    ringing(account, body=OFFER + b"a=z:\r\n" * 1_000 + b"m=video 4002 RTP/AVP 96\r\n")
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response().body
    assert b"m=audio 6000" in answer
    assert b"m=video 0" in answer


def test_a_call_that_carries_more_than_a_call_can_rings_and_is_not_kept(account: Account) -> None:
    """A thousand calls may ring at once."""
    ringing(account, body=OFFER + b"a=z:\r\n" * 5_000)
    with pytest.raises(NothingFits):
        account.core.answer(CALL, OURS, account.clock.now())
    account.do(account.core.refuse(CALL, 486, account.clock.now()))
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallWithdrawn"]


def test_a_caller_that_demands_a_body_we_do_not_know_goes_on_ringing(account: Account) -> None:
    """RFC 3261 §8.2.3: it matters only when somebody answers."""
    account.hear(request("INVITE", extra=(("Content-Type", "application/x-sound"),), body=b"la la la"))
    assert account.lines() == ["180"]
    with pytest.raises(NothingFits):
        account.core.answer(CALL, OURS, account.clock.now())


# --- over TCP ------------------------------------------------------------------------------------------------------


def test_over_tcp_everything_goes_back_on_the_same_connection() -> None:
    account = Account(server=SERVER_TCP)
    account.out()
    connection = Address("192.0.2.1", 41_234, Transport.TCP)
    account.hear(request("INVITE", source=SERVER_TCP), connection)
    (packet,) = account.packets
    assert packet.to == connection
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response()
    account.in_dialog("ACK", request("INVITE", source=SERVER_TCP), answer)
    account.do(account.core.hang_up(CALL, account.clock.now()))
    assert account.packets[-1].to == connection
    assert account.last_request("BYE").headers.all("Via")[0].startswith("SIP/2.0/TCP ")


# --- names of calls ------------------------------------------------------------------------------------------------


def test_the_same_call_id_twice_at_once_is_two_calls(account: Account) -> None:
    """A call of ours that comes back to ourselves keeps its Call-ID at some exchanges."""
    account.invite()
    account.invite(branch="z9hG4bK-2", cseq=2, from_="<sip:01055509999@192.0.2.1>;tag=other")
    refs = [event.call_ref for event in account.events if isinstance(event, CallOffered)]
    assert refs == [CALL, f"{CALL}/2"]


def test_a_call_id_of_any_length_makes_a_short_name(account: Account) -> None:
    account.invite(call_id="x" * 5_000)
    assert len(account.told(CallOffered).call_ref) == 64


# --- servers that cancel nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", [CONTACT, "sip:1001-0x55b6@192.0.2.20:5060"], ids=["to us", "to it"])
@pytest.mark.parametrize("method", ["ACK", "BYE"])
def test_what_the_caller_says_to_another_telephone_shows_that_it_took_the_call(
    account: Account, method: str, uri: str
) -> None:
    """ejabberd sends no CANCEL to the other telephones of an account, and the ACK and BYE to all of them."""
    invite, _ = ringing(account)
    account.pass_time(2.0)
    elsewhere = request(
        method,
        uri=uri,
        branch="z9hG4bK-elsewhere",
        cseq=1 + (method == "BYE"),
        call_id=CALL,
        from_=invite.headers.get("From") or "",
        to="<sip:1001@192.0.2.1>;tag=of-the-desk-phone",
        source=account.server,
    )
    account.out()
    account.hear(elsewhere)
    assert account.told(CallWithdrawn).evidence is Evidence.ANSWERED_ELSEWHERE
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallWithdrawn"]
    assert account.lines() == (["480"] if method == "ACK" else ["481", "480"])
    account.hear(elsewhere)
    account.pass_time(40.0)
    assert [type(event).__name__ for event in account.events if isinstance(event, StrangerHeard)] == []
    assert account.is_clean()


@pytest.mark.parametrize(("tag", "source"), [("another-caller", SERVER), (None, STRANGER)])
def test_nobody_else_can_say_that_a_call_was_taken(account: Account, tag: str | None, source: Address) -> None:
    invite, _ = ringing(account)
    caller = invite.headers.get("From") or ""
    account.hear(
        request(
            "ACK",
            uri="sip:1001-0x55b6@192.0.2.20:5060",
            branch="z9hG4bK-elsewhere",
            call_id=CALL,
            from_=f"{caller.split(';tag=')[0]};tag={tag}" if tag else caller,
            to="<sip:1001@192.0.2.1>;tag=of-the-desk-phone",
            source=source,
        ),
        source,
    )
    assert account.calls() == ["CallOffered", "CallerIdHeard"]
