"""How long what is known of people is kept: one rule a book. Pure.

What a rule ends is the *body* of journal rows: names, numbers, notes, what the line said. That something happened, and
when, is kept for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from dutyphone.journal.facts import FACTS, Book, CallFact, CallPurged, NoiseHeard, RequestMade

SHORTEST_DAYS = 30
"""A slip of the finger must not empty the log."""

ASKED_EVERY = timedelta(hours=20)
"""A desk asks what is due when a day begins and when its recorder starts; once a day is enough."""

LONGEST_LEAP = timedelta(days=8)
"""A clock that went on by more than that since yesterday may be wrong. By less, it does little harm."""


class Answer(Enum):
    """What comes of asking what is due."""

    ACT = "act"  # purge
    WAIT = "wait"  # the clock leapt, or nobody ever asked: wait for the next time
    TOO_SOON = "too_soon"  # it was asked today


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The rules of a desk. A book that is not in `days` is kept for ever."""

    days: Mapping[Book, int] = field(default_factory=dict)

    def older_than(self, book: Book, now: datetime) -> datetime | None:
        """Rows of `book` written before this are to lose their bodies; None: none are."""
        days = self.days.get(book)
        return None if not days else now - timedelta(days=days)


def book_of(kind: str) -> Book | None:
    """The book whose rule ends the bodies of `kind`; None if they say nothing of anybody."""
    return _BOOKS.get(kind)


def answer(now: datetime, asked_before: datetime | None) -> Answer:
    """Whether to act on `now` without a person's word, if the question was last asked then (None: never).

    What is purged does not come back, and a clock can be wrong by years after a flat battery. So the first time, and
    whenever the clock leapt, the next day is waited for.
    """
    if asked_before is None or now < asked_before or now - asked_before > LONGEST_LEAP:
        return Answer.WAIT
    return Answer.ACT if now - asked_before >= ASKED_EVERY else Answer.TOO_SOON


_BOOKS: Mapping[str, Book] = {
    kind: Book.CALLS
    for kind, fact in FACTS.items()
    if fact in (NoiseHeard, RequestMade) or (issubclass(fact, CallFact) and fact is not CallPurged)
}
