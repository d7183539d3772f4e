"""The words exchanges and modems use when there is no number or no name.

To teach a new word, add it to a row below, in capitals.
"""

from __future__ import annotations

from dutyphone.lines.events import NameAbsence, NumberAbsence

NUMBER_WORDS: dict[NumberAbsence, frozenset[str]] = {
    NumberAbsence.PRIVATE: frozenset(
        {
            "P",  # MDMF parameter 04, Telcordia GR-30-CORE
            "PRIVATE",
            "PRIVATE NUMBER",
            "PRIVATE CALLER",
            "RESTRICTED",
            "WITHHELD",
            "NUMBER WITHHELD",
            "BLOCKED",
            "BLOCKED CALL",
            "ID BLOCKED",
            "CALLER ID BLOCKED",
            "PRIV",
            "PRIVACY",
            "保密",
            "保密号码",
            "隐藏号码",
            "ANONYMOUS",
            "CLIR",
        }
    ),
    NumberAbsence.OUT_OF_AREA: frozenset(
        {
            "O",  # MDMF parameter 04, Telcordia GR-30-CORE
            "A",
            "OUT OF AREA",
            "OUT-OF-AREA",
            "OUTOFAREA",
            "UNAVAILABLE",
            "NOT AVAILABLE",
            "NUMBER UNAVAILABLE",
            "UNAVAIL",
            "UNKNOWN",
            "UNKNOWN NUMBER",
            "UNKNOWN CALLER",
            "NO NUMBER",
            "NO CALLER ID",
            "INTERNATIONAL",
            "未知",
            "未知号码",
        }
    ),
    NumberAbsence.PAYPHONE: frozenset({"C", "COIN", "COINBOX", "PAYPHONE", "PAY PHONE", "PUBLIC PHONE"}),
    NumberAbsence.NOT_SENT: frozenset({"", "<NONE>", "NONE", "NULL", "-", "?"}),
}

NAME_WORDS: dict[NameAbsence, frozenset[str]] = {
    NameAbsence.PRIVATE: frozenset(
        {"P", "PRIVATE", "PRIVATE NAME", "PRIVATE CALLER", "PRIVDIROFF", "RESTRICTED", "WITHHELD", "ANONYMOUS"}
    ),
    NameAbsence.OUT_OF_AREA: frozenset(
        {
            "O",
            "OUT OF AREA",
            "OUT-OF-AREA",
            "UNAVAILABLE",
            "NOT AVAILABLE",
            "UNAVAIL",
            "UNKNOWN",
            "UNKNOWN NAME",
            "UNKNOWN CALLER",
            "NO NAME",
        }
    ),
}

_NOT_A_NAME = frozenset({"", "<NONE>", "NONE", "NULL"})
_NUMBER_ABSENCE = {word: absence for absence, words in NUMBER_WORDS.items() for word in words}
_NAME_ABSENCE = {word: absence for absence, words in NAME_WORDS.items() for word in words}


def number_absence(said: str) -> NumberAbsence | None:
    """Why there is no number, if `said` stands for none; None if it is a number."""
    word = said.strip().upper()
    if (absence := _NUMBER_ABSENCE.get(word)) is not None:
        return absence
    if word.strip("0") == "":
        return NumberAbsence.OUT_OF_AREA
    if not any(char.isdigit() for char in word):
        return NumberAbsence.NOT_SENT
    return None


def name_absence(said: str) -> NameAbsence | None:
    """Why there is no name, if `said` stands for none and says why."""
    return _NAME_ABSENCE.get(said.strip().upper())


def is_name(said: str) -> bool:
    """Whether `said` is a name and not a word for none."""
    word = said.strip().upper()
    return word not in _NOT_A_NAME and word not in _NAME_ABSENCE
