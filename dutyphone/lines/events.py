"""What the wire said: the vocabulary between a driver and the recorder.

A line event is a sighting, not a verdict: drivers say what they saw, `dutyphone.calls.tracker` says what it means, and
only the facts it makes of them are kept for ever. Every event carries the line, the moment and the slice of wire it
came from.

A line that carries one call at a time (an analog line) leaves `call_ref` empty; a line that carries several (a SIP
account) puts its own name for the call there (the Call-ID) in every event of that call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from dutyphone.clock import Moment


class NumberAbsence(Enum):
    """Why the exchange sent no number (parameter 04 of MDMF, ETSI EN 300 659-3 §5.4.4; words of formatted modems)."""

    PRIVATE = "private"  # the caller withheld it: P, Private, Restricted, WITHHELD
    OUT_OF_AREA = "out_of_area"  # the exchange does not have it: O, Unavailable, A
    PAYPHONE = "payphone"  # C
    NOT_SENT = "not_sent"  # caller ID came, but neither number nor reason in it


class NameAbsence(Enum):
    """Why the exchange sent no name (parameter 08 of MDMF)."""

    PRIVATE = "private"
    OUT_OF_AREA = "out_of_area"


class CallerIdForm(Enum):
    """How the caller ID was carried."""

    FORMATTED = "formatted"  # text fields printed by the modem
    SDMF = "sdmf"  # single data message format, type 04
    MDMF = "mdmf"  # multiple data message format, type 80
    DTMF = "dtmf"  # tones before or after the first ring
    SIP = "sip"  # From, P-Asserted-Identity, Remote-Party-ID


class Direction(Enum):
    """Who started the call."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Evidence(Enum):
    """What showed that a call was, or was not, taken."""

    EXTENSION_HOOK = "extension_hook"  # <DLE>P / <DLE>p: a parallel telephone was lifted
    LOCAL_HOOK = "local_hook"  # <DLE>H / <DLE>h: the telephone behind the modem's PHONE jack
    LOOP_CURRENT = "loop_current"  # <DLE>l, <DLE>L
    LINE_VOLTAGE = "line_voltage"  # a line-voltage register was read
    LINE_IN_USE = "line_in_use"  # the modem refused to dial because the line is taken
    OWN_ANSWER = "own_answer"  # the driver answered itself
    ANSWERED_ELSEWHERE = "answered_elsewhere"  # the exchange said another telephone took it
    EXCHANGE = "exchange"  # the exchange said how it ended (SIP status, Reason)
    RINGING_STOPPED = "ringing_stopped"  # no more rings, and the line cannot show whether a handset was lifted
    NO_HOOK_SEEN = "no_hook_seen"  # no more rings, and the line, proved able to show a lifted handset, showed none
    NEVER_RANG = "never_rang"  # caller ID came but no ring followed
    LINE_LOST = "line_lost"  # the line went away during the call
    RECORDER_STOPPED = "recorder_stopped"  # nobody was listening when the call ended
    NOTHING_MORE_HEARD = "nothing_more_heard"  # the line said nothing more within the longest time a call may ring
    NEXT_CALL = "next_call"  # another call began on a line that carries one at a time
    OFFICER = "officer"  # the duty officer said so


class LossReason(Enum):
    """Why a line is not being listened to."""

    CABLE_UNPLUGGED = "cable_unplugged"  # the device went away
    NO_SUCH_PORT = "no_such_port"
    NO_PERMISSION = "no_permission"
    PORT_BUSY = "port_busy"
    MODEM_SILENT = "modem_silent"  # the device is there and does not answer
    NOT_REGISTERED = "not_registered"  # a SIP account whose registration lapsed or was refused
    NETWORK = "network"
    DRIVER_FAILED = "driver_failed"  # the driver itself broke; `detail` says how
    STOPPED = "stopped"  # listening was ended on purpose


