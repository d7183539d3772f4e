"""Which answer says what is wrong with a request: RFC 3261 §8.2, §21.4.1."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import faults, message
from dutyphone_drivers.sip_account.message import Request
from support.sip_messages import INVITE

_SUPPORTED = frozenset({"timer", "100rel"})


def _read(data: bytes) -> Request:
    read = message.read(data)
    assert isinstance(read, Request)
    return read


def _changed(before: bytes, after: bytes) -> Request:
    assert before in INVITE
    return _read(INVITE.replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b"SIP/2.0\r\n", b"SIP/3.0\r\n", (505, "Version Not Supported")),
        (b"Content-Length: 170", b"Content-Length: 171", (400, "Content-Length is not the length of the body")),
        (b"Call-ID: 17-4711@192.0.2.2\r\n", b"", (400, "Missing Call-ID")),
        (b"Call-ID: 17-4711@192.0.2.2\r\n", b"Call-ID:\r\n", (400, "Missing Call-ID")),
        (b"CSeq: 1 INVITE", b"CSeq: 1 INVITE\r\nCSeq: 1 INVITE", (400, "More than one CSeq")),
        (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", (400, "CSeq names another method")),
        (b"CSeq: 1 INVITE", b"CSeq: one INVITE", (400, "Malformed CSeq")),
        (b"To: <sip:1001@192.0.2.1>", b"To: <1001>", (400, "Malformed To")),
        (b"To: <sip:1001@192.0.2.1>", b"To: 1001", (400, "Malformed To")),
        (b"Via: SIP/2.0/UDP 192.0.2.2", b"Via: UDP 192.0.2.2", (400, "Malformed Via")),
        (b"Max-Forwards: 69", b"Max-Forwards: many", (400, "Malformed Max-Forwards")),
        (b"Contact: <sip:", b"Contact: <", None),  # no URI, and nobody needs it to ring
        (b"Contact: <sip:01055500001@192.0.2.2:5070>", b"Contact: x y", (400, "Malformed Contact")),
        (b"INVITE sip:", b"INVITE mailto:", (416, "Unsupported URI Scheme")),
        (b"INVITE sip:", b"INVITE http://", (416, "Unsupported URI Scheme")),
        (b"INVITE sip:", b"INVITE ", (400, "Malformed Request-URI")),
        (b"Privacy: none", b"Require: 100rel, precondition", (420, "Bad Extension")),
        (b"Privacy: none", b"Require: TIMER", None),
        (b"Max-Forwards: 69\r\n", b"", None),
        (b"Max-Forwards: 69", b"Max-Forwards: 0", None),
        (b"Max-Forwards: 69", b"Max-Forwards: 256", None),
        (b"Content-Length: 170\r\n", b"", None),
        (b"Privacy: none", b"Date: yesterday", None),
    ],
)
def test_each_fault_has_its_answer(before: bytes, after: bytes, fault: tuple[int, str] | None) -> None:
    assert faults.fault_of(_changed(before, after), _SUPPORTED) == fault


def test_what_is_required_of_cancel_and_ack_is_not_looked_at() -> None:
    """RFC 3261 §8.2.2.3."""
    for method in (b"CANCEL", b"ACK"):
        request = _read(INVITE.replace(b"INVITE", method).replace(b"Privacy: none", b"Require: precondition"))
        assert faults.fault_of(request) is None
        assert faults.unsupported(request, ()) == ()


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b"Accept: application/sdp", b"Accept: text/plain", (406, "Not Acceptable")),
        (b"Accept: application/sdp", b"Accept: text/plain, Application/*;q=0.1", None),
        (b"Accept: application/sdp", b"Accept: */*", None),
        (b"Accept: application/sdp\r\n", b"", None),
        (b"Type: application/sdp", b"Type: application/x", (415, "Unsupported Media Type")),
        (b"Type: application/sdp", b"Disposition: x;handling=optional\r\nContent-Type: application/x", None),
    ],
)
def test_a_body_is_judged_when_a_call_is_answered(before: bytes, after: bytes, fault: tuple[int, str] | None) -> None:
    request = _changed(before, after)
    assert faults.fault_of(request, _SUPPORTED) is None
    assert faults.body_fault(request) == fault
