"""What is true for ever.

Facts are in the past tense and hold codes, never translated text. Nothing is updated or deleted: a correction is a
fact of its own. `at` is when it happened (aware, UTC); when it was written is kept beside it by the store.

A class here is a promise: its name and its fields stay readable for ever. To change one, raise its number in
`VERSIONS` and add the step to `journal.upcasters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from dutyphone.lines.events import (
    CallerIdForm,
    Direction,
    Evidence,
    LossReason,
    NameAbsence,
    NumberAbsence,
    Trouble,
)


class StopReason(Enum):
    """Why a recorder stopped."""

    REQUESTED = "requested"  # somebody ended it
    FOUND_DEAD = "found_dead"  # it died; the next recorder found no farewell. `at` is its last sign of life


class Outcome(Enum):
    """What became of a call. UNKNOWN is a true answer: an analog line often cannot tell."""

    ANSWERED = "answered"
    MISSED = "missed"
    BUSY = "busy"
    REJECTED = "rejected"
    FORWARDED = "forwarded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Settlement(Enum):
    """What the duty officer says of a call afterwards."""

    ANSWERED = "answered"  # it was answered at the handset
    MISSED = "missed"  # nobody answered; still to be called back
    CALLED_BACK = "called_back"
    NO_CALLBACK = "no_callback"  # missed, and need not be called back


class NumberKind(Enum):
    """What sort of number it is."""

    FIXED = "fixed"
    MOBILE = "mobile"
    SERVICE = "service"  # 110, 119, 95xxx, 12345
    SHARED_COST = "shared_cost"  # 400, 800
    INTERNAL = "internal"  # an extension of the site
    FOREIGN = "foreign"
    UNRECOGNISED = "unrecognised"


class RequestKind(Enum):
    """What may be asked of a line (`dutyphone.lines.requests`)."""

    DIAL = "dial"
    ANSWER = "answer"
    HANG_UP = "hang_up"
    REFUSE = "refuse"  # this telephone is busy
    REFUSE_EVERYWHERE = "refuse_everywhere"  # and no other shall take the call
    REDIRECT = "redirect"


class Book(Enum):
    """What has a retention time of its own."""

    CALLS = "calls"  # who called, what was noted of it, what the line said


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Anything the journal holds."""

    at: datetime


# --- the recorder ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderStarted(Fact):
    """A recorder began to write what it hears on `lines`. `simulated` marks a drill.

    `recorder` is its id for this one life, `host` the machine it runs on. Without an id it is alone and has every line.
    """

    version: str
    pid: int
    simulated: bool = False
    recorder: str = ""
    host: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderStopped(Fact):
    """The recorder of that id writes no more; its lines are unheard from `at` until they come back.

    Without an id it was alone: no line is heard any more.
    """

    reason: StopReason
    recorder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStepped(Fact):
    """The wall clock jumped by `step_s` seconds (positive: forwards) against the monotonic one. `at` is after it."""

    step_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BodiesPurged(Fact):
    """The retention time of journal rows written before `older_than` is over.

    Of the rows named in `rows` (see `journal.seqs`) the bodies are gone. What is to be remembered of them stands in
    facts written together with this one.
    """

    book: Book
    rows: str
    older_than: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRestored(Fact):
    """The database was replaced by a copy made at `copied_at`, whose journal ended with row `rows`."""

    copied_at: datetime
    rows: int


