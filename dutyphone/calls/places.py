"""Where a number is from, or whose it is.

Fixed lines tell by their area code, service numbers by a table. Mobile and foreign numbers need the geocoder of
`phonenumbers`, which takes 0.4 s and 100 MB at its first use: nothing here imports it before the first such number is
asked for, the recorder never asks, and the console calls `warm_up` beside its first paint.

Names of places and services are data in both languages, not messages: what they are called does not depend on the
language the program happens to speak but on `language`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dutyphone.calls.area_codes import area_names
from dutyphone.journal.facts import NumberKind


@lru_cache(maxsize=4096)
def place_of(number: str | None, kind: NumberKind | None, language: str) -> str:
    """The place of a normalised number in `language` (one of `i18n.LANGUAGES`); empty if unknown.

    北京, 浙江杭州 for fixed and mobile numbers, the country for foreign ones, the well-known owner for service numbers.
    """
    if number is None or kind is None:
        return ""
    chinese = language == "zh_CN"
    if kind is NumberKind.SERVICE:
        return _service(number, chinese)
    if kind is NumberKind.SHARED_COST:
        return _pick(_SHARED_COST.get(number[:3]), chinese)
    if kind is NumberKind.INTERNAL:
        return _pick(("内线", "extension"), chinese)
    if kind is NumberKind.UNRECOGNISED or not number.startswith("+"):
        return ""
    if kind is NumberKind.FIXED and number.startswith("+86"):
        return _pick(area_names("0" + number[3 : 5 if number[3] in "12" else 6]), chinese)
    return _looked_up(number, chinese)


def warm_up() -> None:
    """Load what the first mobile number would otherwise wait for. Safe to call from any thread, any number of times."""
    import phonenumbers.geocoder  # noqa: F401


SERVICES: dict[str, tuple[str, str]] = {
    "110": ("公安报警", "police"),
    "112": ("紧急呼叫", "emergency call"),
    "114": ("号码查询", "directory enquiries"),
    "117": ("报时", "speaking clock"),
    "119": ("火警", "fire"),
    "120": ("医疗急救", "ambulance"),
    "121": ("天气预报", "weather forecast"),
    "122": ("交通事故报警", "traffic police"),
    "999": ("急救", "ambulance"),
    "10000": ("中国电信客服", "China Telecom"),
    "10010": ("中国联通客服", "China Unicom"),
    "10086": ("中国移动客服", "China Mobile"),
    "10099": ("中国广电客服", "China Broadnet"),
    "11183": ("邮政速递", "EMS"),
    "11185": ("邮政客服", "China Post"),
    "12110": ("公安短信报警", "police by text message"),
    "12119": ("森林火警", "forest fire"),
    "12121": ("天气预报", "weather forecast"),
    "12122": ("高速公路报警救援", "motorway police"),
    "12123": ("交管服务", "traffic administration"),
    "12305": ("邮政业用户申诉", "postal complaints"),
    "12306": ("铁路客服", "railways"),
    "12309": ("检察服务", "procuratorate"),
    "12315": ("消费者投诉举报", "consumer protection"),
    "12316": ("农业服务", "agriculture"),
    "12319": ("城建服务", "urban services"),
    "12320": ("卫生热线", "public health"),
    "12321": ("网络不良与垃圾信息举报", "spam reports"),
    "12328": ("交通运输服务监督", "transport supervision"),
    "12329": ("住房公积金", "housing fund"),
    "12333": ("人力资源和社会保障", "social security"),
    "12337": ("扫黑除恶举报", "organised crime reports"),
    "12338": ("妇女维权", "women's rights"),
    "12339": ("国家安全举报", "state security reports"),
    "12345": ("政务服务热线", "government service line"),
    "12348": ("法律服务", "legal aid"),
    "12350": ("安全生产举报", "work safety reports"),
    "12355": ("青少年服务", "youth line"),
    "12356": ("心理援助", "psychological support"),
    "12366": ("纳税服务", "tax service"),
    "12369": ("生态环境举报", "environment reports"),
    "12377": ("网络违法信息举报", "illegal content reports"),
    "12379": ("突发事件预警信息", "emergency warnings"),
    "12381": ("涉诈预警劝阻短信", "fraud warning by text message"),
    "12385": ("残疾人服务", "disabled persons' line"),
    "12388": ("纪检监察举报", "discipline inspection"),
    "12389": ("公安违法违纪举报", "police conduct reports"),
    "12393": ("医疗保障服务", "medical insurance"),
    "12395": ("水上遇险求救", "maritime rescue"),
    "95119": ("森林草原火警", "forest and grassland fire"),
    "96110": ("反诈预警劝阻", "anti-fraud line"),
    "96119": ("火灾隐患举报", "fire hazard reports"),
}
"""Service numbers everybody knows: Chinese and English name."""

_SERVICE_FAMILIES = (
    ("95", ("全国服务热线", "nation-wide service line")),
    ("96", ("本地服务热线", "local service line")),
    ("12", ("公益服务热线", "public service line")),
    ("10", ("运营商服务", "carrier service")),
    ("11", ("公共服务号码", "public service number")),
)
"""What a number is that is not in the table, by its first digits."""

_SHARED_COST = {"400": ("企业客服400", "400 company line"), "800": ("免费电话800", "800 freephone")}

_NEAR_ABROAD = {"HK": ("香港", "Hong Kong"), "MO": ("澳门", "Macao"), "TW": ("台湾", "Taiwan")}


def _pick(names: tuple[str, str] | None, chinese: bool) -> str:
    return "" if names is None else names[0] if chinese else names[1]


def _service(number: str, chinese: bool) -> str:
    """`number` as dialled, perhaps behind the area code of another area."""
    where = ""
    if number.startswith("0"):
        area_ends = 3 if number[1] in "12" else 4
        where, number = _pick(area_names(number[:area_ends]), chinese), number[area_ends:]
    names = SERVICES.get(number) or next(
        (names for start, names in _SERVICE_FAMILIES if number.startswith(start)), None
    )
    what = _pick(names, chinese)
    if not where or not what:
        return where or what
    return where + what if chinese else f"{what}, {where}"


def _looked_up(number: str, chinese: bool) -> str:
    """What the geocoder says of an E.164 number."""
    import phonenumbers
    from phonenumbers import geocoder

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    language = "zh" if chinese else "en"
    if parsed.country_code != phonenumbers.country_code_for_region("CN"):
        region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
            parsed.country_code or 0
        )
        return _pick(_NEAR_ABROAD.get(region), chinese) or geocoder.country_name_for_number(parsed, language) or ""
    described = geocoder.description_for_valid_number(parsed, language)
    if described == geocoder.country_name_for_number(parsed, language):
        return ""
    return _short_chinese(described) if chinese else _apostrophe(described)


_ETHNIC_PREFECTURE = re.compile(
    "(?:土家族|苗族|藏族|羌族|彝族|白族|傣族|景颇族|傈僳族|哈尼族|壮族|布依族|侗族|朝鲜族|回族|蒙古族?|哈萨克|柯尔克孜)+自治州$"
)


def _short_chinese(name: str) -> str:
    """浙江省杭州市 as people say it: 浙江杭州."""
    name = re.sub(r"^(..|黑龙江)省", r"\1", name)
    return _ETHNIC_PREFECTURE.sub("", re.sub(r"(?<=..)(?:市|地区|林区)$", "", name))


def _apostrophe(name: str) -> str:
    """The metadata writes XiAn where pinyin has an apostrophe: Xi'an."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda capital: "'" + capital[1].lower(), name)
