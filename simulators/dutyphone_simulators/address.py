"""The address of a simulated line, `sim://night-shift?speed=4&personality=usr-5637&loop=1&seed=7`.

A bare name is a packaged scenario, anything with a slash a file: `sim:///home/duty/case.txt`, `sim://./case.txt`.
`timeouts=line` counts the timeouts of reads on the clock of the line, for a program whose own clock is as fast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from dutyphone.errors import TranscriptError
from dutyphone.i18n import _

SCHEME = "sim"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimAddress:
    """What is simulated and how. `personality` "" leaves the choice of the modem to the scenario.

    `line_timeouts`: a read that waits 5 s waits 5 s of the line's time.
    """

    scenario: str
    personality: str = ""
    speed: float = 1.0
    loop: bool = False
    seed: int = 0
    line_timeouts: bool = False

    def __str__(self) -> str:
        options: dict[str, object] = {}
        if self.personality:
            options["personality"] = self.personality
        if self.speed != 1.0:
            options["speed"] = f"{self.speed:g}"
        if self.loop:
            options["loop"] = 1
        if self.seed:
            options["seed"] = self.seed
        if self.line_timeouts:
            options["timeouts"] = "line"
        return f"{SCHEME}://{quote(self.scenario)}" + (f"?{urlencode(options)}" if options else "")


def parse_address(url: str) -> SimAddress:
    """The address in `url`. Raises `TranscriptError` if it is not one."""
    parts = urlsplit(url)
    scenario = unquote(parts.netloc + parts.path)
    if parts.scheme != SCHEME or not scenario:
        raise _wrong(url)
    known: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in ("personality", "speed", "loop", "seed", "timeouts"):
            raise _wrong(url)
        known[name] = value
    try:
        speed = float(known.get("speed", "1"))
        seed = int(known.get("seed", "0"))
    except ValueError as wrong:
        raise _wrong(url) from wrong
    if not (math.isfinite(speed) and speed > 0) or known.get("loop", "0") not in ("0", "1"):
        raise _wrong(url)
    if known.get("timeouts", "line") != "line":
        raise _wrong(url)
    return SimAddress(
        scenario=scenario,
        personality=known.get("personality", ""),
        speed=speed,
        loop=known.get("loop", "0") == "1",
        seed=seed,
        line_timeouts="timeouts" in known,
    )


def _wrong(url: str) -> TranscriptError:
    return TranscriptError(
        _("{url} is not the address of a simulated line.").format(url=url),
        advice=_("Expected: {example}.").format(
            example="sim://night-shift?speed=4&personality=conexant-cx81801&loop=1&seed=7"
        ),
    )
