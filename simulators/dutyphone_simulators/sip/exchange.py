"""A simulated exchange on real sockets: the pure `SipExchange` with one thread that carries packets and time to it.

    with SimulatedExchange(ExchangeSettings(...)) as exchange:
        ...                                    # a telephone registers at exchange.server
        record = exchange.call("1001", number="01055501234", gives_up_s=0.2)
        exchange.wait_over(record)

Every verb may be called from any thread. Records fill by themselves; `records` and `wait_for` look at them.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dutyphone.clock import Clock, SystemClock
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone_simulators.sip.addresses import host_port
from dutyphone_simulators.sip.calls import Step
from dutyphone_simulators.sip.core import SipExchange
from dutyphone_simulators.sip.damage import Damage
from dutyphone_simulators.sip.identity import Caller, IdentityForm
from dutyphone_simulators.sip.messages import Headers
from dutyphone_simulators.sip.network import Channel, Seen, Way, Weather
from dutyphone_simulators.sip.records import CallRecord
from dutyphone_simulators.sip.registrar import Binding
from dutyphone_simulators.sip.settings import CallScript, ExchangeSettings, FarEnd
from dutyphone_simulators.sip.sockets import Doors

TRANSPORTS = ("udp", "tcp", "tls")
PATIENCE_S = 10.0
REOPEN_S = 0.1
_TRIES = 20  # free ports that turn out to be taken by TCP


class SimulatedExchange:
    """The exchange at `host` and `port` (0: any that is free), from `start` to `stop`; also a context manager.

    `certificate` and its `key` are files in PEM, for TLS. `stranger` is the address of somebody who has no business
    here. TLS listens on the port after the others', as is usual (5061).
    """

    def __init__(
        self,
        settings: ExchangeSettings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        transports: Sequence[str] = ("udp",),
        certificate: Path | None = None,
        key: Path | None = None,
        stranger: str | None = None,
        clock: Clock | None = None,
        on_call: Callable[[CallRecord, Step], None] | None = None,
        on_registered: Callable[[Binding, bool], None] | None = None,
    ) -> None:
        self.settings = settings or ExchangeSettings()
        self._clock = clock or SystemClock()
        self.transports = tuple(transports)
        self._host, self._port = host, port
        self._stranger = stranger or host
        self._tls = _tls_context(certificate, key) if "tls" in transports else None
        self._changed = threading.Condition(threading.RLock())
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._on_call, self._on_registered = on_call, on_registered
        self._doors: Doors | None = None
        self._core: SipExchange | None = None

    # --- life ----------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Open the doors and serve. Raises `DutyphoneError` if an address cannot be had."""
        self._doors = doors = self._open_doors()
        self._core = core = SipExchange(self.settings, doors.addresses, self._clock.now())
        if self._on_call is not None:
            core.on_call = self._on_call
        if self._on_registered is not None:
            core.registrar.on_change = self._on_registered
        self._thread = threading.Thread(target=self._serve, name="simulated-sip-exchange", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Shut the doors. Calls end as they are; again does nothing."""
        if self._thread is None or self._doors is None:
            return
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._doors.wake()
        self._thread.join(PATIENCE_S)
        self._doors.close()
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def address(self, transport: str = "") -> tuple[str, int]:
        """Where to register."""
        assert self._doors is not None, "the exchange was not started"
        return self._doors.addresses[transport or self.transports[0]]

    @property
    def server(self) -> str:
        """`address` as a setting: 127.0.0.1:5060."""
        return host_port(self.address())

    # --- verbs ---------------------------------------------------------------------------------------------------

    def call(
        self,
        to: str = "",
        *,
        identity: Caller | IdentityForm | None = None,
        number: str = "",
        name: str = "",
        script: CallScript | None = None,
        **changes: Any,
    ) -> CallRecord:
        """Somebody calls the account `to` (empty: the first). `identity` is who, or in which form; `changes` are those
        fields of `CallScript` that are to be otherwise. The record fills as the call goes on.
        """
        base = script or CallScript()
        caller = identity if isinstance(identity, Caller) else base.caller
        if isinstance(identity, IdentityForm):
            caller = replace(caller, form=identity)
        if number or name:
            caller = replace(caller, number=number or caller.number, name=name or caller.name)
        with self._at_work() as core:
            return core.call(to, replace(base, caller=caller, **changes))

    def desk_calls(
        self, number: str, account: str = "", *, gives_up_s: float | None = None, talk_s: float | None = None
    ) -> CallRecord:
        """The desk phone calls `number`, or dials a service code."""
        with self._at_work() as core:
            return core.desk_calls(number, account, gives_up_s=gives_up_s, talk_s=talk_s)

    def desk_lifts(self, account: str = "") -> bool:
        """Somebody lifts the handset; whether that took a ringing call."""
        with self._at_work() as core:
            return core.desk_lifts(account)

    def desk_hangs_up(self, account: str = "") -> None:
        """The handset goes back."""
        with self._at_work() as core:
            core.desk_hangs_up(account)

    def caller_hangs_up(self, record: CallRecord) -> None:
        """The caller of that call hangs up, while it rings or afterwards."""
        with self._at_work() as core:
            core.caller_hangs_up(record)

    def called_hangs_up(self, record: CallRecord) -> None:
        """Whoever answered that call hangs up; a registered telephone is made to by a BYE."""
        with self._at_work() as core:
            core.called_hangs_up(record)

    def far_end(self, number: str, far_end: FarEnd) -> None:
        """What happens at `number` outside, from now on."""
        with self._at_work() as core:
            core.far_ends[number] = far_end

    def outage(self, seconds: float | None = None, *, restart: bool = False, shut: bool = False) -> None:
        """Deaf for `seconds`, or until `recover`. `restart`: afterwards it remembers nothing, bindings and calls
        included. `shut`: its sockets are closed meanwhile, as when the machine is off.
        """
        with self._at_work() as core:
            core.outage(seconds, restart=restart, shut=shut)

    def recover(self) -> None:
        """The outage is over."""
        with self._at_work() as core:
            core.recover()

    def weather(self, weather: Weather | None = None, **changes: float) -> None:
        """The network from now on: `loss=0.2, duplicate=0.1, delay_s=0.05`; without anything fair again."""
        with self._at_work() as core:
            core.set_weather(replace(weather or Weather(), **changes) if weather or changes else Weather())

    def lose_next(self, start: str, *, way: Way = Way.OUT, count: int = 1) -> None:
        """Lose the next packets that begin with `start`, such as "SIP/2.0 200" or "INVITE"."""
        with self._at_work() as core:
            core.network.lose_next(start.encode(), way, count)

    def refuse_next(self, method: str, status: int, *, times: int = 1, headers: Headers = ()) -> None:
        """Answer the next requests of `method` with `status`, such as 503 with (("Retry-After", "2"),)."""
        with self._at_work() as core:
            core.refuse_next(method, status, times=times, headers=headers)

    def raw(self, data: bytes, account: str = "") -> None:
        """Send `data` to the telephones of `account`, whatever it is."""
        with self._at_work() as core:
            core.raw(data, account)

    def malformed(self, kind: Damage, account: str = "") -> None:
        """Send the telephones of `account` an INVITE that is damaged in that way."""
        with self._at_work() as core:
            core.malformed(kind, account)

    def stranger_calls(self, to: tuple[str, int], user: str = "1001", number: str = "01055509999") -> None:
        """An INVITE from another address straight to `to`."""
        with self._at_work() as core:
            core.stranger_calls(to, user, number)

    def scan(self, to: tuple[str, int], *, own_address: bool = False, users: tuple[str, ...] = ()) -> None:
        """A scanner at another address, or behind the exchange's own, tries the usual extensions at `to`."""
        with self._at_work() as core:
            core.scan(to, door="udp" if own_address else "stranger", users=users)

    def hook(self, act: Callable[[SipExchange], None]) -> None:
        """Let `act` do anything else with the exchange, between two packets."""
        with self._at_work() as core:
            act(core)

    # --- looking -------------------------------------------------------------------------------------------------

    @property
    def records(self) -> list[CallRecord]:
        """All calls as they stand, in the order in which they began; copies."""
        with self._looking() as core:
            return [replace(record, legs=[replace(leg) for leg in record.legs]) for record in core.records]

    @property
    def complaints(self) -> list[str]:
        """What telephones have done against the RFCs."""
        with self._looking() as core:
            return list(core.complaints)

    @property
    def heard(self) -> dict[str, int]:
        """How many requests of each method came, and what else came."""
        with self._looking() as core:
            return dict(core.heard)

    @property
    def pings(self) -> list[tuple[str, bool]]:
        """Every OPTIONS to a telephone: its account, and whether it was answered."""
        with self._looking() as core:
            return list(core.pings)

    @property
    def seen(self) -> list[Seen]:
        """The last packets, sound left out."""
        with self._looking() as core:
            return list(core.network.seen)

    def bindings(self, account: str = "") -> list[Binding]:
        """The telephones registered for `account` (empty: the first)."""
        with self._looking() as core:
            return core.registrar.bindings(account or self.settings.accounts[0].name)

    def watchers(self, account: str = "") -> int:
        """How many watch the dialogs of `account`."""
        with self._looking() as core:
            return core.watchers.count(account or self.settings.accounts[0].name)

    def forwarding(self, account: str = "") -> dict[str, str]:
        """Service code -> target, as dialled."""
        with self._looking() as core:
            name = account or self.settings.accounts[0].name
            subscriber = next(one for one in self.settings.accounts if one.name == name)
            return dict(core.forwarding(subscriber))

    def wait_for(self, happened: Callable[[], bool], timeout_s: float = PATIENCE_S) -> bool:
        """Wait until `happened`, which is asked whenever something has; whether it did within `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping or happened(), timeout_s) and happened()

    def wait_registered(self, account: str = "", timeout_s: float = PATIENCE_S) -> bool:
        """Wait until a telephone is registered."""
        return self.wait_for(lambda: bool(self.bindings(account)), timeout_s)

    def wait_over(self, record: CallRecord, timeout_s: float = PATIENCE_S) -> bool:
        """Wait until that call is over."""
        return self.wait_for(lambda: record.over, timeout_s)

    # --- the thread ----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        doors, core = self._doors, self._core
        assert doors is not None
        assert core is not None
        pause: float | None = 0.0
        while True:
            ready = doors.wait(pause)
            with self._changed:
                if self._stopping:
                    return
                for packet in doors.read(ready):
                    core.receive(packet, self._clock.now())
                core.on_deadline(self._clock.now())
                self._carry_out(doors, core)
                due = core.next_deadline()
                pause = None if due is None else max(0.0, due - self._clock.now().mono)
                self._changed.notify_all()

    def _carry_out(self, doors: Doors, core: SipExchange) -> None:
        for packet in core.take_output():
            doors.send(packet)
        if core.closed and doors.open:
            doors.close_all()
        elif not core.closed and not doors.open:
            try:
                doors.open_all()
            except DutyphoneError:
                # Somebody took a port meanwhile: there is no exchange until it is free again.
                core.agenda.after(REOPEN_S, lambda: None)

    @contextmanager
    def _at_work(self) -> Iterator[SipExchange]:
        """The exchange at this moment, for somebody to do something; its thread goes on afterwards."""
        core, doors = self._core, self._doors
        assert core is not None, "the exchange was not started"
        assert doors is not None
        with self._changed:
            core.on_deadline(self._clock.now())
            yield core
            self._carry_out(doors, core)
            self._changed.notify_all()
        doors.wake()

    @contextmanager
    def _looking(self) -> Iterator[SipExchange]:
        assert self._core is not None, "the exchange was not started"
        with self._changed:
            yield self._core

    def _lost(self, channel: Channel) -> None:
        assert self._core is not None
        self._core.connection_lost(channel, self._clock.now())

    def _open_doors(self) -> Doors:
        """All on one port; a free one must be free for datagrams and connections."""
        for last in [*[False] * (_TRIES if self._port == 0 else 0), True]:
            doors = Doors(self._addresses(self._port), tls=self._tls, on_lost=self._lost)
            try:
                if self._port == 0 and len(self.transports) > 1:
                    doors.addresses = self._addresses(_free_port(self._host))
                doors.open_all()
            except DutyphoneError:
                doors.close()
                if last:
                    raise
            else:
                return doors
        raise AssertionError("the last try returns or raises")

    def _addresses(self, port: int) -> dict[str, tuple[str, int]]:
        addresses = {}
        for transport in self.transports:
            shift = 1 if transport == "tls" and len(self.transports) > 1 and port else 0
            addresses[transport] = (self._host, port + shift)
        return {**addresses, "media": (self._host, 0), "stranger": (self._stranger, 0)}


def _free_port(host: str) -> int:
    doors = Doors({"udp": (host, 0)})
    try:
        doors.open_all()
        return doors.addresses["udp"][1]
    finally:
        doors.close()


def _tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate is None:
        raise DutyphoneError(
            _("TLS needs a certificate."),
            advice=_("Name a file in PEM that holds it, with --certificate."),
        )
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as wrong:
        raise DutyphoneError(
            _("The certificate {path} cannot be used.").format(path=certificate),
            advice=_("It must be a file in PEM with the certificate and, there or in a file of its own, its key."),
            evidence=str(wrong),
        ) from wrong
    return context
