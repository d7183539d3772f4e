"""X32: what is known of people is kept as long as the office says; a clock alone does not decide it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dutyphone.duty.retention import Answer, Retention, answer, book_of
from dutyphone.journal.facts import FACTS, Book, CallFact

NOW = datetime(2026, 11, 22, 0, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_book_without_a_rule_is_kept_for_ever() -> None:
    assert Retention().older_than(Book.CALLS, NOW) is None
    assert Retention(days={Book.CALLS: 0}).older_than(Book.CALLS, NOW) is None


def test_a_rule_counts_days_back_from_now() -> None:
    assert Retention(days={Book.CALLS: 365}).older_than(Book.CALLS, NOW) == NOW - 365 * DAY


def test_everything_said_of_a_call_is_of_its_book_but_what_stays_of_it() -> None:
    of_calls = {kind for kind in FACTS if book_of(kind) is Book.CALLS}
    assert of_calls == {kind for kind, fact in FACTS.items() if issubclass(fact, CallFact)} - {"CallPurged"} | {
        "NoiseHeard",
        "RequestMade",
    }
    assert book_of("RecorderStarted") is None
    assert book_of("CallTeleported") is None


@pytest.mark.parametrize(
    ("asked_hours_ago", "answered"),
    [
        (None, Answer.WAIT),
        (24, Answer.ACT),
        (21, Answer.ACT),
        (24 * 7, Answer.ACT),  # a desk that is closed for a week
        (1, Answer.TOO_SOON),
        (0, Answer.TOO_SOON),
        (24 * 400, Answer.WAIT),
        (-24, Answer.WAIT),
    ],
)
def test_a_clock_that_leapt_is_not_believed_before_the_next_day(
    asked_hours_ago: float | None, answered: Answer
) -> None:
    """X29: a flat battery must not empty the log."""
    asked = None if asked_hours_ago is None else NOW - timedelta(hours=asked_hours_ago)
    assert answer(NOW, asked) is answered
