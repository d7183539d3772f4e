"""Other people's telephone programs as child processes: where they are, their configuration, their end."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FILES = Path(__file__).resolve().parents[2] / "sip_peers"
"""The configurations of the peers."""

KAMAILIO_TABLES = Path("/usr/share/kamailio/dbtext/kamailio")
MODULE_FOLDERS = {
    "kamailio": [*sorted(Path("/usr/lib").glob("*/kamailio/modules")), Path("/usr/lib/kamailio/modules")],
    "baresip": [Path("/usr/lib/baresip/modules"), *sorted(Path("/usr/lib").glob("*/baresip/modules"))],
}

EJABBERD = next((app.parent for app in sorted(Path("/usr/lib").glob("*/ejabberd-*/ebin/ejabberd.app"))), None)
"""Where the code of ejabberd is."""
ERLANG_SIP = next((app.parent for app in sorted(Path("/usr/lib/erlang/lib").glob("p1_sip-*/ebin/esip.app"))), None)
"""What it speaks SIP with."""

PACKAGES = {
    "kamailio": "kamailio",
    "sipp": "sip-tester",
    "baresip": "baresip-core",
    "sipsak": "sipsak",
    "svmap": "sipvicious",
    "svwar": "sipvicious",
    "openssl": "openssl",
    "ejabberdctl": "ejabberd",
    "erl": "ejabberd",
}
"""Which Debian package brings which program. The modules of kamailio have none of their own."""
MODULE_PACKAGES = {"presence.so": "kamailio-presence-modules", "tls.so": "kamailio-tls-modules"}

PATIENCE_S = 10.0
"""What has not happened by then will not; nothing waits this long when all is well."""

BLOCK = 50
"""How many ports a test has for itself; the last one is only held."""


def program(name: str) -> str | None:
    """Where `name` is installed; servers live in folders that are not on everybody's path."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def modules_of(name: str) -> Path | None:
    """The folder of the loadable modules of `name`; None if there is none."""
    return next((folder for folder in MODULE_FOLDERS[name] if folder.is_dir()), None)


def missing_packages() -> list[str]:
    """The Debian packages that the peers still need on this machine."""
    missing = {package for name, package in PACKAGES.items() if program(name) is None}
    modules = modules_of("kamailio")
    for module, package in MODULE_PACKAGES.items():
        if modules is None or not (modules / module).exists():
            missing.add(package)
    if ERLANG_SIP is None:
        missing.add("erlang-p1-sip")
    return sorted(missing)


def until(
    what: Callable[[], bool],
    *,
    told: Callable[[], object] = lambda: "",
    patience_s: float = PATIENCE_S,
    every_s: float = 0.01,
) -> None:
    """Wait until `what` is true; `told` is evidence for whoever reads that it did not come."""
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, told()
        time.sleep(every_s)


def is_taken(place: str) -> bool:
    """Whether somebody listens for datagrams there."""
    host, _, port = place.rpartition(":")
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, int(port)))
        except OSError:
            return True
    return False


def filled(text: str, **words: object) -> str:
    """`text` with every %WORD% replaced; a word that nobody gave is a mistake."""
    return re.sub(r"%([A-Z_]+)%", lambda found: str(words[found[1]]), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The addresses of one small exchange: a block of ports, and one loopback address for each strange machine."""

    base: int

    @classmethod
    def claim(cls) -> tuple[Places, socket.socket]:
        """Places that nobody has, below the ports that the system gives away itself, and what is held as long as so."""
        for _try in range(200):
            places = cls(base=random.randrange(20_000, 32_000 - BLOCK, BLOCK))
            held = socket.socket()
            try:
                held.bind(("127.0.0.1", places.base + BLOCK - 1))
            except OSError:
                held.close()
                continue
            if places._are_free():
                return places, held
            held.close()
        raise AssertionError("no free ports")

    @property
    def server(self) -> str:
        return f"127.0.0.1:{self.base}"

    @property
    def server_tls(self) -> str:
        return f"127.0.0.1:{self.base + 1}"

    @property
    def account(self) -> str:
        """Where dutyphone's own account listens."""
        return f"127.0.0.1:{self.base + 2}"

    @property
    def desk_phone(self) -> str:
        return f"127.0.0.1:{self.base + 4}"

    @property
    def second_phone(self) -> str:
        """One more telephone on the desk, where a test has two."""
        return f"127.0.0.1:{self.base + 6}"

    def control_of(self, phone: str) -> str:
        """Where a telephone is lifted and put down. Not the port after its own, which baresip takes for TLS."""
        return f"127.0.0.1:{self._port(phone) + 4}"

    def audio_of(self, phone: str) -> str:
        """First and last port for the voice of a telephone."""
        first = self.base + 12 + 2 * (self._port(phone) - self.base)
        return f"{first}-{first + 3}"

    @property
    def trunk(self) -> str:
        return self.trunk_line()

    @property
    def gateway(self) -> str:
        return f"127.0.0.3:{self.base + 29}"

    @property
    def stranger(self) -> str:
        return f"127.0.0.9:{self.base + 30}"

    def trunk_line(self, n: int = 0) -> str:
        """The trunk, or the `n`th place beside it for one more caller at the same time."""
        return f"127.0.0.2:{self.base + 28 + n}"

    def voice(self, n: int) -> int:
        """The first of four ports for voice and picture of the `n`th program that is no telephone."""
        return self.base + 32 + 4 * (n % 4)

    @staticmethod
    def _port(place: str) -> int:
        return int(place.rpartition(":")[2])

    def _are_free(self) -> bool:
        for port in range(self.base, self.base + BLOCK - 1):
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(type=kind) as probe:
                    try:
                        probe.bind(("", port))
                    except OSError:
                        return False
        return True


class Program:
    """A child process with a log of its own. It is always ended, with everything that it started."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path,
        folder: Path,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        path = program(name)
        assert path is not None, f"{name} is not installed (Debian: {PACKAGES[name]})"
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [path, *arguments],
                cwd=folder,
                env={**os.environ, "HOME": str(folder), **environment},  # sipvicious keeps its scans there
                stdin=subprocess.PIPE,  # kept open: baresip ends with its keyboard
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        """Everything it wrote."""
        return self.log.read_text("utf-8", errors="replace")

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """Its exit code, once it has ended by itself."""
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.end(signal.SIGKILL)
            raise AssertionError(f"{self.name} does not end:\n{self.said()[-3000:]}") from None

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and its children by `how`; what does not listen within two seconds is killed."""
        for sign, patience_s in ((how, 2.0), (signal.SIGKILL, PATIENCE_S)):
            if not self.running:
                break
            os.killpg(self.process.pid, sign)
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
        if self.process.stdin is not None:
            self.process.stdin.close()
