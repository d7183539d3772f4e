"""Session descriptions in offer and answer: RFC 4566, RFC 3264."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import session
from dutyphone_drivers.sip_account.message import Headers, Request
from dutyphone_drivers.sip_account.session import STATIC, Codec, Flow, Offer
from support.sip_messages import OWN

_EVENTS = Codec(101, "telephone-event", 8_000, "0-16")


def _offering(*lines: str, content_type: str = "application/sdp") -> Request:
    body = "\r\n".join(["v=0", "o=gw 1 1 IN IP4 192.0.2.2", "s=-", "c=IN IP4 192.0.2.2", "t=0 0", *lines, ""])
    return Request("INVITE", "sip:h", Headers([("Content-Type", content_type)]), body.encode())


def _lines(description: bytes | None) -> list[str]:
    assert description is not None
    assert description.endswith(b"\r\n")
    return description.decode().split("\r\n")[:-1]


# --- reading -----------------------------------------------------------------------------------------------------


def test_an_offer_is_read() -> None:
    request = _offering("m=audio 6000 RTP/AVP 8 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16")
    assert session.read(request) == Offer("192.0.2.2", 6000, (STATIC[8], STATIC[0], _EVENTS))


@pytest.mark.parametrize(
    ("lines", "offer"),
    [
        (
            ["m=audio 6000 RTP/SAVP 8", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"],
            Offer("192.0.2.2", 6000, (STATIC[8],), srtp=True),
        ),
        (
            ["m=audio 6000 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2"],
            Offer("192.0.2.2", 6000, (Codec(111, "opus", 48_000),), srtp=True),
        ),
        (["m=audio 6000 RTP/AVP 18"], Offer("192.0.2.2", 6000, (STATIC[18],))),
        (["m=audio 6000 RTP/AVP 97"], Offer("192.0.2.2", 6000, (Codec(97, "", 0),))),
        (["m=audio 6000 RTP/AVP 8", "c=IN IP6 2001:db8::2"], Offer("2001:db8::2", 6000, (STATIC[8],))),
        (["m=audio 6000 RTP/AVP 8", "a=sendonly"], Offer("192.0.2.2", 6000, (STATIC[8],), direction=Flow.SEND)),
        (["a=inactive", "m=audio 6000 RTP/AVP 8"], Offer("192.0.2.2", 6000, (STATIC[8],), direction=Flow.NONE)),
        (["a=inactive", "m=audio 6000 RTP/AVP 8", "a=sendrecv"], Offer("192.0.2.2", 6000, (STATIC[8],))),
        (["m=video 5000 RTP/AVP 31", "m=audio 6000/2 RTP/AVP 8"], Offer("192.0.2.2", 6000, (STATIC[8],))),
        (["m=audio 6000 RTP/SAVP 8", "m=audio 6002 RTP/AVP 0"], Offer("192.0.2.2", 6002, (STATIC[0],))),
        (["m=audio 0 RTP/AVP 8", "m=audio 6002 RTP/AVP 0"], Offer("192.0.2.2", 6002, (STATIC[0],))),
        (["m=audio 0 RTP/AVP 8"], Offer("192.0.2.2", 0, (STATIC[8],))),
        (["m=image 6000 udptl t38"], None),
        (["m=audio"], None),
        ([], None),
    ],
)
def test_the_sound_is_found(lines: list[str], offer: Offer | None) -> None:
    """A call that offers nothing we could use rings all the same; this only says what it offers."""
    assert session.read(_offering(*lines)) == offer


def test_a_description_is_found_in_several_bodies_and_without_a_type() -> None:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" + OWN + b"--b--"
    several = Request("INVITE", "sip:h", Headers([("Content-Type", "multipart/mixed;boundary=b")]), body)
    untyped = Request("INVITE", "sip:h", Headers(), OWN)
    expected = session.read(Request("INVITE", "sip:h", Headers([("Content-Type", "application/sdp")]), OWN))
    assert expected is not None
    assert session.read(several) == session.read(untyped) == expected


def test_no_description_is_none() -> None:
    assert session.read(Request("INVITE", "sip:h")) is None
    assert session.read(Request("INVITE", "sip:h", Headers([("Content-Type", "application/xml")]), OWN)) is None


@pytest.mark.parametrize(
    ("lines", "held"),
    [
        (["m=audio 6000 RTP/AVP 8"], False),
        (["m=audio 6000 RTP/AVP 8", "a=recvonly"], False),
        (["m=audio 6000 RTP/AVP 8", "a=sendonly"], True),
        (["m=audio 6000 RTP/AVP 8", "a=inactive"], True),
        (["m=audio 6000 RTP/AVP 8", "c=IN IP4 0.0.0.0"], True),
    ],
)
def test_hold_is_recognised(lines: list[str], held: bool) -> None:
    """RFC 3264 §8.4; RFC 2543 wrote 0.0.0.0."""
    offer = session.read(_offering(*lines))
    assert offer is not None
    assert offer.is_held is held


# --- writing -----------------------------------------------------------------------------------------------------


def test_a_description_of_ours_is_written() -> None:
    assert _lines(session.describe("2001:db8::9", 4000, [STATIC[8], _EVENTS], session_id=7, version=3)) == [
        "v=0",
        "o=- 7 3 IN IP6 2001:db8::9",
        "s=-",
        "c=IN IP6 2001:db8::9",
        "t=0 0",
        "m=audio 4000 RTP/AVP 8 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=sendrecv",
    ]


def test_an_answer_takes_the_numbers_and_the_order_of_the_offer() -> None:
    """RFC 3264 §6.1."""
    offer = _offering("m=audio 6000 RTP/AVP 18 97 8", "a=rtpmap:97 TELEPHONE-EVENT/8000", "a=rtpmap:8 PCMA/8000/1")
    assert _lines(session.answer(OWN, offer)) == [
        "v=0",
        "o=- 7 1 IN IP4 192.0.2.10",
        "s=-",
        "c=IN IP4 192.0.2.10",
        "t=0 0",
        "m=audio 4000 RTP/AVP 97 8",
        "a=rtpmap:97 TELEPHONE-EVENT/8000",
        "a=fmtp:97 0-15",
        "a=rtpmap:8 PCMA/8000",
        "a=sendrecv",
    ]


def test_every_medium_offered_has_its_line_in_the_answer() -> None:
    """RFC 3264 §6."""
    offer = _offering(
        "m=video 5000 RTP/AVP 31 34",
        "m=audio 5998 RTP/SAVP 8",
        "m=audio 6000 RTP/AVPF 8",
        "m=audio 6002 RTP/AVP 8",
        "m=image 6004 udptl t38",
    )
    assert [line for line in _lines(session.answer(OWN, offer)) if line.startswith("m=")] == [
        "m=video 0 RTP/AVP 31 34",
        "m=audio 0 RTP/SAVP 8",
        "m=audio 4000 RTP/AVPF 8",
        "m=audio 0 RTP/AVP 8",
        "m=image 0 UDPTL t38",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["m=audio 6000 RTP/AVP 18"],
        ["m=audio 6000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"],
        ["m=audio 6000 RTP/SAVP 8"],
        ["m=audio 0 RTP/AVP 8"],
        ["m=image 6000 udptl t38"],
    ],
)
def test_what_we_can_do_nothing_with_has_no_answer(lines: list[str]) -> None:
    """488 (RFC 3261 §13.3.1.3); digits alone are no conversation."""
    assert session.answer(OWN, _offering(*lines)) is None
    assert session.answer_again(OWN, _offering(*lines)) is None


def test_without_an_offer_we_offer() -> None:
    """RFC 3261 §13.2.1: an INVITE without a description; the answer carries the offer."""
    assert session.answer(OWN, Request("INVITE", "sip:h")) == OWN
    assert session.answer_again(OWN, Request("INVITE", "sip:h")) == OWN


def test_the_time_of_the_offer_is_answered() -> None:
    request = _offering("m=audio 6000 RTP/AVP 8")
    request = Request(request.method, request.uri, request.headers, request.body.replace(b"t=0 0", b"t=3149328700 0"))
    assert "t=3149328700 0" in _lines(session.answer(OWN, request))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_hold_is_answered_in_kind(theirs: str, ours: str) -> None:
    """RFC 3264 §6.1, §8.4."""
    assert _lines(session.answer_again(OWN, _offering("m=audio 6000 RTP/AVP 8", f"a={theirs}")))[-1] == f"a={ours}"


def test_the_version_goes_up_whenever_anything_changed_and_only_then() -> None:
    """RFC 3264 §8: hold, held still, resumed."""
    offers = [
        _offering("m=audio 6000 RTP/AVP 8", f"a={flow}") for flow in ("sendrecv", "sendonly", "sendonly", "sendrecv")
    ]
    said = session.answer(OWN, offers[0])
    versions = []
    for offer in offers:
        assert said is not None
        said = session.answer_again(said, offer)
        versions.append(_lines(said)[1])
    assert versions == [f"o=- 7 {version} IN IP4 192.0.2.10" for version in (1, 2, 2, 3)]
