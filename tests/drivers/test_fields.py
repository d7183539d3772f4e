"""The field finder: every spelling, alone, in company, and where it must not be found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dutyphone_drivers.serial_modem.absence import NAME_WORDS, NUMBER_WORDS, is_name, name_absence, number_absence
from dutyphone_drivers.serial_modem.caller_id import merged, other_caller, put_together, same_news
from dutyphone_drivers.serial_modem.fields import SPELLINGS, Field, Kind, Spelling, find_fields
from dutyphone_drivers.serial_modem.guesses import guess_number
from dutyphone_drivers.serial_modem.reader import clean, read_line, without_parity
from dutyphone_drivers.serial_modem.rings import RING_FORMS, find_cadence, find_rings
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.lines.events import NumberAbsence
from dutyphone.lines.names import decode_name


def _even(text: bytes) -> bytes:
    return bytes(byte | 0x80 * (byte.bit_count() % 2) for byte in text)


def _odd(text: bytes) -> bytes:
    return bytes(byte | 0x80 * (1 - byte.bit_count() % 2) for byte in text)


def _mark(text: bytes) -> bytes:
    return bytes(byte | 0x80 for byte in text)


@pytest.mark.parametrize("sign", [b"=", b" =", b"= ", b" = ", b":", b": ", b" : ", b"   =   "])
@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.word)
def test_every_spelling(spelling: Spelling, sign: bytes) -> None:
    (field, *rest), before = find_fields(spelling.word.encode() + sign + b"55501234")
    assert (field.kind, field.key, field.value) == (spelling.kind, spelling.word, b"55501234")
    assert rest == []
    assert before == b""


def test_no_spelling_is_written_twice() -> None:
    words = [spelling.word for spelling in SPELLINGS]
    assert len(words) == len(set(words))
    assert all(word == word.upper() for word in words)
    assert all(spelling.source for spelling in SPELLINGS)


@pytest.mark.parametrize(
    "text",
    [
        b"USERNAME = X",
        b"UPDATE=5",
        b"LIFETIME=3",
        b"this is no NUMBER",
        b"NMBR",
        b"FIRST NAME",
        b"1NMBR = 5",
        b"=5",
        b"",
    ],
)
def test_words_that_only_look_like_fields(text: bytes) -> None:
    assert find_fields(text) == ((), text)


@pytest.mark.parametrize(
    "text",
    [
        b"NAME=ONMBR=55501234",
        b"NAME=O NMBR=55501234",
        b"DATE=0224 TIME=1831 NAME=O NMBR=55501234",
        b"\x80\x81NMBR = 55501234",
        b"NMBR = 55501234NAME = X",
    ],
)
def test_lost_line_ends(text: bytes) -> None:
    fields, __ = find_fields(text)
    assert [field.value for field in fields if field.kind is Kind.NUMBER] == [b"55501234"]


def test_a_word_seen_before_is_part_of_the_value() -> None:
    (field,), __ = find_fields(b"NAME = MY NAME = X")
    assert field.value == b"MY NAME = X"


def test_the_other_sign_is_part_of_the_value() -> None:
    (field,), __ = find_fields(b"NAME = MAIL TO: BOB")
    assert field.value == b"MAIL TO: BOB"


@given(st.binary(max_size=200))
def test_any_line_is_read_without_a_fault(text: bytes) -> None:
    read_line(clean(text))
    read_line(clean(text), bare_number=True, more_hex=True)


@given(st.binary(max_size=30).filter(lambda raw: not set(raw) & set(b"\r\n=:")))
def test_a_name_is_found_whole(raw: bytes) -> None:
    (field,), __ = find_fields(b"NAME = " + raw)
    assert field.value == raw.strip(b" \t\x00")


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"ZHANG SAN", "ZHANG SAN"),
        ("张三".encode("gb2312"), "张三"),
        ("李镕".encode("gbk"), "李镕"),
        ("张三".encode(), "张三"),
        ("𠮷野家".encode("gb18030"), "𠮷野家"),
        (b"Jos\xe9", "José"),
        ("陆".encode("gb2312"), "陆"),
        ("Äöü".encode(), "Äöü"),
        (b"  X\x00\x07  ", "X"),
        (b"", ""),
    ],
)
def test_names(raw: bytes, name: str) -> None:
    assert decode_name(raw) == name


@given(st.binary(max_size=60))
def test_any_bytes_make_a_printable_name(raw: bytes) -> None:
    assert decode_name(raw) == "" or decode_name(raw).isprintable()


@given(st.lists(st.tuples(st.integers(0xB0, 0xD7), st.integers(0xA1, 0xF9)), min_size=1, max_size=10))
def test_gb2312_names_survive(characters: list[tuple[int, int]]) -> None:
    """The 3,755 characters of level 1, of which nearly every name is made, come out as they went in."""
    raw = b"".join(bytes(pair) for pair in characters)
    assert decode_name(raw) == raw.decode("gb2312")


@pytest.mark.parametrize("absence", NUMBER_WORDS)
def test_words_for_no_number(absence: NumberAbsence) -> None:
    for word in NUMBER_WORDS[absence]:
        assert number_absence(word) is absence
        assert number_absence(f" {word.lower()} ") is absence


def test_numbers_are_not_absent() -> None:
    assert all(number_absence(number) is None for number in ("110", "01055501234", "+86 10 5550 1234", "1-800-A"))


def test_words_for_no_name() -> None:
    for absence, words in NAME_WORDS.items():
        for word in words:
            assert name_absence(word) is absence
            assert not is_name(word)
    assert is_name("O'BRIEN")
    assert is_name("A")


@pytest.mark.parametrize("gap", [" ", "_", "-", ""])
def test_a_gap_in_a_word_is_written_in_four_ways(gap: str) -> None:
    for spelling in SPELLINGS:
        (field,), __ = find_fields(spelling.word.replace(" ", gap).encode() + b": 55501234")
        assert (field.kind, field.value) == (spelling.kind, b"55501234")


@pytest.mark.parametrize(
    ("line", "words", "number"),
    [
        (b"MBR = 01055501234", "MBR", b"01055501234"),
        (b"INBOUND: +86 10 5550-1234", "INBOUND", b"+86 10 5550-1234"),
        (b'CALL FROM "01055501234"', "CALL FROM", b"01055501234"),
        (b"01055501234", "", b"01055501234"),
        (b"(010)5550-1234 ZHANG", "", b"(010)5550-1234"),
    ],
)
def test_a_number_under_other_words(line: bytes, words: str, number: bytes) -> None:
    assert guess_number(line) == Field(Kind.PERHAPS_NUMBER, words, number)
    assert read_line(line, ringing=True).fields == (guess_number(line),)
    assert not read_line(line).understood


@pytest.mark.parametrize(
    "line",
    [
        b"MBR = 110",
        b"CARRIER 31200",
        b"+MRR: 33600,33600",
        b"2026-11-22",
        b"20261122",
        b"202611220310",
        b"STAMP = 10151310",
        b"DATETIME: 2026112203",
        b"IMEI: 350000000000001",
        b"SERIAL NUMBER 123456789",
        b"12345678901234567",
        b"192.168.100.200:5060",
        b"+CSQ: 15,99",
        b"one two three",
        b"",
    ],
)
def test_what_is_no_telephone_number(line: bytes) -> None:
    assert guess_number(line) is None


@given(st.binary(max_size=80))
def test_any_line_may_be_guessed_at(line: bytes) -> None:
    field = guess_number(line)
    assert field is None or 7 <= sum(chr(byte).isdigit() for byte in field.value) <= 16


@pytest.mark.parametrize("with_bit", [_even, _odd, _mark], ids=["even", "odd", "mark"])
@pytest.mark.parametrize("text", [b"RING", b"NMBR = 01055501234", b"NAME = ZHANG SAN", b"DRON=20", b"OK"])
def test_parity_is_seen_through(text: bytes, with_bit: Callable[[bytes], bytes]) -> None:
    assert without_parity(with_bit(text)) == text
    assert read_line(clean(with_bit(text))) == read_line(text)


@given(st.lists(st.sampled_from("张三李四王五赵六陈刚"), min_size=1, max_size=8).map("".join))
def test_a_chinese_name_is_never_read_as_parity(name: str) -> None:
    line = b"NAME = " + name.encode("gb2312")
    assert read_line(line).fields == (Field(Kind.NAME, "NAME", name.encode("gb2312")),)
    assert not read_line(name.encode("gb2312"), ringing=True).understood


def test_every_ring_form_says_who_writes_it() -> None:
    assert all(form.source for form in RING_FORMS)


@pytest.mark.parametrize(
    "text", [b"RINGING", b"RINGBACK", b"ERRORING", b"BRING", b"RIN G", b"R", b"RI", b"RANGE", b"STRING", b"SPRING 1"]
)
def test_words_that_are_no_ring(text: bytes) -> None:
    assert find_rings(text) == ((), text)


@pytest.mark.parametrize(
    "text", [b"RING", b"RING ?", b"RING;x", b"RING:", b"RING/", b"OKRING", b"\xfe\xfeRING", b"RIN"]
)
def test_whatever_follows_it_rings(text: bytes) -> None:
    rings, __ = find_rings(text)
    assert len(rings) == 1


def test_cadence_is_in_tenths_of_a_second() -> None:
    assert find_cadence(b"DROF=40 DRON = 8") == ((False, 4.0), (True, 0.8))
    assert find_cadence(b"DRON=x") == ()


def test_the_number_stands_whatever_comes_later() -> None:
    number = put_together((Field(Kind.NUMBER, "NMBR", b"01055501234"),))
    masked = put_together((Field(Kind.NUMBER, "NMBR", b"O"),))
    assert merged(number, masked).number == "01055501234"
    assert merged(masked, number).number == "01055501234"
    assert merged(masked, number).absence is None
    assert same_news(number, merged(number, masked))


@pytest.mark.parametrize(
    ("one", "two", "other"),
    [
        ("01055501234", "55501234", False),
        ("+861055501234", "010-5550-1234", False),
        ("01055501234", "01055501235", True),
        ("110", "119", True),
        ("110", "110", False),
        (None, "110", False),
    ],
)
def test_two_spellings_of_one_number(one: str | None, two: str | None, other: bool) -> None:
    first, second = (put_together((Field(Kind.NUMBER, "NMBR", (number or "P").encode()),)) for number in (one, two))
    assert other_caller(first, second) is other
