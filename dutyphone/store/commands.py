"""What a console writes: the duty officer's word on a call. Each is one fact through the one door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dutyphone.journal.facts import CallNoted, CallSettled, Fact, RequestKind, RequestMade, Settlement


class Appends(Protocol):
    """A `Store`, as far as a command needs one."""

    def append(self, facts: Sequence[Fact], *, recorded_at: datetime) -> range: ...


def settle(store: Appends, call: str, settlement: Settlement, *, by: str, now: datetime) -> None:
    """The officer `by` says what became of `call`. A later word stands over an earlier one."""
    store.append([CallSettled(at=now, call=call, settlement=settlement, by=by)], recorded_at=now)


def note(store: Appends, call: str, text: str, *, by: str, now: datetime) -> None:
    """Put a note on `call`. Space around it is cut off; nothing is written if nothing is left."""
    text = text.strip()
    if text:
        store.append([CallNoted(at=now, call=call, text=text, by=by)], recorded_at=now)


def ask(
    store: Appends,
    line: str,
    what: RequestKind,
    *,
    request: str,
    call: str | None = None,
    number: str | None = None,
    by: str,
    now: datetime,
) -> None:
    """Ask something of `line` under the fresh id `request`; its recorder does it, and says what became of it."""
    made = RequestMade(at=now, line=line, request=request, what=what, call=call, number=number, by=by)
    store.append([made], recorded_at=now)
