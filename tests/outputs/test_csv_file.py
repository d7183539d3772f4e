"""CSV that Excel, WPS and programs read."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dutyphone.outputs.cleaning import clean
from dutyphone.outputs.columns import Profile
from dutyphone.outputs.csv_file import Encoding, field
from dutyphone.outputs.export import Format

BOM = b"\xef\xbb\xbf"
Export = Callable[..., Any]


def rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.mark.parametrize("profile", list(Profile))
def test_csv_is_as_a_person_has_read_it(profile: Profile, export: Export, golden: Callable[[str, bytes], None]) -> None:
    """X19: golden files."""
    result = export(Format.CSV, profile)
    golden(f"{profile.value}.csv", result.path.read_bytes())
    golden(f"{profile.value}.blind.csv", result.companion.read_bytes())


def test_csv_in_english_is_as_a_person_has_read_it(export: Export, golden: Callable[[str, bytes], None]) -> None:
    result = export(Format.CSV, language="en")
    golden("people-en.csv", result.path.read_bytes())
    golden("people-en.blind.csv", result.companion.read_bytes())


def test_people_get_a_byte_order_mark_and_machines_none(export: Export) -> None:
    """X19: without it Excel and WPS show garbage after a double click."""
    assert export(Format.CSV, Profile.PEOPLE).path.read_bytes().startswith(BOM)
    assert not export(Format.CSV, Profile.MACHINE).path.read_bytes().startswith(BOM)
    assert not export(Format.CSV, Profile.PEOPLE, encoding=Encoding.UTF8).path.read_bytes().startswith(BOM)
    assert export(Format.CSV, Profile.MACHINE, encoding=Encoding.UTF8_BOM).path.read_bytes().startswith(BOM)


def test_gb18030_holds_the_same_text(export: Export, tmp_path: Path) -> None:
    wanted = rows(export(Format.CSV).path)
    result = export(Format.CSV, path=tmp_path / "gb.csv", encoding=Encoding.GB18030)
    assert rows(result.path, "gb18030") == wanted


def test_blind_intervals_stand_in_a_file_beside_it(export: Export, tmp_path: Path) -> None:
    result = export(Format.CSV, path=tmp_path / "5月.csv")
    assert result.companion == tmp_path / "5月.监听中断.csv"
    assert [row["结束时间"] for row in rows(result.companion)] == ["2026-05-10 02:17:05", "仍在中断"]
    assert result.blind_intervals == 2
    machine = export(Format.CSV, Profile.MACHINE, path=tmp_path / "may.csv")
    assert machine.companion == tmp_path / "may.blind.csv"
    assert [row["length_s"] for row in rows(machine.companion)] == ["420.0", ""]


def test_no_blind_interval_is_said_too(export: Export, source: Callable[..., Any]) -> None:
    """X13: an empty list is a statement, a missing file is not."""
    result = export(Format.CSV, source=source(blind=()))
    assert result.companion.read_bytes().decode("utf-8-sig").splitlines() == [
        "线路,开始时间,结束时间,时长(秒),原因,说明,备注"
    ]


def taken_by_a_spreadsheet(text: str) -> str:
    """What a cell shows that Excel made of `text` when it opened the file."""
    if re.fullmatch(r"[+-]?\d+", text):
        return str(int(text)) if len(text.lstrip("+-")) <= 11 else f"{int(text):.2E}"
    return text


def test_a_spreadsheet_shows_every_number_as_it_is(export: Export) -> None:
    """X19: no 1.39E+10, no leading 0 gone."""
    written = rows(export(Format.CSV).path)
    assert "0123456" in written[11]["号码"]
    for row in written:
        assert taken_by_a_spreadsheet(row["号码"]) == row["号码"]


def test_no_cell_is_a_formula(export: Export) -> None:
    """X20."""
    for profile in Profile:
        result = export(Format.CSV, profile)
        for path in (result.path, result.companion):
            for row in rows(path):
                for title, cell in row.items():
                    harmless = title in ("number_raw", "number_e164ish", "号码") and re.fullmatch(r"\+[\d ()-]+", cell)
                    assert harmless or not re.match(r"\s*[=+\-@\t]", cell), (title, cell)


def test_machines_get_numbers_with_their_plus(export: Export) -> None:
    written = rows(export(Format.CSV, Profile.MACHINE).path)
    assert written[0]["number_e164ish"] == "+861055501234"
    assert written[0]["number_raw"] == "01055501234"
    assert written[15]["number_raw"] == "'=1+1"


@given(cells=st.lists(st.text() | st.sampled_from(['"', ",", "\r", "\n", "a b", "'"]), min_size=2, max_size=6))
def test_fields_are_those_of_the_standard_library(cells: list[str]) -> None:
    """RFC 4180; it puts its rows together itself, for speed."""
    written = StringIO(newline="")
    csv.writer(written).writerow(cells)
    assert ",".join(map(field, cells)) + "\r\n" == written.getvalue()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(alphabet=st.characters(), max_size=30), min_size=1, max_size=8),
    encoding=st.sampled_from(Encoding),
)
def test_any_name_and_note_comes_back_from_csv(
    names: list[str],
    encoding: Encoding,
    export: Export,
    make_call: Callable[..., Any],
    source: Callable[..., Any],
) -> None:
    """X20: whatever is in it, quotes, commas, line ends, half characters."""
    calls = [make_call(at, at, "13900001234", name=name, last_note=name) for at, name in enumerate(names)]
    with TemporaryDirectory() as folder:
        result = export(Format.CSV, source=source(rows=calls), path=Path(folder) / "x.csv", encoding=encoding)
        text = result.path.read_bytes().decode(encoding.value)
    written = list(csv.DictReader(StringIO(text, newline=""), strict=True))
    assert len(written) == len(names)
    for name, row in zip(names, written, strict=True):
        for cell in (row["姓名"], row["备注"]):
            assert cell in (clean(name), "'" + clean(name))
            assert not re.match(r"\s*[=+\-@]", cell)
