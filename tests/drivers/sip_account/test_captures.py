"""What kamailio and baresip said to each other, word for word (tests/sip_peers/captures), read by the core.

A telephone of flesh and blood stood in our place, so every answer of its own is a second opinion on ours.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dutyphone_drivers.sip_account import digest, message
from dutyphone_drivers.sip_account.dialog_info import read_dialog_info
from dutyphone_drivers.sip_account.message import Request, Response
from dutyphone_drivers.sip_account.wire import Address, Transport
from support.sip_account import Account
from support.sip_peers.kamailio import PASSWORD

from dutyphone.lines.events import (
    CallerIdHeard,
    CallEvent,
    CallOffered,
    CallWithdrawn,
    Evidence,
)

CAPTURES = Path(__file__).resolve().parents[2] / "sip_peers" / "captures"
FILES = sorted(CAPTURES.glob("*/*.dat"))
EXCHANGE = Address("127.0.0.1", 5060, Transport.UDP)


def messages(scene: str, way: str, what: str) -> list[Request | Response]:
    """The messages of a scene that went `way` ("in" or "out") and are `what` ("INVITE", "401-REGISTER")."""
    return [message.read(file.read_bytes()) for file in sorted((CAPTURES / scene).glob(f"*-{way}-{what}.dat"))]


def account_of(scene: str) -> Account:
    """An account that is known to the exchange by the contact of the telephone in that scene."""
    (invite,) = messages(scene, "in", "INVITE")
    assert isinstance(invite, Request)
    found = re.match(r"sip:([^@]+)@", invite.uri)
    assert found is not None
    account = Account(server=EXCHANGE, contact_user=found[1])
    account.out()
    return account


def replay(scene: str) -> list[CallEvent]:
    """What the core makes of every request of the exchange in a scene."""
    account = account_of(scene)
    for file in sorted((CAPTURES / scene).glob("*-in-*.dat")):
        heard = message.read(file.read_bytes())
        if isinstance(heard, Request):
            account.clock.advance(0.2)
            account.hear(file.read_bytes())
    return [event for event in account.events if isinstance(event, CallEvent)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_message_is_read_as_what_it_is_and_written_as_it_was_read(file: Path) -> None:
    heard = message.read(file.read_bytes())
    _number, _way, *what = file.stem.split("-")
    if isinstance(heard, Response):
        assert [str(heard.status), (heard.headers.get("CSeq") or "").split()[-1]] == what
    else:
        assert [heard.method] == what
    assert message.read(message.render(heard)) == heard


@pytest.mark.parametrize(
    ("scene", "challenged", "signed", "fields"),
    [
        ("registers", "401-REGISTER", "REGISTER", ("WWW-Authenticate", "Authorization")),
        ("dialled", "407-INVITE", "INVITE", ("Proxy-Authenticate", "Proxy-Authorization")),
        ("watched", "401-SUBSCRIBE", "SUBSCRIBE", ("WWW-Authenticate", "Authorization")),
    ],
)
def test_another_telephone_answers_a_challenge_as_we_do(
    scene: str, challenged: str, signed: str, fields: tuple[str, str]
) -> None:
    """The exchange let it in: given its cnonce we come to the same digits."""
    question = messages(scene, "in", challenged)[0].headers.get(fields[0])
    requests = [m for m in messages(scene, "out", signed) if m.headers.has(fields[1])]
    assert isinstance(requests[0], Request)
    theirs = dict(re.findall(r'(\w+)="?([^",]+)"?', requests[0].headers.get(fields[1]) or ""))
    challenge = digest.Challenge.read(question or "")
    assert challenge is not None
    ours = digest.answer(
        challenge,
        method=signed,
        uri=theirs["uri"],
        user="1001",
        password=PASSWORD,
        cnonce=theirs.get("cnonce", ""),
        count=int(theirs.get("nc", "1"), 16),
    )
    assert f'response="{theirs["response"]}"' in ours


def test_a_caller_who_gives_up_is_missed() -> None:
    offered, told, ended = replay("gives-up")
    assert isinstance(offered, CallOffered)
    assert isinstance(told, CallerIdHeard)
    assert (told.number, told.name) == ("+861055501234", "张三 值班")
    assert isinstance(ended, CallWithdrawn)
    assert (ended.evidence, ended.code) == (Evidence.EXCHANGE, 487)


def test_a_call_taken_at_the_desk_phone_is_answered_elsewhere() -> None:
    *_, ended = replay("answered-elsewhere")
    assert isinstance(ended, CallWithdrawn)
    assert ended.evidence is Evidence.ANSWERED_ELSEWHERE


def test_our_answers_are_those_of_another_telephone() -> None:
    """Which request of the exchange is answered, by what, in which order."""
    account = account_of("answered-elsewhere")
    theirs: list[str] = []
    for file in sorted((CAPTURES / "answered-elsewhere").glob("*.dat")):
        heard = message.read(file.read_bytes())
        if (heard.headers.get("CSeq") or "").endswith("REGISTER"):
            continue
        if isinstance(heard, Response):
            theirs.append(file.stem.split("-", 2)[2])
        else:
            account.hear(file.read_bytes())
    ours = [
        f"{answer.status}-{(answer.headers.get('CSeq') or '').split()[-1]}"
        for answer in account.out()
        if isinstance(answer, Response)
    ]
    assert ours == theirs == ["180-INVITE", "200-CANCEL", "487-INVITE"]


def test_the_exchange_tells_of_the_desk_phones_calls_in_its_own_odd_way() -> None:
    """Full documents that say finished dialogs again, `Trying` in capitals, a dialog of nobody at the beginning."""
    told = []
    for notify in messages("watched", "in", "NOTIFY"):
        info = read_dialog_info(notify.body)
        assert info is not None
        assert info.full
        told.append(sorted((seen.direction.value, seen.state.value) for seen in info.dialogs if seen.direction))
    answered = ("recipient", "terminated")
    assert told == [
        [("recipient", "terminated")],
        [("recipient", "early")],
        [("recipient", "confirmed")],
        [("recipient", "terminated")],
        [("initiator", "trying"), answered],
        [("initiator", "early"), answered],
        [("initiator", "confirmed"), answered],
        [("initiator", "terminated"), answered],
    ]
