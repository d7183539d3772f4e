"""The toy exchange as seen from the ends of its lines: nothing but voltage and sound goes there."""

from __future__ import annotations

from itertools import pairwise

import pytest
from dutyphone_simulators.caller_id import Standard, Withheld, frame
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.dsp.exchange import BUSY_TONE_S, NO_ANSWER_S, SETTLE_S, DspExchange
from dutyphone_simulators.dsp.line import LineQuality
from dutyphone_simulators.dsp.premises import Premises
from dutyphone_simulators.exchange import CADENCES, CallerIdTime, IncomingCall, LineState, SignalKind, Timed
from hypothesis import given, settings
from hypothesis import strategies as st

NUMBERS = ("01055500001", "01055500002", "01055500003")
STEP_S = 0.02
"""Everything is seen within a block."""


class Town:
    """Three lines on a manual clock, with what was seen on each (seconds from the start)."""

    def __init__(self, country: str = "CN", **options: object) -> None:
        self.clock = ManualClock()
        self.start = self.clock.now().mono
        self.told: list[str] = []
        self.exchange = DspExchange(
            self.clock.now(),
            NUMBERS,
            country=country,
            report=self.told.append,
            **options,  # type: ignore[arg-type]
        )
        self.lines = self.exchange.lines
        self.seen: dict[Premises, list[Timed]] = {line: [] for line in self.lines}

    def call(self, line: int = 0, **call: object) -> None:
        values = {"number": "13900001234", "cadence": "CN"} | call
        self.lines[line].place(IncomingCall(**values), self.clock.now())  # type: ignore[arg-type]

    def run(self, seconds: float) -> None:
        now = self.clock.advance(seconds).mono
        for line in self.lines:
            self.seen[line] += line.advance(now)

    def lift(self, line: int, digits: str = "") -> None:
        now = self.clock.now().mono
        self.lines[line].lift(now)
        if digits:
            self.lines[line].dial(digits, now + 0.5)

    def hang_up(self, line: int) -> None:
        self.lines[line].hang_up(self.clock.now().mono)

    def kinds(self, line: int) -> list[SignalKind]:
        return [timed.signal.kind for timed in self.seen[self.lines[line]]]

    def at(self, line: int, kind: SignalKind) -> list[float]:
        return [round(timed.at - self.start, 2) for timed in self.seen[self.lines[line]] if timed.signal.kind is kind]

    def messages(self, line: int) -> list[Timed]:
        return [timed for timed in self.seen[self.lines[line]] if timed.signal.kind is SignalKind.CALLER_ID]

    def digits(self, line: int) -> str:
        return "".join(timed.signal.digit for timed in self.seen[self.lines[line]])


# --- ringing and caller ID ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", ["CN", "US", "UK"])
def test_each_country_rings_in_its_own_cadence(country: str) -> None:
    town = Town(country)
    town.call(cadence=country, rings=3)
    town.run(60)
    pattern = CADENCES[country]
    rings = town.at(0, SignalKind.RING)
    assert [later - earlier for earlier, later in pairwise(rings)] == pytest.approx([sum(pattern)] * 2, abs=STEP_S)
    parts = [
        timed.signal.seconds
        for timed in town.seen[town.lines[0]]
        if timed.signal.kind in (SignalKind.RING_ON, SignalKind.RING_OFF)
    ]
    assert parts == pytest.approx((pattern * 3)[:-1], abs=STEP_S)
    assert [timed.signal.count for timed in town.seen[town.lines[0]] if timed.signal.count] == [1, 2, 3]
    assert town.kinds(0)[-1] is SignalKind.GAVE_UP
    assert town.lines[0].state is LineState.IDLE


@pytest.mark.parametrize(
    ("country", "order"),
    [
        ("CN", [SignalKind.RING, SignalKind.CALLER_ID, SignalKind.RING]),
        ("US", [SignalKind.RING, SignalKind.CALLER_ID, SignalKind.RING]),
        ("UK", [SignalKind.REVERSAL, SignalKind.CALLER_ID, SignalKind.REVERSAL, SignalKind.RING, SignalKind.RING]),
    ],
)
def test_caller_id_comes_where_the_country_sends_it(country: str, order: list[SignalKind]) -> None:
    """Between the rings in China and North America; after a reversal and before the first ring in the UK."""
    town = Town(country)
    town.call(cadence=country, rings=2, name="市气象台")
    town.run(30)
    assert [kind for kind in town.kinds(0) if kind in order] == order
    (message,) = [timed.signal.message for timed in town.messages(0)]
    assert message is not None
    assert (message.number, message.name, message.intact) == ("13900001234", "市气象台", True)


