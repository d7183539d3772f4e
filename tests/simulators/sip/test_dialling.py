"""Calls that a registered telephone makes, and service codes that really forward."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable

import pytest
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.network import Way as PacketWay
from dutyphone_simulators.sip.records import DESK_PHONE, HungUpBy, Outcome, Way
from dutyphone_simulators.sip.settings import Account, FarEnd
from dutyphone_simulators.sip.transactions import Timing
from support.raw_telephone import Heard, RawTelephone, sdp

Desk = Callable[..., tuple[SimulatedExchange, RawTelephone]]
SDP = "Content-Type: application/sdp\n"
ALONE = (Account(desk_phone=False),)
MOBILE = "013900000000"
_COUNT = itertools.count(1)


class Dialled:
    """One call that `phone` makes to `number`; challenged as often as it takes."""

    def __init__(
        self, phone: RawTelephone, number: str, *, body: bytes = b"", headers: str = "", port: int = 40000
    ) -> None:
        self.phone, self.number = phone, number
        self.uri = f"sip:{number.replace('#', '%23')}@127.0.0.1"
        self.call_id, self.sequence = f"dial-{next(_COUNT)}", 1
        self.body = body or sdp("127.0.0.1", port)
        self.extra = headers + SDP
        self.branch = self._invite("")
        self.ok: Heard | None = None

    def _invite(self, credentials: str) -> str:
        return self.phone.request(
            "INVITE",
            uri=self.uri,
            to=f"<{self.uri}>",
            from_tag="dialler",
            call_id=self.call_id,
            number=self.sequence,
            headers=credentials + self.extra,
            body=self.body,
        )

    def authorize(self, status: int = 407) -> Dialled:
        challenge = self.phone.hear(status)
        self.ack(challenge)
        self.sequence += 1
        self.branch = self._invite(self.phone.authorize(challenge, "INVITE", self.uri))
        return self

    def ack(self, answer: Heard, branch: str = "") -> None:
        uri = answer["contact"].strip("<>") if answer.status == 200 else self.uri
        self.phone.request(
            "ACK",
            uri=uri,
            to=answer["to"],
            from_tag="dialler",
            call_id=self.call_id,
            number=self.sequence,
            branch=branch or ("" if answer.status == 200 else self.branch),
        )

    def hear(self, status: int) -> Heard:
        answer = self.phone.hear(lambda heard: heard.status == status and heard["call-id"] == self.call_id)
        if status >= 200:
            self.ack(answer)
        if status == 200:
            self.ok = answer
        return answer

    def hang_up(self) -> None:
        assert self.ok is not None
        self.sequence += 1
        uri = self.ok["contact"].strip("<>")
        self.phone.request(
            "BYE", uri=uri, to=self.ok["to"], from_tag="dialler", call_id=self.call_id, number=self.sequence
        )

    def cancel(self) -> None:
        self.phone.request(
            "CANCEL",
            uri=self.uri,
            to=f"<{self.uri}>",
            from_tag="dialler",
            call_id=self.call_id,
            number=self.sequence,
            branch=self.branch,
        )


@pytest.mark.parametrize("challenge", [401, 407])
def test_a_number_that_answers(desk: Desk, challenge: int) -> None:
    exchange, phone = desk(call_challenge=challenge, far_ends={MOBILE: FarEnd(rings_s=0.1)})
    call = Dialled(phone, MOBILE).authorize(challenge)
    assert call.hear(100)
    assert call.hear(180).to_tag
    answer = call.hear(200)
    assert b"m=audio" in answer.body
    call.hang_up()
    assert phone.hear(200)["cseq"].endswith("BYE")
    (record,) = exchange.records
    assert (record.way, record.caller, record.called) == (Way.OUTGOING, "1001", MOBILE)
    assert (record.outcome, record.answered_by, record.hung_up_by) == (Outcome.ANSWERED, MOBILE, HungUpBy.CALLER)
    assert record.ring_s == pytest.approx(0.1, abs=0.05)
    assert not exchange.complaints


def test_a_registered_telephone_may_be_trusted(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None, other_numbers=FarEnd(rings_s=0.0))
    Dialled(phone, MOBILE).hear(200)
    assert [heard.status for heard in phone.heard if heard["cseq"].endswith("INVITE")] == [100, 180, 200]
    assert exchange.records[0].answered_by == MOBILE


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(486, Outcome.BUSY), (603, Outcome.REFUSED), (404, Outcome.WRONG_NUMBER), (480, Outcome.UNREACHABLE)],
)
def test_numbers_that_do_not(desk: Desk, status: int, outcome: Outcome) -> None:
    exchange, phone = desk(call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=0.05, status=status)})
    Dialled(phone, MOBILE).hear(status)
    assert (exchange.records[0].outcome, exchange.records[0].status) == (outcome, status)


def test_what_happens_at_a_number_may_change(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None)
    for status, outcome in ((404, Outcome.WRONG_NUMBER), (486, Outcome.BUSY)):
        exchange.far_end(MOBILE, FarEnd(rings_s=0.0, status=status))
        Dialled(phone, MOBILE).hear(status)
        assert exchange.records[-1].outcome is outcome


def test_the_far_end_hangs_up(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=0.0, talk_s=0.1)})
    Dialled(phone, MOBILE).hear(200)
    bye = phone.hear("BYE")
    phone.answer(bye, 200)
    assert bye.uri == phone.contact.strip("<>")
    (record,) = exchange.records
    assert record.hung_up_by is HungUpBy.CALLED
    assert record.talk_s == pytest.approx(0.1, abs=0.05)


def test_the_telephone_gives_up(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=5.0)})
    call = Dialled(phone, MOBILE)
    call.hear(180)
    call.cancel()
    assert phone.hear(200)["cseq"].endswith("CANCEL")
    call.hear(487)
    assert exchange.records[0].outcome is Outcome.GIVEN_UP


def test_ringing_that_can_be_heard(desk: Desk) -> None:
    """183 with a description, and the ringback tone before the answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(2.0)
        _, phone = desk(call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=0.2, early_media=True)})
        call = Dialled(phone, MOBILE, port=ear.getsockname()[1])
        assert b"m=audio" in call.hear(183).body
        assert len(ear.recv(400)) == 172
        call.hear(200)


