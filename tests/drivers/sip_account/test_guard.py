"""Who may speak: servers, and only to the address that nobody can guess. A scanner makes no call and learns nothing."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.guard import MANY
from dutyphone_drivers.sip_account.message import Response, render
from dutyphone_drivers.sip_account.timing import Limits
from dutyphone_drivers.sip_account.wire import Address, Transport
from support.sip_account import Account, same_transaction
from support.sip_wire import CONTACT, SERVER, STRANGER, request

from dutyphone.lines.events import CallEvent, StrangerHeard, WireNoise

ACCOUNT = "sip:1001@192.0.2.10:5062"


@pytest.fixture
def account() -> Account:
    registered = Account()
    registered.out()
    registered.events.clear()
    return registered


def strangers(account: Account) -> list[tuple[str, str, int]]:
    return [(one.source, one.what, one.times) for one in account.events if isinstance(one, StrangerHeard)]


def stranger(number: int) -> Address:
    return Address(f"198.51.100.{number % 250}", 5060 + number // 250, Transport.UDP)


# --- a scanner -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", [CONTACT, ACCOUNT, "sip:100@192.0.2.10", "sip:192.0.2.10", "tel:100"])
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE"])
def test_whoever_a_stranger_asks_for_the_answer_is_the_same(account: Account, method: str, uri: str) -> None:
    """RFC 3261 §8.2.2.1, §11.2: nobody is here, and so it says for the account, for our contact and for user 100."""
    account.hear(request(method, uri=uri, source=STRANGER), STRANGER)
    (answer,) = account.out()
    assert isinstance(answer, Response)
    assert answer.status == 404
    assert not any(answer.headers.has(name) for name in ("Contact", "Allow", "User-Agent", "Server"))
    assert account.packets == []
    assert not any(isinstance(event, CallEvent) for event in account.events)
    assert strangers(account) == [("198.51.100.66", method, 1)]


@pytest.mark.parametrize("uri", [ACCOUNT, "sip:100@192.0.2.10", "sip:1001-5eed@192.0.2.10", "tel:1001-5eed1e55"])
def test_from_the_servers_address_only_our_contact_rings(account: Account, uri: str) -> None:
    """A scanner that sits on the server's own machine does not know the contact, and has another port."""
    scanner = Address(SERVER.host, 50_123, SERVER.transport)
    account.hear(request("INVITE", uri=uri, source=scanner), scanner)
    assert account.lines() == ["404"]
    assert account.calls() == []
    assert strangers(account) == [("192.0.2.1", "INVITE", 1)]


def test_an_exchange_that_calls_the_account_and_not_the_contact_loses_no_call(account: Account) -> None:
    """Some do (RFC 3261 §16.6 says otherwise); from the very port that we registered at it is nobody else."""
    account.hear(request("INVITE", uri=ACCOUNT))
    assert account.calls() == ["CallOffered", "CallerIdHeard"]
    assert strangers(account) == []
    account.hear(request("INVITE", uri="sip:100@192.0.2.10", branch="z9hG4bK-2", call_id="2"))
    assert len(account.calls()) == 2


def test_a_server_that_asks_whether_we_live_gets_an_answer(account: Account) -> None:
    """Some ping the address without a name; they know it already."""
    for uri in (CONTACT, "sip:192.0.2.10:5062"):
        account.hear(request("OPTIONS", uri=uri, branch=f"z9hG4bK{len(uri)}", call_id=uri))
    assert account.lines() == ["200", "200"]
    assert strangers(account) == []


def test_a_stranger_who_sends_again_gets_the_same_answer_and_nothing_is_kept(account: Account) -> None:
    """RFC 3261 §8.2.7: the tag is the same for a repeated request."""
    asked = request("INVITE", source=STRANGER)
    account.hear(asked, STRANGER)
    account.hear(asked, STRANGER)
    first, second = account.packets
    assert first == second
    account.out()
    account.hear(request("INVITE", source=STRANGER, call_id="other", branch="z9hG4bK-o"), STRANGER)
    other = account.last_response()
    assert fields.tag_of(other.headers.get("To")) not in (None, "")
    assert fields.tag_of(other.headers.get("To")).encode() not in first.data  # type: ignore[union-attr]  # checked above
    assert len(account.core._transactions) == 1  # the REGISTER


