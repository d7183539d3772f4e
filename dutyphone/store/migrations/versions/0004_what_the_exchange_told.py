"""What an exchange tells of a call stands in its row: who was called, who at first, how it ended; which lines obey."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TOLD = sa.text(
    """
    SELECT call_facts.call_id, journal.kind, journal.body FROM journal
    JOIN call_facts ON call_facts.seq = journal.seq
    WHERE journal.kind = 'CallEnded' AND journal.body LIKE '%"code":%'
       OR journal.kind = 'CallIdentified'
          AND (journal.body LIKE '%"called":%' OR journal.body LIKE '%"redirected_from":%')
    ORDER BY journal.seq
    """
)
_SET = {
    "CallEnded": sa.text("UPDATE calls SET code = :code WHERE id = :call_id"),
    "CallIdentified": sa.text(
        "UPDATE calls SET called = COALESCE(:called, called),"
        " redirected_from = COALESCE(:redirected_from, redirected_from) WHERE id = :call_id"
    ),
}
_FIELDS = {"CallEnded": ("code",), "CallIdentified": ("called", "redirected_from")}


def upgrade() -> None:
    op.add_column("calls", sa.Column("called", sa.Text))
    op.add_column("calls", sa.Column("redirected_from", sa.Text))
    op.add_column("calls", sa.Column("code", sa.Integer))
    op.add_column("line_status", sa.Column("obeys", sa.Boolean, nullable=False, server_default=sa.false()))
    connection = op.get_bind()
    for call_id, kind, body in connection.execute(_TOLD).fetchall():
        told = json.loads(body)
        connection.execute(_SET[kind], {"call_id": call_id, **{name: told.get(name) for name in _FIELDS[kind]}})
