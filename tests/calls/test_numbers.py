"""Telephone numbers as Chinese lines deliver them."""

from __future__ import annotations

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dutyphone.calls.numbers import (
    LONGEST_TEXT,
    PhoneNumber,
    Site,
    mask_number,
    read_number,
    show_number,
    split_numbers,
)
from dutyphone.journal.facts import NumberKind

BEIJING = Site()
HANDAN = Site(area_code="0310")  # local numbers of seven digits
ELSEWHERE = Site(area_code="", internal_digits=(0, 0))

FIXED, MOBILE, SERVICE = NumberKind.FIXED, NumberKind.MOBILE, NumberKind.SERVICE
SHARED, INTERNAL, FOREIGN = NumberKind.SHARED_COST, NumberKind.INTERNAL, NumberKind.FOREIGN
UNRECOGNISED = NumberKind.UNRECOGNISED


def read(raw: str, site: Site = BEIJING) -> tuple[str | None, NumberKind, str | None]:
    number = read_number(raw, site)
    assert number.raw == raw
    return number.number, number.kind, number.extension


@pytest.mark.parametrize(
    "raw",
    [
        "01055501234",
        "010-55501234",
        "010 5550 1234",
        "(010)55501234",
        "55501234",
        "5550-1234",
        "1055501234",
        "861055501234",
        "+861055501234",
        "+86 10 5550 1234",
        "+86(0)10-55501234",
        "0086 10 55501234",
        "0086 010 55501234",
        "17951 010 55501234",
        "０１０－５５５０１２３４",
        "\u200e010\u201155501234\x00",
        "电话：010-55501234",
        "Tel: 010-55501234",
        "010-55501234（传真）",
    ],
)
def test_a_fixed_number_has_one_spelling(raw: str) -> None:
    assert read(raw) == ("+861055501234", FIXED, None)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("02155501234", "+862155501234"),
        ("0571-5550 1234", "+8657155501234"),
        ("0310-5550123", "+863105550123"),
        ("0311 5550 1234", "+8631155501234"),
        ("+86 755 5550 1234", "+8675555501234"),
    ],
)
def test_area_codes_have_three_or_four_digits_and_local_numbers_seven_or_eight(raw: str, number: str) -> None:
    assert read(raw) == (number, FIXED, None)


def test_a_local_number_is_read_by_the_area_code_of_the_site() -> None:
    assert read("5550123", HANDAN) == ("+863105550123", FIXED, None)
    assert read("55501234", HANDAN) == ("+8631055501234", FIXED, None)
    assert read("5550123", BEIJING) == ("5550123", UNRECOGNISED, None), "Beijing has eight digits"
    assert read("55501234", ELSEWHERE) == ("55501234", UNRECOGNISED, None), "nobody said where the site is"


@pytest.mark.parametrize(
    "raw",
    [
        "13900001234",
        "139 0000 1234",
        "139-0000-1234",
        "013900001234",
        "+8613900001234",
        "8613900001234",
        "0086-139-0000-1234",
        "1795113900001234",
        "17951013900001234",
        "12593013900001234",
        "手机13900001234",
    ],
)
def test_a_mobile_number_has_one_spelling(raw: str) -> None:
    """S1-32: exchanges put a 0 before a mobile of another area."""
    assert read(raw) == ("+8613900001234", MOBILE, None)


@pytest.mark.parametrize(
    "raw", ["110", "119", "120", "122", "999", "114", "10086", "1008611", "12345", "95588", "118114", "96110"]
)
def test_service_numbers_stay_as_they_are_dialled(raw: str) -> None:
    assert read(raw) == (raw, SERVICE, None)
    assert read("+86" + raw) == (raw, SERVICE, None)


def test_a_service_number_of_another_area_keeps_its_area_code() -> None:
    assert read("021-12345") == ("02112345", SERVICE, None)
    assert read("010-12345") == ("12345", SERVICE, None), "one's own area code says nothing"
    assert read("010-12345", HANDAN) == ("01012345", SERVICE, None)


@pytest.mark.parametrize("raw", ["4001234567", "400-123-4567", "400 123 4567", "4001-234-567"])
def test_400_and_800_numbers(raw: str) -> None:
    assert read(raw) == ("4001234567", SHARED, None)
    assert read(raw.replace("400", "800", 1)) == ("8001234567", SHARED, None)


@pytest.mark.parametrize(
    "raw",
    [
        "010-55501234-8012",
        "010-55501234转8012",
        "010-55501234 转 8012",
        "55501234分机8012",
        "010 5550 1234 8012",
        "+86 10 5550 1234 ext. 8012",
        "+86-10-5550-1234;ext=8012",
        "01055501234#8012",
        "01055501234,8012",
        "010-55501234x8012",
        "010-55501234（8012）",
        "010-55501234（转8012）",
        "０１０－５５５０１２３４－８０１２",
    ],
)
def test_an_extension_is_cut_off_and_kept(raw: str) -> None:
    """phonenumbers swallows 010-55501234-8012 into one number."""
    assert read(raw) == ("+861055501234", FIXED, "8012")


