"""Every way in which an exchange says who calls, as a real one passes it on (lines.md section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from support.sip_peers.duty import DutyLine
from support.sip_peers.peers import CALLER, Peers
from support.sip_peers.sipp import SDP

from dutyphone.journal.facts import CallIdentified, Outcome
from dutyphone.lines.events import NumberAbsence

NUMBER = "+861055501234"
SERVER = "pbx.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the caller is told, and what has to be understood."""

    caller: str = ""
    headers: str = ""
    number: str | None = NUMBER
    name: str | None = None
    absence: NumberAbsence | None = None


FORMS = {
    "name-in-quotes": Form(caller=f'"Zhang San" <sip:{CALLER}@{SERVER}>', name="Zhang San"),
    "name-as-token": Form(caller=f"Zhang <sip:{CALLER}@{SERVER}>", name="Zhang"),
    "chinese-name": Form(caller=f'"张三 值班" <sip:{CALLER}@{SERVER}>', name="张三 值班"),
    "gbk-name": Form(
        caller='"' + "张三 值班".encode("gbk").decode("utf-8", "surrogateescape") + f'" <sip:{CALLER}@{SERVER}>',
        name="张三 值班",
    ),
    "quotes-commas-and-angles-in-the-name": Form(
        caller=rf'"O\'Brien, \"Duty\" <desk>" <sip:{CALLER}@{SERVER}>'.replace(r"\'", "'"),
        name='O\'Brien, "Duty" <desk>',
    ),
    "no-name": Form(caller=f"<sip:{CALLER}@{SERVER}>"),
    "tel": Form(caller="<tel:+86-10-5550-1234>"),
    "sips": Form(caller=f"<sips:{CALLER}@{SERVER}>"),
    "user-phone": Form(caller=f"<sip:+861055501234@{SERVER};user=phone>"),
    "parameters-inside-the-user": Form(caller=f"<sip:+861055501234;phone-context=example@{SERVER};user=phone>"),
    "escaped-user": Form(caller=f"<sip:%30%31055501234@{SERVER}>"),
    "asserted-before-from": Form(
        caller=f'"Switchboard" <sip:8000@{SERVER}>',
        headers=f'P-Asserted-Identity: "Li Si" <sip:{CALLER}@{SERVER}>',
        name="Li Si",
    ),
    "asserted-as-tel-behind-an-anonymous-from": Form(
        caller='"Anonymous" <sip:anonymous@anonymous.invalid>', headers="P-Asserted-Identity: <tel:+861055501234>"
    ),
    "asserted-twice": Form(
        caller='"Anonymous" <sip:anonymous@anonymous.invalid>',
        headers=f'P-Asserted-Identity: "Li Si" <sip:{CALLER}@{SERVER}>, <tel:+861055501234>',
        name="Li Si",
    ),
    "remote-party-id": Form(
        caller='"Anonymous" <sip:anonymous@anonymous.invalid>',
        headers=f'Remote-Party-ID: "Wang" <sip:{CALLER}@{SERVER}>;party=calling;screen=yes;privacy=off',
        name="Wang",
    ),
    "anonymous": Form(
        caller='"Anonymous" <sip:anonymous@anonymous.invalid>',
        headers="Privacy: id",
        number=None,
        absence=NumberAbsence.PRIVATE,
    ),
}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Peers]:
    """One exchange and one line for all forms, which do not disturb each other."""
    with Peers() as peers:
        peers.kamailio()
        yield peers


@pytest.fixture(scope="module")
def line(exchange: Peers) -> DutyLine:
    line = exchange.duty()
    line.connect()
    return line


def told(exchange: Peers, line: DutyLine, scenario: str = "caller_gives_up", **options: str) -> CallIdentified:
    """What the log says of the caller after such a call."""
    before = len(line.rows())
    exchange.call(scenario, RING_MS=50, CANCEL_EXTRA="X-Nothing: 0", **options).finish()
    row = line.ended_row(before + 1)
    assert row.outcome is Outcome.MISSED
    (fact,) = [fact for fact in line.facts() if isinstance(fact, CallIdentified) and fact.call == row.call]
    assert (row.number, row.name, row.absence) == (fact.number, fact.name, fact.absence)
    return fact


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_caller_is_known_however_it_is_told(exchange: Peers, line: DutyLine, form: Form) -> None:
    fact = told(exchange, line, caller=form.caller, headers=form.headers)
    assert (fact.number, fact.name or None, fact.absence) == (form.number, form.name, form.absence)


def test_compact_headers_are_headers(exchange: Peers, line: DutyLine) -> None:
    """RFC 3261 section 7.3.3."""
    fact = told(exchange, line, "caller_compact", caller=f'"Zhang" <sip:{CALLER}@{SERVER}>')
    assert (fact.number, fact.name) == (NUMBER, "Zhang")


MULTIPART = f"""--parts
Content-Type: application/sdp

{SDP}
--parts
Content-Type: application/isup;version=itu-t92+

01 11 48 00
--parts--
"""
SECURE = SDP.replace("RTP/AVP 8 0", "RTP/SAVP 8") + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40 + "\n"


@pytest.mark.parametrize(
    ("body", "body_type"),
    [
        (MULTIPART, "multipart/mixed;boundary=parts"),
        ("", ""),
        (SECURE, "application/sdp"),
        (SDP.replace("RTP/AVP 8 0", "RTP/AVP 18"), "application/sdp"),
        ("nothing that we know\n", "application/x-unknown"),
    ],
    ids=["multipart", "no-body", "srtp-only", "g729-only", "unknown-body"],
)
def test_a_call_rings_whatever_its_body_offers(exchange: Peers, line: DutyLine, body: str, body_type: str) -> None:
    assert told(exchange, line, body=body, body_type=body_type).number == NUMBER


def test_a_call_that_was_sent_on_says_who_was_called_first(exchange: Peers, line: DutyLine) -> None:
    """RFC 5806."""
    fact = told(exchange, line, headers=f'Diversion: "Office" <sip:02155501234@{SERVER}>;reason=no-answer;counter=1')
    assert fact.redirected_from is not None
    assert "02155501234" in fact.redirected_from


def test_history_says_who_was_called_first(exchange: Peers, line: DutyLine) -> None:
    """RFC 7044: the first entry that was retargeted."""
    history = (
        f"History-Info: <sip:02155501234@{SERVER}?Reason=SIP%3Bcause%3D302>;index=1, "
        f"<sip:1001@{SERVER};cause=302>;index=1.1"
    )
    fact = told(exchange, line, headers=history)
    assert fact.redirected_from is not None
    assert "02155501234" in fact.redirected_from


def test_the_number_that_was_called_is_kept(exchange: Peers, line: DutyLine) -> None:
    assert told(exchange, line, headers="P-Called-Party-ID: <sip:01055509999@pbx.example>").called in (
        "1001",
        "01055509999",
    )


def test_a_name_as_long_as_a_datagram_allows_is_cut(exchange: Peers, line: DutyLine) -> None:
    fact = told(exchange, line, caller=f'"{"A" * 600}" <sip:{CALLER}@{SERVER}>')
    assert fact.name == "A" * 256
    assert fact.number == NUMBER


def test_whoever_does_not_believe_the_exchange_is_told_the_from(peers: Peers) -> None:
    peers.kamailio()
    line = peers.duty(identity="from")
    line.connect()
    fact = told(peers, line, caller="<sip:8000@pbx.example>", headers="P-Asserted-Identity: <tel:+861055501234>")
    assert fact.number == "8000"


def test_the_log_of_all_these_calls_is_whole(line: DutyLine) -> None:
    line.check()
