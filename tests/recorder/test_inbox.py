"""The inbox between the lines and the writer."""

from __future__ import annotations

from dutyphone.clock import SystemClock
from dutyphone.lines.events import LineHeard
from dutyphone.recorder.inbox import Inbox


def test_an_inbox_that_was_full_when_it_was_closed_is_not_waited_for() -> None:
    inbox = Inbox(capacity=2)
    heard = LineHeard(line="desk", at=SystemClock().now())
    inbox.post([heard, heard])

    inbox.close()

    assert inbox.take(None, 1) == ([heard], False)
    assert inbox.take(None, 1) == ([heard], False)
    assert inbox.take(None, 1) == ([], True)


def test_everything_posted_before_the_end_is_taken_out() -> None:
    inbox = Inbox()
    heard = LineHeard(line="desk", at=SystemClock().now())
    inbox.post([heard, heard, heard])
    inbox.close()

    assert inbox.take(None, 2) == ([heard, heard], False)
    assert inbox.take(None, 2) == ([heard], True)
