"""The key of an encrypted log: read from its file, asked for at the terminal, or told by the parent process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from dutyphone.config import Settings
from dutyphone.errors import KeyUnusable
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone.store.key import LogKey


def log_key(settings: Settings, *, drill: bool) -> LogKey | None:
    """The key of the log; None if it is not encrypted, as a drill's never is. Raises `KeyUnusable`."""
    if drill or not (settings.database.key_file or settings.database.key_prompt):
        return None
    from dutyphone.store.key import heard, read_key_file

    path = settings.key_file()
    if path is not None:
        return read_key_file(path)
    return heard(settings.given_key()) if settings.given_key() else asked_key(settings)


def unlocked(settings: Settings, *, drill: bool) -> Settings:
    """The same settings, with the passphrase asked for and tried now, and not once a screen is in the way."""
    if drill or not settings.database.key_prompt or settings.given_key():
        return settings
    from dutyphone.store.database import Database

    key = asked_key(settings)
    database = Database(settings.database_url(), create=True, key=key)
    try:
        with database.reading() as session:
            database.backend.ours(session)
    finally:
        database.close()
    return settings.with_key(key.spoken)


def hear_key(settings: Settings, parent: TextIO) -> Settings:
    """The same settings with the key that the parent process tells on a line of its own."""
    return settings.with_key(parent.readline().strip())


def asked_key(settings: Settings) -> LogKey:
    """The key that the passphrase means which is asked for now; twice, for a log that has none yet."""
    from dutyphone.store.database import database_path
    from dutyphone.store.key import SHORTEST_PASSPHRASE, encrypted_salt, key_of_passphrase

    path = database_path(settings.database_url())
    if path is None:
        raise KeyUnusable(
            _("Only an SQLite file can be encrypted by dutyphone."),
            advice=_("Encrypt the disk of the database server, and take the key out of the configuration."),
        )
    if encrypted_salt(path) is not None:
        return key_of_passphrase(_ask(_("Passphrase of the log: ")), path)
    passphrase = _ask(_("New passphrase for the log: "))
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise KeyUnusable(
            _("A passphrase has at least {n} characters.").format(n=SHORTEST_PASSPHRASE),
            advice=_("Some words that do not belong together are easy to remember."),
        )
    if _ask(_("Once more: ")) != passphrase:
        raise KeyUnusable(_("That was not the same passphrase."), advice=_("Try again."))
    return key_of_passphrase(passphrase, path)


def _ask(prompt: str) -> str:
    if not sys.stdin.isatty():
        raise KeyUnusable(
            _("The passphrase of the log cannot be asked for: there is no terminal."),
            advice=_("Start it at a terminal. For a service, use key_file instead of key_prompt."),
        )
    import getpass

    return getpass.getpass(prompt)
