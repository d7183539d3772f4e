"""How long things last between several programs on a machine that has other things to do."""

from __future__ import annotations

from typing import Any

import pytest

EARLY_S = 0.15
"""A program that waits, waits no shorter; but we may have heard the beginning later than the end."""

LATE_S = 1.0
"""Everybody may be kept waiting for the processor."""

APART_S = 0.25
"""So far may be what two of them saw of the same call."""


def lasted(seconds: float | None, wanted: float) -> bool:
    """Whether something took the time that was wanted of it, and not much more."""
    return seconds is not None and wanted - EARLY_S <= seconds <= wanted + LATE_S


def as_seen(seconds: float | None) -> Any:
    """What another program saw, to be compared with what we did."""
    return None if seconds is None else pytest.approx(seconds, abs=APART_S)
