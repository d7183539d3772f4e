"""What must not reach a spreadsheet."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dutyphone.outputs.cleaning import (
    CELL_UNITS,
    Mask,
    cell_text,
    clean,
    csv_number,
    csv_number_for_people,
    csv_text,
)

ANYTHING = st.text(alphabet=st.characters(), max_size=60)

XML_CHARACTERS = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""XML 1.0, production 2 (Char)."""


@given(ANYTHING)
@example("a\r\nb\rc\nd")
@example("\x00\x0b\x1f\x7f\x85\ud800\ufffe")
def test_clean_text_fits_xml_and_is_clean_already(text: str) -> None:
    """X20."""
    cleaned = clean(text)
    assert XML_CHARACTERS.fullmatch(cleaned)
    assert "\r" not in cleaned
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.parametrize("text", ["张三", "Zoë (2)", "一行\n两行", "a\tb", "", "𠮷野家", "👩‍🚒"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert clean(text) == csv_text(text) == cell_text(text) == text


def test_what_cannot_be_shown_leaves_a_mark() -> None:
    assert clean("\x07铃\x00声") == "\ufffd铃\ufffd声"
    assert clean("abc\u202etxt.exe") == "abc\ufffdtxt.exe", "no text runs backwards"
    assert clean("one\r\ntwo\rthree") == "one\ntwo\nthree"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠", " =", "\n=", "\t=", "\r="])
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    """X20: CWE-1236."""
    assert csv_text(f"{start}1+1").startswith("'")


@given(ANYTHING)
@example("'")
@example("''=1")
def test_the_apostrophe_can_be_taken_off_again(text: str) -> None:
    written = csv_text(text)
    assert written.removeprefix("'") == clean(text) or written == clean(text)
    assert (written[:1] == "'") == (written != clean(text))


@pytest.mark.parametrize("number", ["+8613900001234", "13900001234", "*57*013900000000#", "#57#", "+1 202-555-0123"])
def test_numbers_with_a_plus_stay_numbers(number: str) -> None:
    assert csv_number(number) == number


@pytest.mark.parametrize("number", ["=1+1", "-1", "@x", "+cmd|' /c calc'!A0", "＝1", "\t1"])
def test_a_number_that_is_none_is_neutralised(number: str) -> None:
    """X20: what comes over the wire as a number is untrusted too."""
    assert csv_number(number).startswith("'")
    assert csv_number_for_people(number).startswith("'")


@pytest.mark.parametrize("number", ["0123456", "106900001234567", "1E5", "10-12", "8012-3", "2026-5-9", "1.5"])
def test_a_spreadsheet_that_guesses_is_told_that_it_is_text(number: str) -> None:
    """X19: no 1.39E+10, no lost zero, no date."""
    assert csv_number_for_people(number) == "'" + number
    assert csv_number(number) == number, "a program guesses nothing"


@pytest.mark.parametrize("number", ["110", "95588", "8012", "010-5550 1234", "139 0000 1234", "400-123-4567"])
def test_what_cannot_be_misread_has_no_mark(number: str) -> None:
    assert csv_number_for_people(number) == number


@given(st.text(alphabet="字𠮷a", min_size=1, max_size=5), st.integers(-12, 12))
@example("𠮷", 1)
@example("a𠮷", 0)
@example("a", 0)
@example("a", 1)
def test_a_text_is_cut_where_the_cell_ends_and_says_so(unit: str, over: int) -> None:
    units = len(unit.encode("utf-16-le")) // 2
    text = unit * (CELL_UNITS // units + over)
    cut = cell_text(text)
    assert len(cut.encode("utf-16-le")) <= CELL_UNITS * 2
    if len(text.encode("utf-16-le")) <= CELL_UNITS * 2:
        assert cut == text
        return
    kept, mark = cut.rsplit(" [+", 1)
    assert text.startswith(kept)
    assert len(kept) + int(mark.rstrip("]")) == len(text)


MOBILE, FIXED = "+8613900001234", "+861055501234"


@pytest.mark.parametrize(
    "text",
    [
        "13900001234",
        "139 0000 1234",
        "139-0000-1234",
        "+8613900001234",
        "013900001234",
        "１３９００００１２３４",
        "回电 139 0000-1234 王",
        "010-5550 1234",
        "55501234",
        "(010) 5550-1234 转 8012",
        "+861055501234",
    ],
)
def test_a_hidden_number_is_hidden_in_every_spelling(text: str) -> None:
    """S2-17, X18."""
    masked = Mask([MOBILE, FIXED])(text)
    digits = "".join(str(int(character)) for character in masked if character.isdecimal())
    assert "3900001234" not in digits
    assert "5501234" not in digits
    assert "*******" in masked.replace(" ", "").replace("-", "")


def test_other_numbers_are_not_hidden() -> None:
    mask = Mask([MOBILE])
    assert mask("13900005678 与 010-55501234") == "13900005678 与 010-55501234"
    assert Mask([])("13900001234") == "13900001234"
    assert Mask([""])("13900001234") == "13900001234"
