"""The 49 messages of RFC 4475, and what each must become."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from dutyphone_drivers.sip_account import bodies, faults, fields, message, session
from dutyphone_drivers.sip_account.fields import CSeq
from dutyphone_drivers.sip_account.message import NotSip, Request, Response
from support.sip_messages import TORTURE, read_everything, torture

_NOTHING_WRONG = (
    # §3.1.1: valid, however they look
    "wsinv", "intmeth", "esc01", "escnull", "esc02", "lwsdisp", "longreq", "dblreq", "semiuri", "transports", "mpart01",
    # §3.1.2: invalid, with one sensible reading that the RFC lets an element take
    "lwsstart",  # §3.1.2.9: blanks too many in the first line
    "trws",  # §3.1.2.10: blanks behind the first line
    "escruri",  # §3.1.2.11: header fields in the Request-URI, which are not acted upon
    "baddate",  # §3.1.2.12: a date in no known zone, which nobody here reads
    "badaspec",  # §3.1.2.14: blanks within <...>
    "baddn",  # §3.1.2.15: a comma in an unquoted name
    # §3.2: transactions
    "badbranch",  # §3.2.1: a branch that is only the cookie; told apart as RFC 2543 did
    # §3.3: what an application makes of it
    "unksm2",  # §3.3.4: a registrar's business; we are none (405)
    "invut",  # §3.3.6: 415 when it is answered
    "regaut01",  # §3.3.7: a registrar's business
    "zeromf",  # §3.3.11: nobody forwards it any further
    "cparam01", "cparam02", "regescrt",  # §3.3.12 to 14: valid
    "sdp01",  # §3.3.15: 406 when it is answered
    "inv2543",  # §3.4.1: valid, as RFC 2543 wrote it
)  # fmt: skip

_REFUSED = {
    "badinv01": (400, "Malformed Via"),  # §3.1.2.1
    "clerr": (400, "Content-Length is not the length of the body"),  # §3.1.2.2
    "ncl": (400, "Content-Length is not the length of the body"),  # §3.1.2.3
    "scalar02": (400, "Malformed CSeq"),  # §3.1.2.4
    "quotbal": (400, "Malformed To"),  # §3.1.2.6
    "ltgtruri": (400, "Malformed Request-URI"),  # §3.1.2.7
    "lwsruri": (400, "Malformed Request-URI"),  # §3.1.2.8
    "regbadct": (400, "Malformed Contact"),  # §3.1.2.13
    "badvers": (505, "Version Not Supported"),  # §3.1.2.16
    "mismatch01": (400, "CSeq names another method"),  # §3.1.2.17
    "mismatch02": (400, "CSeq names another method"),  # §3.1.2.18
    "insuf": (400, "Missing From, To, Call-ID"),  # §3.3.1
    "unkscm": (416, "Unsupported URI Scheme"),  # §3.3.2
    "novelsc": (416, "Unsupported URI Scheme"),  # §3.3.3
    "bext01": (420, "Bad Extension"),  # §3.3.5
    "multi01": (400, "More than one From, To, Call-ID, CSeq, Max-Forwards"),  # §3.3.8
    "mcl01": (400, "Content-Length is not the length of the body"),  # §3.3.9
}
_RESPONSES = {
    "unreason": (200, "= 2**3 * 5**2 но сто девяносто девять - простое", CSeq(35, "INVITE"), 1),  # §3.1.1.12
    "noreason": (100, "", CSeq(35, "INVITE"), 1),  # §3.1.1.13
    "scalarlg": (503, "Service Unavailable", None, 1),  # §3.1.2.5: its CSeq matches no request
    "bcast": (200, "OK", CSeq(35, "INVITE"), 2),  # §3.3.10: two hops, so it is for somebody else
}
_NOT_SIP = ("bigcode",)  # §3.1.2.19: a status that is none


def _request(name: str) -> Request:
    read = message.read(torture(name))
    assert isinstance(read, Request)
    return read


def test_every_message_of_the_set_has_its_verdict() -> None:
    assert sorted([*_NOTHING_WRONG, *_REFUSED, *_RESPONSES, *_NOT_SIP]) == TORTURE
    assert len(TORTURE) == 49


@pytest.mark.parametrize("name", _NOTHING_WRONG)
def test_a_message_that_can_be_understood_is_not_refused(name: str) -> None:
    assert faults.fault_of(_request(name)) is None


@pytest.mark.parametrize(("name", "fault"), _REFUSED.items())
def test_a_message_that_cannot_be_understood_is_refused_as_the_rfc_says(name: str, fault: tuple[int, str]) -> None:
    assert faults.fault_of(_request(name)) == fault


@pytest.mark.parametrize(("name", "says"), _RESPONSES.items())
def test_a_response_is_read(name: str, says: tuple[int, str, CSeq | None, int]) -> None:
    read = message.read(torture(name))
    assert isinstance(read, Response)
    assert (read.status, read.reason, fields.cseq(read), len(fields.vias(read))) == says


@pytest.mark.parametrize("name", _NOT_SIP)
def test_what_has_no_first_line_is_no_message(name: str) -> None:
    with pytest.raises(NotSip):
        message.read(torture(name))


@pytest.mark.parametrize("name", TORTURE)
def test_every_room_gets_through_it(name: str) -> None:
    read_everything(torture(name))


@dataclass(frozen=True, slots=True)
class _Says:
    """What a valid message says: who, to whom, which request, over how many hops."""

    from_user: str
    from_tag: str | None
    to_user: str
    to_tag: str | None
    call_id: str
    cseq: CSeq
    hops: int


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "wsinv",
            _Says("jdrosen", "98asjd8", "vivekg", "1918181833n", "wsinv.ndaksdj@192.0.2.1", CSeq(9, "INVITE"), 3),
        ),
        (
            "intmeth",
            _Says(
                "mundane",
                "_token~1'+`*%!-.",
                "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
                None,
                "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
                CSeq(139122385, "!interesting-Method0123456789_*+`.%indeed'~"),
                1,
            ),
        ),
        (
            "esc01",
            _Says(
                "I have spaces", "938", "user", None, "esc01.239409asdfakjkn23onasd0-3234", CSeq(234234, "INVITE"), 1
            ),
        ),
        (
            "escnull",
            _Says(
                "null-\0-null",
                "839923423",
                "null-\0-null",
                None,
                "escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd",
                CSeq(14398234, "REGISTER"),
                1,
            ),
        ),
        (
            "esc02",
            _Says(
                "resource",
                "f232jadfj23",
                "resource",
                None,
                "esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf",
                CSeq(29344, "RE%47IST%45R"),
                1,
            ),
        ),
        ("lwsdisp", _Says("caller", "323", "user", None, "lwsdisp.1234abcd@funky.example.com", CSeq(60, "OPTIONS"), 1)),
        (
            "longreq",
            _Says(
                "amazinglylongcallername" * 5,
                "12" + "982" * 50 + "424",
                "user",
                None,
                "longreq.one" + "really" * 20 + "longcallid",
                CSeq(3882340, "INVITE"),
                34,
            ),
        ),
        (
            "dblreq",
            _Says(
                "j.user",
                "43251j3j324",
                "j.user",
                None,
                "dblreq.0ha0isndaksdj99sdfafnl3lk233412",
                CSeq(8, "REGISTER"),
                1,
            ),
        ),
        ("semiuri", _Says("caller", "33242", "j_user", None, "semiuri.0ha0isndaksdj", CSeq(8, "OPTIONS"), 1)),
        (
            "transports",
            _Says("caller", "323", "user", None, "transports.kijh4akdnaqjkwendsasfdj", CSeq(60, "OPTIONS"), 5),
        ),
        (
            "mpart01",
            _Says(
                "fluffy",
                "2fb0dcc9",
                "kumiko",
                None,
                "3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..",
                CSeq(1, "MESSAGE"),
                1,
            ),
        ),
        (
            "inv2543",
            _Says(
                "+13035551111", None, "+16505552222", None, "inv2543.1717@ift.client.example.com", CSeq(56, "INVITE"), 1
            ),
        ),
        (
            "badaspec",
            _Says(
                "a.g.bell",
                "433423",
                "t.watson",
                None,
                "badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3",
                CSeq(3923239, "OPTIONS"),
                1,
            ),
        ),
        ("baddn", _Says("a.g.bell", "43", "t.watson", None, "baddn.31415@c.example.com", CSeq(3923239, "OPTIONS"), 1)),
    ],
)
def test_a_message_that_can_be_understood_is_read_right(name: str, says: _Says) -> None:
    request = _request(name)
    sender, target, cseq = fields.from_(request), fields.to(request), fields.cseq(request)
    assert sender is not None
    assert sender.uri is not None
    assert target is not None
    assert target.uri is not None
    assert cseq is not None
    assert says == _Says(
        sender.uri.user,
        sender.tag,
        target.uri.user,
        target.tag,
        fields.call_id(request) or "",
        cseq,
        len(fields.vias(request)),
    )


def test_wsinv_names_and_lists() -> None:
    """§3.1.1.1."""
    request = _request("wsinv")
    sender, contact = fields.from_(request), fields.contact(request)
    assert sender is not None
    assert contact is not None
    assert (sender.name, contact.name) == ('J Rosenberg \\"', 'Quoted string ""')
    assert contact.parameters == (("newparam", "newvalue"), ("secondparam", None), ("q", "0.33"))
    assert [via and (via.transport, via.host, via.branch) for via in fields.vias(request)] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    assert request.headers.get("Subject") == ""
    assert request.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
    assert request.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    offer = session.read(request)
    assert offer is not None
    assert (offer.address, offer.port, [codec.payload for codec in offer.codecs]) == ("192.0.2.4", 49217, [0, 12])


def test_intmeth_characters() -> None:
    """§3.1.1.2: the controls are sent and are not shown."""
    request = _request("intmeth")
    sender, target = fields.from_(request), fields.to(request)
    assert sender is not None
    assert target is not None
    assert (target.name, target.name_bytes) == ("BEL: NUL: DEL:", b"BEL:\x07 NUL:\x00 DEL:\x7f")
    assert sender.name == "token1~` token2'+_ token3*%!.-"
    assert sender.parameter("fromparam''~+*_!.-%") == "работающий"
    assert request.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"
    uri = fields.request_uri(request)
    assert uri is not None
    assert uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"


def test_escapes_are_undone_in_uris_and_nowhere_else() -> None:
    """§3.1.1.3 to 5."""
    esc01, esc02 = _request("esc01"), _request("esc02")
    uri, contact = fields.request_uri(esc01), fields.contact(esc01)
    assert uri is not None
    assert uri.user == "sips:user@example.com"
    assert contact is not None
    assert contact.uri is not None
    assert (contact.uri.user, contact.uri.parameters) == ("caller", (("lr", None), ("name", "value%41")))
    assert esc02.method == "RE%47IST%45R"
    assert [one.text for one in fields.contacts(esc02)] == [
        "sip:alias1@host1.example.com",
        "sip:alias3@host3.example.com",
    ]
    sender = fields.from_(esc02)
    assert sender is not None
    assert sender.name == "%Z%45"
    users = [one.uri.user for one in fields.contacts(_request("escnull")) if one.uri is not None]
    assert users == ["\0", "\0\0"]


def test_what_follows_a_message_in_its_datagram_is_no_part_of_it() -> None:
    """§3.1.1.8."""
    assert _request("dblreq").body == b""


def test_semicolons_in_a_user_are_its_own() -> None:
    """§3.1.1.9."""
    uri = fields.request_uri(_request("semiuri"))
    assert uri is not None
    assert (uri.user, uri.parameters, uri.host) == ("user;par=u@example.net", (), "example.com")


def test_several_bodies_are_told_apart() -> None:
    """§3.1.1.11."""
    text, octets = bodies.parts(_request("mpart01"))
    assert (text.content_type, text.body) == ("text/plain", b"Hello")
    assert (octets.content_type, len(octets.body)) == ("application/octet-stream", 342)
    assert octets.body.startswith(bytes.fromhex("30820152"))
    assert octets.body.endswith(bytes.fromhex("99d005"))


def test_a_parameter_belongs_to_the_contact_or_to_its_uri() -> None:
    """§3.3.12, §3.3.13."""
    outside, inside = fields.contact(_request("cparam01")), fields.contact(_request("cparam02"))
    assert outside is not None
    assert inside is not None
    assert outside.uri is not None
    assert inside.uri is not None
    assert (outside.parameters, outside.uri.parameters) == ((("unknownparam", None),), ())
    assert (inside.parameters, inside.uri.parameters) == ((), (("unknownparam", None),))


def test_header_fields_in_a_contact_are_kept() -> None:
    """§3.3.14."""
    contact = fields.contact(_request("regescrt"))
    assert contact is not None
    assert contact.uri is not None
    assert contact.uri.headers == (("Route", "<sip:sip.example.com>"),)


def test_large_numbers_are_as_long_as_can_be_said() -> None:
    """§3.1.2.4."""
    request = _request("scalar02")
    assert fields.expires(request) == 2**32 - 1
    contact = fields.contact(request)
    assert contact is not None
    assert fields.seconds(contact.parameter("expires") or "") == 2**32 - 1


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("invut", (415, "Unsupported Media Type")),
        ("sdp01", (406, "Not Acceptable")),
        ("wsinv", None),
        ("inv2543", None),
    ],
)
def test_a_body_is_judged_when_the_call_is_answered(name: str, fault: tuple[int, str] | None) -> None:
    """§3.3.6, §3.3.15."""
    assert faults.body_fault(_request(name)) == fault


def test_what_is_not_supported_is_named() -> None:
    """§3.3.5."""
    request = _request("bext01")
    assert faults.unsupported(request, ()) == ("nothingSupportsThis", "nothingSupportsThisEither")
    assert faults.fault_of(request, {"nothingsupportsthis", "nothingsupportsthiseither"}) is None
