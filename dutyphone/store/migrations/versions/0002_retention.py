"""Calls whose retention time was over, how far retention has looked, and search indexes that forget."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("calls", sa.Column("purged", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "purge_marks",
        sa.Column("book", sa.Text, primary_key=True),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("asked_us", _BIG),
    )
    if op.get_bind().dialect.name == "sqlite":
        # Without this FTS5 only marks what was taken out, and keeps it until it is merged (FTS5, section 6.12).
        for table in ("text_index", "number_index"):
            op.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)")  # noqa: S608
