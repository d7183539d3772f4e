"""A log into another database: from SQLite to PostgreSQL, back, or to another file, without losing a row.

All or nothing: the journal and everything made of it arrive in one transaction, so a copy that was interrupted has left
the other database empty, and is begun again.
"""

from __future__ import annotations

from contextlib import closing

from sqlalchemy import func, select

from dutyphone.errors import DatabaseBusy, DatabaseUnusable
from dutyphone.i18n import _
from dutyphone.store.append import Tail, tail
from dutyphone.store.load import ROWS, Progress, load, told
from dutyphone.store.schema import line_status
from dutyphone.store.status import LineDeclaration
from dutyphone.store.store import Store


def copy(source: Store, target: Store, *, on_progress: Progress) -> Tail:
    """Copy the log of `source` into `target`, which is empty; where both journals end.

    No recorder may write either; see `Store.lease`. Raises `ChainBroken` if the log is not whole, `DatabaseUnusable` if
    there is a log in `target`, `DatabaseBusy` if somebody wrote to `source` meanwhile; then `target` is as it was.
    """
    database = source.database
    with target.database.writing() as written:
        with database.snapshot() as read, closing(read.stream(database.backend.journal_bytes)) as rows:
            total = int(read.scalar(ROWS))
            end = load(told(rows, total, on_progress), written, target.database.backend)
            if end != tail(read):
                raise DatabaseUnusable(
                    _("What arrived is not what was sent."), advice=_("Nothing was kept. Try again.")
                )
        with database.reading() as read:
            if tail(read) != end:
                raise DatabaseBusy(
                    _("Somebody wrote to the log while it was copied."),
                    advice=_("Nothing was kept. Close all consoles and try again."),
                )
    target.declare_lines(_declared(source))
    return end


def _declared(source: Store) -> list[LineDeclaration]:
    statement = (
        select(line_status.c.line, line_status.c.title, line_status.c.driver, line_status.c.port)
        .where(line_status.c.position.is_not(None))
        .order_by(func.coalesce(line_status.c.position, 0))
    )
    with source.database.reading() as session:
        return [
            LineDeclaration(line=line, title=title, driver=driver, port=port)
            for line, title, driver, port in session.all(statement)
        ]
