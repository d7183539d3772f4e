"""Plays a transcript: a whole simulated line, modem and world, in one pure object.

Two kinds of files are played. In a *scenario* the world happens (`*`) and the simulated modem answers by itself. In a
*capture* (a file with `>` steps) the device says what it said then: `<` bytes come at their times, `>` waits until the
computer has sent those bytes, and the modem itself is silent. The heading `answers: modem` or `answers: script` decides
where that guess is wrong. `!` steps are for tests and mean nothing here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from dutyphone.clock import Moment
from dutyphone.errors import TranscriptError
from dutyphone.i18n import N_, _
from dutyphone.lines.transcript import (
    Expect,
    FromDevice,
    Passes,
    Step,
    ToDevice,
    Transcript,
    WallClock,
    World,
    escape,
    render_step,
)
from dutyphone_simulators.exchange import CADENCES, CN_TIME, Exchange, Phone, SignalKind, TelephoneLine, Timed
from dutyphone_simulators.modem import Ears, SimulatedModem
from dutyphone_simulators.personality import Personality
from dutyphone_simulators.uart import LineEnds
from dutyphone_simulators.world import Happening, check_world, draw, incoming_call

DEFAULT_PERSONALITY = "usr-5637"
JITTER = 0.25
"""From the second time through, waits are up to this part shorter or longer, so that no two nights are alike."""

HEARD_LIMIT = 4096
"""Bytes from the computer that are kept for a `>` step to be found in."""

LATE_BY_S = 1.0
"""Default hold of `join`: a converter that hands over once a second what has come."""

SLOW_GAP_S = 0.02
"""Default pause of `split`: about what one byte takes at 600 bit/s."""


class ScenarioPlayer:
    """One simulated line, from `start` on. Times are those of the clock that the moments come from.

    `personality` is what the modem is if the transcript does not say `personality:` in its headings; `loop` plays the
    transcript again and again, drawing anew each time from `seed`. `report` hears in words what happens. `line` is the
    pair of wires on which it is played, a line of its own without sound unless given; `modem` the modem on it, one with
    `personality` unless given. `step_clock` hears by how many seconds somebody sets the computer's clock.
    """

    def __init__(
        self,
        transcript: Transcript,
        personality: Personality,
        start: Moment,
        *,
        seed: int = 0,
        loop: bool = False,
        report: Callable[[str], None] = lambda _sentence: None,
        line: TelephoneLine | None = None,
        modem: SimulatedModem | None = None,
        step_clock: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        check_world(transcript)
        self._country = _country(transcript)
        self._scripted = _scripted(transcript)
        if loop and not any(isinstance(step, Passes) and step.seconds > 0 for step in transcript.steps):
            raise TranscriptError(
                _("{source} takes no time and cannot be played in a loop.").format(source=transcript.source),
                advice=_("Let time pass with a step such as @ +10."),
            )
        self._transcript = transcript
        self._report = report
        self._step_clock = step_clock
        self._start = start
        self._seed, self._loop = seed, loop
        self._modem = modem or SimulatedModem(personality, line or Exchange(CN_TIME))
        self._place = 0
        self._round = 0
        self._chance = self._dice()
        self._callers: dict[str, Mapping[str, Any]] = {}
        self._due: float | None = start.mono  # when the next step is played; None while waiting or at the end
        self._replug_at: float | None = None
        self._wanted: bytes = b""  # what a `>` step waits for
        self._heard = bytearray()
        self._wall = timedelta(0)  # how far the scenario's wall clock is from the one at the start
        self.plugged = True
        self.frozen = False  # whoever reads or writes the port waits until it is not
        self.stopped = False
        self.on_deadline(start)

    @property
    def finished(self) -> bool:
        """Whether every step has been played."""
        return self.stopped or (self._due is None and not self._wanted)

    def receive(self, data: bytes, now: Moment) -> None:
        """The computer wrote `data`. Without a cable nobody hears it."""
        self.on_deadline(now)
        if not self.plugged:
            return
        self._heard += data
        del self._heard[:-HEARD_LIMIT]
        if not self._scripted:
            self._tell(self._modem.receive(data, now), now)
        self._look_for_wanted(now)
        self.on_deadline(now)

    @property
    def full(self) -> bool:
        """Whether the computer is to wait before it says more, as flow control makes it."""
        return self._modem.full

    def take_output(self) -> bytes:
        """What the device has sent; taken away."""
        return self._modem.take_output()

    def next_deadline(self) -> float | None:
        """The `mono` second at which something happens by itself; None if nothing will."""
        times = (self._due, self._replug_at, self._modem.next_deadline())
        return min((at for at in times if at is not None), default=None)

    def on_deadline(self, now: Moment) -> None:
        """Let everything happen that was due by now, each at its own time, however late this is called."""
        while not self.stopped:
            times = [at for at in (self._due, self._replug_at) if at is not None and at <= now.mono]
            if not times:
                break
            then = now.plus(min(times) - now.mono)
            self._tell(self._modem.on_deadline(then), then)
            if self._replug_at is not None and self._replug_at <= then.mono:
                self._replug(then)
            else:
                self._play_next(then)
        self._tell(self._modem.on_deadline(now), now)

    def terminal_gone(self, now: Moment) -> None:
        """The computer has closed the port."""
        self.on_deadline(now)
        self._heard.clear()
        self._modem.terminal_gone(now)

    def happen(self, step: World | FromDevice, now: Moment) -> None:
        """Let something happen that is not in the transcript. Raises `TranscriptError` if it cannot."""
        check_world(Transcript({}, (step,), (0,), self._transcript.source))
        self.on_deadline(now)
        self._play(step, now)
        self.on_deadline(now)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _play_next(self, now: Moment) -> None:
        if self._place == len(self._transcript.steps):
            self._end_of_file(now)
            return
        step = self._transcript.steps[self._place]
        self._place += 1
        self._play(step, now)

    def _play(self, step: Step, now: Moment) -> None:
        match step:
            case Passes(seconds):
                self._due = now.mono + seconds * self._stretch()
            case WallClock(at):
                self._wall += at - self._outside(now)
            case FromDevice(data):
                if self.plugged:
                    self._modem.inject(data, now)
            case ToDevice(data):
                self._wanted, self._due = data, None
                self._look_for_wanted(now)
            case World():
                happening = draw(step, self._chance, self._callers)
                if step.verb != "caller":
                    self._say(render_step(happening.drawn), now)
                self._WORLD[step.verb](self, happening, now)
                self._tell(self._modem.on_deadline(now), now)
            case Expect():
                pass

    def _end_of_file(self, now: Moment) -> None:
        if not self._loop:
            self._due = None
            self._say(_("End of the scenario; the line stays quiet."), now)
            return
        self._place = 0
        self._round += 1
        self._chance = self._dice()

    def _dice(self) -> random.Random:
        return random.Random(f"{self._seed}/{self._round}")  # noqa: S311  a drill, not a secret

    def _stretch(self) -> float:
        return 1.0 if self._round == 0 else self._chance.uniform(1 - JITTER, 1 + JITTER)

    def _look_for_wanted(self, now: Moment) -> None:
        if not self._wanted or (at := self._heard.find(self._wanted)) < 0:
            return
        if at:
            self._say(_("The computer also sent {data}.").format(data=escape(bytes(self._heard[:at]))), now)
        del self._heard[: at + len(self._wanted)]
        self._wanted, self._due = b"", now.mono

    # --- the world -----------------------------------------------------------------------------------------------

    def _meet(self, happening: Happening, _now: Moment) -> None:
        values = {name: value for name, value in happening.drawn.values.items() if name != "who"}
        self._callers[happening.values["who"]] = values

    def _call(self, happening: Happening, now: Moment) -> None:
        stamped = Moment(now.mono, self._outside(now))
        self._modem.exchange.place(incoming_call(happening, self._country), stamped)

    def _lift(self, happening: Happening, now: Moment) -> None:
        values = happening.values
        phone = values.get("phone", Phone.EXTENSION)
        self._modem.exchange.lift(now.mono, phone, visible=values.get("hook", True))

    def _dial(self, happening: Happening, now: Moment) -> None:
        self._modem.exchange.dial(happening.values["digits"], now.mono)

    def _hang_up(self, _happening: Happening, now: Moment) -> None:
        self._modem.exchange.hang_up(now.mono)

    def _unplug(self, _happening: Happening, _now: Moment) -> None:
        self.plugged = False
        self._replug_at = None
        self._heard.clear()
        self._modem.power_off()

    def _plug_in(self, happening: Happening, now: Moment) -> None:
        self._replug_at = now.mono + happening.values.get("after", 0.0)

    def _replug(self, _now: Moment) -> None:
        self._replug_at = None
        if not self.plugged:
            self.plugged = True
            self._modem.power_on()

    def _reset(self, _happening: Happening, _now: Moment) -> None:
        if self.plugged:
            self._modem.power_on(forget=True)

    def _deaf(self, happening: Happening, _now: Moment) -> None:
        self._modem.go_deaf(happening.values.get("to", Ears.BOTH))

    def _hear(self, _happening: Happening, _now: Moment) -> None:
        self._modem.hear()

    def _split(self, happening: Happening, _now: Moment) -> None:
        self._modem.split(happening.values.get("every", 1), happening.values.get("gap", SLOW_GAP_S))

    def _forget(self, _happening: Happening, _now: Moment) -> None:
        self._modem.forget_caller_id()

    def _echo(self, happening: Happening, _now: Moment) -> None:
        self._modem.echo(on=happening.values.get("on", True))

    def _join(self, happening: Happening, _now: Moment) -> None:
        self._modem.join(happening.values.get("hold", LATE_BY_S))

    def _lose_line_ends(self, happening: Happening, _now: Moment) -> None:
        self._modem.lose_line_ends(happening.values.get("left", LineEnds.NONE))

    def _freeze(self, _happening: Happening, _now: Moment) -> None:
        self.frozen = True

    def _thaw(self, _happening: Happening, _now: Moment) -> None:
        self.frozen = False

    def _set_clock(self, happening: Happening, _now: Moment) -> None:
        self._step_clock(happening.values["step"])

    def _noise(self, happening: Happening, now: Moment) -> None:
        self._modem.inject(self._chance.randbytes(happening.values["bytes"]), now)

    def _stop(self, _happening: Happening, _now: Moment) -> None:
        self.stopped = True
        self._due = None

    _WORLD: ClassVar[Mapping[str, Callable[[ScenarioPlayer, Happening, Moment], None]]] = {
        "caller": _meet,
        "call": _call,
        "fax": _call,
        "lift": _lift,
        "dial": _dial,
        "hang_up": _hang_up,
        "unplug": _unplug,
        "replug": _plug_in,
        "reset": _reset,
        "deaf": _deaf,
        "hear": _hear,
        "forget": _forget,
        "echo": _echo,
        "split": _split,
        "join": _join,
        "line_ends": _lose_line_ends,
        "noise": _noise,
        "freeze": _freeze,
        "thaw": _thaw,
        "clock": _set_clock,
        "stop": _stop,
    }

    # --- telling -------------------------------------------------------------------------------------------------

    def _tell(self, happened: Sequence[Timed], now: Moment) -> None:
        for timed in happened:
            if sentence := _TOLD.get(timed.signal.kind):
                self._say(_(sentence), now.plus(timed.at - now.mono))

    def _say(self, sentence: str, now: Moment) -> None:
        self._report(f"{self._outside(now).astimezone(CN_TIME):%H:%M:%S} {sentence}")

    def _outside(self, now: Moment) -> datetime:
        """The time by the clocks outside, which nobody sets with the computer's."""
        return self._start.utc + timedelta(seconds=now.since(self._start)) + self._wall


