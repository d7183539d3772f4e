"""How the rooms of the core talk to each other: whoever sends a request hears what becomes of it."""

from __future__ import annotations

from typing import Protocol

from dutyphone.clock import Moment
from dutyphone.lines.events import LineEvent
from dutyphone_drivers.sip_account.message import Request, Response
from dutyphone_drivers.sip_account.wire import Address


class Room(Protocol):
    """Sends requests, and says what their answers mean."""

    def on_response(self, key: str, response: Response, now: Moment) -> list[LineEvent]:
        """An answer to the request `key`: each provisional one, the final one once (2xx to INVITE each time)."""

    def on_timeout(self, key: str, now: Moment) -> list[LineEvent]:
        """No final answer to the request `key` will come."""


class Sender(Protocol):
    """Carries requests to the wire."""

    def send(self, request: Request, to: Address, now: Moment, owner: Room | None) -> str:
        """Send a new request; answers go to `owner`, to nobody if it is None. The key of its transaction."""
