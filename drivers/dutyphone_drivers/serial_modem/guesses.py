"""Numbers under names that nobody taught us.

A row without a number that was there to be read is worse than one whose number was not in the place we expected. So
while a line rings, and only then, a line of text that nobody understands and that holds one telephone number is taken
as saying who calls. Such a number stands behind every other, and its own words are kept with it.
"""

from __future__ import annotations

import re

from dutyphone_drivers.serial_modem.fields import Field, Kind

_FEWEST_DIGITS, _MOST_DIGITS = 7, 16
"""A subscriber's number at the least; the most that ITU-T E.164 §6.2.1 allows, and a prefix, at the most."""

_HOLDS_A_NUMBER = re.compile(
    rb"""(?: (?P<key>[^=:]{1,32}?)[ \t]*[=:][ \t]* | (?P<words>[^\d=:+(]{2,32}?)[ \t]+ )?
    ["'<]? (?P<number>\+?\(?\d[\d ().-]{1,30}\d) ["'>#]? (?:[ \t,;].*)?""",
    re.VERBOSE | re.DOTALL,
)
_NOT_ABOUT_CALLERS = re.compile(rb"DATE|TIME|DUR|SERIAL|VERSION|REV|RATE|BAUD|[ICM]M?EI|IMSI|ICCID", re.IGNORECASE)
_STAMP = re.compile(
    r"""20\d\d[-. ]?[01]\d[-. ]?[0-3]\d(?:\ ?[0-2]\d[0-5]\d(?:[0-5]\d)?)? | [01]\d[0-3]\d[0-2]\d[0-5]\d""", re.VERBOSE
)
"""Year, month, day, perhaps with the time; or MMDDhhmm."""


_COLUMNS = re.compile(rb"""[,;|"\t<>]+""")


def guess_number(text: bytes) -> Field | None:
    """The one telephone number in a line, under the words before it; None if there is none, or it may be a date."""
    if (field := _number_in(text)) is not None or _NOT_ABOUT_CALLERS.search(text):
        return field
    columns = [column for part in _COLUMNS.split(text) if (column := _number_in(part.strip()))]
    return columns[0] if len(columns) == 1 else None


def _number_in(text: bytes) -> Field | None:
    match = _HOLDS_A_NUMBER.fullmatch(text)
    if match is None:
        return None
    words = (match["key"] or match["words"] or b"").strip()
    number = match["number"].decode("ascii").strip()
    count = sum(char.isdigit() for char in number)
    if not _FEWEST_DIGITS <= count <= _MOST_DIGITS:
        return None
    if _NOT_ABOUT_CALLERS.search(words) or _STAMP.fullmatch(number):
        return None
    return Field(Kind.PERHAPS_NUMBER, words.decode("latin-1"), number.encode("ascii"))
