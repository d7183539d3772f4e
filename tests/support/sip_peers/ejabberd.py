"""ejabberd as an exchange of another make: a registrar that forks, written in another language by other people.

What is odd about it: it cancels nothing when one telephone of an account answers, and sends what the caller says to it
to all of them.
"""

from __future__ import annotations

import signal
from pathlib import Path

from support.sip_peers.kamailio import ACCOUNT, PASSWORD
from support.sip_peers.programs import EJABBERD, FILES, Places, Program, filled, until

_READY = "the account is there"


class Ejabberd:
    """One exchange, running from `start` to `kill`; it may be started again and remembers no telephone."""

    def __init__(self, folder: Path, places: Places) -> None:
        self._folder, self._places = folder, places
        self._starts = 0
        self._program: Program | None = None

    def start(self) -> None:
        """Start, and wait until the account can be registered."""
        assert self._program is None
        assert EJABBERD is not None
        self._starts += 1
        here = self._folder / f"ejabberd-{self._starts}"
        here.mkdir()
        port = self._places.server.rpartition(":")[2]
        configuration = filled((FILES / "ejabberd.yml").read_text("utf-8"), PORT=port)
        (here / "ejabberd.yml").write_text(configuration, "utf-8")
        account = f'ejabberd_auth:try_register(<<"{ACCOUNT}">>, <<"127.0.0.1">>, <<"{PASSWORD}">>)'
        self._program = Program(
            "erl",
            [
                *("-noinput", "-pa", str(EJABBERD), "-mnesia", "dir", f'"{here / "spool"}"'),
                *("-s", "ejabberd", "-eval", f'ok = {account}, io:format("{_READY}~n").'),
            ],
            log=here / "log",
            folder=here,
            environment={
                "EJABBERD_CONFIG_PATH": str(here / "ejabberd.yml"),
                "EJABBERD_LOG_PATH": str(here / "ejabberd.log"),
            },
        )
        until(lambda: _READY in self.log(), told=self.log)

    def kill(self) -> None:
        """Gone, with all it knew."""
        if self._program is not None:
            self._program.end(signal.SIGKILL)
            self._program = None

    def log(self) -> str:
        """Everything it said since it was started last."""
        return self._program.said() if self._program is not None else ""
