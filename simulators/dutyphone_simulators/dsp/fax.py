"""The fax side of a modem in class 1: libspandsp's, with its own interpreter of commands (ITU-T T.31).

While class 1 is chosen the commands go there, and what it modulates goes to the line. What only the line can do it
asks for with `Wish`.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dutyphone_simulators.dsp.library import ControlModem, PutText, SpandspObject, load_spandsp
from dutyphone_simulators.dsp.samples import Samples, silence

ROOM = 256
"""Bytes that are handed over at a time: the library's own buffer is 4096, and it asks to stop well before."""


class Want(Enum):
    """What the fax side cannot do itself. The values are those of at_interpreter.h, `AT_MODEM_CONTROL_...`."""

    CALL = 0
    ANSWER = 1
    HANG_UP = 2
    OFF_HOOK = 3
    ON_HOOK = 4


_CTS = 7
_WANTS = {want.value: want for want in Want}


class Event(Enum):
    """What became of a wish, or happened: `AT_CALL_EVENT_...` of at_interpreter.h."""

    CONNECTED = 2
    ANSWERED = 3
    BUSY = 4
    HANG_UP = 7


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that the line is to do; `number` is to be dialled."""

    want: Want
    number: str = ""


class _State(Enum):
    COMMAND = 1  # it waits for a line
    BUSY = 2  # it carries one out; any character ends that
    DATA = 3  # what comes is part of a page or a frame


_FINAL = frozenset({b"OK", b"ERROR", b"NO CARRIER", b"+FCERROR", b"BUSY", b"NO ANSWER", b"NO DIALTONE"})


class FaxModem:
    """One T.31 modem: bytes and samples in and out. `settings` is a command line with what it was told before."""

    def __init__(self, settings: bytes) -> None:
        self._output = bytearray()
        self._wishes: list[Wish] = []
        self._waiting = bytearray()
        self._ready = True  # clear to send
        self._state = _State.COMMAND
        put_text, control = _callbacks(weakref.ref(self))
        self._modem = SpandspObject("t31_init", "t31_free", put_text, None, control, None, None, None)
        self._command(settings + b"\r")
        self._command(b"AT+FCLASS=1\r")
        self._output.clear()

    def put(self, data: bytes) -> None:
        """The computer wrote `data`."""
        self._waiting += data

    def next_line(self) -> bytes | None:
        """The command line that would be carried out next, with its end; None if there is none, or data is expected."""
        end = self._waiting.find(b"\r") + 1
        return bytes(self._waiting[:end]) if self._state is _State.COMMAND and end else None

    def take_rest(self) -> bytes:
        """What the computer wrote and nobody read yet, taken away."""
        rest = bytes(self._waiting)
        self._waiting.clear()
        return rest

    def go_on(self) -> bool:
        """Take in a little of what waits; False if nothing can be."""
        if not self._waiting or not self._ready:
            return False
        if self._state is _State.COMMAND:
            line = self.next_line()
            if line is None:
                return False
            del self._waiting[: len(line)]
            self._command(line)
        else:
            part = bytes(self._waiting[:ROOM])
            del self._waiting[:ROOM]
            self._modem.call("t31_at_rx", part, len(part))
        return True

    @property
    def full(self) -> bool:
        """Whether more waits than should: a modem with flow control would stop the computer now."""
        return len(self._waiting) > ROOM

    def take_output(self) -> bytes:
        """What it says to the computer, taken away."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def take_wishes(self) -> Sequence[Wish]:
        """What it wants of the line, taken away."""
        wishes, self._wishes = self._wishes, []
        return wishes

    def happened(self, event: Event) -> None:
        """Tell it what the line did."""
        self._modem.call("t31_call_event", event.value)

    def hear(self, samples: Samples) -> None:
        """A block from the line."""
        self._modem.hear("t31_rx", samples)

    def speak(self, length: int) -> Samples:
        """The next block for the line."""
        made = self._modem.sound("t31_tx", length)
        return made + silence(length - len(made))

    def _command(self, line: bytes) -> None:
        self._state = _State.BUSY
        self._modem.call("t31_at_rx", line, len(line))

    # --- called by the library -----------------------------------------------------------------------------------

    def hear_text(self, text: bytes) -> None:
        """The library says `text` to the computer."""
        self._output += text
        if text in _FINAL or text.startswith(b"+FCERROR"):
            self._state = _State.COMMAND
        elif text == b"CONNECT":
            self._state = _State.DATA

    def hear_control(self, operation: int, value: int | None) -> None:
        """The library wants something of the modem around it; `value` is a pointer or a number."""
        if operation == _CTS:
            self._ready = bool(value)
        elif (want := _WANTS.get(operation)) is not None:
            number = ctypes.string_at(value).decode("ascii") if want is Want.CALL and value else ""
            self._wishes.append(Wish(want, number))


def _callbacks(modem: weakref.ref[FaxModem]) -> tuple[object, object]:
    """The two functions that the library calls; they do not keep the modem alive."""

    def put_text(_at: int, _user: int, text: ctypes._Pointer[ctypes.c_uint8], length: int) -> int:
        if (here := modem()) is not None:
            here.hear_text(ctypes.string_at(text, length))
        return 0

    def control(_modem: int, _user: int, operation: int, value: int | None) -> int:
        if (here := modem()) is not None:
            here.hear_control(operation, value)
        return 0

    load_spandsp()
    return PutText(put_text), ControlModem(control)
