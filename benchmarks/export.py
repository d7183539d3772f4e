"""P7: a million finished calls to CSV beside the sqlite3 shell, a workbook beside a bare XlsxWriter loop.

Each export runs in a process of its own, which also says how much memory it had at its peak. The shell runs the same
SELECT; the XlsxWriter loop is given the very cells of our workbook, made beforehand.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.made_up_calls import BETWEEN_CALLS_S, FIRST, made_up_log
from benchmarks.measure import (
    Bound,
    Comparison,
    Figure,
    Finding,
    Goal,
    alternate,
    kept_folder,
    median,
    parser,
    report,
    seconds,
    working_folder,
)
from benchmarks.processes import peak_mb
from dutyphone.duty.shift_date import DAY_STARTS
from dutyphone.outputs import cleaning
from dutyphone.outputs.columns import Profile, Style, call_sheet
from dutyphone.outputs.export import Format, export_calls
from dutyphone.outputs.words import words
from dutyphone.store.readmodels import CallQuery
from dutyphone.store.rows import CALL_COLUMNS, micros
from dutyphone.store.store import Store

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 9, tzinfo=UTC)


def main() -> None:
    """Run the benchmark."""
    options = _options()
    if options.child:
        print(json.dumps(_CHILDREN[options.child](options)))
        return
    log = made_up_log(kept_folder(options), options.calls)
    findings: list[Finding] = []
    notes = []
    with working_folder(options) as folder:
        if shutil.which("sqlite3"):
            findings += _csv(log, folder, options)
        else:
            notes.append("CSV is not compared: the sqlite3 shell is not installed")
        findings += _xlsx(log, folder, options)
    report("P7 export", options, findings, notes)


def _options() -> argparse.Namespace:
    made = parser(__doc__ or "")
    made.add_argument("--calls", type=int, default=2_000_000, help="calls in the log (default 2000000), made once")
    made.add_argument("--rows", type=int, default=1_000_000, help="calls in a CSV (default 1000000)")
    made.add_argument("--xlsx-rows", type=int, default=50_000, help="calls in a workbook (default 50000)")
    made.add_argument("--child", choices=("csv", "xlsx", "bare-xlsx"), help=argparse.SUPPRESS)
    made.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    return made.parse_args()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """One export: how many rows a second, and the most memory the process had."""

    rows_a_second: float
    peak_mb: float


def _csv(log: Path, folder: Path, options: argparse.Namespace) -> list[Finding]:
    few = options.rows // 10
    done = alternate(
        options.rounds,
        {
            "ours": partial(_in_child, "csv", log, folder, options.rows),
            "reference": partial(_shell, log, folder, options.rows),
            "few": partial(_in_child, "csv", log, folder, few),
        },
    )
    peak, peak_of_few = (median([each.peak_mb for each in done[side]]) for side in ("ours", "few"))
    return [
        Comparison(
            what=f"CSV, {options.rows} calls",
            unit="rows/s",
            ours=median([each.rows_a_second for each in done["ours"]]),
            reference=median([each.rows_a_second for each in done["reference"]]),
            goal=Goal(bound=Bound.AT_LEAST, limit=0.5),
        ),
        Figure(what="most memory", unit="MB", value=peak, goal=Goal(bound=Bound.AT_MOST, limit=64)),
        Comparison(
            what=f"most memory, {options.rows} calls to {few}",
            unit="MB",
            ours=peak,
            reference=peak_of_few,
            goal=Goal(bound=Bound.AT_MOST, limit=1.1),
        ),
    ]


def _xlsx(log: Path, folder: Path, options: argparse.Namespace) -> list[Finding]:
    done = alternate(
        options.rounds,
        {
            "ours": partial(_in_child, "xlsx", log, folder, options.xlsx_rows),
            "reference": partial(_in_child, "bare-xlsx", log, folder, options.xlsx_rows),
        },
    )
    return [
        Comparison(
            what=f"XLSX, {options.xlsx_rows} calls",
            unit="rows/s",
            ours=median([each.rows_a_second for each in done["ours"]]),
            reference=median([each.rows_a_second for each in done["reference"]]),
            goal=Goal(bound=Bound.AT_LEAST, limit=0.8),
        )
    ]


def _until(rows: int) -> datetime:
    """Before this moment about so many calls have come."""
    return FIRST + timedelta(seconds=BETWEEN_CALLS_S * rows)


def _shell(log: Path, folder: Path, rows: int) -> _Done:
    sql = (
        f"SELECT {', '.join(CALL_COLUMNS)} FROM calls WHERE arrived_us < {micros(_until(rows))} ORDER BY arrived_us, id"
    )
    made = folder / "shell.csv"
    with made.open("wb") as file:
        took = seconds(partial(subprocess.run, ["sqlite3", "-csv", log, sql], stdout=file, check=True))
    return _Done(rows_a_second=_lines(made) / took, peak_mb=0.0)


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _line in file)


def _in_child(child: str, log: Path, folder: Path, rows: int) -> _Done:
    command = [sys.executable, "-m", "benchmarks.export", "--child", child, "--log", str(log)]
    done = subprocess.run(
        [*command, "--rows", str(rows), "--folder", str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    return _Done(**json.loads(done.stdout))


# --- in the children -------------------------------------------------------------------------------------------------


def _ours(format_: Format, options: argparse.Namespace) -> Mapping[str, float]:
    with Store.open(f"sqlite:///{options.log}", create=False) as store:
        began = time.perf_counter()
        result = export_calls(
            store,
            CallQuery(until_at=_until(options.rows)),
            options.folder / f"ours.{format_.value}",
            format=format_,
            profile=Profile.PEOPLE,
            zone=ZONE,
            language="zh_CN",
            simulated=False,
            now=NOW,
        )
        return _done(result.rows, time.perf_counter() - began)


def _bare_xlsx(options: argparse.Namespace) -> Mapping[str, float]:
    import xlsxwriter

    table = _cells(options)
    began = time.perf_counter()
    book = xlsxwriter.Workbook(options.folder / "bare.xlsx", {"constant_memory": True})
    sheet = book.add_worksheet()
    for at, row in enumerate(table):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(at, column, cell)
            elif cell is not None:
                sheet.write_number(at, column, cell)
    book.close()
    return _done(len(table), time.perf_counter() - began)


def _cells(options: argparse.Namespace) -> list[tuple[Any, ...]]:
    """The cells of our own workbook."""
    style = Style(
        words=words("zh_CN"),
        zone=ZONE,
        day_starts=DAY_STARTS,
        simulated=False,
        line_titles={},
        text=cleaning.cell_text,
        number=cleaning.cell_text,
    )
    cells = call_sheet(Profile.PEOPLE, style, chinese=True).cells
    with Store.open(f"sqlite:///{options.log}", create=False) as store:
        calls = chain.from_iterable(store.stream_records(CallQuery(until_at=_until(options.rows))))
        return list(map(cells, calls))


def _done(rows: int, took_s: float) -> Mapping[str, float]:
    return {"rows_a_second": rows / took_s, "peak_mb": peak_mb()}


_CHILDREN: dict[str, Callable[[argparse.Namespace], Mapping[str, float]]] = {
    "csv": partial(_ours, Format.CSV),
    "xlsx": partial(_ours, Format.XLSX),
    "bare-xlsx": _bare_xlsx,
}


if __name__ == "__main__":
    main()
