"""The answers as text for people and as JSON for programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

from dutyphone.doctor.finding import Answer, Status
from dutyphone.i18n import N_, _

STATUS_WORDS = {
    Status.OK: N_("in order"),
    Status.WARNING: N_("warning"),
    Status.FAULT: N_("FAULT"),
    Status.UNKNOWN: N_("not known"),
}
NARROWEST = 40


def has_fault(answers: Sequence[Answer]) -> bool:
    """Whether something has to be mended now."""
    return any(answer.finding.status is Status.FAULT for answer in answers)


def as_text(answers: Sequence[Answer], *, columns: int = 100, evidence: bool = False) -> Iterator[str]:
    """Lines for people: one heading a subject, words and not colours say how bad it is."""
    words = max(width(_(word)) for word in STATUS_WORDS.values())
    titles = max((width(_(answer.title)) for answer in answers), default=0)
    indent = 2 + words + 2 + titles + 2
    room = max(NARROWEST, columns - indent)
    for subject, group in groupby(answers, key=lambda answer: answer.subject):
        yield _("Line {line}").format(line=subject) if subject else _("This desk")
        for answer in group:
            found = answer.finding
            label = f"  {pad(_(STATUS_WORDS[found.status]), words)}  {pad(_(answer.title), titles)}  "
            for place, line in enumerate(wrap(found.sentence, room)):
                yield (label if place == 0 else " " * indent) + line
            for line in wrap(found.advice, room - 2) if found.advice else ():
                yield " " * indent + "> " + line
            for line in filter(None, found.evidence) if evidence else ():
                yield " " * indent + "| " + line
        yield ""
    yield summary(answers)


def summary(answers: Sequence[Answer]) -> str:
    """The last line."""
    faults = sum(answer.finding.status is Status.FAULT for answer in answers)
    warnings = sum(answer.finding.status is Status.WARNING for answer in answers)
    if not faults and not warnings:
        return _("Everything is in order.")
    return _("Faults: {faults}. Warnings: {warnings}.").format(faults=faults, warnings=warnings)


def as_json(answers: Sequence[Answer]) -> str:
    """The same for programs; `check`, `subject` and `status` never change with the language."""
    rows = [
        {
            "check": answer.check,
            "subject": answer.subject,
            "status": answer.finding.status.value,
            "sentence": answer.finding.sentence,
            "advice": answer.finding.advice,
            "evidence": [line for line in answer.finding.evidence if line],
        }
        for answer in answers
    ]
    return json.dumps({"ok": not has_fault(answers), "findings": rows}, ensure_ascii=False, indent=1)


def width(text: str) -> int:
    """Columns of `text` on a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def pad(text: str, columns: int) -> str:
    """`text` with blanks up to `columns`."""
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """`text` in lines no wider than `columns`, broken at blanks and between Chinese characters."""
    lines, line, used = [], "", 0
    for piece in _pieces(text):
        if used and used + width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line, used = "", 0
            piece = piece.lstrip()
        line, used = line + piece, used + width(piece)
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    """What may not be broken: a word with the blank behind it, or one wide character with its punctuation."""
    word = ""
    for char in text:
        wide = width(char) == 2
        if wide and word and char not in "，。；：！？）、》”’":
            yield word
            word = ""
        word += char
        if char == " ":
            yield word
            word = ""
    if word:
        yield word
