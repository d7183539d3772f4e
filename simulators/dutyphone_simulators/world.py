"""The world outside the modem: what the `*` steps of a scenario mean.

Verbs and their parameters are the table `VERBS`; `simulators/README.md` lists the same for people. A list in place of a
value means that one of it is drawn each time the step is played: `rings=[2,3,5]`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dutyphone.errors import TranscriptError
from dutyphone.i18n import _
from dutyphone.lines.transcript import Transcript, World
from dutyphone_simulators.caller_id import Standard, Withheld
from dutyphone_simulators.exchange import CADENCES, CallerIdTime, IncomingCall, Phone
from dutyphone_simulators.modem import Ears
from dutyphone_simulators.uart import LineEnds
from dutyphone_simulators.values import Convert, count, digits, one_of, seconds, shift, text, yes

_CALLER: dict[str, Convert] = {
    "who": text,
    "from": digits,
    "withheld": one_of({reason.name.lower(): reason for reason in Withheld}),
    "name": text,
    "called": digits,
    "redirected_from": digits,
}
_TELEPHONE: dict[str, Convert] = {"phone": one_of({phone.value: phone for phone in Phone}), "hook": yes}
_CALL: dict[str, Convert] = {
    **_CALLER,
    **_TELEPHONE,
    "rings": count(1, 100),
    "cadence": one_of({name: name for name in CADENCES}),
    "cid": one_of({time.value: time for time in CallerIdTime}),
    "standard": one_of({standard.value: standard for standard in Standard}),
    "intact": yes,
    "answered": yes,
    "talk": seconds,
}

VERBS: Mapping[str, Mapping[str, Convert]] = {
    "caller": _CALLER,  # introduces somebody; `who=` names them in later calls
    "call": _CALL,
    "fax": _CALL,  # a call from a fax machine, answered by one unless it says otherwise
    "lift": _TELEPHONE,
    "dial": {"digits": digits},
    "hang_up": {},
    "unplug": {},
    "replug": {"after": seconds},
    "reset": {},
    "deaf": {"to": one_of({ears.value: ears for ears in Ears})},
    "hear": {},
    "forget": {},
    "echo": {"on": yes},
    "split": {"every": count(0, 4096), "gap": seconds},
    "join": {"hold": seconds},
    "line_ends": {"left": one_of({left.value: left for left in LineEnds})},
    "noise": {"bytes": count(1, 4096)},
    "freeze": {},
    "thaw": {},
    "clock": {"step": shift},
    "stop": {},
}
"""Every verb with its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One `*` step with its lists drawn and its values checked."""

    verb: str
    values: Mapping[str, Any]
    drawn: World  # the step as it was drawn, to be shown to people


Verbs = Mapping[str, Mapping[str, Convert]]


def check_world(transcript: Transcript, verbs: Verbs = VERBS) -> None:
    """Raise `TranscriptError`, naming the line, if a `*` step cannot be played with these `verbs`."""
    introduced: set[str] = set()
    for step, number in zip(transcript.steps, transcript.line_numbers, strict=True):
        if not isinstance(step, World):
            continue
        try:
            _check(step, introduced, verbs)
        except ValueError as wrong:
            raise TranscriptError(
                _("{source}, line {number}: {why}.").format(source=transcript.source, number=number, why=wrong),
                advice=_("The verbs and their parameters stand in simulators/README.md."),
            ) from wrong


def draw(
    step: World, chance: random.Random, callers: Mapping[str, Mapping[str, Any]], verbs: Verbs = VERBS
) -> Happening:
    """`step`, already checked, with one value drawn from every list and its caller filled in from `callers`."""
    drawn = {name: chance.choice(value) if isinstance(value, list) else value for name, value in step.values.items()}
    if step.verb != "caller" and "who" in drawn:
        drawn = {**callers[drawn["who"]], **drawn}
    values = {name: verbs[step.verb][name](value) for name, value in drawn.items()}
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


def _check(step: World, introduced: set[str], verbs: Verbs) -> None:
    parameters = verbs.get(step.verb)
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
    needed = _NEEDED.get(step.verb)
    if needed and needed not in step.values:
        raise ValueError(_("{verb} needs {name!r}").format(verb=step.verb, name=needed))


_NEEDED = {
    "dial": "digits",
    "noise": "bytes",
    "caller": "who",
    "clock": "step",
    "far_end": "number",
    "desk_calls": "number",
}
"""The parameter without which a verb means nothing."""
