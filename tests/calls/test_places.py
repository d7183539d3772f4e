"""Where numbers are from."""

from __future__ import annotations

import subprocess
import sys

import pytest
from phonenumbers import geocoder, parse

from dutyphone.calls.area_codes import MUNICIPALITIES, PROVINCES, area_names
from dutyphone.calls.numbers import Site, read_number
from dutyphone.calls.places import SERVICES, place_of, warm_up
from dutyphone.journal.facts import NumberKind


def place(raw: str, language: str = "zh_CN") -> str:
    number = read_number(raw, Site(area_code="0310"))
    return place_of(number.number, number.kind, language)


@pytest.mark.parametrize(
    ("raw", "chinese", "english"),
    [
        ("010-55501234", "北京", "Beijing"),
        ("021-55501234", "上海", "Shanghai"),
        ("0571-55501234", "浙江杭州", "Hangzhou, Zhejiang"),
        ("5550123", "河北邯郸", "Handan, Hebei"),
        ("0898-55501234", "海南", "Hainan"),
        ("029-55501234", "陕西西安/咸阳", "Xi'an/Xianyang, Shaanxi"),
        ("110", "公安报警", "police"),
        ("12345", "政务服务热线", "government service line"),
        ("021-12345", "上海政务服务热线", "government service line, Shanghai"),
        ("95588", "全国服务热线", "nation-wide service line"),
        ("400-123-4567", "企业客服400", "400 company line"),
        ("8012", "内线", "extension"),
        ("+1 202 555 0123", "美国", "United States"),
        ("+852 5550 1234", "香港", "Hong Kong"),
        ("+853 6655 5012", "澳门", "Macao"),
        ("+886 2 2555 0123", "台湾", "Taiwan"),
        ("*57*013900000000#", "", ""),
        ("106900001234567", "", ""),
        ("P", "", ""),
    ],
)
def test_places(raw: str, chinese: str, english: str) -> None:
    assert place(raw) == chinese
    assert place(raw, "en") == english


def test_mobiles_are_placed_by_their_first_seven_digits() -> None:
    described = geocoder.description_for_number(parse("+8613900001234"), "zh")
    assert described == "新疆乌鲁木齐市", "the metadata moved; take another made-up number"
    assert place("13900001234") == "新疆乌鲁木齐"
    assert place("13900001234", "en") == "Urumchi, Xinjiang"


def test_no_number_no_place() -> None:
    assert place_of(None, None, "zh_CN") == ""
    assert place_of("+861055501234", None, "zh_CN") == ""
    assert place_of("", NumberKind.FIXED, "zh_CN") == ""
    assert place_of("+", NumberKind.FOREIGN, "zh_CN") == ""
    assert place_of("+8614100001234", NumberKind.MOBILE, "zh_CN") == "", (
        "China, and nothing nearer, is not worth a word"
    )


NAMED_AFTER_ANOTHER_PLACE = {"0692": "芒市", "0887": "香格里拉", "0992": "伊犁"}
"""Where the metadata name the seat of the prefecture instead of the prefecture, or the other way round."""


def test_every_area_has_the_name_that_the_metadata_give_it() -> None:
    agreed = 0
    for (province, province_english), cities in PROVINCES.items():
        for code, (city, _) in cities.items():
            chinese = english = ""
            for local in ("55501234", "5550123"):
                number = parse(f"+86{code[1:]}{local}")
                chinese = chinese or geocoder.description_for_number(number, "zh")
                english = english or geocoder.description_for_number(number, "en")
            if chinese in ("", "中国"):
                continue
            agreed += 1
            assert chinese.startswith(province), code
            assert english.endswith(province_english), code
            assert NAMED_AFTER_ANOTHER_PLACE.get(code, city[:2]) in chinese, code
    assert agreed > 300


def test_area_codes_are_what_the_grammar_of_numbers_takes_for_one() -> None:
    codes = [*MUNICIPALITIES, *(code for cities in PROVINCES.values() for code in cities)]
    assert len(codes) == len(set(codes))
    for code in codes:
        assert Site(area_code=code).area_code == code
        assert area_names(code) is not None
        local = "55501234" if len(code) == 3 else "5550123"
        assert read_number(code + local, Site()).kind is NumberKind.FIXED
    assert area_names("0999999") is None


def test_every_well_known_number_is_read_as_a_service() -> None:
    for number, (chinese, english) in SERVICES.items():
        assert read_number(number, Site()).kind is NumberKind.SERVICE, number
        assert place(number) == chinese
        assert place(number, "en") == english


def test_the_geocoder_is_loaded_for_the_first_mobile_and_not_before() -> None:
    script = (
        "import sys; from dutyphone.calls.places import place_of, warm_up\n"
        "from dutyphone.journal.facts import NumberKind as K\n"
        "assert place_of('+861055501234', K.FIXED, 'zh_CN') == '北京'\n"
        "assert place_of('110', K.SERVICE, 'zh_CN') and place_of('8012', K.INTERNAL, 'en')\n"
        "assert 'phonenumbers.geocoder' not in sys.modules\n"
        "warm_up(); assert 'phonenumbers.geocoder' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    warm_up()
