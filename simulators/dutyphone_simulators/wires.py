"""Where simulated lines meet real programs: what the command line calls.

`sim://` addresses are in `dutyphone_simulators.urls`; they need no pseudo-terminal and work everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from dutyphone.clock import SystemClock
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone_simulators.clock import FastClock
from dutyphone_simulators.library import ScenarioInfo, list_scenarios, load_scenario
from dutyphone_simulators.personality import list_personalities, load_personality
from dutyphone_simulators.player import DEFAULT_PERSONALITY, ScenarioPlayer

__all__ = ["ScenarioInfo", "list_personalities", "list_scenarios", "load_scenario", "run_pty_modem"]


def run_pty_modem(
    scenario: str | Path,
    *,
    personality: str = "",
    speed: float = 1.0,
    link: Path | None = None,
    loop: bool = False,
    seed: int = 0,
    report: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Serve a simulated modem on a pseudo-terminal until `stop` is set; a `* stop` step in the scenario sets it.

    `personality` "" is what the scenario asks for. `report` hears where the terminal is and what happens on the line,
    from another thread. Raises `TranscriptError` for a scenario or modem that does not exist, `DutyphoneError` where
    there are no pseudo-terminals.
    """
    transcript = load_scenario(scenario)
    modem_is = load_personality(personality or transcript.headings.get("personality", DEFAULT_PERSONALITY))
    try:
        from dutyphone_simulators.pty_modem import PtyModem
    except ImportError as missing:
        raise DutyphoneError(
            _("This system has no pseudo-terminals."),
            advice=_("Use an address such as sim://night-shift as the port instead."),
            evidence=str(missing),
        ) from missing

    clock = FastClock(SystemClock(), speed)
    player = ScenarioPlayer(transcript, modem_is, clock.now(), seed=seed, loop=loop, report=report)
    modem = PtyModem(player, clock, link=link, report=report, ended=stop.set)
    modem.start()
    try:
        stop.wait()
    finally:
        modem.stop()
