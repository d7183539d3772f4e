"""A pseudo-terminal with a symbolic link that follows it: where a program finds a simulated modem."""

from __future__ import annotations

import contextlib
import errno
import os
import tty
from pathlib import Path

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _

READ_SIZE = 4096


class PtyTerminal:
    """A terminal that has another name each time it is plugged in. `link` None makes none."""

    def __init__(self, link: Path | None) -> None:
        self._link = link
        self._ends: tuple[int, int] | None = None  # ours and the other, which is kept open between programs
        self._last_path = ""

    @property
    def plugged(self) -> bool:
        return self._ends is not None

    @property
    def descriptor(self) -> int | None:
        """Our end, to be polled; None while it is not there."""
        return None if self._ends is None else self._ends[0]

    def plug_in(self) -> str:
        """Open it; a sentence that says where it is. Raises `DutyphoneError` if the link cannot be made."""
        self._ends = ours, theirs = _open_terminal(other_than=self._last_path)
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        path = self._last_path = os.ttyname(theirs)
        if self._link is None:
            return _("The simulated modem is at {path}.").format(path=path)
        try:
            _point(self._link, path)
        except OSError as wrong:
            link, self._link = self._link, None  # it is not ours, so it is not taken away either
            self.pull_out()
            raise DutyphoneError(
                _("The link {link} cannot be made.").format(link=link),
                advice=_("Name a path in a folder of yours where nothing stands yet."),
                evidence=str(wrong),
            ) from wrong
        return _("The simulated modem is at {path} ({link}).").format(path=path, link=self._link)

    def pull_out(self) -> None:
        """Close it and take the link away. Again does nothing."""
        if self._ends is None:
            return
        if self._link is not None:
            with contextlib.suppress(OSError):
                if str(self._link.readlink()) == os.ttyname(self._ends[1]):
                    self._link.unlink()
        for descriptor in self._ends:
            os.close(descriptor)
        self._ends = None

    def read(self) -> bytes:
        """What the program has written; empty if nothing."""
        if self._ends is None:
            return b""
        try:
            return os.read(self._ends[0], READ_SIZE)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        """To a program that does not read, what does not fit is lost, as in a modem without flow control."""
        while data and self._ends is not None:
            try:
                data = data[os.write(self._ends[0], data) :]
            except BlockingIOError:
                return


def _open_terminal(other_than: str) -> tuple[int, int]:
    """A terminal under another name; the system would give the same one again to whoever comes first."""
    terminal = os.openpty()
    if os.ttyname(terminal[1]) != other_than:
        return terminal
    try:
        return os.openpty()
    finally:
        for descriptor in terminal:
            os.close(descriptor)


def _point(link: Path, path: str) -> None:
    """Make `link` point at `path`; an older link is replaced in one step, anything else is left alone."""
    if link.exists() and not link.is_symlink():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(link))
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    beside.symlink_to(path)
    beside.replace(link)
