"""Blind intervals, troubles and noise of one line."""

from __future__ import annotations

from typing import Any

import pytest
from dutyphone_simulators.clock import ManualClock

from dutyphone.journal.facts import (
    Fact,
    LineCameBack,
    LineTroubled,
    LineTroubleEnded,
    LineWentDown,
    NoiseHeard,
    StrangersTurnedAway,
)
from dutyphone.lines.events import (
    LineDegraded,
    LineEvent,
    LineHeard,
    LineLost,
    LineOpened,
    LineRestored,
    LossReason,
    StrangerHeard,
    Trouble,
    WireNoise,
)
from dutyphone.recorder.linewatch import MOST_SOURCES, NOISE_EVERY_S, STRANGERS_EVERY_S, LineWatch


class Line:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.watch = LineWatch("desk", "serial_modem")

    def say(self, event: type[LineEvent], after: float = 0.0, **fields: Any) -> list[Fact]:
        return self.watch.on_event(event(line="desk", at=self.clock.advance(after), **fields))


@pytest.fixture
def line() -> Line:
    return Line()


def test_opening_a_line_says_which_device_it_is(line: Line) -> None:
    (back,) = line.say(LineOpened, port="/dev/ttyUSB0", device="USR 5637")
    assert isinstance(back, LineCameBack)
    assert (back.driver, back.port, back.device) == ("serial_modem", "/dev/ttyUSB0", "USR 5637")
    assert line.watch.is_open


def test_a_line_that_stays_away_is_one_fact(line: Line) -> None:
    """X04: from the moment it went to the moment it is back, whatever its driver tried in between."""
    line.say(LineOpened, port="p")
    (down,) = line.say(LineLost, 5, reason=LossReason.CABLE_UNPLUGGED, detail="gone")
    assert isinstance(down, LineWentDown)
    assert down.reason is LossReason.CABLE_UNPLUGGED
    for _attempt in range(5):
        assert line.say(LineLost, 10, reason=LossReason.NO_SUCH_PORT) == []
    (back,) = line.say(LineOpened, 10, port="p")
    assert isinstance(back, LineCameBack)


def test_a_line_that_cannot_be_opened_at_all_is_down_from_the_start(line: Line) -> None:
    (down,) = line.say(LineLost, reason=LossReason.NO_SUCH_PORT)
    assert isinstance(down, LineWentDown)
    assert not line.watch.is_open


def test_a_trouble_is_said_once_and_ended_once(line: Line) -> None:
    (troubled,) = line.say(LineDegraded, trouble=Trouble.NO_CALLER_ID, detail="3 calls")
    assert isinstance(troubled, LineTroubled)
    assert line.say(LineDegraded, trouble=Trouble.NO_CALLER_ID) == []
    (ended,) = line.say(LineRestored, trouble=Trouble.NO_CALLER_ID)
    assert isinstance(ended, LineTroubleEnded)
    assert line.say(LineRestored, trouble=Trouble.NO_CALLER_ID) == []


def test_a_sign_of_life_moves_last_heard_and_is_no_fact(line: Line) -> None:
    assert line.say(LineHeard, 3) == []
    assert line.watch.last_heard == line.clock.now()


def test_noise_is_kept_at_once_and_then_once_a_minute(line: Line) -> None:
    """X03: a line that babbles does not flood the journal, and nothing it says is unaccounted for."""
    (first,) = line.say(WireNoise, wire=b"\xff\xfe")
    assert isinstance(first, NoiseHeard)
    assert (first.pieces, first.wire) == (1, b"\xff\xfe")
    for _piece in range(100):
        assert line.say(WireNoise, 0.1, wire=b"??") == []
    assert line.watch.next_deadline() is not None
    (rest,) = line.watch.on_deadline(line.clock.advance(NOISE_EVERY_S))
    assert isinstance(rest, NoiseHeard)
    assert (rest.pieces, rest.wire) == (100, b"??")
    assert line.watch.next_deadline() is None


def test_noise_still_waiting_is_written_when_the_line_goes(line: Line) -> None:
    line.say(LineOpened, port="p")
    line.say(WireNoise, wire=b"a")
    line.say(WireNoise, wire=b"b")
    noise, down = line.say(LineLost, 1, reason=LossReason.CABLE_UNPLUGGED)
    assert isinstance(noise, NoiseHeard)
    assert isinstance(down, LineWentDown)


def test_strangers_are_told_at_once_and_then_once_a_minute(line: Line) -> None:
    """A scanner knocks thousands of times a minute: the journal says so in two lines."""
    (first,) = line.say(StrangerHeard, source="192.0.2.7", what="OPTIONS")
    assert isinstance(first, StrangersTurnedAway)
    assert (first.source, first.what, first.times, first.sources) == ("192.0.2.7", "OPTIONS", 1, 1)
    for port in range(50):
        assert line.say(StrangerHeard, 0.1, source=f"192.0.2.{port % 2}", what="INVITE", times=10) == []
    (rest,) = line.watch.on_deadline(line.clock.advance(STRANGERS_EVERY_S))
    assert isinstance(rest, StrangersTurnedAway)
    assert (rest.source, rest.what, rest.times, rest.sources) == ("192.0.2.0", "INVITE", 500, 2)
    assert line.watch.next_deadline() is None


def test_a_stranger_is_no_sign_of_life_of_the_line(line: Line) -> None:
    line.say(StrangerHeard, source="192.0.2.7", what="OPTIONS", wire=b"OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n")
    assert line.watch.last_heard is None


def test_a_flood_with_forged_addresses_fills_no_memory(line: Line) -> None:
    for host in range(MOST_SOURCES + 500):
        line.say(StrangerHeard, source=f"host{host}", what="REGISTER")
    (told,) = line.watch.on_deadline(line.clock.advance(STRANGERS_EVERY_S))
    assert isinstance(told, StrangersTurnedAway)
    assert (told.times, told.sources) == (MOST_SOURCES + 499, MOST_SOURCES)
