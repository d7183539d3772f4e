"""The tables of the transactions: complete, and every state can be left."""

from __future__ import annotations

from itertools import product

import pytest
from dutyphone_drivers.sip_account.machine import _LENGTH, _NOT_IF_RELIABLE, _RESENDING, _ZERO_IF_RELIABLE
from dutyphone_drivers.sip_account.timing import Timing
from dutyphone_drivers.sip_account.transaction_table import (
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    SERVER,
    Act,
    Kind,
    Said,
    State,
    Timer,
)

KINDS = {"INVITE client": INVITE_CLIENT, "client": CLIENT, "INVITE server": INVITE_SERVER, "server": SERVER}
WAITING_FOR_SOMEBODY = {
    ("INVITE client", State.PROCEEDING),  # the far end rings
    ("INVITE server", State.PROCEEDING),  # we ring
    ("server", State.TRYING),  # we think
    ("server", State.PROCEEDING),
}
"""The only states without a timer: RFC 3261 figures 5, 7 and 8."""


def states(kind: Kind) -> set[State]:
    return {state for state, _ in kind.table} | {move.to for move in kind.table.values()}


@pytest.mark.parametrize("name", KINDS)
def test_every_timer_that_runs_does_something_when_it_ends(name: str) -> None:
    kind = KINDS[name]
    for state, timers in kind.waits.items():
        for timer in timers:
            assert (state, timer) in kind.table, (state, timer)


@pytest.mark.parametrize("name", KINDS)
def test_no_timer_ends_where_it_does_not_run(name: str) -> None:
    kind = KINDS[name]
    for state, cue in kind.table:
        if isinstance(cue, Timer):
            assert cue in kind.waits[state], (state, cue)


@pytest.mark.parametrize("name", KINDS)
def test_time_ends_every_state_but_those_that_wait_for_somebody(name: str) -> None:
    """Nothing stays in memory: from every state with a timer, timers alone lead to the end."""
    kind = KINDS[name]
    for state in states(kind) - {State.TERMINATED}:
        lasts = [timer for timer in kind.waits.get(state, ()) if timer not in _RESENDING]
        if (name, state) in WAITING_FOR_SOMEBODY:
            assert lasts == []
        else:
            assert [kind.table[state, timer].to for timer in lasts] == [State.TERMINATED], state


@pytest.mark.parametrize("name", KINDS)
def test_what_is_sent_again_leaves_the_state_as_it_is(name: str) -> None:
    kind = KINDS[name]
    for (state, cue), move in kind.table.items():
        if cue in _RESENDING:
            assert (move.to, move.acts) == (state, (Act.SEND,)), (state, cue)


@pytest.mark.parametrize("name", KINDS)
def test_every_state_can_be_reached(name: str) -> None:
    kind, reached = KINDS[name], {KINDS[name].first}
    for _ in State:
        reached |= {move.to for (state, _), move in kind.table.items() if state in reached}
    assert states(kind) <= reached


@pytest.mark.parametrize("name", ["INVITE client", "client"])
def test_every_answer_is_told_wherever_one_is_awaited(name: str) -> None:
    kind = KINDS[name]
    awaiting = states(kind) - {State.ACCEPTED, State.COMPLETED, State.TERMINATED}
    for state, said in product(awaiting, (Said.PROVISIONAL, Said.SUCCESS, Said.FAILURE)):
        assert Act.TELL in kind.table[state, said].acts, (state, said)


@pytest.mark.parametrize("name", ["INVITE client", "client"])
def test_nobody_waits_in_vain_without_being_told(name: str) -> None:
    """§8.1.3.1: an end by time while the answer is awaited is told as a 408."""
    kind = KINDS[name]
    for (state, cue), move in kind.table.items():
        awaited = state not in (State.ACCEPTED, State.COMPLETED)
        if isinstance(cue, Timer) and move.to is State.TERMINATED:
            assert (Act.TIMED_OUT in move.acts) is awaited, (state, cue)


def test_every_timer_of_the_rfc_is_here_and_has_its_length() -> None:
    """RFC 3261 table 4 and RFC 6026 §7; C belongs to proxies."""
    assert {timer.name for timer in Timer if len(timer.name) == 1} == set("ABDEFGHIJKLM")
    lengths = {timer.value: length(Timing()) for timer, length in _LENGTH.items()}
    assert lengths == {
        "A": 0.5, "B": 32.0, "D": 32.0, "E": 0.5, "F": 32.0, "G": 0.5, "H": 32.0, "I": 5.0, "J": 32.0, "K": 5.0,
        "L": 32.0, "M": 32.0, "2xx again": 0.5, "cancelled": 32.0,
    }  # fmt: skip
    assert {timer.value for timer in _NOT_IF_RELIABLE} == set("AEG")
    assert {timer.value for timer in _ZERO_IF_RELIABLE} == set("DIJK")
