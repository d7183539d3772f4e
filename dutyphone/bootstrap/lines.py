"""The lines of a desk: those that are configured, or the simulated one of a drill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone.clock import Clock, SystemClock
from dutyphone.config import LineSettings, Settings, option_error
from dutyphone.errors import ConfigError, LineGone, OptionError
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone_simulators.address import SimAddress

    from dutyphone.lines.driver import Driver
    from dutyphone.recorder.service import LinePlan

DRILL_LINE = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A simulated line instead of the configured ones. `speed` is how many times faster than life it goes."""

    scenario: str
    speed: float = 1.0
    personality: str = ""

    def clock(self) -> Clock:
        """The clock of its line: as fast, and set by its scenario. An exchange goes by the real one."""
        if self.sip:
            return SystemClock()
        from dutyphone_simulators.urls.protocol_sim import clock_at

        return clock_at(self._address())

    @contextmanager
    def playing(self) -> Iterator[dict[str, LineSettings]]:
        """The one line of the drill. The exchange that a SIP line registers at is there as long as this lasts."""
        if self.sip:
            from dutyphone_simulators.sip.drill import sip_drill

            with sip_drill(self.scenario, speed=self.speed) as options:
                yield {DRILL_LINE: LineSettings(driver="sip_account", title=_("Duty telephone"), of_driver=options)}
            return
        port = str(self._address())
        line = LineSettings(driver="serial_modem", title=_("Duty telephone"), of_driver={"port": port, "idle_class": 8})
        yield {DRILL_LINE: line}

    @property
    def sip(self) -> bool:
        """Whether the line is an account at a simulated exchange, not a modem."""
        from dutyphone_simulators.sip.script import is_sip_scenario

        return is_sip_scenario(self.scenario)

    def _address(self) -> SimAddress:
        from dutyphone_simulators.address import SimAddress

        return SimAddress(
            scenario=self.scenario, personality=self.personality, speed=self.speed, loop=True, line_timeouts=True
        )


def plan_lines(lines: Mapping[str, LineSettings], config_path: Path | None) -> list[LinePlan]:
    """Every enabled line with its driver, not running yet. Raises `ConfigError`, `UnknownDriver`."""
    from dutyphone.recorder.service import LinePlan

    return [
        LinePlan(
            line=name,
            title=line.title or name,
            driver_name=line.driver,
            port=str(line.options().get("port", "")),
            driver=_driver(name, line, config_path),
        )
        for name, line in lines.items()
        if line.enabled
    ]


def check_lines(settings: Settings, *, config_path: Path | None, may_be_empty: bool = False) -> list[LinePlan]:
    """The configured lines, checked but not opened. Raises `ConfigError` if one is wrong or there is none."""
    plans = plan_lines(settings.lines, config_path)
    if not plans and not may_be_empty:
        raise ConfigError(
            _("No line is configured."),
            path=config_path,
            expected=_(
                "a table [lines.desk]; `dutyphone config init` writes one, `--simulate night-shift` does without"
            ),
        )
    return plans


def check_scenario(scenario: str) -> None:
    """Raises `TranscriptError` if there is no such scenario or it cannot be read."""
    from dutyphone_simulators.library import load_scenario
    from dutyphone_simulators.sip.script import is_sip_scenario, load_sip_scenario

    if is_sip_scenario(scenario):
        load_sip_scenario(scenario)
    else:
        load_scenario(scenario)


def try_lines(settings: Settings, *, config_path: Path | None) -> Iterator[tuple[str, LineGone | None]]:
    """Open each line once; what went wrong with it, or None."""
    from dutyphone.recorder.trial import try_driver

    install_simulated_ports()
    for plan in check_lines(settings, config_path=config_path):
        yield plan.line, try_driver(plan.line, plan.driver, SystemClock())


def install_simulated_ports() -> None:
    """Let `port = "sim://night-shift"` be opened like any port."""
    from dutyphone_simulators.urls import install

    install()


def _driver(name: str, line: LineSettings, config_path: Path | None) -> Driver:
    from dutyphone.plugins import load_driver

    plugin = load_driver(line.driver)
    try:
        return plugin.open_line(name, line.options())
    except OptionError as wrong:
        raise option_error(config_path, name, wrong.option, wrong.message, wrong.expected) from wrong
