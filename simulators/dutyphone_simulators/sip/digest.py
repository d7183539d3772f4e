"""Digest authentication as a server does it (RFC 2617, RFC 3261 §22, RFC 7616 and RFC 8760 for SHA-256)."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from dutyphone_simulators.sip.addresses import parse_params, quoted

_HASHES: Mapping[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}


class Verdict(Enum):
    """What credentials are worth."""

    RIGHT = "right"
    MISSING = "missing"  # none, or for another realm: the client is asked
    STALE = "stale"  # right, but the nonce has had its day
    WRONG = "wrong"  # another password, another name, or computed wrongly


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """How the server asks. `algorithms` are offered in this order, one challenge each; `qop` () is RFC 2069.

    A nonce is good for `nonce_lives_s` seconds and `nonce_uses` requests.
    """

    realm: str = "exchange.invalid"
    algorithms: tuple[str, ...] = ("MD5",)
    qop: tuple[str, ...] = ("auth",)
    nonce_lives_s: float = 300.0
    nonce_uses: int = 1_000_000
    opaque: str = ""
    says_stale: bool = True  # some servers only ask again, above all for a nonce from before their restart


@dataclass(slots=True)
class _Nonce:
    made_at: float
    count: int = 0  # the highest nc that was used


class Authenticator:
    """Makes challenges and judges the credentials that come back."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._nonces: dict[str, _Nonce] = {}

    def challenges(self, digest: Digest, now: float, *, stale: bool) -> list[str]:
        """The values of WWW-Authenticate or Proxy-Authenticate, one for each algorithm."""
        nonce = f"{self._chance.getrandbits(128):032x}"
        self._nonces[nonce] = _Nonce(now)
        parts = [f"Digest realm={quoted(digest.realm)}", f'nonce="{nonce}"']
        if digest.opaque:
            parts.append(f"opaque={quoted(digest.opaque)}")
        if stale and digest.says_stale:
            parts.append("stale=TRUE")
        if digest.qop:
            parts.append(f'qop="{",".join(digest.qop)}"')
        return [", ".join([*parts, f"algorithm={algorithm}"]) for algorithm in digest.algorithms]

    def judge(
        self,
        credentials: list[str],
        *,
        digest: Digest,
        user: str,
        password: str,
        method: str,
        uri: str,
        body: bytes,
        now: float,
    ) -> tuple[Verdict, str]:
        """What the `credentials` (values of the header) are worth, and why if they are wrong."""
        for value in credentials:
            given = parse_credentials(value)
            if given.get("realm") == digest.realm:
                return self._judge_one(given, digest, user, password, method, uri, body, now)
        return Verdict.MISSING, ""

    def forget(self) -> None:
        """As after a restart: every nonce is a stranger's."""
        self._nonces.clear()

    def _judge_one(
        self,
        given: Mapping[str, str],
        digest: Digest,
        user: str,
        password: str,
        method: str,
        uri: str,
        body: bytes,
        now: float,
    ) -> tuple[Verdict, str]:
        algorithm = given.get("algorithm", "MD5").upper()
        if algorithm not in digest.algorithms:
            return Verdict.WRONG, f"algorithm {algorithm} was not offered"
        if given.get("username") != user:
            return Verdict.WRONG, "another user name"
        if given.get("uri") != uri:
            return Verdict.WRONG, f"digest uri {given.get('uri')!r} is not the Request-URI {uri!r} (§22.4)"
        if digest.opaque and given.get("opaque") != digest.opaque:
            return Verdict.WRONG, "opaque was not repeated"
        if wrong := _wrong_qop(given, digest):
            return Verdict.WRONG, wrong
        expected = response_to(
            algorithm, user, digest.realm, password, method, uri, given.get("nonce", ""), given, body
        )
        if given.get("response", "").lower() != expected:
            return Verdict.WRONG, "another password"
        nonce = self._nonces.get(given.get("nonce", ""))
        if nonce is None or now - nonce.made_at > digest.nonce_lives_s:
            return Verdict.STALE, ""
        count = int(given["nc"], 16) if "nc" in given else nonce.count + 1
        if count <= nonce.count or count > digest.nonce_uses:
            return Verdict.STALE, ""
        nonce.count = count
        return Verdict.RIGHT, ""


def parse_credentials(value: str) -> dict[str, str]:
    """The parameters of an Authorization header; empty if it is not a Digest."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return {}
    return parse_params(rest, ",")


def response_to(
    algorithm: str,
    user: str,
    realm: str,
    password: str,
    method: str,
    uri: str,
    nonce: str,
    given: Mapping[str, str],
    body: bytes = b"",
) -> str:
    """The `response` that the right password gives (RFC 2617 §3.2.2)."""

    def digest(text: str) -> str:
        return _HASHES[algorithm](text.encode("utf-8", "surrogateescape"))

    secret = digest(f"{user}:{realm}:{password}")
    what = f"{method}:{uri}"
    if given.get("qop") == "auth-int":
        what += f":{_HASHES[algorithm](body)}"
    asked = digest(what)
    if "qop" not in given:
        return digest(f"{secret}:{nonce}:{asked}")
    between = f"{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
    return digest(f"{secret}:{nonce}:{between}:{asked}")


def _wrong_qop(given: Mapping[str, str], digest: Digest) -> str:
    if "qop" not in given:
        return ""  # a client of RFC 2069 may ignore what is offered (RFC 2617 §3.2.2)
    if given["qop"] not in digest.qop:
        return f"qop {given['qop']!r} was not offered"
    if not re.fullmatch(r"[0-9a-fA-F]{8}", given.get("nc", "")):
        return "nc is not eight hexadecimal digits"
    if not given.get("cnonce"):
        return "cnonce is missing"
    return ""
