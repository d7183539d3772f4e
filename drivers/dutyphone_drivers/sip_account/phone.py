"""The wire of an account: sockets to core to recorder, in one thread.

Three threads at most, however many calls: this one, which is the line's own, waits at the sockets and runs the core;
the teller hands on what was said; and while the line is down one asks the name service again.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from typing import Any

from dutyphone.clock import Moment
from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.driver import LineHost, WireDirection
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason, WireNoise
from dutyphone_drivers.sip_account.core import SipCore
from dutyphone_drivers.sip_account.endpoints import Arrived, Endpoints
from dutyphone_drivers.sip_account.keepsakes import instance_of, read_password
from dutyphone_drivers.sip_account.lookout import Lookout
from dutyphone_drivers.sip_account.masks import masked
from dutyphone_drivers.sip_account.plugin import split_host
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.teller import Teller
from dutyphone_drivers.sip_account.whereabouts import find_servers, own_address, tls_context
from dutyphone_drivers.sip_account.wire import Address, Transport

FAREWELL_S = 1.5
"""How long the server has to take our binding back when the line is stopped."""

log = logging.getLogger(__name__)

Order = Callable[[SipCore, Moment], Sequence[LineEvent]]
"""Something to be done with the core, in the thread of the wire."""


class SipPhone:
    """A `dutyphone.lines.driver.Driver` for one account; `options` as `plugin.read_options` gives them."""

    def __init__(self, line: str, options: Mapping[str, Any]) -> None:
        self._line, self._options = line, options
        self._stop = threading.Event()
        self._orders: deque[Order] = deque()
        self._endpoints: Endpoints | None = None

    def run(self, host: LineHost) -> None:
        """Listen until stopped. Raises `LineGone` where waiting alone mends nothing: no password, no way, no name."""
        if self._stop.is_set() or host.stopping():
            return
        try:
            settings = self._settings(host)
            servers = self._servers()
            endpoints = self._open(servers[0])
        except LineGone as gone:
            detail = gone.evidence or gone.message
            host.post([LineLost(line=self._line, at=host.clock.now(), reason=gone.reason, detail=detail)])
            raise
        self._endpoints = endpoints
        teller = Teller(host)
        try:
            self._listen(host, teller, endpoints, SipCore(settings, lambda: token_hex(8)), servers)
        finally:
            self._endpoints = None
            endpoints.close()
            teller.end()

    def stop(self) -> None:
        """Make `run` return."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Make `run` look at the clock again."""
        endpoints = self._endpoints
        if endpoints is not None:
            endpoints.wake()

    def order(self, order: Order) -> None:
        """Have something done with the core. From any thread; it is done while the line is listened to, or never."""
        self._orders.append(order)
        self.wake()

    # --- one run -------------------------------------------------------------------------------------------------

    def _listen(
        self, host: LineHost, teller: Teller, endpoints: Endpoints, core: SipCore, servers: tuple[Address, ...]
    ) -> None:
        clock, wire = host.clock, _Wire(host, teller, endpoints, core)
        lookout = Lookout(lambda: self._has_moved(servers, endpoints))
        self._orders.clear()
        wire.carry(core.start(clock.now(), endpoints.local, servers))
        while not (self._stop.is_set() or host.stopping()):
            wire.turn(lookout.next_deadline())
            while self._orders:
                wire.carry(self._orders.popleft()(core, clock.now()))
            lookout.watch(is_down=wire.is_down, now=clock.now())
            if wire.told_down is not None:
                host.tell(self._gone(wire.told_down))
                wire.told_down = None
            if lookout.saw_move():
                teller.post(core.lost(LossReason.NETWORK, clock.now(), "the network changed"))
                raise LineGone(
                    LossReason.NETWORK,
                    _("The network changed; the line is opened anew."),
                    advice=_("Nothing is to be done."),
                )
        wire.carry(core.stop(clock.now()))
        until = clock.now().mono + FAREWELL_S
        while not core.ended and clock.now().mono < until:
            wire.turn(until)

    # --- what is asked of the system -----------------------------------------------------------------------------

    def _settings(self, host: LineHost) -> AccountSettings:
        options = self._options
        instance = instance_of(options["account"], host.state_folder)
        return AccountSettings(
            line=self._line,
            account=options["account"],
            domain=options["domain"] or split_host(options["server"])[0],
            server=options["server"],
            contact_user=instance.token,
            instance=instance.urn,
            auth_user=options["auth_user"],
            password=read_password(options["password_file"], options["password_env"], os.environ),
            expires_s=options["expires_s"],
            ping_s=options["ping_s"],
            identity=options["identity"],
            watch=options["watch"],
            redirect_targets=options["redirect_targets"],
            trusted=options["trusted"],
        )

    def _servers(self) -> tuple[Address, ...]:
        host, port = split_host(self._options["outbound_proxy"] or self._options["server"])
        return find_servers(host, port, Transport(self._options["transport"]))

    def _open(self, server: Address) -> Endpoints:
        options, transport = self._options, server.transport
        host, port = split_host(options["local"]) if options["local"] else (own_address(server), None)
        secure = transport is Transport.TLS
        context = tls_context(options["tls_ca_file"], verify=options["tls_verify"]) if secure else None
        name = split_host(options["server"])[0]
        try:
            return Endpoints(transport, host, port or 0, context=context, server_name=name)
        except OSError as fault:
            raise LineGone(
                LossReason.PORT_BUSY,
                _("The address {address} cannot be used here.").format(address=options["local"] or host),
                advice=_("Does another telephone program use it, does this machine have it? `local` chooses another."),
                evidence=str(fault),
            ) from fault

    def _has_moved(self, servers: tuple[Address, ...], endpoints: Endpoints) -> bool:
        """Whether the server is elsewhere now, or we are. May wait for the name service."""
        try:
            found = self._servers()
            return found != servers or (not self._options["local"] and own_address(found[0]) != endpoints.local.host)
        except LineGone:
            return False

    def _gone(self, event: LineLost) -> LineGone:
        options = self._options
        if event.reason is LossReason.NOT_REGISTERED:
            message = _("The server {server} does not register the account {account}: {said}").format(
                server=options["server"], account=options["account"], said=event.detail
            )
            advice = _("Are account, auth_user and password right? Does the exchange allow another telephone on it?")
        else:
            message = _("The server {server} does not answer.").format(server=options["server"])
            advice = _("Is the network there, is the exchange switched on? The line is tried again by itself.")
        return LineGone(event.reason, message, advice=advice, evidence=event.detail)


