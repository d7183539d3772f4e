"""What is to happen at which moment: a heap, so that thousands of waits cost nothing until they end."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, TypeVar

What = TypeVar("What")

_FEW = 64
"""Below this many dropped waits it is not worth sweeping them out."""


class Deadline(Generic[What]):
    """One wait. Only `Deadlines` changes it."""

    __slots__ = ("what",)

    def __init__(self, what: What) -> None:
        self.what: What | None = what  # None: dropped or over


class Deadlines(Generic[What]):
    """Waits by the `mono` second at which they end. Setting and dropping one costs the logarithm of their number."""

    __slots__ = ("_dropped", "_heap", "_order")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Deadline[What]]] = []
        self._order = count()
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._heap) - self._dropped

    def set(self, at: float, what: What) -> Deadline[What]:
        """At `at`, `what` will be due. Keep what is returned to drop it."""
        deadline = Deadline(what)
        heappush(self._heap, (at, next(self._order), deadline))
        return deadline

    def drop(self, deadline: Deadline[What]) -> None:
        """It will not be due. Dropping one that was due already, or dropped, does nothing."""
        if deadline.what is None:
            return
        deadline.what = None
        self._dropped += 1
        if self._dropped > _FEW and self._dropped * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].what is not None]
            heapify(self._heap)
            self._dropped = 0

    def next(self) -> float | None:
        """The second at which the first is due; None if there is none."""
        heap = self._heap
        while heap and heap[0][2].what is None:
            heappop(heap)
            self._dropped -= 1
        return heap[0][0] if heap else None

    def take_due(self, mono: float) -> What | None:
        """The first that is due at `mono`, taken away; None if none is. Ask again until it is None."""
        at = self.next()
        if at is None or at > mono:
            return None
        deadline = heappop(self._heap)[2]
        what, deadline.what = deadline.what, None
        return what
