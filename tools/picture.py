"""Draws the console with a call ringing, for the READMEs: `python tools/picture.py` (needs rsvg-convert and CJK fonts).

The console runs without a terminal on a made-up night in a real database; what it paints is drawn cell by cell, so that
Chinese and Latin characters stand exactly where a terminal puts them.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "drivers"), str(ROOT / "tui"), str(ROOT / "simulators")]

from rich.cells import cell_len  # noqa: E402 - the path comes first
from rich.segment import Segment  # noqa: E402
from rich.style import Style  # noqa: E402

from dutyphone.i18n import language_for, use_language  # noqa: E402

if TYPE_CHECKING:
    from dutyphone_tui.app import DutyConsole

IMAGES = ROOT / "docs" / "images"
PICTURES = (("zh_CN", IMAGES / "console.zh-CN.png"), ("en", IMAGES / "console.png"))

CELL_W, CELL_H, FONT_SIZE = 10, 22, 19
EDGE, BAR = 14, 34
FONT = "'Noto Sans Mono CJK SC'"
BACKGROUND, FOREGROUND = "#0e141b", "#d4dde7"


def main() -> None:
    """Draw both pictures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", default="120x36", help="columns x rows")
    options.add_argument("--keys", default="", help="keys to press first, separated by spaces")
    options.add_argument("--language", choices=[language for language, _ in PICTURES])
    options.add_argument("--out", type=Path, help="where to write one picture (.svg or .png)")
    options.add_argument("--theme", default="night")
    options.add_argument("--idle", action="store_true", help="without a call")
    wanted = options.parse_args()
    columns, rows = (int(part) for part in wanted.size.split("x"))
    for language, path in PICTURES:
        if wanted.language in (None, language):
            scene = Scene(language, columns, rows, tuple(wanted.keys.split()), wanted.theme, ringing=not wanted.idle)
            draw(scene, wanted.out or path)


@dataclass(frozen=True, slots=True)
class Scene:
    """What to draw."""

    language: str
    columns: int
    rows: int
    keys: tuple[str, ...] = ()
    theme: str = "night"
    ringing: bool = True


def draw(scene: Scene, path: Path) -> None:
    """Draw `scene` into `path`, as SVG or as PNG by its name."""
    use_language(language_for(scene.language, ""))
    svg = asyncio.run(_run(scene))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".svg":
        path.write_text(svg, encoding="utf-8")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as file:
        file.write(svg)
        file.flush()
        subprocess.run(["rsvg-convert", "--zoom=1.5", "-o", str(path), file.name], check=True)  # noqa: S603, S607


async def _run(scene: Scene) -> str:
    from dutyphone_simulators.clock import ManualClock
    from dutyphone_simulators.made_up_night import CHINESE, ENGLISH, LINES, RINGING_SINCE, ZONE, made_up_night
    from dutyphone_tui.app import DutyConsole
    from dutyphone_tui.desk import Desk

    from dutyphone.calls.numbers import Site, show_number
    from dutyphone.calls.places import place_of
    from dutyphone.store.feed import Feed
    from dutyphone.store.store import LineDeclaration, Store

    chinese = scene.language == "zh_CN"
    now = RINGING_SINCE + timedelta(seconds=12.4 if scene.ringing else -1)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/night.db"
        with Store.open(url) as store:
            store.declare_lines(
                [
                    LineDeclaration(line=key, title=zh if chinese else en, driver="serial_modem", port=f"sim://{key}")
                    for key, zh, en in LINES
                ]
            )
            facts = list(made_up_night(CHINESE if chinese else ENGLISH))
            store.append([fact for fact in facts if fact.at <= now], recorded_at=now)
            store.beat(now, {line: now for line, _zh, _en in LINES})
        site = Site()
        desk = Desk(
            open_store=lambda: Store.open(url, create=False),
            open_feed=Feed,
            clock=ManualClock(utc=now),
            zone=ZONE,
            room="综合值班室" if chinese else "Duty room",
            officer="张三" if chinese else "Zhang San",
            simulated=True,
            bell=True,
            drafts_folder=Path(folder) / "drafts",
            export_folder=Path(folder) / "exports",
            export=lambda _store, order, _progress: order.folder / "calls.xlsx",
            place_of=lambda number, kind: place_of(number, kind, scene.language),
            shown_number=lambda row: show_number(row.number, row.kind, row.extension, row.number_raw, site),
        )
        console = DutyConsole(desk)
        async with console.run_test(size=(scene.columns, scene.rows)) as pilot:
            while console.day is None or console.live is None:
                await pilot.pause(0.05)
            await pilot.pause(0.6)
            console.theme = scene.theme
            for key in scene.keys:
                await pilot.press(key)
                await pilot.pause(0.3)
            await pilot.pause(0.3)
            return _svg(console, scene)


