"""A driver run aside for a while: its events as they come, and the whole dialogue as a transcript."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from dutyphone.clock import Clock, Moment
from dutyphone.doctor.masking import mask_numbers
from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.driver import Driver, WireDirection
from dutyphone.lines.events import LineEvent, LineHeard, LineOpened, LossReason
from dutyphone.lines.transcript import Expect, FromDevice, Passes, Step, ToDevice, render_transcript

SET_UP_S = 60.0
"""A device that has not answered its whole set-up by then does not answer."""
_LOOK_S = 0.05
"""How often the line's clock is looked at while waiting: that of a simulated line may be faster than the machine's."""
_JOIN_S = 10.0
_SMALLEST_PAUSE_S = 0.0005
_LATE_S = 0.001
"""An event in the transcript stands this much after its moment: however it was rounded, the wait it ended is over."""


class Listening:
    """The `LineHost` of one driver, in a thread of its own from `__enter__` to `__exit__`."""

    def __init__(self, line: str, driver: Driver, clock: Clock) -> None:
        self.line = line
        self.clock = clock
        self.state_folder: Path | None = None
        self.gone: LineGone | None = None
        self.events: list[LineEvent] = []
        self._driver = driver
        self._changed = threading.Condition()
        self._waiting: deque[LineEvent] = deque()
        self._steps: list[tuple[Moment, Step]] = []
        self._stopping = False
        self._over = False
        self._thread = threading.Thread(target=self._run, name=f"doctor on {line}", daemon=True)

    # --- what the doctor does ------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the driver and give its port back."""
        with self._changed:
            self._stopping = True
        self._driver.stop()
        self._thread.join(_JOIN_S)

    def wait_until_open(self) -> LineOpened:
        """Wait until the device is set up. Raises `LineGone` if it cannot be opened or does not answer."""
        until = self.clock.now().mono + SET_UP_S
        while (event := self.next_event(until)) is not None:
            if isinstance(event, LineOpened):
                return event
        raise self.gone or LineGone(
            LossReason.MODEM_SILENT,
            _("The device does not answer."),
            advice=_("Is it a modem, is it switched on, is this its port?"),
        )

    def next_event(self, until: float) -> LineEvent | None:
        """The next thing the line says; None at the line's `mono` second `until`, or when the line is gone."""
        with self._changed:
            while not self._waiting:
                if self._over or self.clock.now().mono >= until:
                    return None
                self._changed.wait(_LOOK_S)
            return self._waiting.popleft()

    def transcript(self, headings: Mapping[str, str], *, mask: bool) -> str:
        """What was said in both directions and what was understood, to be played, replayed or sent in."""
        with self._changed:
            steps = list(self._steps)
        if mask:
            steps = _masked(steps)
        timed: list[Step] = []
        before: Moment | None = None
        for at, step in steps:
            if before is not None and (pause := at.since(before)) >= _SMALLEST_PAUSE_S:
                late = _LATE_S if isinstance(step, Expect) else 0.0
                timed.append(Passes(math.ceil((pause + late) * 1e6) / 1e6))
                before = at
            before = before or at
            timed.append(step)
        return "\n".join(render_transcript(headings, timed)) + "\n"

    # --- what the driver sees ------------------------------------------------------------------------------------

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        """Part of the transcript."""
        step: Step = FromDevice(data) if direction is WireDirection.FROM_DEVICE else ToDevice(data)
        with self._changed:
            self._steps.append((at, step))

    def post(self, events: Iterable[LineEvent]) -> None:
        """What the line says. What is told after the end of listening is no part of it."""
        with self._changed:
            if self._stopping:
                return
            for event in events:
                if isinstance(event, LineHeard):
                    continue
                self.events.append(event)
                self._waiting.append(event)
                self._steps.append((self._told_at(event), Expect(type(event).__name__)))
            self._changed.notify_all()

    def _told_at(self, event: LineEvent) -> Moment:
        """A line that is lost is lost since it was last heard, and that is known later than it began."""
        is_since = bool(self._steps) and event.at.mono < self._steps[-1][0].mono
        return self.clock.now() if is_since else event.at

    def tell(self, gone: LineGone) -> None:
        """Why the line cannot be listened to, though its driver goes on trying."""
        with self._changed:
            self.gone = gone
            self._over = True
            self._changed.notify_all()

    def stopping(self) -> bool:
        """Whether the doctor has heard enough."""
        return self._stopping

    def _run(self) -> None:
        try:
            self._driver.run(self)
        except LineGone as gone:
            self.gone = gone
        except Exception as broken:  # noqa: BLE001 - foreign code: its fault is the finding
            self.gone = LineGone(LossReason.DRIVER_FAILED, repr(broken), evidence=repr(broken))
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()


def _masked(steps: list[tuple[Moment, Step]]) -> list[tuple[Moment, Step]]:
    """A number may be split over several reads: what the device said is masked in one piece and cut again."""
    whole = mask_numbers(b"".join(step.data for _at, step in steps if isinstance(step, FromDevice)))
    masked: list[tuple[Moment, Step]] = []
    used = 0
    for at, step in steps:
        if isinstance(step, FromDevice):
            end = used + len(step.data)
            masked.append((at, FromDevice(whole[used:end])))
            used = end
        else:
            masked.append((at, step))
    return masked
