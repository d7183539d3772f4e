"""The tables, and nothing else.

Four sorts of table, and it matters which is which:

- `journal`: the record. Rows are only ever added; of old ones `store.retention` takes the body away.
- projections (`PROJECTIONS`): what the journal amounts to, changed in the transaction that adds the facts, and made
  again from the journal by `store.rebuild`.
- status (`line_status`, `recorder_beats`): what recorders say about themselves while they run. Not in the journal,
  not rebuilt.
- `purge_marks`: how far retention has looked. Lost, it looks from the beginning again.

Times are microseconds since 1970-01-01 UTC (`…_us`). Codes are the values of the enums in `journal.facts` and
`lines.events`. The search index has tables of its own, which differ between databases: see `store.search`.

A change here needs a revision in `migrations/versions` and a new `REVISION`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    false,
)

REVISION = "0004"
"""The revision of `migrations` that makes these tables."""

APPLICATION_ID = 0x64757479
"""`PRAGMA application_id` of our SQLite files: "duty" in ASCII."""

metadata = MetaData()

_BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on every database; on SQLite this spelling makes a primary key the rowid itself."""


def _key(name: str) -> Column[int]:
    return Column(name, _BIG, primary_key=True, autoincrement=False)


journal = Table(
    "journal",
    metadata,
    _key("seq"),
    Column("recorded_us", _BIG, nullable=False),
    Column("occurred_us", _BIG, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("body", Text),  # NULL once its retention time is over
    Column("body_digest", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    _key("id"),
    Column("call", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("arrived_us", _BIG, nullable=False),
    Column("last_ring_us", _BIG),
    Column("answered_us", _BIG),
    Column("ended_us", _BIG),
    Column("rings", Integer, nullable=False),
    Column("ring_s", Double, nullable=False),
    Column("talk_s", Double),
    Column("identified", Boolean, nullable=False),
    Column("number_raw", Text),
    Column("number", Text),
    Column("kind", Text),
    Column("extension", Text),
    Column("absence", Text),
    Column("name", Text),
    Column("name_absence", Text),
    Column("doubtful", Boolean, nullable=False),
    Column("outcome", Text),
    Column("evidence", Text),
    Column("settlement", Text),
    Column("settled_by", Text, nullable=False),
    Column("settled_us", _BIG),
    Column("fax", Boolean, nullable=False),
    Column("digits", Text, nullable=False),
    Column("notes", Integer, nullable=False),
    Column("last_note", Text, nullable=False),
    Column("number_id", _BIG),  # numbers.id; NULL if no number came
    Column("result", Text),  # CallRow.result, to be asked for by an index
    Column("owed", Text),  # CallRow.owed, likewise
    Column("purged", Boolean, nullable=False, server_default=false()),  # its retention time was over
    Column("called", Text),  # as sent, which is why it is text
    Column("redirected_from", Text),
    Column("code", Integer),
    Index("calls_call", "call", unique=True),
    Index("calls_arrived", "arrived_us"),
    Index("calls_line", "line", "arrived_us"),
)
Index(
    "calls_number",
    calls.c.number_id,
    sqlite_where=calls.c.number_id.is_not(None),
    postgresql_where=calls.c.number_id.is_not(None),
)
Index(
    "calls_result",
    calls.c.result,
    calls.c.arrived_us,
    sqlite_where=calls.c.result.is_not(None),
    postgresql_where=calls.c.result.is_not(None),
)
Index(
    "calls_owed",
    calls.c.arrived_us,
    sqlite_where=calls.c.owed.is_not(None),
    postgresql_where=calls.c.owed.is_not(None),
)
Index(
    "calls_open",
    calls.c.arrived_us,
    sqlite_where=calls.c.ended_us.is_(None),
    postgresql_where=calls.c.ended_us.is_(None),
)

numbers = Table(  # every number that ever called, as normalised and as sent
    "numbers",
    metadata,
    _key("id"),
    Column("number", Text, nullable=False),  # '' if it could not be normalised
    Column("number_raw", Text, nullable=False),  # '' if only the other is known
    Column("calls", _BIG, nullable=False),  # how many calls have it now
    Index("numbers_number", "number", "number_raw", unique=True),
)

call_facts = Table(  # which journal rows are about which call
    "call_facts",
    metadata,
    _key("call_id"),
    _key("seq"),
    sqlite_with_rowid=False,
)

call_notes = Table(
    "call_notes",
    metadata,
    _key("call_id"),
    Column("note", Integer, primary_key=True, autoincrement=False),  # 1, 2, … within the call
    Column("at_us", _BIG, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    sqlite_with_rowid=False,
)

line_states = Table(
    "line_states",
    metadata,
    Column("line", Text, primary_key=True),
    Column("up", Boolean, nullable=False),
    Column("since_us", _BIG, nullable=False),
    Column("driver", Text, nullable=False),
    Column("port", Text, nullable=False),
    Column("device", Text),
    Column("reason", Text),
    Column("detail", Text, nullable=False),
    Column("troubles", Text, nullable=False),  # codes, sorted, with a comma between
    Column("noise", Integer, nullable=False),
)

blind_intervals = Table(
    "blind_intervals",
    metadata,
    _key("id"),
    Column("line", Text, nullable=False),
    Column("from_us", _BIG, nullable=False),
    Column("until_us", _BIG),
    Column("reason", Text),
    Column("detail", Text, nullable=False),
    Index("blind_intervals_from", "from_us"),
)
Index(
    "blind_intervals_open",
    blind_intervals.c.line,
    unique=True,
    sqlite_where=blind_intervals.c.until_us.is_(None),
    postgresql_where=blind_intervals.c.until_us.is_(None),
)

recorders = Table(
    "recorders",
    metadata,
    _key("seq"),  # of its RecorderStarted
    Column("version", Text, nullable=False),
    Column("pid", _BIG, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("started_us", _BIG, nullable=False),
    Column("stopped_us", _BIG),
    Column("recorder", Text, nullable=False, server_default=""),  # its id; '' if it was alone
    Column("host", Text, nullable=False, server_default=""),
    Column("lines", Text, nullable=False, server_default="[]"),  # JSON
    Index("recorders_recorder", "recorder"),
)

PROJECTIONS = (calls, numbers, call_facts, call_notes, line_states, blind_intervals, recorders)

line_status = Table(
    "line_status",
    metadata,
    Column("line", Text, primary_key=True),
    Column("position", Integer),  # its place in the configuration; NULL if it is no longer there
    Column("title", Text, nullable=False),
    Column("driver", Text, nullable=False),
    Column("port", Text, nullable=False),
    Column("heard_us", _BIG),
    Column("place", Text, nullable=False, server_default=""),  # whose configuration has it; '' if there is only one
    Column("obeys", Boolean, nullable=False, server_default=false()),  # its driver can do what is asked of it
)

recorder_beats = Table(
    "recorder_beats",
    metadata,
    _key("recorder"),  # recorders.seq; 0 before there is one
    Column("at_us", _BIG, nullable=False),
)

purge_marks = Table(
    "purge_marks",
    metadata,
    Column("book", Text, primary_key=True),
    Column("seq", _BIG, nullable=False),  # journal rows up to here were looked at
    Column("asked_us", _BIG),  # when the recorder last asked what is due; NULL: never
)
