"""Calls that come in, proved by a telephone of bare sockets; each is compared with the exchange's own record."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

import pytest
from dutyphone_simulators.sip.bodies import BodyForm
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.identity import Caller, IdentityForm
from dutyphone_simulators.sip.media import Sound
from dutyphone_simulators.sip.messages import Style
from dutyphone_simulators.sip.network import Way
from dutyphone_simulators.sip.records import DESK_PHONE, HungUpBy, Outcome
from dutyphone_simulators.sip.settings import Account, FarEnd, Manner, ReasonForm
from dutyphone_simulators.sip.testkit import QUICK
from dutyphone_simulators.sip.transactions import Timing
from support.raw_telephone import Heard, RawTelephone, sdp

Desk = Callable[..., tuple[SimulatedExchange, RawTelephone]]
SDP = "Content-Type: application/sdp\n"
ALONE = (Account(desk_phone=False),)


def end_cancelled(phone: RawTelephone, invite: Heard) -> Heard:
    """Take a CANCEL as RFC 3261 §9.2 wants it; the CANCEL."""
    cancel = phone.hear("CANCEL")
    phone.answer(cancel, 200)
    phone.answer(invite, 487)
    phone.hear("ACK")
    return cancel


class TestHowACallEnds:
    @pytest.mark.parametrize("manner", list(Manner))
    def test_the_caller_gives_up(self, desk: Desk, manner: Manner) -> None:
        exchange, phone = desk(manner=manner)
        record = exchange.call(number="01055501234", gives_up_s=0.1)
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        cancel = end_cancelled(phone, invite)
        assert not cancel["reason"]
        assert cancel["via"].split(";rport")[0] == invite["via"].split(";rport")[0]
        assert cancel["cseq"].split()[0] == invite["cseq"].split()[0]
        assert exchange.wait_over(record)
        assert (record.outcome, record.status) == (Outcome.GIVEN_UP, 487)
        assert record.ring_s == pytest.approx(0.1, abs=0.05)
        (leg,) = record.legs
        assert exchange.wait_for(lambda: leg.status == 487)
        assert not exchange.complaints

    @pytest.mark.parametrize(
        ("form", "reasons"),
        [
            (ReasonForm.SIP, ['SIP;cause=200;text="Call completed elsewhere"']),
            (ReasonForm.Q850, ['Q.850;cause=26;text="Non-selected user clearing"']),
            (ReasonForm.NONE, []),
        ],
    )
    @pytest.mark.parametrize("manner", list(Manner))
    def test_the_desk_phone_answers(self, desk: Desk, form: ReasonForm, reasons: list[str], manner: Manner) -> None:
        exchange, phone = desk(elsewhere=form, manner=manner)
        record = exchange.call(number="01055501234", desk_answers_s=0.1, talk_s=0.2)
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        assert end_cancelled(phone, invite).every("reason") == reasons
        assert exchange.wait_over(record)
        assert (record.outcome, record.answered_by) == (Outcome.ANSWERED, DESK_PHONE)
        assert record.ring_s == pytest.approx(0.1, abs=0.05)
        assert record.talk_s == pytest.approx(0.2, abs=0.05)
        assert record.hung_up_by is HungUpBy.CALLER

    def test_the_desk_phone_hangs_up(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call(desk_answers_s=0.05, talk_s=0.1, caller_hangs_up=False)
        phone.answer(phone.hear("INVITE"), 486)
        assert exchange.wait_over(record)
        assert record.hung_up_by is HungUpBy.CALLED

    def test_somebody_lifts_and_hangs_up_by_hand(self, desk: Desk) -> None:
        exchange, phone = desk()
        assert not exchange.desk_lifts()
        record = exchange.call()
        phone.hear("INVITE")
        assert exchange.desk_lifts()
        assert record.answered_by == DESK_PHONE
        exchange.desk_hangs_up()
        assert exchange.wait_over(record)

    def test_an_exchange_may_say_why_it_takes_a_call_back(self, desk: Desk) -> None:
        reason = 'Q.850;cause=16;text="Normal call clearing"'
        exchange, phone = desk(given_up_reason=reason, register_headers=(("Service-Route", "<sip:a;lr>"),))
        assert phone.heard[-1]["service-route"] == "<sip:a;lr>"
        exchange.call(gives_up_s=0.05)
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        assert end_cancelled(phone, invite)["reason"] == reason

    def test_nobody_answers(self, desk: Desk) -> None:
        exchange, phone = desk(no_answer_s=0.15, no_answer_reason="Q.850;cause=19")
        record = exchange.call()
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        assert end_cancelled(phone, invite)["reason"] == "Q.850;cause=19"
        assert exchange.wait_over(record)
        assert record.outcome is Outcome.NO_ANSWER

    def test_the_telephone_answers_and_the_caller_hangs_up(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call(talk_s=0.15)
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        ack = phone.hear("ACK")
        assert ack.uri == phone.contact.strip("<>")
        assert ack["cseq"].split()[0] == invite["cseq"].split()[0]
        bye = phone.hear("BYE")
        phone.answer(bye, 200)
        assert int(bye["cseq"].split()[0]) > int(invite["cseq"].split()[0])
        assert exchange.wait_over(record)
        assert (record.answered_by, record.hung_up_by) == ("1001", HungUpBy.CALLER)
        assert record.talk_s == pytest.approx(0.15, abs=0.05)
        assert not exchange.complaints

    def test_the_telephone_answers_and_hangs_up(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call()
        invite = phone.hear("INVITE")
        phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        phone.hear("ACK")
        hang_up(phone, invite)
        assert phone.hear(200)["cseq"].endswith("BYE")
        assert exchange.wait_over(record)
        assert record.hung_up_by is HungUpBy.CALLED
        assert not exchange.complaints

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [(486, Outcome.BUSY), (603, Outcome.REFUSED), (600, Outcome.BUSY), (488, Outcome.REFUSED)],
    )
    def test_the_only_telephone_refuses(self, desk: Desk, status: int, outcome: Outcome) -> None:
        exchange, phone = desk(accounts=ALONE)
        record = exchange.call()
        phone.answer(phone.hear("INVITE"), status)
        assert phone.hear("ACK").uri == phone.contact.strip("<>")
        assert exchange.wait_over(record)
        assert (record.outcome, record.status) == (outcome, status)

    def test_486_leaves_the_desk_phone_ringing_and_603_stops_it(self, desk: Desk) -> None:
        """RFC 3261 §16.7 step 5: a 6xx ends every branch."""
        exchange, phone = desk()
        record = exchange.call(desk_answers_s=0.2, talk_s=0.05)
        phone.answer(phone.hear("INVITE"), 486)
        assert exchange.wait_over(record)
        assert record.answered_by == DESK_PHONE
        record = exchange.call(desk_answers_s=5.0)
        phone.answer(phone.hear("INVITE"), 603)
        assert exchange.wait_over(record, 1.0)
        assert record.outcome is Outcome.REFUSED

    def test_nobody_is_registered(self, desk: Desk) -> None:
        exchange, _ = desk(register=False, accounts=ALONE)
        record = exchange.call()
        assert (record.outcome, record.status) == (Outcome.UNREACHABLE, 480)

    def test_a_telephone_that_says_nothing_is_given_up(self, desk: Desk) -> None:
        exchange, phone = desk(accounts=ALONE, timing=Timing(t1_s=0.01, t2_s=0.1))
        record = exchange.call()
        assert exchange.wait_over(record, 2.0)
        assert record.outcome is Outcome.UNREACHABLE
        assert len([heard for heard in phone.quiet(0.05) if heard.method == "INVITE"]) == 7  # §17.1.1.2, timer A

    def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call(gives_up_s=0.05)
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        phone.answer(phone.hear("CANCEL"), 481)
        phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        assert phone.hear("ACK")
        assert phone.hear("BYE")
        assert record.outcome is Outcome.GIVEN_UP

    def test_no_cancel_before_the_first_answer(self, desk: Desk) -> None:
        """§9.1."""
        exchange, phone = desk()
        exchange.call(gives_up_s=0.05)
        invite = phone.hear("INVITE")
        assert not [heard for heard in phone.quiet(0.12) if heard.method == "CANCEL"]
        phone.answer(invite, 180)
        end_cancelled(phone, invite)


class TestWhoCalls:
    """Every form in which the caller may be written."""

    @pytest.mark.parametrize(
        ("form", "header", "expected"),
        [
            (IdentityForm.FROM, "from", '"张三 值班" <sip:01055501234@127.0.0.1>;tag='),
            (IdentityForm.BARE, "from", "sip:01055501234@127.0.0.1;tag="),
            (IdentityForm.TEL, "from", '"张三 值班" <tel:+861055501234>;tag='),
            (IdentityForm.SIPS, "from", '"张三 值班" <sips:01055501234@127.0.0.1>;tag='),
            (IdentityForm.USER_PHONE, "from", '"张三 值班" <sip:+861055501234@127.0.0.1;user=phone>;tag='),
            (IdentityForm.ASSERTED, "p-asserted-identity", '"张三 值班" <sip:01055501234@127.0.0.1>'),
            (IdentityForm.ASSERTED_TWICE, "p-asserted-identity", ", <tel:+861055501234>"),
            (IdentityForm.REMOTE_PARTY, "remote-party-id", ">;party=calling;id-type=subscriber;privacy=off;screen=yes"),
            (IdentityForm.WITHHELD, "privacy", "id"),
            (IdentityForm.ANONYMOUS, "from", '"Anonymous" <sip:anonymous@anonymous.invalid>;tag='),
            (IdentityForm.UNAVAILABLE, "from", '"Unavailable" <sip:unavailable@127.0.0.1>;tag='),
        ],
    )
    def test_forms(self, desk: Desk, form: IdentityForm, header: str, expected: str) -> None:
        exchange, phone = desk()
        record = exchange.call(identity=form, number="01055501234", name="张三 值班")
        invite = phone.hear("INVITE")
        assert expected in invite[header]
        if form in (IdentityForm.ANONYMOUS, IdentityForm.UNAVAILABLE):
            assert "01055501234" not in invite["from"]
            assert record.caller == ""
        phone.answer(invite, 603)

    def test_a_name_in_gbk_comes_in_its_own_bytes(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.call(identity=IdentityForm.GBK, name="钱镕")
        invite = phone.hear("INVITE")
        assert '"钱镕"'.encode("gbk") in invite.raw
        phone.answer(invite, 603)
        assert phone.hear("ACK")["from"].encode("utf-8", "surrogateescape") in invite.raw

    def test_quotes_and_brackets_in_a_name_are_escaped(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.call(name='O\'Brien, "Duty" <desk>')
        assert r'"O' in (value := phone.hear("INVITE")["from"])
        assert value.startswith(r""""O'Brien, \"Duty\" <desk>" <sip:""")

    @pytest.mark.parametrize("history", [False, True])
    def test_who_was_called_first(self, desk: Desk, history: bool) -> None:
        exchange, phone = desk()
        record = exchange.call(identity=Caller(diverted_from="01055501230", history=history))
        invite = phone.hear("INVITE")
        if history:
            assert invite["history-info"].startswith("<sip:01055501230@127.0.0.1>;index=1, <sip:1001@")
        else:
            assert invite["diversion"].startswith("<sip:01055501230@127.0.0.1>;reason=unconditional")
        assert record.diverted_from == "01055501230"

    def test_what_was_dialled_stands_in_to(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call(called="01055501200")
        assert "<sip:01055501200@" in phone.hear("INVITE")["to"]
        assert record.called == "01055501200"

    @pytest.mark.parametrize(
        ("style", "mark"),
        [
            (Style(compact=True), b"\r\nf: "),
            (Style(folded=True), b"\r\n\t;"),
            (Style(shouted=True), b"\r\nFROM: "),
            (Style(spaced=True), b"\r\nFrom : "),
            (Style(joined=True), b"gateway.invalid:5080"),
        ],
    )
    def test_styles(self, desk: Desk, style: Style, mark: bytes) -> None:
        exchange, phone = desk(manner=Manner.PROXY)
        exchange.call(style=style)
        assert mark in phone.hear(lambda heard: heard.raw.startswith(b"INVITE")).raw

    @pytest.mark.parametrize(
        ("form", "mark"),
        [
            (BodyForm.PLAIN, b"RTP/AVP 8 0 101"),
            (BodyForm.SRTP, b"RTP/SAVP 8 0"),
            (BodyForm.G729, b"RTP/AVP 18\r\n"),
            (BodyForm.MULTIPART, b"--duty-boundary--"),
            (BodyForm.UNKNOWN, b"x-duty-notice"),
            (BodyForm.NONE, b"Content-Length: 0\r\n\r\n"),
        ],
    )
    def test_bodies(self, desk: Desk, form: BodyForm, mark: bytes) -> None:
        exchange, phone = desk()
        exchange.call(body=form)
        assert mark in phone.hear("INVITE").raw


class TestForks:
    def test_an_exchange_may_ask_for_the_account_instead_of_the_contact(self, desk: Desk) -> None:
        exchange, phone = desk(asks_for_account=True)
        exchange.call()
        assert phone.hear("INVITE").uri == phone.contact.strip("<>").replace(phone.contact_user, "1001")

    def test_a_proxy_forks_one_call_and_an_exchange_makes_two(self, desk: Desk) -> None:
        for manner, call_ids in ((Manner.PROXY, 1), (Manner.BRANCHES, 2)):
            exchange, phone = desk(manner=manner)
            phone.contact_user = "second"
            phone.register()
            exchange.call()
            invites = [phone.hear("INVITE"), phone.hear("INVITE")]
            assert len({invite["call-id"] for invite in invites}) == call_ids
            assert len({invite.uri for invite in invites}) == 2
            assert [len(invite.every("record-route")) for invite in invites] == [1 if call_ids == 1 else 0] * 2

    def test_the_same_request_on_two_ways(self, desk: Desk) -> None:
        """§8.2.2.2: the second way is to be answered 482."""
        exchange, phone = desk(accounts=ALONE)
        record = exchange.call(merged=True)
        first, second = phone.hear("INVITE"), phone.hear("INVITE")
        assert first["call-id"] == second["call-id"]
        assert first["via"] != second["via"]
        phone.answer(second, 482)
        phone.hear("ACK")
        phone.answer(first, 486)
        phone.hear("ACK")
        assert exchange.wait_over(record)
        assert not exchange.complaints
        exchange.call(merged=True)
        first, second = phone.hear("INVITE"), phone.hear("INVITE")
        phone.answer(second, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        assert exchange.wait_for(lambda: any("8.2.2.2" in what for what in exchange.complaints))

    @pytest.mark.parametrize("answers", [True, False])
    def test_a_redirection_is_followed(self, desk: Desk, answers: bool) -> None:
        mobile = FarEnd(rings_s=0.1, talk_s=0.1) if answers else FarEnd(rings_s=0.1, status=480)
        exchange, phone = desk(accounts=ALONE, far_ends={"013900000000": mobile})
        record = exchange.call()
        phone.answer(phone.hear("INVITE"), 302, contact="<sip:013900000000@gateway.invalid>")
        assert phone.hear("ACK")
        assert exchange.wait_over(record)
        assert record.forwarded_to == "013900000000"
        if answers:
            assert (record.outcome, record.answered_by) == (Outcome.ANSWERED, "013900000000")
        else:
            assert record.outcome is Outcome.UNREACHABLE

    def test_a_redirection_that_is_not_followed_is_a_refusal(self, desk: Desk) -> None:
        exchange, phone = desk(accounts=ALONE, follows_redirects=False)
        record = exchange.call()
        phone.answer(phone.hear("INVITE"), 302, contact="<sip:013900000000@gateway.invalid>")
        assert exchange.wait_over(record)
        assert not record.forwarded_to

    def test_a_call_on_hold_and_back_is_one_call(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call(hold_s=0.05, talk_s=0.2)
        invite = phone.hear("INVITE")
        phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        phone.hear("ACK")
        again = phone.hear("INVITE")
        assert b"a=sendonly" in again.body
        assert again.to_tag == "mine"
        phone.answer(again, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        assert phone.hear("ACK")["cseq"].split()[0] == again["cseq"].split()[0]
        phone.answer(phone.hear("BYE"), 200)
        assert exchange.wait_over(record)
        assert len(exchange.records) == 1


class TestSessions:
    """RFC 4028."""

    def answered(self, exchange: SimulatedExchange, phone: RawTelephone, timer: str, **script: object) -> Heard:
        exchange.call(**script)
        invite = phone.hear("INVITE")
        phone.answer(invite, 200, headers=f"{timer}{SDP}", body=sdp("127.0.0.1", 40000))
        phone.hear("ACK")
        return invite

    @pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
    def test_the_exchange_refreshes(self, desk: Desk, method: str) -> None:
        exchange, phone = desk()
        timer = "Session-Expires: 1;refresher=uac\nRequire: timer\n"
        invite = self.answered(exchange, phone, timer, session_expires_s=1, refresh_by=method)
        assert invite["session-expires"] == "1;refresher=uac"
        for _ in range(2):
            refresh = phone.hear(method)
            assert refresh["session-expires"] == "1;refresher=uac"
            phone.answer(refresh, 200, headers=timer)
        assert not exchange.complaints
        assert not exchange.records[0].over

    def test_a_telephone_that_is_gone_ends_the_call(self, desk: Desk) -> None:
        exchange, phone = desk()
        self.answered(exchange, phone, "Session-Expires: 1;refresher=uac\n", session_expires_s=1)
        phone.answer(phone.hear("UPDATE"), 481)
        assert exchange.wait_for(lambda: exchange.records[0].over)

    def test_a_telephone_that_does_not_refresh_is_hung_up(self, desk: Desk) -> None:
        exchange, phone = desk()
        self.answered(exchange, phone, "Session-Expires: 1;refresher=uas\n", session_expires_s=1, refresher="uas")
        assert phone.hear("BYE")
        assert "RFC 4028" in exchange.complaints[0]
        assert exchange.records[0].over

    def test_a_telephone_that_refreshes_keeps_the_call(self, desk: Desk) -> None:
        exchange, phone = desk()
        timer = "Session-Expires: 1;refresher=uas\n"
        invite = self.answered(exchange, phone, timer, session_expires_s=1, refresher="uas")
        for number in (1, 2, 3):
            phone.quiet(0.4)
            in_dialog(phone, invite, "UPDATE", number, "Session-Expires: 1;refresher=uac\n")
            assert phone.hear(200)["session-expires"] == "1;refresher=uac"
        assert not exchange.records[0].over
        assert not exchange.complaints


class TestWhatIsLost:
    def test_an_invite_that_was_lost_comes_again(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.lose_next("INVITE")
        exchange.call(gives_up_s=0.5)
        begun = time.monotonic()
        assert phone.hear("INVITE").at - begun == pytest.approx(QUICK.t1_s, abs=0.03)

    def test_an_invite_is_not_sent_again_once_it_rings(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.call(gives_up_s=5.0)
        phone.answer(phone.hear("INVITE"), 180)
        assert not phone.quiet(0.2)

    def test_a_lost_answer_makes_the_exchange_wait_for_it(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.lose_next("SIP/2.0 200", way=Way.IN)
        record = exchange.call(talk_s=0.1)
        invite = phone.hear("INVITE")
        for _ in range(2):
            phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        assert phone.hear("ACK")
        assert exchange.wait_for(lambda: record.answered_by == "1001")

    def test_every_2xx_that_comes_again_is_acknowledged_again(self, desk: Desk) -> None:
        """§13.2.2.4."""
        exchange, phone = desk()
        exchange.call()
        invite = phone.hear("INVITE")
        for _ in range(3):
            phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
            assert phone.hear("ACK")
        assert len(exchange.records[0].legs) == 1

    def test_a_refusal_that_comes_again_is_acknowledged_again(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.call()
        invite = phone.hear("INVITE")
        for _ in range(3):
            phone.answer(invite, 486)
            assert phone.hear("ACK")


class TestSound:
    def rtp(self, number: int, payload: bytes = b"\xd5" * 160, kind: int = 8, stamp: int = 0) -> bytes:
        return struct.pack("!BBHII", 0x80, kind, number, stamp or number * 160, 7) + payload

    def answered(self, exchange: SimulatedExchange, phone: RawTelephone, ear: socket.socket, **script: object) -> int:
        exchange.call(**script)
        invite = phone.hear("INVITE")
        _, port = ear.getsockname()
        phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", port))
        ack = phone.hear("ACK")
        offered = invite.body or ack.body
        return int(offered.split(b"m=audio ")[1].split()[0])

    @pytest.fixture
    def ear(self) -> socket.socket:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", 0))
            ear.settimeout(2.0)
            yield ear

    def test_what_is_said_comes_back(self, desk: Desk, ear: socket.socket) -> None:
        exchange, phone = desk()
        port = self.answered(exchange, phone, ear, talk_s=0.3)
        for number in range(5):
            ear.sendto(self.rtp(number, bytes([number]) * 160), ("127.0.0.1", port))
            assert ear.recv(400)[12:] == bytes([number]) * 160
        phone.answer(phone.hear("BYE"), 200)
        assert exchange.wait_for(lambda: exchange.records[0].heard_packets == 5)

    @pytest.mark.parametrize("form", [BodyForm.PLAIN, BodyForm.NONE, BodyForm.MULTIPART])
    def test_a_tone_every_20_ms(self, desk: Desk, ear: socket.socket, form: BodyForm) -> None:
        exchange, phone = desk()
        self.answered(exchange, phone, ear, sound=Sound.TONE, body=form)
        packets, begun = [ear.recv(400) for _ in range(11)], time.monotonic()
        numbers = [struct.unpack_from("!H", packet, 2)[0] for packet in packets]
        assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(11))
        assert len(set(packets[0][12:])) > 10
        assert time.monotonic() - begun < 0.4

    def test_dialled_digits_are_heard_once_each(self, desk: Desk, ear: socket.socket) -> None:
        """RFC 4733 §2.5.1.4: the end of an event is sent three times."""
        exchange, phone = desk()
        port = self.answered(exchange, phone, ear, talk_s=0.2)
        for place, digit in enumerate("12#"):
            event = "0123456789*#".index(digit)
            for _ in range(3):
                packet = self.rtp(place, bytes([event, 0x8A, 3, 0x20]), kind=101, stamp=1000 * (place + 1))
                ear.sendto(packet, ("127.0.0.1", port))
        phone.answer(phone.hear("BYE"), 200)
        assert exchange.wait_for(lambda: exchange.records[0].digits == "12#")


class TestWhatATelephoneDoesWrong:
    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (lambda answer: answer.replace(";tag=mine", ""), "no tag in To"),
            (lambda answer: answer.replace("Contact", "X-Contact"), "no Contact"),
            (lambda answer: answer.replace("Record-Route", "X-Record-Route"), "Record-Route"),
            (lambda answer: answer.replace("Via: SIP/2.0/UDP gateway", "X-Via: SIP/2.0/UDP gateway"), "Via"),
        ],
    )
    def test_a_poor_ringing_is_a_complaint(
        self, desk: Desk, change: Callable[[str], str], complaint: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exchange, phone = desk(manner=Manner.PROXY)
        exchange.call()
        invite = phone.hear("INVITE")
        send = phone.send
        monkeypatch.setattr(phone, "send", lambda text, body=b"": send(change(text), body))
        phone.answer(invite, 180)
        assert exchange.wait_for(lambda: any(complaint in what for what in exchange.complaints))

    def test_a_cancelled_call_that_never_ends_is_a_complaint(self, desk: Desk) -> None:
        exchange, phone = desk(timing=Timing(t1_s=0.005, t2_s=0.05))
        exchange.call(gives_up_s=0.05)
        invite = phone.hear("INVITE")
        phone.answer(invite, 180)
        phone.answer(phone.hear("CANCEL"), 200)
        assert exchange.wait_for(lambda: any("487" in what for what in exchange.complaints), 2.0)

    def test_who_ignores_the_recorded_route_is_told(self, desk: Desk) -> None:
        exchange, phone = desk(manner=Manner.PROXY)
        exchange.call()
        invite = phone.hear("INVITE")
        phone.answer(invite, 200, headers=SDP, body=sdp("127.0.0.1", 40000))
        phone.hear("ACK")
        in_dialog(phone, invite, "BYE", 1)
        phone.hear(200)
        assert "did not take the route" in exchange.complaints[0]


def in_dialog(phone: RawTelephone, invite: Heard, method: str, number: int = 1, headers: str = "") -> None:
    """A request of the telephone in the dialog that `invite` made."""
    contact = invite["contact"].strip("<>")
    phone.send(
        f"{method} {contact} SIP/2.0\nVia: SIP/2.0/UDP {phone.own};branch=z9hG4bK-in-{method}-{number};rport\n"
        f"Max-Forwards: 70\nFrom: {invite['to']};tag=mine\nTo: {invite['from']}\nCall-ID: {invite['call-id']}\n"
        f"CSeq: {number} {method}\nContact: {phone.contact}\n{headers}Content-Length: 0\n"
    )


def hang_up(phone: RawTelephone, invite: Heard) -> None:
    in_dialog(phone, invite, "BYE")
