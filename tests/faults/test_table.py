"""The table of faults in `simulators/README.md` names switches and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from dutyphone_simulators.disk import DiskFault, FaultyDisk
from dutyphone_simulators.world import VERBS

HERE = Path(__file__).parent
README = HERE.parents[1] / "simulators" / "README.md"


def rows() -> list[tuple[str, str, str]]:
    """Fault, switch and test of each row."""
    table = README.read_text("utf-8").partition("\n## Faults\n")[2]
    return re.findall(r"^\| ([^|]+?) \| ?([^|]*?) ?\| `(\w+)` \|$", table, re.MULTILINE)


def sources() -> str:
    return "".join(file.read_text("utf-8") for file in HERE.glob("test_*.py"))


def test_every_fault_has_a_test_here() -> None:
    named = set(re.findall(r"^(?:def )?(test_\w+|Test\w+)(?:\(| = )", sources(), re.MULTILINE))
    assert len(rows()) >= 19
    assert [test for _fault, _switch, test in rows() if test not in named] == []


def test_every_switch_exists_and_every_verb_that_is_a_fault_is_in_the_table() -> None:
    said = " ".join(switch for _fault, switch, _test in rows())
    verbs = set(re.findall(r"`\* (\w+)`", said))
    assert verbs <= set(VERBS)
    life = {"caller", "call", "fax", "lift", "dial", "hang_up", "hear", "stop"}
    assert set(VERBS) - verbs == life, "what is no fault is life"
    disk = FaultyDisk(None, lambda _seconds: None)  # type: ignore[arg-type]  # nothing is written
    assert all(hasattr(disk, name) for name in re.findall(r"`FaultyDisk\.(\w+)`", said))
    assert {fault.value for fault in DiskFault} == {"full", "read_only", "locked"}
    assert all(f'"{name}"' in sources() for name in re.findall(r"`(DUTYPHONE_\w+)=", said))
