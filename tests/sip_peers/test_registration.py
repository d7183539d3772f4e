"""Being reachable at a real registrar, whatever it answers and however often it goes away (S3: lines.md section 6)."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.sip_peers.duty import LINE, DutyLine
from support.sip_peers.kamailio import Certificate, Kamailio
from support.sip_peers.lasting import lasted
from support.sip_peers.peers import CALLER, Peers
from support.sip_peers.programs import is_taken, until

from dutyphone.journal.facts import Outcome
from dutyphone.lines.events import LossReason
from dutyphone.store.readmodels import BlindRow, LineCondition

AWAY_S = 1.5
"""Longer than from one ping to the next: a server that is back sooner is not missed before the next refresh."""


def registers_sent(kamailio: Kamailio) -> int:
    """How many REGISTERs have come to the exchange."""
    return sum(packet.method == "REGISTER" and packet.status is None for packet in kamailio.wire())


def blind(line: DutyLine) -> list[BlindRow]:
    """The intervals in which the line was not listened to although a recorder ran."""
    now = datetime.now(UTC)
    return [row for row in line.store.blind_intervals(now - timedelta(hours=1), now) if row.reason is not None]


def is_reachable(peers: Peers, line: DutyLine) -> bool:
    """Whether a call placed now gets into the log."""
    before = len(line.rows())
    peers.gives_up(0.1).finish()
    row = line.ended_row(before + 1)
    return (row.number_raw, row.outcome) == (CALLER, Outcome.MISSED)


@pytest.mark.parametrize(
    "settings",
    [{"qop": ""}, {"qop": "auth"}, {"algorithm": "SHA-256"}, {"algorithm": "SHA-256", "qop": ""}],
    ids=["md5-without-qop", "md5-auth", "sha-256-auth", "sha-256-without-qop"],
)
def test_every_digest_of_the_exchange_is_answered(peers: Peers, settings: dict[str, str]) -> None:
    kamailio = peers.kamailio(**settings)
    line = peers.duty()
    line.connect()
    (binding,) = kamailio.bindings()
    assert binding.expires_s > 50
    assert [p.status for p in kamailio.wire() if p.sent and p.method == "REGISTER"] == [401, 200]
    assert is_reachable(peers, line)
    line.check()


def test_nobody_can_guess_where_the_line_is_reached(line: DutyLine, kamailio: Kamailio) -> None:
    """The user part of the Contact is the account and a long random tail; it stays the same after a restart."""
    (binding,) = kamailio.bindings()
    user = binding.contact.removeprefix("sip:").split("@")[0]
    account, _, tail = user.partition("-")
    assert account == "1001"
    assert len(tail) >= 8
    assert binding.instance.startswith(("urn:uuid:", "<urn:uuid:", '"<urn:uuid:'))


def test_an_account_may_log_in_by_another_name(peers: Peers) -> None:
    kamailio = peers.kamailio(auth_user="desk-login")
    line = peers.duty(auth_user="desk-login")
    line.connect()
    assert len(kamailio.bindings()) == 1
    assert is_reachable(peers, line)


def test_a_carrier_is_reached_through_its_outbound_proxy(peers: Peers) -> None:
    """The server's name is nowhere on this network; everything goes to the proxy."""
    kamailio = peers.kamailio(domain="ims.example")
    line = peers.duty(server="ims.example", outbound_proxy=peers.places.server)
    line.connect()
    register = next(packet for packet in kamailio.wire() if packet.method == "REGISTER")
    assert register.first_line == "REGISTER sip:ims.example SIP/2.0"
    assert register.header("To").startswith("<sip:1001@ims.example>")
    assert is_reachable(peers, line)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_call_comes_over_the_connection_of_the_registration(peers: Peers, transport: str) -> None:
    kamailio = peers.kamailio()
    line = peers.duty(transport=transport)
    line.connect()
    (binding,) = kamailio.bindings()
    assert ("transport=tcp" in binding.contact.lower()) is (transport == "tcp")
    assert is_reachable(peers, line)


def test_a_lost_connection_is_made_anew_at_once(peers: Peers, kamailio: Kamailio) -> None:
    """TCP says when its server is gone; nothing has to be asked."""
    line = peers.duty(transport="tcp", ping_s=30)
    line.connect()
    kamailio.kill()
    kamailio.start()
    begun = time.monotonic()
    until(lambda: len(kamailio.bindings()) == 1, told=peers.tell)
    assert time.monotonic() - begun < 4.0
    assert is_reachable(peers, line)
    line.check()


def test_a_call_comes_by_tls_from_a_server_that_proved_who_it_is(peers: Peers) -> None:
    certificate = Certificate.make(peers.folder, name="pbx")
    kamailio = peers.kamailio(certificate=certificate)
    line = peers.duty(server=peers.places.server_tls, transport="tls", tls_ca_file=str(certificate.certificate))
    line.connect()
    (binding,) = kamailio.bindings()
    assert "transport=tls" in binding.contact.lower()
    assert is_reachable(peers, line)
    line.check()


