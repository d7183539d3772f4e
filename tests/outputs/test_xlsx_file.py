"""Workbooks, opened again by another library."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from dutyphone.outputs.cleaning import CELL_UNITS, clean
from dutyphone.outputs.columns import Profile
from dutyphone.outputs.export import Format

Export = Callable[..., Any]


def described(path: Path) -> str:
    """A workbook as text: everything a person would see in it."""
    book = openpyxl.load_workbook(path)
    lines = [f"title={book.properties.title!r} category={book.properties.category!r} created={book.properties.created}"]
    for sheet in book.worksheets:
        setup = sheet.page_setup
        lines += [
            "",
            f"[{sheet.title}] {sheet.dimensions} freeze={sheet.freeze_panes} filter={sheet.auto_filter.ref}",
            f"paper={setup.paperSize} {setup.orientation} fit={setup.fitToWidth or 1}x{setup.fitToHeight}"
            f" repeat={sheet.print_title_rows}",
            f"header={sheet.oddHeader.center.text!r} {sheet.oddHeader.right.text!r}"
            f" footer={sheet.oddFooter.center.text!r}",
        ]
        for row in sheet.iter_rows():
            filled = [f"{cell.coordinate}:{cell.data_type}={cell.value!r}" for cell in row if cell.value is not None]
            lines.append(" ".join(filled))
    book.close()
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("profile", list(Profile))
def test_a_workbook_is_as_a_person_has_read_it(
    profile: Profile, export: Export, golden: Callable[[str, bytes], None]
) -> None:
    golden(f"{profile.value}.xlsx.txt", described(export(Format.XLSX, profile).path).encode())


def sheets(path: Path) -> dict[str, Worksheet]:
    book = openpyxl.load_workbook(path)
    found = {sheet.title: sheet for sheet in book.worksheets}
    book.close()
    return found


def columns(sheet: Worksheet) -> dict[str, list[Any]]:
    header, *rows = sheet.iter_rows()
    return {str(title.value): [row[at] for row in rows] for at, title in enumerate(header)}


def test_numbers_and_times_are_text_and_figures_are_figures(export: Export) -> None:
    """X19: no 1.39E+10, no leading 0 gone."""
    cells = columns(sheets(export(Format.XLSX).path)["通话记录"])
    for title in ("号码", "来电时间", "值班日期", "姓名"):
        assert {cell.data_type for cell in cells[title] if cell.value is not None} == {"s"}, title
    assert cells["号码"][11].value == "0123456"
    assert {cell.number_format for cell in cells["号码"]} == {"@"}, "text also after somebody edited the cell"
    for title in ("序号", "振铃(秒)", "通话(秒)"):
        assert {cell.data_type for cell in cells[title] if cell.value is not None} == {"n"}, title


def test_the_print_is_what_an_office_files(export: Export) -> None:
    """A4 across, the header on each page and before the eyes, a filter, pages counted."""
    for sheet in sheets(export(Format.XLSX).path).values():
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0), "one page wide, any long"
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert "&P" in str(sheet.oddFooter.center.text)
        assert sheet.cell(1, 1).font.b


def test_blind_intervals_have_a_sheet_of_their_own(export: Export) -> None:
    cells = columns(sheets(export(Format.XLSX).path)["监听中断"])
    assert [cell.value for cell in cells["结束时间"]] == ["2026-05-10 02:17:05", "仍在中断"]
    assert [cell.value for cell in cells["时长(秒)"]] == [420, None]


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def test_nothing_in_the_workbook_is_a_formula(export: Export) -> None:
    """X20."""
    for profile in Profile:
        path = export(Format.XLSX, profile).path
        assert "=HYPERLINK" in "".join(parts(path).values()), "the name is there, as text"
        for name, text in parts(path).items():
            if name.startswith("xl/worksheets/"):
                assert "<f" not in text
                assert "<hyperlink" not in text
        for sheet in sheets(path).values():
            assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_a_drill_says_so_on_every_sheet_page_and_in_the_properties(export: Export) -> None:
    """X28."""
    book = openpyxl.load_workbook(export(Format.XLSX, simulated=True).path)
    assert book.sheetnames == ["演练-通话记录", "演练-监听中断"]
    assert book.properties.category == "演练"
    for sheet in book.worksheets:
        assert "演练" in str(sheet.oddHeader.center.text)
        assert "演练" in str(sheet.oddHeader.right.text)
        assert all(str(cell.value).startswith("演练") for cell in columns(sheet)["备注"])
    book.close()


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("profile", list(Profile))
def test_nothing_real_says_drill(form: Format, profile: Profile, export: Export) -> None:
    """X28."""
    path = export(form, profile).path
    everything = "".join(parts(path).values()) if form is Format.XLSX else path.read_text("utf-8")
    assert "演练" not in everything
    assert '"drill":true' not in everything
    assert ",drill," not in everything


def test_a_sheet_that_is_full_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export: Export, night: tuple[Any, ...]
) -> None:
    """A sheet ends at 1,048,576 rows; here at six, of which one is the header."""
    from dutyphone.outputs import xlsx_file

    written = xlsx_file.write_xlsx
    monkeypatch.setattr(xlsx_file, "write_xlsx", lambda tables, path: written(tables, path, rows_per_sheet=6))
    found = sheets(export(Format.XLSX).path)
    assert list(found) == ["通话记录", "通话记录(2)", "通话记录(3)", "通话记录(4)", "监听中断"]
    pages = [columns(found[title])["序号"] for title in list(found)[:-1]]
    assert [len(page) for page in pages] == [5, 5, 5, 2]
    assert [cell.value for cell in chain.from_iterable(pages)] == [row.id for row in night]
    for sheet in found.values():
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions


def test_an_export_of_nothing_is_a_header(export: Export, source: Callable[..., Any]) -> None:
    found = sheets(export(Format.XLSX, source=source(rows=(), blind=())).path)
    assert [sheet.dimensions for sheet in found.values()] == ["A1:V1", "A1:G1"]


def as_excel_reads(value: str) -> str:
    """openpyxl leaves the escapes of ST_Xstring (ECMA-376 part 1, §22.9.2.19) as they are."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda escape: chr(int(escape[1], 16)), value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(alphabet=st.characters(), min_size=1, max_size=30), min_size=1, max_size=20))
@example(names=["=1+1", "_x0041_", "a_x000D_b", " space ", "'", '<&>"', "\t", "http://example.com/", "1234", "true"])
@example(names=["字" * (CELL_UNITS + 5)])
def test_any_name_comes_back_from_the_workbook(
    names: list[str], export: Export, make_call: Callable[..., Any], source: Callable[..., Any]
) -> None:
    """X20: no formula, no IllegalCharacterError, nothing cut without a word."""
    calls = [make_call(at, at, "13900001234", name=name) for at, name in enumerate(names)]
    with TemporaryDirectory() as folder:
        path = export(Format.XLSX, source=source(rows=calls), path=Path(folder) / "x.xlsx").path
        cells = columns(sheets(path)["通话记录"])["姓名"]
    for name, cell in zip(names, cells, strict=True):
        wanted = clean(name)
        if len(wanted) <= CELL_UNITS // 2:
            assert as_excel_reads(cell.value) == wanted
        else:
            assert re.fullmatch(r"字+ \[\+\d+\]", cell.value)
        assert cell.data_type == "s"
