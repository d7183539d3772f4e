"""Several recorders on one database: whose line is whose, and a sign of life for each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for name, default in (("recorder", ""), ("host", ""), ("lines", "[]")):
        op.add_column("recorders", sa.Column(name, sa.Text, nullable=False, server_default=default))
    op.create_index("recorders_recorder", "recorders", ["recorder"])
    op.add_column("line_status", sa.Column("place", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "recorder_beats",
        sa.Column("recorder", _BIG, primary_key=True, autoincrement=False),
        sa.Column("at_us", _BIG, nullable=False),
    )
    op.execute("INSERT INTO recorder_beats (recorder, at_us) SELECT recorder, at_us FROM recorder_beat")
    op.drop_table("recorder_beat")
