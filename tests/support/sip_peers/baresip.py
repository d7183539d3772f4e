"""baresip as the telephone on the desk, which somebody lifts and puts down."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from support.sip_peers.kamailio import ACCOUNT, PASSWORD
from support.sip_peers.programs import FILES, PATIENCE_S, Places, Program, filled, modules_of, until


class DeskPhone:
    """A registered telephone at `place`, that of the desk phone unless said otherwise. Close it in any case."""

    def __init__(
        self,
        folder: Path,
        places: Places,
        *,
        place: str = "",
        account: str = ACCOUNT,
        auth_user: str = ACCOUNT,
        patience_s: float = PATIENCE_S,
    ) -> None:
        place = place or places.desk_phone
        here = folder / f"telephone-{place.rpartition(':')[2]}"
        here.mkdir()
        for name in ("config", "accounts"):
            text = filled(
                (FILES / "baresip" / name).read_text("utf-8"),
                ACCOUNT=account,
                AUTH_USER=auth_user,
                PASSWORD=PASSWORD,
                SERVER=places.server,
                PHONE=place,
                CONTROL=places.control_of(place),
                RTP_PORTS=places.audio_of(place),
                MODULES=modules_of("baresip"),
            )
            (here / name).write_text(text, "utf-8")
        self._server = places.server
        self._heard = b""
        self._events: list[dict[str, Any]] = []
        self._ringing: set[str] = set()
        self._program = Program("baresip", ["-f", str(here)], log=here / "log", folder=here)
        self._control = self._connect(places.control_of(place))
        try:
            said = self._program.said
            until(lambda: "} 200 OK" in said(), told=said, patience_s=patience_s)
        except AssertionError:
            self.close()
            raise

    def lift(self) -> None:
        """Answer the call that rings."""
        self.wait_for_ringing()
        self._tell("accept")
        self.wait_for("CALL_ESTABLISHED")

    def wait_for_ringing(self) -> None:
        """Until a call rings here."""
        until(self._rings, told=lambda: f"it does not ring: {self._events}")

    def put_down(self) -> None:
        """Hang up."""
        self._tell("hangup")
        self.wait_for("CALL_CLOSED")

    def dial(self, number: str) -> None:
        """Call somebody."""
        self._tell("dial", f"sip:{number}@{self._server}")

    def wait_for(self, event: str) -> dict[str, Any]:
        """The next event of this type (REGISTER_OK, CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED ...)."""
        seen: list[dict[str, Any]] = []

        def came() -> bool:
            self._read()
            seen.extend(e for e in self._events if e.get("type") == event)
            return bool(seen)

        until(came, told=lambda: f"{event} never came: {self._events}\n{self._program.said()[-3000:]}")
        self._events = self._events[self._events.index(seen[0]) + 1 :]
        return seen[0]

    def _rings(self) -> bool:
        self._read()
        return bool(self._ringing)

    def close(self) -> None:
        """Gone, without a farewell to the exchange."""
        self._control.close()
        self._program.end()

    def _connect(self, place: str) -> socket.socket:
        host, port = place.split(":")
        made: list[socket.socket] = []

        def connected() -> bool:
            assert self._program.running, self._program.said()
            try:
                made.append(socket.create_connection((host, int(port)), timeout=2.0))
            except OSError:
                return False
            return True

        until(connected, told=self._program.said)
        made[0].setblocking(False)
        return made[0]

    def _tell(self, command: str, params: str = "") -> None:
        text = json.dumps({"command": command, "params": params, "token": command}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def _read(self) -> None:
        """Take what came: netstrings of JSON."""
        try:
            self._heard += self._control.recv(1 << 16)
        except BlockingIOError:
            return
        while b":" in self._heard:
            length, _, rest = self._heard.partition(b":")
            size = int(length)
            if len(rest) <= size:
                return
            event = json.loads(rest[:size].decode(errors="replace"))
            self._events.append(event)
            if event.get("type") == "CALL_INCOMING":
                self._ringing.add(event["id"])
            elif event.get("type") in ("CALL_ESTABLISHED", "CALL_CLOSED"):
                self._ringing.discard(event.get("id", ""))
            self._heard = rest[size + 1 :]
