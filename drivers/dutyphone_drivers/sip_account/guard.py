"""Who may speak: the servers of the account, and only to the address that our registration gave them.

A scanner on the network finds nobody here. It gets the same answer whatever name it tries, and that is the truth: what
it asks for is not at this address (RFC 3261 §8.2.2.1). OPTIONS is answered like the INVITE it stands for (§11.2), so it
tells a scanner no more. Strangers are answered without keeping anything of them (§8.2.7), counted, and told rarely.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Iterable

from dutyphone.clock import Moment
from dutyphone.lines.events import StrangerHeard
from dutyphone_drivers.sip_account import fields, replies
from dutyphone_drivers.sip_account.deadlines import Deadlines
from dutyphone_drivers.sip_account.faults import fault_of
from dutyphone_drivers.sip_account.message import Request, Response
from dutyphone_drivers.sip_account.timing import Limits, Timing
from dutyphone_drivers.sip_account.wire import Address

MANY = "*"
"""The source of strangers that are too many to be counted each on its own."""

GARBAGE = "garbage"
"""What somebody wants whose message is none."""

_BAD_EXTENSION = 420
"""Comes after the question who is called (§8.2.2.3), so strangers are not told."""

_WANTS_LONGEST = 32
_SAMPLE_BYTES = 2_048

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class _Stranger:
    """What came from one address since it was told last."""

    __slots__ = ("times", "what", "wire")

    def __init__(self) -> None:
        self.times, self.what, self.wire = 0, "", b""


class Guard:
    """Judges requests by where they come from and whom they want.

    `contact_user` is the user part of our Contact, which nobody can guess, `account` that of the account. `trusted` are
    addresses or networks that may speak besides the servers. `new_token` gives fresh random text.
    """

    def __init__(
        self,
        line: str,
        *,
        contact_user: str,
        account: str,
        trusted: Iterable[str],
        new_token: Callable[[], str],
        timing: Timing,
        limits: Limits,
    ) -> None:
        self._line, self._contact_user, self._account = line, contact_user, account
        self._timing, self._limits = timing, limits
        self._trusted = tuple(_network(text) for text in trusted)
        self._servers: frozenset[str] = frozenset()
        self._exactly: frozenset[tuple[str, int]] = frozenset()
        self._secret = new_token().encode()
        self._strangers: dict[str, _Stranger] = {}
        self._due: Deadlines[str] = Deadlines()
        self._second, self._answered = 0, 0

    def know(self, servers: Iterable[Address]) -> None:
        """From now on these are the servers."""
        known = tuple(servers)
        self._servers = frozenset(_plain(server.host) for server in known)
        self._exactly = frozenset((_plain(server.host), server.port) for server in known)

    def is_friend(self, source: Address) -> bool:
        """Whether `source` may speak."""
        host = _plain(source.host)
        if host in self._servers:
            return True
        if not self._trusted:
            return False
        try:
            ip = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)

    def welcomes(self, request: Request, source: Address) -> bool:
        """Whether `request` comes from a friend and is for us.

        Some servers ask whether we live without naming anybody; they may, since they know the address already. Some
        call the account and not the Contact that it was registered with; they may from the very port that we registered
        at, which nobody else on that machine has.
        """
        if not self.is_friend(source):
            return False
        uri = fields.request_uri(request)
        if uri is None or not uri.is_sip:
            return False
        if uri.user == self._contact_user or (request.method == "OPTIONS" and not uri.user):
            return True
        return uri.user == self._account and (_plain(source.host), source.port) in self._exactly

    def turn_away(self, request: Request, now: Moment) -> Response | None:
        """The answer to a stranger's `request`; None if there is none to give. Nothing is kept of it.

        It has its Via stamped (`replies.stamped`) already.
        """
        if request.method == "ACK" or fields.top_via(request) is None or not self._may_answer(now):
            return None
        if (fault := fault_of(request)) is not None and fault[0] != _BAD_EXTENSION:
            return replies.reply(request, *fault, to_tag=self._tag(request))
        in_dialog = fields.tag_of(request.headers.get("To")) is not None
        return replies.reply(
            request, 481 if in_dialog or request.method == "CANCEL" else 404, to_tag=self._tag(request)
        )

    def count(self, source: Address, what: str, now: Moment, wire: bytes) -> list[StrangerHeard]:
        """A stranger wanted `what`. It is told at once if nothing was told of that address for a while."""
        host = _plain(source.host)
        if host not in self._strangers and len(self._strangers) >= self._limits.strangers:
            host = MANY
        known = self._strangers.get(host)
        stranger = known or _Stranger()
        if not stranger.times:
            stranger.what, stranger.wire = what[:_WANTS_LONGEST], wire[:_SAMPLE_BYTES]
        stranger.times += 1
        if known is not None:
            return []
        self._strangers[host] = stranger
        return [self._tell(host, stranger, now)]

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called."""
        return self._due.next()

    def on_deadline(self, now: Moment) -> list[StrangerHeard]:
        """Who came again is told again, who did not is forgotten."""
        told: list[StrangerHeard] = []
        while (host := self._due.take_due(now.mono)) is not None:
            stranger = self._strangers[host]
            if stranger.times:
                told.append(self._tell(host, stranger, now))
            else:
                del self._strangers[host]
        return told

    def _tell(self, host: str, stranger: _Stranger, now: Moment) -> StrangerHeard:
        self._due.set(now.mono + self._timing.strangers_s, host)
        heard = StrangerHeard(
            line=self._line, at=now, wire=stranger.wire, source=host, what=stranger.what, times=stranger.times
        )
        stranger.times, stranger.wire = 0, b""
        return heard

    def _may_answer(self, now: Moment) -> bool:
        """A bounded number of answers a second."""
        if int(now.mono) != self._second:
            self._second, self._answered = int(now.mono), 0
        self._answered += 1
        return self._answered <= self._limits.answers_to_strangers

    def _tag(self, request: Request) -> str:
        """The same for a request that is sent again, without remembering it (§8.2.7)."""
        via = fields.top_via(request)
        named = (fields.call_id(request), request.headers.get("From"), via.branch if via else "")
        text = "\n".join(name or "" for name in named).encode("utf-8", "surrogateescape")
        return hashlib.blake2s(text, key=self._secret[:32], digest_size=8).hexdigest()


def _network(text: str) -> _Network:
    return ipaddress.ip_network(text, strict=False)


def _plain(host: str) -> str:
    """An IPv4 address as such where a socket shows it as IPv6 (::ffff:192.0.2.1)."""
    if not host.lower().startswith("::ffff:"):
        return host
    mapped = ipaddress.ip_address(host)
    return str(mapped.ipv4_mapped) if isinstance(mapped, ipaddress.IPv6Address) and mapped.ipv4_mapped else host
