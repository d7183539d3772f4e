"""What a response takes over from its request, and where it goes: RFC 3261 §8.2.6, §12.1.1, §18.2."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import message
from dutyphone_drivers.sip_account.message import Headers, Request
from dutyphone_drivers.sip_account.replies import reply, stamped, way_back
from dutyphone_drivers.sip_account.wire import Address, Transport

_UDP = Address("192.0.2.1", 5071, Transport.UDP)
_INVITE = Request(
    "INVITE",
    "sip:1001@192.0.2.10",
    Headers(
        [
            ("Via", "SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b"),
            ("Record-Route", "<sip:p1;lr>"),
            ("Record-Route", "<sip:p2;lr>"),
            ("Timestamp", "54"),
            ("From", '"a" <sip:a@h>;tag=1'),
            ("Via", "SIP/2.0/UDP c"),
            ("To", "<sip:b@h>"),
            ("Subject", "x"),
            ("Call-ID", "c1"),
            ("CSeq", "1 INVITE"),
        ]
    ),
    b"body",
)


def test_a_response_takes_over_what_it_must_and_nothing_else() -> None:
    response = reply(_INVITE, 486, to_tag="t")
    assert (response.status, response.reason, response.body) == (486, "Busy Here", b"")
    assert list(response.headers) == [
        ("Via", "SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b"),
        ("From", '"a" <sip:a@h>;tag=1'),
        ("Via", "SIP/2.0/UDP c"),
        ("To", "<sip:b@h>;tag=t"),
        ("Call-ID", "c1"),
        ("CSeq", "1 INVITE"),
    ]


@pytest.mark.parametrize(
    ("status", "method", "kept"),
    [
        (100, "INVITE", False),
        (180, "INVITE", True),
        (200, "INVITE", True),
        (200, "SUBSCRIBE", True),
        (200, "BYE", False),
        (302, "INVITE", False),
    ],
)
def test_the_route_is_recorded_where_a_dialog_is_made(status: int, method: str, kept: bool) -> None:
    """RFC 3261 §12.1.1."""
    response = reply(Request(method, _INVITE.uri, _INVITE.headers), status, to_tag="t")
    assert response.headers.all("Record-Route") == (("<sip:p1;lr>", "<sip:p2;lr>") if kept else ())


def test_100_has_the_timestamp_and_no_tag_of_ours() -> None:
    """RFC 3261 §8.2.6.1."""
    response = reply(_INVITE, 100, to_tag="t")
    assert response.headers.get("Timestamp") == "54"
    assert response.headers.get("To") == "<sip:b@h>"
    assert not reply(_INVITE, 180, to_tag="t").headers.has("Timestamp")


@pytest.mark.parametrize(
    ("to", "answered"),
    [
        ("<sip:b@h>;tag=x", "<sip:b@h>;tag=x"),
        ("sip:b@h", "sip:b@h;tag=t"),
        ("<sip:b@h;tag=no>", "<sip:b@h;tag=no>;tag=t"),
    ],
)
def test_a_tag_that_is_there_stays(to: str, answered: str) -> None:
    request = Request("BYE", "sip:h", Headers([("To", to)]))
    assert reply(request, 200, to_tag="t").headers.get("To") == answered


def test_what_else_is_to_be_said_comes_below() -> None:
    response = reply(_INVITE, 302, "Gone fishing", to_tag="t", extra=[("Contact", "<tel:13900000001>")], body=b"b")
    assert message.render(response).endswith(b"Contact: <tel:13900000001>\r\nContent-Length: 1\r\n\r\nb")
    assert response.reason == "Gone fishing"


def test_a_request_is_marked_with_where_it_came_from() -> None:
    request = stamped(_INVITE, _UDP)
    assert request.headers.all("Via") == (
        "SIP/2.0/UDP a;branch=z9hG4bK1;received=192.0.2.1",
        "SIP/2.0/UDP b",
        "SIP/2.0/UDP c",
    )
    assert request.headers.without("Via") == _INVITE.headers.without("Via")
    without = Request("BYE", "sip:h", Headers([("Via", "nonsense")]))
    assert stamped(without, _UDP) == without


@pytest.mark.parametrize(
    ("via", "source", "expected"),
    [
        ("SIP/2.0/UDP pc:5080;rport", _UDP, _UDP),
        ("SIP/2.0/UDP pc:5080", _UDP, Address("192.0.2.1", 5080, Transport.UDP)),
        ("SIP/2.0/UDP pc", _UDP, Address("192.0.2.1", 5060, Transport.UDP)),
        (
            "SIP/2.0/TCP pc:5080",
            Address("192.0.2.1", 40_001, Transport.TCP),
            Address("192.0.2.1", 40_001, Transport.TCP),
        ),
        ("nonsense", _UDP, _UDP),
    ],
)
def test_a_response_goes_back_the_way_its_request_came(via: str, source: Address, expected: Address) -> None:
    assert way_back(Request("BYE", "sip:h", Headers([("Via", via)])), source) == expected
