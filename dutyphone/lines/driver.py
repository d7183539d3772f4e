"""The driver contract: how a line is brought into the house.

A driver is found by entry point `dutyphone.drivers` (see `dutyphone.plugins`). The recorder gives each line a thread of
its own and calls `Driver.run` in it; a driver never starts the recorder, opens the database or decides what a call is.

Most drivers are a pure `LineCore` (bytes and moments in, events and bytes out) inside a small shell that does the
reading and writing. Only the shell needs `LineHost`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dutyphone.clock import Clock, Moment
from dutyphone.lines.events import LineEvent, LossReason
from dutyphone.lines.examination import Examination, Power
from dutyphone.lines.requests import LineRequest

if TYPE_CHECKING:
    from dutyphone.errors import LineGone


class LineCore(Protocol):
    """A line as a pure state machine. It never blocks, never reads a clock and never raises on what the wire says."""

    def start(self, now: Moment) -> Sequence[LineEvent]:
        """The wire has just been opened. Then call `take_output` and `next_deadline`."""

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        """`data` came from the wire, split anywhere."""

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        """The wire is gone. What was half heard is flushed; the core may be started again."""

    def take_output(self) -> bytes:
        """Bytes to write to the wire now, taken away from the core; empty if there are none."""

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called; None if it does not."""

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        """Time has passed. Calling it too early is harmless."""


class WireDirection(Enum):
    """Which way bytes went."""

    FROM_DEVICE = "<"
    TO_DEVICE = ">"


class LineHost(Protocol):
    """What the recorder gives a running driver."""

    @property
    def line(self) -> str:
        """The name of the line, to be put into every event."""

    @property
    def clock(self) -> Clock: ...

    @property
    def state_folder(self) -> Path | None:
        """A folder of the line's own for small files that outlive a run; None: nothing is kept from run to run.

        It may not exist yet.
        """

    def keep_wire(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        """Put raw bytes on disk. Call it before they are parsed, so that no parser's fault can lose them."""

    def post(self, events: Iterable[LineEvent]) -> None:
        """Hand events to the recorder. Blocks while its queue is full and never drops one."""

    def tell(self, gone: LineGone) -> None:
        """Tell people why the line is down, for a driver that posts `LineLost` and goes on trying by itself."""

    def stopping(self) -> bool:
        """True once the recorder wants this driver to return from `run`."""


class Driver(Protocol):
    """One line, opened by its plug-in. Used by one thread, except `stop`."""

    def run(self, host: LineHost) -> None:
        """Listen until `stop` is called or the line is lost.

        Returns normally after `stop`. When the line is lost, post `LineLost` and raise `dutyphone.errors.LineGone`:
        the recorder waits (1, 2, 5, 10, 30 s) and calls `run` again. Any other exception means the driver is broken;
        it is recorded as such and retried in the same way.
        """

    def stop(self) -> None:
        """Make `run` return soon. Called from another thread, at any time, more than once."""


@runtime_checkable
class Wakeable(Protocol):
    """A driver that has this, too, is watched: a line may be quiet for days, and only so does it show that it hangs.

    One that did nothing with its host for a while is woken, more than once; if it then still does nothing, its line is
    recorded as lost from the last time it did.
    """

    def wake(self) -> None:
        """Make `run` ask `host.stopping()` within ten seconds. Called from another thread; returns at once."""


@runtime_checkable
class Obeying(Protocol):
    """A driver that has this, too, can do more with its line than listen."""

    def carry_out(self, request: LineRequest) -> None:
        """Do it, or refuse; `RequestAnswered` says which. Called from another thread; returns at once."""


class DriverPlugin(Protocol):
    """What the entry point `dutyphone.drivers` names: an object with these members.

    The name of the entry point is the word users write after `driver =` in the configuration.
    """

    def describe(self) -> str:
        """One line for people: what this driver reads."""

    def open_line(self, line: str, options: Mapping[str, object]) -> Driver:
        """A driver for `line`, not yet running. No input or output happens here.

        `options` is the line's table in the configuration without `driver` and `title`. Raises
        `dutyphone.errors.OptionError`, naming the option and what was expected, if one is wrong or unknown.
        """


class LineExaminer(Driver, Protocol):
    """A driver that asks its device all that it can say of itself, posts `LineOpened` once it knows, and then waits.

    Nothing that the line says meanwhile is understood: listen with a driver of `open_line`.
    """

    def examination(self) -> Examination | None:
        """What the device said; None before `LineOpened`."""

    def trial_options(self) -> Mapping[str, object]:
        """The options with which this line can tell the most. Only after `LineOpened`."""

    def settled_options(self, seen: AbstractSet[Power]) -> Mapping[str, object]:
        """What belongs into the configuration if the line shall listen as in the trial, in which it told `seen`.

        Nothing in `seen`: what belongs there if it shall listen in its ordinary way.
        """


@runtime_checkable
class ExaminingPlugin(Protocol):
    """A plug-in that has this, too, can examine its lines; `dutyphone doctor` asks."""

    def examine_line(self, line: str, options: Mapping[str, object]) -> LineExaminer:
        """An examiner for `line`, not yet running; options and errors as for `DriverPlugin.open_line`."""
