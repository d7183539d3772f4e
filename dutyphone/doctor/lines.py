"""One line: may its port be opened, who else holds it, what is at the other end, and what can it tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dutyphone.doctor.finding import Check, Finding, Status, fault, ok, unknown, warning
from dutyphone.errors import DutyphoneError, LineGone
from dutyphone.i18n import N_, _
from dutyphone.lines.events import LossReason
from dutyphone.lines.examination import Asked, Certainty, Claim, Examination, Power

GUIDED = "dutyphone doctor line {line} --guided"
FEW_CALLS = 5
"""So many calls without any caller ID are no accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that has the device open. `name` is its program."""

    pid: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device file as it is found.

    `stable` are names of the same device that stay when it is plugged in again, `others` those of serial devices that
    are there. `group` owns it; `member` says whether the user is in that group, `active` whether this login knows it.
    """

    path: str
    exists: bool
    is_device: bool = True
    allowed: bool = True
    group: str = ""
    member: bool = False
    active: bool = False
    holders: tuple[Holder, ...] = ()
    stable: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the running recorder says of a line. `trouble` is a sentence, empty if there is none."""

    up: bool
    device: str | None
    trouble: str = ""
    pid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the log has of the last calls of a line."""

    calls: int = 0
    with_caller_id: int = 0
    handset_seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is known of one line.

    `problem` is why its configuration cannot be used. `recorded` is given while a recorder holds it; then it is not
    examined. Else `gone` is why it could not be, or `examination` what it said; both None: its driver cannot examine.
    """

    name: str
    driver: str
    port: str = ""
    hook_proved: bool = False
    has_caller_id: bool = True
    problem: DutyphoneError | None = None
    device: Device | None = None
    recorded: Recorded | None = None
    gone: LineGone | None = None
    examination: Examination | None = None
    heard: Heard = Heard()

    @property
    def guided(self) -> str:
        """The command of the guided check."""
        return GUIDED.format(line=self.name)


def _options(line: Line) -> Finding:
    if line.problem is not None:
        return fault(line.problem.message, line.problem.advice, line.problem.evidence)
    return ok(_("driver {driver}, port {port}").format(driver=line.driver, port=line.port or "-"))


def _port(line: Line) -> Finding | None:
    device = line.device
    if device is None:
        return None
    if not device.exists:
        return fault(_("There is no port {port}.").format(port=device.path), _advice_for_missing(device))
    if not device.is_device:
        return fault(
            _("{port} is not a serial device.").format(port=device.path),
            _advice_for_missing(device),
        )
    if not device.allowed:
        return _not_allowed(device)
    if device.holders and line.recorded is None:
        names = ", ".join(f"{holder.name} ({holder.pid})" for holder in device.holders)
        return fault(
            _("The port {port} is held by {names}.").format(port=device.path, names=names),
            _("Stop that program: systemctl disable --now ModemManager")
            if any(holder.name.startswith("ModemManager") for holder in device.holders)
            else _("Stop that program. Two programs on one modem get half of every call each."),
            names,
        )
    if re.fullmatch(r"/dev/tty(?:USB|ACM)\d+", device.path):
        return warning(
            _("{port} may be another device after the next start or replug.").format(port=device.path),
            _("Write port = {port!r} instead.").format(port=device.stable[0])
            if device.stable
            else _("Use a name from /dev/serial/by-id/."),
        )
    return ok(_("It is there and may be opened."), *(f"{holder.name} ({holder.pid})" for holder in device.holders))


def _advice_for_missing(device: Device) -> str:
    if device.others:
        return _("There are: {names}. Is the modem one of them? Then write that one.").format(
            names=", ".join(device.others)
        )
    return _("No serial device is plugged in at all. Check cable and power of the modem.")


def _not_allowed(device: Device) -> Finding:
    sentence = _("The port {port} may not be opened by this user.").format(port=device.path)
    if device.member and not device.active:
        return fault(sentence, _("You are in the group {group}; log out and in again.").format(group=device.group))
    if device.group in ("", "root"):
        return fault(sentence, _("Let the system's rules for devices (udev) give it to the group dialout."))
    return fault(
        sentence,
        _("Add the user to its group and log in again: sudo usermod -aG {group} $USER").format(group=device.group),
    )


def _answer(line: Line) -> Finding | None:
    if line.recorded is not None:
        return _recorded(line.recorded)
    if line.gone is not None:
        return fault(line.gone.message, line.gone.advice, line.gone.reason.value, line.gone.evidence)
    found = line.examination
    if found is None:
        return None
    asked = tuple(dialogue(found.asked))
    name = found.device or _("a device that does not say what it is")
    if found.recognised:
        return ok(_("{device}; family {family}").format(device=name, family=found.family_title), *asked)
    return warning(
        _("{device} answers, but its family is not known; it is treated as any modem.").format(device=name),
        _("The guided check shows what it can do: {command}").format(command=line.guided),
        *asked,
    )


def _recorded(recorded: Recorded) -> Finding:
    if not recorded.up:
        return fault(
            _("The recorder has lost this line: {why}.").format(why=recorded.trouble or LossReason.MODEM_SILENT.value),
            _("It is tried again by itself. To examine it, run `dutyphone stop` first, then this again."),
        )
    advice = _("To ask the modem itself, run `dutyphone stop` first, then this again.")
    if recorded.trouble:
        return warning(_("The recorder listens to it, but: {what}.").format(what=recorded.trouble), advice)
    return Finding(
        status=Status.OK,
        sentence=_("The recorder (process {pid}) listens to it; it is left alone. {device}")
        .format(pid=recorded.pid, device=recorded.device or "")
        .strip(),
        advice=advice,
    )


def _set_up(line: Line) -> Finding | None:
    if line.examination is None or not line.examination.refused:
        return None
    return warning(
        _("The modem refuses: {commands}.").format(commands=", ".join(line.examination.refused)),
        _("Is `profile` the right family, is `extra_init` meant for this modem?"),
    )


def _notes(line: Line) -> Finding | None:
    if line.examination is None or not (notes := line.examination.notes):
        return None
    sentence, advice = _in_a_row(note.sentence for note in notes), _in_a_row(note.advice for note in notes)
    return warning(sentence, advice) if advice else ok(sentence)


def _in_a_row(sentences: Iterable[str]) -> str:
    """One paragraph. Chinese sentences have no blank between them."""
    return re.sub(r"(?<=。) ", "", " ".join(filter(None, sentences)))


def _caller_id(line: Line) -> Finding | None:
    if not line.has_caller_id:
        return ok(_("The line has none, the configuration says."))
    heard = line.heard
    if heard.with_caller_id:
        return ok(_("It came with {n} of the last {calls} calls.").format(n=heard.with_caller_id, calls=heard.calls))
    if heard.calls >= FEW_CALLS:
        return fault(
            _("It came with none of the last {calls} calls.").format(calls=heard.calls),
            _("Ask the carrier whether the line has caller ID; then try another modem. `OK` proves nothing."),
        )
    claim = _claim(line, Power.CALLER_ID)
    if claim is None:
        return None
    if claim.certainty is Certainty.NO:
        return fault(
            _("The modem cannot be made to show it."),
            _("Take a modem with caller ID, or say deaf_after = 0 if the line has none."),
            claim.because,
        )
    return ok(
        _("Switched on ({command}); only a number that comes proves it.").format(command=claim.because or "-"),
    )


def _handset(line: Line) -> Finding | None:
    if line.hook_proved:
        return ok(_("Proved at the installation: answered and missed are told apart."))
    claim = _claim(line, Power.HANDSET)
    if claim is None:
        return None
    if line.heard.handset_seen:
        return warning(
            _("The lifted handset was seen with {n} of the last {calls} calls, but is not proved.").format(
                n=line.heard.handset_seen, calls=line.heard.calls
            ),
            _("Prove it, so that unanswered calls are missed and not unknown: {command}").format(command=line.guided),
        )
    return handset_in_words(claim, line.guided)


def handset_in_words(claim: Claim, guided: str) -> Finding:
    """What the line can say about the handset, before it was tried."""
    prove = _("Find out with the guided check: {command}").format(command=guided)
    match claim.certainty:
        case Certainty.SEEN | Certainty.CLAIMED:
            return warning(_("The modem says that it sees the handset; that is not proved."), prove, claim.because)
        case Certainty.OTHERWISE:
            return warning(
                _("The modem says that it could see the handset (idle_class = 8), which is not proved."),
                prove,
                claim.because,
            )
        case Certainty.UNKNOWN:
            return unknown(_("Whether it sees the handset is not known."), prove, claim.because)
        case Certainty.NO:
            return warning(cannot_tell(), better_hardware(), claim.because)


def cannot_tell() -> str:
    """The sentence for a line without hook evidence."""
    return _("This line cannot tell answered from missed: such calls are 'unknown' until somebody settles them.")


def better_hardware() -> str:
    """What would change it."""
    return _(
        "Put a recorder box that reports the handset (Whozz Calling), or a Si24xx or Conexant CX8 modem, on the line, "
        "or plug the desk telephone into the modem's PHONE jack."
    )


def _digits(line: Line) -> Finding | None:
    return _ability(
        _claim(line, Power.DIALLED_DIGITS),
        _("Dialled digits can be heard."),
        _("Dialled digits would be heard with idle_class = 8."),
        _("What is dialled on the desk telephone is not heard."),
    )


def _fax(line: Line) -> Finding | None:
    return _ability(
        _claim(line, Power.FAX_TONE),
        _("Fax machines that call are noticed."),
        _("Fax machines that call would be noticed with idle_class = 8."),
        _("Fax machines that call are not noticed."),
    )


def _ability(claim: Claim | None, can: str, could: str, cannot: str) -> Finding | None:
    if claim is None:
        return None
    match claim.certainty:
        case Certainty.SEEN | Certainty.CLAIMED:
            return ok(can, claim.because)
        case Certainty.OTHERWISE:
            return ok(could, claim.because)
        case Certainty.NO:
            return ok(cannot, claim.because)
        case Certainty.UNKNOWN:
            return unknown(_("Not known before it was tried."), "", claim.because)


def _claim(line: Line, power: Power) -> Claim | None:
    return None if line.examination is None else line.examination.claims.get(power)


def dialogue(asked: tuple[Asked, ...]) -> list[str]:
    """The questions and answers, one a line, for people who know modems."""
    return [f"{one.command}: {' | '.join((*one.answer, one.result or _('no answer')))}" for one in asked]


CHECKS: tuple[Check[Line], ...] = (
    Check("options", N_("set-up"), _options),
    Check("port", N_("port"), _port),
    Check("device", N_("device"), _answer),
    Check("commands", N_("commands"), _set_up),
    Check("notes", N_("notes"), _notes),
    Check("caller-id", N_("caller ID"), _caller_id),
    Check("handset", N_("handset"), _handset),
    Check("digits", N_("dialled digits"), _digits),
    Check("fax", N_("fax"), _fax),
)
