"""The account as a whole: what goes to which room, limits, the loss of the wire, and taking leave."""

from __future__ import annotations

import tracemalloc

import pytest
from dutyphone_drivers.sip_account.message import Request, Response, render
from dutyphone_drivers.sip_account.timing import Limits
from support.sip_account import OFFER, OURS, SDP, Account
from support.sip_wire import SERVER, request, response

from dutyphone.lines.events import (
    CallOffered,
    CallOver,
    CallWithdrawn,
    LineLost,
    LineOpened,
    LossReason,
    WireNoise,
)

CALL = "call-1@192.0.2.1"


@pytest.fixture
def account() -> Account:
    registered = Account()
    registered.out()
    return registered


# --- requests outside of any call ----------------------------------------------------------------------------------


def test_options_says_what_we_can(account: Account) -> None:
    """RFC 3261 §11.2."""
    account.hear(request("OPTIONS"))
    answer = account.last_response()
    assert answer.status == 200
    assert set(answer.headers.all("Allow")) == {
        "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "NOTIFY", "UPDATE", "INFO",
    }  # fmt: skip
    assert answer.headers.all("Accept") == ("application/sdp",)
    assert answer.headers.all("Supported") == ("timer",)
    assert "tag=" in (answer.headers.get("To") or "")


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "NONSENSE"])
def test_a_method_we_do_not_have_is_answered_with_those_we_have(account: Account, method: str) -> None:
    """RFC 3261 §8.2.1."""
    account.hear(request(method))
    answer = account.last_response()
    assert answer.status == 405
    assert "INVITE" in answer.headers.all("Allow")


@pytest.mark.parametrize("method", ["BYE", "UPDATE", "INFO", "PRACK", "NOTIFY"])
def test_a_request_that_needs_a_call_and_names_none_is_answered_481(account: Account, method: str) -> None:
    account.hear(request(method))
    assert account.lines() == ["481"]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "BYE", "MESSAGE"])
def test_a_request_of_a_call_before_our_restart_is_answered_481(account: Account, method: str) -> None:
    """RFC 3261 §12.2.2: it carries a tag of ours that nobody remembers."""
    account.hear(request(method, to_tag="before"))
    assert account.lines() == ["481"]
    assert account.calls() == []


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        ((b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS"), 400),
        ((b"CSeq: 1 INVITE", b"CSeq: nonsense"), 400),
        ((b"Call-ID:", b"X-Call-ID:"), 400),
        ((b"To: ", b"X-To: "), 400),
        ((b"SIP/2.0\r\n", b"SIP/7.0\r\n"), 505),
    ],
)
def test_a_faulty_invite_is_answered_and_kept_as_noise(
    account: Account, spoil: tuple[bytes, bytes], status: int
) -> None:
    """RFC 3261 §8.2: it is no call, and what came is not lost."""
    data = render(request("INVITE")).replace(*spoil, 1)
    account.hear(data)
    assert account.lines() == [str(status)]
    assert account.calls() == []
    assert account.told(WireNoise).wire == data


def test_a_faulty_ack_is_never_answered(account: Account) -> None:
    account.hear(render(request("ACK")).replace(b"CSeq: 1 ACK", b"CSeq: nonsense"))
    assert account.lines() == []


def test_a_faulty_cancel_is_answered_and_cancels_nothing(account: Account) -> None:
    invite = account.invite()
    account.out()
    account.hear(render(request("CANCEL")).replace(b"CSeq: 1 CANCEL", b"CSeq: 1 INVITE"))
    assert account.lines() == ["400"]
    assert "CallWithdrawn" not in account.calls()
    account.cancel(invite)


def test_without_a_via_nothing_can_be_answered(account: Account) -> None:
    account.hear(render(request("INVITE")).replace(b"Via:", b"X-Via:"))
    assert account.lines() == []
    assert account.calls() == []


# --- limits --------------------------------------------------------------------------------------------------------


