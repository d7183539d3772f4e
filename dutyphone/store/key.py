"""The key of an encrypted log: where it comes from, and that it is never seen.

SQLCipher takes a raw key of 256 bits. It comes from a file that only its owner can read, or from a passphrase, by the
derivation that SQLCipher itself uses (PBKDF2-HMAC-SHA512, 256,000 rounds, salt in the first 16 bytes of the database),
so that any SQLCipher tool opens the file with that passphrase. It is derived once, not for each connection.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

from dutyphone.errors import KeyUnusable
from dutyphone.i18n import _

KEY_BYTES = 32
SALT_BYTES = 16

ROUNDS = 256_000
"""`kdf_iter` of SQLCipher 4."""

PLAIN_HEADER = b"SQLite format 3\0"
"""How a database begins that is not encrypted (SQLite, "Database File Format", 1.3)."""

SHORTEST_PASSPHRASE = 8

_SPOKEN = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}(?:[0-9a-f]{{{2 * SALT_BYTES}}})?")


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key. Its `repr` does not tell it. `salt` is for a database that is yet to be made; empty: one of its own."""

    raw: bytes = field(repr=False)
    salt: bytes = field(default=b"", repr=False)

    @property
    def spelled(self) -> str:
        """As SQLCipher wants it, in `PRAGMA key` and `ATTACH … KEY`."""
        return f"x'{self.spoken}'"

    @property
    def spoken(self) -> str:
        """As one process tells another, through a pipe; see `heard`."""
        return self.raw.hex() + self.salt.hex()


def random_key() -> LogKey:
    """A key for a database that nobody is to open again."""
    return LogKey(secrets.token_bytes(KEY_BYTES))


def heard(spoken: str) -> LogKey:
    """The key another process told."""
    if not _SPOKEN.fullmatch(spoken):
        raise KeyUnusable(_("The key was not handed over."), advice=_("Start it from a terminal, or use key_file."))
    both = bytes.fromhex(spoken)
    return LogKey(both[:KEY_BYTES], both[KEY_BYTES:])


def read_key_file(path: Path) -> LogKey:
    """The key in `path`: 64 hexadecimal digits that only their owner can read. Raises `KeyUnusable`."""
    try:
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyUnusable(
                _("Other users may read the key file {path}.").format(path=path),
                advice=_("Run: chmod 600 {path}").format(path=path),
            )
        text = path.read_text(encoding="ascii").strip().lower()
    except FileNotFoundError as missing:
        raise KeyUnusable(
            _("There is no key file {path}.").format(path=path),
            advice=_(
                "Put it back from where its copy is kept. For a log that is not encrypted yet: dutyphone db encrypt"
            ),
        ) from missing
    except (OSError, UnicodeDecodeError) as wrong:
        raise KeyUnusable(
            _("The key file {path} cannot be read.").format(path=path),
            advice=_("It must belong to the user who runs dutyphone."),
            evidence=str(wrong),
        ) from wrong
    if not re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", text):
        raise KeyUnusable(
            _("The file {path} is not a key.").format(path=path),
            advice=_("A key is 64 hexadecimal digits; `dutyphone db encrypt` makes one."),
        )
    return LogKey(bytes.fromhex(text))


def make_key_file(path: Path) -> LogKey:
    """A new key in a new file that only its owner can read. Raises `KeyUnusable`; never writes over a file."""
    key = random_key()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key.spoken + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as failed:
        raise KeyUnusable(
            _("The key file {path} cannot be made.").format(path=path),
            advice=_("Check that you may write in its folder."),
            evidence=str(failed),
        ) from failed
    return key


def key_of_passphrase(passphrase: str, database: Path) -> LogKey:
    """The key that `passphrase` means for the log in `database`, whether it is there already or not."""
    salt = encrypted_salt(database)
    if salt is not None:
        return LogKey(_derived(passphrase, salt))
    fresh = secrets.token_bytes(SALT_BYTES)
    return LogKey(_derived(passphrase, fresh), fresh)


def encrypted_salt(database: Path) -> bytes | None:
    """The salt of an encrypted database; None if there is none, or it is not encrypted."""
    try:
        with database.open("rb") as file:
            head = file.read(SALT_BYTES)
    except OSError:
        return None
    return head if len(head) == SALT_BYTES and head != PLAIN_HEADER else None


def _derived(passphrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", passphrase.encode(), salt, ROUNDS, KEY_BYTES)