def test_an_extension_follows_shared_cost_service_and_mobile_numbers_too() -> None:
    assert read("400-123-4567转2") == ("4001234567", SHARED, "2")
    assert read("95588转1") == ("95588", SERVICE, "1")
    assert read("13900001234-5678") == ("+8613900001234", MOBILE, "5678")


def test_a_seven_digit_local_number_with_extension_is_no_ten_digit_number() -> None:
    assert read("5552345-8012", HANDAN) == ("+863105552345", FIXED, "8012")


@pytest.mark.parametrize("raw", ["8012", "转8012", "内线8012", "分机 8012", "ext 8012"])
def test_an_extension_of_the_site(raw: str) -> None:
    """phonenumbers raises on 转8012."""
    assert read(raw) == ("8012", INTERNAL, None)


def test_the_site_says_how_long_its_extensions_are() -> None:
    short, long = Site(internal_digits=(3, 3)), Site(internal_digits=(4, 6))
    assert read("801", short) == ("801", INTERNAL, None)
    assert read("8012", short) == ("8012", UNRECOGNISED, None)
    assert read("801", long) == ("801", UNRECOGNISED, None)
    assert read("680123", long) == ("680123", INTERNAL, None)
    assert read("8012", ELSEWHERE) == ("8012", UNRECOGNISED, None)
    assert read("110", short) == ("110", SERVICE, None), "the police before an extension of the same digits"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+1 202-555-0123", "+12025550123"),
        ("001 202 555 0123", "+12025550123"),
        ("+44 (0)20 7946 0123", "+442079460123"),
        ("+39 06 5550 1234", "+390655501234"),
        ("+852 5550 1234", "+85255501234"),
        ("00853 6655 5012", "+85366555012"),
        ("17951 001 202 555 0123", "+12025550123"),
    ],
)
def test_numbers_from_abroad(raw: str, number: str) -> None:
    assert read(raw) == (number, FOREIGN, None)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("", None),
        ("P", None),
        ("Anonymous", None),
        ("alice2001", None),
        ("+", None),
        ("፩፩፩", None),
        ("=1+1", None),
        ("12/31", None),
        ("0", "0"),
        ("0000000000", "0000000000"),
        ("106900001234567", "106900001234567"),
        ("+86106900001234567", "+86106900001234567"),
        ("010555012348012", "010555012348012"),
        ("*57*013900000000#", "*57*013900000000#"),
        ("#57#", "#57#"),
        ("+999 1", "+9991"),
    ],
)
def test_what_is_no_number_keeps_what_could_be_dialled(raw: str, number: str | None) -> None:
    """X02: a call with an odd number is a call."""
    assert read(raw) == (number, UNRECOGNISED, None)


def test_a_text_longer_than_any_number_is_none() -> None:
    assert read("1" * (LONGEST_TEXT + 1)) == (None, UNRECOGNISED, None)
    assert read("1" * 100_000 + "转" * 100_000) == (None, UNRECOGNISED, None)


ODD_TEXT = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="0123456789+-*#() 转分机extEXT,;/.\u3000０１８－（）\x00\ud800", max_size=40),
)
SITES = st.sampled_from([BEIJING, HANDAN, ELSEWHERE, Site(country="HK", area_code=""), Site(country="US")])


@given(ODD_TEXT, SITES)
@example("", BEIJING)
@example("转8012", BEIJING)
@example("00", BEIJING)
@example("(((((", BEIJING)
@example("-".join("1" * 90), BEIJING)
def test_no_text_at_all_makes_it_raise(raw: str, site: Site) -> None:
    """X03: the program does not die on odd bytes."""
    number = read_number(raw, site)
    assert number.raw == raw
    assert (number.number is not None) or number.kind is UNRECOGNISED
    assert number.extension is None or number.number is not None
    shown = show_number(number.number, number.kind, number.extension, number.raw, site)
    assert shown == "" or shown.isprintable()
    assert all(read_number(piece, site).raw == piece for piece in split_numbers(raw))


@given(ODD_TEXT, st.sampled_from([BEIJING, HANDAN, ELSEWHERE]))
@example("010110", HANDAN)
@example("010-12345", HANDAN)
def test_a_number_that_was_read_reads_as_itself(raw: str, site: Site) -> None:
    first = read_number(raw, site)
    if first.kind is UNRECOGNISED or first.number is None:
        return
    again = read_number(first.number, site)
    assert (again.number, again.kind) == (first.number, first.kind)


