"""What went over the wire, as kamailio's sipdump wrote it down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_PACKET = re.compile(
    rb"={20}\n(?P<facts>.*?)~{20}\n(?P<data>.*?)\|{20}\n",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One SIP message. `at` is the server's clock; `source` and `target` are "host:port"."""

    at: float
    sent: bool
    source: str
    target: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", errors="replace").replace("\r\n", "\n")

    @property
    def first_line(self) -> str:
        return self.text.split("\n", 1)[0].strip()

    @property
    def status(self) -> int | None:
        """The code of a response; None for a request."""
        return int(self.first_line.split(" ")[1]) if self.first_line.startswith("SIP/2.0 ") else None

    @property
    def method(self) -> str:
        """The method of a request, or of what a response answers."""
        if self.status is None:
            return self.first_line.split(" ")[0]
        return self.header("CSeq").split(" ")[-1]

    def header(self, name: str) -> str:
        """The first value of a header; empty if it is not there."""
        found = re.search(rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)\s*$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.at:.3f} {self.source} -> {self.target}\n{self.text.rstrip()}\n"


def packets_in(folder: Path) -> list[Packet]:
    """Every packet of the dumps in `folder`, in the order of time."""
    packets = []
    for file in sorted(folder.glob("*.data")):
        for found in _PACKET.finditer(file.read_bytes()):
            facts = dict(line.split(": ", 1) for line in found["facts"].decode().splitlines() if ": " in line)
            packets.append(
                Packet(
                    at=float(facts["time"]),
                    sent=facts["tag"] == "snd",
                    source=f"{facts['srcip']}:{facts['srcport']}",
                    target=f"{facts['dstip']}:{facts['dstport']}",
                    data=found["data"],
                )
            )
    return sorted(packets, key=lambda packet: packet.at)
