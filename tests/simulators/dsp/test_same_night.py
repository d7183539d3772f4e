"""The line with sound and the line without are the same line: a modem on either says the same, byte for byte.

The line without sound is told what happens; the line with sound has to hear it. And the driver, which knows neither,
understands both.
"""

from __future__ import annotations

import re

import pytest
from dutyphone_drivers.serial_modem.plugin import plugin
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.dsp.exchange import DspExchange
from dutyphone_simulators.library import load_scenario
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import ScenarioPlayer

from dutyphone.lines.driver import LineCore
from dutyphone.lines.events import CallerIdHeard, CallTaken, CallWithdrawn, DigitsHeard, LineEvent, RingHeard

NIGHT_S = 1500.0
ONLY_HEARD = re.compile(rb"\x10[dbr]")
"""Dial, busy and ringback tone: the line without sound has none while somebody dials."""


def play(scenario: str, personality: str, commands: list[str], *, sound: bool) -> tuple[bytes, list[str]]:
    """What the modem says all night, and what really happened."""
    clock, told = ManualClock(), []
    end = clock.now().mono + NIGHT_S
    player = ScenarioPlayer(
        load_scenario(scenario),
        load_personality(personality),
        clock.now(),
        line=DspExchange(clock.now(), ["01055500001"]).lines[0] if sound else None,
        report=told.append,
    )
    for command in commands:
        player.receive(command.encode() + b"\r", clock.now())
    player.take_output()
    said = b""
    while (due := player.next_deadline()) is not None and due <= end:
        clock.advance(max(0.0, due - clock.now().mono))
        player.on_deadline(clock.now())
        said += player.take_output()
    return said, [sentence[9:] for sentence in told]


@pytest.mark.parametrize("scenario", ["one-call", "night-shift"])
@pytest.mark.parametrize(
    ("personality", "commands"),
    [
        ("usr-5637", ["ATE0", "AT+VCID=1"]),
        ("usr-5637", ["ATE0", "AT+VCID=2", "ATS41=1"]),
        ("agere-mt9234", ["ATE0", "AT+VCID=1", "AT+VDR=1,0"]),
        ("conexant-cx81801", ["ATE0", "AT+VCID=2", "AT-STE=3", "AT+FCLASS=8", "AT+VLS=20"]),
        ("si2457", ["ATE0", "AT+VCID=1"]),
    ],
)
def test_a_modem_says_the_same_on_both_lines(scenario: str, personality: str, commands: list[str]) -> None:
    plain, happened = play(scenario, personality, commands, sound=False)
    heard, happened_with_sound = play(scenario, personality, commands, sound=True)
    assert ONLY_HEARD.sub(b"", heard) == ONLY_HEARD.sub(b"", plain)
    assert happened_with_sound == happened
    assert len(plain) > 50


def listen(*, sound: bool) -> list[LineEvent]:
    """What the driver makes of the night shift."""
    clock = ManualClock()
    end = clock.now().mono + NIGHT_S
    player = ScenarioPlayer(
        load_scenario("night-shift"),
        load_personality("conexant-cx81801"),
        clock.now(),
        line=DspExchange(clock.now(), ["01055500001"]).lines[0] if sound else None,
    )
    driver = plugin.open_line("desk", {"port": "sim://here", "idle_class": 8, "hook_proved": True})
    core: LineCore = driver._core  # type: ignore[attr-defined]  # the shell is tested elsewhere
    events = list(core.start(clock.now()))
    while clock.now().mono < end:
        while (said := core.take_output()) or (heard := player.take_output()):
            if said:
                player.receive(said, clock.now())
            else:
                events += core.receive(heard, clock.now())
        due = [at for at in (player.next_deadline(), core.next_deadline()) if at is not None]
        clock.advance(max(0.0, min([*due, end]) - clock.now().mono))
        player.on_deadline(clock.now())
        events += core.on_deadline(clock.now())
    return events


def test_the_driver_understands_the_night_with_sound_as_it_does_without() -> None:
    def sense(events: list[LineEvent]) -> list[object]:
        kept = (RingHeard, CallerIdHeard, CallTaken, CallWithdrawn, DigitsHeard)
        return [
            (type(event).__name__, getattr(event, "number", None), getattr(event, "name", None))
            for event in events
            if isinstance(event, kept)
        ]

    with_sound = sense(listen(sound=True))
    assert with_sound == sense(listen(sound=False))
    assert len(with_sound) > 30
