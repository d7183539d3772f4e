"""What the line says, on its way to the recorder, in order, on a thread of its own.

The recorder may have to wait for a slow disk; the exchange does not wait for us. So the thread of the wire only puts
things here, and an INVITE is answered and timed as it comes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from dutyphone.clock import Moment
from dutyphone.lines.driver import LineHost, WireDirection
from dutyphone.lines.events import LineEvent

MOST_WAITING = 20_000
"""Pieces of wire and batches of events: a minute of 200 calls a second. Then the wire waits, too."""


@dataclass(frozen=True, slots=True)
class _Wire:
    direction: WireDirection
    data: bytes
    at: Moment


class Teller:
    """Tells `host` everything, in the order in which it was said. `end` returns when all of it was told."""

    def __init__(self, host: LineHost) -> None:
        self._host = host
        self._waiting: queue.Queue[_Wire | tuple[LineEvent, ...] | None] = queue.Queue(MOST_WAITING)
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"teller of {host.line}", daemon=True)
        self._thread.start()

    def keep(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        """Raw bytes, before anybody reads them."""
        self._put(_Wire(direction, data, at))

    def post(self, events: Sequence[LineEvent]) -> None:
        """What was made of them."""
        if events:
            self._put(tuple(events))

    def end(self) -> None:
        """Tell what is left. Raises what the host raised, if it did."""
        self._waiting.put(None)
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def _put(self, what: _Wire | tuple[LineEvent, ...]) -> None:
        if self._fault is not None:
            raise self._fault
        self._waiting.put(what)

    def _run(self) -> None:
        while (what := self._waiting.get()) is not None:
            if self._fault is not None:
                continue  # nobody takes it any more, and nobody may wait for room
            try:
                if isinstance(what, _Wire):
                    self._host.keep_wire(what.direction, what.data, what.at)
                else:
                    self._host.post(what)
            except BaseException as fault:  # noqa: BLE001 (raised again in the thread of the wire)
                self._fault = fault
