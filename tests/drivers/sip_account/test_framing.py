"""Messages out of a stream: RFC 3261 §18.3, RFC 5626 §3.5.1."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import message
from dutyphone_drivers.sip_account.framing import PING, PONG, StreamReader
from dutyphone_drivers.sip_account.message import LONGEST_MESSAGE, NotSip
from hypothesis import given
from hypothesis import strategies as st
from support.sip_messages import INVITE, TORTURE, torture

_NO_LENGTH = b"OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP h\r\n\r\n"
_FOLDED = b"OPTIONS sip:h SIP/2.0\r\nl :\r\n 4\r\n\r\nbody"
_WHOLE = (INVITE, _NO_LENGTH, _FOLDED, torture("mpart01"), torture("wsinv"), torture("intmeth"))


@given(
    st.lists(st.sampled_from((*_WHOLE, PING, PONG)), max_size=6),
    st.lists(st.integers(1, 60), min_size=1, max_size=10),
)
def test_it_does_not_matter_where_a_stream_is_split(sent: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(sent)
    at_once = StreamReader()
    assert at_once.feed(stream) == [piece for piece in sent if piece not in (PING, PONG)]
    reader, heard, start = StreamReader(), [], 0
    while start < len(stream):
        size = sizes[len(heard) % len(sizes)]
        heard += reader.feed(stream[start : start + size])
        start += size
    assert heard == [piece for piece in sent if piece not in (PING, PONG)]
    assert reader.take_pings() == at_once.take_pings() >= sum(piece == PING for piece in sent)


def test_a_ping_is_told_from_a_pong() -> None:
    reader = StreamReader()
    assert reader.feed(PONG + _NO_LENGTH + PONG) == [_NO_LENGTH]
    assert reader.take_pings() == 0
    assert reader.feed(_NO_LENGTH + PING + _NO_LENGTH) == [_NO_LENGTH, _NO_LENGTH]
    assert reader.take_pings() == 1
    assert reader.take_pings() == 0


@pytest.mark.parametrize(
    "broken",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        INVITE.replace(b"170", b"-1"),
        INVITE.replace(b"170", b"x"),
        torture("mcl01"),
        INVITE.replace(b"170", b"65535"),
        b"OPTIONS sip:h SIP/2.0\r\n" + b"A: b\r\n" * 20_000,
    ],
)
def test_what_cannot_be_told_apart_ends_the_stream(broken: bytes) -> None:
    reader = StreamReader()
    assert reader.feed(_NO_LENGTH) == [_NO_LENGTH]
    with pytest.raises(NotSip):
        reader.feed(broken)
    with pytest.raises(NotSip):
        reader.feed(_NO_LENGTH)


def test_messages_before_the_broken_one_are_handed_out() -> None:
    reader = StreamReader()
    assert reader.feed(_NO_LENGTH + b"\x00\x01 nonsense\r\n\r\n") == [_NO_LENGTH]
    with pytest.raises(NotSip):
        reader.feed(b"")


def test_a_head_without_end_is_not_kept_for_ever() -> None:
    reader = StreamReader()
    for _ in range(LONGEST_MESSAGE // 1000):
        assert reader.feed(b"X" * 1000) == []
    with pytest.raises(NotSip):
        reader.feed(b"X" * 1000)


@pytest.mark.parametrize("name", TORTURE)
def test_torture_over_a_stream_is_whole_or_ends_it(name: str) -> None:
    """RFC 4475 §3.1.2.2: a length that is too large waits for more; it never takes in what is not there."""
    reader, data = StreamReader(), torture(name)
    try:
        heard = reader.feed(data)
    except NotSip:
        return
    assert all(data.find(piece) >= 0 for piece in heard)
    for piece in heard:
        assert "Content-Length" not in dict(message.read(piece).headers)
