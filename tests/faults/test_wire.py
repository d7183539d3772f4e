"""What goes wrong on the way to the driver: calls in are rows out, and the log says what it could not see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.night import Night

from dutyphone.journal.facts import (
    ClockStepped,
    LineCameBack,
    LineTroubled,
    LineTroubleEnded,
    LineWentDown,
    NoiseHeard,
    Outcome,
)
from dutyphone.lines.events import Evidence, LossReason, Trouble
from dutyphone.store.readmodels import CallRow

OpenNight = Callable[..., Night]

ZHANG, LI = "+861055501234", "+8613900001234"

TWO_CALLS = """@ +20
* call from=01055501234 name="市气象台值班" rings=4
@ +40
* call from=13900001234 rings=3 answered=true talk=12
@ +60
"""


def after(seconds: float, step: str, scenario: str = TWO_CALLS) -> str:
    """`scenario` with `step` happening once the modem was set up."""
    return f"@ +{seconds:g}\n* {step}\n{scenario}"


def told(row: CallRow) -> tuple[str | None, int, Outcome | None]:
    return row.number, row.rings, row.result


BOTH_AS_THEY_WERE = [(ZHANG, 4, Outcome.UNKNOWN), (LI, 3, Outcome.ANSWERED)]


@pytest.mark.parametrize("class8", [False, True], ids=["class 0", "class 8"])
@pytest.mark.parametrize(
    "fault",
    [
        "split every=1 gap=0.02",  # a slow UART: what one byte takes at 600 bit/s
        "split every=1 gap=0.04",
        "split every=7 gap=0.11",
        "join hold=0.3",
        "join hold=2",
        "line_ends left=cr",
        "line_ends left=lf",
        "echo",
    ],
)
def test_however_the_bytes_come_both_calls_are_there(night: OpenNight, fault: str, class8: bool) -> None:
    """X01, X08: one row a call, nothing more, whatever the way from the modem does to reads."""
    desk = night(after(15, fault), class8=class8)
    desk.play()
    rows = desk.rows()
    assert len(rows) == desk.calls_in
    assert [(number, rings) for number, rings, _result in map(told, rows)] == [(ZHANG, 4), (LI, 3)]
    assert rows[0].name == "市气象台值班"
    assert [row.result for row in rows] == [Outcome.UNKNOWN, Outcome.ANSWERED if class8 else Outcome.UNKNOWN]
    assert not any(isinstance(fact, NoiseHeard) for fact in desk.facts())
    desk.check()


@pytest.mark.parametrize("fault", ["split every=1 gap=0.02", "join hold=1", "line_ends left=cr", "echo"])
def test_the_same_faults_while_the_modem_is_set_up(night: OpenNight, fault: str) -> None:
    desk = night(f"* {fault}\n@ +30\n{TWO_CALLS}")
    desk.play()
    assert [told(row) for row in desk.rows()] == BOTH_AS_THEY_WERE
    assert any(isinstance(fact, LineCameBack) for fact in desk.facts())
    desk.check()


def test_lines_without_any_end_are_still_calls(night: OpenNight) -> None:
    """X01: who called is lost where nothing divides the fields; that it rang is not."""
    desk = night(
        """@ +20
* line_ends left=none
* call from=01055501234 rings=4
@ +30
* line_ends left=crlf
* call from=13900001234 rings=3
@ +60
""",
        class8=False,
    )
    desk.play()
    assert [row.rings for row in desk.rows()] == [4, 3]
    assert desk.rows()[1].number == LI
    assert len(desk.rows()) == desk.calls_in
    desk.check()


@pytest.mark.parametrize("seed", range(6))
def test_garbage_before_between_and_after_rings(night: OpenNight, seed: int) -> None:
    """X03: what nobody understands is counted and kept, and costs no call."""
    desk = night(
        """@ +15
* noise bytes=80
@ +5
* call from=01055501234 rings=4
@ +3.2
* noise bytes=200
@ +6
< \\x00\\xff\\xfeNMB
@ +40
* noise bytes=40
* call from=13900001234 rings=2
@ +60
""",
        class8=False,
        seed=seed,
    )
    desk.play()
    assert [row.rings for row in desk.rows()] == [4, 2]
    assert sum(row.rings for row in desk.rows()) == desk.rings_sent
    noises = [fact for fact in desk.facts() if isinstance(fact, NoiseHeard)]
    assert noises
    assert all(fact.wire for fact in noises)
    desk.check()


def test_a_modem_that_resets_in_mid_call_is_set_up_again(night: OpenNight) -> None:
    """S1-42: the call it forgot is closed, the reset is in the log, and the next call has its number again."""
    desk = night(
        """@ +20
* call from=01055501234 rings=6
@ +12
* reset
@ +120
* call from=13900001234 rings=3 answered=true talk=5
@ +60
"""
    )
    desk.play()
    assert len(desk.rows()) == desk.calls_in
    first, second = desk.rows()
    assert (first.number, first.result) == (ZHANG, Outcome.UNKNOWN)
    assert told(second) == (LI, 3, Outcome.ANSWERED)
    troubles = [fact for fact in desk.facts() if isinstance(fact, LineTroubled | LineTroubleEnded)]
    assert [(type(fact), fact.trouble) for fact in troubles] == [
        (LineTroubled, Trouble.ECHO_CAME_BACK),
        (LineTroubleEnded, Trouble.ECHO_CAME_BACK),
    ]
    desk.check()


def test_caller_id_that_the_modem_forgot_is_switched_on_again(night: OpenNight) -> None:
    """X02: the call in between has no number and is there; the next health check mends it."""
    desk = night(
        """@ +20
