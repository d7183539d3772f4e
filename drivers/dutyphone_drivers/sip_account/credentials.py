"""Answers to a server that asks who we are (RFC 3261 §22, RFC 8760): one challenge is answered once.

A password that was wrong is wrong the second time, and exchanges lock accounts that try again and again. So the same
nonce is answered once for each request; another nonce only if the server says that the first was stale, or if the
password has been accepted before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dutyphone_drivers.sip_account import digest
from dutyphone_drivers.sip_account.digest import Challenge
from dutyphone_drivers.sip_account.message import Request, Response

_FIELDS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
"""Status -> where the question stands, where the answer goes (RFC 3261 §22.2, §22.3)."""


class Credentials:
    """The name and password of one account, and the challenges it was given.

    `new_token` gives fresh random text for client nonces.
    """

    def __init__(self, user: str, password: str, new_token: Callable[[], str]) -> None:
        self._user, self._password, self._new_token = user, password, new_token
        self._known: dict[str, Challenge] = {}  # by the field the answer goes into
        self._counts: dict[str, int] = {}  # how often its nonce was used (nonce count, RFC 7616 §3.4), by the same
        self._accepted: frozenset[str] = frozenset()  # nonces under which an answer was accepted

    def __repr__(self) -> str:
        return f"<Credentials of {self._user}>"

    def put(self, request: Request) -> Request:
        """`request` with answers to the challenges that are known already, which saves being asked."""
        for target in self._known:
            request = self._signed(request, target)
        return request

    def answer(self, request: Request, response: Response) -> Request | None:
        """`request` again, now with the answer `response` asks for; None if that was answered already or cannot be.

        The caller gives it a new CSeq (RFC 3261 §22.2) before sending it.
        """
        if response.status not in _FIELDS:
            return None
        asked_in, target = _FIELDS[response.status]
        challenge = digest.choose([found for text in response.headers.all(asked_in) if (found := Challenge.read(text))])
        if challenge is None:
            return None
        if request.headers.has(target) and not self._is_another_question(request, target, challenge):
            return None
        if target not in self._known or self._known[target].nonce != challenge.nonce:
            self._counts[target] = 0
        self._known[target] = challenge
        return self._signed(request, target)

    def accepted(self) -> None:
        """An answer was accepted: the password is right, so the next challenge only means that the nonce is used up."""
        self._accepted = frozenset(challenge.nonce for challenge in self._known.values())

    def is_from_memory(self, request: Request) -> bool:
        """Whether `request` answers, unasked, a challenge that was answered rightly before."""
        signed = (Challenge.read(request.headers.get(target) or "") for _, target in _FIELDS.values())
        return any(answered is not None and answered.nonce in self._accepted for answered in signed)

    def forget(self) -> None:
        """Whoever asked is somebody else now."""
        self._known.clear()
        self._counts.clear()
        self._accepted = frozenset()

    def _is_another_question(self, request: Request, target: str, challenge: Challenge) -> bool:
        """Several requests may be under way, so what counts is the nonce that this one was signed with."""
        signed = Challenge.read(request.headers.get(target) or "")
        if signed is None or signed.nonce == challenge.nonce:
            return False
        return challenge.stale or signed.nonce in self._accepted

    def _signed(self, request: Request, target: str) -> Request:
        self._counts[target] += 1
        value = digest.answer(
            self._known[target],
            method=request.method,
            uri=request.uri,
            user=self._user,
            password=self._password,
            cnonce=self._new_token(),
            count=self._counts[target],
            body=request.body,
        )
        return replace(request, headers=request.headers.without(target).plus((target, value)))
