"""The simulated line as a pseudo-terminal: the part that only a Unix system can do.

One thread sleeps in `poll` until the computer writes, the next thing is due, or it is told to end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
import tty
from collections.abc import Callable
from pathlib import Path

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone_simulators.clock import FastClock
from dutyphone_simulators.player import ScenarioPlayer

READ_SIZE = 4096


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
        self._link = link
        self._report = report
        self._ended = ended
        self._terminal: tuple[int, int] | None = None  # our end and the other, which is kept open between programs
        self._wake_read, self._wake_write = os.pipe()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="simulated-modem", daemon=True)

    def start(self) -> None:
        """Open the terminal and begin. Raises `DutyphoneError` if the link cannot be made."""
        try:
            self._plug_in()
        except BaseException:
            self._close_pipe()
            raise
        self._thread.start()

    def stop(self) -> None:
        """End, take the link away, and raise what the thread failed of, if it did."""
        os.write(self._wake_write, b"x")
        self._thread.join()
        self._pull_out()
        self._close_pipe()
        if self._failure is not None:
            raise self._failure

    # --- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._player.stopped:
                self._follow_cable()
                self._write(self._player.take_output())
                if self._wait():
                    return
                self._player.on_deadline(self._clock.now())
            self._write(self._player.take_output())
        except BaseException as failure:  # noqa: BLE001  handed to `stop`, which raises it
            self._failure = failure
        finally:
            self._ended()

    def _wait(self) -> bool:
        """Sleep until something is to be done; True if it is to end."""
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        if self._terminal is not None:
            poll.register(self._terminal[0], select.POLLIN)
        ready = [descriptor for descriptor, _events in poll.poll(self._pause_ms())]
        if self._wake_read in ready:
            return True
        if self._terminal is not None and self._terminal[0] in ready:
            with contextlib.suppress(BlockingIOError):
                self._player.receive(os.read(self._terminal[0], READ_SIZE), self._clock.now())
        return False

    def _pause_ms(self) -> float | None:
        due = self._player.next_deadline()
        if due is None:
            return None
        return 1000 * self._clock.base_seconds(max(0.0, due - self._clock.now().mono))

    def _write(self, data: bytes) -> None:
        """To a computer that does not read, what does not fit is lost, as in a modem without flow control."""
        while data and self._terminal is not None:
            try:
                data = data[os.write(self._terminal[0], data) :]
            except BlockingIOError:
                return

    # --- the cable -----------------------------------------------------------------------------------------------

    def _follow_cable(self) -> None:
        if self._player.plugged and self._terminal is None:
            self._plug_in()
        elif not self._player.plugged and self._terminal is not None:
            self._pull_out()
            self._report(_("The cable is out; the terminal is gone."))

    def _plug_in(self) -> None:
        ours, theirs = os.openpty()
        self._terminal = (ours, theirs)
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        path = os.ttyname(theirs)
        if self._link is not None:
            try:
                _point(self._link, path)
            except OSError as wrong:
                link, self._link = self._link, None  # it is not ours, so it is not taken away either
                self._pull_out()
                raise DutyphoneError(
                    _("The link {link} cannot be made.").format(link=link),
                    advice=_("Name a path in a folder of yours where nothing stands yet."),
                    evidence=str(wrong),
                ) from wrong
            self._report(_("The simulated modem is at {path} ({link}).").format(path=path, link=self._link))
        else:
            self._report(_("The simulated modem is at {path}.").format(path=path))

    def _pull_out(self) -> None:
        if self._terminal is None:
            return
        if self._link is not None:
            with contextlib.suppress(OSError):
                if str(self._link.readlink()) == os.ttyname(self._terminal[1]):
                    self._link.unlink()
        for descriptor in self._terminal:
            os.close(descriptor)
        self._terminal = None

    def _close_pipe(self) -> None:
        os.close(self._wake_read)
        os.close(self._wake_write)


def _point(link: Path, path: str) -> None:
    """Make `link` point at `path`; an older link is replaced in one step, anything else is left alone."""
    if link.exists() and not link.is_symlink():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(link))
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    beside.symlink_to(path)
    beside.replace(link)
