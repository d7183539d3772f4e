"""The tables of the call legs: one end for every call, told once, whatever way leads there."""

from __future__ import annotations

from itertools import product

import pytest
from dutyphone_drivers.sip_account.leg_table import EARLY, IN_CALL, INCOMING, OUTGOING, Act, Cue, Phase, Table

TABLES = {"incoming": INCOMING, "outgoing": OUTGOING}
TOLD = (Act.TELL_TAKEN, Act.TELL_WITHDRAWN, Act.TELL_OVER)


def ways(table: Table, phase: Phase = Phase.EARLY, seen: tuple[Phase, ...] = ()) -> list[tuple[list[Cue], list[Act]]]:
    """Every way from ringing to the end without going round, with what is done on it."""
    if phase is Phase.OVER:
        return [([], [])]
    found = []
    for (at, cue), move in table.items():
        if at is phase and move.to not in seen:
            for cues, acts in ways(table, move.to, (*seen, phase)):
                found.append(([cue, *cues], [*move.acts, *acts]))
    return found


@pytest.mark.parametrize("name", TABLES)
def test_every_way_tells_one_end(name: str) -> None:
    """Withdrawn, or taken and then over; only a call that nobody here hears any more of is not told to its end."""
    found = ways(TABLES[name])
    assert len(found) >= 6
    for cues, acts in found:
        told = [act for act in acts if act in TOLD]
        expected = [[Act.TELL_WITHDRAWN], [Act.TELL_TAKEN, Act.TELL_OVER]]
        assert told in ([[]] if Cue.LET_GO in cues else expected), cues


@pytest.mark.parametrize("name", TABLES)
def test_every_way_from_an_answer_has_one_bye(name: str) -> None:
    """RFC 3261 §15: theirs, or ours; where they cross, theirs is answered in ENDING and needs no move."""
    for cues, acts in ways(TABLES[name]):
        if Act.TELL_TAKEN in acts:
            assert acts.count(Act.SEND_BYE) + cues.count(Cue.BYE) in (1, 2), cues
            assert acts.count(Act.SEND_BYE) <= 1, cues


@pytest.mark.parametrize("name", TABLES)
def test_a_bye_is_not_sent_before_the_ack(name: str) -> None:
    """RFC 3261 §15: who was called waits for the ACK, or for 32 s without one."""
    for (phase, cue), move in TABLES[name].items():
        if phase in (Phase.ANSWERED, Phase.LEAVING) and Act.SEND_BYE in move.acts:
            assert cue in (Cue.ACK, Cue.UNACKNOWLEDGED), (phase, cue)


@pytest.mark.parametrize("name", TABLES)
def test_every_phase_can_be_left_and_nothing_follows_the_end(name: str) -> None:
    table = TABLES[name]
    reached = {Phase.EARLY} | {move.to for move in table.values()}
    assert {phase for phase, _ in table} >= reached - {Phase.OVER}
    assert not any((Phase.OVER, cue) in table for cue in Cue)


@pytest.mark.parametrize("name", TABLES)
def test_our_side_can_always_hang_up_a_call_that_was_taken(name: str) -> None:
    for phase, cue in product(IN_CALL, (Cue.HANG_UP, Cue.BYE)):
        if phase in {at for at, _ in TABLES[name]}:
            assert Act.TELL_OVER in TABLES[name][phase, cue].acts


def test_ringing_is_refused_by_us_only_where_it_is_a_call_to_us() -> None:
    assert (Phase.EARLY, Cue.HANG_UP) not in INCOMING
    assert (Phase.EARLY, Cue.LET_GO) not in OUTGOING
    assert {at for at, cue in OUTGOING if cue is Cue.REFUSED} == EARLY
