"""Notices a driver that hangs, by asking it for a sign of life. Pure.

A telephone line may rightly say nothing for days, so silence alone proves nothing. A driver that can be woken (see
`dutyphone.lines.driver.Wakeable`) is therefore woken when it gave no sign between two looks; one that after that still
gives none has hung. Looks are counted, not timed: a machine that slept, or a clock that was set, accuses nobody.
"""

from __future__ import annotations

from enum import Enum

LOOK_EVERY_S = 15.0
"""How often somebody looks, in seconds of the machine."""

TIMES_ASKED = 3
"""How often a driver is woken in vain before it counts as hung: within a minute of its last sign."""


class Finding(Enum):
    """What a look finds."""

    WELL = "well"  # it gave a sign since the last look
    QUIET = "quiet"  # it gave none: wake it
    HUNG = "hung"  # it was woken in vain: give it up
    GIVEN_UP = "given_up"  # it was given up before, and still gives no sign


class LifeSigns:
    """The signs one driver gives."""

    def __init__(self) -> None:
        self._signed = True
        self._asked = 0
        self._given_up = False

    def sign(self) -> bool:
        """It did something that a hung driver does not. True if it had been given up."""
        was_given_up, self._given_up = self._given_up, False
        self._signed = True
        return was_given_up

    def look(self) -> Finding:
        """Somebody looks."""
        if self._signed:
            self._signed, self._asked = False, 0
            return Finding.WELL
        if self._given_up:
            return Finding.GIVEN_UP
        if self._asked == TIMES_ASKED:
            return Finding.HUNG
        self._asked += 1
        return Finding.QUIET

    def give_up(self) -> None:
        """It is as good as dead until its next sign."""
        self._given_up = True
