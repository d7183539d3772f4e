"""All the peers of one test: started when they are asked for, ended when the test ends."""

from __future__ import annotations

import itertools
import shutil
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.sip_peers.baresip import DeskPhone
from support.sip_peers.duty import DutyLine
from support.sip_peers.ejabberd import Ejabberd
from support.sip_peers.kamailio import ACCOUNT, PASSWORD, Kamailio
from support.sip_peers.programs import Places, Program
from support.sip_peers.sipp import SDP, Sipp
from support.sip_peers.wire import Packet

CALLER = "01055501234"


class Peers:
    """One exchange and who is connected to it, in a folder of its own. Use it in a `with` block."""

    def __init__(self, places: Places | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sip-"))  # short: the path of a socket may not be long
        self.places, self._held = (places, None) if places else Places.claim()
        self.exchange: Kamailio | None = None
        self._sipps = itertools.count()
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._running.close()
        finally:
            shutil.rmtree(self.folder)
            if self._held is not None:
                self._held.close()

    def kamailio(self, **settings: Any) -> Kamailio:
        """The exchange, started with the settings of `Kamailio`."""
        self.exchange = Kamailio(self.folder, self.places, **settings)
        self._running.callback(self.exchange.stop)  # its children are its own to bury
        self.exchange.start()
        return self.exchange

    def ejabberd(self) -> Ejabberd:
        """An exchange of another make in the same place."""
        exchange = Ejabberd(self.folder, self.places)
        self._running.callback(exchange.kill)
        exchange.start()
        return exchange

    def duty(self, **options: Any) -> DutyLine:
        """dutyphone with its account, not yet connected; `options` of the line stand over the ordinary ones."""
        line = DutyLine(self.folder / f"duty-{next(self._sipps)}", self.places, self._wire, **options)
        self._running.callback(line.close)
        return line

    def desk_phone(self, **settings: Any) -> DeskPhone:
        """A telephone of flesh and blood under the same account."""
        phone = DeskPhone(self.folder, self.places, **settings)
        self._running.callback(phone.close)
        return phone

    def gateway(self, *, rings_s: float = 0.3, talks_s: float = 0.5) -> Sipp:
        """The far end of outgoing calls; see scenarios/gateway.xml for what it does to which number."""
        return self._sipp(
            "gateway",
            local=self.places.gateway,
            calls=None,
            RING_MS=round(rings_s * 1000),
            TALK_MS=round(talks_s * 1000),
        )

    def gives_up(self, after_s: float = 0.3, *, cancel: str = "X-Nothing: 0", **options: Any) -> Sipp:
        """A caller who lets it ring so long. `cancel`: a header of the CANCEL. More options: `call`."""
        return self.call("caller_gives_up", RING_MS=round(after_s * 1000), CANCEL_EXTRA=cancel, **options)

    def waits(self, talks_s: float = 30.0, **options: Any) -> Sipp:
        """A caller who waits for an answer and talks so long at most. More options: `call`."""
        return self.call("caller_waits", TALK_MS=round(talks_s * 1000), **options)

    def call(
        self,
        scenario: str,
        *,
        caller: str = "",
        called: str = ACCOUNT,
        headers: str = "",
        body: str = SDP,
        body_type: str = "application/sdp",
        local: str = "",
        port_after: int = 0,
        remote: str = "",
        request_uri: str = "",
        **options: Any,
    ) -> Sipp:
        """Somebody calls `called` over the trunk.

        `caller` is the value of From, without its tag; of two callers at once one needs a `port_after`. `headers` are
        lines of the INVITE. With `remote` and `request_uri` (without "sip:") the call goes there instead of to the
        exchange.
        """
        to = f"{called}@{self.places.server}"
        kinds = [f"Content-Type: {body_type}"] if body else ["X-Body: none"]
        return self._sipp(
            scenario,
            local=local or self.places.trunk_line(port_after),
            remote=remote or self.places.server,
            CALLED=request_uri or to,
            TO=to,
            FROM=caller or f"<sip:{CALLER}@{self.places.server}>",
            EXTRA="\n".join([*headers.splitlines(), *kinds]),
            BODY=body,
            **options,
        )

    def watcher(self, patience_s: float = 1.0) -> Sipp:
        """Somebody in the place of dutyphone who watches the calls of the account until nothing is said for so long."""
        return self._sipp(
            "watcher",
            local=self.places.account,
            remote=self.places.server,
            SERVER=self.places.server,
            PASSWORD=PASSWORD,
            PATIENCE_MS=round(patience_s * 1000),
        )

    def run(self, name: str, *arguments: str) -> Program:
        """Any other program (sipsak, svmap, svwar)."""
        running = Program(name, arguments, log=self.folder / f"{name}-{next(self._sipps)}", folder=self.folder)
        self._running.callback(running.end, signal.SIGKILL)
        return running

    def _wire(self) -> list[Packet]:
        return self.exchange.wire() if self.exchange is not None else []

    def tell(self) -> str:
        """What happened on the wire, without what the exchange says to itself."""
        first = None
        lines = []
        for packet in self._wire():
            first = first or packet.at
            lines.append(f"{packet.at - first:8.3f} {packet.source} -> {packet.target} {packet.first_line}")
        return "\n".join(lines)

    def _sipp(self, scenario: str, **options: Any) -> Sipp:
        sipp = Sipp(self.folder, scenario, voice_port=self.places.voice(next(self._sipps)), **options)
        self._running.callback(sipp.end, signal.SIGKILL)
        return sipp
