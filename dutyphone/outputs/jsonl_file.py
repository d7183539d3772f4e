"""JSON lines: one object a line, told apart by "type".

First an "export" (what was asked for, when, whether it is a drill), then every "call" in the order of time, then every
"blind_interval", then an "end" with the counts: a reader that does not meet it has half a file. Text is exact, nothing
is cleaned or cut: JSON can carry it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from dutyphone.outputs.columns import Cell
from dutyphone.outputs.tables import Tables, Written

VERSION = 1
"""Of the form. Fields may be added without raising it."""


def write_jsonl(tables: Tables, path: Path) -> Written:
    """Write everything to `path`, UTF-8."""
    rows = 0
    call_names = ["type", *(column.title for column in tables.calls.columns)]
    blind_names = ["type", *(column.title for column in tables.blind.columns)]
    with path.open("w", encoding="utf-8", newline="\n", buffering=_BUFFER_BYTES) as file:
        file.write(
            _line(
                {
                    "type": "export",
                    "version": VERSION,
                    "made_at": tables.made_at.isoformat(),
                    "from_at": None if tables.from_at is None else tables.from_at.isoformat(),
                    "until_at": None if tables.until_at is None else tables.until_at.isoformat(),
                    "drill": tables.simulated,
                }
            )
        )
        for batch in tables.batches:
            for row in batch:
                file.write(_line(dict(zip(call_names, ("call", *tables.calls.cells(row)), strict=True))))
            rows += len(batch)
        for blind in tables.blind_rows:
            file.write(_line(dict(zip(blind_names, ("blind_interval", *tables.blind.cells(blind)), strict=True))))
        file.write(_line({"type": "end", "calls": rows, "blind_intervals": len(tables.blind_rows)}))
    return Written(rows=rows, files=(path,))


_BUFFER_BYTES = 1 << 18
_readable = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_HAS_SURROGATE = re.compile("[\ud800-\udfff]")
_ascii = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def _line(record: dict[str, Cell]) -> str:
    line = _readable(record)
    if not line.isascii() and _HAS_SURROGATE.search(line):
        # Half a character, from an undecodable name: only the escaped form is valid UTF-8.
        line = _ascii(record)
    return line + "\n"