def test_a_server_that_cannot_prove_who_it_is_gets_no_password(peers: Peers) -> None:
    certificate, another = (Certificate.make(peers.folder, name=name) for name in ("pbx", "another"))
    kamailio = peers.kamailio(certificate=certificate)
    line = peers.duty(server=peers.places.server_tls, transport="tls", tls_ca_file=str(another.certificate))
    line.start(insist=True)
    line.wait_for(lambda: bool(line.store.lines()) and line.how().down_reason is LossReason.NETWORK)
    assert "certificate" in line.how().down_detail
    time.sleep(1.0)
    assert kamailio.wire() == []


def test_an_exchange_may_be_reached_by_ipv6_only(peers: Peers) -> None:
    kamailio = peers.kamailio(ipv6=True)
    port = peers.places.base
    line = peers.duty(server=f"[::1]:{port}", local=f"[::1]:{port + 2}")
    line.connect()
    (binding,) = kamailio.bindings()
    assert f"@[::1]:{port + 2}" in binding.contact
    peers.gives_up(0.1).finish()
    assert line.ended_row().outcome is Outcome.MISSED


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_name_with_two_addresses_is_tried_at_both(
    peers: Peers, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    """The name service knows an IPv6 address, too, at which nobody is: as with "localhost" on many machines."""
    ask = socket.getaddrinfo

    def answer(host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        if host != "pbx.example":
            return ask(host, port, *arguments, **options)
        return [found for address in ("::1", "127.0.0.1") for found in ask(address, port, *arguments, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    peers.kamailio(domain="pbx.example")
    line = peers.duty(server=f"pbx.example:{peers.places.base}", local="", transport=transport)
    line.connect()
    assert is_reachable(peers, line)


def test_a_short_grant_is_renewed_before_it_ends_though_its_nonce_is_stale(peers: Peers) -> None:
    """Asked 60 s, granted 6 s: the server's word counts. Its nonces go stale sooner still (RFC 7616 section 3.3)."""
    kamailio = peers.kamailio(granted_s=6, nonce_expire_s=3)
    line = peers.duty(ping_s=0)
    line.connect()
    end = time.monotonic() + 7.0
    while time.monotonic() < end:
        assert len(kamailio.bindings()) == 1
        time.sleep(0.05)
    statuses = [p.status for p in kamailio.wire() if p.sent and p.method == "REGISTER"]
    assert statuses == [401, 200, 401, 200]
    assert blind(line) == []
    assert is_reachable(peers, line)


def test_a_request_that_comes_before_the_answer_is_not_taken_for_it(peers: Peers, kamailio: Kamailio) -> None:
    """OPTIONS on the same socket while the REGISTER is under way."""
    kamailio.kill()
    line = peers.duty()
    line.start()
    until(lambda: is_taken(peers.places.account))
    pings = peers.run("sipsak", "-F", "-e", "50", "-s", f"sip:1001@{peers.places.account}")
    assert pings.wait() == 0
    assert not line.is_up(LINE)
    kamailio.start()
    line.wait_for(lambda: line.is_up(LINE))
    assert len(kamailio.bindings()) == 1
    assert is_reachable(peers, line)


def test_an_interval_too_brief_is_made_longer(peers: Peers, kamailio: Kamailio) -> None:
    """423 (RFC 3261 section 10.2.8)."""
    kamailio.let(register=423)
    line = peers.duty()
    line.connect()
    (binding,) = kamailio.bindings()
    assert binding.expires_s > 80
    assert registers_sent(kamailio) <= 3


def test_a_refused_registration_is_a_line_that_is_down_and_not_a_storm(peers: Peers, kamailio: Kamailio) -> None:
    kamailio.let(register=403)
    line = peers.duty()
    line.start()
    line.wait_for(lambda: bool(line.store.lines()) and line.how().down_reason is LossReason.NOT_REGISTERED)
    time.sleep(1.5)
    assert registers_sent(kamailio) <= 2
    assert line.how().condition is LineCondition.DOWN
    assert "403" in line.how().down_detail


def test_a_wrong_password_is_a_refusal(peers: Peers, kamailio: Kamailio) -> None:
    line = peers.duty()
    (line.folder / "password").write_text("another-secret", "utf-8")
    line.start()
    line.wait_for(lambda: bool(line.store.lines()) and line.how().down_reason is LossReason.NOT_REGISTERED)
    time.sleep(1.0)
    assert registers_sent(kamailio) <= 3
    assert kamailio.bindings() == []
    assert all(b"another-secret" not in p.data for p in kamailio.wire())


def test_a_server_that_asks_for_patience_gets_it(peers: Peers, kamailio: Kamailio) -> None:
    """503 with Retry-After: 2."""
    kamailio.let(register=503)
    line = peers.duty()
    line.start()
    until(lambda: registers_sent(kamailio) >= 1)
    kamailio.let(register=0)
    begun = time.monotonic()
    line.wait_for(lambda: line.is_up(LINE))
    assert 1.5 < time.monotonic() - begun < 4.0
    assert len(kamailio.bindings()) == 1


@pytest.mark.parametrize("away_s", [1.2, 1.5, 2.2])
def test_a_server_that_was_killed_and_is_back_has_us_again_at_once(
    peers: Peers, line: DutyLine, kamailio: Kamailio, away_s: float
) -> None:
    """It forgot every binding and every nonce and says nothing about it; a ping a second finds out.

    After 1.2 s it meets the ping and the registration that followed it at the same moment, both with an old nonce.
    """
    kamailio.kill()
    time.sleep(away_s)
    kamailio.start()
    begun = time.monotonic()
    until(lambda: len(kamailio.bindings()) == 1, told=peers.tell)
    assert time.monotonic() - begun < 3.0
    assert is_reachable(peers, line)
    line.check()


def test_a_long_outage_is_a_blind_interval_from_the_last_sign_to_the_next(
    peers: Peers, line: DutyLine, kamailio: Kamailio
) -> None:
    """X04: away for 10 s. Nobody may believe that this line was listened to meanwhile."""
    gone_at = datetime.now(UTC)
    kamailio.kill()
    line.wait_for(lambda: line.how().condition is LineCondition.DOWN)
    assert (datetime.now(UTC) - gone_at).total_seconds() < 13.0
    kamailio.start()
    back_at = datetime.now(UTC)
    until(lambda: len(kamailio.bindings()) == 1, told=peers.tell)
    line.wait_for(lambda: line.is_up(LINE))
    (interval,) = blind(line)
    assert interval.until_at is not None
    assert abs((interval.from_at - gone_at).total_seconds()) < 2.0
    assert 0.0 <= (interval.until_at - back_at).total_seconds() < 4.0
    assert is_reachable(peers, line)
    line.check()


def test_a_ringing_call_outlives_the_registrar(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    """The server dies while it rings: the call ends at the latest with our own limit, and is never open for ever."""
    caller = peers.gives_up(5.0)
    row = line.open_row()
    kamailio.kill()
    time.sleep(AWAY_S)
    kamailio.start()
    until(lambda: len(kamailio.bindings()) == 1, told=peers.tell)
    assert line.open_row().call == row.call
    caller.end()
    line.stop()
    (ended,) = line.rows()
    assert ended.ended_at is not None


def test_talk_outlives_the_registrar(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    """A call in progress needs no registration: it ends when somebody hangs up, and has all its seconds."""
    caller = peers.waits(4.0)
    line.answer()
    until(lambda: any(p.method == "ACK" and p.target == kamailio.places.account for p in kamailio.wire()))
    kamailio.kill()
    time.sleep(AWAY_S)
    kamailio.start()
    caller.finish()
    row = line.ended_row()
    assert row.outcome is Outcome.ANSWERED
    assert lasted(row.talk_s, 4.0)
    assert is_reachable(peers, line)
    line.check()


def test_a_line_that_is_stopped_takes_its_binding_back(line: DutyLine, kamailio: Kamailio) -> None:
    assert len(kamailio.bindings()) == 1
    assert line.stop() < 3.0
    assert kamailio.bindings() == []


def test_pings_of_the_server_are_answered(peers: Peers) -> None:
    kamailio = peers.kamailio(ping_s=1)
    line = peers.duty()
    line.connect()
    until(lambda: sum(p.method == "OPTIONS" and p.status == 200 and not p.sent for p in kamailio.wire()) >= 2)
    assert is_reachable(peers, line)


def test_what_keeps_a_nat_open_is_neither_noise_nor_a_stranger(peers: Peers, line: DutyLine) -> None:
    """Zero bytes, line ends (RFC 5626 section 4.4.1), nothing at all: what exchanges send between two messages."""
    host, port = peers.places.account.split(":")
    with socket.socket(type=socket.SOCK_DGRAM) as exchange:
        exchange.bind((peers.places.server.split(":")[0], 0))
        for keep_alive in (b"\0\0\0\0", b"\r\n\r\n", b"\r\n", b"\0", b""):
            exchange.sendto(keep_alive, (host, int(port)))
    assert is_reachable(peers, line)
    kinds = {type(fact).__name__ for fact in line.facts()}
    assert not kinds & {"NoiseHeard", "NoiseCounted", "StrangersTurnedAway"}


def test_whoever_pings_by_hand_is_answered_too(peers: Peers, line: DutyLine, kamailio: Kamailio) -> None:
    """sipsak on the exchange's own machine."""
    (binding,) = kamailio.bindings()
    ping = peers.run("sipsak", "-vv", "-s", binding.contact)
    assert ping.wait() == 0, ping.said()
    assert "200 OK" in ping.said()
    assert line.rows() == []
