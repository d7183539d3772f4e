"""`dutyphone doctor sip`: one registration, listened to, and if somebody rings, one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dutyphone import config
from dutyphone.bootstrap.beside import LogBeside
from dutyphone.bootstrap.doctor import keep_transcript, line_settings, plugin_of
from dutyphone.clock import SystemClock
from dutyphone.doctor import guide
from dutyphone.doctor.finding import Answer, ok, warning
from dutyphone.doctor.listening import Listening
from dutyphone.errors import ConfigError, LineGone, RecorderAlreadyRunning
from dutyphone.i18n import _
from dutyphone.lines.driver import ExaminingPlugin
from dutyphone.lines.events import CallOver, CallWithdrawn
from dutyphone.lines.examination import Examination

SIP_DRIVER = "sip_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """What the exchange said, in sentences too, and where the whole dialogue is. `options` are worth setting."""

    dialogue: tuple[str, ...]
    answers: tuple[Answer, ...]
    transcript: Path
    options: dict[str, object]


def account_names(config_path: Path | None) -> list[str]:
    """The lines that are accounts of a SIP exchange. Raises `ConfigError`."""
    settings = config.load_settings(config_path)
    return [name for name, line in settings.lines.items() if line.driver == SIP_DRIVER]


def examine_account(
    config_path: Path | None, name: str, person: guide.Person, *, ring: bool, mask: bool
) -> AccountReport:
    """Register as line `name`, ask what can be asked, and with `ring` wait for a call. Raises `DutyphoneError`."""
    settings = config.load_settings(config_path)
    line = line_settings(settings, name, config_path)
    plugin = plugin_of(name, line, config_path)
    if line.driver != SIP_DRIVER or not isinstance(plugin, ExaminingPlugin):
        raise ConfigError(
            _("The line {name} is no account of a SIP exchange.").format(name=name),
            path=config_path,
            key=f"lines.{name}.driver",
            expected=SIP_DRIVER,
        )
    with LogBeside(settings) as log:
        if log.pid_running is not None and log.recorded(name) is not None:
            raise RecorderAlreadyRunning(
                _("The recorder (process {pid}) listens to this line.").format(pid=log.pid_running),
                pid=log.pid_running,
                advice=_("Run `dutyphone stop` first, and start it again afterwards."),
            )
        examiner = plugin.examine_line(name, line.options())
        listening = Listening(name, examiner, SystemClock())
        gone: LineGone | None = None
        with listening:
            try:
                listening.wait_until_open()
                if ring:
                    _await_a_call(listening, person)
            except LineGone as lost:
                gone = lost
        transcript = listening.transcript({"begins": "cold", "driver": SIP_DRIVER}, mask=mask)
    path = keep_transcript(settings.folder() / "doctor", name, 1, transcript)
    if gone is not None:
        person.tell(_("The whole dialogue is in {path}.").format(path=path))
        raise gone
    found = examiner.examination()
    assert found is not None, "LineOpened means that it is there"
    return AccountReport(
        dialogue=tuple(_dialogue(found)),
        answers=tuple(_answers(name, found)),
        transcript=path,
        options=dict(examiner.trial_options()),
    )


def _await_a_call(listening: Listening, person: guide.Person) -> None:
    person.tell(_("Ring this number from a mobile now, answer at the desk telephone, and hang up after some seconds."))
    until = listening.clock.now().mono + guide.FIRST_RING_S
    while (event := listening.next_event(until)) is not None:
        if sentence := guide.describe(event):
            person.tell("  " + sentence)
        if isinstance(event, CallOver | CallWithdrawn):
            return


def _dialogue(found: Examination) -> Iterator[str]:
    """Question and answer, and under it what an engineer wants to see of the answer."""
    for asked in found.asked:
        yield f"{asked.command}  ->  {asked.result or _('no answer')}"
        for told in asked.answer:
            yield f"    {told}"


def _answers(name: str, found: Examination) -> list[Answer]:
    device = found.device or _("an exchange that does not say what it is")
    answers = [Answer(check="exchange", title=_("exchange"), subject=name, finding=ok(device))]
    for note in found.notes:
        finding = warning(note.sentence, note.advice) if note.advice else ok(note.sentence)
        answers.append(Answer(check="note", title=_("account"), subject=name, finding=finding))
    return answers
