"""Bytes to messages and back: RFC 3261 §7."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import fields, message
from dutyphone_drivers.sip_account.message import (
    LONGEST_FIELD,
    LONGEST_MESSAGE,
    MOST_FIELDS,
    Headers,
    Message,
    NotSip,
    Request,
    Response,
)
from hypothesis import given
from hypothesis import strategies as st
from support.sip_messages import INVITE


def test_a_request_is_read_with_its_fields_in_order() -> None:
    read = message.read(b"OPTIONS sip:1001@h SIP/2.0\r\nVia: a\r\nX-Unknown: b\r\nVIA: c, d\r\n\r\nbody")
    assert read == Request(
        "OPTIONS", "sip:1001@h", Headers([("Via", "a"), ("X-Unknown", "b"), ("Via", "c, d")]), b"body"
    )
    assert read.headers.all("via") == ("a", "c", "d")
    assert read.headers.get("via") == "a"


def test_a_response_is_read_with_or_without_a_phrase() -> None:
    assert message.read(b"SIP/2.0 180 Es l\xc3\xa4utet\r\n\r\n") == Response(180, "Es läutet")
    assert message.read(b"SIP/2.0 100 \r\n\r\n") == Response(100, "")
    assert message.read(b"sip/2.0 200\r\n\r\n") == Response(200, "")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("v", "Via"),
        ("F", "From"),
        ("t", "To"),
        ("i", "Call-ID"),
        ("m", "Contact"),
        ("c", "Content-Type"),
        ("k", "Supported"),
        ("s", "Subject"),
        ("e", "Content-Encoding"),
        ("o", "Event"),
        ("x", "Session-Expires"),
        ("r", "Refer-To"),
        ("u", "Allow-Events"),
    ],
)
def test_a_short_name_stands_for_its_long_one(short: str, long: str) -> None:
    read = message.read(f"OPTIONS sip:h SIP/2.0\r\n{short}: value\r\n\r\n".encode())
    assert list(read.headers) == [(long, "value")]


def test_folded_lines_are_one_line() -> None:
    read = message.read(b"OPTIONS sip:h SIP/2.0\r\nSubject:\r\n one\r\n\t two\r\n   three\r\nX-Y: z\r\n\r\n")
    assert list(read.headers) == [("Subject", "one two three"), ("X-Y", "z")]


def test_lines_that_are_no_fields_are_passed_over() -> None:
    start = b"OPTIONS sip:h SIP/2.0\r\n"
    read = message.read(start + b"no colon\r\n: no name\r\nb\xffd: name\r\n" + b"n" * 257 + b": long\r\nVia: a\r\n\r\n")
    assert list(read.headers) == [("Via", "a")]


def test_bare_line_feeds_and_blank_lines_before_are_taken() -> None:
    assert message.read(b"\r\n\r\nOPTIONS sip:h SIP/2.0\nVia: a\n\nbody") == Request(
        "OPTIONS", "sip:h", Headers([("Via", "a")]), b"body"
    )


@pytest.mark.parametrize("name", ["值班室", "陈嶾"])
def test_a_name_in_gbk_keeps_its_bytes(name: str) -> None:
    """陈嶾 is B3 C2 8E 5C: in its midst C2 8E is UTF-8, and its last byte is a backslash."""
    raw = f'From: "{name}" <sip:1001@h>'.encode("gb18030")
    read = message.read(b"OPTIONS sip:h SIP/2.0\r\n" + raw + b"\r\n\r\n")
    assert raw in message.render(read)
    caller = fields.from_(read)
    assert caller is not None
    assert (caller.name, caller.name_bytes) == (name, name.encode("gb18030"))


def test_what_follows_the_declared_length_in_a_datagram_is_dropped() -> None:
    """RFC 3261 §18.3."""
    assert message.read(b"OPTIONS sip:h SIP/2.0\r\nl: 4\r\n\r\nbodyrest").body == b"body"


@pytest.mark.parametrize("length", ["5", "-1", "x", "", "4, 4", "99999999999999999999", "٤"])
def test_a_length_that_cannot_be_right_stays_to_be_judged(length: str) -> None:
    read = message.read(f"OPTIONS sip:h SIP/2.0\r\nContent-Length: {length}\r\n\r\nbody".encode())
    assert read.headers.get("Content-Length") == length
    assert read.body == b"body"


def test_the_length_is_written_and_not_copied() -> None:
    request = Request("OPTIONS", "sip:h", Headers([("Content-Length", "99"), ("Via", "a")]), b"body")
    assert message.render(request) == b"OPTIONS sip:h SIP/2.0\r\nVia: a\r\nContent-Length: 4\r\n\r\nbody"


def test_no_field_can_break_its_line() -> None:
    request = Request("OPTIONS", "sip:h", Headers([("Subject", "a\r\nVia: b\nc\rd")]))
    assert list(message.read(message.render(request)).headers) == [("Subject", "a  Via: b c d")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\x00" * 40,
        b"GET / HTTP/1.1\r\n\r\n",
        b"OPTIONS sip:h\r\n\r\n",
        b"SIP/2.0\r\n\r\n",
        b"SIP/2.0 99 x\r\n\r\n",
        b"SIP/2.0 700 x\r\n\r\n",
        b"SIP/2.0 4294967301 x\r\n\r\n",
        b"SIP/3.0 200 OK\r\n\r\n",
        b"(OPT) sip:h SIP/2.0\r\n\r\n",
        b"OPTIONS sip:h SIP/two\r\n\r\n",
        INVITE.ljust(LONGEST_MESSAGE + 1),
    ],
)
def test_what_is_no_message_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(NotSip):
        message.read(data)


def test_sizes_are_bounded() -> None:
    start = b"OPTIONS sip:h SIP/2.0\r\n"
    assert len(message.read(start + b"A: b\r\n" * MOST_FIELDS).headers) == MOST_FIELDS
    for too_much in (
        b"A: b\r\n" * (MOST_FIELDS + 1),
        b"A: " + b"b" * LONGEST_FIELD,
        b"A: b" + b"\r\n " * 10 + b"b" * LONGEST_FIELD,
    ):
        with pytest.raises(NotSip):
            message.read(start + too_much + b"\r\n\r\n")
    with pytest.raises(NotSip):
        message.read(b"OPTIONS sip:" + b"h" * LONGEST_FIELD + b" SIP/2.0\r\n\r\n")


def test_headers_are_changed_by_making_new_ones() -> None:
    headers = Headers([("Via", "a"), ("From", "b")])
    assert list(headers.on_top(("Via", "z")).plus(("X", "y")).without("FROM")) == [
        ("Via", "z"),
        ("Via", "a"),
        ("X", "y"),
    ]
    assert list(headers) == [("Via", "a"), ("From", "b")]
    assert headers == Headers([("via", "a"), ("FROM", "b")])
    assert hash(headers) == hash(Headers([("via", "a"), ("FROM", "b")]))
    assert headers != Headers([("From", "b"), ("Via", "a")])
    assert headers.has("from")
    assert not headers.has("to")
    assert headers.get("to") is None
    assert headers.count("via") == len(headers) - 1 == 1


_TOKENS = st.text("abcdefgXYZ0123456789-.!%*_+`'~", min_size=2, max_size=12).filter(
    lambda name: name.lower() != "content-length"
)
_WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cf"]), max_size=20)
_HEADERS = st.lists(st.tuples(_TOKENS, _WORDS), max_size=8).map(Headers)
_MESSAGES: st.SearchStrategy[Message] = st.builds(
    Request, _TOKENS, st.text("sip:@abc0123;=%[]<>", min_size=1), _HEADERS, st.binary(max_size=60)
) | st.builds(Response, st.integers(100, 699), _WORDS, _HEADERS, st.binary(max_size=60))


@given(_MESSAGES)
def test_what_is_written_is_read_again(written: Message) -> None:
    assert message.read(message.render(written)) == written
