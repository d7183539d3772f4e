"""Where requests come in: who is let in, who is asked for a password, who is told that this is not done here.

RFC 3261 §8.2 (what a user agent server looks at, in this order), §10.3, §22.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from dutyphone_simulators.sip.addresses import Uri, parse_address, parse_uri
from dutyphone_simulators.sip.agenda import Agenda
from dutyphone_simulators.sip.digest import Authenticator, Verdict
from dutyphone_simulators.sip.messages import Headers, Request
from dutyphone_simulators.sip.network import Channel
from dutyphone_simulators.sip.registrar import Registrar
from dutyphone_simulators.sip.replies import reply
from dutyphone_simulators.sip.settings import Account, ExchangeSettings
from dutyphone_simulators.sip.transactions import ServerTransaction, Transactions
from dutyphone_simulators.sip.watchers import Watchers
from dutyphone_simulators.sip.wire_end import ALLOW, WireEnd


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the next request of a method is answered, whoever sends it."""

    status: int
    headers: Headers = ()


class House(Protocol):
    """What the reception wants of its exchange."""

    settings: ExchangeSettings
    agenda: Agenda
    transactions: Transactions
    registrar: Registrar
    watchers: Watchers
    heard: Counter[str]

    def new_tag(self) -> str: ...

    def complain(self, what: str) -> None: ...

    def dialog(self, key: tuple[str, str, str]) -> WireEnd | None: ...

    def dialled(self, account: Account, number: str, transaction: ServerTransaction) -> None: ...


