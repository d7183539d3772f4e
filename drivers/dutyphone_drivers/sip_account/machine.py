"""Runs one transaction by its table: the state it is in, and the timers that belong to that state."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dutyphone_drivers.sip_account.deadlines import Deadline, Deadlines
from dutyphone_drivers.sip_account.timing import Timing
from dutyphone_drivers.sip_account.transaction_table import Act, Kind, Said, State, Timer

_RESENDING = frozenset({Timer.A, Timer.E, Timer.G, Timer.OK_AGAIN})
_NOT_IF_RELIABLE = frozenset({Timer.A, Timer.E, Timer.G})
"""Over TCP and TLS nothing is sent again but 2xx to INVITE, which is answered end to end (§13.3.1.4)."""

_LENGTH: Mapping[Timer, Callable[[Timing], float]] = {
    Timer.A: lambda timing: timing.t1_s,
    Timer.B: lambda timing: 64 * timing.t1_s,
    Timer.D: lambda timing: max(32.0, 64 * timing.t1_s),
    Timer.E: lambda timing: timing.t1_s,
    Timer.F: lambda timing: 64 * timing.t1_s,
    Timer.G: lambda timing: timing.t1_s,
    Timer.H: lambda timing: 64 * timing.t1_s,
    Timer.I: lambda timing: timing.t4_s,
    Timer.J: lambda timing: 64 * timing.t1_s,
    Timer.K: lambda timing: timing.t4_s,
    Timer.L: lambda timing: 64 * timing.t1_s,
    Timer.M: lambda timing: 64 * timing.t1_s,
    Timer.OK_AGAIN: lambda timing: timing.t1_s,
    Timer.CANCELLED: lambda timing: 64 * timing.t1_s,
}
"""RFC 3261 table 4, RFC 6026 §7."""

_ZERO_IF_RELIABLE = frozenset({Timer.D, Timer.I, Timer.J, Timer.K})
"""They absorb repetitions, which a reliable transport does not bring (RFC 3261 table 4)."""


class Machine:
    """A transaction. `due` gets `(machine, timer)` when a timer ends; hand the timer to `step` then."""

    __slots__ = ("_due", "_interval_s", "_kind", "_reliable", "_running", "_timing", "state")

    def __init__(
        self, kind: Kind, *, mono: float, reliable: bool, timing: Timing, due: Deadlines[tuple[Machine, Timer]]
    ) -> None:
        self._kind, self._reliable, self._timing, self._due = kind, reliable, timing, due
        self._running: dict[Timer, Deadline[tuple[Machine, Timer]]] = {}
        self._interval_s = 0.0  # of the timer that sends again
        self.state = kind.first
        self._wait(mono)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.state.value}>"

    def step(self, cue: Said | Timer, mono: float) -> tuple[Act, ...]:
        """What is to be done because of `cue`. Nothing if nobody waits for it in this state."""
        move = self._kind.table.get((self.state, cue))
        if isinstance(cue, Timer):
            self._running.pop(cue, None)
        if move is None:
            return ()
        if move.to is not self.state:
            self.state = move.to
            self._wait(mono)
        elif cue in _RESENDING and isinstance(cue, Timer):
            self._again(cue, mono)
        return move.acts

    def end(self) -> None:
        """It is over, whatever it waited for."""
        self.state = State.TERMINATED
        self._wait(0.0)

    def _wait(self, mono: float) -> None:
        """Stop the timers that do not belong to the new state, start those that do and do not run yet."""
        wanted = self._kind.waits.get(self.state, ())
        for timer in [timer for timer in self._running if timer not in wanted]:
            self._due.drop(self._running.pop(timer))
        for timer in wanted:
            if self._reliable and timer in _ZERO_IF_RELIABLE:
                self.state = State.TERMINATED
            elif timer not in self._running and not (self._reliable and timer in _NOT_IF_RELIABLE):
                self._start(timer, _LENGTH[timer](self._timing), mono)

    def _again(self, timer: Timer, mono: float) -> None:
        longest = float("inf") if timer is Timer.A else self._timing.t2_s
        slow = timer is Timer.E and self.state is State.PROCEEDING  # §17.1.2.2
        self._start(timer, longest if slow else min(2 * self._interval_s, longest), mono)

    def _start(self, timer: Timer, length_s: float, mono: float) -> None:
        if timer in _RESENDING:
            self._interval_s = length_s
        self._running[timer] = self._due.set(mono + length_s, (self, timer))