def test_a_final_answer_is_repeated_until_it_is_acknowledged(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=0.0, status=486)})
    call = Dialled(phone, MOBILE)
    phone.hear(486)
    answer = phone.hear(486)
    call.ack(answer)
    assert not [heard for heard in phone.quiet(0.3) if heard.status == 486]
    assert not exchange.complaints


def test_an_answer_that_is_never_acknowledged_ends_the_call(desk: Desk) -> None:
    """§13.3.1.4."""
    exchange, phone = desk(
        call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=0.0)}, timing=Timing(t1_s=0.01, t2_s=0.1)
    )
    Dialled(phone, MOBILE)
    assert phone.hear("BYE")
    assert sum(heard.status == 200 and heard["cseq"].endswith("INVITE") for heard in phone.heard) > 5
    assert "never acknowledged" in exchange.complaints[0]


def test_an_invite_that_comes_again_gets_the_same_answer_and_makes_no_second_call(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=5.0)})
    exchange.lose_next("SIP/2.0 180", way=PacketWay.OUT)
    call = Dialled(phone, MOBILE)
    call.hear(100)
    phone.request(
        "INVITE",
        uri=call.uri,
        to=f"<{call.uri}>",
        from_tag="dialler",
        call_id=call.call_id,
        branch=call.branch,
        headers=SDP,
        body=call.body,
    )
    call.hear(180)
    assert len(exchange.records) == 1


def test_the_same_invite_on_another_way_is_a_loop(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None, far_ends={MOBILE: FarEnd(rings_s=5.0)})
    call = Dialled(phone, MOBILE)
    call.hear(180)
    call._invite("")
    phone.hear(482)
    assert len(exchange.records) == 1


def test_somebody_unknown_may_not_call(desk: Desk) -> None:
    exchange, phone = desk()
    phone.user = "1009"
    Dialled(phone, MOBILE)
    phone.hear(403)
    assert not exchange.records


def test_too_short_a_session_is_refused_with_the_shortest(desk: Desk) -> None:
    """RFC 4028 §5."""
    _, phone = desk(call_challenge=None, least_session_s=90, other_numbers=FarEnd(rings_s=0.0))
    Dialled(phone, MOBILE, headers="Session-Expires: 60\n")
    assert phone.hear(422)["min-se"] == "90"
    answer = Dialled(phone, MOBILE, headers="Session-Expires: 120;refresher=uac\n").hear(200)
    assert answer["session-expires"] == "120;refresher=uac"
    assert answer["require"] == "timer"


def test_a_late_offer_is_answered_in_the_ack(desk: Desk) -> None:
    exchange, phone = desk(call_challenge=None, other_numbers=FarEnd(rings_s=0.0))
    call = Dialled(phone, MOBILE)
    call.hear(200)
    assert not exchange.complaints


def test_from_one_account_to_another(desk: Desk) -> None:
    accounts = (Account(desk_phone=False), Account(name="1002", password="other", desk_phone=False))
    exchange, phone = desk(accounts=accounts, call_challenge=None)
    with RawTelephone(exchange.address(), user="1002", password="other") as other:
        other.register()
        call = Dialled(phone, "1002")
        invite = other.hear("INVITE")
        assert invite.body == call.body
        other.answer(invite, 180)
        other.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40002))
        other.hear("ACK")
        assert call.hear(200).body == sdp("127.0.0.1", 40002)
        call.hang_up()
        other.answer(other.hear("BYE"), 200)
    assert exchange.records[0].answered_by == "1002"