class Reception:
    """Deals with every request, or hands it to whom it belongs."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self._house = house
        self._authenticator = Authenticator(chance)
        self._refusals: dict[str, list[Refusal]] = {}

    def receive(self, request: Request, channel: Channel) -> None:
        """A request has come."""
        if missing := _missing(request):
            self._house.complain(f"{request.method} without {missing} (§8.1.1)")
            return
        self._house.heard[request.method] += 1
        if not request.first("max-forwards"):
            self._house.complain(f"{request.method} without Max-Forwards (§8.1.1.6)")
        transaction = self._house.transactions.receive_request(request, channel)
        if transaction is not None:
            self._request(request, transaction)

    def refuse_next(self, method: str, refusals: Iterable[Refusal]) -> None:
        """Answer the next requests of `method` so."""
        self._refusals.setdefault(method, []).extend(refusals)

    def forget(self) -> None:
        """As after a restart: no nonce is known any more."""
        self._authenticator.forget()

    def _request(self, request: Request, transaction: ServerTransaction) -> None:
        to, sender = parse_address(request.get("to")), parse_address(request.get("from"))
        key = (request.call_id, to.tag, sender.tag)
        if request.method == "CANCEL":
            self._cancel(transaction)
            return
        if (end := self._house.dialog(key)) is not None:
            end.receive(request, transaction)
            return
        if request.method == "ACK":
            return
        if to.tag:
            if not self._house.watchers.receive(request, transaction, key):
                self._answer(transaction, 481)
            return
        if refusals := self._refusals.get(request.method):
            refusal = refusals.pop(0)
            self._answer(transaction, refusal.status, refusal.headers)
            return
        if request.get("max-forwards").strip() == "0":
            self._answer(transaction, 483)
            return
        if required := request.every("require"):
            unknown = [tag for value in required for tag in value.replace(" ", "").split(",") if tag not in ("timer",)]
            if unknown:
                self._answer(transaction, 420, (("Unsupported", ", ".join(unknown)),))
                return
        match request.method:
            case "REGISTER":
                self._register(request, transaction, to.uri)
            case "INVITE":
                self._invite(request, transaction, sender.uri)
            case "SUBSCRIBE":
                self._subscribe(request, transaction)
            case "OPTIONS":
                self._answer(transaction, 200, (ALLOW, ("Accept", "application/sdp"), ("Supported", "timer")))
            case _:
                self._answer(transaction, 405, (ALLOW,))

    def _cancel(self, cancel: ServerTransaction) -> None:
        invite = self._house.transactions.cancelled(cancel)
        if invite is None:
            self._answer(cancel, 481)
            return
        tag = parse_address(invite.response.get("to")).tag if invite.response is not None else ""
        cancel.respond(reply(cancel.request, cancel.channel, 200, to_tag=tag or self._house.new_tag()))
        if not invite.answered:
            invite.on_cancel()

    def _register(self, request: Request, transaction: ServerTransaction, aor: Uri) -> None:
        account = self._account(aor.user)
        if account is None:
            self._answer(transaction, 404)
            return
        if not self._admit(request, transaction, account, self._house.settings.register_challenge):
            return
        result = self._house.registrar.register(request, account, transaction.channel)
        self._answer(transaction, result.status, result.headers)

    def _subscribe(self, request: Request, transaction: ServerTransaction) -> None:
        account = self._account(parse_address(request.get("from")).uri.user)
        watched = self._account(parse_address(request.get("to")).uri.user)
        if account is None or watched is None:
            self._answer(transaction, 404)
        elif self._admit(request, transaction, account, self._house.settings.call_challenge):
            self._house.watchers.subscribe(request, watched.name, transaction)

    def _invite(self, request: Request, transaction: ServerTransaction, sender: Uri) -> None:
        account = self._account(sender.user)
        if account is None:
            self._answer(transaction, 403)
            return
        if not self._admit(request, transaction, account, self._house.settings.call_challenge):
            return
        if self._house.transactions.merged(transaction):
            self._answer(transaction, 482)
            return
        interval = request.get("session-expires").partition(";")[0].strip()
        if interval.isdecimal() and int(interval) < self._house.settings.least_session_s:
            self._answer(transaction, 422, (("Min-SE", str(self._house.settings.least_session_s)),))
            return
        if not request.every("contact"):
            self._house.complain("INVITE without Contact (§8.1.1.8)")
        transaction.respond(reply(request, transaction.channel, 100))
        try:
            number = parse_uri(request.uri).user
        except ValueError:
            self._answer(transaction, 404)
            return
        self._house.dialled(account, number, transaction)

    def _admit(self, request: Request, transaction: ServerTransaction, account: Account, challenge: int | None) -> bool:
        """Whether the request may go on; otherwise it is answered: asked for a password, or turned away."""
        if challenge is None:
            return True
        asked, answered = (
            ("WWW-Authenticate", "authorization") if challenge == 401 else ("Proxy-Authenticate", "proxy-authorization")
        )
        verdict, why = self._authenticator.judge(
            request.every(answered),
            digest=self._house.settings.digest,
            user=account.auth_user or account.name,
            password=account.password,
            method=request.method,
            uri=request.uri,
            body=request.body,
            now=self._house.agenda.now.mono,
        )
        if verdict is Verdict.RIGHT:
            return True
        if verdict is Verdict.WRONG:
            self._house.heard[f"wrong credentials: {why}"] += 1
            if self._house.settings.wrong_password != challenge:
                self._answer(transaction, self._house.settings.wrong_password)
                return False
        stale = verdict is Verdict.STALE
        values = self._authenticator.challenges(self._house.settings.digest, self._house.agenda.now.mono, stale=stale)
        self._answer(transaction, challenge, tuple((asked, value) for value in values))
        return False

    def _account(self, name: str) -> Account | None:
        return next((account for account in self._house.settings.accounts if account.name == name), None)

    def _answer(self, transaction: ServerTransaction, status: int, headers: Headers = ()) -> None:
        tag = self._house.new_tag()
        transaction.respond(reply(transaction.request, transaction.channel, status, to_tag=tag, headers=headers))


def _missing(request: Request) -> str:
    """The first header without which a request is none; empty if all are there and can be read."""
    for name in ("from", "to", "call-id", "cseq"):
        if not request.first(name):
            return name
    vias = request.every("via")
    if not vias or len(vias[0].partition(";")[0].split()) < 2:
        return "a readable Via"
    try:
        parse_address(request.get("from"))
        parse_address(request.get("to"))
    except ValueError:
        return "readable From and To"
    if request.cseq[1] != request.method:
        return "a CSeq of its method"
    return ""
