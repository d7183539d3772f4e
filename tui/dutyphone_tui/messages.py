"""What threads tell the console. These messages are the seam: a test may post them itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from dutyphone.journal.facts import NumberKind, RequestMade, RequestSettled
    from dutyphone.store.readmodels import CallRow
    from dutyphone.store.store import Store
    from dutyphone_tui.desk import Wakeups
    from dutyphone_tui.reading import Day, Live


class StoreOpened(Message):
    """The store is open; from now on it is read and watched."""

    def __init__(self, store: Store, feed: Wakeups) -> None:
        super().__init__()
        self.store = store
        self.feed = feed


class StoreRefused(Message):
    """The store cannot be opened. `message`, `advice` and `evidence` are those of the error."""

    def __init__(self, message: str, advice: str, evidence: str) -> None:
        super().__init__()
        self.message = message
        self.advice = advice
        self.evidence = evidence


class CallersRead(Message):
    """Who calls has changed. `LiveRead` follows, with all the rest."""

    def __init__(self, open_calls: tuple[CallRow, ...]) -> None:
        super().__init__()
        self.open_calls = open_calls

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CallersRead)


class LiveRead(Message):
    """How the lines stand has been read again. Comes every few seconds even if nothing changed."""

    def __init__(self, live: Live) -> None:
        super().__init__()
        self.live = live

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, LiveRead)


class DayRead(Message):
    """The calls of the duty day have been read again, because the journal has grown or a new day began."""

    def __init__(self, day: Day) -> None:
        super().__init__()
        self.day = day

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, DayRead)


class ReadFailed(Message):
    """The store could not be read this time. It is tried again; what is on the screen is older than it looks."""

    def __init__(self, evidence: str) -> None:
        super().__init__()
        self.evidence = evidence

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ReadFailed)


class PlacesFound(Message):
    """Places of numbers have been looked up: number and kind to place, "" where there is none."""

    def __init__(self, found: Mapping[tuple[str, NumberKind | None], str]) -> None:
        super().__init__()
        self.found = found


class AnswersRead(Message):
    """What was asked of lines, and what became of it, has been read."""

    def __init__(self, facts: Sequence[RequestMade | RequestSettled]) -> None:
        super().__init__()
        self.facts = facts


class CallWritten(Message):
    """What the officer said about a call is in the journal. `row` is the call as it now stands."""

    def __init__(self, row: CallRow, words: str) -> None:
        super().__init__()
        self.row = row
        self.words = words
