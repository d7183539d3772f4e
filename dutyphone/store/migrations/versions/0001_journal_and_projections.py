"""The journal, its projections, the recorder's status and the search index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
        sa.Column("recorded_us", _BIG, nullable=False),
        sa.Column("occurred_us", _BIG, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    _calls()
    op.create_table(
        "call_facts",
        sa.Column("call_id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "call_notes",
        sa.Column("call_id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_us", _BIG, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    _lines()
    op.create_table(
        "recorders",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("pid", _BIG, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("started_us", _BIG, nullable=False),
        sa.Column("stopped_us", _BIG),
    )
    op.create_table(
        "recorder_beat",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("recorder", _BIG, nullable=False),
        sa.Column("at_us", _BIG, nullable=False),
    )
    _search_index()


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("arrived_us", _BIG, nullable=False),
        sa.Column("last_ring_us", _BIG),
        sa.Column("answered_us", _BIG),
        sa.Column("ended_us", _BIG),
        sa.Column("rings", sa.Integer, nullable=False),
        sa.Column("ring_s", sa.Double, nullable=False),
        sa.Column("talk_s", sa.Double),
        sa.Column("identified", sa.Boolean, nullable=False),
        sa.Column("number_raw", sa.Text),
        sa.Column("number", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("extension", sa.Text),
        sa.Column("absence", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("name_absence", sa.Text),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("evidence", sa.Text),
        sa.Column("settlement", sa.Text),
        sa.Column("settled_by", sa.Text, nullable=False),
        sa.Column("settled_us", _BIG),
        sa.Column("fax", sa.Boolean, nullable=False),
        sa.Column("digits", sa.Text, nullable=False),
        sa.Column("notes", sa.Integer, nullable=False),
        sa.Column("last_note", sa.Text, nullable=False),
        sa.Column("number_id", _BIG),
        sa.Column("result", sa.Text),
        sa.Column("owed", sa.Text),
    )
    op.create_index("calls_call", "calls", ["call"], unique=True)
    op.create_index("calls_arrived", "calls", ["arrived_us"])
    op.create_index("calls_line", "calls", ["line", "arrived_us"])
    _partial_index("calls_number", "calls", ["number_id"], "number_id IS NOT NULL")
    _partial_index("calls_result", "calls", ["result", "arrived_us"], "result IS NOT NULL")
    _partial_index("calls_owed", "calls", ["arrived_us"], "owed IS NOT NULL")
    _partial_index("calls_open", "calls", ["arrived_us"], "ended_us IS NULL")
    op.create_table(
        "numbers",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("number_raw", sa.Text, nullable=False),
        sa.Column("calls", _BIG, nullable=False),
    )
    op.create_index("numbers_number", "numbers", ["number", "number_raw"], unique=True)


def _lines() -> None:
    op.create_table(
        "line_states",
        sa.Column("line", sa.Text, primary_key=True),
        sa.Column("up", sa.Boolean, nullable=False),
        sa.Column("since_us", _BIG, nullable=False),
        sa.Column("driver", sa.Text, nullable=False),
        sa.Column("port", sa.Text, nullable=False),
        sa.Column("device", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("troubles", sa.Text, nullable=False),
        sa.Column("noise", sa.Integer, nullable=False),
    )
    op.create_table(
        "line_status",
        sa.Column("line", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("driver", sa.Text, nullable=False),
        sa.Column("port", sa.Text, nullable=False),
        sa.Column("heard_us", _BIG),
    )
    op.create_table(
        "blind_intervals",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("from_us", _BIG, nullable=False),
        sa.Column("until_us", _BIG),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("blind_intervals_from", "blind_intervals", ["from_us"])
    _partial_index("blind_intervals_open", "blind_intervals", ["line"], "until_us IS NULL", unique=True)


def _partial_index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _search_index() -> None:
    """Tokens are made by `store.search`. SQLite keeps positions for texts (phrases) and rows only for numbers."""
    if op.get_bind().dialect.name == "sqlite":
        for table, detail in (("text_index", "full"), ("number_index", "none")):
            op.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5"
                f"(tokens, content='', columnsize=0, detail={detail}, tokenize='ascii')"
            )
        return
    for table in ("text_index", "number_index"):
        op.execute(f"CREATE TABLE {table} (rowid bigint PRIMARY KEY, tokens tsvector NOT NULL)")
        op.execute(f"CREATE INDEX {table}_tokens ON {table} USING gin (tokens)")
