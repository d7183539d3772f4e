"""What the account of a line is, as the core needs it. Nothing is looked up here: no files, no names of hosts."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_EXPIRES_S = 60
"""Asked for at registration. Short: a server that restarts between two pings has forgotten us for 48 s at most."""

DEFAULT_PING_S = 5.0
"""Between two OPTIONS to the server while registered; 0: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """One account of one line.

    `contact_user` is the user part of our Contact. Nobody can guess it, so a request that names it has seen our
    registration. `instance` is a UUID URN (RFC 5626 §4.1) that stays the same for ever on one machine. `identity` is
    "asserted" (believe what the exchange asserts before what the caller says) or "from". `redirect_targets` are the
    only numbers or URIs that a call may be sent on to.
    """

    line: str
    account: str
    domain: str
    server: str
    contact_user: str
    instance: str
    auth_user: str = ""
    password: str = field(default="", repr=False)
    expires_s: int = DEFAULT_EXPIRES_S
    ping_s: float = DEFAULT_PING_S
    identity: str = "asserted"
    watch: bool = False
    redirect_targets: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    user_agent: str = "dutyphone"

    @property
    def address_of_record(self) -> str:
        """RFC 3261 §10.2: what is registered."""
        return f"sip:{self.account}@{_bracketed(self.domain)}"

    @property
    def registrar(self) -> str:
        """The Request-URI of REGISTER: the domain, without a user (RFC 3261 §10.2)."""
        return f"sip:{_bracketed(self.domain)}"

    @property
    def login(self) -> str:
        """Who logs in; carriers often give it a name of its own."""
        return self.auth_user or self.account


def _bracketed(host: str) -> str:
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
