"""Dialogs: who talks to whom, by which way, in which order (RFC 3261 §12)."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account.dialog import Dialog
from dutyphone_drivers.sip_account.message import Headers, Request
from dutyphone_drivers.sip_account.wire import Address, Transport
from support.sip_wire import SERVER, request, response

ROUTED = (
    ("Record-Route", "<sip:192.0.2.1;lr;ftag=caller1>, <sip:192.0.2.2;lr>"),
    ("Record-Route", "<sip:192.0.2.3;lr>"),
)


def answering(**what: object) -> Dialog:
    return Dialog.answering(request("INVITE", **what), "ours", SERVER)  # type: ignore[arg-type]  # as `request` takes them


def our_invite() -> Request:
    asked = request("INVITE", uri="sip:01055506789@192.0.2.1", from_="<sip:1001@192.0.2.1>;tag=ours", cseq=7)
    return Request(asked.method, asked.uri, asked.headers.without("Via"))


def asking(*extra: tuple[str, str], way: Address = SERVER) -> Dialog:
    asked = our_invite()
    return Dialog.asking(asked, response(asked, 200, extra=extra), way)


def test_who_is_called_goes_back_the_way_the_call_came() -> None:
    """§12.1.1: the route set is Record-Route in its order; From and To change places."""
    dialog = answering(extra=ROUTED)
    bye = dialog.request("BYE")
    assert bye.uri == "sip:01055501234@192.0.2.1:5060"
    assert bye.headers.all("Route") == (
        "<sip:192.0.2.1;lr;ftag=caller1>",
        "<sip:192.0.2.2;lr>",
        "<sip:192.0.2.3;lr>",
    )
    assert bye.headers.get("From") == "<sip:1001@192.0.2.1>;tag=ours"
    assert bye.headers.get("To") == '"Zhang San" <sip:01055501234@192.0.2.1>;tag=caller1'
    assert bye.headers.get("Call-ID") == "call-1@192.0.2.1"
    assert bye.headers.get("CSeq") == "1 BYE"


def test_who_calls_turns_the_way_round() -> None:
    """§12.1.2: the route set is Record-Route backwards."""
    dialog = asking(*ROUTED, ("Contact", "<sip:desk@192.0.2.77:5066>"))
    bye = dialog.request("BYE")
    assert bye.uri == "sip:desk@192.0.2.77:5066"
    assert bye.headers.all("Route") == (
        "<sip:192.0.2.3;lr>",
        "<sip:192.0.2.2;lr>",
        "<sip:192.0.2.1;lr;ftag=caller1>",
    )
    assert bye.headers.get("CSeq") == "8 BYE"
    assert dialog.next_hop() == Address("192.0.2.3", 5060, Transport.UDP)


def test_numbers_go_up_and_the_ack_has_that_of_its_invite() -> None:
    dialog = asking(("Contact", "<sip:desk@192.0.2.77>"))
    assert dialog.ack(7).headers.get("CSeq") == "7 ACK"
    assert [dialog.request("UPDATE").headers.get("CSeq") for _ in range(3)] == ["8 UPDATE", "9 UPDATE", "10 UPDATE"]


def test_a_first_proxy_of_the_old_kind_gets_its_own_uri_in_front() -> None:
    """§12.2.1.1: without `lr` the proxy routes by the Request-URI, and the target goes to the end of Route."""
    dialog = answering(extra=(("Record-Route", "<sip:192.0.2.1;transport=udp>, <sip:192.0.2.2;lr>"),))
    bye = dialog.request("BYE")
    assert bye.uri == "sip:192.0.2.1;transport=udp"
    assert bye.headers.all("Route") == ("<sip:192.0.2.2;lr>", "<sip:01055501234@192.0.2.1:5060>")


def test_a_request_older_than_the_last_is_not_accepted() -> None:
    """§12.2.2."""
    dialog = answering(cseq=5)
    assert not dialog.accepts(request("BYE", cseq=4))
    assert dialog.accepts(request("INFO", cseq=9))
    assert not dialog.accepts(request("BYE", cseq=8))
    assert dialog.accepts(request("BYE", cseq=10))
    assert not dialog.accepts(Request("BYE", "sip:x@192.0.2.1", Headers()))


def test_only_the_two_tags_and_the_call_id_make_a_match() -> None:
    dialog = answering()
    assert dialog.matches(request("BYE", to_tag="ours"))
    assert not dialog.matches(request("BYE", to_tag="theirs"))
    assert not dialog.matches(request("BYE", to_tag="ours", call_id="call-2"))
    assert not dialog.matches(request("BYE", to_tag="ours", from_="<sip:01055501234@192.0.2.1>;tag=other"))


def test_a_caller_without_a_tag_is_one_of_rfc_2543() -> None:
    dialog = answering(from_="<sip:01055501234@192.0.2.1>")
    assert dialog.matches(request("BYE", to_tag="ours", from_="<sip:01055501234@192.0.2.1>"))


def test_the_target_moves_with_a_new_contact_and_stays_without() -> None:
    dialog = answering()
    dialog.refresh(request("INVITE", contact="<sip:elsewhere@192.0.2.9:5080>", cseq=2))
    assert dialog.target == "sip:elsewhere@192.0.2.9:5080"
    dialog.refresh(request("INVITE", contact=None, cseq=3))
    assert dialog.target == "sip:elsewhere@192.0.2.9:5080"


def test_a_caller_without_a_contact_is_reached_at_its_from() -> None:
    assert answering(contact=None).target == "sip:01055501234@192.0.2.1"


TCP = Address("192.0.2.1", 41_000, Transport.TCP)


@pytest.mark.parametrize(
    ("contact", "way", "hop"),
    [
        ("<sip:desk@192.0.2.77:5066>", SERVER, Address("192.0.2.77", 5066, Transport.UDP)),
        ("<sip:desk@192.0.2.77>", SERVER, Address("192.0.2.77", 5060, Transport.UDP)),
        ("<sip:desk@pbx.example.org>", SERVER, SERVER),
        ("<sip:desk@192.0.2.77;transport=tcp>", SERVER, SERVER),
        ("<sip:desk@[2001:db8::77]>", SERVER, SERVER),
        ("<tel:+861055501234>", SERVER, SERVER),
        ("<sip:desk@192.0.2.1:5060;transport=tcp>", TCP, TCP),
        ("<sip:desk@192.0.2.77:5066;transport=tcp>", TCP, Address("192.0.2.77", 5066, Transport.TCP)),
        (
            "<sip:desk@[2001:db8::77]:5070>",
            Address("2001:db8::1", 5060, Transport.UDP),
            Address("2001:db8::77", 5070, Transport.UDP),
        ),
    ],
)
def test_what_our_socket_does_not_reach_is_left_to_the_proxy(contact: str, way: Address, hop: Address) -> None:
    """A name, another transport, another family: to the proxy. Over TCP the connection there is, is used."""
    assert asking(("Contact", contact), way=way).next_hop() == hop
