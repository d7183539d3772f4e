"""Calls of ours: dialled, challenged, answered by one telephone or by two, refused, called off."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.message import Request, Response
from dutyphone_drivers.sip_account.uri import NotUri
from support.sip_account import OFFER, OURS, SDP, Account
from support.sip_wire import CONTACT, SERVER, response

from dutyphone.lines.events import CallOffered, CallOver, CallTaken, CallWithdrawn, DigitsHeard, Direction, Evidence

CONTACT_OF_CALLEE = ("Contact", "<sip:callee@192.0.2.1:5070>")
ASKED = ("Proxy-Authenticate", 'Digest realm="192.0.2.1", nonce="n1", algorithm=MD5, qop="auth"')
ASKED_AGAIN = ("Proxy-Authenticate", 'Digest realm="192.0.2.1", nonce="n2", algorithm=MD5, qop="auth"')
STALE = ("Proxy-Authenticate", 'Digest realm="192.0.2.1", nonce="n2", algorithm=MD5, qop="auth", stale=true')


@pytest.fixture
def account() -> Account:
    registered = Account()
    registered.out()
    return registered


def dial(account: Account, target: str = "01055506789") -> Request:
    """Dial; the INVITE."""
    account.do(account.core.dial(target, OURS, account.clock.now()))
    return account.last_request("INVITE")


def answer(account: Account, invite: Request, *extra: tuple[str, str], tag: str = "callee1") -> Response:
    """The far end answers."""
    taken = response(invite, 200, tag=tag, extra=(CONTACT_OF_CALLEE, SDP, *extra), body=OFFER)
    account.hear(taken)
    return taken


def ref(account: Account) -> str:
    return account.told(CallOffered).call_ref


# --- dialling ------------------------------------------------------------------------------------------------------


def test_a_call_of_ours_is_told_with_its_digits(account: Account) -> None:
    account.do(account.core.dial("01055506789", OURS, account.clock.now()))
    offered, digits = account.told(CallOffered), account.told(DigitsHeard)
    assert (offered.direction, digits.digits) == (Direction.OUTGOING, "01055506789")
    assert offered.call_ref == digits.call_ref


def test_the_invite_says_who_we_are_and_whom_we_want(account: Account) -> None:
    """RFC 3261 §8.1.1, §13.2.1."""
    invite = dial(account)
    assert invite.uri == "sip:01055506789@192.0.2.1"
    assert invite.headers.get("To") == "<sip:01055506789@192.0.2.1>"
    assert (invite.headers.get("From") or "").startswith("<sip:1001@192.0.2.1>;tag=")
    assert invite.headers.get("Contact") == f"<{CONTACT}>"
    assert invite.headers.get("Max-Forwards") == "70"
    assert invite.headers.get("CSeq") == "1 INVITE"
    assert "BYE" in invite.headers.all("Allow")
    assert invite.headers.all("Supported") == ("timer",)
    assert invite.body == OURS


@pytest.mark.parametrize(
    ("target", "uri"),
    [
        ("*57*013900000000#", "sip:*57*013900000000%23@192.0.2.1"),
        ("#57#", "sip:%2357%23@192.0.2.1"),
        ("+861055506789", "sip:+861055506789@192.0.2.1"),
        ("sip:desk@192.0.2.9:5080", "sip:desk@192.0.2.9:5080"),
    ],
)
def test_feature_codes_keep_their_stars_and_escape_their_hash(account: Account, target: str, uri: str) -> None:
    """RFC 3261 §25.1: `*` may stand in a user, `#` may not."""
    assert dial(account, target).uri == uri


@pytest.mark.parametrize("target", ["", " ", "010 5550", "0105550\r\nTo: x", "sip:", "sip:a b@c"])
def test_what_no_telephone_could_dial_is_refused(account: Account, target: str) -> None:
    with pytest.raises(NotUri):
        account.core.dial(target, OURS, account.clock.now())
    assert account.lines() == []
    assert account.is_clean()


# --- answered ------------------------------------------------------------------------------------------------------


def test_answered_and_hung_up_by_the_far_end(account: Account) -> None:
    invite = dial(account)
    account.hear(response(invite, 100, tag=None))
    account.hear(response(invite, 180))
    answer(account, invite)
    ack = account.last_request("ACK")
    assert ack.uri == "sip:callee@192.0.2.1:5070"
    assert ack.headers.get("CSeq") == "1 ACK"
    assert ack.headers.all("Via") != invite.headers.all("Via")
    account.from_callee("BYE", invite)
    assert account.calls() == ["CallOffered", "DigitsHeard", "CallTaken", "CallOver"]
    assert account.told(CallTaken).evidence is Evidence.EXCHANGE
    assert account.told(CallOver).evidence is Evidence.EXCHANGE
    account.pass_time(40)
    assert account.is_clean()


def test_hung_up_here(account: Account) -> None:
    invite = dial(account)
    answer(account, invite, ("Record-Route", "<sip:192.0.2.1;lr>"))
    account.do(account.core.hang_up(ref(account), account.clock.now()))
    bye = account.last_request("BYE")
    assert (bye.uri, bye.headers.all("Route")) == ("sip:callee@192.0.2.1:5070", ("<sip:192.0.2.1;lr>",))
    assert bye.headers.get("CSeq") == "2 BYE"
    account.hear(response(bye, 200))
    assert account.calls()[-1] == "CallOver"
    assert account.is_clean()


def test_where_the_far_end_wants_its_sound(account: Account) -> None:
    answer(account, dial(account))
    far = account.core.far_session(ref(account))
    assert far is not None
    assert (far.address, far.port) == ("192.0.2.1", 4000)


def test_a_repeated_answer_is_acknowledged_again(account: Account) -> None:
    """RFC 3261 §13.2.2.4: our ACK was lost."""
    invite = dial(account)
    taken = answer(account, invite)
    account.out()
    account.hear(taken)
    account.hear(taken)
    assert account.lines() == ["ACK", "ACK"]
    assert account.calls().count("CallTaken") == 1


def test_a_repeated_answer_to_a_call_that_is_over_is_acknowledged(account: Account) -> None:
    invite = dial(account)
    taken = answer(account, invite)
    account.from_callee("BYE", invite)
    account.out()
    account.hear(taken)
    assert account.lines() == ["ACK"]
    assert account.calls().count("CallTaken") == 1


def test_a_second_telephone_that_answers_is_hung_up(account: Account) -> None:
    """RFC 3261 §13.2.2.4: the call forked, and two were lifted at once."""
    invite = dial(account)
    answer(account, invite)
    account.out()
    second = answer(account, invite, tag="callee2")
    ack, bye = account.out()
    assert isinstance(ack, Request)
    assert isinstance(bye, Request)
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert {fields.tag_of(one.headers.get("To")) for one in (ack, bye)} == {"callee2"}
    account.hear(second)
    assert account.lines() == ["ACK"]
    account.hear(response(bye, 200))
    assert account.calls() == ["CallOffered", "DigitsHeard", "CallTaken"]


# --- not answered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [302, 404, 480, 486, 503, 600, 603])
def test_why_it_was_not_answered(account: Account, status: int) -> None:
    invite = dial(account)
    account.hear(response(invite, 180))
    account.hear(response(invite, status))
    over = account.told(CallWithdrawn)
    assert (over.evidence, over.code) == (Evidence.EXCHANGE, status)
    assert account.lines() == ["ACK"]
    assert account.is_clean()


def test_nobody_there_at_all(account: Account) -> None:
    """RFC 3261 §8.1.3.1: no answer is as good as a 408."""
    dial(account)
    account.pass_time(33)
    over = account.told(CallWithdrawn)
    assert (over.evidence, over.code) == (Evidence.EXCHANGE, 408)
    assert account.is_clean()


def test_what_cannot_be_sent_ends_at_once(account: Account) -> None:
    dial(account)
    account.do(account.core.failed(SERVER, account.clock.now()))
    assert account.told(CallWithdrawn).code == 408
    assert account.is_clean()


def test_it_does_not_ring_for_ever(account: Account) -> None:
    invite = dial(account)
    account.hear(response(invite, 180))
    account.pass_time(180)
    cancel = account.last_request("CANCEL")
    account.hear(response(cancel, 200))
    account.hear(response(invite, 487))
    assert account.told(CallWithdrawn).code == 487
    assert account.is_clean()


# --- called off ----------------------------------------------------------------------------------------------------


def test_called_off_while_it_rings(account: Account) -> None:
    invite = dial(account)
    account.hear(response(invite, 180))
    account.do(account.core.hang_up(ref(account), account.clock.now()))
    assert account.lines() == ["CANCEL"]
    assert account.calls() == ["CallOffered", "DigitsHeard"]
    account.hear(response(invite, 487))
    assert account.lines() == ["ACK"]
    assert account.told(CallWithdrawn).code == 487
    assert account.is_clean()


def test_called_off_before_anything_was_heard(account: Account) -> None:
    """RFC 3261 §9.1: CANCEL waits for a provisional response."""
    invite = dial(account)
    account.do(account.core.hang_up(ref(account), account.clock.now()))
    assert account.lines() == []
    account.hear(response(invite, 100, tag=None))
    assert account.lines() == ["CANCEL"]


def test_called_off_and_answered_at_once_is_acknowledged_and_hung_up(account: Account) -> None:
    """The 200 crossed the CANCEL: the far end was lifted, and its CDR says so."""
    invite = dial(account)
    account.hear(response(invite, 180))
    account.do(account.core.hang_up(ref(account), account.clock.now()))
    account.out()
    answer(account, invite)
    ack, bye = account.out()
    assert isinstance(ack, Request)
    assert isinstance(bye, Request)
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert account.calls() == ["CallOffered", "DigitsHeard", "CallTaken", "CallOver"]
    account.hear(response(bye, 200))
    assert account.is_clean()


def test_called_off_and_then_nothing_more_is_heard(account: Account) -> None:
    """RFC 3261 §9.1: 32 s after the CANCEL the INVITE counts as cancelled."""
    invite = dial(account)
    account.hear(response(invite, 180))
    account.do(account.core.hang_up(ref(account), account.clock.now()))
    account.pass_time(33)
    assert account.told(CallWithdrawn).code == 487
    assert account.is_clean()


def test_called_off_while_the_password_is_asked_is_not_dialled_again(account: Account) -> None:
    invite = dial(account)
    account.do(account.core.hang_up(ref(account), account.clock.now()))
    account.hear(response(invite, 407, extra=(ASKED,)))
    assert account.lines() == ["ACK"]
    assert account.told(CallWithdrawn).code == 487


# --- the password --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "asked", "answered"),
    [
        (407, ASKED, "Proxy-Authorization"),
        (401, ("WWW-Authenticate", ASKED[1]), "Authorization"),
        (401, ("WWW-Authenticate", 'Digest realm="x", nonce="n1", algorithm=SHA-256'), "Authorization"),
    ],
)
def test_a_challenge_is_answered(account: Account, status: int, asked: tuple[str, str], answered: str) -> None:
    """RFC 3261 §22.2: the same call, a new number and branch, and an ACK for the refusal."""
    invite = dial(account)
    account.hear(response(invite, 100, tag=None))
    account.hear(response(invite, status, extra=(asked,)))
    ack, again = account.out()
    assert isinstance(ack, Request)
    assert isinstance(again, Request)
    assert (ack.method, ack.headers.get("CSeq")) == ("ACK", "1 ACK")
    assert (again.method, again.headers.get("CSeq")) == ("INVITE", "2 INVITE")
    assert again.headers.get("Call-ID") == invite.headers.get("Call-ID")
    assert again.headers.get("From") == invite.headers.get("From")
    assert "tag=" not in (again.headers.get("To") or "")
    assert 'username="1001"' in (again.headers.get(answered) or "")
    assert 'uri="sip:01055506789@192.0.2.1"' in (again.headers.get(answered) or "")
    assert again.body == OURS
    answer(account, again)
    confirmed = account.last_request("ACK")
    assert confirmed.headers.get("CSeq") == "2 ACK"
    assert confirmed.headers.get(answered) == again.headers.get(answered)
    assert account.calls() == ["CallOffered", "DigitsHeard", "CallTaken"]


def test_a_wrong_password_is_not_tried_twice(account: Account) -> None:
    """Exchanges lock accounts that try again and again."""
    invite = dial(account)
    account.hear(response(invite, 407, extra=(ASKED,)))
    again = account.last_request("INVITE")
    account.hear(response(again, 407, extra=(ASKED_AGAIN,)))
    assert account.lines() == ["ACK"]
    assert account.told(CallWithdrawn).code == 407
    assert account.is_clean()


def test_a_stale_nonce_is_answered_with_the_new_one(account: Account) -> None:
    """RFC 7616 §3.3."""
    invite = dial(account)
    account.hear(response(invite, 407, extra=(ASKED,)))
    again = account.last_request("INVITE")
    account.hear(response(again, 407, extra=(STALE,)))
    third = account.last_request("INVITE")
    assert third.headers.get("CSeq") == "3 INVITE"
    assert 'nonce="n2"' in (third.headers.get("Proxy-Authorization") or "")
    assert third.headers.count("Proxy-Authorization") == 1
    answer(account, third)
    assert account.calls()[-1] == "CallTaken"


def test_a_challenge_of_the_bye_is_answered(account: Account) -> None:
    invite = dial(account)
    answer(account, invite)
    account.do(account.core.hang_up(ref(account), account.clock.now()))
    bye = account.last_request("BYE")
    account.hear(response(bye, 407, extra=(ASKED,)))
    again = account.last_request("BYE")
    assert again.headers.get("CSeq") == "3 BYE"
    assert again.headers.has("Proxy-Authorization")
    account.hear(response(again, 200))
    assert account.is_clean()


def test_an_answer_in_a_form_nobody_knows_ends_the_call(account: Account) -> None:
    invite = dial(account)
    account.hear(response(invite, 407, extra=(("Proxy-Authenticate", "Nonsense"),)))
    assert account.told(CallWithdrawn).code == 407
    assert account.is_clean()


def test_a_session_that_is_too_short_is_asked_for_longer(account: Account) -> None:
    """RFC 4028 §7.3: once."""
    invite = dial(account)
    account.hear(response(invite, 422, extra=(("Min-SE", "1800"),)))
    again = account.last_request("INVITE")
    assert again.headers.get("Session-Expires") == "1800;refresher=uac"
    assert again.headers.get("Min-SE") == "1800"
    account.hear(response(again, 422, extra=(("Min-SE", "3600"),)))
    assert account.told(CallWithdrawn).code == 422


# --- what the far end asks before it answers -----------------------------------------------------------------------


def test_who_is_called_may_not_hang_up_before_the_answer(account: Account) -> None:
    invite = dial(account)
    account.hear(response(invite, 180))
    account.from_callee("BYE", invite)
    assert account.lines() == ["481"]
    answer(account, invite)
    assert account.calls()[-1] == "CallTaken"


def test_an_update_before_the_answer_brings_no_second_offer(account: Account) -> None:
    """RFC 3311 §5.2."""
    invite = dial(account)
    account.hear(response(invite, 183))
    account.from_callee("UPDATE", invite)
    account.from_callee("UPDATE", invite, cseq=2, body=OFFER)
    assert account.lines() == ["200", "491"]
