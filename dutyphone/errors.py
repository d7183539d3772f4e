"""Everything that goes wrong in a way a person can mend.

One root. An error is a sentence that says what is the matter, `advice` that says what to do, and evidence for those who
look closer. The command line prints them and leaves with `exit_code`; nothing below it prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dutyphone.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

    from dutyphone.lines.events import LossReason


class DutyphoneError(Exception):
    """The root. `advice` is a sentence for the person at the keyboard; `evidence` is what the machine said."""

    exit_code = 1

    def __init__(self, message: str, *, advice: str = "", evidence: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.evidence = evidence


# --- configuration -----------------------------------------------------------------------------------------------


class ConfigError(DutyphoneError):
    """The configuration file cannot be used. `where` is file, line and key as far as they are known."""

    exit_code = 2

    def __init__(
        self, message: str, *, path: Path | None = None, line: int | None = None, key: str = "", expected: str = ""
    ) -> None:
        where = ":".join(str(part) for part in (path, line) if part is not None)
        prefix = f"{where}: " if where else ""
        if key:
            prefix += f"{key}: "
        super().__init__(
            prefix + message, advice=_("Expected: {expected}.").format(expected=expected) if expected else ""
        )
        self.path, self.line, self.key, self.expected = path, line, key, expected


class OptionError(DutyphoneError):
    """A driver does not accept an option of its line. Raised by drivers; the configuration adds file and line."""

    exit_code = 2

    def __init__(self, option: str, message: str, *, expected: str = "") -> None:
        super().__init__(message, advice=expected)
        self.option = option
        self.expected = expected


class UnknownDriver(DutyphoneError):
    """No installed driver has that name."""

    exit_code = 2


# --- lines -------------------------------------------------------------------------------------------------------


class LineGone(DutyphoneError):
    """The line can no longer be listened to. `reason` is what the log says about it."""

    exit_code = 3

    def __init__(self, reason: LossReason, message: str, *, advice: str = "", evidence: str = "") -> None:
        super().__init__(message, advice=advice, evidence=evidence)
        self.reason = reason


# --- the database ------------------------------------------------------------------------------------------------


class StoreError(DutyphoneError):
    """The database cannot be used as it is."""

    exit_code = 4


class DatabaseTooNew(StoreError):
    """It was written by a newer version of dutyphone."""


class DatabaseUnusable(StoreError):
    """It is not a database, not ours, damaged, or in a folder that cannot be written."""


class DatabaseBusy(StoreError):
    """Another program holds it for longer than we wait. Nothing was written; try again."""


class DatabaseOnNetworkDrive(StoreError):
    """SQLite's locks and write-ahead log do not work on network file systems."""


class DiskFull(StoreError):
    """Nothing more can be written. What was heard is kept in memory and written when there is room."""


class UnsafeSqlite(StoreError):
    """The SQLite library has the WAL-reset race (3.7.0 to 3.51.2)."""


class KeyUnusable(StoreError):
    """The key of an encrypted log is missing, is not a key, or anybody may read it."""


class WrongKey(StoreError):
    """The log is encrypted with another key, or is not encrypted at all."""


class BackupUnusable(StoreError):
    """A copy of the log is not what its manifest says, or not whole. The log itself was not touched."""


class ChainBroken(StoreError):
    """The journal does not check. `seq` is the first bad row."""

    def __init__(self, message: str, *, seq: int | None = None, advice: str = "", evidence: str = "") -> None:
        super().__init__(message, advice=advice, evidence=evidence)
        self.seq = seq


# --- the recorder ------------------------------------------------------------------------------------------------


class RecorderAlreadyRunning(DutyphoneError):
    """One recorder a database. `pid` is the other one's, None if it could not be read."""

    exit_code = 5

    def __init__(self, message: str, *, pid: int | None = None, advice: str = "", evidence: str = "") -> None:
        super().__init__(message, advice=advice, evidence=evidence)
        self.pid = pid


class CannotBeAsked(DutyphoneError):
    """Nobody is there who could do what was to be asked of a line, or it is not clear which call is meant."""


# --- output and input files --------------------------------------------------------------------------------------


class OutputError(DutyphoneError):
    """An export cannot be written."""

    exit_code = 6


class TranscriptError(DutyphoneError):
    """A transcript or scenario cannot be read; the message names the line."""

    exit_code = 7
