"""Bringing a database to the revision this program knows, in one transaction."""

from __future__ import annotations

from pathlib import Path

from dutyphone.errors import DatabaseTooNew, DatabaseUnusable
from dutyphone.i18n import _
from dutyphone.store.database import Database
from dutyphone.store.schema import REVISION
from dutyphone.store.session import Session

MIGRATIONS = Path(__file__).parent / "migrations"


def ready(database: Database, *, upgrade: bool) -> None:
    """See to it that `database` is ours and has the current tables.

    An empty or older database is brought up to date if `upgrade`. Raises `DatabaseTooNew` or `DatabaseUnusable` and
    leaves what it found as it was.
    """
    with database.reading() as session:
        ours = database.backend.ours(session)
        if ours is False:
            raise DatabaseUnusable(
                _("{place} is a database of another program.").format(place=_place(database)),
                advice=_("Name another file for the calls; this one is left as it is."),
            )
        if ours and _revision(session) == REVISION:
            database.backend.settle(session)
            return
        if not upgrade:
            raise DatabaseUnusable(
                _("{place} was made by an older version of dutyphone.").format(place=_place(database)),
                advice=_("Bring it up to date: dutyphone db upgrade"),
            )
        if ours:
            _refuse_newer(database, _revision(session))
        database.backend.settle(session)
    _upgrade(database)


def _upgrade(database: Database) -> None:
    """Alembic takes a tenth of a second to import, so only when it has something to do."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.told(), database.engine.connect() as connection:
        for statement in database.backend.begin_write:
            connection.exec_driver_sql(statement)
        try:
            with database.session(connection.connection.driver_connection) as session:
                if database.backend.ours(session):
                    _refuse_newer(database, _revision(session))  # somebody may have been quicker
                database.backend.claim(session)
            config.attributes["connection"] = connection
            command.upgrade(config, REVISION)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


def _refuse_newer(database: Database, revision: str) -> None:
    if revision > REVISION:  # revisions are numbers with leading zeros
        raise DatabaseTooNew(
            _("{place} was written by a newer version of dutyphone.").format(place=_place(database)),
            advice=_("Install that version or a later one: pip install --upgrade dutyphone"),
            evidence=f"{revision} > {REVISION}",
        )


def _revision(session: Session) -> str:
    rows = session.sql("SELECT version_num FROM alembic_version")
    return str(rows[0][0]) if rows else ""


def _place(database: Database) -> str:
    return str(database.path or database.url.render_as_string(hide_password=True))