def test_a_thousand_calls_ring_at_once_and_each_keeps_little(account: Account) -> None:
    data = [
        render(request("INVITE", call_id=f"c{number}", branch=f"z9hG4bK{number}", extra=(SDP,), body=OFFER))
        for number in range(1_000)
    ]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for one in data:
            account.core.receive(one, SERVER, account.clock.now())
            account.core.take_output()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(account.core._legs) == 1_000
    assert (after - before) / 1_000 < 10_000  # bytes a call


def test_one_call_too_many_is_written_down_as_failed() -> None:
    account = Account(limits=Limits(legs=3))
    account.out()
    for number in range(4):
        account.invite(call_id=f"c{number}", branch=f"z9hG4bK{number}")
    assert account.lines() == ["180", "180", "180", "503"]
    assert account.told(CallWithdrawn).code == 503
    assert len([event for event in account.events if isinstance(event, CallOffered)]) == 4
    assert len(account.core._legs) == 3


# --- the wire ------------------------------------------------------------------------------------------------------


def test_nothing_is_heard_before_the_start() -> None:
    account = Account(register=False)
    account.do(account.core.lost(LossReason.NETWORK, account.clock.now()))
    assert account.core.receive(render(request("INVITE")), SERVER, account.clock.now()) == []
    assert account.core.next_deadline() is None
    assert account.core.on_deadline(account.clock.now()) == []
    assert account.core.take_output() == []


def test_what_was_going_on_ends_with_the_wire(account: Account) -> None:
    account.invite()
    account.do(account.core.dial("01055506789", OURS, account.clock.now()))
    account.events.clear()
    account.do(account.core.lost(LossReason.NETWORK, account.clock.now(), "unplugged"))
    *endings, lost = account.events
    assert [type(ending).__name__ for ending in endings] == ["CallWithdrawn", "CallWithdrawn"]
    assert isinstance(lost, LineLost)
    assert (lost.reason, lost.detail) == (LossReason.NETWORK, "unplugged")
    account.packets.clear()
    account.events.clear()
    account.do(account.core.start(account.clock.now(), account.us, (SERVER,)))
    account.register()
    assert account.is_clean()
    account.invite(branch="z9hG4bK-new", call_id="new")
    assert account.calls() == ["CallOffered", "CallerIdHeard"]


def test_the_line_opens_when_the_account_is_registered() -> None:
    account = Account(register=False)
    assert account.events == []
    account.register()
    assert isinstance(account.events[0], LineOpened)
    assert account.events[0].wire.startswith(b"SIP/2.0 200")


def test_an_unreachable_server_is_registered_at_anew(account: Account) -> None:
    account.do(account.core.failed(SERVER, account.clock.now()))
    assert account.lines() == ["REGISTER"]


# --- taking leave --------------------------------------------------------------------------------------------------


def test_leaving_ends_what_we_talk_on_and_lets_ring_what_rings_elsewhere(account: Account) -> None:
    """Whoever else rings may answer: 480 stops no other branch, and of the end nothing is claimed."""
    invite = account.invite()
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    answer = account.last_response()
    account.in_dialog("ACK", invite, answer)
    ringing = account.invite(call_id="ringing", branch="z9hG4bK-r")
    account.do(account.core.dial("01055506789", OURS, account.clock.now()))
    ours = account.last_request("INVITE")
    account.hear(response(ours, 180))
    account.out()
    account.events.clear()
    account.do(account.core.stop(account.clock.now()))
    sent = account.out()
    assert sorted(one.method for one in sent if isinstance(one, Request)) == ["BYE", "CANCEL", "REGISTER"]
    (refused,) = [one for one in sent if isinstance(one, Response)]
    assert refused.status == 480
    assert [type(event) for event in account.events] == [CallOver]
    assert not account.core.ended
    account.ack_refusal(ringing, refused)
    for one in sent:
        if isinstance(one, Request):
            account.hear(response(one, 200, extra=(("Expires", "0"),)))
    account.hear(response(ours, 487))
    assert account.core.ended
    assert [type(event) for event in account.events if isinstance(event, CallWithdrawn)] == [CallWithdrawn]


