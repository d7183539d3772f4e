"""Bad networks, outages, damage, strangers; and many calls at once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from dutyphone_simulators.sip.damage import Damage, damaged
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.messages import NotSip, read_message
from dutyphone_simulators.sip.network import Weather
from dutyphone_simulators.sip.records import Outcome
from dutyphone_simulators.sip.strangers import plain_invite
from dutyphone_simulators.sip.testkit import simulated_exchange
from support.raw_telephone import RawTelephone

Desk = Callable[..., tuple[SimulatedExchange, RawTelephone]]


class TestOutages:
    def test_a_deaf_exchange_answers_nothing_and_forgets_nothing(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.outage(0.3)
        record = exchange.call(number="01055501234")
        assert record.outcome is Outcome.UNREACHABLE
        phone.request("OPTIONS")
        assert not phone.quiet(0.15)
        assert exchange.wait_for(lambda: True)
        time_back = phone.quiet(0.2)
        assert not time_back
        phone.request("OPTIONS")
        assert phone.hear(200)
        assert exchange.bindings()

    def test_a_restart_forgets_bindings_calls_nonces_and_watchers(self, desk: Desk) -> None:
        exchange, phone = desk()
        record = exchange.call(number="01055501234")
        phone.hear("INVITE")
        exchange.outage(0.1, restart=True)
        assert record.outcome is Outcome.CUT
        assert not exchange.bindings()
        assert not phone.quiet(0.15)  # nobody is told
        assert phone.register().status == 200

    def test_shut_doors_are_closed_and_open_again_at_the_same_place(self) -> None:
        with simulated_exchange(transports=("tcp",)) as exchange:
            where = exchange.address()
            exchange.outage(shut=True)
            with pytest.raises(ConnectionRefusedError):
                RawTelephone(where, transport="tcp")
            exchange.recover()
            assert exchange.address() == where
            with RawTelephone(where, transport="tcp") as phone:
                assert phone.register().status == 200

    def test_only_the_last_outage_counts(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.outage(0.05)
        exchange.outage(5.0)
        phone.quiet(0.1)
        phone.request("OPTIONS")
        assert not phone.quiet(0.1)
        exchange.recover()
        phone.request("OPTIONS")
        assert phone.hear(200)


class TestWeather:
    def test_what_is_lost_is_counted(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.weather(loss=1.0)
        phone.request("OPTIONS")
        assert not phone.quiet(0.1)
        assert exchange.wait_for(lambda: _lost(exchange) == 1)
        exchange.weather()
        phone.request("OPTIONS")
        assert phone.hear(200)

    def test_doubled_packets(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.weather(duplicate=1.0)
        exchange.raw(b"twice")
        assert [heard.raw for heard in phone.quiet(0.1)] == [b"twice"] * 2

    def test_late_packets(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.weather(delay_s=0.1)
        begun = time.monotonic()
        phone.request("OPTIONS")
        assert phone.hear(200).at - begun == pytest.approx(0.2, abs=0.05)

    def test_overtaken_packets(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.weather(reorder=0.5)
        sent = [str(number).encode() for number in range(40)]
        exchange.hook(lambda core: [core.raw(data) for data in sent] and None)
        came = [heard.raw for heard in phone.quiet(0.2)]
        assert sorted(came) == sorted(sent)
        assert came != sent

    def test_changed_packets_differ_by_one_bit(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.weather(corrupt=1.0)
        exchange.raw(bytes(100))
        (heard,) = phone.quiet(0.1)
        assert sum(byte.bit_count() for byte in heard.raw) == 1

    @pytest.mark.parametrize("seed", range(3))
    def test_calls_come_through_bad_weather(self, desk: Desk, seed: int) -> None:
        exchange, phone = desk(seed=seed)
        exchange.weather(Weather(loss=0.2, duplicate=0.2, reorder=0.2, jitter_s=0.01))
        record = exchange.call(number="01055501234", gives_up_s=0.3)
        invite = phone.hear("INVITE")
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline and not (record.over and record.legs[0].status == 487):
            phone.answer(invite, 180)
            for heard in phone.quiet(0.05):
                if heard.method == "CANCEL":
                    phone.answer(heard, 200)
            if record.over:
                phone.answer(invite, 487)
        assert record.legs[0].status == 487
        assert len(exchange.records) == 1


class TestDamage:
    WHOLE = plain_invite(("127.0.0.1", 5060), "sip:1001-token@127.0.0.1:5062", "01055509998", "abc")

    @pytest.mark.parametrize("kind", list(Damage))
    def test_every_kind_does_damage(self, kind: Damage) -> None:
        hurt = damaged(self.WHOLE, kind, random.Random(1))
        assert hurt != self.WHOLE
        try:
            message = read_message(hurt)
        except NotSip:
            return
        assert message.headers  # what is left is a message, and only a careful reader sees what is wrong

    @pytest.mark.parametrize("kind", list(Damage))
    def test_every_kind_reaches_the_telephone(self, desk: Desk, kind: Damage) -> None:
        exchange, phone = desk()
        exchange.malformed(kind)
        assert len(phone.quiet(0.05)) == 1
        assert not exchange.records

    def test_who_takes_it_for_a_call_hears_it_end(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.malformed(Damage.TYPE)
        invite, cancel = phone.hear("INVITE"), phone.hear("CANCEL")
        assert cancel["via"] == invite["via"]
        assert cancel["cseq"] == invite["cseq"].replace("INVITE", "CANCEL")

    def test_damage_is_the_same_with_the_same_seed(self) -> None:
        one, other = (
            [damaged(self.WHOLE, kind, random.Random(7)) for kind in Damage],
            [damaged(self.WHOLE, kind, random.Random(7)) for kind in Damage],
        )
        assert one == other


class TestStrangers:
    def test_a_strangers_call_comes_from_another_address(self, desk: Desk) -> None:
        exchange, phone = desk()
        exchange.stranger_calls(phone.socket.getsockname(), user=phone.contact_user)
        invite = phone.hear("INVITE")
        assert invite.uri.startswith(f"sip:{phone.contact_user}@")
        assert exchange.server not in invite["via"]
        phone.socket.sendto(
            b"SIP/2.0 403 Forbidden\r\n\r\n", ("127.0.0.1", int(invite["via"].split(":")[1].split(";")[0]))
        )
        assert not exchange.records
        assert not exchange.complaints

    @pytest.mark.parametrize("own_address", [False, True])
    def test_a_scanner_tries_the_usual_extensions(self, desk: Desk, own_address: bool) -> None:
        exchange, phone = desk()
        exchange.scan(phone.socket.getsockname(), own_address=own_address, users=("100", "1001"))
        came = [heard.method for heard in phone.quiet(0.2)]
        assert came == ["OPTIONS", "REGISTER", "INVITE", "REGISTER", "INVITE"]
        assert (exchange.server in phone.heard[-1]["via"]) is own_address


def test_200_calls_at_once(desk: Desk) -> None:
    """Every one reaches the telephone, every one is taken back, every one ends; one thread serves them."""
    exchange, phone = desk()
    numbers = [f"0105550{place:04d}" for place in range(200)]
    exchange.hook(lambda core: None)
    records = [exchange.call(number=number, gives_up_s=1.0) for number in numbers]
    rung: dict[str, str] = {}
    open_invites = {}
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline and not all(record.legs and record.legs[0].status for record in records):
        for heard in phone.quiet(0.01):
            if heard.method == "INVITE" and heard["call-id"] not in open_invites:
                open_invites[heard["call-id"]] = heard
                rung[heard["call-id"]] = heard["from"]
                phone.answer(heard, 180)
            elif heard.method == "CANCEL":
                phone.answer(heard, 200)
                phone.answer(open_invites[heard["call-id"]], 487)
    assert len(rung) == 200
    assert {record.outcome for record in records} == {Outcome.GIVEN_UP}
    assert {record.legs[0].status for record in records} == {487}
    assert not exchange.complaints


def _lost(exchange: SimulatedExchange) -> int:
    lost: list[int] = []
    exchange.hook(lambda core: lost.append(core.network.lost))
    return lost[0]
