"""Opens a line once, to see whether it can be listened to. Nothing is recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from dutyphone.clock import Clock, Moment
from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.driver import Driver, WireDirection
from dutyphone.lines.events import LineEvent, LineOpened, LossReason

TRIAL_S = 30.0
"""A device that has not answered its whole initialisation by then does not answer."""


def try_driver(line: str, driver: Driver, clock: Clock, *, patience_s: float = TRIAL_S) -> LineGone | None:
    """Run `driver` until its line is open, then stop it. What went wrong, or None."""
    host = _TrialHost(line, clock)
    thread = threading.Thread(target=host.run, args=(driver,), name=f"trial of {line}", daemon=True)
    thread.start()
    answered = host.done.wait(patience_s)
    host.stop.set()
    driver.stop()
    thread.join(patience_s)
    if not answered:
        return LineGone(
            LossReason.MODEM_SILENT,
            _("The device does not answer."),
            advice=_("Is it a modem, is it switched on, is this its port?"),
        )
    return host.gone


class _TrialHost:
    def __init__(self, line: str, clock: Clock) -> None:
        self.line = line
        self.clock = clock
        self.state_folder: Path | None = None
        self.gone: LineGone | None = None
        self.done = threading.Event()
        self.stop = threading.Event()

    def run(self, driver: Driver) -> None:
        try:
            driver.run(self)
        except LineGone as gone:
            self.gone = gone
        except Exception as broken:  # noqa: BLE001 - foreign code: its fault is the answer
            self.gone = LineGone(LossReason.DRIVER_FAILED, repr(broken), evidence=repr(broken))
        finally:
            self.done.set()

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        """A trial keeps nothing."""

    def post(self, events: Iterable[LineEvent]) -> None:
        if any(isinstance(event, LineOpened) for event in events):
            self.done.set()

    def tell(self, gone: LineGone) -> None:
        self.gone = gone
        self.done.set()

    def stopping(self) -> bool:
        return self.stop.is_set()
