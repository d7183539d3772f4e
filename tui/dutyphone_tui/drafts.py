"""Half-written notes on disk, so that a crash, a power cut or a closed window does not cost what was typed.

One file a call, written beside and renamed, so that there is never half a draft. They hold what an officer typed and
are readable by the owner alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed about `call` and neither saved nor thrown away."""

    call: str
    text: str


class Drafts:
    """The drafts in `folder`, which is made when the first one is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, draft: Draft) -> None:
        """Keep `draft`, instead of an earlier one of the same call. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"call": draft.call, "text": draft.text}, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path(draft.call))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def of(self, call: str) -> str:
        """What was typed about `call`, "" if there is no draft."""
        draft = _read(self._path(call))
        return draft.text if draft is not None and draft.call == call else ""

    def discard(self, call: str) -> None:
        """Forget the draft of `call`, if there is one."""
        with contextlib.suppress(OSError):
            self._path(call).unlink()

    def waiting(self) -> tuple[Draft, ...]:
        """All drafts, the latest first."""
        with contextlib.suppress(OSError):
            paths = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
            return tuple(draft for path in paths if (draft := _read(path)) is not None)
        return ()

    def _path(self, call: str) -> Path:
        return self._folder / f"{sha256(call.encode()).hexdigest()[:24]}.json"


def _read(path: Path) -> Draft | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Draft(call=str(kept["call"]), text=str(kept["text"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
