"""A plug-in of pytest: a test module with the fixture `dutyphone_driver` is given every check of the driver contract.

    @pytest.fixture
    def dutyphone_driver() -> DriverUnderTest:
        return DriverUnderTest(core=lambda headings: MyCore("desk"), transcripts=Path(__file__).parent / "transcripts")

Nothing is imported, and nothing is looked at but names, until there is such a fixture.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

FIXTURE = "dutyphone_driver"


def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str) -> Iterable[pytest.Collector] | None:
    """The checks, where the name of the fixture stands in a test module or class."""
    if name != FIXTURE or not isinstance(collector, pytest.Module | pytest.Class):
        return None
    from dutyphone_simulators.conformance.core_checks import CoreChecks
    from dutyphone_simulators.conformance.shell_checks import ShellChecks

    nodes = []
    for checks in (CoreChecks, ShellChecks):
        node: pytest.Class = pytest.Class.from_parent(collector, name=checks.__name__)
        node.obj = checks
        nodes.append(node)
    return nodes
