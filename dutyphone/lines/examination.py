"""What a line says of itself when it is asked: the vocabulary between a driver and `dutyphone doctor`.

A device claims, a line proves: `OK` to a command shows that the command is known, and only a caller ID that came shows
that caller ID comes. So each power of a line has a certainty, and what is sure is kept apart from what is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from dutyphone.lines.events import (
    CallerIdHeard,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    Direction,
    Evidence,
    FaxHeard,
    LineEvent,
    RingHeard,
)


class Power(Enum):
    """What a line may be able to tell. In the order in which people ask for it."""

    RING = "ring"  # that it rings
    CALLER_ID = "caller_id"  # who calls
    HANDSET = "handset"  # that the handset is lifted and put back, so that answered and missed are known
    DIALLED_DIGITS = "dialled_digits"  # what is dialled on the desk telephone
    FAX_TONE = "fax_tone"  # that a fax machine calls


class Certainty(Enum):
    """How sure it is that a line can tell something."""

    SEEN = "seen"  # it told it, on this line
    CLAIMED = "claimed"  # the device says that it can, as the line is set up; not seen yet
    OTHERWISE = "otherwise"  # the device says that it could, with other options of the line
    NO = "no"  # the device cannot, or was listened to and did not
    UNKNOWN = "unknown"  # nothing is known about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question to the device and its answer, line by line. `result` is its last word, empty if none came."""

    command: str
    answer: tuple[str, ...] = ()
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the device says about one power. `because` is the sentence or the bytes it follows from, for engineers."""

    certainty: Certainty
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence that a person should know about the device. With `advice` it is something to be mended."""

    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Everything a device said of itself.

    `device` is how it names itself, None if it does not. `family` is the name of the set of habits that the driver
    uses for it, `recognised` whether the device itself showed that it is one of them. `refused` are commands of the
    set-up that it did not take.
    """

    device: str | None
    family: str
    family_title: str
    recognised: bool
    claims: Mapping[Power, Claim] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    asked: tuple[Asked, ...] = ()


_HANDSET_EVIDENCE = frozenset(
    {
        Evidence.EXTENSION_HOOK,
        Evidence.LOCAL_HOOK,
        Evidence.LOOP_CURRENT,
        Evidence.LINE_VOLTAGE,
        Evidence.ANSWERED_ELSEWHERE,
    }
)
"""What shows that a person lifted or put back the handset, or that an exchange knows it."""


def powers_shown(events: Iterable[LineEvent]) -> frozenset[Power]:
    """The powers that `events` prove the line to have."""
    shown = set()
    for event in events:
        match event:
            case RingHeard() | CallOffered(direction=Direction.INCOMING):
                shown.add(Power.RING)
            case CallerIdHeard():
                shown.add(Power.CALLER_ID)
            case CallTaken() | CallOver() | CallWithdrawn() if event.evidence in _HANDSET_EVIDENCE:
                shown.add(Power.HANDSET)
            case DigitsHeard():
                shown.add(Power.DIALLED_DIGITS)
            case FaxHeard():
                shown.add(Power.FAX_TONE)
            case _:
                pass
    return frozenset(shown)
