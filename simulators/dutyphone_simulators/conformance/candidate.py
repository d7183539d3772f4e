"""What the author of a driver hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from dutyphone.lines.driver import Driver, LineCore
from dutyphone_simulators.testkit import OBLIGING, Retelling


class Wire(Protocol):
    """The device's end of the wire on which a driver listens. `PtyWire` is one for serial ports."""

    def write(self, data: bytes) -> None:
        """The device says `data`."""

    def pull(self) -> None:
        """The device is unplugged."""

    def close(self) -> None:
        """Everything is given back. Called last, also after `pull`."""


@runtime_checkable
class MendableWire(Wire, Protocol):
    """For drivers that go on by themselves after a loss."""

    def mend(self) -> None:
        """What was pulled is there again."""


def oblige(said: bytes) -> bytes:
    """The answer of a modem that agrees to everything: OK for each command line."""
    return OBLIGING * said.count(b"\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverUnderTest:
    """A driver, and what must be known to test it.

    `core` makes a new core, not started, as the headings of a transcript ask for it; the mapping is empty where no
    transcript is played. `transcripts` is a folder of what the device says and what must come of it: it is played, and
    what the device says in it is the matter from which every other check is made. `answer` is what the device answers
    to bytes of the core. `shell` puts a core behind the real driver, on a wire whose other end the checks hold; without
    it the checks of the thread are skipped. `quiet_while_ringing` declares that nothing is written during a call.
    `longest_call_s` is the silence after which the core must have let go of every call.

    For lines that are no serial cable: `several_calls` declares that calls are told apart by `call_ref`;
    `whole_messages` that every read is one message, so that nothing is split; `retelling` fits what the device says to
    what the core says, and answers instead of `answer`; `far_end_answers` that on the wire of `shell` somebody answers,
    so that the line is opened before anything else is tried. `goes_on_after_loss` declares that `run` tells a loss and
    goes on by itself (its wire is a `MendableWire`); `lose_within_s` is how long a loss may go unnoticed.
    """

    core: Callable[[Mapping[str, str]], LineCore]
    transcripts: Path
    answer: Callable[[bytes], bytes] = oblige
    shell: Callable[[LineCore], tuple[Driver, Wire]] | None = None
    quiet_while_ringing: bool = False
    longest_call_s: float = 5 * 3600.0
    several_calls: bool = False
    whole_messages: bool = False
    retelling: Callable[[], Retelling] | None = None
    far_end_answers: bool = False
    goes_on_after_loss: bool = False
    lose_within_s: float = 5.0
