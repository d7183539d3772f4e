"""Raw bytes of a line onto disk, before anybody parses them.

One transcript a line and a day (see `dutyphone.lines.transcript`): whatever a parser gets wrong, the bytes are there to
replay, and a file can be sent in as it is to teach dutyphone a new modem.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from dutyphone.clock import Moment
from dutyphone.i18n import _
from dutyphone.lines.driver import WireDirection
from dutyphone.lines.transcript import FromDevice, Passes, Step, ToDevice, WallClock, render_step

_SMALLEST_PAUSE_S = 0.001


class WireCapture:
    """The capture files of one line. Used by the line's thread alone.

    A capture that cannot be written is no reason to stop listening: `complain` is told once, and every later piece is
    tried again.
    """

    def __init__(self, folder: Path, line: str, zone: ZoneInfo, complain: Callable[[str], None]) -> None:
        self._folder = folder / line
        self._line = line
        self._zone = zone
        self._complain = complain
        self._complained = False
        self._file: TextIO | None = None
        self._day: date | None = None
        self._last: Moment | None = None

    def keep(self, direction: WireDirection, data: bytes, at: Moment) -> None:
        """Append `data`. Reaches the operating system before this returns.

        What was read while a command was being written may be kept after it; then it stands there as if it had come at
        the same moment, and the time after it is right again.
        """
        try:
            file = self._file_for(at)
            for step in self._steps(direction, data, at):
                file.write(render_step(step) + "\n")
            file.flush()
            self._complained = False
        except OSError as failed:
            self.close()
            if not self._complained:
                self._complained = True
                self._complain(
                    _(
                        "The wire of line {line} cannot be captured in {folder}: {why}. Calls are still recorded."
                    ).format(line=self._line, folder=self._folder, why=failed.strerror or failed)
                )

    def close(self) -> None:
        """Close the file of the day; `keep` opens it again."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None

    def _file_for(self, at: Moment) -> TextIO:
        day = at.utc.astimezone(self._zone).date()
        if self._file is None or day != self._day:
            self.close()
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"{day.isoformat()}.txt"
            fresh = not path.exists()
            self._file = path.open("a", encoding="utf-8", newline="\n")
            self._day = day
            self._last = None
            if fresh:
                self._file.write(f"# line: {self._line}\n")
        return self._file

    def _steps(self, direction: WireDirection, data: bytes, at: Moment) -> list[Step]:
        said: Step = FromDevice(data) if direction is WireDirection.FROM_DEVICE else ToDevice(data)
        last = self._last
        pause = 0.0 if last is None else at.since(last)
        if pause < 0.0:
            return [said]
        self._last = at
        if last is None or abs((at.utc - last.utc).total_seconds() - pause) > 1.0:
            return [WallClock(at.utc.astimezone(self._zone)), said]
        return [Passes(round(pause, 6)), said] if pause >= _SMALLEST_PAUSE_S else [said]


def prune_captures(folder: Path, keep_days: int, today: date) -> int:
    """Delete capture files older than `keep_days` days before `today`; how many were deleted."""
    oldest = today - timedelta(days=keep_days)
    deleted = 0
    for path in folder.glob("*/????-??-??.txt"):
        with suppress(ValueError, OSError):
            if datetime.strptime(path.stem, "%Y-%m-%d").date() < oldest:  # noqa: DTZ007 - a date, not a moment
                path.unlink()
                deleted += 1
    return deleted
