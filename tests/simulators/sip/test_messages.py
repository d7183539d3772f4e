"""Reading and writing messages, in every form that RFC 3261 §7.3 allows."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from dutyphone_simulators.sip.addresses import (
    Uri,
    host_port,
    parse_address,
    parse_host_port,
    parse_uri,
    quoted,
    split_list,
)
from dutyphone_simulators.sip.messages import Framer, NotSip, Request, Response, Style, read_message, write_message
from hypothesis import given
from hypothesis import strategies as st

INVITE = Request(
    method="INVITE",
    uri="sip:1001-token@127.0.0.1:5062",
    headers=(
        ("Via", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport"),
        ("Via", "SIP/2.0/UDP gateway.invalid;branch=z9hG4bK2"),
        ("From", "<sip:01055501234@127.0.0.1>;tag=a"),
        ("To", "<sip:1001@127.0.0.1>"),
        ("Call-ID", "abc"),
        ("CSeq", "101 INVITE"),
        ("Contact", "<sip:01055501234@127.0.0.1:5060>"),
        ("Content-Type", "application/sdp"),
        ("Session-Expires", "1800;refresher=uac"),
    ),
    body=b"v=0\r\n\r\nmore",
)
STYLES = [
    Style(compact=compact, folded=folded, shouted=shouted, spaced=spaced, joined=joined)
    for compact, folded, shouted, spaced, joined in itertools.product((False, True), repeat=5)
]


def what_is_said(message: Request | Response) -> dict[str, list[str]]:
    names = ("via", "from", "to", "call-id", "cseq", "contact", "content-type", "session-expires")
    return {name: ["".join(value.split()) for value in message.every(name)] for name in names}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_says_the_same(style: Style) -> None:
    written = write_message(INVITE, style)
    read = read_message(written)
    assert isinstance(read, Request)
    assert (read.method, read.uri, read.body) == (INVITE.method, INVITE.uri, INVITE.body)
    assert what_is_said(read) == what_is_said(INVITE)
    assert len({write_message(INVITE, style) for style in STYLES}) > 20


def test_compact_names_are_those_of_the_rfcs() -> None:
    written = write_message(INVITE, Style(compact=True)).decode()
    for start in ("v: ", "f: ", "t: ", "i: ", "m: ", "c: ", "l: 11", "x: 1800"):
        assert f"\r\n{start}" in written


def test_a_folded_header_goes_on_in_the_next_line() -> None:
    assert b"From: <sip:01055501234@127.0.0.1>\r\n\t;tag=a\r\n" in write_message(INVITE, Style(folded=True))


def test_over_udp_the_length_may_be_left_out() -> None:
    written = write_message(INVITE, Style(content_length=False))
    assert b"Content-Length" not in written
    assert read_message(written).body == INVITE.body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nVia: x",
        b"INVITE sip:a@b SIP/7.0\r\nVia: x\r\n\r\n",
        b"SIP/2.0 banana OK\r\nVia: x\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nno colon here\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nshort",
        b"INVITE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"\x00\xff\xfe\x80",
    ],
)
def test_what_is_no_message_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(NotSip):
        read_message(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    with contextlib.suppress(NotSip):
        assert read_message(data).start


@given(st.binary(min_size=0, max_size=40), st.integers(min_value=0, max_value=400))
def test_a_damaged_message_is_a_message_or_none(damage: bytes, place: int) -> None:
    whole = write_message(INVITE)
    with contextlib.suppress(NotSip):
        assert read_message(whole[:place] + damage + whole[place + len(damage) :]).start


@given(st.lists(st.integers(min_value=1, max_value=700), min_size=1, max_size=12))
def test_a_stream_is_framed_however_it_is_cut(cuts: list[int]) -> None:
    stream = write_message(INVITE) + b"\r\n\r\n" + write_message(INVITE, Style(compact=True)) + write_message(INVITE)
    framer, came, start = Framer(), [], 0
    for cut in itertools.cycle(cuts):
        came += framer.feed(stream[start : start + cut])
        start += cut
        if start >= len(stream):
            break
    messages = [data for data in came if data != b"\r\n\r\n"]
    assert len(messages) == 3
    assert all(read_message(data).body == INVITE.body for data in messages)


def test_a_stream_that_never_makes_sense_is_given_up() -> None:
    with pytest.raises(NotSip):
        list(Framer().feed(b"x" * 70_000))
    with pytest.raises(NotSip):
        list(Framer().feed(b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 99999999\r\n\r\n"))


@pytest.mark.parametrize(
    ("value", "name", "uri", "tag"),
    [
        ('"张三 值班" <sip:01055501234@host>;tag=1', "张三 值班", "sip:01055501234@host", "1"),
        (r'"O\"Brien \\ <x>" <sip:a@host>;tag=2', 'O"Brien \\ <x>', "sip:a@host", "2"),
        ("Zhang San <sip:a@host:5070;user=phone>", "Zhang San", "sip:a@host:5070;user=phone", ""),
        ("sip:a@host;tag=3", "", "sip:a@host", "3"),
        ("<tel:+861055501234>;tag=4", "", "tel:+861055501234", "4"),
        ("<sips:a@[::1]:5061>", "", "sips:a@[::1]:5061", ""),
        ("<sip:*57*013900000000%23@host>", "", "sip:*57*013900000000%23@host", ""),
    ],
)
def test_addresses(value: str, name: str, uri: str, tag: str) -> None:
    address = parse_address(value)
    assert (address.name, str(address.uri), address.tag) == (name, uri, tag)


def test_the_number_sign_of_a_service_code_is_escaped_and_its_star_is_not() -> None:
    assert parse_uri("sip:*57*013900000000%23@host").user == "*57*013900000000#"
    assert str(Uri(user="#57#", host="host")) == "sip:%2357%23@host"


@pytest.mark.parametrize("text", ["", "mailto:a@b", "sip:", "sip:a@", "http://x", "sip:a@b:notaport"])
def test_what_is_no_address_for_calls(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_uri(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_any_name_survives_its_quotes(name: str) -> None:
    assert parse_address(f"{quoted(name)} <sip:a@b>;tag=x").name == name


def test_lists_are_split_outside_quotes_and_brackets() -> None:
    assert list(split_list('"a, b" <sip:x@y>, <sip:p,q@r>;n="1,2", sip:z@z')) == [
        '"a, b" <sip:x@y>',
        '<sip:p,q@r>;n="1,2"',
        "sip:z@z",
    ]


def test_places() -> None:
    assert parse_host_port("[::1]:5061") == ("::1", 5061)
    assert parse_host_port("exchange.invalid") == ("exchange.invalid", 5060)
    assert host_port(("::1", 5061)) == "[::1]:5061"
    for text in ("", ":5060", "host:99999", "a b:c"):
        with pytest.raises(ValueError, match=r"host:port|no such port"):
            parse_host_port(text)
