"""The modems of an exchange on pseudo-terminals, for programs made for real ones: what the command line calls.

One loop sleeps in `poll` until a program writes, the next thing is due, or it is told to end; a quiet exchange costs
nothing.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from dutyphone.clock import SystemClock
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone_simulators.dsp.bank import QUIET, ModemBank, number_of
from dutyphone_simulators.dsp.library import load_spandsp
from dutyphone_simulators.dsp.line import LineQuality
from dutyphone_simulators.dsp.pace import Pace, pace
from dutyphone_simulators.dsp.ringing import HABITS
from dutyphone_simulators.library import load_scenario
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import DEFAULT_PERSONALITY
from dutyphone_simulators.terminal import PtyTerminal

MOST_MODEMS = 32


def run_dsp_exchange(
    *,
    modems: int = 2,
    country: str = "CN",
    personalities: Sequence[str] = (),
    names: Sequence[str | None] = (),
    scenario: str | Path = "",
    loop: bool = False,
    speed: float = 1.0,
    links: Path | None = None,
    noise_dbm0: float | None = -62.0,
    gain_db: float = -3.0,
    seed: int = 0,
    report: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Run an exchange with `modems` modems, each on a pseudo-terminal, until `stop` is set.

    `personalities` are taken in turn, the default one if empty; `names` go out as caller ID. `scenario` is played on
    the line of the first modem.
    `speed` infinite is flat out. `links` is a folder where ttyDSP1, ttyDSP2 ... lead to the terminals. `report` hears
    where the terminals are, what their numbers are and what happens. Raises `DutyphoneError` if libspandsp is missing,
    an option cannot be used or there are no pseudo-terminals, and `TranscriptError` for a scenario or modem that does
    not exist.
    """
    load_spandsp()
    _check(modems, country, speed)
    kinds = [load_personality(name) for name in personalities or [DEFAULT_PERSONALITY]]
    script = load_scenario(scenario) if scenario else QUIET
    time = pace(SystemClock(), speed)
    bank = ModemBank(
        time.now(),
        [kinds[place % len(kinds)] for place in range(modems)],
        country=country,
        scenario=script,
        loop=loop,
        names=names,
        quality=LineQuality(gain_db=gain_db, noise_dbm0=noise_dbm0),
        seed=seed,
        report=report,
    )
    terminals = [PtyTerminal(None if links is None else links / f"ttyDSP{place + 1}") for place in range(modems)]
    try:
        for place, terminal in enumerate(terminals):
            report(_plugged_in(place, terminal))
        _Loop(bank, terminals, time, report).run(stop)
    finally:
        for terminal in terminals:
            terminal.pull_out()


class _Loop:
    """Carries bytes between the terminals and the bank, and time to both."""

    def __init__(
        self, bank: ModemBank, terminals: Sequence[PtyTerminal], time: Pace, report: Callable[[str], None]
    ) -> None:
        self._bank, self._terminals, self._time, self._report = bank, terminals, time, report

    def run(self, stop: threading.Event) -> None:
        read, write = os.pipe()
        watcher = threading.Thread(target=_forward, args=(stop, write), name="simulated-exchange-stop", daemon=True)
        watcher.start()
        try:
            while not self._bank.stopped and not stop.is_set():
                self._step(read)
        finally:
            stop.set()
            watcher.join()
            os.close(read)
            os.close(write)

    def _step(self, wake: int) -> None:
        told = self._deliver()
        self._follow_cables()
        due = self._bank.next_deadline()
        pause = None if due is None else self._time.pause_s(due, told=told)
        ready = self._wait(wake, pause)
        for place, terminal in enumerate(self._terminals):
            if terminal.descriptor in ready and (data := terminal.read()):
                self._bank.receive(place, data, self._time.now())
        if not ready and due is not None:
            self._time.reach(due)
        self._bank.on_deadline(self._time.now())

    def _deliver(self) -> bool:
        """Write what the modems say; whether that was anything."""
        told = False
        for desk, terminal in zip(self._bank.desks, self._terminals, strict=True):
            if data := desk.take_output():
                terminal.write(data)
                told = True
        return told

    def _follow_cables(self) -> None:
        for place, (desk, terminal) in enumerate(zip(self._bank.desks, self._terminals, strict=True)):
            if desk.plugged and not terminal.plugged:
                self._report(_plugged_in(place, terminal))
            elif not desk.plugged and terminal.plugged:
                terminal.pull_out()
                self._report(_("The cable is out; the terminal is gone."))

    def _wait(self, wake: int, pause_s: float | None) -> set[int]:
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        for desk, terminal in zip(self._bank.desks, self._terminals, strict=True):
            if terminal.descriptor is not None and not desk.full:
                poll.register(terminal.descriptor, select.POLLIN)
        return {descriptor for descriptor, _events in poll.poll(None if pause_s is None else 1000 * pause_s)}


def _plugged_in(place: int, terminal: PtyTerminal) -> str:
    """Open `terminal`; the number of its modem and where it is."""
    return f"{number_of(place)}: {terminal.plug_in()}"


def _forward(stop: threading.Event, descriptor: int) -> None:
    """Turn an event into a byte, which a poll can wait for."""
    stop.wait()
    os.write(descriptor, b"x")


def _check(modems: int, country: str, speed: float) -> None:
    if not 1 <= modems <= MOST_MODEMS:
        raise DutyphoneError(
            _("An exchange of {modems} modems is not possible.").format(modems=modems),
            advice=_("Choose 1 to {most}.").format(most=MOST_MODEMS),
        )
    if country not in HABITS:
        raise DutyphoneError(
            _("There is no exchange for the country {country!r}.").format(country=country),
            advice=_("Known ones: {names}.").format(names=", ".join(HABITS)),
        )
    if not speed > 0:
        raise DutyphoneError(
            _("Time cannot go {speed:g} times as fast.").format(speed=speed),
            advice=_("Choose a number greater than 0, or inf for as fast as the machine can."),
        )
