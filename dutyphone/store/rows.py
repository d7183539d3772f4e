"""Read models to rows and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from dutyphone.journal.facts import NumberKind, Outcome, Settlement
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence
from dutyphone.store.readmodels import BlindRow, CallRow, CallState

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

E = TypeVar("E", bound=Enum)


def micros(at: datetime) -> int:
    """Microseconds since 1970-01-01 UTC. `at` is aware."""
    return (at - EPOCH) // _MICROSECOND


def moment(us: int) -> datetime:
    """The aware datetime of `micros`."""
    return EPOCH + _MICROSECOND * us


def storable(text: str) -> str:
    """`text` without what no database takes (NUL and lone surrogates become U+FFFD). The journal keeps the original."""
    return _UNSTORABLE.sub("�", text) if _UNSTORABLE.search(text) else text


def _codes(enum: type[E]) -> Callable[[str], E]:
    return {member.value: member for member in enum}.__getitem__


_direction = _codes(Direction)
_state = _codes(CallState)
_kind = _codes(NumberKind)
_absence = _codes(NumberAbsence)
_name_absence = _codes(NameAbsence)
_outcome = _codes(Outcome)
_evidence = _codes(Evidence)
_settlement = _codes(Settlement)
_reason = _codes(LossReason)

CALL_COLUMNS = (
    "id",
    "call",
    "line",
    "direction",
    "state",
    "arrived_us",
    "last_ring_us",
    "answered_us",
    "ended_us",
    "rings",
    "ring_s",
    "talk_s",
    "identified",
    "number_raw",
    "number",
    "kind",
    "extension",
    "absence",
    "name",
    "name_absence",
    "doubtful",
    "outcome",
    "evidence",
    "settlement",
    "settled_by",
    "settled_us",
    "fax",
    "digits",
    "notes",
    "last_note",
    "purged",
    "called",
    "redirected_from",
    "code",
)
"""The columns that `call_row` takes, in its order, which is that of the fields of `CallRow`."""


def call_row(record: Sequence[Any]) -> CallRow:
    """The call in a row of `CALL_COLUMNS`; further columns behind them do not matter."""
    row: Any = _CallInTheMaking(record)
    row.__class__ = CallRow
    made: CallRow = row
    return made


class _CallInTheMaking:
    """A `CallRow` that can still be written to.

    A frozen dataclass sets every field by a call of `object.__setattr__`, which for a page of calls takes longer than
    the database. This has the same slots, so an object of it becomes a `CallRow` by saying so.
    """

    __slots__ = CallRow.__slots__

    def __init__(self, record: Sequence[Any]) -> None:
        (
            self.id,
            self.call,
            self.line,
            direction,
            state,
            arrived_us,
            last_ring_us,
            answered_us,
            ended_us,
            self.rings,
            self.ring_s,
            self.talk_s,
            identified,
            self.number_raw,
            self.number,
            kind,
            self.extension,
            absence,
            self.name,
            name_absence,
            doubtful,
            outcome,
            evidence,
            settlement,
            self.settled_by,
            settled_us,
            fax,
            self.digits,
            self.notes,
            self.last_note,
            purged,
            self.called,
            self.redirected_from,
            self.code,
        ) = record[:34]
        self.direction = _direction(direction)
        self.state = _state(state)
        self.arrived_at = EPOCH + _MICROSECOND * arrived_us
        self.last_ring_at = None if last_ring_us is None else EPOCH + _MICROSECOND * last_ring_us
        self.answered_at = None if answered_us is None else EPOCH + _MICROSECOND * answered_us
        self.ended_at = None if ended_us is None else EPOCH + _MICROSECOND * ended_us
        self.identified = identified == 1
        self.kind = None if kind is None else _kind(kind)
        self.absence = None if absence is None else _absence(absence)
        self.name_absence = None if name_absence is None else _name_absence(name_absence)
        self.doubtful = doubtful == 1
        self.outcome = None if outcome is None else _outcome(outcome)
        self.evidence = None if evidence is None else _evidence(evidence)
        self.settlement = None if settlement is None else _settlement(settlement)
        self.settled_at = None if settled_us is None else EPOCH + _MICROSECOND * settled_us
        self.fax = fax == 1
        self.purged = purged == 1


def blind_row(record: Sequence[Any]) -> BlindRow:
    """The interval in a row of `schema.blind_intervals`."""
    interval, line, from_us, until_us, reason, detail = record
    return BlindRow(
        id=interval,
        line=line,
        from_at=moment(from_us),
        until_at=None if until_us is None else moment(until_us),
        reason=None if reason is None else _reason(reason),
        detail=detail,
    )
