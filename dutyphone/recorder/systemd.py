"""Tells systemd how the service is doing, where it asked to be told (sd_notify(3)). Elsewhere it does nothing."""

from __future__ import annotations

import socket
from contextlib import suppress


class ServiceManager:
    """The service manager behind `address` (the value of NOTIFY_SOCKET; empty: there is none)."""

    def __init__(self, address: str = "") -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def notify(self, state: str) -> None:
        """Send `state`: READY=1, STOPPING=1, WATCHDOG=1."""
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(state.encode(), self._address)
