"""The header fields that signalling turns on."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.fields import CSeq, NameAddr, Reason, Via
from dutyphone_drivers.sip_account.message import Headers, Request
from dutyphone_drivers.sip_account.uri import Uri
from hypothesis import given
from hypothesis import strategies as st


def _request(*headers: tuple[str, str]) -> Request:
    return Request("INVITE", "sip:1001@192.0.2.10", Headers(headers))


# --- Via ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("SIP/2.0/UDP h", Via("UDP", "h")),
        (
            "SIP / 2.0 / tcp  192.0.2.1 : 5070 ; branch = z9hG4bK1",
            Via("TCP", "192.0.2.1", 5070, (("branch", "z9hG4bK1"),)),
        ),
        ("SIP/2.0/TLS [2001:db8::1]:5061;rport", Via("TLS", "2001:db8::1", 5061, (("rport", None),))),
        ("SIP/2.0/SCTP h;received=192.0.2.9", Via("SCTP", "h", None, (("received", "192.0.2.9"),))),
        ("SIP/7.0/UDP h", None),
        ("SIP/2.0/UDP", None),
        ("SIP/2.0/UDP h:70000", None),
        ("SIP/2.0/UDP h,", None),
        ("", None),
        (";", None),
    ],
)
def test_a_hop_is_read(value: str, expected: Via | None) -> None:
    assert fields.read_via(value) == expected
    if expected is not None:
        assert fields.read_via(str(expected)) == expected


def test_the_nearest_hop_is_the_first_of_the_first_line() -> None:
    request = _request(("Via", "SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b"), ("Via", "SIP/2.0/UDP c"))
    top = fields.top_via(request)
    assert top is not None
    assert top.host == "a"
    assert [via and via.host for via in fields.vias(request)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        ("SIP/2.0/UDP pc;branch=z9hG4bK1", "SIP/2.0/UDP pc;branch=z9hG4bK1;received=192.0.2.1"),
        ("SIP/2.0/UDP pc;rport", "SIP/2.0/UDP pc;rport=5071;received=192.0.2.1"),
        ("SIP/2.0/UDP 192.0.2.1;rport;branch=x", "SIP/2.0/UDP 192.0.2.1;rport=5071;branch=x;received=192.0.2.1"),
        ("SIP/2.0/UDP pc;received=10.0.0.9", "SIP/2.0/UDP pc;received=192.0.2.1"),
    ],
)
def test_a_hop_is_marked_with_where_it_was_seen(sent: str, seen: str) -> None:
    """RFC 3261 §18.2.1; RFC 3581 §4: with rport, received is always there. What the sender claims does not stay."""
    via = fields.read_via(sent)
    assert via is not None
    assert str(via.seen_from("192.0.2.1", 5071)) == seen


def test_a_hop_seen_over_ipv6_is_read_again() -> None:
    via = Via("UDP", "pc", None, (("rport", None),)).seen_from("2001:db8::7", 5060)
    assert fields.read_via(str(via)) == via
    assert (via.received, via.rport) == ("2001:db8::7", 5060)


@pytest.mark.parametrize(
    ("branch", "follows"), [("z9hG4bKa", True), ("Z9HG4BKa", True), ("z9hG4bK", False), ("1", False), ("", False)]
)
def test_a_bare_cookie_names_no_transaction(branch: str, follows: bool) -> None:
    """RFC 4475 §3.2.1."""
    assert Via("UDP", "h", None, (("branch", branch),)).follows_rfc3261 is follows


# --- names and addresses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "name", "text", "parameters"),
    [
        ("<sip:1001@h>", "", "sip:1001@h", ()),
        ("sip:1001@h;tag=a", "", "sip:1001@h", (("tag", "a"),)),
        ("<sip:1001@h;user=phone>;tag=a", "", "sip:1001@h;user=phone", (("tag", "a"),)),
        ('"张三 值班" <sip:1001@h>', "张三 值班", "sip:1001@h", ()),
        ('"O\'Brien, \\"Duty\\" <desk>" <sip:1001@h>;tag=a', 'O\'Brien, "Duty" <desk>', "sip:1001@h", (("tag", "a"),)),
        ("张三 <sip:1001@h>", "张三", "sip:1001@h", ()),
        ("caller<sip:1001@h>", "caller", "sip:1001@h", ()),
        ("Bell, Alexander <sip:a@h>", "Bell, Alexander", "sip:a@h", ()),
        ('"" <tel:+861055500001>', "", "tel:+861055500001", ()),
        ('"a" < sip:1001@h > ; tag = b', "a", "sip:1001@h", (("tag", "b"),)),
        ("<http://www.example.com>;tag=3", "", "http://www.example.com", (("tag", "3"),)),
    ],
)
def test_a_name_with_an_address_is_read(
    value: str, name: str, text: str, parameters: tuple[tuple[str, str | None], ...]
) -> None:
    read = fields.read_name_addr(value)
    assert read is not None
    assert (read.name, read.text, read.parameters) == (name, text, parameters)
    assert read.uri is not None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "*",
        '"never closed <sip:1001@h>',
        "<sip:1001@h",
        "sip:1001@h?Route=a",
        "sip:a,b@h",
        "<sip:1001@h> x",
        "<<sip:1001@h>>",
        '"a" sip:1001@h',
    ],
)
def test_what_is_no_address_is_none(value: str) -> None:
    read = fields.read_name_addr(value)
    assert read is None or read.uri is None


def test_names_are_cut_and_hold_no_controls() -> None:
    read = fields.read_name_addr('"\x1b[31m' + "值" * 1000 + '\x07" <sip:1001@h>')
    assert read is not None
    assert read.name == ("[31m" + "值" * 1000)[: fields.LONGEST_NAME]
    assert len(read.name_bytes) > 3000


def test_an_address_that_is_not_understood_is_kept_as_text() -> None:
    assert fields.read_name_addr("<sip:1001@h:x>;tag=a") == NameAddr("", b"", None, "sip:1001@h:x", (("tag", "a"),))


def test_the_first_contact_is_the_contact() -> None:
    request = _request(("Contact", '"a,b" <sip:a@h>;q=0.5, <sip:c@h>'))
    contact = fields.contact(request)
    assert contact is not None
    assert contact.uri == Uri("sip", "a", "h")
    assert [one.text for one in fields.contacts(request)] == ["sip:a@h", "sip:c@h"]
    assert fields.contact(_request(("Contact", "*"))) is None


def test_a_tag_is_found() -> None:
    assert fields.tag_of("<sip:1001@h;tag=no>;tag=yes") == "yes"
    assert fields.tag_of("sip:1001@h") is None
    assert fields.tag_of(None) is None


# --- numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1 INVITE", CSeq(1, "INVITE")),
        ("0009   INVITE", CSeq(9, "INVITE")),
        ("0 BYE", CSeq(0, "BYE")),
        ("2147483647 BYE", CSeq(2**31 - 1, "BYE")),
        ("2147483648 BYE", None),
        ("36893488147419103232 REGISTER", None),
        ("-1 BYE", None),
        ("1", None),
        ("INVITE", None),
        ("1 IN VITE", None),
        ("٤ BYE", None),
    ],
)
def test_a_sequence_number_is_read(value: str, expected: CSeq | None) -> None:
    assert fields.read_cseq(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", 60),
        (" 060 ", 60),
        ("0", 0),
        ("120 (I am away)", 120),
        ("18000;duration=3600", 18000),
        ("1" + "0" * 100, 2**32 - 1),
        ("4294967296", 2**32 - 1),
        ("-1", None),
        ("", None),
        ("soon", None),
        ("1.5", None),
    ],
)
def test_seconds_are_read(value: str, expected: int | None) -> None:
    """RFC 3261 §20.19, §20.33; RFC 4475 §3.1.2.4: too large means as long as can be said."""
    assert fields.seconds(value) == expected
    assert fields.expires(_request(("Expires", value))) == expected


@given(st.integers(0, 2**40), st.integers(1, 2**40), st.integers(0, 30))
def test_a_number_is_read_up_to_its_limit(number: int, largest: int, zeros: int) -> None:
    read = fields.whole_number("0" * zeros + str(number), largest)
    assert read == (number if number <= largest else None)


# --- Reason ------------------------------------------------------------------------------------------------------


def test_reasons_are_read_in_their_order() -> None:
    """RFC 3326; kamailio's own words for a call that another telephone took."""
    request = _request(
        ("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),
        ("Reason", "q.850 ; cause = 26, ;broken, SIP ;cause=many"),
    )
    assert fields.reason(request) == (
        Reason("SIP", 200, "Call completed elsewhere"),
        Reason("Q.850", 26),
        Reason("SIP", None),
    )


@given(st.text(max_size=80) | st.text('sip:<>"\\;,=@? a1\t', max_size=80))
def test_no_reader_raises(text: str) -> None:
    fields.read_via(text)
    fields.read_cseq(text)
    fields.read_reason(text)
    fields.seconds(text)
    address = fields.read_name_addr(text)
    if address is not None:
        assert len(address.name) <= fields.LONGEST_NAME
        assert address.name.isprintable()
