"""What every benchmark shares: options, rounds that alternate, medians, a report with both figures and the ratio.

A figure alone says nothing on a machine that others use too. So ours and a bare reference are measured in turn, in the
same run, and what counts is the ratio of their medians.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from dutyphone.store.sqlite import safe_driver

T = TypeVar("T")

_NOT_SIZES = frozenset({"json", "folder", "child", "only_ours", "url", "log"})

IN_MEMORY = frozenset({"tmpfs", "ramfs"})


class Bound(Enum):
    """On which side of its limit a value is good."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What was promised."""

    bound: Bound
    limit: float

    def reached(self, value: float) -> bool:
        """Whether `value` keeps the promise."""
        return value >= self.limit if self.bound is Bound.AT_LEAST else value <= self.limit

    def __str__(self) -> str:
        return f"{self.bound.value} {self.limit:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Ours beside a bare reference, in the same `unit`. `goal` is about the ratio ours / reference.

    With `times_better` the ratio is reference / ours: "so many times as quick".
    """

    what: str
    unit: str
    ours: float
    reference: float
    goal: Goal | None = None
    times_better: bool = False

    @property
    def ratio(self) -> float:
        """Ours to the reference, or how many times better."""
        over, under = (self.reference, self.ours) if self.times_better else (self.ours, self.reference)
        return over / under if under else float("inf")

    @property
    def reached(self) -> bool | None:
        """None if nothing was promised."""
        return None if self.goal is None else self.goal.reached(self.ratio)

    def line(self) -> str:
        """For people."""
        return (
            f"{self.what:<44} ours {self.ours:>11,.4g}   reference {self.reference:>11,.4g} {self.unit:<10}"
            f" ratio {self.ratio:>8,.3g} {_verdict(self.goal, self.reached)}"
        )

    def values(self) -> dict[str, Any]:
        """For programs."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours,
            "reference": self.reference,
            "ratio": self.ratio,
            "goal": None if self.goal is None else str(self.goal),
            "reached": self.reached,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value with a limit of its own, such as a number of lost events or a size."""

    what: str
    unit: str
    value: float
    goal: Goal | None = None

    @property
    def reached(self) -> bool | None:
        """None if nothing was promised."""
        return None if self.goal is None else self.goal.reached(self.value)

    def line(self) -> str:
        """For people."""
        return f"{self.what:<44} {self.value:>16,.4g} {self.unit:<10} {_verdict(self.goal, self.reached)}"

    def values(self) -> dict[str, Any]:
        """For programs."""
        return {
            "what": self.what,
            "unit": self.unit,
            "value": self.value,
            "goal": None if self.goal is None else str(self.goal),
            "reached": self.reached,
        }


Finding = Comparison | Figure


def parser(what: str) -> argparse.ArgumentParser:
    """The options that all benchmarks have. `what` is the docstring of the module."""
    made = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=7, help="how often each side is measured, in turn (default 7)")
    made.add_argument("--json", action="store_true", help="for programs")
    made.add_argument("--folder", type=Path, help="where databases are made, on the disk that is meant (default: temp)")
    return made


@contextmanager
def working_folder(options: argparse.Namespace) -> Iterator[Path]:
    """A fresh folder, removed in the end. Data that is worth keeping goes into `kept_folder`."""
    parent = options.folder
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="dutyphone-benchmark-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kept_folder(options: argparse.Namespace) -> Path:
    """Where large databases are kept between runs."""
    folder = (options.folder or Path(tempfile.gettempdir())) / "dutyphone-benchmark-data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def alternate(rounds: int, sides: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Measure every side once a round, each round beginning with another one; what each measured, by its name."""
    names = list(sides)
    measured: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            measured[name].append(sides[name]())
    return measured


def median(values: Sequence[float]) -> float:
    """The value in the middle."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report(goal: str, options: argparse.Namespace, findings: Sequence[Finding], notes: Sequence[str] = ()) -> None:
    """Print all that was found, with the machine it was found on."""
    on = machine(options.folder)
    sizes = {name: value for name, value in vars(options).items() if name not in _NOT_SIZES and value}
    if options.json:
        whole = {
            "goal": goal,
            "machine": on,
            "options": sizes,
            "findings": [finding.values() for finding in findings],
            "notes": list(notes),
        }
        print(json.dumps(whole, default=str, ensure_ascii=False, indent=1))
        return
    print(f"{goal}   {' '.join(f'{name}={value}' for name, value in sizes.items())}")
    for finding in findings:
        print("  " + finding.line())
    for note in notes:
        print(f"  ({note})")
    print(f"  {on}")
    sys.stdout.flush()


def machine(folder: Path | None) -> str:
    """The machine in one line."""
    sqlite = safe_driver().sqlite_version
    kind = file_system(folder or Path(tempfile.gettempdir()))
    disk = f"{kind}, IN MEMORY: a flush costs nothing here, --folder names a disk" if kind in IN_MEMORY else kind
    return (
        f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {platform.system()} "
        f"{platform.release()}; Python {platform.python_version()}; SQLite {sqlite}; {disk}"
    )


def file_system(path: Path) -> str:
    """The kind of file system that `path` is on; "unknown" where the system does not tell."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    place = path.resolve()
    best, kind = -1, "unknown"
    for line in mounts:
        _device, point, found, *_rest = line.split()
        if place.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), found
    return kind


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "unknown processor")


def _verdict(goal: Goal | None, reached: bool | None) -> str:
    return "" if goal is None else f"(goal {goal}: {'reached' if reached else 'MISSED'})"
