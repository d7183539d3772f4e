"""The tokens of the search index, and what is taken for a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.store.search import (
    NumberTerm,
    Token,
    contains,
    number_term,
    number_tokens,
    number_typed,
    text_term,
    text_tokens,
)


def test_texts_become_overlapping_pairs_and_their_last_character() -> None:
    assert text_tokens("甲乙丙") == "0753204e59 04e5904e19 04e19"
    assert text_tokens("A") == text_tokens("a") == "00061"
    assert text_tokens("") == ""


@given(text=st.text(max_size=20), data=st.data())
def test_every_part_of_a_text_is_a_phrase_of_its_tokens(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(len(text) - 1, 0)))
    part = text[start : start + data.draw(st.integers(1, 8))]
    if not part:
        return
    tokens = text_tokens(text).split(" ")
    wanted = text_term(part).tokens
    runs = (tokens[i : i + len(wanted)] for i in range(len(tokens) - len(wanted) + 1))
    assert any(all(map(is_found, wanted, run)) for run in runs)


def is_found(wanted: Token, token: str) -> bool:
    return token.startswith(wanted.text) if wanted.prefix else token == wanted.text


@given(text=st.text(max_size=30))
def test_tokens_are_words_to_any_database(text: str) -> None:
    assert set(text_tokens(text)) <= set("0123456789abcdef ")


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("5550", "5550"),
        ("010-5550 1234", "01055501234"),
        ("+86 (10) 5550.1234", "861055501234"),
        ("*57*013900001234#", "57013900001234"),
        ("3号楼", None),
        ("a1", None),
        ("-", None),
        ("", None),
        ("\uff15\uff15", None),
    ],
)
def test_digits_and_what_stands_between_them_are_a_number(typed: str, digits: str | None) -> None:
    assert number_typed(typed) == digits


def test_numbers_become_runs_of_four_each_once() -> None:
    assert number_tokens("+861055501234", "01055501234").split() == [
        "8610", "6105", "1055", "0555", "5550", "5501", "5012", "0123", "1234", "234", "0105",
    ]  # fmt: skip
    assert number_tokens("110") == "110"
    assert number_tokens("11", None) == "11"
    assert number_tokens("P", "") == ""


def test_a_number_is_looked_for_with_few_runs_that_cover_its_end() -> None:
    assert number_term("55501234") == NumberTerm(anyof=((Token("1234"), Token("5550")),), likes=("%55501234%",))
    assert number_term("234").anyof == ((Token("234", prefix=True),),)
    assert number_term("12").anyof == ()


def test_a_number_dialled_within_the_country_is_the_same_with_its_code() -> None:
    assert number_term("0105550") == NumberTerm(
        anyof=((Token("5550"),), (Token("5550"), Token("8610"))), likes=("%0105550%", "+86105550%")
    )
    assert number_term("0044").likes == ("%0044%",)
    assert number_term("0").likes == ("%0%",)


@given(digits=st.text("0123456789", min_size=3, max_size=16), number=st.text("0123456789", max_size=16), data=st.data())
def test_the_runs_never_leave_out_a_number_that_contains_the_digits(
    digits: str, number: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(number)))
    tokens = number_tokens(number[:at] + digits + number[at:]).split(" ")
    assert any(
        all(any(is_found(part, token) for token in tokens) for part in wanted)
        for wanted in number_term(digits).anyof[:1]
    )


def test_signs_that_like_knows_are_taken_as_they_are() -> None:
    assert contains("50%_\\") == "%50\\%\\_\\\\%"
