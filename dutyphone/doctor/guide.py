"""The installation check: a person rings and lifts the handset, and what this line can tell is said in words.

What a modem claims is not what it does on this line: some say OK to caller ID and never show one, some see the handset
in class 8 only and lose the caller ID there. So it listens with the options under which the line may tell the most, and
if ring or caller ID is missing there, once more with the ordinary ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from dutyphone.clock import Clock
from dutyphone.doctor.finding import Finding, fault, ok, unknown, warning
from dutyphone.doctor.lines import better_hardware, cannot_tell, dialogue
from dutyphone.doctor.listening import Listening
from dutyphone.i18n import N_, _
from dutyphone.lines.driver import DriverPlugin, ExaminingPlugin, LineExaminer
from dutyphone.lines.events import (
    CallerIdHeard,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    FaxHeard,
    LineDegraded,
    LineEvent,
    LineLost,
    RingHeard,
    WireNoise,
)
from dutyphone.lines.examination import Certainty, Claim, Examination, Power, powers_shown
from dutyphone.lines.transcript import escape
from dutyphone.lines.wording import TROUBLES

FIRST_RING_S = 120.0
"""A person has this long to find a mobile and ring."""
CALL_S = 90.0
"""And this long to answer and put down."""
HANDSET_S = 45.0
_LONGEST_SAMPLE = 60


TITLES: Mapping[Power, str] = {
    Power.RING: N_("ring"),
    Power.CALLER_ID: N_("caller ID"),
    Power.HANDSET: N_("handset"),
    Power.DIALLED_DIGITS: N_("dialled digits"),
    Power.FAX_TONE: N_("fax"),
}


class Plugin(DriverPlugin, ExaminingPlugin, Protocol):
    """A plug-in whose lines can be checked with a person's help."""


class Person(Protocol):
    """Who stands at the telephone."""

    def tell(self, sentence: str) -> None:
        """Show a sentence now."""

    def agrees(self, question: str) -> bool:
        """Ask a question that is answered yes or no."""


class Task(Enum):
    """What the person is asked to do."""

    RING = "ring"
    HANDSET = "handset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What this line can tell. `options` belong into the configuration and are not there yet."""

    examination: Examination
    claims: Mapping[Power, Claim]
    options: Mapping[str, object] = field(default_factory=dict)


def check_with(
    person: Person,
    line: str,
    plugin: Plugin,
    options: Mapping[str, object],
    clock: Clock,
    *,
    keep: Callable[[str], None],
    mask: bool = False,
) -> Verdict:
    """Examine, listen while the person rings, and say what came of it. Raises `LineGone`.

    `keep` is given the transcript of each time of listening, also of one in which the line was lost.
    """
    examiner = plugin.examine_line(line, options)
    examination = examine(line, examiner, clock)
    person.tell(_("This is {device}.").format(device=examination.device or examination.family_title))
    trial = {**options, **examiner.trial_options()}
    ordinary = {**options, **examiner.settled_options(frozenset())}
    rounds: list[_Round] = []

    def listen_with(some: Mapping[str, object]) -> _Round:
        with Listening(line, plugin.open_line(line, some), clock) as listening:
            one = _Round(options=some, listening=listening)
            try:
                _go_through(person, one, examination, first=not rounds)
            finally:
                keep(one.transcript(examination, mask=mask))
        return one

    rounds.append(listen_with(trial))
    if trial != ordinary and rounds[0].tried and not {Power.RING, Power.CALLER_ID} <= rounds[0].seen:
        person.tell(_("Not everything came. Once more, with the modem in its ordinary state."))
        rounds.append(listen_with(ordinary))
    tried = any(one.tried for one in rounds)
    keeps_trial = _worth_keeping(rounds)
    seen = frozenset[Power]().union(*(one.seen for one in rounds))
    return Verdict(
        examination=examination,
        claims={
            power: _claim(power, examination, seen, tried=tried, as_tried=keeps_trial or trial == ordinary)
            for power in Power
        },
        options=examiner.settled_options(rounds[0].seen if keeps_trial else frozenset()) if tried else {},
    )


