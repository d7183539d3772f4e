"""What the officer asked of lines and has not heard of yet."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dutyphone.clock import Clock
from dutyphone.journal.facts import RequestKind, RequestMade, RequestSettled
from dutyphone.store import commands
from dutyphone_tui.asking import no_reply, patience_s, reply

if TYPE_CHECKING:
    from dutyphone.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something asked of `line`, about `call` or with `number`. `until` is the `mono` second at which it is given up.

    `after` is where the journal ended when it was asked: what became of it stands behind.
    """

    request: str
    line: str
    what: RequestKind
    call: str | None
    number: str | None
    after: int
    until: float


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an errand, in words."""

    done: bool
    words: str


class Errands:
    """Used in the thread of the app, but for `write` and `read`, which wait for the store."""

    def __init__(
        self, store: Store, clock: Clock, officer: str, new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    ) -> None:
        self._store, self._clock, self._officer, self._new_id = store, clock, officer, new_id
        self._waiting: dict[str, Errand] = {}

    @property
    def waiting(self) -> bool:
        """Whether something was asked of which nothing was heard yet."""
        return bool(self._waiting)

    def begin(
        self, line: str, what: RequestKind, *, call: str | None = None, number: str | None = None, after: int
    ) -> Errand | None:
        """An errand, to be written. None if one about the same call, or to the same number, is under way already."""
        if any((known.line, known.call) == (line, call) and _same(known, number) for known in self._waiting.values()):
            return None
        until = self._clock.now().mono + patience_s(what)
        errand = Errand(
            request=self._new_id(), line=line, what=what, call=call, number=number, after=after, until=until
        )
        self._waiting[errand.request] = errand
        return errand

    def write(self, errand: Errand) -> None:
        """Put it into the journal, where the recorder finds it. Raises `DutyphoneError`."""
        commands.ask(
            self._store,
            errand.line,
            errand.what,
            request=errand.request,
            call=errand.call,
            number=errand.number,
            by=self._officer,
            now=self._clock.now().utc,
        )

    def drop(self, errand: Errand) -> None:
        """It could not be written."""
        self._waiting.pop(errand.request, None)

    def after(self) -> int:
        """Where to begin to read what became of them."""
        return min((errand.after for errand in self._waiting.values()), default=0)

    def read(self, after: int, upto: int) -> tuple[RequestMade | RequestSettled, ...]:
        """What was asked and settled in the journal's rows after `after` up to `upto`. Raises `DutyphoneError`."""
        return self._store.requests_between(after, upto)

    def learn(self, facts: Iterable[RequestMade | RequestSettled]) -> list[Told]:
        """What became of ours, each told once."""
        told: list[Told] = []
        for fact in facts:
            errand = self._waiting.pop(fact.request, None) if isinstance(fact, RequestSettled) else None
            if errand is not None and isinstance(fact, RequestSettled):
                told.append(Told(fact.done, reply(errand.what, fact, errand.number)))
        return told

    def give_up(self, now: float) -> list[Told]:
        """Those of which nothing was heard in time, at the `mono` second `now`."""
        late = [errand for errand in self._waiting.values() if errand.until <= now]
        for errand in late:
            self.drop(errand)
        return [Told(done=False, words=no_reply(errand.what)) for errand in late]


def _same(errand: Errand, number: str | None) -> bool:
    """About one call only one thing is asked at a time; several numbers may be dialled."""
    return errand.call is not None or errand.number == number
