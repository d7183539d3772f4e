"""kamailio as the exchange: registrar, proxy, presence, and its own record of calls."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.sip_peers.programs import FILES, KAMAILIO_TABLES, Places, Program, filled, modules_of, until
from support.sip_peers.wire import Packet, packets_in

ACCOUNT = "1001"
OTHER_ACCOUNT = "1002"
"""A telephone of the house that is not the duty room's."""

PASSWORD = "made-up-secret"
"""Of every account on every exchange here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One telephone under the account. `expires_s` is how long it stays so."""

    contact: str
    expires_s: int
    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One call as the exchange accounted for it. `talk_s` None: it was not answered, and `code` says why."""

    call_id: str
    caller: str
    called: str
    code: int
    talk_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """By what an exchange is known: files in PEM."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, *, name: str) -> Certificate:
        """A certificate for 127.0.0.1 that vouches for itself."""
        made = cls(certificate=folder / f"{name}.pem", key=folder / f"{name}.key")
        kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
        who = ("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1")
        openssl = Program(
            "openssl",
            ["req", *kind, *who, "-keyout", str(made.key), "-out", str(made.certificate)],
            log=folder / f"{name}.log",
            folder=folder,
        )
        code = openssl.wait()
        openssl.end()
        assert code == 0, openssl.said()
        return made


