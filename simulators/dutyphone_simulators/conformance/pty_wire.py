"""A serial cable without hardware: the device's end of a pseudo terminal."""

from __future__ import annotations

import os
from contextlib import suppress


class PtyWire:
    """A `Wire`. `port` is the name of the end that the driver opens."""

    def __init__(self) -> None:
        import pty  # not on every system, and the rest of the kit is
        import tty

        self._device, self._driver = pty.openpty()
        tty.setraw(self._driver)
        self.port = os.ttyname(self._driver)

    def write(self, data: bytes) -> None:
        os.write(self._device, data)

    def pull(self) -> None:
        """Both ends are closed: whoever reads the port is told that it is gone, and its name is no more."""
        for end in (self._device, self._driver):
            with suppress(OSError):  # pulled before
                os.close(end)

    def close(self) -> None:
        self.pull()
