"""What the system says of a process: its memory, and the processor time of its threads (proc(5))."""

from __future__ import annotations

from pathlib import Path


def peak_mb(process: int | str = "self") -> float:
    """The most memory it has had since it was started."""
    return _status_kb(process, "VmHWM") / 1024


def resident_mb(process: int | str = "self") -> float:
    """The memory it has now."""
    return _status_kb(process, "VmRSS") / 1024


def cpu_s(process: int | str = "self") -> float:
    """Processor time of all threads that live, by the scheduler's own count in nanoseconds."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def _status_kb(process: int | str, name: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)
