"""A simulated line that goes on by itself in time: a `ScenarioPlayer` with a clock, shared between threads.

No thread belongs to it. Whoever looks brings it up to the present first, so that what would have happened in between
has happened, and who waits sleeps exactly until the next thing is due. Time goes on while nobody looks.
"""

from __future__ import annotations

import threading

from dutyphone_simulators.address import SimAddress
from dutyphone_simulators.clock import FastClock
from dutyphone_simulators.library import load_scenario
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import DEFAULT_PERSONALITY, ScenarioPlayer


class CableOut(Exception):
    """The device is not there."""


class LiveLine:
    """The line at `address`, from now on. Raises `TranscriptError` if there is no such scenario or modem.

    `clock` runs at the speed of the line, and a scenario may set it.
    """

    def __init__(self, address: SimAddress, clock: FastClock) -> None:
        transcript = load_scenario(address.scenario)
        personality = address.personality or transcript.headings.get("personality", DEFAULT_PERSONALITY)
        self._clock = clock
        self._timeout_pace = 1.0 if address.line_timeouts else address.speed
        self._player = ScenarioPlayer(
            transcript,
            load_personality(personality),
            clock.now(),
            seed=address.seed,
            loop=address.loop,
            step_clock=clock.step,
        )
        self._changed = threading.Condition()
        self._taken = False
        self._input = bytearray()
        self._cancelled = False

    def open(self) -> bool:
        """Take the port; False if another program has it. Raises `CableOut`. What was said before is lost."""
        with self._changed:
            self._catch_up()
            if not self._player.plugged:
                raise CableOut
            if self._taken:
                return False
            self._taken = True
            self._cancelled = False
            self._input.clear()
            return True

    def close(self) -> None:
        """Give the port back. A read in another thread returns."""
        with self._changed:
            self._taken = False
            self._cancelled = True
            self._player.terminal_gone(self._clock.now())
            self._changed.notify_all()

    def read(self, size: int, timeout_s: float | None) -> bytes:
        """Up to `size` bytes, waiting for all of them up to `timeout_s` (None: as long as it takes).

        Returns early, with what there is, after `cancel_read` and `close`. Raises `CableOut` once the device is gone.
        While the port is frozen it returns for nothing at all.
        """
        with self._changed:
            waited_until = None if timeout_s is None else self._clock.now().mono + timeout_s * self._timeout_pace
            while True:
                self._wait_for_thaw()
                self._must_be_plugged()
                if len(self._input) >= size or self._cancelled:
                    break
                now = self._clock.now().mono
                if waited_until is not None and now >= waited_until:
                    break
                self._sleep_until(self._player.next_deadline(), waited_until)
            self._cancelled = False
            data = bytes(self._input[:size])
            del self._input[:size]
            return data

    def write(self, data: bytes) -> None:
        """The computer says `data`. Raises `CableOut`."""
        with self._changed:
            self._wait_for_thaw()
            self._must_be_plugged()
            self._player.receive(data, self._clock.now())
            self._changed.notify_all()

    def waiting(self) -> int:
        """How many bytes can be read at once. Raises `CableOut`."""
        with self._changed:
            self._catch_up()
            self._must_be_plugged()
            return len(self._input)

    def forget_input(self) -> None:
        """Lose what has come and was not read."""
        with self._changed:
            self._catch_up()
            self._input.clear()

    def cancel_read(self) -> None:
        """Make a read in another thread, or the next one, return at once."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def _catch_up(self) -> None:
        self._player.on_deadline(self._clock.now())
        data = self._player.take_output()
        if self._taken:
            self._input += data

    def _wait_for_thaw(self) -> None:
        """Catch up, for as long as the port is frozen."""
        self._catch_up()
        while self._player.frozen:
            self._sleep_until(self._player.next_deadline())
            self._catch_up()

    def _sleep_until(self, *times: float | None) -> None:
        due = [at for at in times if at is not None]
        now = self._clock.now().mono
        self._changed.wait(self._clock.base_seconds(max(0.0, min(due) - now)) if due else None)

    def _must_be_plugged(self) -> None:
        if not self._player.plugged:
            self._input.clear()
            raise CableOut
