"""A telephone exchange that speaks SIP: registrar, callers, a desk phone and a gateway without hardware.

A second, independent reading of the RFCs with the standard library alone. Everything but `sockets.py`, `exchange.py`,
`certificate.py`, `run.py`, `drill.py` and `testkit.py` is pure: packets, moments and a seed in, packets and the next
deadline out.
"""
