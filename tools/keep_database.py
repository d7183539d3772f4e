"""Keep a database of the schema as it is now, with something in every table, for the tests of later upgrades.

    tools/with-postgres python tools/keep_database.py

Run it once for each revision that is released, before the next one is begun; what it made is never made again. It
writes `tests/store/databases/<revision>.db.gz` (SQLite) and `<revision>.sql` (PostgreSQL, by pg_dump).
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dutyphone.clock import Moment
from dutyphone.journal.facts import (
    Book,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    CallNoted,
    CallRang,
    CallSettled,
    DigitsDialled,
    Fact,
    FaxCalling,
    LineCameBack,
    LineTroubled,
    LineWentDown,
    NoiseHeard,
    NumberKind,
    Outcome,
    RecorderStarted,
    RecorderStopped,
    Settlement,
    StopReason,
)
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence, Trouble
from dutyphone.store.retention import purge
from dutyphone.store.schema import REVISION
from dutyphone.store.store import LineDeclaration, Store

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "store" / "databases"
AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)
CODES = {Outcome.BUSY: 486, Outcome.REJECTED: 603, Outcome.FAILED: 404}


def facts() -> list[Fact]:
    """One of each kind, and calls of every outcome."""
    made: list[Fact] = [
        RecorderStarted(at=AT, version="0.1.0", pid=4242),
        LineCameBack(at=AT, line="desk", driver="serial_modem", port="/dev/ttyACM0", device="CX93010"),
        LineWentDown(at=AT, line="fax", reason=LossReason.CABLE_UNPLUGGED, detail="made up"),
        LineTroubled(at=AT, line="desk", trouble=Trouble.NO_CALLER_ID),
        NoiseHeard(at=AT, line="desk", pieces=3, wire=b"\xff\x00"),
    ]
    for i, outcome in enumerate(Outcome):
        at, call = AT + timedelta(minutes=i + 1), f"call-{i}"
        made += [
            CallArrived(at=at, call=call, line="desk", wire=b"RING\r\n"),
            CallRang(at=at + timedelta(seconds=5), call=call, ring=2),
            CallIdentified(
                at=at + timedelta(seconds=6),
                call=call,
                number_raw=f"0105550120{i % 3}",
                number=f"+86105550120{i % 3}",
                kind=NumberKind.FIXED,
                name=f"第{i}值班室",
                called="1001",
                redirected_from="01055501299" if outcome is Outcome.FORWARDED else None,
            ),
        ]
        if outcome is Outcome.ANSWERED:
            made.append(CallAnswered(at=at + timedelta(seconds=7), call=call, evidence=Evidence.EXTENSION_HOOK))
        made.append(
            CallEnded(
                at=at + timedelta(seconds=11, microseconds=i),
                call=call,
                outcome=outcome,
                evidence=Evidence.RINGING_STOPPED,
                rings=2,
                ring_s=6.25,
                talk_s=4.5 if outcome is Outcome.ANSWERED else None,
                code=CODES.get(outcome),
            )
        )
    late = AT + timedelta(hours=1)
    return [
        *made,
        CallNoted(at=late, call="call-1", text="已回拨，无人接听", by="张三"),
        CallSettled(at=late, call="call-1", settlement=Settlement.CALLED_BACK, by="张三"),
        FaxCalling(at=late, call="call-2"),
        CallArrived(at=late, call="out", line="desk", direction=Direction.OUTGOING),
        DigitsDialled(at=late, call="out", digits="02155501234"),
        CallArrived(at=late, call="open", line="desk"),
        CallIdentified(
            at=late, call="open", absence=NumberAbsence.PRIVATE, name_absence=NameAbsence.PRIVATE, intact=False
        ),
        RecorderStopped(at=late + timedelta(hours=1), reason=StopReason.FOUND_DEAD),
        RecorderStarted(at=late + timedelta(hours=2), version="0.1.0", pid=4243),
    ]


def fill(url: str, keys: Path) -> None:
    """Write all of it, in batches as a recorder would."""
    with Store.open(url, key_folder=keys) as store:
        line = LineDeclaration(line="desk", title="值班座机", driver="serial_modem", port="/dev/ttyACM0")
        store.declare_lines([line])
        for fact in facts():
            store.append([fact], recorded_at=fact.at)
        store.beat(AT + timedelta(hours=3), {"desk": AT + timedelta(hours=2)})
        until = AT + timedelta(minutes=2)
        purge(store, Book.CALLS, until, clock=Still(), rest=lambda _worked_s: True)


class Still:
    """A clock that stands still."""

    def now(self) -> Moment:
        return Moment(0.0, AT + timedelta(hours=4))


def main() -> None:
    """Make both files for `REVISION`."""
    server = os.environ.get("DUTYPHONE_TEST_POSTGRES_URL") or sys.exit(__doc__)
    kept, dumped = FOLDER / f"{REVISION}.db.gz", FOLDER / f"{REVISION}.sql"
    if kept.exists() or dumped.exists():
        sys.exit(f"{REVISION} is kept already.")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "duty.db"
        fill(f"sqlite:///{path}", Path(folder))
        kept.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        fill(server, Path(folder))
    pg_dump = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", server.replace("+psycopg", "")]
    dump = subprocess.run(pg_dump, capture_output=True, text=True, check=True).stdout  # noqa: S603
    chatter = ("--", "\\", "SET ", "SELECT pg_catalog")
    lines = (line for line in dump.splitlines() if line and not line.startswith(chatter))
    dumped.write_text("\n".join(lines).replace("public.", "") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
