"""Sets options of one line in the text of a configuration file, and leaves every other sign of it as it was.

The result is read again and compared: if it says anything but the old settings with the new options, nothing is given
back, and a person has to write the lines. So a file of a shape nobody thought of is never spoilt.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping


def lines_to_write(line: str, options: Mapping[str, object]) -> list[str]:
    """What belongs into the file, for a person to write."""
    return [f"[lines.{line}]", *(f"{option} = {_toml(value)}" for option, value in options.items())]


def with_options(text: str, line: str, options: Mapping[str, object]) -> str | None:
    """`text` (TOML) with `options` set in `[lines.LINE]`; None if that cannot be done safely."""
    try:
        before = tomllib.loads(text)
        settings = before["lines"][line]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return None
    if not isinstance(settings, dict):
        return None
    rows = text.splitlines(keepends=True)
    for option, value in options.items():
        if not _set(rows, line, option, f"{option} = {_toml(value)}"):
            return None
    after = "".join(rows)
    wanted = {**before, "lines": {**before["lines"], line: {**settings, **options}}}
    try:
        return after if tomllib.loads(after) == wanted else None
    except tomllib.TOMLDecodeError:
        return None


def _set(rows: list[str], line: str, option: str, said: str) -> bool:
    """Replace the row of `option`, or put a new one behind the last row of the table; False if there is no table."""
    span = _table(rows, line)
    if not span:
        return False
    place = next((at for at in span if re.match(rf"\s*{re.escape(option)}\s*=", rows[at])), None)
    if place is not None:
        rows[place] = _replaced(rows[place], option, said)
        return True
    last = max((at for at in span if rows[at].strip()), default=span.start)
    if not rows[last].endswith("\n"):
        rows[last] += "\n"
    rows.insert(last + 1, said + "\n")
    return True


def _table(rows: list[str], line: str) -> range:
    """The rows of the line's table, its heading first; empty if it has none of its own."""
    heading = re.compile(rf"\s*\[\s*lines\s*\.\s*[\"']?{re.escape(line)}[\"']?\s*\]\s*(?:#.*)?$")
    start = next((at for at, row in enumerate(rows) if heading.match(row.rstrip("\r\n"))), None)
    if start is None:
        return range(0)
    return range(start, next((at for at in range(start + 1, len(rows)) if re.match(r"\s*\[", rows[at])), len(rows)))


def _replaced(row: str, option: str, said: str) -> str:
    """`row` with another value; the remark behind it stays, unless the value itself has a # in it."""
    found = re.match(
        rf"(\s*){re.escape(option)}\s*=\s*(?:\"[^\"#]*\"|'[^'#]*'|[^#\"'\r\n]*?)(\s*(?:#[^\r\n]*)?\r?\n?)$", row
    )
    return f"{found[1]}{said}{found[2]}" if found else row


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
