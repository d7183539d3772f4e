"""Many row numbers in few characters: "1-48,51" for 1 to 48 and 51. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def spelled(seqs: Iterable[int]) -> str:
    """`seqs`, which rise, as text; empty for none."""
    return ",".join(str(run.start) if len(run) == 1 else f"{run.start}-{run.stop - 1}" for run in runs(seqs))


def read(text: str) -> Iterator[range]:
    """The runs in what `spelled` made. Raises `ValueError` if it did not make it."""
    for part in text.split(",") if text else ():
        first, dash, last = part.partition("-")
        if not (first.isdecimal() and (last.isdecimal() if dash else True)):
            raise ValueError(text)
        yield range(int(first), int(last if dash else first) + 1)


def runs(seqs: Iterable[int]) -> Iterator[range]:
    """The unbroken runs in `seqs`, which rise."""
    run = range(0)
    for seq in seqs:
        if run and seq == run.stop:
            run = range(run.start, seq + 1)
            continue
        if run:
            yield run
        run = range(seq, seq + 1)
    if run:
        yield run


def joined(parts: Iterable[range]) -> list[range]:
    """The same rows as `parts`, in order, each once."""
    whole: list[range] = []
    for part in sorted(parts, key=lambda each: each.start):
        if whole and part.start <= whole[-1].stop:
            whole[-1] = range(whole[-1].start, max(whole[-1].stop, part.stop))
        else:
            whole.append(part)
    return whole


def first_outside(parts: Iterable[range], whole: Iterable[range]) -> int | None:
    """The first row of `parts` that is not in `whole`; both as `joined` gives them. None if all are."""
    around = iter(whole)
    cover = next(around, range(0))
    for part in parts:
        at = part.start
        while at < part.stop:
            while cover.stop <= at:
                following = next(around, None)
                if following is None:
                    return at
                cover = following
            if cover.start > at:
                return at
            at = cover.stop
    return None
