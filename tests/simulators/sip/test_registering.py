"""Registering at the exchange, proved by a telephone of bare sockets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dutyphone_simulators.sip.certificate import write_certificate
from dutyphone_simulators.sip.digest import Digest
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.settings import Account
from dutyphone_simulators.sip.testkit import simulated_exchange
from dutyphone_simulators.sip.transactions import Timing
from support.raw_telephone import RawTelephone

from dutyphone.errors import DutyphoneError

Desk = Callable[..., tuple[SimulatedExchange, RawTelephone]]


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",)])
@pytest.mark.parametrize("qop", [(), ("auth",)])
def test_digest_in_every_form(desk: Desk, status: int, algorithms: tuple[str, ...], qop: tuple[str, ...]) -> None:
    exchange, phone = desk(digest=Digest(algorithms=algorithms, qop=qop), register_challenge=status)
    first = phone.heard[0]
    assert first.status == status
    assert f"algorithm={algorithms[0]}" in first["www-authenticate" if status == 401 else "proxy-authenticate"]
    (binding,) = exchange.bindings()
    assert str(binding.contact.uri) == phone.contact.strip("<>")


def test_two_algorithms_are_two_challenges_the_better_one_first(desk: Desk) -> None:
    _, phone = desk(digest=Digest(algorithms=("SHA-256", "MD5")))
    challenges = phone.heard[0].every("www-authenticate")
    assert ["SHA-256" in challenge for challenge in challenges] == [True, False]


def test_a_wrong_password_is_forbidden_or_asked_again(desk: Desk) -> None:
    exchange, phone = desk(register=False, telephone={"password": "guess"})
    assert phone.register().status == 403
    assert exchange.heard["wrong credentials: another password"] == 1
    _, other = desk(register=False, telephone={"password": "guess"}, wrong_password=401)
    assert other.register().status == 401
    assert not exchange.bindings()


def test_a_nonce_that_is_used_up_is_stale(desk: Desk) -> None:
    exchange, phone = desk(register=False, digest=Digest(nonce_uses=0))
    answer = phone.register()
    assert answer.status == 401
    assert "stale=TRUE" in answer["www-authenticate"]
    assert not exchange.bindings()
    _, other = desk(register=False, digest=Digest(nonce_uses=0, says_stale=False))
    assert "stale" not in other.register()["www-authenticate"]


def test_another_name_for_the_password_than_for_the_calls(desk: Desk) -> None:
    account = Account(auth_user="duty-login")
    exchange, phone = desk(register=False, accounts=(account,))
    assert phone.register().status == 403
    phone.user = "duty-login"  # the name in the credentials; To says 1001
    phone.register()
    assert exchange.heard["REGISTER"] == 3


def test_an_account_nobody_knows(desk: Desk) -> None:
    _, phone = desk(register=False, telephone={"user": "1002"})
    assert phone.register().status == 404


def test_a_short_grant_counts_and_runs_out(desk: Desk) -> None:
    exchange, phone = desk(register=False, most_expires_s=1)
    answer = phone.register(expires=120)
    assert "expires=1" in answer["contact"]
    assert exchange.wait_for(lambda: not exchange.bindings(), 2.0)
    assert [seconds for _, _, seconds in _history(exchange)] == [1, 0]


def test_the_grant_may_stand_in_a_header_of_its_own(desk: Desk) -> None:
    _, phone = desk(register=False, most_expires_s=30, grant_in_header=True)
    answer = phone.register(expires=120)
    assert answer["expires"] == "30"
    assert "expires" not in answer["contact"]


def test_too_brief_an_interval_is_told_what_is_long_enough(desk: Desk) -> None:
    exchange, phone = desk(register=False, least_expires_s=90)
    answer = phone.register(expires=60)
    assert (answer.status, answer["min-expires"]) == (423, "90")
    assert phone.register(expires=90).status == 200
    assert exchange.bindings()


def test_a_server_that_is_busy_says_when_to_come_again(desk: Desk) -> None:
    exchange, phone = desk(register=False)
    exchange.refuse_next("REGISTER", 503, headers=(("Retry-After", "2"),))
    answer = phone.register()
    assert (answer.status, answer["retry-after"]) == (503, "2")
    assert phone.register().status == 200


def test_expires_0_and_a_star_take_bindings_away(desk: Desk) -> None:
    exchange, phone = desk()
    phone.register(expires=0)
    assert not exchange.bindings()
    phone.register()
    answer = phone.register(expires=0, contact="*")
    assert answer.status == 200
    assert not answer.every("contact")
    assert not exchange.bindings()
    assert phone.register(expires=60, contact="*").status == 400


def test_a_second_contact_is_a_second_binding_and_the_same_one_is_refreshed(desk: Desk) -> None:
    exchange, phone = desk()
    phone.register()
    assert [binding.refreshed for binding in exchange.bindings()] == [1]
    phone.contact_user = "1001-after-restart"
    answer = phone.register()
    assert len(exchange.bindings()) == len(answer.every("contact")) == 2


def test_an_instance_with_a_registration_id_replaces_its_older_contact(desk: Desk) -> None:
    """RFC 5626 §6."""
    exchange, phone = desk(register=False)
    params = ';+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";reg-id=1'
    phone.register(params=params)
    phone.contact_user = "1001-after-restart"
    phone.register(params=params)
    (binding,) = exchange.bindings()
    assert binding.contact.uri.user == "1001-after-restart"
    assert binding.instance.endswith("0001>")


def test_an_older_registration_that_comes_late_changes_nothing(desk: Desk) -> None:
    exchange, phone = desk()
    phone.registration -= 2
    phone.register(expires=0)
    assert exchange.bindings()


def test_without_a_contact_it_only_asks(desk: Desk) -> None:
    exchange, phone = desk()
    since = exchange.bindings()[0].expires_at
    phone.request("REGISTER", number=99)
    challenge = phone.hear(401)
    phone.request("REGISTER", number=100, headers=phone.authorize(challenge, "REGISTER", "sip:127.0.0.1"))
    assert phone.hear(200)["contact"]
    assert exchange.bindings()[0].expires_at >= since


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_every_transport_on_both_kinds_of_addresses(tmp_path: Path, host: str, transport: str) -> None:
    certificate, key = write_certificate(tmp_path)
    with simulated_exchange(host=host, transports=(transport,), certificate=certificate, key=key) as exchange:
        ca = certificate if transport == "tls" else None
        with RawTelephone(exchange.address(), transport=transport, ca_file=ca) as phone:
            assert phone.register().status == 200
            record = exchange.call(number="01055501234", gives_up_s=0.05)
            invite = phone.hear("INVITE")
            assert invite["via"].startswith(f"SIP/2.0/{transport.upper()} {exchange.server}")
            phone.answer(invite, 180)
            cancel = phone.hear("CANCEL")
            phone.answer(cancel, 200)
            phone.answer(invite, 487)
            phone.hear("ACK")
            assert exchange.wait_over(record)
            assert not exchange.complaints


def test_udp_tcp_and_tls_together_on_neighbouring_ports(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    transports = ("udp", "tcp", "tls")
    with simulated_exchange(transports=transports, certificate=certificate, key=key) as exchange:
        _, port = exchange.address("udp")
        assert [exchange.address(transport)[1] for transport in transports] == [port, port, port + 1]


def test_a_connection_that_breaks_takes_its_bindings_along() -> None:
    with simulated_exchange(transports=("tcp",)) as exchange:
        with RawTelephone(exchange.address(), transport="tcp") as phone:
            phone.register()
            assert exchange.bindings()
        assert exchange.wait_for(lambda: not exchange.bindings())


def test_keep_alives_on_a_connection_are_answered() -> None:
    """RFC 5626 §3.5.1: two line ends there, one back."""
    with (
        simulated_exchange(transports=("tcp",)) as exchange,
        RawTelephone(exchange.address(), transport="tcp") as phone,
    ):
        phone.socket.sendall(b"\r\n\r\n")
        phone.socket.settimeout(2.0)
        assert phone.socket.recv(10) == b"\r\n"


def test_the_exchange_pings_its_telephones(desk: Desk) -> None:
    exchange, phone = desk(ping_s=0.1, timing=Timing(t1_s=0.01, t2_s=0.1))
    ping = phone.hear("OPTIONS")
    phone.answer(ping, 200)
    assert exchange.wait_for(lambda: ("1001", True) in exchange.pings)
    phone.quiet(0.2)
    assert exchange.wait_for(lambda: ("1001", False) in exchange.pings, 5.0)


def test_a_ping_of_the_telephone_is_answered(desk: Desk) -> None:
    _, phone = desk()
    phone.request("OPTIONS")
    assert "INVITE" in phone.hear(200)["allow"]


def test_answers_go_to_where_the_request_came_from_with_rport_and_to_the_via_without(desk: Desk) -> None:
    """RFC 3581 §4, RFC 3261 §18.2.2."""
    _, phone = desk(register=False)
    _, port = phone.socket.getsockname()
    phone.send(
        "OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP nat.invalid:9;branch=z9hG4bK1;rport\nMax-Forwards: 70\n"
        "From: <sip:1001@x>;tag=1\nTo: <sip:x>\nCall-ID: 1\nCSeq: 1 OPTIONS\nContent-Length: 0\n"
    )
    assert "received=127.0.0.1" in (via := phone.hear(200)["via"])
    assert f"rport={port}" in via
    phone.send(
        f"OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP nat.invalid:{port};branch=z9hG4bK2\n"
        "From: <sip:1001@x>;tag=1\nTo: <sip:x>\nCall-ID: 2\nCSeq: 1 OPTIONS\nContent-Length: 0\n"
    )
    assert phone.hear(200)["call-id"] == "2"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("MESSAGE", "", 405),
        ("REGISTER", "Require: gruu\n", 420),
        ("BYE", "", 405),
    ],
)
def test_what_it_cannot_do_it_says(desk: Desk, method: str, headers: str, status: int) -> None:
    _, phone = desk(register=False)
    phone.request(method, headers=headers)
    assert phone.hear(lambda heard: heard.status >= 200).status == status


def test_requests_in_no_dialog_that_it_knows(desk: Desk) -> None:
    _, phone = desk(register=False)
    phone.request("BYE", to="<sip:x>;tag=gone")
    assert phone.hear(481)
    phone.request("CANCEL")
    assert phone.hear(481)


def test_nonsense_is_counted_and_harms_nothing(desk: Desk) -> None:
    exchange, phone = desk(register=False)
    for data in (b"\x00\x01\xff", b"GET / HTTP/1.1\r\n\r\n", b"OPTIONS sip:x SIP/2.0\r\nVia: x\r\n\r\n", b"\r\n\r\n"):
        phone.socket.sendto(data, exchange.address())
    assert exchange.wait_for(lambda: len(exchange.complaints) == 3)
    assert phone.register().status == 200


def test_an_address_that_is_taken_is_a_sentence() -> None:
    with simulated_exchange() as exchange:
        _, port = exchange.address()
        with pytest.raises(DutyphoneError, match=f"127.0.0.1:{port}") as refused:
            SimulatedExchange(port=port).start()
    assert "--listen" in refused.value.advice


def test_a_certificate_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no", "ascii")
    with pytest.raises(DutyphoneError, match=r"no\.pem"):
        SimulatedExchange(transports=("tls",), certificate=tmp_path / "no.pem")
    with pytest.raises(DutyphoneError, match="certificate"):
        SimulatedExchange(transports=("tls",))


def _history(exchange: SimulatedExchange) -> list[tuple[Any, str, int]]:
    found: list[tuple[Any, str, int]] = []
    exchange.hook(lambda core: found.extend(core.registrar.history))
    return found
