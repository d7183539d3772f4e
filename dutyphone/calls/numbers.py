"""Telephone numbers as a Chinese line delivers them, and as people read them.

The grammar of Chinese numbers is our own: the lengths and leading digits of the national numbering plan (MIIT,
Numbering Plan for Telecommunications Networks, 2017) on one side, and on the other what desks add to them, extensions,
carrier prefixes, missing area codes, which no numbering plan knows. Numbers from abroad are read by `phonenumbers`,
whose metadata covers every country; it is imported at the first one that comes, as most desks never see one.

Where a number is from is the business of `dutyphone.calls.places`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dutyphone.calls.site import AREA_CODE_DIGITS as _AREA
from dutyphone.calls.site import Site as Site
from dutyphone.journal.facts import NumberKind

LONGEST_TEXT = 200
"""A text of more characters is no telephone number, whatever it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """One number. `raw` is what was given, `extension` what is dialled after the far exchange has answered.

    `number` is the one spelling under which a number is stored, found and compared:

    ============  =====================  ==========================================================================
    kind          number                 meaning
    ============  =====================  ==========================================================================
    FIXED         +861055501234          E.164, the site's area code added where it was left out
    MOBILE        +8613900001234         E.164
    FOREIGN       +12025550123           E.164; Hong Kong, Macao and Taiwan have country codes of their own
    SERVICE       110 95588 01012345     as dialled; with its area code if it is that of another area
    SHARED_COST   4001234567             as dialled: 400 and 800 cannot be reached from abroad
    INTERNAL      8012                   the extension
    UNRECOGNISED  10690000001234         the digits (with + * #) as they came; None if there are none
    ============  =====================  ==========================================================================
    """

    raw: str
    number: str | None
    kind: NumberKind
    extension: str | None = None


def read_number(raw: str, site: Site) -> PhoneNumber:
    """Read `raw`, whatever it holds. Never raises."""
    text = _plain(raw)
    if len(text) > LONGEST_TEXT:
        return PhoneNumber(raw=raw, number=None, kind=NumberKind.UNRECOGNISED)
    if text.startswith(("*", "#")):
        return PhoneNumber(raw=raw, number=_kept(text), kind=NumberKind.UNRECOGNISED)
    body, extension = _without_extension(_NOTE.sub("", _LABEL.sub("", text)))
    if extension is not None and not body:
        body, extension = extension, None
    read = _read(body, site)
    if read is None and extension is None and (tail := _TAIL.fullmatch(body)):
        main = _read(tail["main"], site)
        if main is not None and main[1] in _HAVE_EXTENSIONS:
            read, extension = main, tail["extension"]
    if read is None:
        kept = _kept(body)
        return PhoneNumber(
            raw=raw, number=kept, kind=NumberKind.UNRECOGNISED, extension=extension if kept is not None else None
        )
    number, kind = read
    return PhoneNumber(raw=raw, number=number, kind=kind, extension=extension)


def split_numbers(cell: str) -> tuple[str, ...]:
    """The numbers written in one cell of a contact sheet, each as text for `read_number` (S1-27).

    A short piece behind a slash stands for other last digits of the number before it: 010-55501201/02.
    """
    found: list[str] = []
    for piece, separator in _pieces(_plain(cell, keep_lines=True)):
        before = found[-1] if found else ""
        other_ending = piece.isdecimal() and len(piece) <= (4 if separator == "/" else 2)
        if other_ending and len(piece) < sum(map(str.isdecimal, before)):
            found.append(_with_last_digits(before, piece))
        else:
            found.append(piece)
    return tuple(found)


def show_number(
    number: str | None, kind: NumberKind | None, extension: str | None, raw: str | None, site: Site | None = None
) -> str:
    """A number as people write it: 010-5550 1234, 139 0000 1234, 400-123-4567; empty if there is none.

    Numbers of the area of `site` stand without area code. What was not recognised is shown as it came, long runs of
    digits in fours. Control characters never come out.
    """
    if number is None or kind is None:
        return _printable(raw or "")
    shown = _shown(number, kind, raw, site)
    return f"{shown}-{extension}" if extension else shown


def mask_number(text: str) -> str:
    """`text` with every digit but the first hidden (S2-17)."""
    first = next((at for at, character in enumerate(text) if character.isdecimal()), len(text))
    return text[: first + 1] + re.sub(r"\d", "*", text[first + 1 :])


# --- the grammar -------------------------------------------------------------------------------------------------

_SERVICE = r"11[02479]|12[0-2]|999|1[0-2]\d{3,4}|100\d{4}|95\d{3,9}|96\d{3,4}"
"""110, 119, 114 …; 10086, 12345, 118114; 1008611; the nation-wide 95 and the local 96 numbers."""

