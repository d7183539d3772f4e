"""What a journal must never say of a call."""

from __future__ import annotations

from collections.abc import Sequence

from dutyphone.journal.facts import CallArrived, CallEnded, CallFact, Fact


def lifecycle_faults(journal: Sequence[Fact]) -> list[str]:
    """What is wrong with the order of the facts of calls: each arrives once, first, and ends once, last."""
    faults: list[str] = []
    open_now: set[str] = set()
    ended: set[str] = set()
    for seq, fact in enumerate(journal, 1):
        if not isinstance(fact, CallFact):
            continue
        name = f"{seq} {type(fact).__name__} {fact.call}"
        if isinstance(fact, CallArrived):
            if fact.call in open_now | ended:
                faults.append(f"{name}: arrived twice")
            open_now.add(fact.call)
        elif fact.call not in open_now:
            faults.append(f"{name}: {'after its end' if fact.call in ended else 'before its arrival'}")
        if isinstance(fact, CallEnded):
            open_now.discard(fact.call)
            ended.add(fact.call)
    return faults + [f"{call}: never ended" for call in sorted(open_now)]
