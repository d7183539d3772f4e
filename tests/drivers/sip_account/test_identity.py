"""Who calls, whom, and who was called first."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import fields, identity, message
from dutyphone_drivers.sip_account.identity import ASSERTED, FROM, caller_of
from dutyphone_drivers.sip_account.message import Headers, Request
from support.sip_messages import INVITE

from dutyphone.lines.events import NumberAbsence


def _invite(*headers: tuple[str, str], from_: str = "<sip:anonymous@anonymous.invalid>;tag=1") -> Request:
    return Request(
        "INVITE", "sip:1001-0a1b2c3d@192.0.2.10", Headers([("From", from_), ("To", "<sip:1001@h>"), *headers])
    )


@pytest.mark.parametrize(
    ("from_", "number", "name"),
    [
        ("<sip:01055500001@h>;tag=1", "01055500001", None),
        ('"张三 值班" <sip:01055500001@h;user=phone>;tag=1', "01055500001", "张三 值班"),
        ('"O\'Brien, \\"Duty\\" <desk>" <sip:8012@h>;tag=1', "8012", 'O\'Brien, "Duty" <desk>'),
        ("<tel:+86-10-5550-0001>;tag=1", "+861055500001", None),
        ("<sip:+86(10)5550.0001;phone-context=x@h>;tag=1", "+861055500001", None),
        ('"8012" <sips:8012@h>;tag=1', "8012", None),
        ('"+86 10 5550 0001" <tel:+861055500001>', "+861055500001", None),
        ("sip:zhangsan@h", "zhangsan", None),
        ("<sip:%E5%BC%A0%E4%B8%89@h>", "张三", None),
        ('"Anonymous" <sip:8012@h>', "8012", None),
    ],
)
def test_the_caller_is_read_from_from(from_: str, number: str, name: str | None) -> None:
    caller = caller_of(_invite(from_=from_), FROM)
    assert (caller.number, caller.name, caller.absence) == (number, name, None)


@pytest.mark.parametrize(
    ("from_", "absence"),
    [
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', NumberAbsence.PRIVATE),
        ("sip:anonymous@192.0.2.1", NumberAbsence.PRIVATE),
        ("<sip:Restricted@h>", NumberAbsence.PRIVATE),
        ("<sip:c8oqz84zk7z@privacy.invalid>", NumberAbsence.PRIVATE),
        ("<sip:unavailable@unknown.invalid>", NumberAbsence.OUT_OF_AREA),
        ("<sip:unknown@h>", NumberAbsence.OUT_OF_AREA),
        ('"Coinline/payphone" <sip:payphone@h>', NumberAbsence.PAYPHONE),
        ("<sip:192.0.2.1>", NumberAbsence.NOT_SENT),
        ("<http://www.example.com>", NumberAbsence.NOT_SENT),
        ('"never closed <sip:8012@h>', NumberAbsence.NOT_SENT),
    ],
)
def test_no_number_has_its_reason(from_: str, absence: NumberAbsence) -> None:
    caller = caller_of(_invite(from_=from_))
    assert (caller.number, caller.absence) == (None, absence)


def test_the_exchange_is_believed_before_the_caller() -> None:
    request = _invite(
        ("Remote-Party-ID", '"C" <sip:3@h>;party=calling;screen=yes'),
        ("P-Asserted-Identity", '"B" <sip:+861055500002@h>, <tel:+861055500002>'),
        from_='"A" <sip:110@h>;tag=1',
    )
    assert (caller_of(request, ASSERTED).number, caller_of(request, ASSERTED).name) == ("+861055500002", "B")
    assert (caller_of(request, FROM).number, caller_of(request, FROM).name) == ("110", "A")


def test_an_asserted_identity_without_a_name_leaves_the_name_to_the_caller() -> None:
    request = _invite(("P-Asserted-Identity", "<sip:8012@h>"), from_='"值班室" <sip:8012@h>')
    assert (caller_of(request).number, caller_of(request).name) == ("8012", "值班室")


@pytest.mark.parametrize("party", [";party=calling", ""])
def test_remote_party_id_helps_where_from_is_anonymous(party: str) -> None:
    request = _invite(("Remote-Party-ID", f'"X" <sip:8012@h>{party};privacy=off'))
    assert (caller_of(request).number, caller_of(request).name) == ("8012", "X")


def test_the_remote_party_that_is_called_is_not_the_caller() -> None:
    assert caller_of(_invite(("Remote-Party-ID", "<sip:1001@h>;party=called"))).number is None


@pytest.mark.parametrize(
    "headers",
    [
        (("Privacy", "id"), ("P-Asserted-Identity", '"X" <sip:8012@h>')),
        (("Privacy", "user;id"), ("P-Asserted-Identity", '"X" <sip:8012@h>')),
        (("Remote-Party-ID", '"X" <sip:8012@h>;privacy=full'),),
    ],
)
def test_what_the_caller_withholds_is_not_shown_and_is_kept(headers: tuple[tuple[str, str], ...]) -> None:
    """RFC 3323, RFC 3325 §9.3."""
    caller = caller_of(_invite(*headers, from_='"X" <sip:8012@h>'))
    assert (caller.number, caller.name, caller.absence) == (None, None, NumberAbsence.PRIVATE)
    assert any(b"8012" in value for _, value in caller.fields)


@pytest.mark.parametrize("privacy", ["none", "header", "critical", "session"])
def test_other_privacy_withholds_no_number(privacy: str) -> None:
    assert caller_of(_invite(("Privacy", privacy), ("P-Asserted-Identity", "<sip:8012@h>"))).number == "8012"


def test_a_withheld_name_is_not_shown() -> None:
    caller = caller_of(_invite(("Remote-Party-ID", '"X" <sip:8012@h>;privacy=name')))
    assert (caller.number, caller.name) == ("8012", None)


def test_a_name_in_gbk_is_read_and_its_bytes_are_kept() -> None:
    data = INVITE.replace("张三".encode(), "值班室".encode("gb18030"))
    request = message.read(data)
    assert isinstance(request, Request)
    caller = caller_of(request)
    assert (caller.name, caller.name_bytes) == ("值班室", "值班室".encode("gb18030"))
    assert dict(caller.fields)["P-Asserted-Identity"].startswith(b'"' + caller.name_bytes)


def test_the_called_number_is_the_exchanges_word_or_to() -> None:
    assert caller_of(_invite()).called == "1001"
    assert caller_of(_invite(("P-Called-Party-ID", "<tel:+86-10-5550-0001>"))).called == "+861055500001"


# --- who was called first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "first"),
    [
        ((), None),
        ((("Diversion", "<sip:5550001@h>;reason=unconditional;counter=1"),), "5550001"),
        ((("Diversion", "<sip:2@h>;reason=no-answer, <sip:1@h>;reason=user-busy"),), "1"),
        ((("Diversion", "<sip:2@h>"), ("Diversion", "<tel:+86-10-5550-0001>")), "+861055500001"),
        ((("Diversion", "<sip:anonymous@anonymous.invalid>"),), None),
        ((("Diversion", "broken <"),), None),
        # RFC 7044: only found at its telephone, not sent on
        ((("History-Info", "<sip:1001@h>;index=1, <sip:1001-0a1b@192.0.2.10>;index=1.1;rc=1"),), None),
        # sent on by a forwarding: the cause in the new target (RFC 4458)
        ((("History-Info", "<sip:0001@h>;index=1, <sip:1001@h;cause=302>;index=1.1;mp=1"),), "0001"),
        ((("History-Info", "<sip:0001@h>;index=1, <sip:1001@h;cause=200>;index=1.1"),), None),
        # the mark of a mapping to another user
        ((("History-Info", "<sip:0001@h>;index=1"), ("History-Info", "<sip:1001@h>;index=1.1;mp=1")), "0001"),
        # the reason within the old target
        ((("History-Info", "<sip:0001@h?Reason=SIP%3Bcause%3D486>;index=1, <sip:1001@h>;index=2"),), "0001"),
        ((("History-Info", "<sip:0001@h?Reason=Q.850%3Bcause%3D17>;index=1, <sip:1001@h>;index=2"),), None),
        ((("History-Info", "<sip:anonymous@anonymous.invalid>;index=1, <sip:1001@h;cause=302>;index=1.1"),), None),
    ],
)  # fmt: skip
def test_who_was_called_first(headers: tuple[tuple[str, str], ...], first: str | None) -> None:
    """RFC 5806, RFC 7044."""
    assert caller_of(_invite(*headers)).redirected_from == first


def test_evidence_is_kept_in_order_and_bounded() -> None:
    many = [("Diversion", f"<sip:{n}@h>") for n in range(100)]
    caller = caller_of(_invite(*many, ("Subject", "no evidence"), from_="<sip:8012@h>;x=" + "y" * 5_000))
    assert [name for name, _ in caller.fields[:3]] == ["From", "To", "Diversion"]
    assert len(caller.fields) == identity.MOST_SAID
    assert max(len(value) for _, value in caller.fields) == identity.LONGEST_SAID


def test_a_number_is_no_longer_than_any_number() -> None:
    caller = caller_of(_invite(from_=f"<sip:{'9' * 5_000}@h>"))
    assert caller.number == "9" * identity.LONGEST_NUMBER


@pytest.mark.parametrize(
    ("user", "number"),
    [("*57*013900000000%23", "*57*013900000000#"), ("%00%1B[31m8012", "[31m8012"), ("8012\u200b", "8012")],
)
def test_a_number_holds_nothing_that_a_screen_obeys(user: str, number: str) -> None:
    assert identity.number_of(fields.read_name_addr(f"<sip:{user}@h>")) == number
