"""Whoever has no business on the line: no call comes of it, and the line lives (lines.md section 8)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.sip_peers.duty import DutyLine
from support.sip_peers.kamailio import Kamailio
from support.sip_peers.peers import Peers
from support.sip_peers.programs import Program

from dutyphone.journal.facts import CallFact, Outcome, StrangersTurnedAway

MAPS = (("svmap",), ("svmap", "-m", "INVITE"))
WARS = tuple(
    ("svwar", "--force", "-m", method, "-e", "999-1003", "--maximumtime", "2")
    for method in ("REGISTER", "OPTIONS", "INVITE")
)
"""svwar does not bind to the address it is told: it always speaks from the machine of the exchange here."""


def scan(peers: Peers, command: Sequence[str], host: str, local_port: int) -> Program:
    """Run one of the sipvicious tools from `host` against the account."""
    target, port = peers.places.account.split(":")
    program, *arguments = command
    return peers.run(program, "-b", host, "-x", host, "-P", str(local_port), "-p", port, *arguments, target)


def turned_away(line: DutyLine) -> list[StrangersTurnedAway]:
    return [fact for fact in line.facts() if isinstance(fact, StrangersTurnedAway)]


@pytest.mark.parametrize(
    ("host", "scans"),
    [("127.0.0.9", MAPS), ("127.0.0.1", MAPS + WARS)],
    ids=["from-anywhere", "from-the-exchange-itself"],
)
def test_a_scanner_makes_no_ghost_call_and_learns_no_account(
    peers: Peers, line: DutyLine, host: str, scans: Sequence[Sequence[str]]
) -> None:
    """On the machine of the exchange only the contact stands in its way: nobody can guess it."""
    port = peers.places.base
    scanners = [scan(peers, command, host, port + 36 + n) for n, command in enumerate(scans)]
    for scanner in scanners:
        scanner.wait(30.0)
        assert "1001" not in scanner.said().replace(f"127.0.0.1:{port}", ""), scanner.said()
    assert [fact for fact in line.facts() if isinstance(fact, CallFact)] == []
    line.wait_for(lambda: turned_away(line) != [])
    assert turned_away(line)[0].source == host
    peers.gives_up(0.1).finish()
    assert line.ended_row().outcome is Outcome.MISSED
    line.check()


@pytest.mark.parametrize(
    ("host", "user"),
    [("127.0.0.9", "1001"), ("127.0.0.9", "contact"), ("127.0.0.1", "1001"), ("127.0.0.1", "nobody")],
    ids=["stranger-account", "stranger-with-the-contact", "exchange-account", "exchange-nobody"],
)
def test_an_invite_that_no_exchange_sent_does_not_ring(
    peers: Peers, line: DutyLine, kamailio: Kamailio, host: str, user: str
) -> None:
    (binding,) = kamailio.bindings()
    contact = binding.contact.removeprefix("sip:")
    target = contact if user == "contact" else f"{user}@{peers.places.account}"
    ghost = peers.gives_up(
        0.2, local=f"{host}:{peers.places.base + 35}", remote=peers.places.account, request_uri=target
    )
    line.wait_for(lambda: turned_away(line) != [])
    ghost.end()
    (fact,) = turned_away(line)
    assert (fact.source, fact.what) == (host, "INVITE")
    assert line.rows() == []
    peers.gives_up(0.1).finish()
    assert line.ended_row().outcome is Outcome.MISSED


def test_a_trusted_address_may_call(peers: Peers, kamailio: Kamailio) -> None:
    """A carrier with several addresses; the contact has to be right all the same."""
    line = peers.duty(trusted=["127.0.0.9"])
    line.connect()
    (binding,) = kamailio.bindings()
    peers.gives_up(
        0.2,
        local=peers.places.stranger,
        remote=peers.places.account,
        request_uri=binding.contact.removeprefix("sip:").split(";")[0],
    ).finish()
    assert line.ended_row().outcome is Outcome.MISSED


@pytest.mark.parametrize(
    "arguments", [("-R", "-t", "40"), ("-F", "-e", "2000")], ids=["letters-thrown-away", "a-flood"]
)
def test_a_line_outlives_what_sipsak_throws_at_it(
    peers: Peers, line: DutyLine, kamailio: Kamailio, arguments: tuple[str, ...]
) -> None:
    attack = peers.run("sipsak", *arguments, "-s", f"sip:1001@{peers.places.account}")
    attack.wait(30.0)
    peers.gives_up(0.1).finish()
    line.wait_for(lambda: any(row.outcome is Outcome.MISSED for row in line.rows()))
    assert len(line.rows()) == 1
    assert len(turned_away(line)) <= 2
    line.check()
