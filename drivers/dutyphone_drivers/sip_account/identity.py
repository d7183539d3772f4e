"""Who calls, whom, and who was called first: as the exchange asserts it, or as the caller says it.

P-Asserted-Identity (RFC 3325), Remote-Party-ID (draft-ietf-sip-privacy-04), From (RFC 3261 §8.1.1.3), Privacy
(RFC 3323), P-Called-Party-ID (RFC 7315 §4.2), Diversion (RFC 5806), History-Info (RFC 7044).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dutyphone.lines.events import NumberAbsence
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.fields import NameAddr
from dutyphone_drivers.sip_account.message import Request

ASSERTED: Final = "asserted"
FROM: Final = "from"
POLICIES: Final = (ASSERTED, FROM)

LONGEST_NUMBER: Final = 128
MOST_SAID: Final = 32
LONGEST_SAID: Final = 1_024
"""Values of header fields that are kept as evidence, and bytes of each."""

_SAID: Final = (
    "From",
    "To",
    "P-Asserted-Identity",
    "Remote-Party-ID",
    "Privacy",
    "P-Called-Party-ID",
    "Diversion",
    "History-Info",
)
_PRIVATE_USERS: Final = frozenset({"anonymous", "restricted", "private", "withheld"})
"""RFC 3323 §4.1.1.3; the others are what exchanges write in its place."""
_UNKNOWN_USERS: Final = frozenset({"unavailable", "unknown", "invalid"})
"""3GPP TS 29.163 §7.2.3.1.2.6: no number because none came over the border."""
_PAYPHONE_USERS: Final = frozenset({"payphone", "coin", "coinbox"})
_NOWHERE: Final = ".invalid"
"""RFC 2606 §2: the end of a domain that nobody has (anonymous.invalid)."""
_WITHHELD: Final = frozenset({"id", "user", "full", "uri"})
"""Privacy (RFC 3323 §4.2, RFC 3325 §9.3) and `privacy` of Remote-Party-ID: the number is not to be shown."""
_NAME_WITHHELD: Final = frozenset({"full", "name"})
_NO_NAMES: Final = frozenset({"anonymous", "unavailable", "unknown", "restricted", "private", "withheld"})
_SEPARATORS: Final = re.compile(r"[-.() ]")
"""RFC 3966 §5.1.1, and blanks."""
_NUMBER: Final = re.compile(r"\+?[0-9*#A-Da-d]+")
_DIVERTED: Final = frozenset({302, 404, 408, 480, 486, 487, 503})
"""RFC 4458 §2.1: the causes by which a call is sent on to another user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What an INVITE says of its parties. `number` and `called` are without visual separators.

    `number` is None if it was not sent or is withheld, and then `absence` says why; a user that is no number stands
    there as it is. `name` is None if none was sent. `redirected_from` is who was called first, None if the call was not
    sent on. `fields` is the evidence, as it was sent, in order.
    """

    number: str | None
    name: str | None
    name_bytes: bytes
    absence: NumberAbsence | None
    called: str | None
    redirected_from: str | None
    fields: tuple[tuple[str, bytes], ...]


def caller_of(request: Request, policy: str = ASSERTED) -> Caller:
    """The parties of `request`. Never raises.

    By the policy `ASSERTED` the exchange is believed before the caller; by `FROM` only the From field is looked at.
    What the caller wants withheld is not shown by either, though the exchange may know it.
    """
    identities = list(_identities(request, policy))
    number, absence = _number_of(identities)
    if absence is None and _is_withheld(request, policy):
        number, absence = None, NumberAbsence.PRIVATE
    name, name_bytes = (None, b"") if absence is NumberAbsence.PRIVATE else _name_of(identities, number)
    return Caller(
        number=number,
        name=name,
        name_bytes=name_bytes,
        absence=absence,
        called=_called(request),
        redirected_from=_first_called(request),
        fields=tuple(_said(request))[:MOST_SAID],
    )


def number_of(address: NameAddr | None) -> str | None:
    """The number, or else the user, that `address` names; None if it names none."""
    uri = address.uri if address is not None else None
    if uri is None or not uri.user or uri.scheme not in ("sip", "sips", "tel"):
        return None
    user = uri.user.partition(";")[0]
    bare = _SEPARATORS.sub("", user)
    shown = bare if _NUMBER.fullmatch(bare) else user
    return "".join(char for char in shown if char.isprintable())[:LONGEST_NUMBER] or None


def _identities(request: Request, policy: str) -> Iterator[NameAddr]:
    """The most believable first."""
    if policy != FROM:
        yield from fields.name_addrs(request, "P-Asserted-Identity")
        for address in fields.name_addrs(request, "Remote-Party-ID"):
            if (address.parameter("party") or "calling").lower() == "calling":
                yield address
    if (caller := fields.from_(request)) is not None:
        yield caller


def _number_of(identities: list[NameAddr]) -> tuple[str | None, NumberAbsence | None]:
    """The first number there is; if there is none, the first reason."""
    reason: NumberAbsence | None = None
    for address in identities:
        absence = _absence(address)
        if absence is None:
            return number_of(address), None
        if reason in (None, NumberAbsence.NOT_SENT):
            reason = absence
    return None, reason or NumberAbsence.NOT_SENT


def _absence(address: NameAddr) -> NumberAbsence | None:
    """Why `address` names nobody; None if it names somebody."""
    user = (number_of(address) or "").lower()
    host = address.uri.host if address.uri is not None else ""
    if user in _PAYPHONE_USERS:
        return NumberAbsence.PAYPHONE
    if user in _UNKNOWN_USERS or host == f"unknown{_NOWHERE}":
        return NumberAbsence.OUT_OF_AREA
    if user in _PRIVATE_USERS or host.endswith(_NOWHERE):
        return NumberAbsence.PRIVATE
    return None if user else NumberAbsence.NOT_SENT


def _is_withheld(request: Request, policy: str) -> bool:
    wanted = {word.strip().lower() for value in request.headers.all("Privacy") for word in re.split("[;,]", value)}
    if wanted & _WITHHELD:
        return True
    if policy == FROM or request.headers.has("P-Asserted-Identity"):
        return False
    return any(
        (address.parameter("party") or "calling").lower() == "calling"
        and (address.parameter("privacy") or "").lower() in _WITHHELD
        for address in fields.name_addrs(request, "Remote-Party-ID")
    )


def _name_of(identities: list[NameAddr], number: str | None) -> tuple[str | None, bytes]:
    """The first name that says more than the number does."""
    for address in identities:
        if (address.parameter("privacy") or "").lower() in _NAME_WITHHELD:
            continue
        bare = _SEPARATORS.sub("", address.name)
        if address.name and address.name.lower() not in _NO_NAMES and bare not in (number, number_of(address)):
            return address.name, address.name_bytes
    return None, b""


def _called(request: Request) -> str | None:
    for address in (*fields.name_addrs(request, "P-Called-Party-ID"), fields.to(request)):
        if (called := number_of(address)) is not None:
            return called
    return None


def _first_called(request: Request) -> str | None:
    """Diversion has the latest on top (RFC 5806 §4), History-Info the first (RFC 7044 §9.1)."""
    for address in reversed(fields.name_addrs(request, "Diversion")):
        if _absence(address) is None and (number := number_of(address)) is not None:
            return number
    return _first_in_history(fields.name_addrs(request, "History-Info"))


def _first_in_history(history: tuple[NameAddr, ...]) -> str | None:
    """Who the call was for before it was sent on to another user.

    Every proxy on the way adds an entry, also one that only finds the telephone of the same user; what tells a
    diversion is the cause in the new target (RFC 4458), a Reason within the old one, or `mp`, the mark of a mapping to
    another user.
    """
    numbers = [number_of(entry) for entry in history]
    was_diverted = any(
        _cause(entry) in _DIVERTED or (entry.parameter("mp") is not None and number != numbers[0])
        for entry, number in zip(history, numbers, strict=True)
    )
    if not was_diverted or _absence(history[0]) is not None:
        return None
    return numbers[0]


def _cause(entry: NameAddr) -> int | None:
    """By which status the call was sent on (RFC 4458 §2.1; RFC 7044 §4.1: `?Reason=SIP%3Bcause%3D302`)."""
    uri = entry.uri
    if uri is None:
        return None
    if (cause := uri.parameter("cause")) is not None:
        return fields.whole_number(cause, 699)
    for name, value in uri.headers:
        reason = fields.read_reason(value) if name.lower() == "reason" else None
        if reason is not None and reason.protocol == "SIP":
            return reason.cause
    return None


def _said(request: Request) -> Iterator[tuple[str, bytes]]:
    wanted = {name.lower(): name for name in _SAID}
    for name, value in request.headers:
        if (known := wanted.get(name.lower())) is not None:
            yield known, value.encode("utf-8", "surrogateescape")[:LONGEST_SAID]
