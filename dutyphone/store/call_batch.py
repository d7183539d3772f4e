"""The calls, notes and numbers that a batch of facts is about: loaded once, changed in memory, written once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, delete, func, insert, select, update

from dutyphone.journal import seqs
from dutyphone.journal.facts import CallArrived, CallFact, CallNoted, CallPurged
from dutyphone.store.backend import CALL_SHIFT, SearchIndex
from dutyphone.store.projections import Columns, arrived, changes, purged
from dutyphone.store.rows import micros, storable
from dutyphone.store.schema import call_facts, call_notes, calls, numbers
from dutyphone.store.search import number_tokens, text_tokens
from dutyphone.store.session import Session

_NAMES = tuple(calls.c.keys())
_ONE_CALL = select(calls).where(calls.c.call == bindparam("wanted"))
_LAST_CALL = select(func.max(calls.c.id))
_ADD_CALL = insert(calls)
_ONE_NUMBER = select(numbers.c.id).where(
    numbers.c.number == bindparam("wanted"), numbers.c.number_raw == bindparam("wanted_raw")
)
_LAST_NUMBER = select(func.max(numbers.c.id))
_ADD_NUMBER = insert(numbers)
_COUNT_NUMBER = (
    update(numbers).where(numbers.c.id == bindparam("wanted")).values(calls=numbers.c.calls + bindparam("step"))
)
_DROP_NUMBER = delete(numbers).where(numbers.c.id == bindparam("wanted"), numbers.c.calls <= 0)
_ADD_CALL_FACT = insert(call_facts)
_CALL_FACTS = select(call_facts.c.seq).where(call_facts.c.call_id == bindparam("wanted"))
_ADD_NOTE = insert(call_notes)
_NOTES = select(call_notes.c.note, call_notes.c.text).where(call_notes.c.call_id == bindparam("wanted"))
_DROP_NOTES = delete(call_notes).where(call_notes.c.call_id == bindparam("wanted"))


class _Call:
    """One call: as it is stored (None: not yet), as it is now, and which columns were set since."""

    __slots__ = ("now", "set_since", "stored")

    def __init__(self, now: Columns, *, stored: bool) -> None:
        self.stored = now.copy() if stored else None
        self.now = now
        self.set_since: set[str] = set()

    def set(self, columns: Columns) -> None:
        self.now.update(columns)
        self.set_since.update(columns)

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns of a stored call that are to be written."""
        now, stored = self.now, self.stored or {}
        return tuple(sorted(name for name in self.set_since if now[name] != stored[name]))