_TOLD = {
    SignalKind.LIFTED: N_("The handset is lifted."),
    SignalKind.REPLACED: N_("The handset is put back."),
    SignalKind.GAVE_UP: N_("The caller has given up."),
    SignalKind.ENGAGED: N_("The line was engaged; the caller heard the busy tone and nothing is on the line."),
    SignalKind.TRANSFERRED: N_("The exchange transferred the call; nothing is on the line."),
}


def _country(transcript: Transcript) -> str:
    country = transcript.headings.get("country", "CN").strip()
    if country not in CADENCES:
        raise TranscriptError(
            _("{source}: no ringing cadence is known for {name!r}.").format(source=transcript.source, name=country),
            advice=_("Known ones: {names}.").format(names=", ".join(CADENCES)),
        )
    return country


def _scripted(transcript: Transcript) -> bool:
    """Whether the file itself holds the device's answers."""
    answers = transcript.headings.get("answers", "").strip()
    if answers not in ("", "modem", "script"):
        raise TranscriptError(
            _("{source}: answers come from the modem or from the script, not from {name!r}.").format(
                source=transcript.source, name=answers
            ),
            advice=_("Write the heading # answers: modem or # answers: script."),
        )
    if answers:
        return answers == "script"
    return any(isinstance(step, ToDevice) for step in transcript.steps)