def test_tones_come_before_the_first_ring() -> None:
    town = Town()
    town.call(standard=Standard.DTMF, rings=2)
    town.run(30)
    assert town.kinds(0)[:2] == [SignalKind.CALLER_ID, SignalKind.RING]
    assert town.digits(0) == ""
    assert [timed.signal.message.number for timed in town.messages(0) if timed.signal.message] == ["13900001234"]


@pytest.mark.parametrize("time", list(CallerIdTime))
def test_caller_id_can_come_at_any_time_a_modem_knows(time: CallerIdTime) -> None:
    town = Town()
    town.call(caller_id=time, rings=3)
    town.run(30)
    rings = town.at(0, SignalKind.RING)
    said = [round(timed.at - town.start, 2) for timed in town.messages(0)]
    places = {
        CallerIdTime.NONE: [],
        CallerIdTime.BEFORE: [0],
        CallerIdTime.AFTER_FIRST: [1],
        CallerIdTime.BETWEEN: [2],
        CallerIdTime.WITH_SECOND: [2],  # its last bit is under way when the bell begins
    }
    assert [sum(ring < at for ring in rings) for at in said] == places[time]


def test_a_withheld_number_is_said_to_be_withheld() -> None:
    town = Town()
    town.call(number=None, withheld=Withheld.PRIVATE)
    town.run(20)
    assert [timed.signal.message.withheld for timed in town.messages(0) if timed.signal.message] == [Withheld.PRIVATE]


def test_a_handset_lifted_during_the_burst_loses_it() -> None:
    """A01: who is faster than the exchange talks without knowing to whom."""
    town = Town()
    town.call(rings=4)
    town.run(1.8)
    town.lift(0)
    town.run(20)
    assert town.messages(0) == []
    assert len(town.at(0, SignalKind.RING)) == 1


@pytest.mark.parametrize(("noise", "understood"), [(-40.0, True), (-24.0, None), (-8.0, False)])
def test_a_noisy_line_damages_caller_id_but_never_falsifies_it(noise: float, understood: bool | None) -> None:
    """X02: the ringing is heard however bad the line is."""
    town = Town(quality=LineQuality(noise_dbm0=noise), seed=3)
    for _ in range(4):
        town.call(rings=2, name="值班室")
        town.run(40)
    assert len(town.at(0, SignalKind.RING)) == 8
    messages = [timed.signal.message for timed in town.messages(0) if timed.signal.message]
    wholes = [message for message in messages if message.intact]
    assert all((message.number, message.name) == ("13900001234", "值班室") for message in wholes)
    assert all(frame(message) for message in messages)
    if understood is not None:
        assert len(wholes) == (4 if understood else 0)


# --- two subscribers ---------------------------------------------------------------------------------------------


def test_two_telephones_talk_and_hear_each_other_later_by_the_delay_of_both_lines() -> None:
    town = Town(quality=LineQuality(delay_s=0.04))
    town.lift(0, NUMBERS[1])
    town.run(7)
    assert SignalKind.DIAL_TONE not in town.kinds(0)[1:]  # it was gone before it could be told from a first digit
    assert len(town.at(1, SignalKind.RING)) == 1
    assert [timed.signal.message.number for timed in town.messages(1) if timed.signal.message] == [NUMBERS[0]]
    town.lift(1)
    town.run(2)
    town.lines[0].dial("5", town.clock.now().mono)
    town.run(2)
    (own,) = [timed.at for timed in town.seen[town.lines[0]] if timed.signal.digit == "5"][-1:]
    (other,) = [timed.at for timed in town.seen[town.lines[1]] if timed.signal.digit == "5"]
    assert 0.06 - STEP_S <= other - own <= 0.08 + STEP_S
    town.hang_up(0)
    town.run(5)
    assert town.kinds(1)[-1] is SignalKind.BUSY_TONE
    town.hang_up(1)
    town.run(1)
    assert [line.state for line in town.lines] == [LineState.IDLE] * 3


