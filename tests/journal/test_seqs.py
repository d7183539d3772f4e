"""Row numbers as text, and which of them are outside others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.journal.seqs import first_outside, joined, read, runs, spelled

rows = st.sets(st.integers(1, 60))


def test_runs_are_told_by_their_ends() -> None:
    assert spelled([]) == ""
    assert spelled([7]) == "7"
    assert spelled([1, 2, 3, 5, 8, 9]) == "1-3,5,8-9"


@given(rows)
def test_what_is_spelled_is_read_again(seqs: set[int]) -> None:
    assert [seq for run in read(spelled(sorted(seqs))) for seq in run] == sorted(seqs)


@pytest.mark.parametrize("text", ["x", "1,", "1-", "-", "1--2"])
def test_what_nobody_spelled_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        list(read(text))


@given(rows, rows)
def test_the_first_outside_is_the_smallest_that_is_not_in_the_other(some: set[int], others: set[int]) -> None:
    whole = joined([*runs(sorted(others)), *runs(sorted(seq for seq in others if seq % 2))])
    assert [seq for run in whole for seq in run] == sorted(others)
    assert first_outside(list(runs(sorted(some))), whole) == min(some - others, default=None)
