"""What a check is and what it finds.

A check judges facts that somebody else has gathered: `environment`, `lines`, `record` and `clocks` hold the facts and
the judgements, `machine` gathers what only the operating system knows. So every fault can be shown to be found without
breaking a machine for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

Facts = TypeVar("Facts")


class Status(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # calls are recorded, but something should be seen to
    FAULT = "fault"  # calls are, or soon will be, lost
    UNKNOWN = "unknown"  # it could not be found out


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A sentence that says how it stands, `advice` that says what to do, and what the machine said, for engineers."""

    status: Status
    sentence: str
    advice: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check(Generic[Facts]):
    """One question. `name` is for programs and never changes; `title` is a message id; `judge` answers.

    None from `judge`: the question does not arise.
    """

    name: str
    title: str
    judge: Callable[[Facts], Finding | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one check found about one subject: the line's name, or empty for the desk as a whole."""

    check: str
    title: str
    subject: str
    finding: Finding


def ask(checks: Iterable[Check[Facts]], facts: Facts, subject: str = "") -> Iterator[Answer]:
    """The answers of `checks`, in order."""
    for check in checks:
        finding = check.judge(facts)
        if finding is not None:
            yield Answer(check=check.name, title=check.title, subject=subject, finding=finding)


def ok(sentence: str, *evidence: str) -> Finding:
    """In order."""
    return Finding(status=Status.OK, sentence=sentence, evidence=evidence)


def warning(sentence: str, advice: str, *evidence: str) -> Finding:
    """To be seen to."""
    return Finding(status=Status.WARNING, sentence=sentence, advice=advice, evidence=evidence)


def fault(sentence: str, advice: str, *evidence: str) -> Finding:
    """To be mended now."""
    return Finding(status=Status.FAULT, sentence=sentence, advice=advice, evidence=evidence)


def unknown(sentence: str, advice: str = "", *evidence: str) -> Finding:
    """Not to be found out."""
    return Finding(status=Status.UNKNOWN, sentence=sentence, advice=advice, evidence=evidence)
