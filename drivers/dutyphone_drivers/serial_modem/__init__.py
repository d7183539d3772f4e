"""Serial voice/fax modems: a pure core, a port thread, and the modem families as data."""