class CallBatch:
    """The calls of one batch."""

    def __init__(self, session: Session, index: SearchIndex) -> None:
        self._session = session
        self._index = index
        self._calls: dict[str, _Call | None] = {}
        self._facts: list[Mapping[str, Any]] = []
        self._notes: list[Mapping[str, Any]] = []
        self._last_id: int | None = None
        self._numbers = _Dictionary(session, index)

    def take(self, seq: int, fact: CallFact) -> None:
        key = storable(fact.call)
        call = self._find(key)
        if isinstance(fact, CallPurged):
            self._purge(key, call, seq, fact)
            return
        if call is None:
            if not isinstance(fact, CallArrived):
                return  # nobody saw this call arrive
            call = self._calls[key] = _Call(arrived(fact, self._next_id()), stored=False)
        else:
            columns = changes(call.now, fact)
            if "number" in columns:
                columns["number_id"] = self._numbers.change(_number(call.now), _number(columns))
            call.set(columns)
        self._facts.append({"call_id": call.now["id"], "seq": seq})
        if isinstance(fact, CallNoted):
            self._notes.append(
                {
                    "call_id": call.now["id"],
                    "note": call.now["notes"],
                    "at_us": micros(fact.at),
                    "text": call.now["last_note"],
                    "by": storable(fact.by),
                }
            )

    def write(self) -> None:
        """Write what `take` was given; once."""
        added: list[Columns] = []
        updated: dict[tuple[str, ...], list[Columns]] = {}
        for call in self._calls.values():
            if call is None:
                continue
            if call.stored is None:
                added.append(call.now)
            elif changed := call.changed:
                updated.setdefault(changed, []).append({"wanted": call.stored["id"], **call.now})
            if call.now["name"] or call.stored:
                self._index_name(call)
        self._session.run_many(_ADD_CALL, added)
        for changed, records in updated.items():
            self._session.run_many(_set_call(changed), records)
        self._session.run_many(_ADD_CALL_FACT, self._facts)
        if self._notes:
            self._write_notes()

    def _write_notes(self) -> None:
        self._session.run_many(_ADD_NOTE, self._notes)
        self._session.run_many(
            self._index.add(self._index.text_index),
            [
                {"document": (note["call_id"] << CALL_SHIFT) + note["note"], "words": text_tokens(note["text"])}
                for note in self._notes
            ],
        )

    def _index_name(self, call: _Call) -> None:
        before = call.stored["name"] if call.stored else None
        after = call.now["name"]
        if before == after:
            return
        index, document = self._index, call.now["id"] << CALL_SHIFT
        if before:
            index.remove(self._session, index.text_index, document, text_tokens(before))
        if after:
            self._session.run(index.add(index.text_index), document=document, words=text_tokens(after))

    def _purge(self, key: str, call: _Call | None, seq: int, fact: CallPurged) -> None:
        """Forget the call but for what `fact` says of it.

        In a replay it comes twice: at the row of the call's arrival, where it stands for all that was purged and the
        call takes its number, and in its own place.
        """
        if call is None:
            self._calls[key] = _Call(purged(fact), stored=False)
        else:
            self._numbers.forget(_number(call.now))
            self._forget_notes(call.now["id"])
            call.set(purged(fact))
        if seq > fact.arrived_seq:
            linked = {known for (known,) in self._session.all(_CALL_FACTS, wanted=fact.row)}
            linked.update(link["seq"] for link in self._facts if link["call_id"] == fact.row)
            about = [*(each for run in seqs.read(fact.rows) for each in run), seq]
            self._facts += [{"call_id": fact.row, "seq": each} for each in about if each not in linked]
        else:
            self._last_id = fact.row

    def _forget_notes(self, call_id: int) -> None:
        index = self._index
        for note, text in self._session.all(_NOTES, wanted=call_id):
            index.remove(self._session, index.text_index, (call_id << CALL_SHIFT) + note, text_tokens(text))
        self._session.run(_DROP_NOTES, wanted=call_id)
        self._notes = [note for note in self._notes if note["call_id"] != call_id]

    def _find(self, key: str) -> _Call | None:
        if key not in self._calls:
            record = self._session.one(_ONE_CALL, wanted=key)
            self._calls[key] = None if record is None else _Call(dict(zip(_NAMES, record, strict=True)), stored=True)
        return self._calls[key]

    def _next_id(self) -> int:
        if self._last_id is None:
            self._last_id = self._session.scalar(_LAST_CALL) or 0
        self._last_id += 1
        return self._last_id


Number = tuple[str, str]
"""A number as normalised and as sent; both empty if none came."""


def _number(call: Columns) -> Number:
    return call["number"] or "", call["number_raw"] or ""


class _Dictionary:
    """The dictionary of numbers. It grows in the order of the facts, however they come in batches."""

    def __init__(self, session: Session, index: SearchIndex) -> None:
        self._session = session
        self._index = index
        self._ids: dict[Number, int] = {}
        self._last_id: int | None = None

    def change(self, before: Number, after: Number) -> int | None:
        """A call's number became another one, or stayed; the id of that number, None if it is none."""
        if before != after:
            for number, step in ((before, -1), (after, 1)):
                if any(number):
                    found = self.find(number) or self._add(number)
                    self._session.run(_COUNT_NUMBER, wanted=found, step=step)
        return self.find(after)

    def forget(self, number: Number) -> None:
        """A call with this number is forgotten; with the last of them the number itself."""
        found = self.find(number)
        if found is None:
            return
        self._session.run(_COUNT_NUMBER, wanted=found, step=-1)
        if self._session.run(_DROP_NUMBER, wanted=found) == 1:
            del self._ids[number]
            self._last_id = None
            tokens = number_tokens(*number)
            if tokens:
                self._index.remove(self._session, self._index.number_index, found, tokens)

    def find(self, number: Number) -> int | None:
        """The id of a number, None if it is none or nobody ever called from it."""
        if any(number) and number not in self._ids:
            found = self._session.scalar(_ONE_NUMBER, wanted=number[0], wanted_raw=number[1])
            if found is None:
                return None
            self._ids[number] = found
        return self._ids.get(number)

    def _add(self, number: Number) -> int:
        if self._last_id is None:
            self._last_id = self._session.scalar(_LAST_NUMBER) or 0
        self._last_id += 1
        self._ids[number] = self._last_id
        self._session.run(_ADD_NUMBER, id=self._last_id, number=number[0], number_raw=number[1], calls=0)
        tokens = number_tokens(*number)
        if tokens:
            self._session.run(self._index.add(self._index.number_index), document=self._last_id, words=tokens)
        return self._last_id


@cache
def _set_call(changed: tuple[str, ...]) -> Update:
    """One statement for each set of columns that changes together, so that indexes of other columns stay untouched."""
    return update(calls).where(calls.c.id == bindparam("wanted")).values(dict.fromkeys(changed))