* forget
* call from=01055501234 rings=3
@ +150
* call from=13900001234 rings=3
@ +60
"""
    )
    desk.play()
    assert [told(row)[:2] for row in desk.rows()] == [(None, 3), (LI, 3)]
    assert len(desk.rows()) == desk.calls_in
    desk.check()


def test_a_line_without_caller_id_is_noticed_after_three_calls(night: OpenNight) -> None:
    """X04: the modem says OK to everything and sends no number; only the calls can show it."""
    call = "* call from=01055501234 rings=3\n@ +40\n"
    desk = night(f"@ +20\n* deaf to=caller_id\n{call * 4}* hear\n{call}@ +60\n")
    desk.play()
    assert len(desk.rows()) == desk.calls_in == 5
    assert [row.identified for row in desk.rows()] == [False] * 4 + [True]
    begun = next(fact for fact in desk.facts() if isinstance(fact, LineTroubled))
    assert (begun.trouble, begun.detail) == (Trouble.NO_CALLER_ID, "3")
    assert any(isinstance(f, LineTroubleEnded) and f.trouble is Trouble.NO_CALLER_ID for f in desk.facts())
    desk.check()


def test_a_deaf_modem_is_a_line_that_is_down(night: OpenNight) -> None:
    """X04: the call of that time is nowhere, and the time is in the log as one nobody listened in."""
    desk = night(
        """@ +20
* deaf to=both
@ +180
* call from=01055501234 rings=3
@ +30
* hear
@ +60
* call from=13900001234 rings=2
@ +60
"""
    )
    begin = desk.clock.now().utc
    desk.play()
    assert desk.calls_in == 2
    assert [told(row)[:2] for row in desk.rows()] == [(LI, 2)]
    (blind,) = desk.store.blind_intervals(begin + timedelta(seconds=30), desk.clock.now().utc)
    assert blind.reason is LossReason.MODEM_SILENT
    missed_at = begin + timedelta(seconds=200)
    assert blind.until_at is not None
    assert blind.from_at < missed_at < blind.until_at
    desk.check()


@pytest.mark.parametrize("away_s", [0.5, 4, 30])
def test_a_cable_pulled_in_mid_ringing(night: OpenNight, away_s: float) -> None:
    """S1-42: the call is cut off there, what rings on afterwards is a row too, and the time between is blind."""
    desk = night(
        f"""@ +20
* call from=01055501234 rings=6
@ +12
* unplug
* replug after={away_s}
@ +120
* call from=13900001234 rings=2
@ +60
"""
    )
    desk.play()
    first, *rest, last = desk.rows()
    assert (first.number, first.evidence) == (ZHANG, Evidence.LINE_LOST)
    assert told(last)[:2] == (LI, 2)
    assert len(rest) == (1 if away_s < 30 else 0), "the rest of a call that still rings is seen, once"
    assert all(row.number is None and row.rings > 0 for row in rest)
    downs = [fact for fact in desk.facts() if isinstance(fact, LineWentDown)]
    assert [fact.reason for fact in downs] == [LossReason.CABLE_UNPLUGGED]
    assert sum(isinstance(fact, LineCameBack) for fact in desk.facts()) == 2
    desk.check()


@pytest.mark.parametrize("step_s", [7200.0, -7200.0, 90.0, -90.0, 40 * 86400.0])
def test_a_clock_that_is_set_in_mid_call_changes_no_duration(night: OpenNight, step_s: float) -> None:
    """X29: rings and talk are measured by the other clock; the step itself is in the log, once."""
    desk = night(
        f"""@ +20
* call from=01055501234 rings=4
@ +7
* clock step={step_s}
@ +40
* call from=13900001234 rings=3 answered=true talk=30
@ +20
* clock step={-step_s}
@ +60
"""
    )
    desk.play()
    assert [told(row) for row in desk.rows()] == BOTH_AS_THEY_WERE
    assert len(desk.rows()) == desk.calls_in
    first, second = desk.rows()
    assert first.ring_s == pytest.approx(15, abs=0.5)
    assert second.talk_s == pytest.approx(30, abs=0.5)
    steps = [fact for fact in desk.facts() if isinstance(fact, ClockStepped)]
    assert [fact.step_s for fact in steps] == pytest.approx([step_s, -step_s], abs=0.01)
    desk.check()


def test_a_clock_that_is_set_while_the_recorder_is_away(night: OpenNight) -> None:
    """A machine that starts with a clock of last year: what was open is closed, and nothing is lost or refused."""
    desk = night(class8=False)
    desk.run(20)
    desk.let("call", **{"from": "01055501234"}, rings=6)
    desk.run(7)
    desk.clock.step(-400 * 86400)
    desk.kill()
    desk.run(60)
    desk.let("call", **{"from": "13900001234"}, rings=2)
    desk.run(240)
    cut, rest, last = desk.rows()
    assert (cut.number, cut.evidence) == (ZHANG, Evidence.RECORDER_STOPPED)
    assert (rest.number, rest.evidence) == (None, Evidence.RINGING_STOPPED)
    assert last.number == LI
    desk.check()
