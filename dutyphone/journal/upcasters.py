"""Old JSON bodies made readable by the current facts.

`UPCASTERS[kind, version]` turns a body of `version` into one of `version + 1`. The journal itself is never rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}


def upcast(
    kind: str, version: int, body: dict[str, Any], steps: Mapping[tuple[str, int], Upcaster] = UPCASTERS
) -> dict[str, Any]:
    """`body`, brought up step by step from `version`."""
    while step := steps.get((kind, version)):
        body = step(body)
        version += 1
    return body
