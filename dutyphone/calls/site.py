"""Where the telephones stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

AREA_CODE_DIGITS = r"10|2\d|[3-9]\d\d"
"""What follows the trunk 0 of a Chinese area code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the telephones stand, which is what a number without area code is to be read by.

    `country` is its ISO 3166 code. `area_code` is dialled form with the trunk 0 (010, 0311); empty if unknown, and then
    local numbers stay unrecognised. `internal_digits` are the lengths of the shortest and the longest extension of the
    site, (0, 0) if it has none.
    """

    country: str = "CN"
    area_code: str = "010"
    internal_digits: tuple[int, int] = (3, 5)

    def __post_init__(self) -> None:
        if self.country == "CN" and self.area_code and not _AREA_CODE.fullmatch(self.area_code):
            raise ValueError(f"not a Chinese area code: {self.area_code!r}")
        shortest, longest = self.internal_digits
        if not 0 <= shortest <= longest <= LONGEST_INTERNAL:
            raise ValueError(f"extensions of {shortest} to {longest} digits cannot be told from other numbers")


LONGEST_INTERNAL = 6
"""Digits. Local numbers begin at seven."""


_AREA_CODE = re.compile(rf"0(?:{AREA_CODE_DIGITS})")
