"""Nobody's telephone number, nobody's machine and nobody's registry is in the repository."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NUMBER = re.compile(
    r"(?<![\w.+*-])"
    r"(?:\+?86[- ]?|0086[- ]?)?"
    r"(?:"
    r"0?1[3-9]\d(?:[- ]?\d{4}){2}"  # a mobile
    r"|\(?0(?:10|2\d|[3-9]\d{2})\)?[- ]?\d{3,4}[- ]?\d{4}"  # an area code and a local number
    r")"
    r"(?![\w.])"
)
"""What a Chinese reader would take for somebody's telephone number."""

MADE_UP = re.compile(r"(?:86|0086)?(?:0?1390000\d{4}|1410000\d{4}|0(?:10|2\d|[3-9]\d{2})555\d{4,5})")
"""Numbers that nobody has: exchange 555 in any city, the mobile range 139 0000, and 141 0000, a range of machines."""

MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:root|work|Users|home/(?!duty|pi\b)[a-z]\w*)/")
REGISTRY = re.compile(r"://|\bpypi\b|files\.pythonhosted|\bmirrors?\.", re.IGNORECASE)


@cache
def tracked_text() -> dict[Path, str]:
    """Every file of the repository that is text, the checksums of locks aside."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    texts = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if not path.is_file() or path.suffix in {".lock", ".mo", ".png"}:
            continue
        texts[Path(name)] = path.read_bytes().decode("utf-8", errors="replace")
    return texts


def find(pattern: re.Pattern[str], *, allowed: re.Pattern[str] | None = None) -> list[str]:
    return [
        f"{path}: {match[0]}"
        for path, text in tracked_text().items()
        for match in pattern.finditer(text)
        if allowed is None or not allowed.fullmatch(re.sub(r"\D", "", match[0]))
    ]


def test_the_patterns_know_a_real_number_when_they_see_one() -> None:
    somebody = ("1380" + "0138000", "010-" + "6275" + "1234", "+86 139-" + "1234-5678", "0755" + "26001234")
    for number in somebody:
        assert (match := NUMBER.search(f"call {number}, please")), number
        assert not MADE_UP.fullmatch(re.sub(r"\D", "", match[0])), number
    for number in ("010-55501234", "13900001234", "+86 139 0000 1234", "02155501234"):
        assert (match := NUMBER.search(f"call {number}, please")), number
        assert MADE_UP.fullmatch(re.sub(r"\D", "", match[0])), number


def test_every_telephone_number_in_the_repository_is_made_up() -> None:
    """X18: a number seen in a public repository is a number seen by everybody."""
    assert find(NUMBER, allowed=MADE_UP) == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert [hit for hit in find(MACHINE_PATH) if not hit.startswith("tests/architecture/test_privacy.py")] == []


def test_the_locks_name_no_place_to_download_from() -> None:
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    assert [lock.name for lock in locks] == ["dev.lock", "peers.lock", "pip.lock", "run.lock"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert REGISTRY.search(text) is None, lock.name
        pins = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==", text, re.MULTILINE)
        entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert len(pins) == len(entries) > 0, lock.name
        assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", text.strip())), lock.name
