"""The desk telephone beside us: what the exchange tells of its calls, joined with what we hear of them ourselves.

A call that rings at both is one call. Our own branch tells who calls and that another telephone took it; only the watch
(RFC 4235) tells when that talk ended, and that the desk telephone calls somebody itself. Nothing is held back to be
joined later but one thing: a call that only the watch has seen waits a moment for our own branch of it.

Exchanges differ in what they name a call by. Proxies leave the Call-ID as it is; others give each branch its own, and
then caller and moment must do. Some tell of the telephone and not of its calls: it rings, it is in use, it is free.
Then the moment must do alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from dutyphone.clock import Moment
from dutyphone.lines.events import (
    CallerIdForm,
    CallerIdHeard,
    CallEvent,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    Direction,
    Evidence,
    LineEvent,
)
from dutyphone_drivers.sip_account.dialog_info import DialogInfo, DialogSeen, DialogState, Initiator

_SAYS_NOTHING = frozenset({None, 487})
"""How a branch ends whose CANCEL has no Reason: the caller gave up, or somebody else took the call."""

OWN_BRANCH_S = 1.0
"""Our own INVITE comes this soon before or after the exchange tells that the desk telephone rings."""

PICK_UP_S = 5.0
"""So soon before or after our branch was cancelled the exchange tells that the desk telephone took the call."""

LONGEST_SILENCE_S = 1800.0
"""Calls of the desk telephone are followed through an outage of this length, and taken up where they stand after it."""

MOST_KEPT = 4_000
"""Calls remembered at once; a flood of documents must not fill the memory."""

ENDED_KEPT_S = 60.0
"""A call that is over is remembered this long: exchanges repeat finished dialogs."""

_SETTLED = frozenset({DialogState.PROCEEDING, DialogState.EARLY, DialogState.CONFIRMED})
"""A dialog that is only being tried may be one that the exchange forgot: kamailio never ends that of an INVITE which it
answered with a challenge."""

_LEAST_DIGITS, _MOST_DIGITS = 7, 8
"""Long numbers that agree in their last digits are the same, with or without area code or country code."""


class Stage(Enum):
    """How far a call is, as far as this room has told it."""

    SEEN = "seen"  # the watch saw it ring; our own branch may follow
    OFFERED = "offered"
    LET_GO = "let go"  # our own branch ended without saying why, while the desk telephone still rang
    TAKEN = "taken"
    OVER = "over"


@dataclass(slots=True, kw_only=True)
class _Call:
    """One call, under the reference it is told by."""

    ref: str
    direction: Direction
    stage: Stage
    since: Moment
    number: str = ""  # of the far end; empty: not known, or withheld
    own: bool = False  # our branch tells of it
    here: bool = False  # it is taken or dialled here: the watch has nothing to add
    dialogs: dict[str, DialogState] = field(default_factory=dict)  # the watched ones it is, by their ids
    offered_to_desk: DialogSeen | None = None
    let_go: CallWithdrawn | None = None  # the end that is told unless the watch says otherwise
    began: Moment | None = None  # as far as the watch saw it
    is_nameless: bool = False  # the watch tells of the telephone, and not of its calls


class DeskPhone:
    """Takes the events of our own legs and the documents of the watch; gives the events of the line."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._calls: dict[str, _Call] = {}
        self._of_dialog: dict[str, _Call] = {}
        self._stale: dict[str, None] = {}  # dialogs that may be told as being tried for ever
        self._past: dict[str, None] = {}  # calls that were over long ago, whatever is told of them now
        self._waiting: dict[str, _Call] = {}  # those of whom something will be said if nothing more is heard
        self._swept_at: Moment | None = None
        self._is_watched = False
        self._is_first_info = True
        self._silent_since: Moment | None = None

    @property
    def open_calls(self) -> int:
        """Calls that are not over."""
        return sum(call.stage is not Stage.OVER for call in self._calls.values())

    def watched(self, now: Moment, *, is_active: bool) -> None:
        """Whether the exchange tells of the desk telephone now. Its calls are followed through a silence."""
        self._is_watched = is_active
        if is_active:
            self._silent_since = None
            return
        self._is_first_info = True
        self._silent_since = self._silent_since or now

    # --- what our own legs say -----------------------------------------------------------------------------------

    def on_leg_events(self, events: Iterable[LineEvent]) -> list[LineEvent]:
        """The same events, with what is known of the desk telephone put in."""
        told: list[LineEvent] = []
        for event in events:
            told += self._on_leg(event) if isinstance(event, CallEvent) and event.call_ref else [event]
        return told

    def _on_leg(self, event: CallEvent) -> list[LineEvent]:
        call = self._calls.get(event.call_ref)
        match event:
            case CallOffered():
                return self._on_offered(call, event)
            case CallerIdHeard() if call is not None:
                call.number = event.number or ""
                self._join_seen(call, event.at)
            case CallTaken() if call is not None:
                call.stage, call.here, call.since = Stage.TAKEN, True, event.at
            case CallWithdrawn() if call is not None:
                return self._on_withdrawn(call, event)
            case CallOver() if call is not None:
                call.stage, call.since = Stage.OVER, event.at
        return [event]

    def _on_offered(self, seen: _Call | None, event: CallOffered) -> list[LineEvent]:
        self._forget_old(event.at)
        if seen is not None and seen.stage is not Stage.OVER:  # the watch was first
            is_told = seen.stage is not Stage.SEEN
            self._waiting.pop(seen.ref, None)
            seen.own = True
            seen.stage = seen.stage if is_told else Stage.OFFERED
            return [] if is_told else [event]
        self._calls[event.call_ref] = _Call(
            ref=event.call_ref,
            direction=event.direction,
            stage=Stage.OFFERED,
            since=event.at,
            own=True,
            here=event.direction is Direction.OUTGOING,
        )
        return [event]

    def _on_withdrawn(self, call: _Call, event: CallWithdrawn) -> list[LineEvent]:
        call.own = False
        if call.stage in (Stage.TAKEN, Stage.OVER):
            return []  # the watch has told already
        if self._is_watched and _SETTLED.intersection(call.dialogs.values()) and event.code in _SAYS_NOTHING:
            call.stage, call.since, call.let_go = Stage.LET_GO, event.at, event
            self._waiting[call.ref] = call
            return []
        if event.evidence is Evidence.ANSWERED_ELSEWHERE and self._is_watched:
            call.stage, call.since = Stage.TAKEN, event.at
            self._waiting[call.ref] = call
            self._join_in_use(call, event.at)
            return [
                CallTaken(line=self._line, at=event.at, call_ref=call.ref, wire=event.wire, evidence=event.evidence)
            ]
        call.stage, call.since = Stage.OVER, event.at
        return [event]

    def _join_seen(self, call: _Call, now: Moment) -> None:
        """The watch saw this call before our branch of it came."""
        for seen in self._waiting.values():
            incoming = seen.stage is Stage.SEEN and seen.direction is Direction.INCOMING
            if incoming and _may_be_same(seen.number, call.number):
                self._join(call, seen, now)
                return

    def _join_in_use(self, call: _Call, now: Moment) -> None:
        """The telephone was told to be in use before our branch was cancelled."""
        for seen in self._waiting.values():
            if seen.stage is Stage.SEEN and seen.is_nameless and DialogState.CONFIRMED in seen.dialogs.values():
                self._join(call, seen, now)
                return

    def _join(self, call: _Call, seen: _Call, now: Moment) -> None:
        for dialog, state in seen.dialogs.items():
            self._bind(call, dialog, state)
        seen.dialogs = {}
        seen.stage, seen.since = Stage.OVER, now
        del self._waiting[seen.ref]

    # --- what the watch says -------------------------------------------------------------------------------------

    def on_info(self, info: DialogInfo, now: Moment) -> list[LineEvent]:
        """A document: all of it where it is full, what changed where it is partial."""
        events: list[LineEvent] = []
        self._forget_old(now)
        for dialog in info.dialogs:
            events += self._on_dialog(dialog, now)
        if info.full:
            named = {dialog.id for dialog in info.dialogs}
            for gone in [dialog for dialog in self._of_dialog if dialog not in named]:
                events += self._ended(gone, now, None, seen=not self._is_first_info)
        self._is_first_info = False
        return events

    def _on_dialog(self, dialog: DialogSeen, now: Moment) -> list[LineEvent]:
        if dialog.state is DialogState.TERMINATED:
            return self._ended(dialog.id, now, dialog.code)
        if dialog.state is DialogState.TRYING and (self._is_first_info or dialog.id in self._stale):
            self._set_aside(dialog.id)
            return []
        call = self._of_dialog.get(dialog.id) or self._by_call_id(dialog)
        if call is None or (call.stage is Stage.OVER and dialog.remote is None):
            call = self._near(dialog, now)
        if call is None:
            return self._new(dialog, now)
        self._bind(call, dialog.id, dialog.state)
        return self._confirmed(call, now) if dialog.state is DialogState.CONFIRMED else []

    def _new(self, dialog: DialogSeen, now: Moment) -> list[LineEvent]:
        if len(self._calls) >= MOST_KEPT or dialog.call_id in self._past:
            return []
        nameless = dialog.remote is None and dialog.call_id is None
        in_use = dialog.state is DialogState.CONFIRMED
        outgoing = dialog.direction is Initiator.ITSELF or (nameless and in_use)
        call = _Call(
            ref=dialog.call_id or f"watch:{dialog.id}",
            direction=Direction.OUTGOING if outgoing else Direction.INCOMING,
            stage=Stage.SEEN,
            since=now,
            number=_number_of(dialog),
            offered_to_desk=dialog,
            is_nameless=nameless,
        )
        self._calls[call.ref] = call
        self._bind(call, dialog.id, dialog.state)
        if (outgoing or in_use) and not nameless:
            events = self._offer(call, now)
            return events + (self._confirmed(call, now) if in_use else [])
        self._waiting[call.ref] = call
        return []

    def _offer(self, call: _Call, now: Moment) -> list[LineEvent]:
        """The watch alone tells of this call."""
        call.stage, call.began = Stage.OFFERED, call.since
        offered = CallOffered(line=self._line, at=call.since, call_ref=call.ref, direction=call.direction)
        call.since = now
        dialog = call.offered_to_desk
        if dialog is None:
            return [offered]
        if call.direction is Direction.OUTGOING:
            return [
                offered,
                *(
                    [DigitsHeard(line=self._line, at=offered.at, call_ref=call.ref, digits=call.number)]
                    if call.number
                    else []
                ),
            ]
        return [
            offered,
            CallerIdHeard(
                line=self._line,
                at=offered.at,
                call_ref=call.ref,
                number=call.number or None,
                name=(dialog.remote.name if dialog.remote else "") or None,
                form=CallerIdForm.SIP,
            ),
        ]

    def _confirmed(self, call: _Call, now: Moment) -> list[LineEvent]:
        events: list[LineEvent] = []
        if call.stage is Stage.SEEN:
            events += self._offer(call, now)
        if call.let_go is not None:
            now, call.let_go = call.let_go.at, None
            self._waiting.pop(call.ref, None)
        elif call.stage is not Stage.OFFERED or call.here:
            return events
        call.stage, call.since = Stage.TAKEN, now
        outgoing = call.direction is Direction.OUTGOING
        evidence = _shown_by(call) if outgoing else Evidence.ANSWERED_ELSEWHERE
        return [*events, CallTaken(line=self._line, at=now, call_ref=call.ref, evidence=evidence)]

    def _ended(self, dialog: str, now: Moment, code: int | None, *, seen: bool = True) -> list[LineEvent]:
        call = self._of_dialog.pop(dialog, None)
        if call is None:
            return []
        was = call.dialogs.pop(dialog)
        if call.stage is Stage.OVER or call.here or (call.own and call.stage is Stage.OFFERED):
            return []  # our own branch says, or has said, how it ended
        if call.stage is Stage.TAKEN and was is not DialogState.CONFIRMED and call.dialogs:
            return []  # another telephone that rang, and did not take it
        if call.stage is not Stage.TAKEN and any(state in _SETTLED for state in call.dialogs.values()):
            return []
        if call.let_go is not None:
            return self._let_go(call)
        events: list[LineEvent] = []
        if call.stage is Stage.SEEN:
            events += self._offer(call, now)
        taken = call.stage is Stage.TAKEN
        call.stage, call.since = Stage.OVER, now
        if taken:
            evidence = _shown_by(call) if seen else Evidence.ANSWERED_ELSEWHERE  # it ended while nobody told
            return [CallOver(line=self._line, at=now, call_ref=call.ref, evidence=evidence)]
        withdrawn = CallWithdrawn(
            line=self._line, at=now, call_ref=call.ref, evidence=Evidence.EXCHANGE, code=code if code != 200 else None
        )
        return [*events, withdrawn]

    def _let_go(self, call: _Call) -> list[LineEvent]:
        """Nobody took it."""
        ending, call.let_go = call.let_go, None
        assert ending is not None
        self._waiting.pop(call.ref, None)
        call.stage, call.since = Stage.OVER, ending.at
        return [ending]

    # --- time ----------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called."""
        waits = [_due(call) for call in self._waiting.values()]
        if self._silent_since is not None and self._of_dialog:
            waits.append(self._silent_since.mono + LONGEST_SILENCE_S)
        return min(waits, default=None)

    def on_deadline(self, now: Moment) -> list[LineEvent]:
        """Time has passed."""
        events: list[LineEvent] = []
        if self._silent_since is not None and now.since(self._silent_since) >= LONGEST_SILENCE_S and self._of_dialog:
            return self.lost(now)
        for call in [call for call in self._waiting.values() if _due(call) <= now.mono]:
            del self._waiting[call.ref]
            if call.let_go is not None:
                events += self._let_go(call)
            elif call.stage is Stage.SEEN:
                events += self._offer(call, now)
                if DialogState.CONFIRMED in call.dialogs.values():
                    events += self._confirmed(call, call.began or now)
            elif call.stage is Stage.TAKEN and not call.dialogs:  # taken, and not at the telephone that is watched
                call.stage, call.since = Stage.OVER, now
                events.append(
                    CallOver(line=self._line, at=now, call_ref=call.ref, evidence=Evidence.ANSWERED_ELSEWHERE)
                )
        return events

    def lost(self, now: Moment) -> list[LineEvent]:
        """Nobody can follow these calls any more. What our own legs have open they end themselves."""
        events: list[LineEvent] = []
        for call in self._calls.values():
            if call.stage is Stage.OVER or call.own or call.here:
                continue
            if call.let_go is not None:
                events.append(call.let_go)
                continue
            if call.stage is Stage.SEEN:
                events += self._offer(call, now)
            kind = CallOver if call.stage is Stage.TAKEN else CallWithdrawn
            events.append(kind(line=self._line, at=now, call_ref=call.ref, evidence=Evidence.LINE_LOST))
        self._calls = {ref: call for ref, call in self._calls.items() if call.own or call.here}
        for call in self._calls.values():
            call.dialogs = {}
        self._waiting.clear()
        self._of_dialog.clear()
        return events

    # --- which call it is ----------------------------------------------------------------------------------------

    def _by_call_id(self, dialog: DialogSeen) -> _Call | None:
        return self._calls.get(dialog.call_id) if dialog.call_id else None

    def _near(self, dialog: DialogSeen, now: Moment) -> _Call | None:
        """The call of the same caller that began, or was taken, at about this moment: the last that fits best."""
        if dialog.direction is Initiator.ITSELF:
            return None
        number = _number_of(dialog)
        near = [call for call in self._calls.values() if self._may_be(call, number, dialog.state, now)]
        return max(near, key=lambda call: (bool(number) and call.number != "", call.since.mono), default=None)

    def _may_be(self, call: _Call, number: str, state: DialogState, now: Moment) -> bool:
        if call.dialogs or call.direction is not Direction.INCOMING or not _may_be_same(call.number, number):
            return False
        if call.stage is Stage.TAKEN:
            return not call.here and now.since(call.since) <= PICK_UP_S
        return call.stage is Stage.OFFERED and (bool(number) or state is not DialogState.CONFIRMED)

    def _bind(self, call: _Call, dialog: str, state: DialogState) -> None:
        call.dialogs[dialog] = state
        self._of_dialog[dialog] = call

    def _set_aside(self, dialog: str) -> None:
        _remember(self._stale, dialog)

    def _forget_old(self, now: Moment) -> None:
        if self._swept_at is not None and now.since(self._swept_at) < ENDED_KEPT_S / 4:
            return
        self._swept_at = now
        old = [
            ref
            for ref, call in self._calls.items()
            if call.stage is Stage.OVER and now.since(call.since) > ENDED_KEPT_S
        ]
        for ref in old:
            _remember(self._past, ref)
            for dialog in self._calls.pop(ref).dialogs:
                self._of_dialog.pop(dialog, None)
                self._set_aside(dialog)


