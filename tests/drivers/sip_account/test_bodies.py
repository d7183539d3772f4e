"""What a message carries: RFC 3261 §7.4, RFC 2046 §5.1."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import bodies
from dutyphone_drivers.sip_account.message import Headers, Request
from hypothesis import given
from hypothesis import strategies as st


def _carrying(body: bytes, content_type: str | None = None) -> Request:
    return Request("INVITE", "sip:h", Headers([] if content_type is None else [("Content-Type", content_type)]), body)


def _types(request: Request) -> list[tuple[str, bytes]]:
    return [(part.content_type, part.body) for part in bodies.parts(request)]


def test_one_body_is_one_part() -> None:
    assert _types(_carrying(b"v=0", "Application / SDP ; charset=utf-8")) == [("application/sdp", b"v=0")]
    assert _types(_carrying(b"v=0")) == [("", b"v=0")]
    assert _types(_carrying(b"", "application/sdp")) == []


def test_several_bodies_are_parts_in_their_order() -> None:
    body = (
        b"A preamble that nobody reads\r\n--b 1\r\n\r\nplain\r\n"
        b"--b 1  \r\nContent-Type: application/sdp\r\nContent-Disposition: session; handling=optional\r\n\r\n"
        b"v=0\r\ns=-\r\n\r\n"
        b"--b 1\r\nc:\r\n application/x\r\n\r\n\r\n--b 1--\r\nan epilogue"
    )
    request = _carrying(body, 'multipart/mixed;boundary="b 1"')
    assert _types(request) == [("", b"plain"), ("application/sdp", b"v=0\r\ns=-\r\n"), ("application/x", b"")]
    assert [part.is_optional for part in bodies.parts(request)] == [False, True, False]
    assert bodies.find(request, "application/sdp") == b"v=0\r\ns=-\r\n"
    assert bodies.find(request, "text/plain") is None


def test_bodies_may_be_within_bodies() -> None:
    inner = b"--i\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--i--"
    body = b"--o\r\nContent-Type: multipart/alternative;boundary=i\r\n\r\n" + inner + b"\r\n--o\r\n\r\nx\r\n--o--\r\n"
    assert _types(_carrying(body, "multipart/mixed;boundary=o")) == [("application/sdp", b"v=0"), ("", b"x")]


def test_depth_and_number_of_bodies_are_bounded() -> None:
    deep = b"--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n" * 2_000
    assert len(bodies.parts(_carrying(deep, "multipart/mixed;boundary=b"))) <= 32
    assert len(bodies.parts(_carrying(b"--b\r\n\r\nx\r\n" * 1_000, "multipart/mixed;boundary=b"))) == 32


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"--b\r\n\r\nx", [("", b"x")]),
        (b"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n", [("application/sdp", b"v=0\r\n")]),
        (b"--b\nc: text/plain\n\nx\n--b--", [("text/plain", b"x")]),
        (b"--b--", []),
        (b"--bb\r\n\r\nx", []),
        (b"no boundary", []),
    ],
)
def test_what_is_cut_or_missing_is_made_the_best_of(body: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert _types(_carrying(body, "multipart/mixed;boundary=b")) == expected


@given(
    st.lists(
        st.binary(max_size=30).filter(lambda body: b"--bound" not in body and body.strip()), min_size=1, max_size=5
    )
)
def test_what_is_joined_is_told_apart_again(pieces: list[bytes]) -> None:
    joined = b"".join(b"--bound\r\nContent-Type: a/b\r\n\r\n" + piece + b"\r\n" for piece in pieces) + b"--bound--\r\n"
    assert _types(_carrying(joined, "multipart/mixed;boundary=bound")) == [("a/b", piece) for piece in pieces]
