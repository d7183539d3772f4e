"""What must not reach a spreadsheet: control characters, formulas, numbers that stay hidden.

Everything a line or a person put in is untrusted. The database keeps it as it came; only what leaves is cleaned, and
every change can be seen: a character that cannot be shown becomes U+FFFD, a text that a spreadsheet would calculate
gets an apostrophe before it (CWE-1236), and a text that was cut says by how much.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from dutyphone.calls.numbers import mask_number

CELL_UNITS = 32_767
"""The longest text of a cell, in UTF-16 units (Excel specifications and limits)."""


def clean(text: str) -> str:
    """`text` fit for XML 1.0 and for any screen; its lines end in a plain newline."""
    if text.isprintable() or not _UNFIT.search(text):
        return text
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def csv_text(text: str) -> str:
    """Free text for CSV. A first apostrophe is always ours and can be taken off again."""
    cleaned = clean(text)
    return "'" + cleaned if _CALCULATED.match(cleaned) else cleaned


def csv_number(text: str) -> str:
    """A telephone number for CSV that programs read: as it is, unless it is none and would be calculated."""
    return text if _NUMBER.fullmatch(text) else csv_text(text)


def csv_number_for_people(text: str) -> str:
    """A telephone number for CSV that is opened by a double click, where 0123 would become 123 and 1-2 a date."""
    return "'" + text if _MISREAD.fullmatch(text) else csv_number(text)


def cell_text(text: str) -> str:
    """Text for a cell of a workbook, cut where the cell ends."""
    cleaned = clean(text)
    if len(cleaned) * 2 <= CELL_UNITS or len(cleaned.encode("utf-16-le")) <= CELL_UNITS * 2:
        return cleaned
    kept = cleaned.encode("utf-16-le")[: (CELL_UNITS - _CUT_MARK_UNITS) * 2].decode("utf-16-le", errors="ignore")
    return f"{kept} [+{len(cleaned) - len(kept)}]"


class Mask:
    """Hides the digits of some numbers wherever they stand (S2-17, X18)."""

    def __init__(self, numbers: Collection[str]) -> None:
        """`numbers` are normalised; see `calls.numbers.PhoneNumber`."""
        subscribers = sorted({_subscriber(number) for number in numbers} - {""}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_in_any_spelling, subscribers))) if subscribers else None

    def __call__(self, text: str) -> str:
        return self._pattern.sub(lambda found: mask_number(found[0]), text) if self._pattern else text


_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"  # what turns the direction of writing, and line separators
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"  # what no encoding or no XML takes
)
_CALCULATED = re.compile(r"[\t']|\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+]?[0-9*#][0-9*# ().-]*")
_MISREAD = re.compile(r"0\d+|\d{12,}|\d+[eE]\d+|\d{1,4}[-.]\d{1,2}(?:[-.]\d{1,4})?")
_CUT_MARK_UNITS = 16
_BETWEEN_DIGITS = r"[\s().－-]{0,3}"


def _subscriber(number: str) -> str:
    """The digits by which a number is known even where country and area code are left out."""
    if not number.startswith("+86"):
        return number.removeprefix("+")
    national = number[3:]
    if len(national) == 11 and national[0] == "1":
        return national
    return national[2 if national[:1] in ("1", "2") else 3 :]


def _in_any_spelling(digits: str) -> str:
    return _BETWEEN_DIGITS.join(f"[{digit}{chr(ord(digit) - ord('0') + ord('０'))}]" for digit in digits)