_SERVICE_NUMBER = re.compile(_SERVICE)
_SERVICE_ELSEWHERE = re.compile(rf"0(?P<area>{_AREA})(?P<service>{_SERVICE})")
_MOBILE = re.compile(r"0?(?P<national>1[3-9]\d{9})")
_SHARED_COST = re.compile(r"0?(?P<national>[48]00\d{7})")
_FIXED_SHAPE = r"(?P<national>(?:10|2\d)[2-8]\d{7}|[3-9]\d\d[2-8]\d{6,7})"
_FIXED = re.compile("0" + _FIXED_SHAPE)
_FIXED_TRUNK_OPTIONAL = re.compile("0?" + _FIXED_SHAPE)
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_CARRIER_PREFIX = re.compile(r"(?:179\d\d|12593|11808|10193)(?P<dialled>(?:0|1[3-9]).+)")
"""Prefixes of cheap long-distance carriers (17951, 17909, 12593 …), which some exchanges deliver with the number."""

_DIALLED = re.compile(r"\+?[0-9*#]+")

_HAVE_EXTENSIONS = frozenset({NumberKind.FIXED, NumberKind.MOBILE, NumberKind.SHARED_COST})

_EXTENSION = re.compile(
    r"(?:;? ?(?:extension|ext|extn)[ .:=]*|转接? ?|轉 ?|分机(?:号)?[ :]?|内线[ :]?| ?[x#*,;p] ?)(?P<a>\d{1,8})"
    r"| ?\( ?(?:转|分机|内线|ext\.?)? ?(?P<b>\d{1,6}) ?\)",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?P<main>.*\d)[ -]+(?P<extension>\d{1,6})")
_LABEL = re.compile(r"^(?:(?:telephone|tel|phone|fax|mobile)\b\.?|[\u4e00-\u9fff]+) ?:? ?", re.IGNORECASE)
_NOTE = re.compile(r" ?\(?[\u4e00-\u9fff]+\)?$")
"""What people write around a number: 电话:, (传真)."""

_PUNCTUATION = str.maketrans("", "", " -.()~")


def _read(text: str, site: Site) -> tuple[str, NumberKind] | None:
    """Number and kind of `text`, which has no extension; None if it is no number we know."""
    if site.country != "CN":
        return _read_by_metadata(text, site)
    digits = text.replace("(0)", "").translate(_PUNCTUATION)
    if not digits.removeprefix("+").isdecimal():
        return None
    if digits.startswith(("+", "00")):
        abroad = digits.removeprefix("+") if digits[0] == "+" else digits[2:]
        return _national(abroad[2:], site, _FIXED_TRUNK_OPTIONAL) if abroad.startswith("86") else _foreign(abroad)
    if carrier := _CARRIER_PREFIX.fullmatch(digits):
        read = _read(carrier["dialled"], site)
        if read is not None and read[1] in (NumberKind.FIXED, NumberKind.MOBILE, NumberKind.FOREIGN):
            return read
    # With separators, digits without trunk 0 may as well be a local number and its extension.
    read = _national(digits, site, _FIXED_TRUNK_OPTIONAL if digits == text else _FIXED)
    if read is None and len(digits) >= 12 and digits.startswith("86"):
        read = _national(digits[2:], site, _FIXED_TRUNK_OPTIONAL)
    return read or _of_the_site(digits, site)


def _national(digits: str, site: Site, fixed: re.Pattern[str]) -> tuple[str, NumberKind] | None:
    """A number that says itself in which area of China it is, or needs none."""
    if _SERVICE_NUMBER.fullmatch(digits):
        return digits, NumberKind.SERVICE
    if found := _MOBILE.fullmatch(digits):
        return "+86" + found["national"], NumberKind.MOBILE
    if found := _SHARED_COST.fullmatch(digits):
        return found["national"], NumberKind.SHARED_COST
    if found := fixed.fullmatch(digits):
        return "+86" + found["national"], NumberKind.FIXED
    if found := _SERVICE_ELSEWHERE.fullmatch(digits):
        at_home = "0" + found["area"] == site.area_code
        return (found["service"] if at_home else digits), NumberKind.SERVICE
    return None


def _of_the_site(digits: str, site: Site) -> tuple[str, NumberKind] | None:
    """A local number or an extension."""
    if site.area_code and _LOCAL.fullmatch(digits) and _FIXED.fullmatch(site.area_code + digits):
        return "+86" + site.area_code[1:] + digits, NumberKind.FIXED
    shortest, longest = site.internal_digits
    if digits[0] != "0" and max(shortest, 1) <= len(digits) <= longest:
        return digits, NumberKind.INTERNAL
    return None


def _foreign(digits: str) -> tuple[str, NumberKind] | None:
    """`digits` begin with a country code other than 86."""
    import phonenumbers

    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), NumberKind.FOREIGN


