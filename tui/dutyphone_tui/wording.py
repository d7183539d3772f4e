"""Read models in words, in the current language. Every member of every enumeration has its words here."""

from __future__ import annotations

import re

from dutyphone.i18n import N_, _
from dutyphone.journal.facts import NumberKind, Outcome, Settlement
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence
from dutyphone.store.readmodels import CallRow, CallState, LineCondition, Owed

OUTCOMES = {
    Outcome.ANSWERED: N_("answered"),
    Outcome.MISSED: N_("missed"),
    Outcome.BUSY: N_("busy"),
    Outcome.REJECTED: N_("rejected"),
    Outcome.FORWARDED: N_("forwarded"),
    Outcome.FAILED: N_("failed"),
    Outcome.UNKNOWN: N_("unknown"),
}

SETTLEMENTS = {
    Settlement.ANSWERED: N_("answered"),
    Settlement.MISSED: N_("missed"),
    Settlement.CALLED_BACK: N_("called back"),
    Settlement.NO_CALLBACK: N_("no call-back needed"),
}

STATES = {
    CallState.RINGING: N_("ringing"),
    CallState.IN_CALL: N_("in call"),
    CallState.ENDED: N_("ended"),
}

OWED = {
    Owed.SETTLE: N_("to settle"),
    Owed.CALL_BACK: N_("to call back"),
}

CONDITIONS = {
    LineCondition.IDLE: N_("idle"),
    LineCondition.RINGING: N_("ringing"),
    LineCondition.IN_CALL: N_("in call"),
    LineCondition.DOWN: N_("DOWN"),
}

DIRECTIONS = {
    Direction.INCOMING: N_("incoming"),
    Direction.OUTGOING: N_("outgoing"),
}

NUMBER_ABSENCES = {
    NumberAbsence.PRIVATE: N_("number withheld"),
    NumberAbsence.OUT_OF_AREA: N_("number not available"),
    NumberAbsence.PAYPHONE: N_("public telephone"),
    NumberAbsence.NOT_SENT: N_("no number"),
}

NAME_ABSENCES = {
    NameAbsence.PRIVATE: N_("name withheld"),
    NameAbsence.OUT_OF_AREA: N_("name not available"),
}

NUMBER_KINDS = {
    NumberKind.FIXED: N_("fixed line"),
    NumberKind.MOBILE: N_("mobile"),
    NumberKind.SERVICE: N_("service number"),
    NumberKind.SHARED_COST: N_("400/800 number"),
    NumberKind.INTERNAL: N_("extension"),
    NumberKind.FOREIGN: N_("abroad"),
    NumberKind.UNRECOGNISED: N_("unusual number"),
}

EVIDENCES = {
    Evidence.EXTENSION_HOOK: N_("a telephone on the line was lifted or hung up"),
    Evidence.LOCAL_HOOK: N_("the telephone behind the modem was lifted or hung up"),
    Evidence.LOOP_CURRENT: N_("the current on the line changed"),
    Evidence.LINE_VOLTAGE: N_("the voltage on the line changed"),
    Evidence.LINE_IN_USE: N_("the modem found the line in use"),
    Evidence.OWN_ANSWER: N_("dutyphone answered it"),
    Evidence.ANSWERED_ELSEWHERE: N_("the exchange said another telephone took it"),
    Evidence.EXCHANGE: N_("the exchange said so"),
    Evidence.RINGING_STOPPED: N_("the ringing stopped; this line cannot show whether somebody answered"),
    Evidence.NO_HOOK_SEEN: N_("the ringing stopped and no handset was lifted"),
    Evidence.NEVER_RANG: N_("the caller was announced, but it never rang"),
    Evidence.LINE_LOST: N_("the line went down during the call"),
    Evidence.RECORDER_STOPPED: N_("the recorder stopped during the call"),
    Evidence.NOTHING_MORE_HEARD: N_("nothing more was heard of it"),
    Evidence.NEXT_CALL: N_("the next call began"),
    Evidence.OFFICER: N_("the duty officer said so"),
}