def _worth_keeping(rounds: list[_Round]) -> bool:
    """Whether the trial options show the handset and cost neither rings nor a caller ID that comes without them."""
    first, *others = rounds
    if not {Power.RING, Power.HANDSET} <= first.seen:
        return False
    return Power.CALLER_ID in first.seen or any(one.rang and Power.CALLER_ID not in one.seen for one in others)


def examine(line: str, examiner: LineExaminer, clock: Clock) -> Examination:
    """What the device says of itself. Raises `LineGone`."""
    with Listening(line, examiner, clock) as asking:
        asking.wait_until_open()
    found = examiner.examination()
    assert found is not None, "LineOpened means that it is there"
    return found


def in_words(verdict: Verdict, guided: str) -> list[tuple[Power, Finding]]:
    """What the line can tell, one finding a power."""
    return [(power, _SAYINGS[power](verdict.claims[power], guided)) for power in Power]


@dataclass(slots=True, kw_only=True)
class _Round:
    """One time of listening. `tried`: the line rang, or the person says that it did."""

    options: Mapping[str, object]
    listening: Listening
    tried: bool = False
    rang: bool = False

    @property
    def seen(self) -> frozenset[Power]:
        return powers_shown(self.listening.events)

    def transcript(self, examination: Examination, *, mask: bool) -> str:
        """With what the device said of itself as notes in front."""
        headings = {"begins": "cold", "device": examination.device or "", "profile": examination.family}
        known = ("idle_class", "country_code", "hook_proved", "deaf_after")
        headings |= {key: str(self.options[key]).lower() for key in known if key in self.options}
        text = self.listening.transcript(headings, mask=mask)
        head, steps = text.splitlines()[: len(headings)], text.splitlines()[len(headings) :]
        notes = [f"# asked {line}" for line in dialogue(examination.asked)]
        return "\n".join([*head, "#", *notes, *steps]) + "\n"


def _go_through(person: Person, one: _Round, examination: Examination, *, first: bool) -> None:
    """Wait for the device, then go through the tasks; that with the keys only the `first` time. Raises `LineGone`."""
    one.listening.wait_until_open()
    person.tell(
        _(
            "Ring this telephone from a mobile now. Let it ring three times, then lift the handset, wait five "
            "seconds, and put it back."
        )
    )
    one.rang = _follow(person, one, Task.RING)
    if one.listening.gone is None:
        one.tried = one.rang or person.agrees(_("Nothing was heard. Did you ring, and did the telephone ring?"))
    if first and one.tried and _worth_asking(examination, one):
        person.tell(_("Now lift the handset, press 1 2 3 4 5, wait five seconds, and put it back."))
        _follow(person, one, Task.HANDSET)
    if one.listening.gone is not None:
        raise one.listening.gone


def _worth_asking(examination: Examination, one: _Round) -> bool:
    """Whether keys or an unseen handset may still show."""
    hopes = (Certainty.CLAIMED, Certainty.OTHERWISE, Certainty.UNKNOWN)
    return any(
        power not in one.seen and examination.claims.get(power, Claim(certainty=Certainty.NO)).certainty in hopes
        for power in (Power.HANDSET, Power.DIALLED_DIGITS)
    )


def _follow(person: Person, one: _Round, task: Task) -> bool:
    """Show what comes until the task is done or time is up; whether anything came."""
    clock = one.listening.clock
    until = clock.now().mono + (FIRST_RING_S if task is Task.RING else HANDSET_S)
    came, rings = False, 0
    while (event := one.listening.next_event(until)) is not None:
        if isinstance(event, RingHeard):
            rings += 1
        if sentence := describe(event, rings):
            person.tell("  " + sentence)
        if isinstance(event, CallOver | CallWithdrawn):
            return True
        if isinstance(event, RingHeard | CallerIdHeard | CallTaken | DigitsHeard | FaxHeard):
            if not came and task is Task.RING:
                until = clock.now().mono + CALL_S
            came = True
    return came


