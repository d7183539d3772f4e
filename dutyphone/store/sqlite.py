"""SQLite: the embedded database of one desk.

The driver is `sqlcipher3`, a wheel that carries a current SQLite. Versions 3.7.0 to 3.51.2 can corrupt a database in
write-ahead mode that several connections write and checkpoint, which is just what a recorder and its consoles do.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Engine,
    LargeBinary,
    Select,
    Text,
    cast,
    create_engine,
    event,
    select,
)

from dutyphone.errors import (
    DatabaseBusy,
    DatabaseOnNetworkDrive,
    DatabaseUnusable,
    DiskFull,
    StoreError,
    UnsafeSqlite,
    WrongKey,
)
from dutyphone.i18n import _
from dutyphone.store.fts import FtsIndex
from dutyphone.store.key import LogKey, encrypted_salt
from dutyphone.store.mounts import network_file_system
from dutyphone.store.schema import APPLICATION_ID, journal
from dutyphone.store.session import Session

UNSAFE = ((3, 7, 0), (3, 51, 2))
"""First and last version of SQLite with the WAL-reset race."""

BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another one before `DatabaseBusy`."""

CHECKPOINT_PAGES = 4_000
"""The write-ahead log goes back into the database after so many pages (16 MB); each time costs two more flushes."""

LEAST_ROOM = 256 * 1024
"""Bytes. With less, files beside the database (its log, shared memory) fail in ways that do not say why."""

CACHE_KIB = 8_192
"""Page cache of each connection. The system has one too; twice as much was no faster, and an export fills all of it."""

_JOURNAL_BYTES = select(
    *(cast(column, LargeBinary) if isinstance(column.type, Text) else column for column in journal.c)
).order_by(journal.c.seq)

