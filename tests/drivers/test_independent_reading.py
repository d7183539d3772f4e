"""The simulators read the standards on their own; what they print must be understood without a word between us."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import resources

from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_simulators.testkit import listen

from dutyphone.lines.events import CallerIdHeard, CallWithdrawn, RingHeard, WireNoise
from dutyphone.lines.transcript import parse_transcript

MakeCore = Callable[[Mapping[str, str]], ModemCore]

_LETTER = {RingHeard: "r", CallerIdHeard: "c", CallWithdrawn: "w"}


def test_every_dialect_of_the_simulator(make_core: MakeCore) -> None:
    scenario = resources.files("dutyphone_simulators") / "scenarios" / "every-dialect.txt"
    events = listen(make_core({}), parse_transcript(scenario.read_text("utf-8"))).events
    heard = [event for event in events if isinstance(event, CallerIdHeard)]
    numbers = [event.number.replace("-", "")[-4:] for event in heard if event.number and event.number != "5550153"]
    assert numbers == [f"{number}" for number in range(1501, 1533)]
    assert [event.wire for event in events if isinstance(event, WireNoise)] == []
    calls = "".join(_LETTER.get(type(event), "") for event in events)
    assert re.fullmatch(r"(c?r+c?r*w)+", calls), "every call rings, has at most one caller ID, and ends"
    assert calls.count("w") == len(heard), "one call a dialect"
