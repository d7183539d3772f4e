"""CSV as RFC 4180 has it: a header, CRLF, quotes where needed. Blind intervals have a file of their own beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from dutyphone.outputs.columns import Column
from dutyphone.outputs.tables import Tables, Written


class Encoding(Enum):
    """How the characters of CSV are written."""

    UTF8_BOM = "utf-8-sig"  # Excel and WPS need the mark to see Chinese after a double click
    UTF8 = "utf-8"
    GB18030 = "gb18030"  # GB 18030-2022; every older Chinese program reads at least its GBK part


def field(text: str) -> str:
    """`text` as a field, in quotes where it needs them."""
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def write_csv(tables: Tables, path: Path, blind_path: Path, encoding: Encoding) -> Written:
    """Write the calls to `path` and the blind intervals to `blind_path`, which says so if there are none.

    The cells of `tables` are fields already (see `field`), and "" where there is nothing: a million rows are put
    together by one format.
    """
    rows = 0
    with path.open("w", encoding=encoding.value, newline="", buffering=_BUFFER_BYTES) as file:
        file.write(_header(tables.calls.columns))
        row, cells = _row(tables.calls.columns), tables.calls.cells
        for batch in tables.batches:
            file.write("".join([row % cells(record) for record in batch]))
            rows += len(batch)
    with blind_path.open("w", encoding=encoding.value, newline="") as file:
        file.write(_header(tables.blind.columns))
        row = _row(tables.blind.columns)
        file.writelines(row % tables.blind.cells(blind) for blind in tables.blind_rows)
    return Written(rows=rows, files=(path, blind_path))


def _row(columns: Sequence[Column]) -> str:
    return ",".join(["%s"] * len(columns)) + "\r\n"


def _header(columns: Sequence[Column]) -> str:
    return _row(columns) % tuple(field(column.title) for column in columns)


_BUFFER_BYTES = 1 << 18
_NEEDS_QUOTES = re.compile('[",\r\n]')
