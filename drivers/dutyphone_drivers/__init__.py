"""The desk line: how each kind of wire is read. One package a driver, found by entry point `dutyphone.drivers`."""
