"""A call as exports take it, from what screens see of it."""

from __future__ import annotations

from enum import Enum

from dutyphone.store.readmodels import CallCodes, CallRecord, CallRow
from dutyphone.store.rows import micros


def record(row: CallRow) -> CallRecord:
    """`row` as it is stored."""
    codes = [getattr(row, name) for name in CallCodes._fields]
    return CallRecord(
        id=row.id,
        call=row.call,
        line=row.line,
        codes=" ".join(map(_code, codes)),
        arrived_us=micros(row.arrived_at),
        answered_us=None if row.answered_at is None else micros(row.answered_at),
        ended_us=None if row.ended_at is None else micros(row.ended_at),
        ring_s=row.ring_s,
        talk_s=row.talk_s,
        number_raw=row.number_raw,
        number=row.number,
        extension=row.extension,
        digits=row.digits,
        name=row.name,
        settled_by=row.settled_by,
        last_note=row.last_note,
        called=row.called,
        redirected_from=row.redirected_from,
        code=row.code,
    )


def _code(value: Enum | bool | None) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return "" if value is None else str(int(value))
