"""Facts that could not be written before the recorder had to stop: a file that is read at the next start."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dutyphone.journal.codec import decode, encode
from dutyphone.journal.facts import VERSIONS, Fact


class RescueFile:
    """JSON lines of kind, version and body."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, facts: Sequence[Fact]) -> None:
        """Keep `facts` in place of what was kept before; they are on the disk when this returns. Raises OSError."""
        beside = self.path.with_name(self.path.name + ".new")
        with beside.open("w", encoding="utf-8") as file:
            for fact in facts:
                kind = type(fact).__name__
                file.write(json.dumps([kind, VERSIONS[kind], encode(fact)], ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)

    def read(self) -> list[Fact]:
        """What is kept, in order. A last line that was cut short is left out."""
        facts: list[Fact] = []
        with suppress(FileNotFoundError):
            for line in self.path.read_text(encoding="utf-8").splitlines():
                with suppress(json.JSONDecodeError):
                    kind, version, body = json.loads(line)
                    facts.append(decode(kind, version, body))
        return facts

    def clear(self) -> None:
        """Forget what was kept. Call it once it is in the journal."""
        self.path.unlink(missing_ok=True)
