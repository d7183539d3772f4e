"""Large digits from half blocks: two pixels a cell, one above the other, so that pixels are nearly square."""

from __future__ import annotations

from dataclasses import dataclass

from dutyphone_tui.cells import fit

_HALVES = {(False, False): " ", (True, False): "\N{UPPER HALF BLOCK}", (False, True): "\N{LOWER HALF BLOCK}"}
_FULL = "\N{FULL BLOCK}"

ROWS = 4
"""How many rows every number takes, whatever its size."""


@dataclass(frozen=True, slots=True)
class Face:
    """One size: `glyphs` are bitmaps of equal height."""

    glyphs: dict[str, tuple[str, ...]]

    def width(self, text: str) -> int | None:
        """The cells `text` takes, None if a sign is missing."""
        if any(char not in self.glyphs for char in text):
            return None
        return sum(len(self.glyphs[char][0]) + 1 for char in text) - 1

    def rows(self, text: str) -> tuple[str, ...]:
        """`text` as rows of half blocks."""
        bitmaps = [self.glyphs[char] for char in text]
        pixels = [" ".join(bitmap[y] for bitmap in bitmaps) for y in range(len(bitmaps[0]))]
        pixels += [" " * len(pixels[0])] * (len(pixels) % 2)
        return tuple(_row(upper, lower) for upper, lower in zip(pixels[::2], pixels[1::2], strict=True))


def big_number(text: str, width: int, *, blocks: bool = True) -> tuple[str, ...]:
    """`ROWS` rows of `width` cells that show `text` as large as fits.

    Words, and any text without `blocks` (a terminal whose block signs have a doubtful width), are shown in normal size.
    """
    rows: tuple[str, ...] = ("", text)
    for face in (LARGE, MEDIUM) if blocks and text else ():
        taken = face.width(text)
        if taken is not None and taken <= width:
            rows = face.rows(text)
            return tuple(row + " " * (width - taken) for row in rows) + (" " * width,) * (ROWS - len(rows))
    rows = ("", spaced if len(spaced := " ".join(text)) <= width and text.isascii() else text)
    return tuple(fit(row, width) for row in (*rows, *("",) * (ROWS - len(rows))))


def big_width(text: str, width: int) -> int | None:
    """The cells that `text` takes at the largest size that fits `width`, None if no size does."""
    sizes = (face.width(text) for face in (LARGE, MEDIUM))
    return next((taken for taken in sizes if taken is not None and taken <= width), None)


def _row(upper: str, lower: str) -> str:
    return "".join(_HALVES.get((above == "#", below == "#"), _FULL) for above, below in zip(upper, lower, strict=True))


def _face(digits: str, **signs: str) -> Face:
    """A face from drawings: `digits` holds 0 to 9 side by side, two spaces apart."""
    lines = [line for line in digits.split("\n") if line.strip()]
    width = (len(lines[0]) - 18) // 10
    glyphs = {
        str(digit): tuple(line[digit * (width + 2) : digit * (width + 2) + width].replace(".", " ") for line in lines)
        for digit in range(10)
    }
    for name, drawing in signs.items():
        glyphs[_SIGNS[name]] = tuple(line.replace(".", " ") for line in drawing.split("/"))
    return Face(glyphs)


_SIGNS = {"hyphen": "-", "plus": "+", "space": " ", "colon": ":", "star": "*"}

MEDIUM = _face(
    """
.##.  .#..  .##.  ###.  #..#  ####  .##.  ####  .##.  .##.
#..#  ##..  #..#  ...#  #..#  #...  #...  ...#  #..#  #..#
#..#  .#..  ...#  .##.  ####  ###.  ###.  ..#.  .##.  #..#
#..#  .#..  ..#.  ...#  ...#  ...#  #..#  ..#.  #..#  .###
#..#  .#..  .#..  ...#  ...#  ...#  #..#  .#..  #..#  ...#
.##.  ###.  ####  ###.  ...#  ###.  .##.  .#..  .##.  .##.
""",
    hyphen=".../.../###/.../.../...",
    plus=".../.#./###/.#./.../...",
    space="../../../../../..",
    colon="./#/././#/.",
    star=".../#.#/.#./#.#/.../...",
)

LARGE = _face(
    """
.####.  ..##..  .####.  .####.  ...##.  ######  .####.  ######  .####.  .####.
##..##  .###..  ##..##  ##..##  ..###.  ##....  ##..##  ....##  ##..##  ##..##
##..##  ..##..  ....##  ....##  .####.  ##....  ##....  ....##  ##..##  ##..##
##..##  ..##..  ...##.  ..###.  ##.##.  #####.  #####.  ...##.  .####.  ##..##
##..##  ..##..  ..##..  ....##  ######  ....##  ##..##  ...##.  ##..##  .#####
##..##  ..##..  .##...  ....##  ...##.  ....##  ##..##  ..##..  ##..##  ....##
##..##  ..##..  ##....  ##..##  ...##.  ##..##  ##..##  ..##..  ##..##  ##..##
.####.  .####.  ######  .####.  ...##.  .####.  .####.  ..##..  .####.  .####.
""",
    hyphen="..../..../..../####/####/..../..../....",
    plus="..../..../.##./####/.##./..../..../....",
    space="../../../../../../../..",
    colon="../../##/##/../##/##/..",
    star="......./......./#..#..#/.#####./.#####./#..#..#/......./.......",
)