class Kamailio:
    """One exchange, running from `start` to `stop` or `kill`; it may be started again and remembers nothing."""

    def __init__(
        self,
        folder: Path,
        places: Places,
        *,
        account: str = ACCOUNT,
        auth_user: str = ACCOUNT,
        algorithm: str = "MD5",
        qop: str = "auth",
        nonce_expire_s: int = 300,
        granted_s: int = 0,
        ping_s: int = 0,
        reason: bool = True,
        ipv6: bool = False,
        domain: str = "",
        certificate: Certificate | None = None,
    ) -> None:
        """`granted_s`: the longest registration it grants, 0 for what is asked. `reason`: CANCELs say why.

        `domain`: a name that it answers to beside its address. `certificate`: it speaks TLS, too.
        """
        self.folder, self.places, self.account = folder, places, account
        self.settings = {
            "AUTH_USER": auth_user,
            "ALGORITHM": algorithm,
            "QOP": qop,
            "QOP_FLAG": int(bool(qop)),
            "NONCE_EXPIRE": nonce_expire_s,
            "GRANTED": granted_s,
            "PING": ping_s,
            "REASON": int(reason),
        }
        self.hosts = ["127.0.0.1", "[::1]"] if ipv6 else ["127.0.0.1"]
        self.domains = [domain] if domain else []
        self._certificate = certificate
        self._starts = 0
        self._wires: list[Path] = []
        self._logs: list[Path] = []
        self._program: Program | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        assert self._program is None
        self._starts += 1
        here = self.folder / f"start-{self._starts}"
        (here / "wire").mkdir(parents=True)
        shutil.copytree(KAMAILIO_TABLES, here / "tables")
        port = self.places.base
        modules = modules_of("kamailio")
        configuration = filled(
            (FILES / "kamailio.cfg").read_text("utf-8"),
            **self.settings,
            LISTEN="\n".join(f"listen={kind}:{host}:{port}" for host in self.hosts for kind in ("udp", "tcp")),
            TLS=self._tls(),
            ALIASES="\n".join(
                f'alias="{name}"' for name in [*(f"{host}:{port}" for host in self.hosts), *self.domains]
            ),
            SERVER=self.places.server,
            MODULES=f"{modules}/",
            FOLDER=here,
            PASSWORD=PASSWORD,
            OTHER=OTHER_ACCOUNT,
            TRUNK=self.places.trunk.split(":")[0],
            GATEWAY=self.places.gateway,
        )
        (here / "kamailio.cfg").write_text(configuration, "utf-8")
        self._wires.append(here / "wire")
        self._logs.append(here / "log")
        self._program = Program(
            "kamailio",
            ["-DD", "-E", "-f", str(here / "kamailio.cfg"), "-Y", str(here), "-m", "256", "-M", "8"],
            log=here / "log",
            folder=here,
        )
        until(lambda: self._answers(here), told=self.log)

    def stop(self) -> None:
        """End in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Gone, with all it knew."""
        self._end(signal.SIGKILL)

    # --- what it is told -----------------------------------------------------------------------------------------

    def rpc(self, method: str, *params: object) -> Any:
        """Call one of its management commands."""
        return _ask(self.folder / f"start-{self._starts}", method, *params)

    def let(self, **values: int) -> None:
        """Set shared variables of kamailio.cfg; they are described there."""
        for name, value in values.items():
            self.rpc("pv.shvSet", name, "int", value)

    # --- what it knows -------------------------------------------------------------------------------------------

    def bindings(self, account: str | None = None) -> list[Binding]:
        """The telephones under `account` (the desk line's) that have not lapsed."""
        wanted = account or self.account
        found = []
        for domain in self.rpc("ul.dump")["Domains"]:
            for aor in domain["Domain"].get("AoRs") or []:
                if aor["Info"]["AoR"] != wanted:
                    continue
                for contact in aor["Info"]["Contacts"]:
                    facts = contact["Contact"]
                    if isinstance(facts["Expires"], int) and facts["Expires"] > 0:
                        found.append(
                            Binding(
                                contact=facts["Address"],
                                expires_s=facts["Expires"],
                                instance=facts.get("Instance") or "",
                            )
                        )
        return found

    def wire(self) -> list[Packet]:
        """Every packet that came and went, over all starts, without what the exchange says to itself."""
        mine = self.places.server
        packets = [packet for folder in self._wires for packet in packets_in(folder)]
        return [packet for packet in packets if not packet.source == packet.target == mine]

    def log(self) -> str:
        """Everything it said."""
        return "\n".join(file.read_text("utf-8", errors="replace") for file in self._logs if file.exists())

    def records(self) -> list[Record]:
        """What the exchange accounted for: one record a call, in the order in which they ended."""
        answered: dict[str, dict[str, str]] = {}
        records = []
        for line in self.log().splitlines():
            if found := re.search(r"ACC: (?:transaction answered|request acknowledged|call missed): (.*)", line):
                fields = _fields(found[1])
                if fields["method"] != "INVITE" or fields["code"] in ("401", "407"):
                    continue
                if fields["code"] == "200":
                    answered[fields["call_id"]] = fields
                    continue
                records.append(_record(fields, None))
            elif found := re.search(r"acc_cdr.*?: (.*callid=.*)", line):
                cdr = _fields(found[1])
                records.append(_record(answered[cdr["callid"]], float(cdr["duration"])))
        return records

    def _tls(self) -> str:
        if self._certificate is None:
            return ""
        lines = (
            "enable_tls=yes",
            f"listen=tls:{self.places.server_tls}",
            f'alias="{self.places.server_tls}"',
            'loadmodule "tls.so"',
            'modparam("tls", "tls_method", "TLSv1.2+")',  # it would speak TLS 1.0 and nothing else
            f'modparam("tls", "certificate", "{self._certificate.certificate}")',
            f'modparam("tls", "private_key", "{self._certificate.key}")',
        )
        return "\n".join(lines)

    def _answers(self, here: Path) -> bool:
        assert self._program is not None
        assert self._program.running, self.log()
        if not (here / "rpc").exists():
            return False
        try:
            return bool(_ask(here, "core.uptime"))
        except OSError:
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._program is not None:
            self._program.end(how)
            self._program = None


def _record(fields: dict[str, str], talk_s: float | None) -> Record:
    return Record(
        call_id=fields["call_id"],
        caller=fields["from"],
        called=fields["called"],
        code=int(fields["code"]),
        talk_s=talk_s,
    )


def _fields(text: str) -> dict[str, str]:
    return dict(field.split("=", 1) for field in re.split(r"[;,]\s*", text.strip()) if "=" in field)


def _ask(here: Path, method: str, *params: object) -> Any:
    """One question by JSON-RPC over a datagram socket of the file system."""
    mine = here / "answer"
    request = {"jsonrpc": "2.0", "method": method, "params": list(params), "id": 1}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        mine.unlink(missing_ok=True)
        asking.bind(str(mine))
        asking.settimeout(2.0)
        asking.sendto(json.dumps(request).encode(), str(here / "rpc"))
        answer = json.loads(asking.recv(1 << 20))
    assert "error" not in answer, answer
    return answer["result"]
