"""Rows are read models and nothing is lost between."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.journal.facts import NumberKind, Outcome, Settlement
from dutyphone.lines.events import Direction, Evidence, NameAbsence, NumberAbsence
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone.store.rows import CALL_COLUMNS, call_row, micros, moment, storable
from dutyphone.store.schema import calls

times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
maybe_times = st.none() | times
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5)
maybe_texts = st.none() | texts

call_rows = st.builds(
    CallRow,
    id=st.integers(1, 2**40),
    call=texts,
    line=texts,
    direction=st.sampled_from(Direction),
    state=st.sampled_from(CallState),
    arrived_at=times,
    last_ring_at=maybe_times,
    answered_at=maybe_times,
    ended_at=maybe_times,
    rings=st.integers(0, 99),
    ring_s=st.floats(0, 999),
    talk_s=st.none() | st.floats(0, 9999),
    identified=st.booleans(),
    number_raw=maybe_texts,
    number=maybe_texts,
    kind=st.none() | st.sampled_from(NumberKind),
    extension=maybe_texts,
    absence=st.none() | st.sampled_from(NumberAbsence),
    name=maybe_texts,
    name_absence=st.none() | st.sampled_from(NameAbsence),
    doubtful=st.booleans(),
    outcome=st.none() | st.sampled_from(Outcome),
    evidence=st.none() | st.sampled_from(Evidence),
    settlement=st.none() | st.sampled_from(Settlement),
    settled_by=texts,
    settled_at=maybe_times,
    fax=st.booleans(),
    digits=texts,
    notes=st.integers(0, 99),
    last_note=texts,
    purged=st.booleans(),
)


EXAMPLE = [1, "c", "desk", "incoming", "ringing", 0, None, None, None, 0, 0.0, None, 0, *[None] * 7]
EXAMPLE += [0, None, None, None, "", None, 0, "", 0, "", 0, *[None] * 3]


def stored(value: object) -> object:
    """A field of a read model as it stands in its column."""
    if isinstance(value, datetime):
        return micros(value)
    return value.value if isinstance(value, Enum) else value


@given(row=call_rows)
def test_a_call_comes_back_as_it_was(row: CallRow) -> None:
    again = call_row([stored(getattr(row, field.name)) for field in fields(row)])
    assert again == row
    assert {type(getattr(again, f.name)) for f in fields(row)} == {type(getattr(row, f.name)) for f in fields(row)}


def test_a_call_read_from_a_row_is_as_frozen_as_any() -> None:
    row = call_row(EXAMPLE)
    with pytest.raises(FrozenInstanceError):
        row.rings = 3  # type: ignore[misc]
    assert row == CallRow(
        id=1,
        call="c",
        line="desk",
        direction=Direction.INCOMING,
        state=CallState.RINGING,
        arrived_at=datetime(1970, 1, 1, tzinfo=UTC),
    )


def test_columns_are_the_fields_in_their_order() -> None:
    names = [field.name for field in fields(CallRow)]
    named = [name.removesuffix("_at") + "_us" if name.endswith("_at") else name for name in names]
    assert list(CALL_COLUMNS) == named
    assert [column.name for column in calls.c if column.name in named] == named


@given(at=times)
def test_times_are_exact_to_the_microsecond(at: datetime) -> None:
    assert moment(micros(at)) == at


@given(text=st.text())
def test_what_is_stored_can_be_stored(text: str) -> None:
    kept = storable(text)
    assert len(kept) == len(text)
    assert "\x00" not in kept
    kept.encode("utf-8")
    assert all(a == b or b == "�" for a, b in zip(text, kept, strict=True))
