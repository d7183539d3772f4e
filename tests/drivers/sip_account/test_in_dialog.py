"""What goes on within a call: re-INVITE, UPDATE, INFO and others, session timers, and what comes too late."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account.message import Request, Response
from dutyphone_drivers.sip_account.wire import Address, Transport
from support.sip_account import OFFER, OURS, SDP, Account
from support.sip_wire import request, response

from dutyphone.lines.events import CallOffered, CallOver, Evidence, LineLost

CALL = "call-1@192.0.2.1"
TIMER = ("Supported", "timer")
HELD = OFFER + b"a=sendonly\r\n"


@pytest.fixture
def account() -> Account:
    registered = Account()
    registered.out()
    return registered


def talking(account: Account, **what: object) -> tuple[Request, Response]:
    invite = account.invite(**what)
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response()
    account.in_dialog("ACK", invite, answer)
    return invite, answer


def talking_out(account: Account, *extra: tuple[str, str]) -> Request:
    account.do(account.core.dial("01055506789", OURS, account.clock.now()))
    invite = account.last_request("INVITE")
    fields = (("Contact", "<sip:callee@192.0.2.1>"), SDP, *extra)
    account.hear(response(invite, 200, extra=fields, body=OFFER))
    account.out()
    return invite


# --- the other side asks -------------------------------------------------------------------------------------------


def test_a_re_invite_is_answered_with_the_session_as_it_is(account: Account) -> None:
    """RFC 3261 §14.2; held by the other side, the answer says that we hear."""
    invite, answer = talking(account)
    account.in_dialog("INVITE", invite, answer, cseq=2, extra=(SDP,), body=HELD)
    held = account.last_response()
    assert held.status == 200
    assert b"m=audio 6000" in held.body
    assert b"a=recvonly" in held.body
    account.in_dialog("ACK", invite, answer, cseq=2)
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken"]
    far = account.core.far_session(CALL)
    assert far is not None
    assert far.is_held


def test_a_re_invite_may_move_the_other_side(account: Account) -> None:
    invite, answer = talking(account)
    moved = request(
        "INVITE",
        branch="z9hG4bK-moved",
        cseq=2,
        to=answer.headers.get("To") or "",
        contact="<sip:01055501234@192.0.2.1:5099>",
        extra=(SDP,),
        body=OFFER.replace(b"4000", b"4800"),
    )
    account.hear(moved)
    account.in_dialog("ACK", invite, answer, cseq=2)
    account.do(account.core.hang_up(CALL, account.clock.now()))
    assert account.packets[-1].to == Address("192.0.2.1", 5099, Transport.UDP)
    far = account.core.far_session(CALL)
    assert far is not None
    assert far.port == 4800


def test_a_re_invite_that_asks_for_what_we_cannot_leaves_the_session_as_it_was(account: Account) -> None:
    """RFC 3261 §14.2: 488."""
    invite, answer = talking(account)
    strange = OFFER.replace(b"8 0", b"18").replace(b"rtpmap:8 PCMA", b"rtpmap:18 G729").replace(b"rtpmap:0", b"x:")
    account.in_dialog("INVITE", invite, answer, cseq=2, extra=(SDP,), body=strange)
    assert account.last_response().status == 488
    far = account.core.far_session(CALL)
    assert far is not None
    assert far.codecs[0].name == "PCMA"
    account.in_dialog("BYE", invite, answer, cseq=3)
    assert account.calls()[-1] == "CallOver"


def test_a_re_invite_without_an_offer_gets_ours(account: Account) -> None:
    invite, answer = talking(account)
    account.in_dialog("INVITE", invite, answer, cseq=2)
    offered = account.last_response()
    assert offered.status == 200
    assert b"m=audio 6000" in offered.body


def test_a_re_invite_whose_answer_is_never_acknowledged_ends_the_call(account: Account) -> None:
    """RFC 3261 §14.2."""
    invite, answer = talking(account)
    account.in_dialog("INVITE", invite, answer, cseq=2, extra=(SDP,), body=OFFER)
    account.pass_time(32.1)
    assert account.lines()[-1] == "BYE"
    assert account.calls().count("CallOver") == 1


def test_a_re_invite_while_it_still_rings_is_to_come_again(account: Account) -> None:
    """RFC 3261 §14.2: 500 with Retry-After."""
    invite = account.invite()
    ringing = account.last_response()
    account.in_dialog("INVITE", invite, ringing, cseq=2, extra=(SDP,), body=OFFER)
    refused = account.last_response()
    assert (refused.status, refused.headers.get("Retry-After")) == (500, "3")
    assert account.calls() == ["CallOffered", "CallerIdHeard"]


@pytest.mark.parametrize("is_ringing", [True, False])
def test_an_update_without_a_body_is_answered(account: Account, is_ringing: bool) -> None:
    """RFC 3311 §5.2."""
    if is_ringing:
        invite = account.invite()
        answer = account.last_response()
    else:
        invite, answer = talking(account)
    account.in_dialog("UPDATE", invite, answer)
    updated = account.last_response()
    assert (updated.status, updated.body) == (200, b"")


def test_an_update_with_an_offer_is_answered_with_the_session_as_it_is(account: Account) -> None:
    invite, answer = talking(account)
    account.in_dialog("UPDATE", invite, answer, extra=(SDP,), body=HELD)
    updated = account.last_response()
    assert updated.status == 200
    assert b"a=recvonly" in updated.body


def test_an_update_with_an_offer_while_it_rings_is_to_come_again(account: Account) -> None:
    invite = account.invite()
    account.in_dialog("UPDATE", invite, account.last_response(), extra=(SDP,), body=OFFER)
    refused = account.last_response()
    assert (refused.status, refused.headers.get("Retry-After")) == (500, "3")


@pytest.mark.parametrize(
    ("method", "extra", "status"),
    [
        ("OPTIONS", (), 200),
        ("INFO", (), 200),
        ("INFO", (("Info-Package", "dtmf"),), 469),
        ("PRACK", (("RAck", "1 1 INVITE"),), 481),
        ("REFER", (("Refer-To", "<sip:01055509999@192.0.2.1>"),), 405),
        ("MESSAGE", (), 405),
        ("SUBSCRIBE", (("Event", "refer"),), 405),
        ("NONSENSE", (), 405),
    ],
)
def test_what_says_nothing_of_the_call_is_answered_and_changes_nothing(
    account: Account, method: str, extra: tuple[tuple[str, str], ...], status: int
) -> None:
    """RFC 6086 §4.2.2, RFC 3262 §3, RFC 3261 §8.2.1."""
    invite, answer = talking(account)
    account.in_dialog(method, invite, answer, extra=extra)
    answered = account.last_response()
    assert answered.status == status
    assert answered.headers.has("Allow") is (status in (405, 200) and method != "INFO")
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken"]


def test_a_request_out_of_order_is_refused(account: Account) -> None:
    """RFC 3261 §12.2.2."""
    invite, answer = talking(account)
    account.in_dialog("INFO", invite, answer, cseq=9)
    account.in_dialog("BYE", invite, answer, cseq=5)
    assert account.lines() == ["200", "500"]
    assert account.calls()[-1] == "CallTaken"


def test_a_request_with_another_from_tag_belongs_to_no_call(account: Account) -> None:
    invite, answer = talking(account)
    other = request("BYE", branch="z9hG4bK-x", cseq=2, to=answer.headers.get("To") or "", from_="<sip:x@y>;tag=no")
    account.hear(other)
    assert account.lines() == ["481"]
    assert account.calls()[-1] == "CallTaken"
    assert invite


def test_the_far_end_may_speak_from_anywhere(account: Account) -> None:
    """Without Record-Route a gateway sends its BYE straight to us; it names our tag, which nobody can guess."""
    invite, answer = talking(account)
    gateway = Address("203.0.113.77", 5060, Transport.UDP)
    account.in_dialog("BYE", invite, answer, source=gateway)
    assert account.packets[-1].to == gateway
    assert account.last_response().status == 200
    assert account.told(CallOver).evidence is Evidence.EXCHANGE


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_what_crosses_our_bye_belongs_to_no_call_any_more(account: Account, method: str) -> None:
    invite, answer = talking(account)
    account.do(account.core.hang_up(CALL, account.clock.now()))
    account.out()
    account.in_dialog(method, invite, answer, extra=(SDP,), body=OFFER)
    assert account.lines() == ["481"]


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO", "PRACK", "NOTIFY"])
def test_a_request_within_a_call_that_is_over_is_answered_481(account: Account, method: str) -> None:
    """RFC 3261 §12.2.2."""
    invite, answer = talking(account)
    account.in_dialog("BYE", invite, answer)
    account.out()
    account.in_dialog(method, invite, answer, cseq=9)
    assert account.lines() == ["481"]


def test_an_ack_of_nothing_is_nothing(account: Account) -> None:
    account.hear(request("ACK", to_tag="nobody"))
    assert account.lines() == []


# --- session timers (RFC 4028) -------------------------------------------------------------------------------------


def test_a_caller_that_refreshes_and_stops_is_hung_up(account: Account) -> None:
    """§10: a third of the interval, at most 32 s, before it ends."""
    invite, answer = talking(account, extra=(TIMER, ("Session-Expires", "90")))
    assert answer.headers.get("Session-Expires") == "90;refresher=uac"
    assert answer.headers.all("Require") == ("timer",)
    account.pass_time(50)
    account.in_dialog("UPDATE", invite, answer, extra=(TIMER, ("Session-Expires", "90;refresher=uac")))
    assert account.last_response().headers.get("Session-Expires") == "90;refresher=uac"
    account.pass_time(59)
    assert account.calls()[-1] == "CallTaken"
    account.pass_time(2)
    assert account.calls()[-1] == "CallOver"
    assert account.lines()[-1] == "BYE"


def test_a_session_that_a_proxy_wants_timed_is_refreshed_by_us(account: Account) -> None:
    """§9: the caller knows no timers, so it is ours; UPDATE, since it allows it."""
    talking(account, extra=(("Session-Expires", "90"), ("Allow", "INVITE, ACK, BYE, UPDATE")))
    account.out()
    for _ in range(3):
        account.pass_time(45)
        update = account.last_request("UPDATE")
        assert update.headers.get("Session-Expires") == "90;refresher=uac"
        assert update.body == b""
        account.hear(response(update, 200, extra=(("Session-Expires", "90;refresher=uac"),)))
    assert account.calls()[-1] == "CallTaken"


def test_a_far_end_without_update_is_refreshed_by_re_invite(account: Account) -> None:
    """§7.4, and each 2xx is acknowledged (RFC 3261 §14.1)."""
    talking_out(account, ("Session-Expires", "90;refresher=uac"), ("Allow", "INVITE, ACK, BYE"))
    account.pass_time(45)
    again = account.last_request("INVITE")
    assert again.body == OURS
    refreshed = response(again, 200, extra=(("Session-Expires", "90;refresher=uac"), SDP), body=OFFER)
    account.hear(refreshed)
    account.hear(refreshed)
    acks = [one for one in account.out() if isinstance(one, Request)]
    assert [(one.method, one.headers.get("CSeq")) for one in acks] == [("ACK", "2 ACK"), ("ACK", "2 ACK")]
    account.pass_time(44)
    assert account.calls()[-1] == "CallTaken"


def test_two_re_invites_that_cross_are_both_asked_again(account: Account) -> None:
    """RFC 3261 §14.1: 491; who owns the Call-ID waits longer."""
    invite = talking_out(account, ("Session-Expires", "90;refresher=uac"))
    account.pass_time(45)
    ours = account.last_request("INVITE")
    account.from_callee("INVITE", invite, body=OFFER)
    account.from_callee("UPDATE", invite, cseq=2, body=OFFER)
    account.from_callee("UPDATE", invite, cseq=3)
    assert account.lines() == ["491", "491", "200"]
    account.hear(response(ours, 491))
    assert account.lines() == ["ACK"]
    account.pass_time(2)
    assert "INVITE" not in account.lines()
    account.pass_time(0.2)
    assert "INVITE" in account.lines()


@pytest.mark.parametrize("status", [408, 481])
def test_a_call_that_the_far_end_has_forgotten_is_over(account: Account, status: int) -> None:
    """§10: a refresh answered 408 or 481, or not at all."""
    talking_out(account, ("Session-Expires", "90;refresher=uac"), ("Allow", "UPDATE"))
    account.pass_time(45)
    account.hear(response(account.last_request("UPDATE"), status))
    assert account.calls()[-1] == "CallOver"
    assert account.lines() == ["BYE"]


def test_a_refresh_that_nobody_answers_ends_the_call(account: Account) -> None:
    talking_out(account, ("Session-Expires", "1800;refresher=uac"), ("Allow", "UPDATE"))
    account.pass_time(900 + 31)
    assert account.calls()[-1] == "CallTaken"
    account.pass_time(2)
    assert account.calls()[-1] == "CallOver"
    account.pass_time(40)
    assert account.is_clean()


def test_a_refresh_that_is_refused_leaves_the_rest_of_the_time(account: Account) -> None:
    talking_out(account, ("Session-Expires", "90;refresher=uac"), ("Allow", "UPDATE"))
    account.pass_time(45)
    account.hear(response(account.last_request("UPDATE"), 503))
    account.pass_time(14)
    assert account.calls()[-1] == "CallTaken"
    account.pass_time(2)
    assert account.calls()[-1] == "CallOver"


def test_a_refresh_that_is_too_often_is_asked_less_often(account: Account) -> None:
    """§7.4: 422 with Min-SE."""
    talking_out(account, ("Session-Expires", "90;refresher=uac"), ("Allow", "UPDATE"))
    account.pass_time(45)
    account.hear(response(account.last_request("UPDATE"), 422, extra=(("Min-SE", "300"),)))
    again = account.last_request("UPDATE")
    assert again.headers.get("Session-Expires") == "300;refresher=uac"


def test_a_refresh_may_end_the_session_timer(account: Account) -> None:
    """§7.2: an answer without Session-Expires."""
    talking_out(account, ("Session-Expires", "90;refresher=uac"), ("Allow", "UPDATE"))
    account.pass_time(45)
    account.hear(response(account.last_request("UPDATE"), 200))
    account.pass_time(3_600)
    assert account.calls()[-1] == "CallTaken"
    assert account.lines() == []


def test_a_far_end_that_refreshes_itself_is_left_to_it(account: Account) -> None:
    talking_out(account, ("Session-Expires", "90;refresher=uas"), ("Require", "timer"))
    account.pass_time(59)
    assert account.lines() == []
    account.pass_time(2)
    assert account.calls()[-1] == "CallOver"


def test_without_a_session_timer_a_call_lasts_as_long_as_it_lasts(account: Account) -> None:
    invite, answer = talking(account)
    account.pass_time(6 * 3600)
    assert account.calls()[-1] == "CallTaken"
    account.in_dialog("BYE", invite, answer)
    assert account.calls()[-1] == "CallOver"
    assert account.told(CallOffered).call_ref == CALL


# --- an outage in the middle -----------------------------------------------------------------------------------------


def outage(account: Account) -> Request:
    """The server is away until the line is told lost, and comes back; what the far end is asked then."""
    while not any(isinstance(event, LineLost) for event in account.events):
        due = account.core.next_deadline()
        assert due is not None
        account.clock.advance(max(0.0, due - account.clock.now().mono))
        account.do(account.core.on_deadline(account.clock.now()))
    account.register()
    return account.last_request("OPTIONS")


def test_talk_that_ended_in_an_outage_is_found_out_after_it(account: Account) -> None:
    """The other side's BYE was lost with the network: it knows the call no longer."""
    talking(account)
    probe = outage(account)
    account.hear(response(probe, 481))
    assert account.told(CallOver).evidence is Evidence.EXCHANGE


@pytest.mark.parametrize("status", [200, 405, 500])
def test_talk_that_goes_on_through_an_outage_goes_on(account: Account, status: int) -> None:
    talking(account)
    probe = outage(account)
    account.hear(response(probe, status))
    account.pass_time(60)
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken"]


def test_a_far_end_that_does_not_answer_questions_is_not_hung_up_on(account: Account) -> None:
    talking(account)
    outage(account)
    account.pass_time(60)
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken"]
