"""What may stand behind the `name=` of a scenario's steps. Each function gives the value meant or raises ValueError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dutyphone.i18n import _

Convert = Callable[[Any], Any]

_LARGEST_SHIFT_S = 10 * 365 * 86_400.0


def text(value: Any) -> str:
    return str(value)


def digits(value: Any) -> str:
    if not isinstance(value, str | int) or not set(str(value)) <= set("0123456789*#+ABCD"):
        raise ValueError(_("digits, * and # are meant"))
    return str(value)


def yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("true or false is meant"))  # noqa: TRY004  every wrong value is a ValueError here
    return value


def seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise ValueError(_("seconds are meant, 0 to 86400"))
    return float(value)


def shift(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_SHIFT_S:
        raise ValueError(_("seconds are meant, forwards or (negative) backwards"))
    return float(value)


def share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(_("a share from 0 to 1 is meant"))
    return float(value)


def count(low: int, high: int) -> Convert:
    """A whole number from `low` to `high`."""

    def convert(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(_("a number from {low} to {high} is meant").format(low=low, high=high))
        return value

    return convert


def one_of(choices: Mapping[str, Any]) -> Convert:
    """One of the names in `choices`; what stands behind it."""

    def convert(value: Any) -> Any:
        if value not in choices:
            raise ValueError(_("one of these is meant: {names}").format(names=", ".join(choices)))
        return choices[value]

    return convert
