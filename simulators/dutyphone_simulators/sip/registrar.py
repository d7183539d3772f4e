"""Who is registered, where and for how long (RFC 3261 §10.3, RFC 5626 for instances)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dutyphone.clock import Moment
from dutyphone_simulators.sip.addresses import Address, Uri, parse_address
from dutyphone_simulators.sip.agenda import Agenda
from dutyphone_simulators.sip.messages import Headers, Request
from dutyphone_simulators.sip.network import Channel
from dutyphone_simulators.sip.settings import Account, ExchangeSettings

MOST_BINDINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One telephone of an account."""

    account: str
    contact: Address
    channel: Channel
    call_id: str
    cseq: int
    expires_at: float  # mono seconds
    since: Moment
    refreshed: int = 0
    agent: str = ""

    @property
    def instance(self) -> str:
        return self.contact.params.get("+sip.instance", "")


@dataclass(frozen=True, slots=True)
class Registered:
    """What a REGISTER is answered with."""

    status: int
    headers: Headers = ()


class Registrar:
    """The bindings of every account. Credentials have been looked at before anything comes here."""

    def __init__(self, settings: ExchangeSettings, agenda: Agenda) -> None:
        self._settings, self._agenda = settings, agenda
        self._bindings: dict[str, list[Binding]] = {account.name: [] for account in settings.accounts}
        self.on_change: Callable[[Binding, bool], None] = lambda _binding, _there: None
        self.history: list[tuple[Moment, str, int]] = []  # account, and the seconds it was granted (0: gone)

    def bindings(self, account: str) -> list[Binding]:
        """Those that have not run out."""
        now = self._agenda.now.mono
        return [binding for binding in self._bindings.get(account, ()) if binding.expires_at > now]

    def register(self, request: Request, account: Account, channel: Channel) -> Registered:
        """Do what an authenticated REGISTER asks."""
        contacts = request.every("contact")
        asked = _seconds(request.first("expires"))
        number, _ = request.cseq
        if contacts == ["*"]:
            if asked != 0 or not self._in_order(account.name, request.call_id, number):
                return Registered(400)
            for binding in self.bindings(account.name):
                self._remove(binding)
            return self._report(account, {})
        granted: dict[str, int] = {}
        wanted: list[tuple[Address, int]] = []
        for value in contacts:
            try:
                contact = parse_address(value)
            except ValueError:
                return Registered(400)
            seconds = _seconds(contact.params.get("expires"))
            seconds = seconds if seconds is not None else asked
            seconds = self._settings.usual_expires_s if seconds is None else seconds
            if 0 < seconds < self._settings.least_expires_s and seconds < 3600:
                return Registered(423, (("Min-Expires", str(self._settings.least_expires_s)),))
            wanted.append((contact, min(seconds, self._settings.most_expires_s)))
        if len(wanted) > MOST_BINDINGS:
            return Registered(403)
        if wanted and not self._in_order(account.name, request.call_id, number):
            return Registered(500)
        for contact, seconds in wanted:
            self._bind(account.name, contact, seconds, request, channel)
            granted[str(contact.uri)] = seconds
        return self._report(account, granted)

    def connection_lost(self, channel: Channel) -> None:
        """Telephones behind a connection that is gone cannot be reached (RFC 5626 §3.2)."""
        for name in self._bindings:
            for binding in self.bindings(name):
                if binding.channel == channel:
                    self._remove(binding)

    def forget(self) -> None:
        """As after a restart without a database."""
        for bindings in self._bindings.values():
            bindings.clear()

    def _bind(self, account: str, contact: Address, seconds: int, request: Request, channel: Channel) -> None:
        old = self._same(account, contact)
        if seconds == 0:
            if old is not None:
                self._remove(old)
            return
        now = self._agenda.now
        binding = Binding(
            account=account,
            contact=contact,
            channel=channel,
            call_id=request.call_id,
            cseq=request.cseq[0],
            expires_at=now.mono + seconds,
            since=old.since if old is not None else now,
            refreshed=old.refreshed + 1 if old is not None else 0,
            agent=request.get("user-agent"),
        )
        bindings = self._bindings[account]
        if old is not None:
            bindings[bindings.index(old)] = binding
        else:
            self._bindings[account] = [*self.bindings(account), binding]
        self.history.append((now, account, seconds))
        self._agenda.after(seconds, lambda: self._run_out(account))
        if old is None or str(old.contact.uri) != str(contact.uri):
            self.on_change(binding, True)

    def _remove(self, binding: Binding) -> None:
        self._bindings[binding.account].remove(binding)
        self.history.append((self._agenda.now, binding.account, 0))
        self.on_change(binding, False)

    def _run_out(self, account: str) -> None:
        for binding in list(self._bindings[account]):
            if binding.expires_at <= self._agenda.now.mono:
                self._remove(binding)

    def _same(self, account: str, contact: Address) -> Binding | None:
        """The binding that `contact` replaces: of the same URI, or of the same instance and registration."""
        for binding in self.bindings(account):
            known = binding.contact
            if _same_uri(known.uri, contact.uri):
                return binding
            if "reg-id" in contact.params and _flow(known) == _flow(contact):
                return binding
        return None

    def _in_order(self, account: str, call_id: str, number: int) -> bool:
        """Within one Call-ID numbers only grow (§10.3 step 7)."""
        return all(
            number > binding.cseq for binding in self.bindings(account) if binding.call_id == call_id and call_id
        )

    def _report(self, account: Account, granted: dict[str, int]) -> Registered:
        """Every binding there is, each with what is left of its time."""
        now = self._agenda.now.mono
        headers: list[tuple[str, str]] = []
        for binding in self.bindings(account.name):
            left = granted.get(str(binding.contact.uri), max(0, round(binding.expires_at - now)))
            flow = [
                (name, value) for name, value in binding.contact.params.items() if name in ("+sip.instance", "reg-id")
            ]
            params = "".join(f';{name}="{value}"' if name[0] == "+" else f";{name}={value}" for name, value in flow)
            expires = "" if self._settings.grant_in_header else f";expires={left}"
            headers.append(("Contact", f"<{binding.contact.uri}>{expires}{params}"))
        if self._settings.grant_in_header and granted:
            headers.append(("Expires", str(min(granted.values()))))
        headers.append(("Date", f"{self._agenda.now.utc:%a, %d %b %Y %H:%M:%S} GMT"))
        return Registered(200, (*headers, *self._settings.register_headers))


def _seconds(text: str | None) -> int | None:
    """Delta-seconds; None if missing or unreadable, which counts as missing (§20.19)."""
    return int(text) if text is not None and text.strip().isdecimal() and len(text) <= 10 else None


def _same_uri(one: Uri, other: Uri) -> bool:
    """As far as contacts of telephones go (§19.1.4)."""
    plain = [
        replace(
            uri, host=uri.host.lower(), params={name: uri.params[name] for name in ("transport",) if name in uri.params}
        )
        for uri in (one, other)
    ]
    return plain[0] == plain[1]


def _flow(contact: Address) -> tuple[str, str]:
    return contact.params.get("+sip.instance", ""), contact.params.get("reg-id", "")
