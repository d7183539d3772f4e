"""A few choices, one below the other; the arrow keys go through them, their digits too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from dutyphone_tui.cells import fit
from dutyphone_tui.widgets.lines import Line, LinesWidget


class Choices(LinesWidget, can_focus=True):
    """Enter asks the screen to `choose`. `selected` is the index of a row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--selected", "choices--other"}
    BINDINGS: ClassVar = [
        ("up", "move(-1)"),
        ("down", "move(1)"),
        ("enter", "screen.choose"),
        *((str(digit), f"pick({digit - 1})") for digit in range(1, 10)),
    ]

    def __init__(self, texts: Sequence[str], selected: int = 0, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._texts = tuple(texts)
        self.selected = selected

    def show(self, texts: Sequence[str]) -> None:
        """Other choices; the first of them is selected."""
        self._texts, self.selected = tuple(texts), 0
        self.renew()

    def action_move(self, steps: int) -> None:
        if self._texts:
            self.selected = (self.selected + steps) % len(self._texts)
            self.renew()

    async def action_pick(self, index: int) -> None:
        if index < len(self._texts):
            self.selected = index
            self.renew()
            await self.run_action("screen.choose")

    def lines(self, width: int) -> Sequence[Line]:
        return [
            [
                (
                    fit(f" {'>' if at == self.selected else ' '} {at + 1}  {text}", width),
                    f"choices--{'selected' if at == self.selected else 'other'}",
                )
            ]
            for at, text in enumerate(self._texts)
        ]