def _read_by_metadata(text: str, site: Site) -> tuple[str, NumberKind] | None:
    """Read by the numbering plan of a site outside mainland China."""
    import phonenumbers
    from phonenumbers import PhoneNumberType, shortnumberinfo

    digits = text.translate(_PUNCTUATION)
    if digits.isdecimal() and shortnumberinfo.is_emergency_number(digits, site.country):
        return digits, NumberKind.SERVICE
    shortest, longest = site.internal_digits
    if digits.isdecimal() and max(shortest, 1) <= len(digits) <= longest:
        return digits, NumberKind.INTERNAL
    try:
        number = phonenumbers.parse(text, site.country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    at_home = number.country_code == phonenumbers.country_code_for_region(site.country)
    kind = {
        PhoneNumberType.MOBILE: NumberKind.MOBILE,
        PhoneNumberType.TOLL_FREE: NumberKind.SHARED_COST,
        PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
    }.get(phonenumbers.number_type(number), NumberKind.FIXED)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written, kind if at_home else NumberKind.FOREIGN


# --- text --------------------------------------------------------------------------------------------------------


def _plain(text: str, *, keep_lines: bool = False) -> str:
    """`text` in half-width characters: any dash a hyphen, any run of spaces one space, nothing invisible."""
    if text.isascii() and text.isdecimal():
        return text
    plain: list[str] = []
    for character in unicodedata.normalize("NFKC", text[: 10 * LONGEST_TEXT] if not keep_lines else text):
        category = unicodedata.category(character)
        if category == "Nd":
            plain.append(str(unicodedata.digit(character)))
        elif category == "Pd" or character == "\u2212":  # the minus sign
            plain.append("-")
        elif character in "\r\n":
            plain.append("\n" if keep_lines else " ")
        elif category in ("Zs", "Zl", "Zp") or character == "\t":
            plain.append(" ")
        elif category not in ("Cc", "Cf", "Cs"):
            plain.append(character)
    lines = "".join(plain).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def _without_extension(text: str) -> tuple[str, str | None]:
    """`text` before the mark of an extension at its end, and the extension."""
    for found in _EXTENSION.finditer(text):
        if found.end() == len(text):
            return text[: found.start()].rstrip(" -,("), found["a"] or found["b"]
    return text, None


def _kept(text: str) -> str | None:
    """What of an unrecognised text can be dialled; None if it is something else than a number."""
    dialled = text.translate(_PUNCTUATION)
    return dialled if _DIALLED.fullmatch(dialled) else None


def _pieces(cell: str) -> list[tuple[str, str]]:
    """What stands between separators, with the separator before it."""
    parts = re.split(r" ?([/、,;|\n]|或) ?", cell)
    found: list[tuple[str, str]] = []
    for part, separator in zip(parts[::2], ["", *parts[1::2]], strict=True):
        found += [(piece, separator) for piece in _apart(part) if any(map(str.isdecimal, piece))]
    return found


def _apart(part: str) -> list[str]:
    """`part` cut at spaces between two whole numbers, and at no space within one."""
    numbers: list[str] = []
    for word in part.split(" "):
        digits_before = sum(map(str.isdecimal, numbers[-1])) if numbers else 0
        whole = 10 if numbers and numbers[-1].startswith(("+", "00")) else 7
        if numbers and not (digits_before >= whole and sum(map(str.isdecimal, word)) >= 7):
            numbers[-1] += " " + word
        else:
            numbers.append(word)
    return numbers


def _with_last_digits(text: str, digits: str) -> str:
    """`text` with its last digits replaced by `digits`; it has more of them."""
    characters = list(text)
    at = len(characters)
    for digit in reversed(digits):
        at -= 1
        while not characters[at].isdecimal():
            at -= 1
        characters[at] = digit
    return "".join(characters)


# --- for the eye -------------------------------------------------------------------------------------------------


def _shown(number: str, kind: NumberKind, raw: str | None, site: Site | None) -> str:
    if number.startswith("+86") and kind is NumberKind.MOBILE:
        return f"{number[3:6]} {number[6:10]} {number[10:]}"
    if number.startswith("+86") and kind is NumberKind.FIXED:
        area_ends = 5 if number[3] in "12" else 6
        area, local = "0" + number[3:area_ends], number[area_ends:]
        grouped = f"{local[:-4]} {local[-4:]}"
        return grouped if site is not None and site.area_code == area else f"{area}-{grouped}"
    if kind is NumberKind.SHARED_COST and len(number) == 10:
        return f"{number[:3]}-{number[3:6]}-{number[6:]}"
    if kind is NumberKind.SERVICE and (elsewhere := _SERVICE_ELSEWHERE.fullmatch(number)):
        return f"0{elsewhere['area']}-{elsewhere['service']}"
    if kind is NumberKind.UNRECOGNISED:
        return _shown_as_it_came(number, raw)
    return _international(number, site) if number.startswith("+") else number


def _shown_as_it_came(number: str, raw: str | None) -> str:
    digits = number.removeprefix("+")
    if (raw is None or raw == number) and digits.isdecimal() and len(digits) >= 8:
        return " ".join(re.findall(r"\+?\d{1,4}", number))
    return _printable(number if raw is None else raw)


def _international(number: str, site: Site | None) -> str:
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return _printable(number)
    own = site is not None and parsed.country_code == phonenumbers.country_code_for_region(site.country)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL if own else PhoneNumberFormat.INTERNATIONAL)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
