"""Who calls, in every form in which exchanges and carriers write it.

From and display names: RFC 3261 §20.20; P-Asserted-Identity and Privacy: RFC 3325, RFC 3323; Remote-Party-ID:
draft-ietf-sip-privacy-04; tel: RFC 3966; Diversion: RFC 5806; History-Info: RFC 7044.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from dutyphone_simulators.sip.addresses import quoted

COUNTRY = "+86"
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
"""RFC 3323 §4.1.1.3."""


class IdentityForm(Enum):
    """How the caller is written."""

    FROM = "from"  # "name" <sip:number@host>
    UNQUOTED = "unquoted"  # name <sip:number@host>; a name that is no token is quoted all the same
    BARE = "bare"  # sip:number@host, no name and no brackets
    GBK = "gbk"  # the name in the bytes of GBK
    TEL = "tel"  # <tel:+86...>
    SIPS = "sips"
    USER_PHONE = "user_phone"  # <sip:+86...@host;user=phone>
    ASSERTED = "asserted"  # anonymous From, the truth in P-Asserted-Identity
    ASSERTED_TWICE = "asserted_twice"  # the same, as sip and as tel
    REMOTE_PARTY = "remote_party"  # anonymous From, the truth in Remote-Party-ID
    WITHHELD = "withheld"  # the exchange tells, but the caller asked that nobody be shown: Privacy: id
    ANONYMOUS = "anonymous"  # nobody says who it is, because the caller asked for that
    UNAVAILABLE = "unavailable"  # nobody says who it is, because nobody knows (RFC 3398 §8.2.1.1)


NAMELESS = frozenset({IdentityForm.ANONYMOUS, IdentityForm.UNAVAILABLE})
"""The forms in which not even the exchange's own telephones learn a number."""

HIDDEN = NAMELESS | {IdentityForm.WITHHELD}
"""The forms in which nobody is to be shown a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who calls. `diverted_from` is the number that was called first; `history` tells it by History-Info."""

    number: str = "01055501234"
    name: str = ""
    form: IdentityForm = IdentityForm.FROM
    diverted_from: str = ""
    history: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The From of an INVITE, without its tag, and the headers that say more."""

    from_: str
    headers: tuple[tuple[str, str], ...] = ()


def global_number(number: str) -> str:
    """A Chinese number as it is written for the whole world (E.164): without the 0 of the trunk."""
    return number if number.startswith("+") else COUNTRY + number.removeprefix("0")


def identity(caller: Caller, *, host: str, called: str) -> Identity:
    """How `caller`, known to the exchange at `host`, is written in an INVITE for `called`."""
    written = _WRITERS[caller.form](caller, host)
    headers = (*written.headers, *_diversion(caller, host, called))
    return Identity(from_=written.from_, headers=headers)


def _name(text: str) -> str:
    return f"{quoted(text)} " if text else ""


def _sip(caller: Caller, host: str, *, scheme: str = "sip") -> str:
    return f"{_name(caller.name)}<{scheme}:{caller.number}@{host}>"


def _from(caller: Caller, host: str) -> Identity:
    return Identity(from_=_sip(caller, host))


def _unquoted(caller: Caller, host: str) -> Identity:
    plain = all(char.isascii() and (char.isalnum() or char in "-.!%*_+`'~ ") for char in caller.name)
    return Identity(from_=f"{caller.name} <sip:{caller.number}@{host}>" if plain else _sip(caller, host))


def _bare(caller: Caller, host: str) -> Identity:
    return Identity(from_=f"sip:{caller.number}@{host}")


def _gbk(caller: Caller, host: str) -> Identity:
    name = caller.name.encode("gb18030").decode("utf-8", "surrogateescape")
    return Identity(from_=f"{_name(name)}<sip:{caller.number}@{host}>")


def _tel(caller: Caller, _host: str) -> Identity:
    return Identity(from_=f"{_name(caller.name)}<tel:{global_number(caller.number)}>")


def _sips(caller: Caller, host: str) -> Identity:
    return Identity(from_=_sip(caller, host, scheme="sips"))


def _user_phone(caller: Caller, host: str) -> Identity:
    return Identity(from_=f"{_name(caller.name)}<sip:{global_number(caller.number)}@{host};user=phone>")


def _asserted(caller: Caller, host: str) -> Identity:
    return Identity(from_=ANONYMOUS, headers=(("P-Asserted-Identity", _sip(caller, host)),))


def _asserted_twice(caller: Caller, host: str) -> Identity:
    both = f"{_sip(caller, host)}, <tel:{global_number(caller.number)}>"
    return Identity(from_=ANONYMOUS, headers=(("P-Asserted-Identity", both),))


def _remote_party(caller: Caller, host: str) -> Identity:
    value = f"{_sip(caller, host)};party=calling;id-type=subscriber;privacy=off;screen=yes"
    return Identity(from_=ANONYMOUS, headers=(("Remote-Party-ID", value),))


def _withheld(caller: Caller, host: str) -> Identity:
    return Identity(from_=ANONYMOUS, headers=(("P-Asserted-Identity", _sip(caller, host)), ("Privacy", "id")))


def _anonymous(_caller: Caller, _host: str) -> Identity:
    return Identity(from_=ANONYMOUS, headers=(("Privacy", "id"),))


def _unavailable(_caller: Caller, host: str) -> Identity:
    return Identity(from_=f'"Unavailable" <sip:unavailable@{host}>')


_WRITERS: Mapping[IdentityForm, Callable[[Caller, str], Identity]] = {
    IdentityForm.FROM: _from,
    IdentityForm.UNQUOTED: _unquoted,
    IdentityForm.BARE: _bare,
    IdentityForm.GBK: _gbk,
    IdentityForm.TEL: _tel,
    IdentityForm.SIPS: _sips,
    IdentityForm.USER_PHONE: _user_phone,
    IdentityForm.ASSERTED: _asserted,
    IdentityForm.ASSERTED_TWICE: _asserted_twice,
    IdentityForm.REMOTE_PARTY: _remote_party,
    IdentityForm.WITHHELD: _withheld,
    IdentityForm.ANONYMOUS: _anonymous,
    IdentityForm.UNAVAILABLE: _unavailable,
}


def _diversion(caller: Caller, host: str, called: str) -> tuple[tuple[str, str], ...]:
    first = caller.diverted_from
    if not first:
        return ()
    if caller.history:
        moved = f"<sip:{called}@{host};cause=302>;index=1.1;rc=1"
        return (("History-Info", f"<sip:{first}@{host}>;index=1, {moved}"),)
    return (("Diversion", f"<sip:{first}@{host}>;reason=unconditional;counter=1;screen=yes;privacy=off"),)