def _svg(console: DutyConsole, scene: Scene) -> str:
    """What `console` shows, cell by cell, in a window."""
    width, height = scene.columns * CELL_W + 2 * EDGE, scene.rows * CELL_H + BAR + EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<rect width="{width}" height="{height}" rx="10" fill="#1d2833"/>',
        *(
            f'<circle cx="{22 + 20 * i}" cy="{BAR / 2}" r="6" fill="{c}"/>'
            for i, c in enumerate(("#f2707c", "#ffc65c", "#7ccf96"))
        ),
        f'<text x="{width / 2}" y="{BAR / 2 + 6}" text-anchor="middle" font-family="{FONT}" font-size="15" '
        f'fill="#7f90a3">dutyphone</text>',
        f'<g transform="translate({EDGE},{BAR})">',
    ]
    for y, strip in enumerate(console.screen._compositor.render_strips()):  # noqa: SLF001 - as Textual's own screenshots
        parts += _row(y, iter(strip))
    return "\n".join([*parts, "</g></svg>"])


def _row(y: int, segments: Iterator[Segment]) -> list[str]:
    rects, texts, x = [], [], 0
    for segment in segments:
        style = segment.style or Style()
        ink, paper = _colour(style, "color", FOREGROUND), _colour(style, "bgcolor", BACKGROUND)
        if style.reverse:
            ink, paper = paper, ink
        cells = cell_len(segment.text)
        place = f'x="{x * CELL_W}" y="{y * CELL_H}"'
        rects.append(f'<rect {place} width="{cells * CELL_W + 0.4}" height="{CELL_H + 0.4}" fill="{paper}"/>')
        for char in segment.text:
            if char != " ":
                texts.append(_glyph(char, x, y, ink, style))
            x += cell_len(char)
    return rects + texts


def _glyph(char: str, x: int, y: int, ink: str, style: Style) -> str:
    left, top = x * CELL_W, y * CELL_H
    blocks = {"\u2580": (0.0, CELL_H / 2)}
    blocks |= {chr(0x2580 + n): (CELL_H * (8 - n) / 8, CELL_H * n / 8) for n in range(1, 9)}
    if char in blocks:
        down, tall = blocks[char]
        return f'<rect x="{left}" y="{top + down}" width="{CELL_W + 0.3}" height="{tall + 0.3}" fill="{ink}"/>'
    if char in _RULES:
        return f'<path d="{_RULES[char].format(**_points(left, top))}" stroke="{ink}" stroke-width="1.4" fill="none"/>'
    weight = ' font-weight="bold"' if style.bold else ""
    slant = ' font-style="italic"' if style.italic else ""
    return (
        f'<text x="{left}" y="{top + 17}" font-family="{FONT}" font-size="{FONT_SIZE}" fill="{ink}"{weight}{slant}>'
        f"{escape(char)}</text>"
    )


_RULES = {
    "\u2500": "M{l} {my}H{r}",
    "\u2502": "M{mx} {t}V{b}",
    "\u256d": "M{mx} {b}Q{mx} {my} {r} {my}",
    "\u256e": "M{mx} {b}Q{mx} {my} {l} {my}",
    "\u2570": "M{mx} {t}Q{mx} {my} {r} {my}",
    "\u256f": "M{mx} {t}Q{mx} {my} {l} {my}",
}
"""How the lines of boxes are drawn, so that they meet."""


def _points(left: float, top: float) -> dict[str, float]:
    return {
        "l": left,
        "r": left + CELL_W,
        "t": top,
        "b": top + CELL_H,
        "mx": left + CELL_W / 2,
        "my": top + CELL_H / 2,
    }


def _colour(style: Style, which: str, default: str) -> str:
    colour = getattr(style, which)
    return default if colour is None or colour.is_default else colour.get_truecolor().hex


if __name__ == "__main__":
    main()
