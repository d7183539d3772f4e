"""Digest authentication of a client: RFC 2617 and RFC 7616, with the algorithms of RFC 8760 for SIP.

The password stays in here: it goes into a hash and nowhere else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from dutyphone_drivers.sip_account import grammar

_HASHES: Final = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
"""The strongest first (RFC 8760 §2.3); each with and without `-sess`."""

_SESSION: Final = "-SESS"
_SCHEME = re.compile(r"\s*digest\s+", re.IGNORECASE)
_MOST_PARAMETERS: Final = 64


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks (RFC 7616 §3.3). `algorithm` and `qop` are as sent; `qop` is empty if none is offered."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False
    userhash: bool = False
    algorithm_given: bool = field(default=True, compare=False)

    @classmethod
    def read(cls, value: str) -> Challenge | None:
        """The value of a WWW-Authenticate or Proxy-Authenticate field; None if it is no digest challenge."""
        if (scheme := _SCHEME.match(value)) is None:
            return None
        parameters = dict(reversed(grammar.read_parameters(value[scheme.end() :], ",")[:_MOST_PARAMETERS]))
        realm, nonce = parameters.get("realm"), parameters.get("nonce")
        if realm is None or nonce is None:
            return None
        offered = re.split(r"[,\s]+", (parameters.get("qop") or "").strip())
        return cls(
            realm=realm,
            nonce=nonce,
            algorithm=parameters.get("algorithm") or "MD5",
            qop=tuple(word.lower() for word in offered if word),
            opaque=parameters.get("opaque"),
            stale=(parameters.get("stale") or "").lower() == "true",
            userhash=(parameters.get("userhash") or "").lower() == "true",
            algorithm_given=parameters.get("algorithm") is not None,
        )

    @property
    def is_answerable(self) -> bool:
        """Whether this machine has its algorithm, and we one of its qualities of protection, if it offers any."""
        has_hash = _HASHES.get(self._hash_name) in hashlib.algorithms_available
        return has_hash and (not self.qop or self._chosen_qop is not None)

    @property
    def strength(self) -> int:
        """The higher, the better its hash."""
        return -list(_HASHES).index(self._hash_name)

    @property
    def _hash_name(self) -> str:
        return self.algorithm.upper().removesuffix(_SESSION)

    @property
    def _chosen_qop(self) -> str | None:
        return next((word for word in ("auth", "auth-int") if word in self.qop), None)

    def answer(
        self, *, method: str, uri: str, user: str, password: str, cnonce: str, count: int, body: bytes = b""
    ) -> str:
        """See `answer` of this module."""
        qop = self._chosen_qop
        in_session = self.algorithm.upper().endswith(_SESSION)
        name = self._digest(f"{user}:{self.realm}") if self.userhash else user
        secret = self._digest(f"{user}:{self.realm}:{password}")
        if in_session:
            secret = self._digest(f"{secret}:{self.nonce}:{cnonce}")
        asked = f"{method}:{uri}"
        if qop == "auth-int":
            asked += f":{self._hash(body)}"
        middle = f"{self.nonce}:{count:08x}:{cnonce}:{qop}" if qop else self.nonce
        response = self._digest(f"{secret}:{middle}:{self._digest(asked)}")
        parts = [
            f"username={grammar.quote(name)}",
            f"realm={grammar.quote(self.realm)}",
            f"nonce={grammar.quote(self.nonce)}",
            f"uri={grammar.quote(uri)}",
            f'response="{response}"',
        ]
        if self.algorithm_given:
            parts.append(f"algorithm={self.algorithm}")
        if self.opaque is not None:
            parts.append(f"opaque={grammar.quote(self.opaque)}")
        if qop:
            parts += [f"qop={qop}", f"nc={count:08x}"]
        if qop or in_session:
            parts.append(f"cnonce={grammar.quote(cnonce)}")
        if self.userhash:
            parts.append("userhash=true")
        return f"Digest {', '.join(parts)}"

    def _digest(self, text: str) -> str:
        return self._hash(text.encode("utf-8", "surrogateescape"))

    def _hash(self, data: bytes) -> str:
        return hashlib.new(_HASHES[self._hash_name], data, usedforsecurity=False).hexdigest()


def choose(challenges: Sequence[Challenge]) -> Challenge | None:
    """The strongest of those that can be answered (RFC 8760 §2.4); of equals the first; None if there is none."""
    answerable = [challenge for challenge in challenges if challenge.is_answerable]
    return max(answerable, key=lambda challenge: challenge.strength, default=None)


def answer(
    challenge: Challenge,
    *,
    method: str,
    uri: str,
    user: str,
    password: str,
    cnonce: str,
    count: int,
    body: bytes = b"",
) -> str:
    """The value of the Authorization or Proxy-Authorization field that answers `challenge`.

    `uri` is the Request-URI exactly as it is sent (RFC 3261 §22.4). `cnonce` is fresh random text, `count` how
    often this nonce has been used, this time included. `challenge` must be answerable.
    """
    return challenge.answer(method=method, uri=uri, user=user, password=password, cnonce=cnonce, count=count, body=body)