def _shown_by(call: _Call) -> Evidence:
    """A telephone that is in use was lifted; whether the far end answered is another thing."""
    lifted = call.is_nameless and call.direction is Direction.OUTGOING
    return Evidence.EXTENSION_HOOK if lifted else Evidence.EXCHANGE


def _remember(names: dict[str, None], name: str) -> None:
    """Keep the newest names, as many as may be kept."""
    names[name] = None
    while len(names) > MOST_KEPT:
        del names[next(iter(names))]


def _due(call: _Call) -> float:
    """When something must be said of a call that waits, although nothing is heard."""
    return call.since.mono + (PICK_UP_S if call.stage is Stage.TAKEN else OWN_BRANCH_S)


def _number_of(dialog: DialogSeen) -> str:
    """Of the far end, as a person would dial it; empty if it has none that could be dialled."""
    remote = dialog.remote.uri if dialog.remote is not None else None
    return remote.user if remote is not None and _digits(remote.user) else ""


def _may_be_same(one: str, other: str) -> bool:
    """Whether both are one number, as far as both are known."""
    ones, others = _digits(one), _digits(other)
    if not ones or not others:
        return True
    shorter = min(len(ones), len(others), _MOST_DIGITS)
    return ones[-shorter:] == others[-shorter:] if shorter >= _LEAST_DIGITS else ones == others


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())
