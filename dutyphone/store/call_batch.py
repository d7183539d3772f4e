"""The calls, notes and numbers that a batch of facts is about: loaded once, changed in memory, written once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, delete, func, insert, select, update

from dutyphone.journal import seqs
from dutyphone.journal.facts import CallArrived, CallFact, CallNoted, CallPurged
from dutyphone.store.backend import CALL_SHIFT, SearchIndex
from dutyphone.store.projections import arrived, call_after, purged
from dutyphone.store.readmodels import CallRow
from dutyphone.store.rows import CALL_COLUMNS, call_record, call_row, micros, storable
from dutyphone.store.schema import call_facts, call_notes, calls, numbers
from dutyphone.store.search import number_tokens, text_tokens
from dutyphone.store.session import Session

_ONE_CALL = select(*(calls.c[name] for name in CALL_COLUMNS)).where(calls.c.call == bindparam("wanted"))
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


class CallBatch:
    """The calls of one batch."""

    def __init__(self, session: Session, index: SearchIndex) -> None:
        self._session = session
        self._index = index
        self._before: dict[str, CallRow | None] = {}
        self._now: dict[str, CallRow | None] = {}
        self._facts: list[Mapping[str, Any]] = []
        self._notes: list[Mapping[str, Any]] = []
        self._purged: set[str] = set()
        self._last_id: int | None = None
        self._numbers = _Dictionary(session, index)

    def take(self, seq: int, fact: CallFact) -> None:
        call = storable(fact.call)
        row = self._find(call)
        if isinstance(fact, CallPurged):
            self._purge(seq, fact, row)
            return
        if row is None:
            if not isinstance(fact, CallArrived):
                return  # nobody saw this call arrive
            row = arrived(fact, self._next_id())
        else:
            after = call_after(row, fact)
            self._numbers.change(_number(row), _number(after))
            row = after
        self._now[call] = row
        self._facts.append({"call_id": row.id, "seq": seq})
        if isinstance(fact, CallNoted):
            self._notes.append(
                {
                    "call_id": row.id,
                    "note": row.notes,
                    "at_us": micros(fact.at),
                    "text": row.last_note,
                    "by": storable(fact.by),
                }
            )

    def write(self) -> None:
        for call, row in self._now.items():
            if row is not None:
                self._write_call(self._before[call], row)
        self._session.run_many(_ADD_CALL_FACT, self._facts)
        self._session.run_many(_ADD_NOTE, self._notes)
        add_text = self._index.add(self._index.text_index)
        for note in self._notes:
            number = (note["call_id"] << CALL_SHIFT) + note["note"]
            self._session.run(add_text, document=number, words=text_tokens(note["text"]))

    def _purge(self, seq: int, fact: CallPurged, row: CallRow | None) -> None:
        """Forget the call but for what `fact` says of it.

        In a replay it comes twice: at the row of the call's arrival, where it stands for all that was purged and the
        call takes its number, and in its own place.
        """
        call = storable(fact.call)
        if row is not None:
            self._numbers.forget(_number(row))
            self._forget_notes(row.id)
        self._now[call] = purged(fact)
        self._purged.add(call)
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

    def _find(self, call: str) -> CallRow | None:
        if call not in self._now:
            record = self._session.one(_ONE_CALL, wanted=call)
            self._before[call] = self._now[call] = None if record is None else call_row(record)
        return self._now[call]

    def _next_id(self) -> int:
        if self._last_id is None:
            self._last_id = self._session.scalar(_LAST_CALL) or 0
        self._last_id += 1
        return self._last_id

    def _write_call(self, before: CallRow | None, row: CallRow) -> None:
        record = {**call_record(row), "number_id": self._numbers.find(_number(row))}
        if before is None:
            self._session.run(_ADD_CALL, **record)
        else:
            old = {**call_record(before), "number_id": self._numbers.find(_number(before))}
            every = row.call in self._purged  # its number may be gone from the dictionary, so nobody knows the old one
            changed = tuple(name for name, value in record.items() if every or value != old[name])
            if not changed:
                return
            self._session.run(_set_call(changed), wanted=row.id, **{name: record[name] for name in changed})
        old_name = text_tokens(before.name or "") if before else ""
        new_name = text_tokens(row.name or "")
        if old_name == new_name:
            return
        index, document = self._index, row.id << CALL_SHIFT
        if old_name:
            index.remove(self._session, index.text_index, document, old_name)
        if new_name:
            self._session.run(index.add(index.text_index), document=document, words=new_name)


Number = tuple[str, str]
"""A number as normalised and as sent; both empty if none came."""


def _number(row: CallRow) -> Number:
    return row.number or "", row.number_raw or ""


class _Dictionary:
    """The dictionary of numbers. It grows in the order of the facts, however they come in batches."""

    def __init__(self, session: Session, index: SearchIndex) -> None:
        self._session = session
        self._index = index
        self._ids: dict[Number, int] = {}
        self._last_id: int | None = None

    def change(self, before: Number, after: Number) -> None:
        """A call's number became another one."""
        if before == after:
            return
        for number, step in ((before, -1), (after, 1)):
            if any(number):
                found = self.find(number) or self._add(number)
                self._session.run(_COUNT_NUMBER, wanted=found, step=step)

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
