"""Digits as sound: the keypad of a telephone, and the receiver at either end of the line."""

from __future__ import annotations

import ctypes

from dutyphone_simulators.dsp.library import SpandspObject
from dutyphone_simulators.dsp.samples import Samples, silence

DIGITS = "0123456789ABCD*#"

TONE_MS, PAUSE_MS = 100, 100
"""ITU-T Q.24 asks receivers for 40 ms of each; a hand on a keypad and most modems take more."""

LEVEL_DBM0 = -10

_QUEUE = 100  # the library holds 128 digits


class DtmfSender:
    """Sends digits one after the other."""

    def __init__(self) -> None:
        self._sender = _sender()
        self._waiting = ""
        self.sending = False

    def put(self, digits: str) -> None:
        """Send `digits` after those under way. Raises `ValueError` for anything a keypad does not have."""
        if not set(digits) <= set(DIGITS):
            raise ValueError("not the keys of a telephone")
        self._waiting += digits
        self.sending = self.sending or bool(digits)

    def take(self, length: int) -> Samples | None:
        """The next `length` samples; None if there is nothing to send."""
        if not self.sending:
            return None
        sound = silence(0)
        while len(sound) < length:
            if self._waiting:
                digits, self._waiting = self._waiting[:_QUEUE], self._waiting[_QUEUE:]
                left = self._sender.call("dtmf_tx_put", digits.encode(), len(digits))
                self._waiting = (digits[-left:] if left else "") + self._waiting
            made = self._sender.sound("dtmf_tx", length - len(sound))
            sound += made
            if not made and not self._waiting:
                self.sending = False
                break
        return sound + silence(length - len(sound))

    def stop(self) -> None:
        """Send no more, as when the line is released."""
        self._sender, self._waiting, self.sending = _sender(), "", False  # the library cannot empty its queue


class DtmfReceiver:
    """Hears digits. `beside_dial_tone` filters the dial tone out of what is heard."""

    def __init__(self, *, beside_dial_tone: bool = False) -> None:
        self._receiver = SpandspObject("dtmf_rx_init", "dtmf_rx_free", None, None)
        if beside_dial_tone:
            self._receiver.call("dtmf_rx_parms", 1, -1, -1, -99)  # the levels stay as they are

    def receive(self, samples: Samples) -> str:
        """The digits that were recognised in `samples`, each once."""
        self._receiver.hear("dtmf_rx", samples)
        digits = ctypes.create_string_buffer(_QUEUE)
        self._receiver.call("dtmf_rx_get", digits, _QUEUE - 1)
        return digits.value.decode("ascii")


def _sender() -> SpandspObject:
    sender = SpandspObject("dtmf_tx_init", "dtmf_tx_free")
    sender.call("dtmf_tx_set_level", LEVEL_DBM0, 0)
    sender.call("dtmf_tx_set_timing", TONE_MS, PAUSE_MS)
    return sender