class TestForwarding:
    """`*57*N#` and the like are obeyed: afterwards calls really go to N (S1-32)."""

    def dial(self, phone: RawTelephone, code: str) -> None:
        call = Dialled(phone, code)
        assert call.hear(200)["contact"].startswith(f"<sip:{code.replace('#', '%23')}@")
        phone.answer(phone.hear("BYE"), 200)  # the announcement is over

    def test_all_calls(self, desk: Desk) -> None:
        mobile = FarEnd(rings_s=0.05, talk_s=0.05)
        exchange, phone = desk(call_challenge=None, announcement_s=0.05, far_ends={MOBILE: mobile})
        self.dial(phone, f"*57*{MOBILE}#")
        assert exchange.forwarding() == {"57": MOBILE}
        record = exchange.call(number="01055501234")
        assert exchange.wait_over(record)
        assert (record.forwarded_to, record.answered_by) == (MOBILE, MOBILE)
        assert not record.legs
        assert not phone.quiet(0.05)
        self.dial(phone, "#57#")
        assert exchange.forwarding() == {}
        exchange.call(number="01055501234")
        assert phone.hear("INVITE")

    def test_when_busy(self, desk: Desk) -> None:
        exchange, phone = desk(
            accounts=ALONE,
            call_challenge=None,
            announcement_s=0.05,
            far_ends={MOBILE: FarEnd(rings_s=0.05, talk_s=0.0)},
        )
        self.dial(phone, f"*40*{MOBILE}#")
        record = exchange.call()
        phone.answer(phone.hear("INVITE"), 486)
        assert exchange.wait_over(record)
        assert record.answered_by == MOBILE

    def test_without_an_answer(self, desk: Desk) -> None:
        exchange, phone = desk(
            no_answer_s=0.1,
            call_challenge=None,
            announcement_s=0.05,
            far_ends={MOBILE: FarEnd(rings_s=0.05, talk_s=0.0)},
        )
        self.dial(phone, f"*41*{MOBILE}#")
        record = exchange.call()
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        phone.answer(phone.hear("CANCEL"), 200)
        phone.answer(invite, 487)
        assert exchange.wait_over(record)
        assert (record.forwarded_to, record.answered_by) == (MOBILE, MOBILE)

    def test_dialled_on_the_desk_phone(self, desk: Desk) -> None:
        exchange, _ = desk(announcement_s=0.05)
        record = exchange.desk_calls(f"*57*{MOBILE}#")
        assert exchange.wait_over(record)
        assert exchange.forwarding() == {"57": MOBILE}


class TestTheDeskPhone:
    def test_its_own_call_never_reaches_the_registered_one(self, desk: Desk) -> None:
        exchange, phone = desk(far_ends={MOBILE: FarEnd(rings_s=0.05)})
        record = exchange.desk_calls(MOBILE, talk_s=0.1)
        assert exchange.wait_over(record)
        assert (record.way, record.answered_by) == (Way.OUTGOING, MOBILE)
        assert record.talk_s == pytest.approx(0.1, abs=0.05)
        assert not phone.quiet(0.02)

    def test_gives_up_when_nobody_answers(self, desk: Desk) -> None:
        exchange, _ = desk(far_ends={MOBILE: FarEnd(rings_s=5.0)})
        record = exchange.desk_calls(MOBILE, gives_up_s=0.05)
        assert exchange.wait_over(record)
        assert record.outcome is Outcome.GIVEN_UP

    def test_a_second_call_finds_it_busy_and_rings_at_the_other_alone(self, desk: Desk) -> None:
        exchange, phone = desk()
        first = exchange.call(desk_answers_s=0.0)
        phone.answer(phone.hear("INVITE"), 486)
        assert exchange.wait_for(lambda: first.answered_by == DESK_PHONE)
        second = exchange.call(number="01055501299", desk_answers_s=0.0, gives_up_s=0.3)
        invite = phone.hear("INVITE")
        phone.answer(invite, 486)
        assert exchange.wait_over(second)
        assert second.outcome is Outcome.BUSY
        exchange.desk_hangs_up()
        assert first.over

    def test_both_ends_can_be_made_to_hang_up(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call(desk_answers_s=0.0)
        phone.answer(phone.hear("INVITE"), 486)
        assert exchange.wait_for(lambda: record.answered_by == DESK_PHONE)
        exchange.caller_hangs_up(record)
        assert record.hung_up_by is HungUpBy.CALLER
        record = exchange.call()
        phone.answer(phone.hear("INVITE"), 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        assert exchange.wait_for(lambda: record.answered_at is not None)
        exchange.called_hangs_up(record)
        assert phone.hear("BYE")
        assert record.hung_up_by is HungUpBy.CALLED
