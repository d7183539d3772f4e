"""What strangers send: calls past the exchange, and scanners that look for telephones to abuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dutyphone_simulators.sip import bodies
from dutyphone_simulators.sip.addresses import host_port
from dutyphone_simulators.sip.bodies import BodyForm
from dutyphone_simulators.sip.messages import Request, write_message

USUAL_USERS = ("100", "101", "200", "1000", "1001", "1002", "2001", "admin", "test")
"""Extensions that scanners try first."""


def plain_invite(own: tuple[str, int], uri: str, number: str, tag: str) -> bytes:
    """An INVITE for `uri` that looks like any other."""
    offer = bodies.offer(BodyForm.PLAIN, own[0], 40_000)
    return _request("INVITE", own, uri, number, tag, (("Content-Type", offer.type),), offer.data)


def plain_cancel(own: tuple[str, int], uri: str, number: str, tag: str) -> bytes:
    """The CANCEL of the INVITE that was made with the same arguments."""
    return _request("CANCEL", own, uri, number, tag)


def probe(
    own: tuple[str, int], to: tuple[str, int], users: tuple[str, ...], new_tag: Callable[[], str]
) -> Iterator[bytes]:
    """What a scanner sends, in order."""
    there = host_port(to)
    yield _request("OPTIONS", own, f"sip:100@{there}", "100", new_tag())
    for user in users or USUAL_USERS:
        yield _request("REGISTER", own, f"sip:{user}@{there}", user, new_tag(), (("Expires", "60"),))
        yield _request("INVITE", own, f"sip:{user}@{there}", "100", new_tag())


def _request(
    method: str,
    own: tuple[str, int],
    uri: str,
    number: str,
    tag: str,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> bytes:
    here = host_port(own)
    return write_message(
        Request(
            method=method,
            uri=uri,
            headers=(
                ("Via", f"SIP/2.0/UDP {here};branch=z9hG4bK-{tag};rport"),
                ("Max-Forwards", "70"),
                ("From", f'"{number}" <sip:{number}@{here}>;tag={tag}'),
                ("To", f"<{uri}>"),
                ("Call-ID", f"{tag}@{own[0]}"),
                ("CSeq", f"1 {method}"),
                ("Contact", f"<sip:{number}@{here}>"),
                ("User-Agent", "friendly-scanner"),
                *headers,
            ),
            body=body,
        )
    )