def test_an_unregister_says_expires_0(account: Account) -> None:
    account.do(account.core.stop(account.clock.now()))
    leave = account.last_request("REGISTER")
    assert leave.headers.get("Expires") == "0"
    account.hear(response(leave, 200))
    assert account.core.ended


# --- with the watch ------------------------------------------------------------------------------------------------

DOCUMENT = b"""<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="%d" state="full" entity="sip:1001@192.0.2.1">
 <dialog id="d1" call-id="call-1@192.0.2.1" direction="recipient"><state>%s</state>
  <remote><identity>sip:01055501234@192.0.2.1</identity></remote></dialog></dialog-info>"""


def watched() -> tuple[Account, Request]:
    account = Account(watch=True)
    subscribe = account.last_request("SUBSCRIBE")
    account.hear(response(subscribe, 200, tag="watcher", extra=(("Expires", "600"), ("Contact", "<sip:192.0.2.1>"))))
    account.out()
    return account, subscribe


def notify(account: Account, subscribe: Request, number: int, state: bytes) -> None:
    account.hear(
        request(
            "NOTIFY",
            branch=f"z9hG4bK-n{number}",
            cseq=number,
            call_id=subscribe.headers.get("Call-ID") or "",
            from_=f"{subscribe.headers.get('To')};tag=watcher",
            to=subscribe.headers.get("From") or "",
            extra=(
                ("Event", "dialog"),
                ("Subscription-State", "active;expires=600"),
                ("Content-Type", "application/dialog-info+xml"),
            ),
            body=DOCUMENT % (number, state),
        )
    )


def test_the_desk_phones_talk_is_told_to_its_end() -> None:
    """Our branch tells who called and that it was answered elsewhere; the watch tells when that talk was over."""
    account, subscribe = watched()
    invite = account.invite()
    notify(account, subscribe, 1, b"early")
    account.cancel(invite, extra=(("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),))
    notify(account, subscribe, 2, b"confirmed")
    account.pass_time(42)
    notify(account, subscribe, 3, b"terminated")
    assert account.calls() == ["CallOffered", "CallerIdHeard", "CallTaken", "CallOver"]
    assert {event.call_ref for event in account.events if isinstance(event, CallOffered | CallOver)} == {CALL}


def test_nothing_is_watched_before_the_account_is_registered() -> None:
    account = Account(register=False, watch=True)
    assert account.lines() == ["REGISTER"]
    account = Account(watch=True)
    assert "SUBSCRIBE" in account.lines()


def test_without_a_watch_a_notify_belongs_to_nothing(account: Account) -> None:
    account.hear(request("NOTIFY", extra=(("Event", "message-summary"),)))
    assert account.lines() == ["481"]


def test_a_notify_of_something_else_is_answered_with_what_we_asked_for() -> None:
    """RFC 6665 §4.1.3: an exchange that tells of voice mail unasked."""
    account, _ = watched()
    account.hear(request("NOTIFY", extra=(("Event", "message-summary"),)))
    answer = account.last_response()
    assert (answer.status, answer.headers.get("Allow-Events")) == (489, "dialog")


def test_a_lost_registration_ends_what_only_the_watch_can_follow() -> None:
    account, subscribe = watched()
    notify(account, subscribe, 1, b"confirmed")
    account.events.clear()
    account.do(account.core.lost(LossReason.NETWORK, account.clock.now()))
    assert [type(event).__name__ for event in account.events] == ["CallOver", "LineLost"]


def test_offers_are_answered_with_the_type_they_have(account: Account) -> None:
    account.invite(body=OFFER, extra=())
    account.do(account.core.answer(CALL, OURS, account.clock.now()))
    assert account.last_response().headers.get("Content-Type") == SDP[1]
