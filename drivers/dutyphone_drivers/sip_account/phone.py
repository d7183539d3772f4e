"""The wire of an account: sockets to core to recorder, in one thread.

Three threads at most, however many calls: this one, which is the line's own, waits at the sockets and runs the core;
the teller hands on what was said; and while the line is down one asks the name service again.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from secrets import randbits, token_hex
from typing import Any

from dutyphone.clock import Moment
from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.driver import LineHost, WireDirection
from dutyphone.lines.events import LineEvent, LineLost, LineOpened, LossReason, RequestAnswered, WireNoise
from dutyphone.lines.requests import LineRequest
from dutyphone_drivers.sip_account.core import SipCore
from dutyphone_drivers.sip_account.endpoints import Arrived, Endpoints
from dutyphone_drivers.sip_account.keepsakes import instance_of, read_password
from dutyphone_drivers.sip_account.lookout import Lookout
from dutyphone_drivers.sip_account.masks import masked
from dutyphone_drivers.sip_account.media import Media, read_announcement
from dutyphone_drivers.sip_account.plugin import split_host
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.switchboard import Switchboard
from dutyphone_drivers.sip_account.teller import Teller
from dutyphone_drivers.sip_account.whereabouts import Way, find_servers, own_address, tls_context, ways_to
from dutyphone_drivers.sip_account.wire import Address, Transport

FAREWELL_S = 1.5
"""How long the server has to take our binding back when the line is stopped."""

log = logging.getLogger(__name__)

Order = Callable[[Switchboard, Moment], Sequence[LineEvent]]
"""Something to be done in the thread of the wire."""

LINE_DOWN = "line_down"
"""Why a request was refused, as `RequestAnswered.why` says it."""


class SipPhone:
    """A `dutyphone.lines.driver.Driver` for one account; `options` as `plugin.read_options` gives them.

    It is `Wakeable` and `Obeying`, too.
    """

    def __init__(self, line: str, options: Mapping[str, Any]) -> None:
        self._line, self._options = line, options
        self._stop = threading.Event()
        self._orders: deque[Order] = deque()
        self._requests: deque[LineRequest] = deque()
        self._endpoints: Endpoints | None = None
        self._told_lost = False

    def run(self, host: LineHost) -> None:
        """Listen until stopped. Raises `LineGone` where waiting alone mends nothing: no password, no way, no name."""
        if self._stop.is_set() or host.stopping():
            return
        try:
            settings = self._settings(host)
            announcement = read_announcement(self._options["announcement"])
            ways = itertools.cycle(self._ways())
            for turn in itertools.count():
                way = next(ways)
                if self._listen_by(way, host, settings, announcement, patience_s=way.patience_s(turn)):
                    self._turn_down_requests(host)
                    return
        except LineGone as gone:
            if not self._told_lost:
                detail = gone.evidence or gone.message
                host.post([LineLost(line=self._line, at=host.clock.now(), reason=gone.reason, detail=detail)])
            self._turn_down_requests(host)
            raise

    def stop(self) -> None:
        """Make `run` return."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Make `run` look at the clock again."""
        endpoints = self._endpoints
        if endpoints is not None:
            endpoints.wake()

    def carry_out(self, request: LineRequest) -> None:
        """Have `request` done. From any thread; what became of it is an event."""
        self._requests.append(request)
        self.wake()

    # --- one run -------------------------------------------------------------------------------------------------

    def _listen_by(
        self, way: Way, host: LineHost, settings: AccountSettings, announcement: bytes, *, patience_s: float | None
    ) -> bool:
        """Listen at one way to the servers; False if nothing was opened there in `patience_s`."""
        endpoints = self._open(way.servers[0])
        self._endpoints = endpoints
        teller = Teller(host)
        core = self._make_core(settings)
        switchboard = Switchboard(
            self._line,
            core,
            lambda on_digit, number: Media(endpoints.local.host, announcement, on_digit, number),
            self._pass_digit,
            first_session=randbits(31),
        )
        try:
            return self._listen(host, _Wire(host, teller, endpoints, core, switchboard), way, patience_s)
        finally:
            switchboard.end()
            self._endpoints = None
            endpoints.close()
            teller.end()

    def _listen(self, host: LineHost, wire: _Wire, way: Way, patience_s: float | None) -> bool:
        clock, endpoints, core = host.clock, wire.endpoints, wire.core
        lookout = Lookout(lambda: self._has_moved(way, endpoints))
        self._told_lost = False
        give_up_at = None if patience_s is None else clock.now().mono + patience_s
        wire.carry(core.start(clock.now(), endpoints.local, way.servers))
        while not (self._stop.is_set() or host.stopping()):
            wire.turn(_earlier(lookout.next_deadline(), None if wire.was_up else give_up_at))
            while self._orders:
                wire.carry(self._orders.popleft()(wire.switchboard, clock.now()))
            while self._requests:
                wire.carry(wire.switchboard.carry_out(self._requests.popleft(), clock.now()))
            lookout.watch(is_down=wire.is_down, now=clock.now())
            if wire.told_down is not None:
                self._told_lost = True
                host.tell(self._gone(wire.told_down))
                wire.told_down = None
            if lookout.saw_move():
                wire.carry(core.lost(LossReason.NETWORK, clock.now(), "the network changed"))
                self._told_lost = True
                raise LineGone(
                    LossReason.NETWORK,
                    _("The network changed; the line is opened anew."),
                    advice=_("Nothing is to be done."),
                )
            if give_up_at is not None and not wire.was_up and clock.now().mono >= give_up_at:
                return False
        wire.carry(core.stop(clock.now()))
        until = clock.now().mono + FAREWELL_S
        while not core.ended and clock.now().mono < until:
            wire.turn(until)
        return True

    def _pass_digit(self, call_ref: str, digit: str) -> None:
        """From the thread of the sound into that of the wire."""
        self._orders.append(lambda switchboard, now: switchboard.hear_digit(call_ref, digit, now))
        self.wake()

    def _turn_down_requests(self, host: LineHost) -> None:
        now = host.clock.now()
        while self._requests:
            request = self._requests.popleft().request
            host.post([RequestAnswered(line=self._line, at=now, request=request, done=False, why=LINE_DOWN)])

    def _make_core(self, settings: AccountSettings) -> SipCore:
        return SipCore(settings, lambda: token_hex(8))

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

    def _ways(self) -> tuple[Way, ...]:
        host, port = split_host(self._options["outbound_proxy"] or self._options["server"])
        local = split_host(self._options["local"])[0] if self._options["local"] else ""
        return ways_to(find_servers(host, port, Transport(self._options["transport"])), local)

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

    def _has_moved(self, way: Way, endpoints: Endpoints) -> bool:
        """Whether the server is elsewhere now, or we are. May wait for the name service."""
        try:
            if way not in self._ways():
                return True
            return not self._options["local"] and own_address(way.servers[0]) != endpoints.local.host
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
            advice = _("Is the network there, is the exchange switched on, is the address right?")
        return LineGone(event.reason, message, advice=advice, evidence=event.detail)


