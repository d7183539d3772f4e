"""Where numbers belong. Looking a number up may be slow the first time, so it is done in a thread and remembered."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping

from textual.message import Message

from dutyphone.journal.facts import NumberKind
from dutyphone_tui.messages import PlacesFound

JOIN_S = 3.0

Question = tuple[str, NumberKind | None]


class PlaceBook:
    """Answers at once with what is known and finds out the rest in the thread `console-places`.

    `post` is called in that thread, with `PlacesFound` when all that was asked has been looked up; hand what it found
    to `learn`.
    """

    def __init__(self, look_up: Callable[[str, NumberKind | None], str], post: Callable[[Message], object]) -> None:
        self._look_up = look_up
        self._post = post
        self._known: dict[Question, str] = {}
        self._asked: set[Question] = set()
        self._questions: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._answer, name="console-places", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end and wait for it."""
        self._questions.put(None)
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def place(self, number: str, kind: NumberKind | None) -> str:
        """The place of `number`, "" while it is not known (and if there is none)."""
        question = (number, kind)
        place = self._known.get(question)
        if place is None and question not in self._asked:
            self._asked.add(question)
            self._questions.put(question)
        return place or ""

    @property
    def all_answered(self) -> bool:
        """Whether everything that was asked is known."""
        return len(self._known) == len(self._asked)

    def learn(self, found: Mapping[Question, str]) -> None:
        """Remember what was found."""
        self._known.update(found)

    def _answer(self) -> None:
        found: dict[Question, str] = {}
        while (question := self._questions.get()) is not None:
            found[question] = self._look_up(*question)
            if self._questions.empty():
                self._post(PlacesFound(found))
                found = {}
