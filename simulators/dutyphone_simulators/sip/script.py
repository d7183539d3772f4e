"""Scenarios for an exchange: what the `*` steps of a transcript mean on a SIP line.

The verbs of the modem's scenarios mean the same here, as far as there is something that they can mean; what only a
modem shows (cadence, when caller ID comes) is taken and changes nothing. `simulators/README.md` lists all for people.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from dutyphone.i18n import _
from dutyphone.lines.transcript import FromDevice, Passes, Transcript, World, parse_transcript, render_step
from dutyphone_simulators.library import MODEM_SHELF, ScenarioInfo, Shelf, list_scenarios, load_scenario, scenario_names
from dutyphone_simulators.sip.bodies import BodyForm
from dutyphone_simulators.sip.core import SipExchange
from dutyphone_simulators.sip.damage import Damage
from dutyphone_simulators.sip.identity import Caller, IdentityForm
from dutyphone_simulators.sip.messages import Style
from dutyphone_simulators.sip.network import Weather
from dutyphone_simulators.sip.registrar import Binding
from dutyphone_simulators.sip.settings import CallScript, FarEnd, ReasonForm
from dutyphone_simulators.values import Convert, count, digits, one_of, seconds, share, text, yes
from dutyphone_simulators.world import VERBS as MODEM_VERBS
from dutyphone_simulators.world import Happening, Verbs, draw

CYCLE_S = 5.0  # one ring in China: one second on, four off (YD/T 729)
GIVES_UP_AFTER_S = 4.0  # within the last cycle, as on an analog line
LIFTED_AFTER_S = 1.5
JITTER = 0.25
"""From the second time through, waits are up to this part shorter or longer."""

STYLES: Mapping[str, Style] = {
    "plain": Style(),
    "compact": Style(compact=True),
    "folded": Style(folded=True),
    "shouted": Style(shouted=True),
    "spaced": Style(spaced=True),
    "joined": Style(joined=True),
    "without_length": Style(content_length=False),
}

_WITHHELD = {"private": IdentityForm.ANONYMOUS, "out_of_area": IdentityForm.UNAVAILABLE}
_CALLER: dict[str, Convert] = {
    **MODEM_VERBS["caller"],
    "withheld": one_of(_WITHHELD),
    "form": one_of({form.value: form for form in IdentityForm}),
    "history": yes,
}
_CALL: dict[str, Convert] = {
    **MODEM_VERBS["call"],
    **_CALLER,
    "to": text,
    "gives_up": seconds,
    "answers": seconds,
    "refuses": seconds,
    "caller_hangs_up": yes,
    "body": one_of({form.value: form for form in BodyForm}),
    "reason": one_of({form.value: form for form in ReasonForm}),
    "style": one_of(STYLES),
    "merged": yes,
    "session": count(1, 86_400),
    "hold": seconds,
}

VERBS: Verbs = {
    "caller": _CALLER,
    "call": _CALL,
    "fax": _CALL,
    "lift": MODEM_VERBS["lift"],
    "dial": MODEM_VERBS["dial"],
    "hang_up": {},
    "desk_calls": {"number": digits, "gives_up": seconds, "talk": seconds},
    "far_end": {"number": digits, "after": seconds, "status": count(200, 699), "early": yes, "talk": seconds},
    "unplug": {},
    "replug": {"after": seconds},
    "outage": {"seconds": seconds, "restart": yes, "shut": yes},
    "reset": {},
    "forget": {},
    "deaf": MODEM_VERBS["deaf"],
    "hear": {},
    "weather": {
        "loss": share,
        "duplicate": share,
        "reorder": share,
        "corrupt": share,
        "delay": seconds,
        "jitter": seconds,
    },
    "noise": MODEM_VERBS["noise"],
    "malformed": {"kind": one_of({kind.value: kind for kind in Damage})},
    "stranger": {"from": digits},
    "scan": {},
    "stop": {},
}
"""Every verb with its parameters."""

SIP_SHELF = Shelf(package="dutyphone_simulators.sip", verbs=VERBS)


def list_sip_scenarios() -> list[ScenarioInfo]:
    """The scenarios made for an exchange."""
    return list_scenarios(SIP_SHELF)


def is_sip_scenario(scenario: str) -> bool:
    """Whether `scenario` is meant for an exchange: the name of such a one, or a file with the heading `line: sip`."""
    if scenario in scenario_names(SIP_SHELF):
        return True
    try:
        text = Path(scenario).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return parse_transcript(text, source=scenario).headings.get("line", "").strip() == "sip"


def load_sip_scenario(scenario: str | Path) -> Transcript:
    """The scenario of that name, one of the modem's if it can be played here, or the file of that path."""
    if scenario in scenario_names(MODEM_SHELF):
        return load_scenario(scenario, replace(MODEM_SHELF, verbs=VERBS))
    return load_scenario(scenario, SIP_SHELF)


