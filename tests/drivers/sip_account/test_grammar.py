"""Quoted strings, lists and parameters: RFC 3261 §25.1."""

from __future__ import annotations

import time

import pytest
from dutyphone_drivers.sip_account import grammar
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a, b ,c", ["a", "b", "c"]),
        ('"Bell, Alexander" <sip:a,b@h>, <sip:c@h>', ['"Bell, Alexander" <sip:a,b@h>', "<sip:c@h>"]),
        (r'"a\", b", c', [r'"a\", b"', "c"]),
        ('"never closed, b', ['"never closed', "b"]),
        ("<never closed, b", ["<never closed", "b"]),
        ("a,,b,", ["a", "", "b", ""]),
        ("", [""]),
    ],
)
def test_a_list_is_split_where_commas_stand_free(text: str, parts: list[str]) -> None:
    assert grammar.split(text, ",") == parts


def test_parameters_have_small_names_and_bare_values() -> None:
    read = grammar.read_parameters(' ; Tag = "a;b" ;lr; ;ttl=1')
    assert read == (("tag", "a;b"), ("lr", None), ("ttl", "1"))
    assert grammar.write_parameters(read) == ';tag="a;b";lr;ttl=1'


def test_no_line_can_be_broken_from_within_quotes() -> None:
    assert grammar.quote("a\r\nVia: b") == '"a  Via: b"'


@pytest.mark.parametrize("name", ["陈嶾", '陈"嶾', "\\嶾", "嶾"])
def test_a_gbk_character_that_ends_in_a_backslash_escapes_nothing(name: str) -> None:
    """嶾 is 8E 5C in GBK: its second byte is a backslash."""
    inside = b"".join(b"\\" + char.encode() if char in '"\\' else char.encode("gb18030") for char in name)
    text = (b'"' + inside + b'";x').decode("ascii", "surrogateescape")
    quoted, rest = grammar.split(text, ";")
    assert grammar.unquote(quoted).encode("utf-8", "surrogateescape").decode("gb18030") == name
    assert rest == "x"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")))
def test_a_quoted_string_comes_out_as_it_went_in(text: str) -> None:
    quoted = grammar.quote(text)
    assert grammar.unquote(quoted) == text
    assert grammar.split(f"{quoted};x", ";") == [quoted, "x"]


@given(st.lists(st.tuples(st.text("abc-", min_size=1), st.none() | st.text('a "\\;,<>=é'))).map(tuple))
def test_parameters_come_out_as_they_went_in(parameters: grammar.Parameters) -> None:
    assert grammar.read_parameters(grammar.write_parameters(parameters)) == parameters


@pytest.mark.parametrize("piece", ['"', '\\"', '"\\"', "<", '"<', "\udc81\\", '\udc81\\"', " ", ",", "a@", ';a="b"'])
def test_no_text_takes_more_time_than_its_length_is_worth(piece: str) -> None:
    """X: a scanner's longest header field is read in a moment, whatever it repeats."""
    text = piece * (16_384 // len(piece))
    began = time.process_time()
    grammar.split(text, ",")
    grammar.read_parameters(text)
    grammar.unquote(f'"{text}')
    assert time.process_time() - began < 0.5