def test_a_handset_beside_a_talking_modem_weakens_the_line_and_keeps_the_call() -> None:
    """Two telephones on one pair share the current: 3.5 dB less for each, and whoever stays keeps the call."""
    town = Town()
    town.call(rings=9)
    town.run(3)
    modem = town.lines[0]
    assert modem.seize(town.clock.now().mono)
    town.run(1)
    town.lift(0)
    town.run(1)
    assert modem.bridged
    town.lines[0].dial("7", town.clock.now().mono)
    town.run(1)
    assert town.digits(0) == "7"
    modem.release()
    town.run(1)
    assert modem.state is LineState.TAKEN
    town.hang_up(0)
    town.run(1)
    assert modem.state is LineState.IDLE
    assert town.told[-1].endswith("hangs up.")


def test_a_caller_who_hangs_up_stops_the_ringing() -> None:
    town = Town()
    town.lift(0, NUMBERS[1])
    town.run(12)
    town.hang_up(0)
    town.run(20)
    assert len(town.at(1, SignalKind.RING)) == 2
    assert town.kinds(1)[-1] is SignalKind.GAVE_UP


def test_ringback_is_heard_while_it_rings_and_busy_when_nobody_answers_for_long() -> None:
    town = Town()
    town.lift(0, NUMBERS[1])
    town.run(NO_ANSWER_S - 10)
    assert SignalKind.RINGBACK_TONE in town.kinds(0)
    assert SignalKind.BUSY_TONE not in town.kinds(0)
    town.run(20)
    assert SignalKind.BUSY_TONE in town.kinds(0)
    assert town.kinds(1)[-1] is SignalKind.GAVE_UP


def test_an_engaged_line_gives_busy_tone_and_nothing_is_seen_on_it() -> None:
    town = Town()
    town.lift(1)
    town.run(1)
    town.lift(0, NUMBERS[1])
    town.run(8)
    assert SignalKind.BUSY_TONE in town.kinds(0)
    assert SignalKind.RING not in town.kinds(1)
    assert SignalKind.ENGAGED in town.kinds(1)


def test_calling_oneself_is_engaged() -> None:
    town = Town()
    town.lift(0, NUMBERS[0])
    town.run(8)
    assert SignalKind.BUSY_TONE in town.kinds(0)


def test_a_number_outside_rings_there_and_half_a_number_is_refused() -> None:
    town = Town()
    town.lift(0, "02155501234")
    town.lift(1, "12")
    town.run(15)
    assert SignalKind.RINGBACK_TONE in town.kinds(0)
    assert SignalKind.BUSY_TONE in town.kinds(1)


def test_a_forgotten_handset_costs_nothing_in_the_end() -> None:
    town = Town()
    town.lift(0)
    town.run(2 * BUSY_TONE_S + 20)
    assert town.kinds(0) == [SignalKind.LIFTED, SignalKind.DIAL_TONE, SignalKind.BUSY_TONE]
    assert town.exchange.next_deadline() is None
    town.hang_up(0)
    town.run(1)
    town.call()
    town.run(10)
    assert SignalKind.RING in town.kinds(0)


# --- services ----------------------------------------------------------------------------------------------------


def dial_code(town: Town, line: int, code: str) -> None:
    town.lift(line, code)
    town.run(1 + 0.2 * len(code))
    town.hang_up(line)
    town.run(1)


def test_forwarding_sends_every_call_on_and_says_from_where() -> None:
    """S1-45: *57*N# really forwards, the desk itself sees nothing, the target learns who was called."""
    town = Town()
    dial_code(town, 0, f"*57*{NUMBERS[2]}#")
    assert town.exchange.transfers(town.lines[0]) == {"57": NUMBERS[2]}
    town.call(0, rings=3)
    town.run(30)
    assert SignalKind.RING not in town.kinds(0)
    assert town.kinds(0)[-1] is SignalKind.TRANSFERRED
    (message,) = [timed.signal.message for timed in town.messages(2)]
    assert message is not None
    assert (message.number, message.redirected_from) == ("13900001234", NUMBERS[0])
    dial_code(town, 0, "#57#")
    town.call(0, rings=2)
    town.run(20)
    assert SignalKind.RING in town.kinds(0)


def test_the_dial_tone_tells_that_calls_are_forwarded() -> None:
    """lines.md: after *57*N# the next dial tone is special, so that a modem that waits for dial tone waits in vain."""
    town = Town()
    dial_code(town, 0, f"*57*{NUMBERS[2]}#")
    before = len(town.kinds(0))
    town.lift(0)
    town.run(5)
    assert SignalKind.DIAL_TONE not in town.kinds(0)[before:]


