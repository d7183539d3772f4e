"""The table of the line: complete, and every state can be left."""

from __future__ import annotations

from itertools import product

import pytest
from dutyphone_drivers.serial_modem.line_state import Said, TelephoneLine
from dutyphone_drivers.serial_modem.line_table import CUE_OF_SIGN, TABLE, Act, Cue, State
from dutyphone_drivers.serial_modem.signs import Sign
from dutyphone_drivers.serial_modem.timing import Timing
from dutyphone_simulators.clock import ManualClock

from dutyphone.lines.events import RingHeard, WireNoise

UNREACHABLE = {
    (State.IDLE, Cue.OTHER_CALLER),  # there is no caller to be another than
    (State.IDLE, Cue.TIME_UP),  # idle for ever
    (State.PRE_CALL, Cue.DIGITS),  # digits before the answer are caller ID
    (State.RINGING, Cue.DIGITS),
}


@pytest.mark.parametrize("pair", list(product(State, Cue)), ids=lambda pair: f"{pair[0].value}-{pair[1].value}")
def test_every_cue_is_thought_of_in_every_state(pair: tuple[State, Cue]) -> None:
    assert (pair in TABLE) is (pair not in UNREACHABLE)


@pytest.mark.parametrize("state", [state for state in State if state is not State.IDLE])
def test_time_leads_back_to_idle(state: State) -> None:
    assert TABLE[state, Cue.TIME_UP].to is State.IDLE


def test_a_new_call_begins_with_the_one_before_forgotten() -> None:
    for (state, cue), move in TABLE.items():
        if state is State.IDLE and move.to is not State.IDLE:
            assert move.acts[0] is Act.BEGIN, (state, cue)


def test_whoever_leaves_a_call_says_how_it_ended() -> None:
    ends = {Act.WITHDRAW, Act.NEVER_RANG, Act.LET_GO, Act.OVER, Act.NEXT_CALL}
    for (state, cue), move in TABLE.items():
        if state is not State.IDLE and move.to is State.IDLE:
            assert ends & set(move.acts), (state, cue)


def test_an_unthought_pair_keeps_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TABLE, (State.IDLE, Cue.ON_HOOK))
    line = TelephoneLine("desk", timing=Timing())
    (event,) = line.cue(Cue.ON_HOOK, ManualClock().now(), Said(wire=b"\x10p"))
    assert isinstance(event, WireNoise)
    assert event.wire == b"\x10p"


def test_the_wait_after_a_ring_is_bounded() -> None:
    """Each longer gap lengthens the wait, but never so far that two calls melt into one."""
    timing = Timing()
    line = TelephoneLine("desk", timing=timing)
    clock = ManualClock()
    line.ring(clock.now(), Said(wire=b"RING\r"))
    for __ in range(10):
        deadline = line.deadline()
        assert deadline is not None
        assert deadline - clock.now().mono <= timing.gone_limit_s + 1e-6
        clock.advance(deadline - clock.now().mono - 0.01)
        (event,) = line.ring(clock.now(), Said(wire=b"RING\r"))
        assert isinstance(event, RingHeard)


def test_every_sign_is_a_cue_or_handled_by_the_core() -> None:
    handled = {Sign.RING, Sign.DIGIT, Sign.BURST_BEGINS, Sign.BURST_ENDS, Sign.IDLE_TALK}
    assert set(CUE_OF_SIGN) == set(Sign) - handled
