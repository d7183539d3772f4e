"""Addresses read and written: RFC 3261 §19.1, RFC 3966."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import uri
from dutyphone_drivers.sip_account.uri import NotUri, Uri
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sip:1001@192.0.2.1", Uri("sip", "1001", "192.0.2.1")),
        ("SIPS:1001@Example.COM:5061", Uri("sips", "1001", "example.com", 5061)),
        ("sip:192.0.2.1", Uri("sip", "", "192.0.2.1")),
        ("sip:1001@[2001:DB8::1]:5062", Uri("sip", "1001", "2001:db8::1", 5062)),
        ("sip:1001:secret@h", Uri("sip", "1001", "h", password="secret")),
        ("sip:1001@h;user=phone;lr", Uri("sip", "1001", "h", parameters=(("user", "phone"), ("lr", None)))),
        ("sip:user;par=u%40h@example.com", Uri("sip", "user;par=u@h", "example.com")),
        (
            "sip:a?b@h?Subject=x%20y&Route=%3Csip:r%3E",
            Uri("sip", "a?b", "h", headers=(("Subject", "x y"), ("Route", "<sip:r>"))),
        ),
        ("sip:*57*013900000000%23@h", Uri("sip", "*57*013900000000#", "h")),
        ("sip:%E5%BC%A0@h", Uri("sip", "张", "h")),
        ("tel:+86-10-5550-0001", Uri("tel", "+86-10-5550-0001")),
        ("tel:0001;phone-context=+8610555", Uri("tel", "0001", parameters=(("phone-context", "+8610555"),))),
        ("urn:service:sos", Uri("urn", "service:sos")),
        ("sip:1001@h:", Uri("sip", "1001", "h")),
    ],
)
def test_an_address_is_read(text: str, expected: Uri) -> None:
    assert uri.read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1001",
        "sip:",
        "sip:@",
        "sip:1001@",
        "sip:1001@h:65536",
        "sip:1001@h:x",
        "sip:a b@h",
        "sip:1001@h; lr",
        "tel:",
        "<sip:1001@h>",
    ],
)
def test_what_is_no_address_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotUri):
        uri.read(text)


def test_a_service_code_keeps_its_star_and_escapes_its_hash() -> None:
    """S1-32: `*57*` + number + `#` as the user part of the Request-URI."""
    assert str(Uri("sip", "*57*013900000000#", "192.0.2.1")) == "sip:*57*013900000000%23@192.0.2.1"


def test_an_ipv6_host_is_written_in_brackets() -> None:
    assert str(Uri("sip", "1001", "2001:db8::1", 5062)) == "sip:1001@[2001:db8::1]:5062"


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_NAMES = st.text("abcxyz-09", min_size=1, max_size=8)
_PARAMETERS = st.lists(st.tuples(_NAMES, st.none() | _TEXT.map(str.strip)), max_size=3).map(tuple)


@given(
    scheme=st.sampled_from(["sip", "sips"]),
    user=_TEXT,
    host=st.sampled_from(["h", "sip.example.com", "192.0.2.1", "2001:db8::1"]),
    port=st.none() | st.integers(0, 65_535),
    parameters=_PARAMETERS,
    headers=st.lists(st.tuples(_NAMES, _TEXT), max_size=3).map(tuple),
    password=st.none() | _TEXT,
)
def test_what_is_written_is_read_again(
    scheme: str,
    user: str,
    host: str,
    port: int | None,
    parameters: tuple[tuple[str, str | None], ...],
    headers: tuple[tuple[str, str], ...],
    password: str | None,
) -> None:
    written = Uri(scheme, user, host, port, parameters, headers, password)
    assert uri.read(str(written)) == written


@given(st.text(max_size=60) | st.text('sip:@;?=&%[]<>" .0a', max_size=60).map(lambda text: f"sip:{text}"))
def test_any_text_is_an_address_or_none(text: str) -> None:
    try:
        read = uri.read(text)
    except NotUri:
        return
    assert uri.read(str(read)) == read