def test_forwarding_when_busy_leaves_a_free_line_alone() -> None:
    town = Town()
    dial_code(town, 0, f"*40*{NUMBERS[2]}#")
    town.call(0, rings=2)
    town.run(20)
    assert SignalKind.RING in town.kinds(0)
    town.lift(0)
    town.run(1)
    town.call(0, rings=2)
    town.run(20)
    assert SignalKind.TRANSFERRED in town.kinds(0)
    assert SignalKind.RING in town.kinds(2)


def test_forwarding_without_answer_rings_four_times_first() -> None:
    town = Town()
    dial_code(town, 0, f"*41*{NUMBERS[2]}#")
    town.call(0, rings=9)
    town.run(60)
    assert len(town.at(0, SignalKind.RING)) == 4
    assert town.kinds(0)[-1] is SignalKind.GAVE_UP
    assert len(town.at(2, SignalKind.RING)) == 9


@pytest.mark.parametrize("code", ["*57#", "#99#", "*57**#"])
def test_an_unknown_code_is_refused(code: str) -> None:
    town = Town()
    town.lift(0, code)
    town.run(12)
    assert SignalKind.BUSY_TONE in town.kinds(0)
    assert town.exchange.transfers(town.lines[0]) == {}


def test_two_lines_forwarded_to_each_other_do_not_go_round_in_circles() -> None:
    town = Town()
    dial_code(town, 0, f"*57*{NUMBERS[1]}#")
    dial_code(town, 1, f"*57*{NUMBERS[0]}#")
    town.lift(2, NUMBERS[0])
    town.run(12)
    assert SignalKind.BUSY_TONE in town.kinds(2)


def test_a_call_that_left_the_exchange_without_answer_can_be_given_up() -> None:
    town = Town()
    dial_code(town, 1, "*41*02155501234#")
    town.lift(0, NUMBERS[1])
    town.run(40)
    assert town.kinds(1)[-1] is SignalKind.GAVE_UP
    town.hang_up(0)
    town.run(5)
    assert town.lines[0].state is LineState.IDLE
    assert town.exchange.next_deadline() is None


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["lift", "lift", "dial", "hang_up", "seize", "release", "place"]),
        st.integers(0, 2),
        st.sampled_from([*NUMBERS, f"*57*{NUMBERS[1]}#", f"*41*{NUMBERS[2]}#", "*40*02155501234#", "#57#", "119"]),
        st.sampled_from([0.0, 0.1, 1.5, 3.0, 12.0]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(deeds=DEEDS)
def test_whatever_people_do_the_exchange_comes_to_rest(deeds: list[tuple[str, int, str, float]]) -> None:
    """X02: three people and three modems at once, in any order; afterwards every line is free and nothing goes on."""
    town = Town(quality=LineQuality(noise_dbm0=None))
    for deed, place, digits, seconds in deeds:
        line, now = town.lines[place], town.clock.now().mono
        match deed:
            case "lift" | "hang_up":
                getattr(line, deed)(now)
            case "dial":
                line.dial(digits, now)
            case "seize":
                line.seize(now)
                line.dialled_by_modem(digits)
            case "release":
                line.release()
            case "place":
                town.call(place, number=digits, rings=2)
        town.run(seconds)
    for place, line in enumerate(town.lines):
        line.release()
        town.hang_up(place)
    town.run(60)
    assert [line.state for line in town.lines] == [LineState.IDLE] * 3
    assert town.exchange.next_deadline() is None
    assert set(town.exchange.resting) == set(NUMBERS)


# --- time --------------------------------------------------------------------------------------------------------


def test_a_quiet_exchange_wants_nothing() -> None:
    """P9: no blocks are made while nothing is on any line."""
    town = Town()
    assert town.exchange.next_deadline() is None
    town.call(rings=1)
    assert town.exchange.next_deadline() is not None
    town.run(10 + SETTLE_S)
    assert town.exchange.next_deadline() is None


def test_the_same_seed_is_the_same_night() -> None:
    def night(seed: int) -> list[tuple[float, object]]:
        town = Town(quality=LineQuality(noise_dbm0=-22.0), seed=seed)
        for _ in range(3):
            town.call(rings=2)
            town.run(30)
        return [(timed.at, timed.signal) for timed in town.seen[town.lines[0]]]

    assert night(1) == night(1)
    assert night(1) != night(2)


def test_it_does_not_matter_how_often_one_looks() -> None:
    def seen(step: float) -> list[Timed]:
        town = Town()
        town.call(rings=2, answered=True, talk_s=5.0)
        for _ in range(round(30 / step)):
            town.run(step)
        return town.seen[town.lines[0]]

    assert seen(30) == seen(0.5) == seen(0.007)
