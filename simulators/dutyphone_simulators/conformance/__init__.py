"""Proof that a driver keeps its contract: some forty checks for one fixture, see docs/writing-a-driver.md."""

from dutyphone_simulators.conformance.candidate import DriverUnderTest, MendableWire, Wire, oblige
from dutyphone_simulators.conformance.pty_wire import PtyWire

__all__ = ["DriverUnderTest", "MendableWire", "PtyWire", "Wire", "oblige"]
