"""A SIP line of ours in a thread, and what it says; for tests that bring their own exchange."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from dutyphone_drivers.sip_account.phone import SipPhone
from dutyphone_drivers.sip_account.plugin import read_options
from dutyphone_simulators.conformance.host import RecordingHost

from dutyphone.errors import LineGone
from dutyphone.lines.events import CallEvent, CallOver, CallWithdrawn, LineEvent
from dutyphone.lines.requests import LineRequest

PASSWORD = "duty-1001"  # of the exchange's first account
PATIENCE_S = 15.0

Event = TypeVar("Event", bound=LineEvent)


class DeskLine:
    """One run of the driver in a thread, and what it says."""

    def __init__(self, options: Mapping[str, object], state_folder: Path) -> None:
        self.host = RecordingHost()
        self.host.state_folder = state_folder
        self.phone = SipPhone("desk", read_options(options))
        self.gone: LineGone | None = None
        self._before = set(threading.enumerate())
        self._thread = threading.Thread(target=self._run, name="line desk")
        self._thread.start()

    def _run(self) -> None:
        try:
            self.phone.run(self.host)
        except LineGone as gone:
            self.gone = gone

    def stop(self) -> None:
        self.phone.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    @property
    def threads(self) -> list[str]:
        """Of this account, as long as nothing else is started beside it."""
        return sorted(thread.name for thread in set(threading.enumerate()) - self._before)

    def ask(self, request: LineRequest) -> None:
        self.phone.carry_out(request)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.host.events if isinstance(event, kind)]

    def wait(self, kind: type[Event], count: int = 1, timeout_s: float = PATIENCE_S) -> Event:
        """The `count`th event of a kind."""
        assert self.host.wait_for(lambda _host: len(self.of(kind)) >= count, timeout_s), (
            f"no {kind.__name__} among {[type(event).__name__ for event in self.host.events]}"
        )
        return self.of(kind)[count - 1]

    def wait_ended(self, calls: int = 1, timeout_s: float = PATIENCE_S) -> None:
        assert self.host.wait_for(
            lambda _host: len(self.of(CallWithdrawn)) + len(self.of(CallOver)) >= calls, timeout_s
        ), self.story()

    def story(self) -> list[str]:
        """Calls, in short."""
        return [
            type(event).__name__ + (f" {event.evidence.value}" if hasattr(event, "evidence") else "")
            for event in self.host.events
            if isinstance(event, CallEvent)
        ]


StartLine = Callable[..., DeskLine]