class _Wire:
    """Carries messages between the sockets and the core, and what is said of them to the teller."""

    def __init__(self, host: LineHost, teller: Teller, endpoints: Endpoints, core: SipCore) -> None:
        self._line, self._clock = host.line, host.clock
        self._teller, self._endpoints, self._core = teller, endpoints, core
        self.is_down = False
        self.told_down: LineLost | None = None  # to be told to people

    def turn(self, until: float | None) -> None:
        """Wait for something, at most until the `mono` second `until`, and do what is to be done."""
        due = [at for at in (until, self._core.next_deadline()) if at is not None]
        timeout_s = max(0.0, min(due) - self._clock.now().mono) if due else None
        for came in self._endpoints.wait(timeout_s):
            now = self._clock.now()
            if isinstance(came, Arrived):
                self._teller.keep(WireDirection.FROM_DEVICE, came.data, now)
                self.carry(self._receive(came, now))
            else:
                self.carry(self._core.failed(came.to, now))
        self.carry(self._core.on_deadline(self._clock.now()))

    def carry(self, events: Sequence[LineEvent]) -> None:
        """Tell first, then send: what was heard matters more than what is said."""
        self._teller.post(events)
        for event in events:
            if isinstance(event, LineLost):
                self.is_down, self.told_down = True, event
            elif isinstance(event, LineOpened):
                self.is_down, self.told_down = False, None
        for packet in self._core.take_output():
            self._teller.keep(WireDirection.TO_DEVICE, masked(packet.data), self._clock.now())
            self._endpoints.send(packet)

    def _receive(self, came: Arrived, now: Moment) -> Sequence[LineEvent]:
        """A message that breaks the core, which none should, costs itself and nothing else."""
        try:
            return self._core.receive(came.data, came.source, now)
        except Exception:
            log.exception("line %s: a message could not be understood", self._line)
            return [WireNoise(line=self._line, at=now, wire=came.data)]
