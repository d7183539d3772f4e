"""One night of calls with everything odd in it, and a store that holds them in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.records import record

from dutyphone.calls.numbers import Site, read_number
from dutyphone.journal.facts import Outcome, Settlement
from dutyphone.lines.events import Direction, Evidence, LossReason, NumberAbsence
from dutyphone.outputs.columns import Profile
from dutyphone.outputs.export import ExportResult, Format, export_calls
from dutyphone.store.readmodels import BlindRow, CallQuery, CallRecord, CallRow, CallState

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 5, 9, 9, 30, 5, 123456, tzinfo=UTC)  # 17:30:05 in the room
MORNING = datetime(2026, 5, 10, 0, 30, tzinfo=UTC)


def call(number: int, minutes: float, raw: str | None = None, /, **known: Any) -> CallRow:
    """The `number`th call, `minutes` into the night; from `raw` if a number came."""
    arrived_at = EVENING + timedelta(minutes=minutes)
    if raw is not None:
        read = read_number(raw, Site())
        known = {
            "identified": True,
            "number_raw": raw,
            "number": read.number,
            "kind": read.kind,
            "extension": read.extension,
        } | known
    fallbacks: dict[str, Any] = {
        "line": "desk",
        "direction": Direction.INCOMING,
        "state": CallState.ENDED,
        "last_ring_at": arrived_at + timedelta(seconds=5),
        "ended_at": arrived_at + timedelta(seconds=10),
        "rings": 2,
        "ring_s": 5.25,
        "outcome": Outcome.MISSED,
        "evidence": Evidence.NO_HOOK_SEEN,
    }
    return CallRow(id=number, call=f"call-{number:04}", arrived_at=arrived_at, **(fallbacks | known))


def answered(number: int, minutes: float, raw: str | None = None, /, **known: Any) -> CallRow:
    """A call that was taken after six seconds and lasted a minute and a half."""
    arrived_at = EVENING + timedelta(minutes=minutes)
    return call(
        number,
        minutes,
        raw,
        **{
            "answered_at": arrived_at + timedelta(seconds=6),
            "ended_at": arrived_at + timedelta(seconds=96),
            "talk_s": 90.0,
            "outcome": Outcome.ANSWERED,
            "evidence": Evidence.EXTENSION_HOOK,
        }
        | known,
    )


NIGHT: tuple[CallRow, ...] = (
    answered(1, 0, "01055501234", name="值班室", last_note="通知明日会议,\n地点改到二楼", notes=1),
    call(2, 5, "13900001234", settlement=Settlement.CALLED_BACK, settled_by="王值班"),
    call(3, 10, "13900005678"),
    call(4, 15, identified=True, absence=NumberAbsence.PRIVATE),
    call(5, 20),
    answered(6, 25, "010-55501234-8012", name='=HYPERLINK("x")'),
    answered(7, 30, "0012025550123", name="@SUM(1)", last_note="+1 说英语"),
    call(8, 35, "106900001234567", name="\x07铃\x0b声\x00"),
    answered(9, 40, "95588", fax=True),
    answered(10, 45, "8012", line="line-2"),
    answered(11, 50, "0571-55501234", doubtful=True),
    call(12, 55, "0123456", outcome=Outcome.UNKNOWN, evidence=Evidence.RINGING_STOPPED),
    call(13, 60, "13900001234", outcome=Outcome.FORWARDED, evidence=Evidence.EXCHANGE),
    answered(14, 65, direction=Direction.OUTGOING, digits="01055501235", rings=0, ring_s=0.0),
    call(15, 570, "021-12345", settlement=Settlement.NO_CALLBACK),
    call(16, 890, "=1+1", name="-2+3"),
    call(17, 899, state=CallState.RINGING, ended_at=None, outcome=None, evidence=None, rings=1, ring_s=0.0),
)

BLIND: tuple[BlindRow, ...] = (
    BlindRow(
        id=1,
        line="desk",
        from_at=EVENING + timedelta(hours=8, minutes=40),
        until_at=EVENING + timedelta(hours=8, minutes=47),
        reason=LossReason.CABLE_UNPLUGGED,
        detail="=cmd",
    ),
    BlindRow(id=2, line="line-2", from_at=EVENING + timedelta(hours=9), until_at=None, reason=None),
)


BATCH = 8
"""Calls that come at a time."""


@dataclass
class MemorySource:
    """A store of calls that notices whether a query was ended."""

    rows: Sequence[CallRow] = NIGHT
    blind: Sequence[BlindRow] = BLIND
    miscounted_by: int = 0
    breaks_after: int | None = None
    open_queries: int = field(default=0, init=False)

    def count_calls(self, query: CallQuery, /) -> int:
        return len(self.rows) + self.miscounted_by

    def stream_records(self, query: CallQuery, /) -> Iterator[Sequence[CallRecord]]:
        self.open_queries += 1
        try:
            rows = enumerate(self.rows)
            while batch := list(islice(rows, BATCH)):
                if self.breaks_after in (at for at, _ in batch):
                    raise RuntimeError("the store broke")
                yield [record(row) for _, row in batch]
        finally:
            self.open_queries -= 1

    def blind_intervals(self, from_at: datetime, until_at: datetime, /) -> Sequence[BlindRow]:
        return [row for row in self.blind if row.from_at < until_at and (row.until_at or until_at) > from_at]


@pytest.fixture
def night() -> tuple[CallRow, ...]:
    return NIGHT


@pytest.fixture
def make_call() -> Callable[..., CallRow]:
    return call


@pytest.fixture
def make_answered() -> Callable[..., CallRow]:
    return answered


@pytest.fixture
def source() -> type[MemorySource]:
    return MemorySource


Exporter = Callable[..., ExportResult]


@pytest.fixture
def export(tmp_path: Path) -> Exporter:
    """Export the night into a file of the test's folder; every argument can be given otherwise."""

    def run(form: Format, profile: Profile = Profile.PEOPLE, **given: Any) -> ExportResult:
        source = given.pop("source", None) or MemorySource()
        path = given.pop("path", tmp_path / f"calls.{form.value}")
        arguments = {"zone": SHANGHAI, "language": "zh_CN", "simulated": False, "now": MORNING} | given
        query = arguments.pop("query", CallQuery())
        result = export_calls(source, query, path, format=form, profile=profile, **arguments)
        assert getattr(source, "open_queries", 0) == 0
        return result

    return run


GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture
def golden() -> Callable[[str, bytes], None]:
    """Compare with a file under goldens/; DUTYPHONE_WRITE_GOLDENS=1 writes them anew, for a person to read the diff."""

    def compare(name: str, content: bytes) -> None:
        path = GOLDENS / name
        if os.environ.get("DUTYPHONE_WRITE_GOLDENS"):
            path.write_bytes(content)
        assert content.decode("utf-8-sig") == path.read_bytes().decode("utf-8-sig")
        assert content == path.read_bytes()

    return compare
