"""The simulated line as a pseudo-terminal: the part that only a Unix system can do.

One thread sleeps in `poll` until the computer writes, the next thing is due, or it is told to end.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from pathlib import Path

from dutyphone.i18n import _
from dutyphone_simulators.clock import FastClock
from dutyphone_simulators.player import ScenarioPlayer
from dutyphone_simulators.terminal import PtyTerminal


class PtyModem:
    """Serves `player`, whose times are those of `clock`, on a pseudo-terminal from `start` until `stop`.

    `link` is a symbolic link that follows the terminal, which has another name after every replug. `ended` is called
    from the thread when the scenario ends the simulation by itself, or when it has failed.
    """

    def __init__(
        self,
        player: ScenarioPlayer,
        clock: FastClock,
        *,
        link: Path | None,
        report: Callable[[str], None],
        ended: Callable[[], None],
    ) -> None:
        self._player = player
        self._clock = clock
        self._report = report
        self._ended = ended
        self._terminal = PtyTerminal(link)
        self._wake_read, self._wake_write = os.pipe()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="simulated-modem", daemon=True)

    def start(self) -> None:
        """Open the terminal and begin. Raises `DutyphoneError` if the link cannot be made."""
        try:
            self._report(self._terminal.plug_in())
        except BaseException:
            self._close_pipe()
            raise
        self._thread.start()

    def stop(self) -> None:
        """End, take the link away, and raise what the thread failed of, if it did."""
        os.write(self._wake_write, b"x")
        self._thread.join()
        self._terminal.pull_out()
        self._close_pipe()
        if self._failure is not None:
            raise self._failure

    # --- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._player.stopped:
                self._follow_cable()
                self._terminal.write(self._player.take_output())
                if self._wait():
                    return
                self._player.on_deadline(self._clock.now())
            self._terminal.write(self._player.take_output())
        except BaseException as failure:  # noqa: BLE001  handed to `stop`, which raises it
            self._failure = failure
        finally:
            self._ended()

    def _wait(self) -> bool:
        """Sleep until something is to be done; True if it is to end."""
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        if self._terminal.descriptor is not None:
            poll.register(self._terminal.descriptor, select.POLLIN)
        ready = [descriptor for descriptor, _events in poll.poll(self._pause_ms())]
        if self._wake_read in ready:
            return True
        if self._terminal.descriptor in ready:
            self._player.receive(self._terminal.read(), self._clock.now())
        return False

    def _pause_ms(self) -> float | None:
        due = self._player.next_deadline()
        if due is None:
            return None
        return 1000 * self._clock.base_seconds(max(0.0, due - self._clock.now().mono))

    def _follow_cable(self) -> None:
        if self._player.plugged and not self._terminal.plugged:
            self._report(self._terminal.plug_in())
        elif not self._player.plugged and self._terminal.plugged:
            self._terminal.pull_out()
            self._report(_("The cable is out; the terminal is gone."))

    def _close_pipe(self) -> None:
        os.close(self._wake_read)
        os.close(self._wake_write)
