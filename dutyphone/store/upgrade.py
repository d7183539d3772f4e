"""Bringing a database to the revision this program knows, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from dutyphone.errors import DatabaseTooNew, DatabaseUnusable
from dutyphone.i18n import _
from dutyphone.store.database import Database
from dutyphone.store.schema import REVISION, metadata
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


def make_anew(database: Database, stamp: str, fill: Callable[[Session], None]) -> str:
    """On a server: put our tables aside under another schema's name, make them again, and let `fill` fill them.

    All of it in one transaction. The name of the schema; empty if there were no tables.
    """
    with _altering(database) as (connection, session):
        aside = _put_aside(session, stamp) if database.backend.ours(session) else ""
        _run_migrations(connection)
        fill(session)
    return aside


def _upgrade(database: Database) -> None:
    with _altering(database) as (connection, session):
        if database.backend.ours(session):
            _refuse_newer(database, _revision(session))  # somebody may have been quicker
        database.backend.claim(session)
        _run_migrations(connection)


@contextmanager
def _altering(database: Database) -> Iterator[tuple[Connection, Session]]:
    """A writing transaction, for SQLAlchemy and for us."""
    with database.told(), database.engine.connect() as connection:
        for statement in database.backend.begin_write:
            connection.exec_driver_sql(statement)
        try:
            with database.session(connection.connection.driver_connection) as session:
                yield connection, session
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


def _run_migrations(connection: Connection) -> None:
    """Alembic takes a tenth of a second to import, so only when it has something to do."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISION)


def _put_aside(session: Session, stamp: str) -> str:
    ((schema,),) = session.sql("SELECT current_schema()")
    aside = f"{schema}_before_{stamp}"
    session.sql(f'CREATE SCHEMA "{aside}"')
    for table in (*metadata.tables, "text_index", "number_index", "alembic_version"):
        session.sql(f'ALTER TABLE IF EXISTS "{schema}"."{table}" SET SCHEMA "{aside}"')
    return aside


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