class SipScenario:
    """Plays a transcript on an exchange, by the exchange's own agenda, from `begin` on.

    What people do (waiting, ringing, talking) goes `speed` times as fast; the timers of the protocol do not. `report`
    hears in words what happens, `ended` that a `* stop` was reached.
    """

    def __init__(
        self,
        exchange: SipExchange,
        transcript: Transcript,
        *,
        speed: float = 1.0,
        seed: int = 0,
        loop: bool = False,
        report: Callable[[str], None] = lambda _sentence: None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.finished = False
        self._exchange, self._transcript, self._speed = exchange, transcript, speed
        self._seed, self._loop, self._report, self._ended = seed, loop, report, ended
        self._callers: dict[str, Mapping[str, Any]] = {}
        self._place = self._round = 0
        self._chance = self._dice()

    def begin(self) -> None:
        """Play the first step now."""
        self._exchange.agenda.after(0.0, self._go_on)

    def begin_when_registered(self) -> None:
        """Play the first step as soon as a telephone is registered."""
        registrar = self._exchange.registrar
        told_before = registrar.on_change

        def changed(binding: Binding, there: bool) -> None:
            told_before(binding, there)
            if there and self._place == self._round == 0:
                registrar.on_change = told_before
                self.begin()

        registrar.on_change = changed

    def happen(self, step: World) -> None:
        """Let something happen that may not stand in the transcript; it was checked."""
        happening = draw(step, self._chance, self._callers, VERBS)
        if step.verb != "caller":
            self._report(render_step(happening.drawn))
        self._WORLD[step.verb](self, happening)

    def _go_on(self) -> None:
        steps = self._transcript.steps
        while not self.finished:
            if self._place == len(steps):
                if not self._loop:
                    self.finished = True
                    self._report(_("End of the scenario; the line stays quiet."))
                    return
                self._place, self._round = 0, self._round + 1
                self._chance = self._dice()
            step = steps[self._place]
            self._place += 1
            match step:
                case Passes(wait):
                    self._exchange.agenda.after(self._pace(wait) * self._stretch(), self._go_on)
                    return
                case FromDevice(data):
                    self._exchange.raw(data)
                case World():
                    self.happen(step)

    def _pace(self, wait: float) -> float:
        return wait / self._speed

    def _paced(self, wait: float | None) -> float | None:
        return None if wait is None else self._pace(wait)

    def _stretch(self) -> float:
        return 1.0 if self._round == 0 else self._chance.uniform(1 - JITTER, 1 + JITTER)

    def _dice(self) -> random.Random:
        return random.Random(f"{self._seed}/{self._round}")  # noqa: S311  a drill, not a secret

    # --- verbs ---------------------------------------------------------------------------------------------------

    def _meet(self, happening: Happening) -> None:
        values = {name: value for name, value in happening.drawn.values.items() if name != "who"}
        self._callers[happening.values["who"]] = values

    def _call(self, happening: Happening) -> None:
        self._exchange.call(happening.values.get("to", ""), self._script(happening))

    def _script(self, happening: Happening) -> CallScript:
        values = happening.values
        fax = happening.verb == "fax"
        rings = values.get("rings", 2 if fax else 4)
        answered = values.get("answered", fax or "answers" in values)
        begun = (rings - 1) * CYCLE_S
        return CallScript(
            caller=_caller(values),
            called=values.get("called", ""),
            gives_up_s=None if answered else self._pace(values.get("gives_up", begun + GIVES_UP_AFTER_S)),
            desk_answers_s=self._pace(values.get("answers", begun + LIFTED_AFTER_S)) if answered else None,
            desk_refuses_s=self._paced(values.get("refuses")),
            talk_s=self._pace(values.get("talk", 30.0)),
            caller_hangs_up=values.get("caller_hangs_up", True),
            body=values.get("body", BodyForm.PLAIN),
            style=values.get("style", Style()),
            reason=values.get("reason"),
            merged=values.get("merged", False),
            session_expires_s=values.get("session"),
            hold_s=self._paced(values.get("hold")),
        )

    def _lift(self, _happening: Happening) -> None:
        self._exchange.desk_lifts()

    def _dial(self, happening: Happening) -> None:
        self._exchange.desk_calls(happening.values["digits"])

    def _hang_up(self, _happening: Happening) -> None:
        self._exchange.desk_hangs_up()

    def _desk_calls(self, happening: Happening) -> None:
        values = happening.values
        self._exchange.desk_calls(
            values["number"], gives_up_s=self._paced(values.get("gives_up")), talk_s=self._paced(values.get("talk"))
        )

    def _far_end(self, happening: Happening) -> None:
        values = happening.values
        self._exchange.far_ends[values["number"]] = FarEnd(
            rings_s=self._pace(values.get("after", 2 * CYCLE_S)),
            status=values.get("status", 200),
            early_media=values.get("early", False),
            talk_s=self._paced(values.get("talk")),
        )

    def _unplug(self, _happening: Happening) -> None:
        self._exchange.outage(None)

    def _replug(self, happening: Happening) -> None:
        self._exchange.agenda.after(self._pace(happening.values.get("after", 0.0)), self._exchange.recover)

    def _outage(self, happening: Happening) -> None:
        values = happening.values
        self._exchange.outage(
            self._pace(values.get("seconds", 10.0)),
            restart=values.get("restart", False),
            shut=values.get("shut", False),
        )

    def _restart(self, _happening: Happening) -> None:
        self._exchange.outage(0.0, restart=True)

    def _forget(self, _happening: Happening) -> None:
        self._exchange.registrar.forget()

    def _hear(self, _happening: Happening) -> None:
        self._exchange.recover()

    def _weather(self, happening: Happening) -> None:
        names = {"delay": "delay_s", "jitter": "jitter_s"}
        self._exchange.set_weather(
            Weather(**{names.get(name, name): value for name, value in happening.values.items()})
        )

    def _noise(self, happening: Happening) -> None:
        self._exchange.raw(self._chance.randbytes(happening.values["bytes"]))

    def _malformed(self, happening: Happening) -> None:
        kind = happening.values.get("kind") or self._chance.choice(list(Damage))
        self._exchange.malformed(kind)

    def _stranger(self, happening: Happening) -> None:
        for binding in self._exchange.all_bindings():
            number = happening.values.get("from", "01055509999")
            self._exchange.stranger_calls(binding.channel.remote, binding.account, number)

    def _scan(self, _happening: Happening) -> None:
        for binding in self._exchange.all_bindings():
            self._exchange.scan(binding.channel.remote)

    def _stop(self, _happening: Happening) -> None:
        self.finished = True
        self._ended()

    _WORLD: ClassVar[Mapping[str, Callable[[SipScenario, Happening], None]]] = {
        "caller": _meet,
        "call": _call,
        "fax": _call,
        "lift": _lift,
        "dial": _dial,
        "hang_up": _hang_up,
        "desk_calls": _desk_calls,
        "far_end": _far_end,
        "unplug": _unplug,
        "replug": _replug,
        "outage": _outage,
        "reset": _restart,
        "forget": _forget,
        "deaf": _unplug,
        "hear": _hear,
        "weather": _weather,
        "noise": _noise,
        "malformed": _malformed,
        "stranger": _stranger,
        "scan": _scan,
        "stop": _stop,
    }


def _caller(values: Mapping[str, Any]) -> Caller:
    number = values.get("from")
    nobody = values.get("withheld", IdentityForm.UNAVAILABLE) if number is None else None
    cid = values.get("cid")
    if cid is not None and cid.value == "none":
        nobody = IdentityForm.UNAVAILABLE
    return Caller(
        number=number or "anonymous",
        name="" if nobody else values.get("name", ""),
        form=nobody or values.get("form", IdentityForm.FROM),
        diverted_from=values.get("redirected_from", ""),
        history=values.get("history", False),
    )
