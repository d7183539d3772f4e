"""A workbook for Excel and WPS: text cells, a header that stays, ready to print on A4.

Written row by row in constant memory. A sheet ends at the last row Excel has and the next one goes on; the times in
which nobody listened have a sheet of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC
from inspect import unwrap
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from dutyphone.outputs.columns import Column, Row, Sheet
from dutyphone.outputs.tables import Tables, Written

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ROWS_PER_SHEET = 1_048_576
"""With the header (Excel specifications and limits)."""

A4 = 9
"""ECMA-376 part 1, §18.3.1.63 pageSetup, paperSize."""


def write_xlsx(tables: Tables, path: Path, *, rows_per_sheet: int = ROWS_PER_SHEET) -> Written:
    """Write everything to `path`. Temporary files are made beside it and removed by whoever owns the folder.

    Raises OSError, and nothing else, for what the disk does.
    """
    with _PackageFile(path) as file:
        book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "default_format_properties": {"font_name": "SimSun", "font_size": 10},
            },
        )
        book.use_zip64()
        try:
            _describe(book, tables)
            looks = _Looks(book)
            rows = _write_sheet(book, looks, tables, tables.calls, chain.from_iterable(tables.batches), rows_per_sheet)
            _write_sheet(book, looks, tables, tables.blind, tables.blind_rows, rows_per_sheet)
            book.close()
        except BaseException as error:
            _abandon(book, file)
            if isinstance(error, XlsxWriterException) and isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
    return Written(rows=rows, files=(path,))


def _describe(book: Any, tables: Tables) -> None:
    """The properties that a file manager and the office programs show."""
    book.set_properties(
        {
            "title": tables.calls.title,
            "category": tables.words.drill if tables.simulated else "",
            "comments": tables.words.drill_note if tables.simulated else "",
            "created": tables.made_at.astimezone(UTC).replace(tzinfo=None),
        }
    )


def _write_sheet(
    book: Any, looks: _Looks, tables: Tables, table: Sheet[Row], rows: Iterable[Row], rows_per_sheet: int
) -> int:
    """Write one table, on as many sheets as it needs and on one if it is empty; the number of its rows."""
    styles = [looks.of(column) for column in table.columns]
    total = 0
    sheet, at = _new_sheet(book, tables, table.title, table.columns, looks), 0
    for row in rows:
        if at + 1 >= rows_per_sheet:
            _finish(sheet, at, table.columns)
            number = total // (rows_per_sheet - 1) + 1
            title = tables.words.continued.format(title=table.title, number=number)
            sheet, at = _new_sheet(book, tables, title, table.columns, looks), 0
        at += 1
        total += 1
        for column, cell in enumerate(table.cells(row)):
            if cell is None:
                continue
            if isinstance(cell, str):
                _write_string(sheet, at, column, cell, styles[column])
            else:
                _write_number(sheet, at, column, cell)
    _finish(sheet, at, table.columns)
    return total


_write_string, _write_number = unwrap(Worksheet.write_string), unwrap(Worksheet.write_number)
"""Without the part that reads "A1": our rows and columns are numbers, and there are a dozen cells a row."""


class _Looks:
    """The formats of a workbook, one object for each: XlsxWriter works out the index of a copy anew for every cell."""

    def __init__(self, book: Any) -> None:
        self.header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"})
        self._digits = book.add_format({"num_format": "@"})
        self._long_text = book.add_format({"text_wrap": True})

    def of(self, column: Column) -> Any:
        """The format of the cells of `column`; None is the default."""
        return self._digits if column.digits else self._long_text if column.wraps else None


def _new_sheet(book: Any, tables: Tables, title: str, columns: Iterable[Column], looks: _Looks) -> Any:
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)  # inches
    drill = f"&R&B{tables.words.drill_note}" if tables.simulated else ""
    sheet.set_header(f"&C&14{title}{drill}")
    sheet.set_footer(f"&C{tables.words.page}")
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.title, looks.header)
    return sheet


def _finish(sheet: Any, last_row: int, columns: Iterable[Column]) -> None:
    sheet.autofilter(0, 0, last_row, len(list(columns)) - 1)


# --- what to do when it fails ------------------------------------------------------------------------------------


def _abandon(book: Any, file: _PackageFile) -> None:
    """Let go of every file of a workbook that will not be finished; what they hold is of no use."""
    file.give_up()
    for sheet in book.worksheets():
        for handle in (sheet.row_data_fh, sheet.fh):
            with suppress(OSError):
                handle.close()


class _PackageFile(FileIO):
    """The file of the workbook. After it was given up it takes anything and keeps nothing.

    The ZIP writer inside XlsxWriter cannot be reached from outside and finishes its archive when it is collected, which
    on a full disk fails a second time, in a place where nobody can catch it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w")
        self._given_up = False

    def give_up(self) -> None:
        """Ignore what comes from now on."""
        self._given_up = True

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of `data`."""
        view = memoryview(data).cast("B")
        size = len(view)
        while view and not self._given_up:
            view = view[super().write(view) :]
        return size

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move, unless given up."""
        return 0 if self._given_up else super().seek(offset, whence)

    def tell(self) -> int:
        """The position; 0 after giving up."""
        return 0 if self._given_up else super().tell()

    def flush(self) -> None:
        """Nothing is buffered here."""
