"""Where the account is reached: our Contact as we say it, and as the registrar writes it down (RFC 3261 §10.2.1).

A registrar may know us by another address (a NAT is between, RFC 3581), write ours down in words of its own, and still
hold addresses at which nobody of us listens any more. Those are taken back with the next REGISTER.
"""

from __future__ import annotations

from dutyphone.clock import Moment
from dutyphone_drivers.sip_account.fields import NameAddr, contacts, seconds, top_via
from dutyphone_drivers.sip_account.message import Field, Response
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.wire import Address, Transport, hostport

NAT_PATIENCE_S = 10.0
"""A NAT that gives us another address is followed at once, but not more often than this."""

LONGEST_EXPIRES_S = 86_400
"""A grant, or a Min-Expires (423), beyond a day is not believed."""


class Binding:
    """The binding of one account. Ask nothing before `start`."""

    def __init__(self, settings: AccountSettings) -> None:
        self._user, self._instance = settings.contact_user, settings.instance
        self._local: Address | None = None
        self._seen_as: tuple[str, int] | None = None  # how the server sees us, if a NAT is between
        self._stale: tuple[str, ...] = ()  # to be taken back with the next REGISTER
        self._taken_back: set[str] = set()
        self._written_as: frozenset[str] = frozenset()  # our binding, in the server's words
        self._moved_at: float | None = None

    def start(self, local: Address) -> None:
        """`local` is our socket now."""
        self._local, self._seen_as = local, None

    @property
    def contact(self) -> str:
        """Our Contact, as the far side reaches it."""
        local = self._local
        assert local is not None
        host, port = self._seen_as or (local.host, local.port)
        transport = "" if local.transport is Transport.UDP else f";transport={local.transport.value}"
        return f"sip:{self._user}@{hostport(host, port)}{transport}"

    def fields(self, expires_s: int) -> tuple[Field, ...]:
        """The Contact fields of a REGISTER: ours for `expires_s`, and what is to be taken back."""
        ours = f'<{self.contact}>;+sip.instance="<{self._instance}>";expires={expires_s}'
        return (("Contact", ours), *(("Contact", f"<{stale}>;expires=0") for stale in self._stale))

    def granted_s(self, response: Response, asked_s: int) -> int:
        """For how long the server binds us, which was asked for `asked_s`.

        Where we are not among the bindings as we asked to be, the server wrote us down in its own way (an address it
        saw, no usual port): then whatever has our user part is ours.
        """
        bindings = self._of_our_user(response)
        own = [binding for binding in bindings if _place(binding) == _place(self.contact)] or bindings
        self._written_as = frozenset(map(_place, own))
        default = seconds_or(response.headers.get("Expires"), asked_s)
        granted = (seconds_or(dict(each.parameters).get("expires"), default) for each in own)
        return min(min(granted, default=default), LONGEST_EXPIRES_S)

    def is_to_be_mended(self, response: Response, now: Moment) -> bool:
        """Whether to register once more: somebody is bound in our name who is gone, or we are reached elsewhere."""
        others = [str(binding.uri) for binding in self._of_our_user(response) if not self._is_ours(binding)]
        self._stale = tuple(contact for contact in others if contact not in self._taken_back)
        self._look_from_outside(response, now)
        self._taken_back.update(self._stale)
        return bool(self._stale)

    def is_among(self, response: Response) -> bool:
        """Whether the server's list of bindings has ours."""
        return any(self._is_ours(binding) for binding in contacts(response))

    def _of_our_user(self, response: Response) -> list[NameAddr]:
        return [each for each in contacts(response) if each.uri is not None and each.uri.user == self._user]

    def _is_ours(self, binding: NameAddr) -> bool:
        return _place(binding) in self._written_as

    def _look_from_outside(self, response: Response, now: Moment) -> None:
        """A NAT may give us another address than we thought: then that is where we are to be called."""
        via, local = top_via(response), self._local
        if via is None or local is None or local.transport is not Transport.UDP:
            return
        seen = (via.received or via.host.strip("[]"), via.rport or via.port or local.port)
        if seen == (self._seen_as or (local.host, local.port)):
            return
        if self._moved_at is not None and now.mono - self._moved_at < NAT_PATIENCE_S:
            return
        self._moved_at = now.mono
        self._stale += (self.contact,)
        self._seen_as = None if seen == (local.host, local.port) else seen


def seconds_or(text: str | None, otherwise: int) -> int:
    """A number of seconds as header fields have it; `otherwise` where there is none."""
    found = None if text is None else seconds(text)
    return otherwise if found is None else found


def _place(contact: NameAddr | str) -> str:
    """What of a Contact servers leave as it is: they add parameters, and change the case of its host."""
    text = contact if isinstance(contact, str) else str(contact.uri or "")
    return text.split(";")[0].lower()