_FULL = {"SQLITE_FULL"}
_PERHAPS_FULL = {"SQLITE_IOERR", "SQLITE_CANTOPEN"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED"}
_UNUSABLE = {"SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_FORMAT"}


class SqliteBackend:
    """One SQLite file."""

    begin_write = ("BEGIN IMMEDIATE",)
    after_append = ""
    begin_read = "BEGIN"
    cheap_commits = "PRAGMA synchronous = NORMAL"

    def __init__(self, url: URL, key: LogKey | None = None) -> None:
        if not url.database or url.database == ":memory:":
            raise DatabaseUnusable(
                _("A database in memory forgets every call."),
                advice=_("Name a file, like sqlite:////var/lib/dutyphone/duty.db"),
            )
        self._url = url
        self.path: Path | None = Path(url.database).absolute()
        self._file = self.path
        self._driver = safe_driver()
        self.key = key
        if key is not None and not self._driver.__name__.startswith("sqlcipher3"):
            raise DatabaseUnusable(
                _("This SQLite cannot encrypt."), advice=_("Install the module that can: pip install sqlcipher3")
            )
        self.index = FtsIndex()

    def make_engine(self) -> Engine:
        engine = create_engine(self._url, module=self._driver, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        event.listen(engine, "connect", self._on_connect)
        return engine

    def prepare(self, *, create: bool) -> None:
        network = network_file_system(self._file)
        if network is not None:
            raise DatabaseOnNetworkDrive(
                _("{path} is on a network drive ({kind}).").format(path=self._file, kind=network),
                advice=_("Put the database on a local disk, or use PostgreSQL to share it between machines."),
                evidence=network,
            )
        if self._file.exists():
            if self.key is not None and self._file.stat().st_size > 0 and encrypted_salt(self._file) is None:
                raise WrongKey(
                    _("{path} is not encrypted, but a key is configured.").format(path=self._file),
                    advice=_("Encrypt it: dutyphone db encrypt. Or take the key out of the configuration."),
                )
            return
        if not create:
            raise DatabaseUnusable(
                _("There is no database at {path}.").format(path=self._file),
                advice=_("Start the recorder once (dutyphone record); it makes the database."),
            )
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(str(error)) from error

    def claim(self, session: Session) -> None:
        session.sql(f"PRAGMA application_id = {APPLICATION_ID}")

    def settle(self, session: Session) -> None:
        (mode,) = session.sql("PRAGMA journal_mode = WAL")[0]
        if mode != "wal":
            raise self._unusable(f"journal_mode = {mode}")

    def ours(self, session: Session) -> bool | None:
        (mark,) = session.sql("PRAGMA application_id")[0]
        if mark == APPLICATION_ID:
            return True
        (tables,) = session.sql("SELECT count(*) FROM sqlite_master")[0]
        return None if mark == 0 and tables == 0 else False

    def streaming_cursor(self, connection: Any) -> Any:
        return connection.cursor()

    def clean(self, session: Session) -> None:
        """What was overwritten in the database is still in its log, until that goes back into it and is cut off."""
        session.sql("PRAGMA wal_checkpoint(PASSIVE)")
        session.sql("PRAGMA busy_timeout = 0")
        session.sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def journal_bytes(self) -> Select[Any]:
        return _JOURNAL_BYTES

    def usable(self, connection: Any) -> bool:  # noqa: ARG002 (a file does not go away)
        return True

    def roll_back(self, connection: Any) -> None:
        with suppress(self._driver.Error):
            if connection.in_transaction:
                connection.rollback()

    def error(self, error: BaseException) -> StoreError | None:
        if isinstance(error, OSError):
            return self._disk_full(str(error)) if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        if not isinstance(error, self._driver.Error):
            return None
        said = str(error)
        name = str(getattr(error, "sqlite_errorname", None) or "")
        code = "_".join(name.split("_")[:2])
        if code in _FULL or (code in _PERHAPS_FULL and self._no_room()):
            return self._disk_full(said)
        if code in _BUSY:
            return DatabaseBusy(
                _("{path} is in use by another program.").format(path=self._file),
                advice=_("Try again; if it stays so, close programs that have the file open."),
                evidence=f"{name}: {said}",
            )
        if code == "SQLITE_NOTADB" and self.key is not None:
            return WrongKey(
                _("The key does not open {path}.").format(path=self._file),
                advice=_("Use the key it was encrypted with. Nobody can read it without that."),
                evidence=f"{name}: {said}",
            )
        if code in _UNUSABLE:
            return self._unusable(f"{name}: {said}")
        return StoreError(
            _("{path} could not be read or written.").format(path=self._file),
            advice=_("Check the disk, then run: dutyphone verify"),
            evidence=f"{name}: {said}",
        )

    def _on_connect(self, connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA cipher_log_level = NONE")  # SQLCipher would write to stderr, into the screen
            if self.key is not None:
                cursor.execute(f'PRAGMA key = "{self.key.spelled}"')
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            cursor.execute("PRAGMA trusted_schema = OFF")
            cursor.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten; costs no measurable time
        finally:
            cursor.close()

    def _no_room(self) -> bool:
        """Whether the disk has less free than SQLite needs to begin anything."""
        try:
            return shutil.disk_usage(self._file.parent).free < LEAST_ROOM
        except OSError:
            return False

    def _disk_full(self, said: str) -> DiskFull:
        return DiskFull(
            _("There is no room left on the disk of {path}.").format(path=self._file),
            advice=_(
                "Free some space. What is heard meanwhile is kept in memory and written as soon as there is room."
            ),
            evidence=said,
        )

    def _unusable(self, said: str) -> DatabaseUnusable:
        advice = _("Check that it is a dutyphone database and that you may write in {folder}.").format(
            folder=self._file.parent
        )
        if encrypted_salt(self._file) is not None and self.key is None:
            advice = _("If it is encrypted, name its key: key_file in [database]. Else it is no database of dutyphone.")
        return DatabaseUnusable(
            _("{path} cannot be used as a database.").format(path=self._file), advice=advice, evidence=said
        )


def safe_driver() -> Any:
    """The DB-API module to use. Raises `UnsafeSqlite` if there is none without the WAL-reset race."""
    try:
        module: Any = import_module("sqlcipher3.dbapi2")
    except ImportError:  # a distribution may leave it out and bring a sound system library
        module = sqlite3
    refuse_unsafe(module.sqlite_version_info, module.__name__)
    return module


def refuse_unsafe(version: tuple[int, ...], module: str) -> None:
    """Raise `UnsafeSqlite` if `version` has the WAL-reset race."""
    first, last = UNSAFE
    if first <= version <= last:
        raise UnsafeSqlite(
            _("SQLite {version} of the module {module} can damage a database that several programs write.").format(
                version=".".join(map(str, version)), module=module
            ),
            advice=_("Install the module that carries a sound one: pip install sqlcipher3"),
        )
