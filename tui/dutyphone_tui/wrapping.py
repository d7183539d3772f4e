"""Breaking text into rows of so many cells: between words, and anywhere between Chinese characters."""

from __future__ import annotations

import re

from rich.cells import cell_len

from dutyphone_tui.cells import steady

_PIECES = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef][\u3001\u3002\uff0c\uff1a\uff1b\uff1f\uff01\uff09]*|\s+|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+"
)


def wrap(text: str, width: int) -> list[str]:
    """`text` in rows of at most `width` cells (a word that is longer stands alone); at least one row."""
    rows = [""]
    for piece in _PIECES.findall(steady(text)):
        if cell_len(rows[-1]) + cell_len(piece) > width and rows[-1]:
            rows[-1] = rows[-1].rstrip()
            rows.append("" if piece.isspace() else piece)
        elif rows[-1] or not piece.isspace():
            rows[-1] += piece
    return rows