@given(
    st.sampled_from(["10", "20", "21", "25", "29", "310", "311", "571", "755", "771", "871", "991"]),
    st.from_regex(r"\A[2-8]\d{6,7}\Z"),
    st.from_regex(r"\A1[3-9]\d{9}\Z"),
)
def test_what_the_metadata_call_valid_is_read_as_the_metadata_read_it(area: str, local: str, mobile: str) -> None:
    """`phonenumbers` is a second reading of the numbering plan."""
    for national, kind in ((area + local, FIXED), (mobile, MOBILE)):
        for written in ("0" + national, "+86" + national):
            theirs = phonenumbers.parse(written, "CN")
            if not phonenumbers.is_valid_number(theirs) or str(theirs.national_number) != national:
                continue
            expected = phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.E164)
            assert read(written) == (expected, kind, None)


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("010-55501201/02", ("010-55501201", "010-55501202")),
        ("010-55501201／02", ("010-55501201", "010-55501202")),
        ("5550 1201/02/03", ("5550 1201", "5550 1202", "5550 1203")),
        ("010-55501299/5301", ("010-55501299", "010-55505301")),
        ("55501201、02", ("55501201", "55501202")),
        ("010-55501201转8012/13", ("010-55501201转8012", "010-55501201转8013")),
        ("13900001234/010-55501234", ("13900001234", "010-55501234")),
        ("010-55501234、13900001234", ("010-55501234", "13900001234")),
        ("010-55501234；13900001234", ("010-55501234", "13900001234")),
        ("010-55501234 13900001234", ("010-55501234", "13900001234")),
        ("+86 139 0000 1234", ("+86 139 0000 1234",)),
        ("010 5550 1234", ("010 5550 1234",)),
        ("电话010-55501234\n传真010-55501235", ("电话010-55501234", "传真010-55501235")),
        ("55501234或8012", ("55501234", "8012")),
        ("110/119", ("110", "119")),
        ("办公室", ()),
        ("", ()),
        (" / ", ()),
    ],
)
def test_a_cell_may_hold_several_numbers(cell: str, numbers: tuple[str, ...]) -> None:
    """S1-27: a number written …01/02 is two numbers."""
    assert split_numbers(cell) == numbers


def test_the_pieces_of_a_cell_are_numbers() -> None:
    """S1-27."""
    pieces = split_numbers("010-55501201/02、手机13900001234")
    assert [read_number(piece, BEIJING).number for piece in pieces] == [
        "+861055501201",
        "+861055501202",
        "+8613900001234",
    ]


def shown(raw: str, site: Site | None = BEIJING) -> str:
    number: PhoneNumber = read_number(raw, site or BEIJING)
    return show_number(number.number, number.kind, number.extension, number.raw, site)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("02155501234", "021-5550 1234"),
        ("03105550123", "0310-555 0123"),
        ("057155501234", "0571-5550 1234"),
        ("01055501234", "5550 1234"),
        ("01055501234转8012", "5550 1234-8012"),
        ("13900001234", "139 0000 1234"),
        ("4001234567", "400-123-4567"),
        ("95588", "95588"),
        ("02112345", "021-12345"),
        ("8012", "8012"),
        ("0012025550123", "+1 202-555-0123"),
        ("0085255501234", "+852 5550 1234"),
        ("106900001234567", "1069 0000 1234 567"),
        ("*57*013900000000#", "*57*013900000000#"),
        ("Anonymous\x07", "Anonymous?"),
        ("", ""),
    ],
)
def test_numbers_for_people(raw: str, text: str) -> None:
    assert shown(raw) == text


def test_without_a_site_the_area_code_is_always_said() -> None:
    assert shown("55501234", None) == "010-5550 1234"
    assert show_number(None, None, None, None) == ""


def test_a_site_in_hong_kong_reads_its_own_plan() -> None:
    site = Site(country="HK", area_code="", internal_digits=(3, 4))
    assert read("2555 0123", site) == ("+85225550123", FIXED, None)
    assert read("999", site) == ("999", SERVICE, None)
    assert read("8012", site) == ("8012", INTERNAL, None)
    assert read("+86 139 0000 1234", site) == ("+8613900001234", FOREIGN, None)
    assert show_number("+85225550123", FIXED, None, None, site) == "2555 0123"


@pytest.mark.parametrize(
    ("shown_number", "masked"),
    [("139 0000 1234", "1** **** ****"), ("+8613900001234", "+8************"), ("8012", "8***"), ("", "")],
)
def test_of_a_hidden_number_the_first_digit_stays(shown_number: str, masked: str) -> None:
    """S2-17."""
    assert mask_number(shown_number) == masked


def test_a_site_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="area code"):
        Site(area_code="86")
    with pytest.raises(ValueError, match="7 digits"):
        Site(internal_digits=(3, 7))
    with pytest.raises(ValueError, match="5 to 3"):
        Site(internal_digits=(5, 3))


def test_reading_chinese_numbers_loads_no_metadata() -> None:
    """The recorder reads numbers and must stay small: 27 ms for the metadata, 100 MB for the geocoder."""
    script = (
        "import sys; from dutyphone.calls.numbers import Site, read_number, show_number\n"
        "for raw in ('010-55501234-8012', '13900001234', '95588', 'P', '8012'):\n"
        "    n = read_number(raw, Site()); show_number(n.number, n.kind, n.extension, raw, Site())\n"
        "assert not [m for m in sys.modules if m.startswith('phonenumbers')]\n"
        "assert read_number('+12025550123', Site()).number == '+12025550123'\n"
        "assert 'phonenumbers' in sys.modules and 'phonenumbers.geodata' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