def _earlier(one: float | None, other: float | None) -> float | None:
    return min((at for at in (one, other) if at is not None), default=None)


class _Wire:
    """Carries messages between the sockets and the core, and what is said of them to the teller."""

    def __init__(
        self, host: LineHost, teller: Teller, endpoints: Endpoints, core: SipCore, switchboard: Switchboard
    ) -> None:
        self._line, self._clock, self._teller = host.line, host.clock, teller
        self.endpoints, self.core, self.switchboard = endpoints, core, switchboard
        self.is_down = self.was_up = False
        self.told_down: LineLost | None = None  # to be told to people

    def turn(self, until: float | None) -> None:
        """Wait for something, at most until the `mono` second `until`, and do what is to be done."""
        waits = (until, self.core.next_deadline(), self.switchboard.next_deadline())
        due = min((at for at in waits if at is not None), default=None)
        for came in self.endpoints.wait(None if due is None else max(0.0, due - self._clock.now().mono)):
            now = self._clock.now()
            if isinstance(came, Arrived):
                self._teller.keep(WireDirection.FROM_DEVICE, came.data, now)
                self.carry(self._receive(came, now))
            else:
                self.carry(self.core.failed(came.to, now, came.detail))
        now = self._clock.now()
        self.carry(self.core.on_deadline(now))
        self.carry(self.switchboard.on_deadline(now))

    def carry(self, events: Sequence[LineEvent]) -> None:
        """Tell first, then send: what was heard matters more than what is said."""
        now = self._clock.now()
        self._teller.post(events)
        self._teller.post(self.switchboard.follow(events, now))
        for event in events:
            if isinstance(event, LineLost):
                self.is_down, self.told_down = True, event
            elif isinstance(event, LineOpened):
                self.is_down, self.told_down, self.was_up = False, None, True
        for packet in self.core.take_output():
            self._teller.keep(WireDirection.TO_DEVICE, masked(packet.data), now)
            self.endpoints.send(packet)

    def _receive(self, came: Arrived, now: Moment) -> Sequence[LineEvent]:
        """A message that breaks the core, which none should, costs itself and nothing else."""
        try:
            return self.core.receive(came.data, came.source, now)
        except Exception:
            log.exception("line %s: a message could not be understood", self._line)
            return [WireNoise(line=self._line, at=now, wire=came.data)]
