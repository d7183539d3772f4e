"""Text in terminal cells: cleaned, cut with two dots, filled up. A Chinese character takes two cells.

Signs whose width differs from terminal to terminal (Unicode class "ambiguous") and signs without a width of their own
never reach a column.
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

CUT = ".."
"""Ends a text that was cut."""

_STEADY = str.maketrans(
    {
        "\N{MIDDLE DOT}": "\N{KATAKANA MIDDLE DOT}",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL BAR}": "-",
        "\N{EN DASH}": "-",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{BULLET}": "*",
        "\N{NUMERO SIGN}": "No.",
    }
)
_NO_WIDTH_OF_THEIR_OWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Me", "Mn"})
_SIGNS = frozenset({"So", "Sk", "Sm", "Po", "Ps", "Pe", "Pi", "Pf", "Pd", "No"})


def steady(text: str) -> str:
    """`text` on one line, with every sign of doubtful or no width replaced or left out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_steady_char(char) for char in unicodedata.normalize("NFC", text.translate(_STEADY)))


def cut(text: str, width: int) -> str:
    """`text`, steady, and at most `width` cells wide; it ends in `CUT` if something is missing."""
    text = steady(text)
    if cell_len(text) <= width:
        return text
    if width <= len(CUT):
        return CUT[: max(width, 0)]
    return set_cell_size(text, width - len(CUT)).rstrip() + CUT


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text`, steady, and exactly `width` cells wide: cut or filled up with spaces, on the left if `right`."""
    text = cut(text, width)
    gap = " " * (width - cell_len(text))
    return gap + text if right else text + gap


def _steady_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Zs" or char in "\t\n\r\v\f":
        return "\N{IDEOGRAPHIC SPACE}" if char == "\N{IDEOGRAPHIC SPACE}" else " "
    if category in _NO_WIDTH_OF_THEIR_OWN:
        return ""
    if category in _SIGNS and (unicodedata.east_asian_width(char) == "A" or ord(char) >= 0x1F000):
        return "?"
    return char