def test_strangers_acks_are_nothing_and_their_cancels_mean_nobody(account: Account) -> None:
    account.hear(request("ACK", source=STRANGER), STRANGER)
    assert account.lines() == []
    account.hear(request("CANCEL", source=STRANGER), STRANGER)
    account.hear(request("BYE", source=STRANGER, to_tag="guessed"), STRANGER)
    assert account.lines() == ["481", "481"]


def test_a_stranger_cannot_call_off_a_call_it_heard_of(account: Account) -> None:
    invite = account.invite()
    account.out()
    account.hear(same_transaction(invite, "CANCEL"), STRANGER)
    assert account.lines() == ["481"]
    assert account.calls() == ["CallOffered", "CallerIdHeard"]


def test_what_a_stranger_sends_badly_is_answered_as_bad(account: Account) -> None:
    asked = request("INVITE", source=STRANGER, cseq_method="OPTIONS")
    account.hear(asked, STRANGER)
    assert account.lines() == ["400"]
    assert strangers(account) == [("198.51.100.66", "INVITE", 1)]


def test_garbage_is_counted_and_not_answered(account: Account) -> None:
    account.hear(b"\x00\x01\x02 scan", STRANGER)
    account.hear(b"GET / HTTP/1.1\r\n\r\n", STRANGER)
    assert account.packets == []
    assert strangers(account) == [("198.51.100.66", "garbage", 1)]
    assert not any(isinstance(event, WireNoise) for event in account.events)


def test_garbage_from_the_server_is_kept(account: Account) -> None:
    account.hear(b"\x00\x01\x02 noise")
    assert account.told(WireNoise).wire == b"\x00\x01\x02 noise"
    assert account.packets == []


@pytest.mark.parametrize("data", [b"\r\n\r\n", b"\r\n", b"\0", b"\0\0\0\0", b""])
def test_a_keep_alive_is_nothing(account: Account, data: bytes) -> None:
    """RFC 5626 §3.5.1, and what telephones send to keep a NAT open."""
    for source in (SERVER, STRANGER):
        account.hear(data, source)
    assert account.events == []
    assert account.packets == []


def test_an_answer_to_nothing_from_a_stranger_is_counted(account: Account) -> None:
    forged = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKguess\r\nCSeq: 1 INVITE\r\n\r\n"
    account.hear(forged, STRANGER)
    assert strangers(account) == [("198.51.100.66", "SIP/2.0", 1)]
    account.hear(forged, SERVER)
    assert len(strangers(account)) == 1


# --- how often it is told ------------------------------------------------------------------------------------------


def test_an_address_is_told_once_a_minute_with_how_often_it_came(account: Account) -> None:
    for number in range(50):
        account.hear(request("INVITE", source=STRANGER, branch=f"z9hG4bK{number}"), STRANGER)
    assert strangers(account) == [("198.51.100.66", "INVITE", 1)]
    account.pass_time(59)
    assert len(strangers(account)) == 1
    account.pass_time(2)
    assert strangers(account)[1:] == [("198.51.100.66", "INVITE", 49)]
    account.pass_time(600)
    assert len(strangers(account)) == 2
    account.hear(request("OPTIONS", source=STRANGER), STRANGER)
    assert strangers(account)[2:] == [("198.51.100.66", "OPTIONS", 1)]


def test_what_a_stranger_wanted_is_the_first_thing_of_each_minute(account: Account) -> None:
    for method in ("OPTIONS", "REGISTER", "INVITE"):
        account.hear(request(method, source=STRANGER), STRANGER)
    account.pass_time(61)
    assert strangers(account) == [("198.51.100.66", "OPTIONS", 1), ("198.51.100.66", "REGISTER", 2)]


