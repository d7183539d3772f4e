"""One line's events into facts: the line's own condition and its calls, in the order in which they are true. Pure."""

from __future__ import annotations

from dutyphone.calls.tracker import CallTracker
from dutyphone.clock import Moment
from dutyphone.journal.facts import Fact
from dutyphone.lines.events import Evidence, LineEvent, RequestAnswered
from dutyphone.recorder.linewatch import LineWatch
from dutyphone.recorder.requests import settled


class Scribe:
    """Joins the tracker and the watch of one line."""

    def __init__(self, tracker: CallTracker, watch: LineWatch) -> None:
        self._tracker = tracker
        self._watch = watch

    @property
    def last_heard(self) -> Moment | None:
        """When the line last said anything."""
        return self._watch.last_heard

    @property
    def is_open(self) -> bool:
        """True while the line is listened to."""
        return self._watch.is_open

    def ref_of(self, call: str) -> str | None:
        """The line's own name for an open call of it."""
        return self._tracker.ref_of(call)

    def on_event(self, event: LineEvent) -> list[Fact]:
        """What `event` makes true: of the line first, since a lost line is why its calls are cut off."""
        if isinstance(event, RequestAnswered):
            return [settled(event)]
        return self._watch.on_event(event) + self._tracker.on_event(event)

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called; None if never."""
        due = [d for d in (self._tracker.next_deadline(), self._watch.next_deadline()) if d is not None]
        return min(due, default=None)

    def on_deadline(self, now: Moment) -> list[Fact]:
        """What the passing of time makes true."""
        return self._tracker.on_deadline(now) + self._watch.on_deadline(now)

    def stop(self, now: Moment) -> list[Fact]:
        """Nobody will listen any more: close what is open."""
        return self._tracker.cut_off(now, Evidence.RECORDER_STOPPED)
