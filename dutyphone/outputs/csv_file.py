"""CSV as RFC 4180 has it: a header, CRLF, quotes where needed. Blind intervals have a file of their own beside it."""

from __future__ import annotations

import csv
from enum import Enum
from pathlib import Path

from dutyphone.outputs.tables import Tables, Written


class Encoding(Enum):
    """How the characters of CSV are written."""

    UTF8_BOM = "utf-8-sig"  # Excel and WPS need the mark to see Chinese after a double click
    UTF8 = "utf-8"
    GB18030 = "gb18030"  # GB 18030-2022; every older Chinese program reads at least its GBK part


def write_csv(tables: Tables, path: Path, blind_path: Path, encoding: Encoding) -> Written:
    """Write the calls to `path` and the blind intervals to `blind_path`, which says so if there are none."""
    rows = 0
    with path.open("w", encoding=encoding.value, newline="", buffering=_BUFFER_BYTES) as file:
        writer = csv.writer(file)
        writer.writerow([column.title for column in tables.calls.columns])
        for batch in tables.batches:
            writer.writerows(map(tables.calls.cells, batch))
            rows += len(batch)
    with blind_path.open("w", encoding=encoding.value, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.title for column in tables.blind.columns])
        writer.writerows(map(tables.blind.cells, tables.blind_rows))
    return Written(rows=rows, files=(path, blind_path))


_BUFFER_BYTES = 1 << 18