def test_many_addresses_are_counted_together() -> None:
    account = Account(limits=Limits(strangers=3))
    for number in range(20):
        source = stranger(number)
        account.hear(request("INVITE", source=source), source)
    told = strangers(account)
    assert [source for source, _, _ in told] == ["198.51.100.0", "198.51.100.1", "198.51.100.2", MANY]
    account.pass_time(61)
    assert (MANY, "INVITE", 16) in strangers(account)
    assert len(account.core._guard._strangers) <= 4
    account.pass_time(61)
    assert account.core._guard._strangers == {}


def test_a_flood_is_counted_and_answered_within_bounds() -> None:
    account = Account(limits=Limits(answers_to_strangers=10))
    account.out()
    for number in range(100):
        account.hear(request("INVITE", source=STRANGER, branch=f"z9hG4bK{number}"), STRANGER)
    assert account.lines() == ["404"] * 10
    account.clock.advance(1.0)
    account.hear(request("INVITE", source=STRANGER), STRANGER)
    assert account.lines() == ["404"]
    account.pass_time(60)
    assert sum(times for _, _, times in strangers(account)) == 101


def test_evidence_is_a_sample(account: Account) -> None:
    account.hear(request("INVITE", source=STRANGER, body=b"x" * 60_000), STRANGER)
    assert len(account.told(StrangerHeard).wire) == 2_048


def test_a_method_of_any_length_is_told_short(account: Account) -> None:
    account.hear(request("M" * 5_000, source=STRANGER), STRANGER)
    assert strangers(account) == [("198.51.100.66", "M" * 32, 1)]


# --- friends -------------------------------------------------------------------------------------------------------


def test_trusted_addresses_and_networks_may_call() -> None:
    account = Account(trusted=("203.0.113.5", "198.51.100.0/24", "2001:db8::/64"))
    account.out()
    for number, host in enumerate(("203.0.113.5", "198.51.100.66", "2001:db8::7")):
        source = Address(host, 5070, Transport.UDP)
        via = f"SIP/2.0/UDP proxy.example.org;branch=z9hG4bKt{number};rport"
        account.hear(request("INVITE", via=via, call_id=f"c{number}"), source)
    assert account.lines() == ["180", "180", "180"]
    account.hear(request("INVITE", source=SERVER, call_id="c9"), Address("203.0.113.6", 5070, Transport.UDP))
    assert account.lines() == ["404"]


def test_the_server_may_speak_from_any_port_and_through_a_dual_socket(account: Account) -> None:
    """A socket for both families shows IPv4 as ::ffff:192.0.2.1."""
    for number, source in enumerate(
        (Address("192.0.2.1", 49_152, Transport.UDP), Address("::ffff:192.0.2.1", 5060, Transport.UDP))
    ):
        account.hear(request("INVITE", call_id=f"c{number}", branch=f"z9hG4bKs{number}"), source)
    assert account.lines() == ["180", "180"]


def test_after_a_new_start_the_new_servers_may_call(account: Account) -> None:
    moved = Address("192.0.2.99", 5060, Transport.UDP)
    account.do(account.core.start(account.clock.now(), account.us, (moved,)))
    account.out()
    account.hear(request("INVITE", source=SERVER), SERVER)
    account.hear(request("INVITE", source=moved, call_id="c2"), moved)
    assert account.lines() == ["404", "180"]


def test_a_scan_of_thousands_makes_no_call_and_takes_no_memory(account: Account) -> None:
    """What svmap and svwar send: every method, every extension, from one address and from many."""
    for number in range(3_000):
        method = ("INVITE", "OPTIONS", "REGISTER", "ACK", "CANCEL", "BYE")[number % 6]
        source = STRANGER if number % 2 else stranger(number)
        uri = f"sip:{number}@192.0.2.10"
        account.core.receive(
            render(request(method, uri=uri, source=source, branch=f"z9hG4bK{number}", call_id=str(number))),
            source,
            account.clock.now(),
        )
        account.core.take_output()
    assert account.is_clean()
    assert len(account.core._transactions) == 1
    assert len(account.core._guard._strangers) <= 257
