"""The bottom row: the keys of this page, as many as fit, the most useful first. All of them are in the help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events

from dutyphone_tui.keys import HELP, Key, caption
from dutyphone_tui.widgets.lines import Line, LinesWidget


class KeyBar(LinesWidget):
    """Keys can be clicked, too."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--cap", "key-bar--label"}

    def __init__(self, keys: Iterable[Key]) -> None:
        super().__init__()
        self._keys = tuple(key for key in keys if key.bar)
        self._by_hand = False

    def show_by_hand(self, *, able: bool) -> None:
        """Whether a line can do more than listen: its keys are only shown then."""
        if able is not self._by_hand:
            self._by_hand = able
            self.renew()

    def lines(self, width: int) -> Sequence[Line]:
        line: list[tuple[str, str]] = []
        for key in self._fitting(width):
            cap, label = caption(key)
            line += [(f" {cap} ", "key-bar--cap"), (f"{label} ", "key-bar--label")]
        return [line]

    async def on_click(self, event: events.Click) -> None:
        right = 0
        for key in self._fitting(self.size.width):
            right += _cells(key)
            if event.x < right:
                await self.run_action(key.action if key.action.startswith("app.") else f"screen.{key.action}")
                return

    def _fitting(self, width: int) -> tuple[Key, ...]:
        """The keys that fit, in the order of the page; the help is always among them."""
        left = width - (_cells(HELP) if HELP in self._keys else 0)
        chosen = {HELP}
        for key in sorted(self._keys, key=lambda key: key.bar):
            if key.by_hand and not self._by_hand:
                continue
            if key is not HELP and (left := left - _cells(key)) >= 0:
                chosen.add(key)
        return tuple(sorted((key for key in self._keys if key in chosen), key=lambda key: key.bar))


def _cells(key: Key) -> int:
    return sum(cell_len(text) for text in caption(key)) + 3
