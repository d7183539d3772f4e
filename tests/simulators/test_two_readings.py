"""The driver and the simulators are two readings of the same standards, made apart; here they meet.

Both are pure, so a whole night is played on a manual clock: no port, no thread, no waiting.
"""

from __future__ import annotations

import re

import pytest
from dutyphone_drivers.serial_modem.plugin import plugin
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.library import load_scenario
from dutyphone_simulators.personality import list_personalities, load_personality
from dutyphone_simulators.player import ScenarioPlayer

from dutyphone.lines.driver import LineCore
from dutyphone.lines.events import (
    CallerIdHeard,
    CallOver,
    CallTaken,
    CallWithdrawn,
    Evidence,
    LineEvent,
    LineOpened,
    LossReason,
    RingHeard,
)

REOPEN_S = 5.0


def listen(scenario: str, personality: str, seconds: float, **options: object) -> tuple[list[LineEvent], list[str]]:
    """What the driver makes of a scenario, and what really happened."""
    clock, told = ManualClock(), []
    end = clock.now().mono + seconds
    player = ScenarioPlayer(load_scenario(scenario), load_personality(personality), clock.now(), report=told.append)
    driver = plugin.open_line("desk", {"port": "sim://here", **options})
    core: LineCore = driver._core  # type: ignore[attr-defined]  # the shell is tested elsewhere
    events = list(core.start(clock.now()))
    reopen: float | None = None
    while clock.now().mono < end:
        if reopen is None and not player.plugged:
            events += core.lost(LossReason.CABLE_UNPLUGGED, clock.now(), "")
            reopen = clock.now().mono + REOPEN_S
        while reopen is None and ((said := core.take_output()) or (heard := player.take_output())):
            if said:
                player.receive(said, clock.now())
            else:
                events += core.receive(heard, clock.now())
        player.take_output()
        due = [player.next_deadline(), reopen if reopen is not None else core.next_deadline()]
        clock.advance(max(0.0, min([at for at in due if at is not None] + [end]) - clock.now().mono))
        player.on_deadline(clock.now())
        if reopen is None:
            events += core.on_deadline(clock.now())
        elif clock.now().mono >= reopen:
            reopen = None if player.plugged else clock.now().mono + REOPEN_S
            if reopen is None:
                events += core.start(clock.now())
    return events, told


@pytest.mark.parametrize("personality", list_personalities())
def test_the_driver_understands_every_simulated_modem(personality: str) -> None:
    events, _ = listen("one-call", personality, 60)
    assert any(isinstance(event, LineOpened) for event in events)
    assert sum(isinstance(event, RingHeard) for event in events) == 4
    said = [(event.number, event.name) for event in events if isinstance(event, CallerIdHeard)]
    assert said == {
        "conexant-hsfi-silent": [],
        "elsa-microlink": [("01055501234", None)],
    }.get(personality, [("01055501234", "市应急管理局值班室")])
    assert isinstance(events[-1], CallWithdrawn)


def test_no_call_of_the_night_is_lost_but_the_one_behind_the_pulled_cable() -> None:
    """X01, X02: every call rings in the events, with the number that was sent, answered where it was answered."""
    events, told = listen("night-shift", "conexant-cx81801", 1200, idle_class=8, hook_proved=True)
    calls = [sentence for sentence in told if re.search(r" \* (call|fax) ", sentence)]
    ends = [
        event
        for event in events
        if isinstance(event, CallWithdrawn)
        or (isinstance(event, CallOver) and event.evidence is Evidence.EXTENSION_HOOK)
    ]
    outgoing = 1
    assert len(ends) == len(calls) - 1 + outgoing

    sent = [found[1] for sentence in calls if (found := re.search(r'from="?(\d+)', sentence))]
    lost = sent.index("13900007788")
    heard = [event.number for event in events if isinstance(event, CallerIdHeard) and event.number]
    assert heard == sent[:lost] + sent[lost + 1 :]

    answered = sum("answered=true" in sentence or " * fax " in sentence for sentence in calls)
    assert sum(isinstance(event, CallTaken) for event in events) == answered + outgoing
    assert all(event.evidence is Evidence.NO_HOOK_SEEN for event in events if isinstance(event, CallWithdrawn))


def test_without_proof_of_hook_events_a_missed_call_is_only_ringing_that_stopped() -> None:
    events, _ = listen("night-shift", "usr-5637", 300)
    ends = [event for event in events if isinstance(event, CallWithdrawn)]
    assert ends
    assert all(event.evidence is Evidence.RINGING_STOPPED for event in ends)


def test_the_bad_night_is_survived() -> None:
    events, _ = listen("bad-night", "conexant-cx93010", 1200)
    numbers = {event.number for event in events if isinstance(event, CallerIdHeard)}
    assert {f"010555014{place:02d}" for place in (1, 2, 3, 4, 5, 6, 8, 10, 11, 13, 18, 20, 21)} <= numbers
