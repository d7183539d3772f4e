"""Read models to rows and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
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
)
"""The columns that `call_row` takes, in its order, which is that of the fields of `CallRow`."""

_SETTERS = tuple(getattr(CallRow, field.name).__set__ for field in fields(CallRow))
"""A frozen dataclass sets its fields by name through `object.__setattr__`: half the time of a page of calls."""


def call_row(record: Sequence[Any]) -> CallRow:
    """The call in a row of `CALL_COLUMNS`; further columns behind them do not matter."""
    (
        call_id,
        call,
        line,
        direction,
        state,
        arrived_us,
        last_ring_us,
        answered_us,
        ended_us,
        rings,
        ring_s,
        talk_s,
        identified,
        number_raw,
        number,
        kind,
        extension,
        absence,
        name,
        name_absence,
        doubtful,
        outcome,
        evidence,
        settlement,
        settled_by,
        settled_us,
        fax,
        digits,
        notes,
        last_note,
        purged,
    ) = record[:31]
    row: CallRow = object.__new__(CallRow)
    for set_field, value in zip(
        _SETTERS,
        (
            call_id,
            call,
            line,
            _direction(direction),
            _state(state),
            EPOCH + _MICROSECOND * arrived_us,
            None if last_ring_us is None else EPOCH + _MICROSECOND * last_ring_us,
            None if answered_us is None else EPOCH + _MICROSECOND * answered_us,
            None if ended_us is None else EPOCH + _MICROSECOND * ended_us,
            rings,
            ring_s,
            talk_s,
            identified == 1,
            number_raw,
            number,
            None if kind is None else _kind(kind),
            extension,
            None if absence is None else _absence(absence),
            name,
            None if name_absence is None else _name_absence(name_absence),
            doubtful == 1,
            None if outcome is None else _outcome(outcome),
            None if evidence is None else _evidence(evidence),
            None if settlement is None else _settlement(settlement),
            settled_by,
            None if settled_us is None else EPOCH + _MICROSECOND * settled_us,
            fax == 1,
            digits,
            notes,
            last_note,
            purged == 1,
        ),
        strict=True,
    ):
        set_field(row, value)
    return row


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
