"""What screens and exports see. Plain frozen data; nothing here knows a database.

All times are aware datetimes in UTC; whoever shows them turns them into the zone of the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from dutyphone.journal.facts import NumberKind, Outcome, Settlement
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence, Trouble


class CallState(Enum):
    """Where a call stands."""

    RINGING = "ringing"
    IN_CALL = "in_call"
    ENDED = "ended"


class Owed(Enum):
    """What the officer still owes a call."""

    SETTLE = "settle"  # nobody knows whether it was answered
    CALL_BACK = "call_back"  # missed, and not called back yet


class LineCondition(Enum):
    """How a line stands."""

    IDLE = "idle"
    RINGING = "ringing"
    IN_CALL = "in_call"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One call. `id` counts calls from 1 in the order they arrived and is what people quote; `call` is its key.

    `number_raw`, `number`, `kind`, `extension` and `absence` are those of `CallIdentified`; all None until it is known.
    `identified` is False as long as no caller ID came. `outcome` and `evidence` are what the line showed, None while
    the call lasts; `settlement` is what the officer said, and stands over them. `result` combines the two. `purged`:
    its retention time was over, and who called and what was noted until then is no longer kept. `called` is the number
    that was called and `redirected_from` the one that was called at first, both as sent; `code` is how the exchange
    ended the call (a final response of SIP). None where the line does not tell.
    """

    id: int
    call: str
    line: str
    direction: Direction
    state: CallState
    arrived_at: datetime
    last_ring_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    rings: int = 0
    ring_s: float = 0.0
    talk_s: float | None = None
    identified: bool = False
    number_raw: str | None = None
    number: str | None = None
    kind: NumberKind | None = None
    extension: str | None = None
    absence: NumberAbsence | None = None
    name: str | None = None
    name_absence: NameAbsence | None = None
    doubtful: bool = False
    outcome: Outcome | None = None
    evidence: Evidence | None = None
    settlement: Settlement | None = None
    settled_by: str = ""
    settled_at: datetime | None = None
    fax: bool = False
    digits: str = ""
    notes: int = 0
    last_note: str = ""
    purged: bool = False
    called: str | None = None
    redirected_from: str | None = None
    code: int | None = None

    @property
    def result(self) -> Outcome | None:
        """What became of the call, the officer's word first. None while it lasts."""
        return result_of(self.outcome, self.settlement)

    @property
    def owed(self) -> Owed | None:
        """What is still to be done about it."""
        if self.state is not CallState.ENDED or self.direction is not Direction.INCOMING or self.purged:
            return None
        return owed_for(self.outcome, self.settlement)


def result_of(outcome: Outcome | None, settlement: Settlement | None) -> Outcome | None:
    """What became of a call, the officer's word first. None while it lasts."""
    if settlement is Settlement.ANSWERED:
        return Outcome.ANSWERED
    return outcome if settlement is None else Outcome.MISSED


def owed_for(outcome: Outcome | None, settlement: Settlement | None) -> Owed | None:
    """What is still to be done about an incoming call that is over and not purged."""
    if settlement is None and outcome is Outcome.UNKNOWN:
        return Owed.SETTLE
    missed = outcome is Outcome.MISSED and settlement is None
    return Owed.CALL_BACK if missed or settlement is Settlement.MISSED else None


class CallRecord(NamedTuple):
    """One call for exports, which take all there are: what `CallRow` has, as it is stored.

    Times are microseconds since 1970-01-01 UTC. `codes` is a `CallCodes` in one text: there are few different ones, and
    what follows from one needs to be found out once. The store streams bare tuples in this order.
    """

    id: int
    call: str
    line: str
    codes: str
    arrived_us: int
    answered_us: int | None
    ended_us: int | None
    ring_s: float
    talk_s: float | None
    number_raw: str | None
    number: str | None
    extension: str | None
    digits: str
    name: str | None
    settled_by: str
    last_note: str
    called: str | None
    redirected_from: str | None
    code: int | None


class CallCodes(NamedTuple):
    """What a `CallRecord` says in codes, those of the enums of `CallRow`; empty for None."""

    direction: str
    state: str
    result: str
    owed: str
    evidence: str
    settlement: str
    kind: str
    absence: str
    identified: str  # "1" or "0", as what follows
    doubtful: str
    fax: str
    purged: str

    @classmethod
    def read(cls, codes: str) -> CallCodes:
        """What stands in `CallRecord.codes`."""
        return cls(*codes.split(" "))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """One note on a call."""

    at: datetime
    text: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One row of the journal about a call. `wire` is what the line said, `summary` the other fields as `name=value`."""

    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    summary: str
    wire: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetail:
    """Everything about one call."""

    row: CallRow
    notes: tuple[NoteRow, ...]
    facts: tuple[FactRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line as it stands. `since_at` is when `condition` last changed between down and not down.

    `obeys`: it can do more than listen, and something may be asked of it (see `lines.requests`).
    """

    line: str
    title: str
    driver: str
    port: str
    device: str | None
    condition: LineCondition
    since_at: datetime
    last_heard_at: datetime | None
    down_reason: LossReason | None = None
    down_detail: str = ""
    troubles: tuple[Trouble, ...] = ()
    noise: int = 0
    obeys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindRow:
    """A time in which a line was not listened to. `until_at` None: it still lasts. `reason` None: no recorder ran."""

    id: int
    line: str
    from_at: datetime
    until_at: datetime | None
    reason: LossReason | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderRow:
    """One recorder. It is alive if `stopped_at` is None and `beat_at` is recent.

    `recorder` is its id, `lines` what it records. Without an id it was alone, and had every line; `host` is "" then.
    """

    version: str
    pid: int
    simulated: bool
    started_at: datetime
    beat_at: datetime
    stopped_at: datetime | None
    recorder: str = ""
    host: str = ""
    lines: tuple[str, ...] = ()

    def records(self, line: str) -> bool:
        """Whether the line is, or was, one of its lines."""
        return not self.recorder or line in self.lines


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """Calls of a span of time by result."""

    total: int = 0
    answered: int = 0
    missed: int = 0
    unknown: int = 0
    owed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """What history is asked for. Every part left out does not narrow.

    `text` is what somebody typed: digits find numbers that contain them, anything else finds names and notes.
    `from_at` is included, `until_at` is not.
    """

    text: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    line: str | None = None
    result: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """One page of history, newest first. `older` is what to pass as `before` for the next page, None at the end."""

    rows: tuple[CallRow, ...]
    older: int | None
