"""From facts in a real database to a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dutyphone.calls.numbers import Site, read_number
from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    CallNoted,
    CallRang,
    CallSettled,
    Fact,
    LineCameBack,
    LineWentDown,
    Outcome,
    RecorderStarted,
    Settlement,
)
from dutyphone.lines.events import Evidence, LossReason
from dutyphone.outputs.columns import Profile
from dutyphone.outputs.export import CallSource, Format
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.store import Store

Export = Callable[..., Any]

EVENING = datetime(2026, 5, 9, 9, 30, tzinfo=UTC)
MORNING = datetime(2026, 5, 10, 0, 30, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return EVENING + timedelta(minutes=minutes)


def a_call(key: str, minutes: float, raw: str, *, taken: bool) -> Sequence[Fact]:
    read = read_number(raw, Site())
    evidence = Evidence.EXTENSION_HOOK if taken else Evidence.NO_HOOK_SEEN
    facts: list[Fact] = [
        CallArrived(at=at(minutes), call=key, line="desk"),
        CallRang(at=at(minutes), call=key, ring=1),
        CallIdentified(
            at=at(minutes + 0.03),
            call=key,
            number_raw=raw,
            number=read.number,
            kind=read.kind,
            extension=read.extension,
        ),
    ]
    if taken:
        facts.append(CallAnswered(at=at(minutes + 0.1), call=key, evidence=evidence))
    facts.append(
        CallEnded(
            at=at(minutes + 1.1),
            call=key,
            outcome=Outcome.ANSWERED if taken else Outcome.MISSED,
            evidence=evidence,
            rings=2,
            ring_s=6.0,
            talk_s=60.0 if taken else None,
        )
    )
    return facts


NIGHT: tuple[Fact, ...] = (
    RecorderStarted(at=at(-1), version="1", pid=1),
    LineCameBack(at=at(-1), line="desk", driver="serial_modem", port="/dev/ttyACM0"),
    *a_call("k1", 0, "01055501234", taken=True),
    *a_call("k2", 5, "13900001234", taken=False),
    LineWentDown(at=at(520), line="desk", reason=LossReason.CABLE_UNPLUGGED),
    LineCameBack(at=at(527), line="desk", driver="serial_modem", port="/dev/ttyACM0"),
    *a_call("k3", 570, "110", taken=True),
    CallNoted(at=at(572), call="k3", text="=核实警情", by="王值班"),
    CallSettled(at=at(573), call="k2", settlement=Settlement.CALLED_BACK, by="王值班"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CallSource]:
    folder = tmp_path / "data"
    folder.mkdir()
    with Store.open(f"sqlite:///{folder}/duty.db") as store:
        store.append(NIGHT, recorded_at=MORNING)
        yield store


def test_the_sheet_says_what_the_journal_says(store: CallSource, export: Export) -> None:
    book = openpyxl.load_workbook(export(Format.XLSX, source=store).path)
    header, *rows = ([cell.value for cell in row] for row in book["通话记录"].iter_rows())
    calls = [dict(zip(header, row, strict=True)) for row in rows]
    assert [call["序号"] for call in calls] == [1, 2, 3]
    assert [call["号码"] for call in calls] == ["010-5550 1234", "139 0000 1234", "110"]
    assert [call["结果"] for call in calls] == ["已接", "未接", "已接"]
    assert [call["值班日期"] for call in calls] == ["2026-05-09"] * 3
    assert calls[2]["来电时间"] == "2026-05-10 03:00:00"
    assert calls[1]["处理情况"] == "已回拨(王值班)"
    assert calls[2]["备注"] == "=核实警情"
    assert book["监听中断"]["A2"].value == "desk"
    assert book["监听中断"]["D2"].value == 420
    book.close()


def test_csv_and_json_lines_say_the_same(store: CallSource, export: Export) -> None:
    written = export(Format.CSV, Profile.MACHINE, source=store)
    with written.path.open(encoding="utf-8", newline="") as file:
        from_csv = [(row["number_e164ish"], row["started_at"], row["result"]) for row in csv.DictReader(file)]
    lines = export(Format.JSONL, Profile.MACHINE, source=store).path.read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    from_json = [
        (record["number_e164ish"], record["started_at"], record["result"])
        for record in records
        if record["type"] == "call"
    ]
    assert from_csv == from_json
    assert [number for number, _, _ in from_csv] == ["+861055501234", "+8613900001234", "110"]
    assert records[-1] == {"type": "end", "calls": 3, "blind_intervals": written.blind_intervals}


def test_only_what_was_asked_for_is_exported(store: CallSource, export: Export) -> None:
    seen: list[tuple[int, int]] = []
    query = CallQuery(from_at=at(3), until_at=at(560), line="desk")
    result = export(Format.CSV, source=store, query=query, on_progress=lambda done, total: seen.append((done, total)))
    assert (result.rows, result.blind_intervals) == (1, 1)
    assert seen[-1] == (1, 1)


def test_an_export_that_is_given_up_lets_go_of_the_database(store: CallSource, export: Export) -> None:
    def impatient(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for form in Format:
        with pytest.raises(KeyboardInterrupt):
            export(form, source=store, on_progress=impatient)
    assert export(Format.CSV, source=store).rows == 3
