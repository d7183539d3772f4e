"""The simulated line as a pyserial address: `serial.serial_for_url("sim://night-shift?loop=1")`.

`install` makes pyserial know the scheme; it looks for a module `protocol_sim` in this package.
"""

from __future__ import annotations

import serial


def install() -> None:
    """Let `serial.serial_for_url` open `sim://` addresses in this process. Calling it again changes nothing."""
    if __name__ not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append(__name__)
