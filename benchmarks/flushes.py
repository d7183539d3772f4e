"""A disk that is watched, and made slow: a preloaded library counts the flushes of a child and delays each."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).with_name("slow_flush.c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a child said as its last line, JSON, and how often it flushed."""

    said: Any
    flushes: int


def can_watch() -> bool:
    """Whether there is a C compiler, and a loader that takes a library in between."""
    return shutil.which("cc") is not None and sys.platform.startswith("linux")


def watch(arguments: Sequence[str], folder: Path, *, flush_ms: float = 0.0) -> Watched:
    """Run `python -m ARGUMENTS`; every flush takes `flush_ms` longer. Raises `CalledProcessError`."""
    log = folder / "flushes.log"
    log.write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env={
            **os.environ,
            "LD_PRELOAD": str(_library(folder)),
            "FLUSH_LOG": str(log),
            "FLUSH_DELAY_US": f"{flush_ms * 1000:.0f}",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Watched(said=json.loads(done.stdout.splitlines()[-1]), flushes=log.stat().st_size)


def _library(folder: Path) -> Path:
    built = folder / "slow_flush.so"
    if not built.exists():
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-o", built, _SOURCE, "-ldl"], check=True)
    return built
