"""Transactions on a manual clock: every timer of RFC 3261 §17 by its name, and what is sent when."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.message import Request, Response
from dutyphone_drivers.sip_account.replies import reply
from dutyphone_drivers.sip_account.timing import Limits, Timing
from dutyphone_drivers.sip_account.transaction import (
    Heard,
    RequestHeard,
    ResponseHeard,
    TimedOut,
    Transactions,
    Unacknowledged,
)
from dutyphone_drivers.sip_account.wire import Address, Transport
from dutyphone_simulators.clock import ManualClock
from support.sip_wire import SERVER, SERVER_TCP, US, counting_tokens, first_lines, request, response, sent


class Bench:
    """Transactions, a clock, and what left at which second since the start."""

    def __init__(self, *, to: Address = SERVER, limits: Limits | None = None) -> None:
        self.clock = ManualClock()
        self.far = to
        self.local = Address(US.host, US.port, to.transport)
        self.layer = Transactions(new_token=counting_tokens(), local=self.local, limits=limits)
        self._began = self.clock.now().mono

    def ask(self, method: str = "OPTIONS", owner: object = None) -> str:
        asked = request(method, uri="sip:192.0.2.1", source=self.local)
        asked = Request(asked.method, asked.uri, asked.headers.without("Via"), asked.body)
        return self.layer.request(asked, self.far, self.clock.now(), owner)

    def hear(self, heard: Request | Response, source: Address | None = None) -> list[Heard]:
        return self.layer.receive(heard, source or self.far, self.clock.now())

    def hear_new(self, heard: Request) -> RequestHeard:
        (new,) = self.hear(heard)
        assert isinstance(new, RequestHeard)
        return new

    def respond(self, heard: RequestHeard, status: int) -> None:
        self.layer.respond(heard.key, reply(heard.request, status, to_tag="ours"), self.clock.now())

    def out(self) -> list[str]:
        return first_lines(self.layer.take_output())

    def last_request(self) -> Request:
        last = sent(self.layer.take_output())[-1]
        assert isinstance(last, Request)
        return last

    def pass_time(self, seconds: float) -> tuple[list[tuple[float, str]], list[tuple[float, Heard]]]:
        """Go on for `seconds`: what was sent and what was told, each with its second from now."""
        began = self.clock.now().mono
        sent_at: list[tuple[float, str]] = []
        told: list[tuple[float, Heard]] = []
        while (at := self.layer.next_deadline()) is not None and at <= began + seconds:
            self.clock.advance(max(0.0, at - self.clock.now().mono))
            told += [(round(at - began, 3), heard) for heard in self.layer.on_deadline(self.clock.now())]
            sent_at += [(round(at - began, 3), line) for line in self.out()]
        self.clock.advance(began + seconds - self.clock.now().mono)
        assert self.layer.on_deadline(self.clock.now()) == []
        return sent_at, told


def seconds_of(sent_at: list[tuple[float, str]]) -> list[float]:
    return [at for at, _ in sent_at]


# --- INVITE client (§17.1.1) ---------------------------------------------------------------------------------------


def test_timer_a_sends_the_invite_again_with_doubling_pauses_until_timer_b_gives_it_up() -> None:
    bench = Bench()
    key = bench.ask("INVITE", owner="leg")
    assert bench.out() == ["INVITE"]
    sent_at, told = bench.pass_time(40)
    assert sent_at == [(at, "INVITE") for at in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)]
    ((at, timed_out),) = told
    assert at == 32.0
    assert isinstance(timed_out, TimedOut)
    assert (timed_out.key, timed_out.owner) == (key, "leg")
    assert len(bench.layer) == 0


def test_timer_a_does_not_run_over_tcp_and_timer_b_does() -> None:
    bench = Bench(to=SERVER_TCP)
    bench.ask("INVITE")
    bench.out()
    sent_at, told = bench.pass_time(40)
    assert sent_at == []
    assert [at for at, _ in told] == [32.0]


def test_a_provisional_response_ends_timer_a_and_the_call_may_ring_on() -> None:
    bench = Bench()
    bench.ask("INVITE")
    invite = bench.last_request()
    (heard,) = bench.hear(response(invite, 180))
    assert isinstance(heard, ResponseHeard)
    assert heard.response.status == 180
    assert bench.pass_time(600) == ([], [])
    assert len(bench.layer) == 1


def test_a_timer_that_is_not_needed_any_more_is_not_waited_for() -> None:
    bench = Bench()
    bench.ask("INVITE")
    assert bench.layer.next_deadline() is not None
    bench.hear(response(bench.last_request(), 180))
    assert bench.layer.next_deadline() is None
    heard = bench.hear_new(request("INVITE"))
    bench.respond(heard, 180)
    assert bench.layer.next_deadline() is None


def test_every_provisional_response_is_told() -> None:
    bench = Bench()
    bench.ask("INVITE")
    invite = bench.last_request()
    statuses = [
        heard.response.status
        for status in (100, 180, 180, 183)
        for heard in bench.hear(response(invite, status))
        if isinstance(heard, ResponseHeard)
    ]
    assert statuses == [100, 180, 180, 183]


def test_a_refusal_is_acknowledged_with_the_branch_of_the_invite_and_told_once() -> None:
    """§17.1.1.3: Request-URI, Via, Call-ID, From and CSeq number are those of the INVITE, To that of the answer."""
    bench = Bench()
    bench.ask("INVITE")
    invite = bench.last_request()
    assert len(bench.hear(response(invite, 486))) == 1
    ack = bench.last_request()
    assert ack.method == "ACK"
    assert ack.uri == invite.uri
    assert ack.headers.all("Via") == invite.headers.all("Via")
    assert ack.headers.get("CSeq") == "1 ACK"
    for name in ("Call-ID", "From"):
        assert ack.headers.get(name) == invite.headers.get(name)
    assert fields.tag_of(ack.headers.get("To")) == "callee1"
    assert bench.hear(response(invite, 486)) == []
    assert bench.out() == ["ACK"]


def test_timer_d_absorbs_repeated_refusals_for_32_s() -> None:
    bench = Bench()
    bench.ask("INVITE")
    invite = bench.last_request()
    bench.hear(response(invite, 486))
    bench.out()
    bench.pass_time(31.9)
    bench.hear(response(invite, 486))
    assert bench.out() == ["ACK"]
    bench.pass_time(0.2)
    assert len(bench.layer) == 0
    bench.hear(response(invite, 486))
    assert bench.out() == []


def test_timer_d_is_zero_over_tcp() -> None:
    bench = Bench(to=SERVER_TCP)
    bench.ask("INVITE")
    invite = bench.last_request()
    assert len(bench.hear(response(invite, 486))) == 1
    assert bench.out() == ["ACK"]
    assert len(bench.layer) == 0


def test_timer_m_tells_each_2xx_for_32_s() -> None:
    """RFC 6026 §7.2: a repeated 2xx must be acknowledged again, and one of another branch hung up."""
    bench = Bench()
    bench.ask("INVITE")
    invite = bench.last_request()
    assert len(bench.hear(response(invite, 200, tag="one"))) == 1
    assert len(bench.hear(response(invite, 200, tag="one"))) == 1
    assert len(bench.hear(response(invite, 200, tag="two"))) == 1
    assert bench.out() == []
    bench.pass_time(31.9)
    assert len(bench.hear(response(invite, 200, tag="two"))) == 1
    bench.pass_time(0.2)
    assert len(bench.layer) == 0


def test_a_refusal_after_2xx_is_nothing() -> None:
    bench = Bench()
    bench.ask("INVITE")
    invite = bench.last_request()
    bench.hear(response(invite, 200))
    assert bench.hear(response(invite, 486)) == []
    assert bench.out() == []


# --- CANCEL of ours (§9.1) -----------------------------------------------------------------------------------------


def test_cancel_has_the_branch_and_number_of_its_invite() -> None:
    bench = Bench()
    key = bench.ask("INVITE")
    invite = bench.last_request()
    bench.hear(response(invite, 180))
    bench.layer.cancel(key, bench.clock.now(), (("Reason", 'SIP;cause=487;text="Given up"'),))
    cancel = bench.last_request()
    assert cancel.method == "CANCEL"
    assert cancel.uri == invite.uri
    assert cancel.headers.all("Via") == invite.headers.all("Via")
    assert cancel.headers.get("CSeq") == "1 CANCEL"
    assert cancel.headers.get("To") == invite.headers.get("To")
    assert cancel.headers.get("Reason") is not None


def test_cancel_waits_for_a_provisional_response() -> None:
    bench = Bench()
    key = bench.ask("INVITE")
    invite = bench.last_request()
    bench.layer.cancel(key, bench.clock.now())
    assert bench.out() == []
    assert [line for _, line in bench.pass_time(1)[0]] == ["INVITE"]
    bench.hear(response(invite, 100))
    assert bench.out() == ["CANCEL"]


def test_an_invite_that_was_cancelled_is_given_up_after_32_s() -> None:
    bench = Bench()
    key = bench.ask("INVITE", owner="leg")
    invite = bench.last_request()
    bench.hear(response(invite, 180))
    bench.layer.cancel(key, bench.clock.now())
    cancel = bench.last_request()
    bench.hear(response(cancel, 200))
    _, told = bench.pass_time(40)
    assert [(at, type(heard)) for at, heard in told] == [(32.0, TimedOut)]
    assert len(bench.layer) == 0


def test_a_cancel_that_crosses_the_answer_is_not_sent() -> None:
    bench = Bench()
    key = bench.ask("INVITE")
    invite = bench.last_request()
    bench.hear(response(invite, 200))
    bench.layer.cancel(key, bench.clock.now())
    assert bench.out() == []


# --- other clients (§17.1.2) ---------------------------------------------------------------------------------------


def test_timer_e_doubles_up_to_t2_until_timer_f_gives_up() -> None:
    bench = Bench()
    bench.ask()
    assert bench.out() == ["OPTIONS"]
    sent_at, told = bench.pass_time(40)
    assert seconds_of(sent_at) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert [(at, type(heard)) for at, heard in told] == [(32.0, TimedOut)]


def test_timer_e_is_t2_once_a_provisional_response_came() -> None:
    bench = Bench()
    bench.ask()
    asked = bench.last_request()
    assert len(bench.hear(response(asked, 100))) == 1
    sent_at, told = bench.pass_time(40)
    assert seconds_of(sent_at) == [0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert [at for at, _ in told] == [32.0]


def test_timer_e_does_not_run_over_tcp_and_timer_f_does() -> None:
    bench = Bench(to=SERVER_TCP)
    bench.ask()
    bench.out()
    sent_at, told = bench.pass_time(40)
    assert sent_at == []
    assert [at for at, _ in told] == [32.0]


def test_timer_k_absorbs_repeated_answers_for_t4() -> None:
    bench = Bench()
    bench.ask()
    asked = bench.last_request()
    assert len(bench.hear(response(asked, 200))) == 1
    bench.pass_time(4.9)
    assert len(bench.layer) == 1
    assert bench.hear(response(asked, 200)) == []
    bench.pass_time(0.2)
    assert len(bench.layer) == 0


def test_timer_k_is_zero_over_tcp() -> None:
    bench = Bench(to=SERVER_TCP)
    bench.ask()
    bench.hear(response(bench.last_request(), 200))
    assert len(bench.layer) == 0


def test_what_cannot_be_sent_has_failed() -> None:
    """§17.1.4: and what went elsewhere, or was answered, has not."""
    bench = Bench()
    first, answered = bench.ask(owner="lost"), bench.ask(owner="answered")
    bench.hear(response(bench.last_request(), 200))
    bench.layer.request(
        request("OPTIONS", call_id="other"), Address("192.0.2.2", 5060, Transport.UDP), bench.clock.now(), "elsewhere"
    )
    told = bench.layer.failed(SERVER)
    assert [(heard.key, heard.owner) for heard in told if isinstance(heard, TimedOut)] == [(first, "lost")]
    assert answered != first
    bench.pass_time(100)
    assert len(bench.layer) == 0


def test_via_asks_for_rport_and_has_a_branch_of_its_own() -> None:
    """RFC 3581 §3, RFC 3261 §8.1.1.7."""
    bench = Bench()
    bench.ask()
    bench.ask()
    first, second = (fields.top_via(one) for one in sent(bench.layer.take_output()))
    assert first is not None
    assert second is not None
    assert first.asks_rport
    assert first.follows_rfc3261
    assert first.branch != second.branch
    assert (first.host, first.port, first.transport) == ("192.0.2.10", 5062, "UDP")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda heard: Response(heard.status, "", heard.headers.without("Via")),
        lambda heard: Response(heard.status, "", heard.headers.without("CSeq")),
        lambda heard: Response(heard.status, "", heard.headers.plus(("Via", "SIP/2.0/UDP 192.0.2.9"))),
        lambda heard: Response(
            heard.status, "", heard.headers.without("Via").on_top(("Via", "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKno"))
        ),
        lambda heard: Response(heard.status, "", heard.headers.without("CSeq").plus(("CSeq", "1 REGISTER"))),
    ],
    ids=["no Via", "no CSeq", "two Vias", "another branch", "another method"],
)
def test_an_answer_that_belongs_to_no_request_is_nothing(spoil: object) -> None:
    assert callable(spoil)
    bench = Bench()
    bench.ask()
    asked = bench.last_request()
    assert bench.hear(spoil(response(asked, 200))) == []
    assert len(bench.hear(response(asked, 200))) == 1


# --- INVITE server (§17.2.1) ---------------------------------------------------------------------------------------


def test_an_invite_sent_again_gets_the_last_provisional_response_and_is_no_news() -> None:
    bench = Bench()
    invite = request("INVITE")
    heard = bench.hear_new(invite)
    bench.respond(heard, 180)
    assert bench.out() == ["180"]
    assert bench.hear(invite) == []
    assert bench.hear(invite) == []
    assert bench.out() == ["180", "180"]


def test_timer_g_sends_a_refusal_again_until_the_ack() -> None:
    bench = Bench()
    heard = bench.hear_new(request("INVITE"))
    bench.respond(heard, 486)
    assert bench.out() == ["486"]
    sent_at, _ = bench.pass_time(8)
    assert sent_at == [(at, "486") for at in (0.5, 1.5, 3.5, 7.5)]
    assert bench.hear(request("ACK", to_tag="ours")) == []
    assert bench.pass_time(60) == ([], [])


def test_timer_h_gives_the_ack_up_after_32_s() -> None:
    bench = Bench()
    heard = bench.hear_new(request("INVITE"))
    bench.respond(heard, 486)
    bench.out()
    sent_at, told = bench.pass_time(40)
    assert seconds_of(sent_at) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert told == [(32.0, Unacknowledged(key=heard.key, owner=None))]
    assert len(bench.layer) == 0


def test_timer_g_does_not_run_over_tcp_and_timer_h_does() -> None:
    bench = Bench(to=SERVER_TCP)
    heard = bench.hear_new(request("INVITE", source=SERVER_TCP))
    bench.respond(heard, 486)
    bench.out()
    assert bench.pass_time(40) == ([], [(32.0, Unacknowledged(key=heard.key, owner=None))])


def test_timer_i_absorbs_repeated_acks_for_t4() -> None:
    bench = Bench()
    heard = bench.hear_new(request("INVITE"))
    bench.respond(heard, 486)
    bench.hear(request("ACK", to_tag="ours"))
    bench.pass_time(4.9)
    assert bench.hear(request("ACK", to_tag="ours")) == []
    assert len(bench.layer) == 1
    bench.pass_time(0.2)
    assert len(bench.layer) == 0


def test_timer_i_is_zero_over_tcp() -> None:
    bench = Bench(to=SERVER_TCP)
    heard = bench.hear_new(request("INVITE", source=SERVER_TCP))
    bench.respond(heard, 486)
    bench.hear(request("ACK", to_tag="ours", source=SERVER_TCP))
    assert len(bench.layer) == 0


def test_2xx_is_sent_again_until_the_ack_comes_over_tcp_too() -> None:
    """§13.3.1.4."""
    for far in (SERVER, SERVER_TCP):
        bench = Bench(to=far)
        heard = bench.hear_new(request("INVITE", source=far))
        bench.respond(heard, 200)
        assert bench.out() == ["200"]
        sent_at, _ = bench.pass_time(8)
        assert sent_at == [(at, "200") for at in (0.5, 1.5, 3.5, 7.5)]
        ack = request("ACK", to_tag="ours", branch="z9hG4bK-ack", source=far)
        (told,) = bench.hear(ack)
        assert isinstance(told, RequestHeard)
        assert told.key == ""
        assert bench.layer._unacknowledged == {}
        assert bench.pass_time(60) == ([], [])
        assert len(bench.layer) == 0


def test_timer_l_absorbs_invites_after_2xx() -> None:
    """RFC 6026 §7.1: a late copy of the INVITE is not a second call."""
    bench = Bench()
    invite = request("INVITE")
    bench.respond(bench.hear_new(invite), 200)
    bench.out()
    bench.hear(request("ACK", to_tag="ours", branch="z9hG4bK-ack"))
    bench.pass_time(31.9)
    assert bench.hear(invite) == []
    bench.pass_time(0.2)
    assert len(bench.layer) == 0


def test_2xx_that_is_never_acknowledged_is_told_after_32_s() -> None:
    bench = Bench()
    heard = bench.hear_new(request("INVITE"))
    bench.respond(heard, 200)
    _, told = bench.pass_time(40)
    assert told == [(32.0, Unacknowledged(key=heard.key, owner=None))]
    assert len(bench.layer) == 0


def test_an_ack_with_the_branch_of_its_invite_acknowledges_2xx_all_the_same() -> None:
    """Some telephones do so."""
    bench = Bench()
    bench.respond(bench.hear_new(request("INVITE")), 200)
    bench.out()
    assert len(bench.hear(request("ACK", to_tag="ours"))) == 1
    assert bench.pass_time(60) == ([], [])


def test_nothing_is_answered_twice() -> None:
    bench = Bench()
    heard = bench.hear_new(request("INVITE"))
    bench.respond(heard, 486)
    bench.respond(heard, 200)
    bench.respond(heard, 180)
    assert bench.out() == ["486"]
    other = bench.hear_new(request("OPTIONS", branch="z9hG4bK-o", call_id="other"))
    bench.respond(other, 200)
    bench.respond(other, 404)
    assert bench.out() == ["200"]


# --- other servers (§17.2.2) ---------------------------------------------------------------------------------------


def test_timer_j_answers_repeated_requests_for_32_s() -> None:
    bench = Bench()
    asked = request("OPTIONS")
    heard = bench.hear_new(asked)
    assert bench.hear(asked) == []  # not answered yet
    assert bench.out() == []
    bench.respond(heard, 200)
    bench.pass_time(31.9)
    bench.layer.take_output()
    assert bench.hear(asked) == []
    assert bench.out() == ["200"]
    bench.pass_time(0.2)
    assert len(bench.layer) == 0


def test_timer_j_is_zero_over_tcp() -> None:
    bench = Bench(to=SERVER_TCP)
    bench.respond(bench.hear_new(request("OPTIONS", source=SERVER_TCP)), 200)
    assert len(bench.layer) == 0


# --- matching (§17.2.3), merging (§8.2.2.2), CANCEL (§9.2) ---------------------------------------------------------


def test_a_cancel_names_the_invite_it_means() -> None:
    bench = Bench()
    invite = bench.hear_new(request("INVITE"))
    assert bench.hear_new(request("CANCEL")).cancels == invite.key
    assert bench.hear_new(request("CANCEL", branch="z9hG4bK-other")).cancels is None


def test_the_same_branch_from_another_sender_is_another_request() -> None:
    """§17.2.3: sent-by counts."""
    bench = Bench()
    bench.hear_new(request("INVITE"))
    via = "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-a1"
    assert bench.hear_new(request("INVITE", via=via, call_id="call-2"))


def test_a_second_branch_of_one_call_is_refused_as_merged() -> None:
    """§8.2.2.2: both branches of a fork that came together here; one of them rings."""
    bench = Bench()
    bench.respond(bench.hear_new(request("INVITE")), 180)
    bench.out()
    assert bench.hear(request("INVITE", branch="z9hG4bK-b2")) == []
    (merged,) = sent(bench.layer.take_output())
    assert isinstance(merged, Response)
    assert merged.status == 482
    assert fields.tag_of(merged.headers.get("To"))
    assert bench.hear(request("ACK", branch="z9hG4bK-b2", to_tag="x")) == []
    sent_at, told = bench.pass_time(60)
    assert (sent_at, told) == ([], [])
    assert len(bench.layer) == 1


def test_a_later_request_of_a_call_is_not_merged() -> None:
    bench = Bench()
    bench.hear_new(request("INVITE"))
    assert bench.hear_new(request("INVITE", branch="z9hG4bK-b2", cseq=2))
    assert bench.hear_new(request("INVITE", branch="z9hG4bK-b3", to_tag="ours"))
    assert bench.hear_new(request("CANCEL", branch="z9hG4bK-b4"))


def test_a_call_may_come_again_when_its_first_offer_is_over() -> None:
    """A proxy that tries one target after another comes back with the same Call-ID and number."""
    bench = Bench(to=SERVER_TCP)
    bench.respond(bench.hear_new(request("INVITE", source=SERVER_TCP)), 486)
    bench.hear(request("ACK", source=SERVER_TCP, to_tag="ours"))
    assert bench.hear_new(request("INVITE", branch="z9hG4bK-b2", source=SERVER_TCP))


def test_an_rfc_2543_client_is_matched_without_a_branch() -> None:
    """§17.2.3, second part: its retransmission is no second call, and its ACK and CANCEL find their INVITE."""
    bench = Bench()
    via = "SIP/2.0/UDP 192.0.2.1:5060"
    invite = request("INVITE", via=via)
    heard = bench.hear_new(invite)
    assert bench.hear(invite) == []
    assert bench.hear_new(request("INVITE", via=via, call_id="another"))
    assert bench.hear_new(request("INVITE", via=via, cseq=2, to_tag="ours"))
    cancel = bench.hear_new(request("CANCEL", via=via))
    assert cancel.cancels == heard.key
    bench.respond(heard, 487)
    assert bench.hear(request("ACK", via=via, to_tag="ours")) == []
    bench.layer.take_output()
    assert bench.pass_time(60)[0] == []


def test_answers_go_back_where_the_request_came_from() -> None:
    """RFC 3581 §4, RFC 3261 §18.2.2; over TCP on the same connection."""
    natted = Address("203.0.113.5", 40_000, Transport.UDP)
    cases = [
        ("SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKx;rport", natted, natted),
        ("SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKx", natted, Address("203.0.113.5", 5070, Transport.UDP)),
        ("SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx", natted, Address("203.0.113.5", 5060, Transport.UDP)),
        (
            "SIP/2.0/TCP 10.0.0.9:5060;branch=z9hG4bKx",
            Address("203.0.113.5", 40_001, Transport.TCP),
            Address("203.0.113.5", 40_001, Transport.TCP),
        ),
    ]
    for via, source, to in cases:
        bench = Bench(to=source)
        bench.respond(bench.hear_new(request("OPTIONS", via=via)), 200)
        (packet,) = bench.layer.take_output()
        assert packet.to == to, via
        (answer,) = sent([packet])
        top = fields.top_via(answer)
        assert top is not None
        assert top.received == "203.0.113.5"


def test_a_request_without_a_via_is_nothing() -> None:
    bench = Bench()
    invite = request("INVITE")
    assert bench.hear(Request("INVITE", invite.uri, invite.headers.without("Via"))) == []
    assert bench.out() == []


def test_more_than_can_be_kept_is_answered_503_and_forgotten() -> None:
    bench = Bench(limits=Limits(transactions=2))
    for number in (1, 2):
        bench.hear_new(request("INVITE", branch=f"z9hG4bK-{number}", call_id=f"call-{number}"))
    assert bench.hear(request("INVITE", branch="z9hG4bK-3", call_id="call-3")) == []
    assert bench.out() == ["503"]
    assert len(bench.layer) == 2


def test_slow_networks_may_have_other_timers() -> None:
    bench = Bench()
    bench.layer = Transactions(new_token=counting_tokens(), local=US, timing=Timing(t1_s=2.0))
    bench.ask()
    bench.out()
    sent_at, told = bench.pass_time(130)
    assert seconds_of(sent_at)[:3] == [2.0, 6.0, 10.0]
    assert [at for at, _ in told] == [128.0]