# --- the line ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFact(Fact):
    """Anything about one line."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCameBack(LineFact):
    """From `at` on the line is listened to, for the first time or again."""

    driver: str
    port: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWentDown(LineFact):
    """From `at` on the line is not listened to: a blind interval begins."""

    reason: LossReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTroubled(LineFact):
    """The line is listened to but tells less than it should."""

    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTroubleEnded(LineFact):
    """The trouble is over."""

    trouble: Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseHeard(LineFact):
    """The line said `pieces` things nobody understood since the last such fact; `wire` is the first of them."""

    pieces: int
    wire: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseCounted(LineFact):
    """`pieces` were heard in all since the line came back; the bodies that said so were purged."""

    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangersTurnedAway(LineFact):
    """Somebody without business on the line spoke to it `times` times since the last such fact; nobody was put through.

    `source` is the address of the first of them and `what` what it wanted; `sources` how many there were.
    """

    source: str
    what: str
    times: int
    sources: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMade(LineFact):
    """Somebody asked something of the line. `call` is the call it is about; `number` whom to call, or to send it to."""

    request: str
    what: RequestKind
    call: str | None = None
    number: str | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSettled(LineFact):
    """What became of a request: done, or refused for `why` (a code). `code` is the exchange's own, if it said one."""

    request: str
    done: bool
    why: str = ""
    code: int | None = None


# --- a call ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFact(Fact):
    """Anything about one call. `call` is its id, for ever; `wire` what the line said, empty for what people did."""

    call: str
    wire: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived(CallFact):
    """A call exists. Written at its first sign, before anyone knows who calls."""

    line: str
    direction: Direction = Direction.INCOMING


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRang(CallFact):
    """It rang for the `ring`th time."""

    ring: int
    cadence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIdentified(CallFact):
    """Who calls, as far as the exchange says.

    `number_raw` is as sent, `number` normalised (+861055501234, 110), `kind` what sort it is, `extension` what was cut
    off behind it. Where no number was sent all four are None and `absence` says why. `stamped` is the exchange's own
    date and time, `intact` False if a checksum did not match.
    """

    number_raw: str | None = None
    number: str | None = None
    kind: NumberKind | None = None
    extension: str | None = None
    absence: NumberAbsence | None = None
    name: str | None = None
    name_absence: NameAbsence | None = None
    name_bytes: bytes = b""
    called: str | None = None
    redirected_from: str | None = None
    stamped: str | None = None
    form: CallerIdForm = CallerIdForm.FORMATTED
    intact: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallFact):
    """It was taken."""

    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallFact):
    """It is over. `at` is the end as far as it could be seen.

    The figures here are final and stand over any counted before: `rings`, `ring_s` from the first sign to the answer or
    the last ring, `talk_s` from the answer to the end (None if it was not seen to be answered).
    """

    outcome: Outcome
    evidence: Evidence
    rings: int
    ring_s: float
    talk_s: float | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsDialled(CallFact):
    """Digits dialled in the call."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaxCalling(CallFact):
    """The far end is a fax machine."""

    station: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettled(CallFact):
    """The duty officer said what became of it. A later settlement stands over an earlier one."""

    settlement: Settlement
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNoted(CallFact):
    """Somebody wrote a note on it."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPurged(CallFact):
    """The retention time of the call is over: the bodies of all its facts are gone, and this stays.

    `row` is the number people quote it by, `arrived_seq` the journal row of its arrival, `rows` the rows that lost
    their bodies now (see `journal.seqs`). The call had ended.
    """

    row: int
    arrived_seq: int
    rows: str
    line: str
    direction: Direction
    arrived_at: datetime
    last_ring_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    rings: int = 0
    ring_s: float = 0.0
    talk_s: float | None = None
    outcome: Outcome | None = None
    evidence: Evidence | None = None
    settlement: Settlement | None = None
    settled_at: datetime | None = None
    fax: bool = False


FACTS: dict[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        RecorderStarted,
        RecorderStopped,
        ClockStepped,
        BodiesPurged,
        LogRestored,
        LineCameBack,
        LineWentDown,
        LineTroubled,
        LineTroubleEnded,
        NoiseHeard,
        NoiseCounted,
        StrangersTurnedAway,
        RequestMade,
        RequestSettled,
        CallArrived,
        CallRang,
        CallIdentified,
        CallAnswered,
        CallEnded,
        DigitsDialled,
        FaxCalling,
        CallSettled,
        CallNoted,
        CallPurged,
    )
}
"""Every kind of fact by its name in the journal."""

VERSIONS: dict[str, int] = dict.fromkeys(FACTS, 1)
"""The current version of each kind's JSON form."""