def describe(event: LineEvent, rings: int = 1) -> str:
    """What was heard, for the person who stands there; empty if it means nothing to them."""
    match event:
        case RingHeard():
            return _("ring {n}").format(n=rings)
        case CallerIdHeard():
            return (
                _("caller ID: {number} {name}")
                .format(number=event.number or _("no number was sent"), name=event.name or "")
                .rstrip()
            )
        case CallTaken():
            return _("the handset was lifted")
        case CallOver():
            return _("the handset was put back")
        case CallWithdrawn():
            return _("it no longer rings; nothing was seen of the handset")
        case DigitsHeard():
            return _("dialled: {digits}").format(digits=event.digits)
        case FaxHeard():
            return _("a fax machine")
        case LineDegraded():
            return _("trouble: {what} {detail}").format(what=_(TROUBLES[event.trouble]), detail=event.detail).rstrip()
        case LineLost():
            return _("the line is lost")
        case WireNoise():
            return _("not understood: {bytes}").format(bytes=escape(event.wire[:_LONGEST_SAMPLE]))
    return ""


def _claim(power: Power, examination: Examination, seen: frozenset[Power], *, tried: bool, as_tried: bool) -> Claim:
    """What is sure about `power` after listening. `as_tried`: the line will listen as it did in the trial."""
    said = examination.claims.get(power, Claim(certainty=Certainty.UNKNOWN))
    if power in seen:
        always = power in (Power.RING, Power.CALLER_ID)
        return Claim(certainty=Certainty.SEEN if always or as_tried else Certainty.OTHERWISE)
    if power is Power.FAX_TONE or not tried:
        return said if said.certainty is Certainty.NO else Claim(certainty=Certainty.UNKNOWN, because=said.because)
    return Claim(certainty=Certainty.NO, because=said.because)


def _ring(claim: Claim, guided: str) -> Finding:
    if claim.certainty is Certainty.SEEN:
        return ok(_("It tells that it rings."))
    if claim.certainty is Certainty.UNKNOWN:
        return unknown(_("Whether it tells rings is not known: nobody rang."), _again(guided))
    return fault(
        _("It rang, and the modem told nothing."),
        _("Is the modem's LINE jack connected to this line? Unplug the modem and plug it in again; it may be broken."),
    )


def _caller_id(claim: Claim, guided: str) -> Finding:
    if claim.certainty is Certainty.SEEN:
        return ok(_("It tells who calls."))
    if claim.certainty is Certainty.UNKNOWN:
        return unknown(_("Whether it tells who calls is not known: nobody rang."), _again(guided))
    return fault(
        _("It does not tell who calls: no caller ID came, although the modem was told to show it."),
        _("Ask the carrier whether the line has caller ID; set country_code; then try another modem."),
    )


def _handset(claim: Claim, guided: str) -> Finding:
    match claim.certainty:
        case Certainty.SEEN:
            return ok(_("It tells that the handset is lifted: answered and missed are told apart."))
        case Certainty.OTHERWISE:
            return warning(
                _("It sees the handset only in a state in which it does not tell who calls; who calls matters more."),
                better_hardware(),
            )
        case Certainty.UNKNOWN:
            return unknown(_("Whether it sees the handset is not known: it was not tried."), _again(guided))
        case _:
            return warning(cannot_tell(), better_hardware(), claim.because)


def _digits(claim: Claim, _guided: str) -> Finding:
    if claim.certainty is Certainty.SEEN:
        return ok(_("It hears what is dialled on the desk telephone."))
    if claim.certainty is Certainty.OTHERWISE:
        return ok(_("It would hear what is dialled on the desk telephone with idle_class = 8."))
    if claim.certainty is Certainty.UNKNOWN:
        return unknown(_("Whether it hears what is dialled was not tried."), "", claim.because)
    return ok(_("What is dialled on the desk telephone is not heard."), claim.because)


def _fax(claim: Claim, _guided: str) -> Finding:
    if claim.certainty is Certainty.SEEN:
        return ok(_("It notices fax machines that call."))
    if claim.certainty is Certainty.NO:
        return ok(_("Fax machines that call are not noticed."), claim.because)
    return unknown(_("Whether fax machines that call are noticed was not tried."), "", claim.because)


def _again(guided: str) -> str:
    return _("Run it again when somebody can ring: {command}").format(command=guided)


_SAYINGS: Mapping[Power, Callable[[Claim, str], Finding]] = {
    Power.RING: _ring,
    Power.CALLER_ID: _caller_id,
    Power.HANDSET: _handset,
    Power.DIALLED_DIGITS: _digits,
    Power.FAX_TONE: _fax,
}
