"""SIPp as whoever calls, is called, or should not be there."""

from __future__ import annotations

import itertools
from pathlib import Path

from support.sip_peers.programs import FILES, Program, filled, is_taken, until

SDP = """v=0
o=trunk 1 1 IN IP[media_ip_type] [media_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 0
"""

_numbers = itertools.count(1)


class Sipp(Program):
    """One run of a scenario of tests/sip_peers/scenarios."""

    def __init__(
        self,
        folder: Path,
        scenario: str,
        *,
        local: str,
        voice_port: int,
        remote: str = "",
        calls: int | None = 1,
        calls_a_second: int = 100,
        transport: str = "u1",
        **words: object,
    ) -> None:
        """`words` fill in the %WORDS% of the scenario. `calls` None: as many as come."""
        here = folder / f"{scenario}-{next(_numbers)}"
        here.mkdir()
        script = filled((FILES / "scenarios" / f"{scenario}.xml").read_text("utf-8"), **words)
        (here / "scenario.xml").write_text(script, "utf-8", "surrogateescape")
        host, _, port = local.rpartition(":")
        self.here = here
        super().__init__(
            "sipp",
            [
                *([remote] if remote else []),
                *("-sf", "scenario.xml", "-i", host.strip("[]"), "-p", port, "-t", transport, "-nostdin"),
                *("-mp", str(voice_port)),
                *(("-m", str(calls), "-l", str(max(calls, 10))) if calls else ()),
                *("-r", str(calls_a_second), "-default_behaviors", "all,-abortunexp"),
                *("-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages"),
            ],
            log=here / "screen",
            folder=here,
        )
        if not remote:
            until(lambda: not self.running or is_taken(local), told=self.said)

    def errors(self) -> str:
        """What it complained of."""
        file = self.here / "errors"
        return file.read_text("utf-8", errors="replace") if file.exists() else ""

    def messages(self) -> str:
        """Every message it sent and got."""
        file = self.here / "messages"
        return file.read_text("utf-8", errors="replace") if file.exists() else ""

    def finish(self, patience_s: float = 15.0) -> None:
        """Wait for its end; it went as the scenario says."""
        code = self.wait(patience_s)
        self.end()
        assert code == 0, f"sipp ended with {code}\n{self.errors()}\n{self.messages()[-4000:]}"