LOSS_REASONS = {
    LossReason.CABLE_UNPLUGGED: N_("cable unplugged"),
    LossReason.NO_SUCH_PORT: N_("port not found"),
    LossReason.NO_PERMISSION: N_("no permission for the port"),
    LossReason.PORT_BUSY: N_("port used by another program"),
    LossReason.MODEM_SILENT: N_("modem does not answer"),
    LossReason.NOT_REGISTERED: N_("account not registered"),
    LossReason.NETWORK: N_("network failure"),
    LossReason.DRIVER_FAILED: N_("driver failed"),
    LossReason.STOPPED: N_("listening was stopped"),
}

FACT_KINDS = {
    "RecorderStarted": N_("recorder started"),
    "RecorderStopped": N_("recorder stopped"),
    "ClockStepped": N_("clock was set"),
    "LineCameBack": N_("line came up"),
    "LineWentDown": N_("line went down"),
    "LineTroubled": N_("line in trouble"),
    "LineTroubleEnded": N_("trouble over"),
    "NoiseHeard": N_("noise"),
    "CallArrived": N_("call arrived"),
    "CallRang": N_("ring"),
    "CallIdentified": N_("caller ID"),
    "CallAnswered": N_("answered"),
    "CallEnded": N_("call ended"),
    "DigitsDialled": N_("digits dialled"),
    "FaxCalling": N_("fax tone"),
    "CallSettled": N_("settled"),
    "CallNoted": N_("note"),
    "CallPurged": N_("contents purged"),
    "BodiesPurged": N_("old contents purged"),
    "RequestMade": N_("asked of the line"),
    "RequestSettled": N_("answer to what was asked"),
    "StrangersTurnedAway": N_("strangers turned away"),
    "NoiseCounted": N_("noise, counted"),
    "LogRestored": N_("restored from a copy"),
}

WHEN_SETTLED = {
    Settlement.ANSWERED: N_("Recorded as answered: {caller}"),
    Settlement.MISSED: N_("Recorded as missed, to be called back: {caller}"),
    Settlement.CALLED_BACK: N_("Recorded as called back: {caller}"),
    Settlement.NO_CALLBACK: N_("Recorded as needing no call-back: {caller}"),
}


def state(row: CallRow) -> str:
    """Where the call stands. One of ours that nobody has taken yet is being dialled."""
    if row.state is CallState.IN_CALL and row.direction is Direction.OUTGOING and row.answered_at is None:
        return _("dialling")
    return _(STATES[row.state])


def result(row: CallRow) -> str:
    """What became of the call and what is still owed, as short as a column needs it."""
    if row.state is not CallState.ENDED:
        return state(row)
    if row.owed is Owed.SETTLE:
        return _("to settle")
    if row.owed is Owed.CALL_BACK:
        return _("to call back")
    if row.settlement is Settlement.CALLED_BACK:
        return _("called back")
    if row.settlement is Settlement.NO_CALLBACK:
        return _("no call-back")
    return _(OUTCOMES[row.result or Outcome.UNKNOWN])


def results() -> tuple[str, ...]:
    """All that `result` can say."""
    said = [_(text) for text in (*OUTCOMES.values(), *STATES.values())]
    owed = [_("to settle"), _("to call back"), _("called back"), _("no call-back")]
    return (*said, *owed, _("dialling"))


def no_number(row: CallRow) -> str:
    """Why a call shows no number."""
    if row.purged:
        return _("number purged")
    if row.absence is not None:
        return _(NUMBER_ABSENCES[row.absence])
    if row.direction is Direction.OUTGOING:
        return _("number not heard")
    if row.identified:
        return _("no number")
    return _("caller ID to come") if row.state is CallState.RINGING else _("no caller ID")


def loss(reason: LossReason | None) -> str:
    """Why a line is, or was, not listened to. None: no recorder ran."""
    return _("recorder not running") if reason is None else _(LOSS_REASONS[reason])


def loss_in_full(reason: LossReason | None, detail: str) -> str:
    """The same, with a server's own words: `account not registered (403 Forbidden)`. Other details are for menders."""
    told = reason is LossReason.NOT_REGISTERED and _STATUS_LINE.match(detail)
    return f"{loss(reason)} ({detail})" if told else loss(reason)


_STATUS_LINE = re.compile(r"[3-6]\d\d\b", re.ASCII)
"""How what a SIP server refuses with begins (RFC 3261 §7.2)."""


def fact_kind(kind: str) -> str:
    """What a row of the journal says. A kind of a later version is shown as it is."""
    return _(FACT_KINDS[kind]) if kind in FACT_KINDS else kind