class Trouble(Enum):
    """What is wrong with a line that is still being listened to."""

    NO_CALLER_ID = "no_caller_id"  # it rings, but caller ID has not come for several calls
    INIT_INCOMPLETE = "init_incomplete"  # the device refused a command of the initialisation
    ANSWERS_LATE = "answers_late"  # a health check went unanswered once
    ECHO_CAME_BACK = "echo_came_back"  # the device was reset behind our back; it is being set up again
    DESK_PHONE_UNSEEN = "desk_phone_unseen"  # the exchange does not tell of the desk telephone's own calls
    WIRE_NOISE = "wire_noise"  # a lot of what the device says cannot be understood


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEvent:
    """Anything a line says. `wire` is the bytes it came from, empty if it came from the passing of time."""

    line: str
    at: Moment
    wire: bytes = b""


# --- the line itself ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOpened(LineEvent):
    """From now on the line is being listened to. `device` is how the far device named itself, None if it did not."""

    port: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLost(LineEvent):
    """From now on the line is not being listened to; calls in progress can no longer be followed."""

    reason: LossReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDegraded(LineEvent):
    """The line is listened to, but `trouble` lessens what it can tell."""

    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRestored(LineEvent):
    """`trouble` is over."""

    trouble: Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHeard(LineEvent):
    """A sign of life (an answered health check). It moves "last heard" and never becomes a fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireNoise(LineEvent):
    """Input nobody understood, kept as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangerHeard(LineEvent):
    """Somebody who has no business on this line spoke to it and was turned away: no call, and nothing lost.

    `source` is the address they spoke from, `what` what they wanted (a SIP method, or "garbage"), `times` how often
    they did since the last such event of theirs.
    """

    source: str
    what: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswered(LineEvent):
    """What became of a request (`dutyphone.lines.requests`): `done`, or refused for `why` (a code, never translated).

    `code` is the exchange's, if it was the exchange that answered. A `Dial` is answered by the end of its dialling.
    """

    request: str
    done: bool
    why: str = ""
    code: int | None = None


# --- a call ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(LineEvent):
    """Anything about one call."""

    call_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingHeard(CallEvent):
    """One ring. `cadence` is the distinctive-ring sign if the device says one, `on_s` how long it sounded, if known."""

    cadence: str | None = None
    on_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdHeard(CallEvent):
    """One complete caller-ID message, before, between or after rings.

    `number` is as sent; None if none was sent, and then `absence` says why. `name` is decoded text and `name_bytes`
    what was sent. `stamped` is the date and time as the exchange stamped them, never trusted. `intact` is False if a
    checksum did not match, None if the form carries none. `fields` is everything that was said, in order.
    """

    number: str | None = None
    absence: NumberAbsence | None = None
    name: str | None = None
    name_absence: NameAbsence | None = None
    name_bytes: bytes = b""
    called: str | None = None
    redirected_from: str | None = None
    stamped: str | None = None
    form: CallerIdForm = CallerIdForm.FORMATTED
    intact: bool | None = None
    fields: tuple[tuple[str, bytes], ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallEvent):
    """A call has begun that does not announce itself by rings: an INVITE, or a handset lifted to dial out."""

    direction: Direction = Direction.INCOMING


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaken(CallEvent):
    """The call was answered, shown by `evidence`."""

    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWithdrawn(CallEvent):
    """The call is no longer offered and was not seen to be taken.

    `evidence` is RINGING_STOPPED, NO_HOOK_SEEN or NEVER_RANG for an analog line; EXCHANGE or ANSWERED_ELSEWHERE where
    the exchange says. `code` is the exchange's own code for it, if there is one.
    """

    evidence: Evidence
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOver(CallEvent):
    """A call that was taken has ended."""

    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsHeard(CallEvent):
    """Digits dialled on the line, complete up to a pause."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaxHeard(CallEvent):
    """The far end is a fax machine (calling tone 1100 Hz, T.30 §4.3.3.2; or a fax response of the modem)."""

    station: str | None = None
