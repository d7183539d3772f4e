"""Waits by the thousand: in order, dropped without trace, and never more kept than there are."""

from __future__ import annotations

from dutyphone_drivers.sip_account.deadlines import Deadlines
from hypothesis import given, settings
from hypothesis import strategies as st


def test_what_is_due_comes_in_order_and_what_is_not_stays() -> None:
    due: Deadlines[str] = Deadlines()
    for at, what in ((3.0, "third"), (1.0, "first"), (2.0, "second"), (1.0, "first too")):
        due.set(at, what)
    assert due.next() == 1.0
    assert [due.take_due(2.5) for _ in range(4)] == ["first", "first too", "second", None]
    assert (len(due), due.next()) == (1, 3.0)


def test_what_was_dropped_is_never_due() -> None:
    due: Deadlines[str] = Deadlines()
    dropped, kept = due.set(1.0, "dropped"), due.set(2.0, "kept")
    due.drop(dropped)
    due.drop(dropped)
    assert due.next() == 2.0
    assert due.take_due(9.0) == "kept"
    due.drop(kept)
    assert (len(due), due.next(), due.take_due(9.0)) == (0, None, None)


def test_a_wait_set_while_others_are_taken_is_taken_too() -> None:
    due: Deadlines[str] = Deadlines()
    due.set(1.0, "one")
    assert due.take_due(5.0) == "one"
    due.set(2.0, "two")
    assert due.take_due(5.0) == "two"


def test_waits_that_are_dropped_take_no_room() -> None:
    """A call rings for 180 s at most and is over in ten: its wait must not stay for the rest."""
    due: Deadlines[int] = Deadlines()
    for number in range(100_000):
        due.drop(due.set(180.0 + number, number))
    assert len(due) == 0
    assert len(due._heap) <= 129


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=300))
def test_it_is_a_sorted_list_of_what_was_not_dropped(waits: list[tuple[float, bool]]) -> None:
    due: Deadlines[int] = Deadlines()
    for number, deadline in enumerate([due.set(at, number) for number, (at, _) in enumerate(waits)]):
        if waits[number][1]:
            due.drop(deadline)
    expected = sorted((at, number) for number, (at, is_dropped) in enumerate(waits) if not is_dropped)
    assert len(due) == len(expected)
    taken = []
    while (number := due.take_due(100.0)) is not None:
        taken.append(number)
    assert taken == [number for _, number in expected]
