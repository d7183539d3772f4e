"""The world outside the modem: what the `*` steps of a scenario mean.

Verbs and their parameters are the table `VERBS`; `simulators/README.md` lists the same for people. A list in place of a
value means that one of it is drawn each time the step is played: `rings=[2,3,5]`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dutyphone.errors import TranscriptError
from dutyphone.i18n import _
from dutyphone.lines.transcript import Transcript, World
from dutyphone_simulators.caller_id import Standard, Withheld
from dutyphone_simulators.exchange import CADENCES, CallerIdTime, IncomingCall, Phone
from dutyphone_simulators.modem import Ears
from dutyphone_simulators.uart import LineEnds

Convert = Callable[[Any], Any]

_LARGEST_SHIFT_S = 10 * 365 * 86_400.0


def _text(value: Any) -> str:
    return str(value)


def _digits(value: Any) -> str:
    if not isinstance(value, str | int) or not set(str(value)) <= set("0123456789*#+ABCD"):
        raise ValueError(_("digits, * and # are meant"))
    return str(value)


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("true or false is meant"))  # noqa: TRY004  every wrong value is a ValueError here
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise ValueError(_("seconds are meant, 0 to 86400"))
    return float(value)


def _shift(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_SHIFT_S:
        raise ValueError(_("seconds are meant, forwards or (negative) backwards"))
    return float(value)


def _count(low: int, high: int) -> Convert:
    def convert(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(_("a number from {low} to {high} is meant").format(low=low, high=high))
        return value

    return convert


def _one_of(choices: Mapping[str, Any]) -> Convert:
    def convert(value: Any) -> Any:
        if value not in choices:
            raise ValueError(_("one of these is meant: {names}").format(names=", ".join(choices)))
        return choices[value]

    return convert


_CALLER: dict[str, Convert] = {
    "who": _text,
    "from": _digits,
    "withheld": _one_of({reason.name.lower(): reason for reason in Withheld}),
    "name": _text,
    "called": _digits,
    "redirected_from": _digits,
}
_TELEPHONE: dict[str, Convert] = {"phone": _one_of({phone.value: phone for phone in Phone}), "hook": _yes}
_CALL: dict[str, Convert] = {
    **_CALLER,
    **_TELEPHONE,
    "rings": _count(1, 100),
    "cadence": _one_of({name: name for name in CADENCES}),
    "cid": _one_of({time.value: time for time in CallerIdTime}),
    "standard": _one_of({standard.value: standard for standard in Standard}),
    "intact": _yes,
    "answered": _yes,
    "talk": _seconds,
}

VERBS: Mapping[str, Mapping[str, Convert]] = {
    "caller": _CALLER,  # introduces somebody; `who=` names them in later calls
    "call": _CALL,
    "fax": _CALL,  # a call from a fax machine, answered by one unless it says otherwise
    "lift": _TELEPHONE,
    "dial": {"digits": _digits},
    "hang_up": {},
    "unplug": {},
    "replug": {"after": _seconds},
    "reset": {},
    "deaf": {"to": _one_of({ears.value: ears for ears in Ears})},
    "hear": {},
    "forget": {},
    "echo": {"on": _yes},
    "split": {"every": _count(0, 4096), "gap": _seconds},
    "join": {"hold": _seconds},
    "line_ends": {"left": _one_of({left.value: left for left in LineEnds})},
    "noise": {"bytes": _count(1, 4096)},
    "freeze": {},
    "thaw": {},
    "clock": {"step": _shift},
    "stop": {},
}
"""Every verb with its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One `*` step with its lists drawn and its values checked."""

    verb: str
    values: Mapping[str, Any]
    drawn: World  # the step as it was drawn, to be shown to people


def check_world(transcript: Transcript) -> None:
    """Raise `TranscriptError`, naming the line, if a `*` step cannot be played."""
    introduced: set[str] = set()
    for step, number in zip(transcript.steps, transcript.line_numbers, strict=True):
        if not isinstance(step, World):
            continue
        try:
            _check(step, introduced)
        except ValueError as wrong:
            raise TranscriptError(
                _("{source}, line {number}: {why}.").format(source=transcript.source, number=number, why=wrong),
                advice=_("The verbs and their parameters stand in simulators/README.md."),
            ) from wrong


def draw(step: World, chance: random.Random, callers: Mapping[str, Mapping[str, Any]]) -> Happening:
    """`step`, already checked, with one value drawn from every list and its caller filled in from `callers`."""
    drawn = {name: chance.choice(value) if isinstance(value, list) else value for name, value in step.values.items()}
    if step.verb != "caller" and "who" in drawn:
        drawn = {**callers[drawn["who"]], **drawn}
    values = {name: VERBS[step.verb][name](value) for name, value in drawn.items()}
    return Happening(verb=step.verb, values=values, drawn=World(step.verb, drawn))


def incoming_call(happening: Happening, country: str) -> IncomingCall:
    """The call that a `call` or `fax` step means, with the cadence of `country` unless it names one."""
    values = happening.values
    fax = happening.verb == "fax"
    number = values.get("from")
    return IncomingCall(
        number=number,
        withheld=values.get("withheld", None if number is not None else Withheld.OUT_OF_AREA),
        name=values.get("name"),
        called=values.get("called"),
        redirected_from=values.get("redirected_from"),
        rings=values.get("rings", 2 if fax else 4),
        cadence=values.get("cadence", country),
        caller_id=values.get("cid", CallerIdTime.AFTER_FIRST),
        standard=values.get("standard", Standard.MDMF),
        intact=values.get("intact", True),
        answered=values.get("answered", fax),
        talk_s=values.get("talk", 30.0),
        phone=values.get("phone", Phone.EXTENSION),
        visible=values.get("hook", True),
        fax=fax,
    )


def _check(step: World, introduced: set[str]) -> None:
    parameters = VERBS.get(step.verb)
    if parameters is None:
        raise ValueError(_("{verb!r} is not something that can happen").format(verb=step.verb))
    for name, value in step.values.items():
        if name not in parameters:
            raise ValueError(_("{verb} has no {name!r}").format(verb=step.verb, name=name))
        candidates = value if isinstance(value, list) else [value]
        if not candidates:
            raise ValueError(_("{name}: the list is empty").format(name=name))
        for candidate in candidates:
            try:
                parameters[name](candidate)
            except ValueError as wrong:
                raise ValueError(f"{name}={candidate}: {wrong}") from wrong
            if name == "who" and step.verb == "caller":
                introduced.add(candidate)
            elif name == "who" and candidate not in introduced:
                raise ValueError(_("{name} was not introduced by a caller step").format(name=candidate))
    if "from" in step.values and "withheld" in step.values:
        raise ValueError(_("a number is either sent or withheld"))
    needed = {"dial": "digits", "noise": "bytes", "caller": "who", "clock": "step"}.get(step.verb)
    if needed and needed not in step.values:
        raise ValueError(_("{verb} needs {name!r}").format(verb=step.verb, name=needed))
