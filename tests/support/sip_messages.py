"""SIP messages to be read: the torture set of RFC 4475, and everything this house reads out of a message."""

from __future__ import annotations

from pathlib import Path

from dutyphone_drivers.sip_account import bodies, dialog_info, faults, fields, identity, message, replies, session
from dutyphone_drivers.sip_account.message import Message, NotSip, Request

_FILES = Path(__file__).parent.parent / "drivers" / "sip_account" / "torture"
TORTURE = sorted(path.stem for path in _FILES.glob("*.dat"))

INVITE = (
    b"INVITE sip:1001-0a1b2c3d@192.0.2.10:5062 SIP/2.0\r\n"
    b"Record-Route: <sip:192.0.2.1;lr>\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1d32.hash\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bK-17;received=192.0.2.2\r\n"
    b"Max-Forwards: 69\r\n"
    b'From: "\xe5\xbc\xa0\xe4\xb8\x89" <sip:01055500001@192.0.2.2;user=phone>;tag=17\r\n'
    b"To: <sip:1001@192.0.2.1>\r\n"
    b"Call-ID: 17-4711@192.0.2.2\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:01055500001@192.0.2.2:5070>\r\n"
    b'P-Asserted-Identity: "\xe5\xbc\xa0\xe4\xb8\x89" <tel:+861055500001>\r\n'
    b"Remote-Party-ID: <sip:01055500001@192.0.2.2>;party=calling;privacy=off\r\n"
    b"Diversion: <sip:02155500009@192.0.2.1>;reason=unconditional\r\n"
    b"History-Info: <sip:02155500009@192.0.2.1?Reason=SIP%3Bcause%3D302>;index=1, <sip:1001@192.0.2.1>;index=1.1\r\n"
    b"Privacy: none\r\n"
    b"Supported: timer, 100rel\r\n"
    b"Session-Expires: 1800;refresher=uac\r\n"
    b'Reason: Q.850;cause=16;text="Normal"\r\n'
    b"Expires: 120\r\n"
    b"Accept: application/sdp\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 170\r\n"
    b"\r\n"
    b"v=0\r\n"
    b"o=gw 1 1 IN IP4 192.0.2.2\r\n"
    b"s=-\r\n"
    b"c=IN IP4 192.0.2.2\r\n"
    b"t=0 0\r\n"
    b"m=audio 6000 RTP/AVP 8 0 101\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\n"
    b"a=fmtp:101 0-16\r\n"
    b"a=ptime:20\r\n"
    b"a=sendrecv\r\n"
)
"""A call as an exchange hands it on, with every kind of field that is read anywhere."""

OWN = session.describe(
    "192.0.2.10", 4000, (session.STATIC[8], session.Codec(101, "telephone-event", 8000, "0-15")), session_id=7
)


def torture(name: str) -> bytes:
    """One message of the torture set, byte for byte."""
    return (_FILES / f"{name}.dat").read_bytes()


def read_everything(data: bytes) -> Message | None:
    """`data` read as far as any room reads it; None if it is no SIP. Whatever else is raised is a defect."""
    try:
        heard = message.read(data)
    except NotSip:
        return None
    fields.vias(heard), fields.contact(heard), fields.expires(heard), fields.reason(heard)
    bodies.parts(heard), session.read(heard), dialog_info.read_dialog_info(heard.body)
    session.answer_again(OWN, heard)
    again = message.read(message.render(heard))
    assert message.render(again) == message.render(heard)
    if not isinstance(heard, Request):
        return heard
    for policy in identity.POLICIES:
        caller = identity.caller_of(heard, policy)
        assert (caller.number is None) == (caller.absence is not None)
        assert caller.name is None or caller.name.isprintable()
    faults.body_fault(heard)
    if (fault := faults.fault_of(heard)) is None:
        _is_sound(heard)
    answer = replies.reply(heard, *(fault or (180, "Ringing")), to_tag="t1")
    assert message.read(message.render(answer)) == answer
    return heard


def _is_sound(request: Request) -> None:
    """What no fault was found in has all that a transaction and a dialog need."""
    assert all(fields.vias(request))
    assert fields.call_id(request)
    cseq = fields.cseq(request)
    assert cseq is not None
    assert cseq.method == request.method
    for address in (fields.from_(request), fields.to(request)):
        assert address is not None
        assert address.uri is not None
    assert fields.request_uri(request) is not None
