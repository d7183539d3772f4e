"""dutyphone in the middle of its peers: the real recorder, in this process, with one account."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dutyphone_drivers.sip_account.phone import SipPhone
from dutyphone_drivers.sip_account.plugin import plugin
from support.lifecycle import lifecycle_faults
from support.recording import Recording
from support.sip_peers.kamailio import ACCOUNT, PASSWORD
from support.sip_peers.programs import Places
from support.sip_peers.wire import Packet

from dutyphone.lines.driver import Driver
from dutyphone.lines.requests import Answer, Dial, HangUp, LineRequest, Redirect, Refuse
from dutyphone.store.readmodels import CallRow, CallState, LineRow
from dutyphone.store.verify import verify

LINE = "duty"


class DutyLine(Recording):
    """A recorder on the account of the duty room. `connect` begins; close it in any case."""

    def __init__(self, folder: Path, places: Places, wire: Callable[[], Sequence[Packet]], **options: Any) -> None:
        """`wire` is what the exchange saw; `options` stand over those of an ordinary account."""
        folder.mkdir()
        super().__init__(folder)
        self.wire = wire
        self.place = places.account
        self._requests = itertools.count(1)
        password = folder / "password"
        password.write_text(PASSWORD, "utf-8")
        password.chmod(0o600)
        self.driver_name = "sip_account"
        self.options: dict[str, Any] = {
            "server": places.server,
            "account": ACCOUNT,
            "password_file": str(password),
            "local": places.account,
            "ping_s": 1,
            **options,
        }
        self.phone: SipPhone | None = None
        self.lines[LINE] = self._open

    def connect(self) -> None:
        """Begin, and wait until calls can come."""
        self.start()
        self.wait_for(lambda: self.is_up(LINE))

    # --- what the officer does -----------------------------------------------------------------------------------

    def answer(self) -> None:
        """Take the call that rings."""
        self.ask_to_answer()
        self.answered_row()

    def ask_to_answer(self) -> None:
        """Want to take the call that rings, whatever comes of it."""
        self._ask(Answer, call_ref=self.ringing_ref())

    def hang_up(self, call_ref: str = "") -> None:
        """End a call that goes on, or is being dialled; the last one, unless said otherwise."""
        self._ask(HangUp, call_ref=call_ref or self.latest_ref())

    def refuse(self, code: int) -> None:
        """Do not take the call that rings."""
        self._ask(Refuse, call_ref=self.ringing_ref(), everywhere=code == 603)

    def redirect(self, target: str) -> None:
        """Send the caller on."""
        self._ask(Redirect, call_ref=self.ringing_ref(), target=target)

    def dial(self, number: str) -> None:
        """Call somebody."""
        self._ask(Dial, number=number)

    def ringing_ref(self) -> str:
        """The Call-ID of the call that rings, once it is in the log."""
        self.wait_for(lambda: any(row.state is CallState.RINGING for row in self.rows()))
        return self.latest_ref()

    def latest_ref(self) -> str:
        """The Call-ID of the last call that came or went, as the wire has it."""
        return next(p for p in reversed(self.wire()) if self._begins_a_call(p)).header("Call-ID")

    def _begins_a_call(self, packet: Packet) -> bool:
        return packet.method == "INVITE" and packet.status is None and self.place in (packet.source, packet.target)

    def _ask(self, kind: type[LineRequest], **what: Any) -> None:
        assert self.phone is not None
        self.phone.carry_out(kind(request=f"request-{next(self._requests)}", **what))

    # --- what the log says ---------------------------------------------------------------------------------------

    def open_row(self) -> CallRow:
        """The call that is in progress, once it is in the log."""
        self.wait_for(lambda: any(row.state is not CallState.ENDED for row in self.rows()))
        return next(row for row in self.rows() if row.state is not CallState.ENDED)

    def answered_row(self) -> CallRow:
        """The call that goes on, once somebody has answered it. A call of our own is "in call" before that."""

        def talking() -> list[CallRow]:
            return [row for row in self.rows() if row.answered_at and row.state is CallState.IN_CALL]

        self.wait_for(lambda: talking() != [])
        return talking()[0]

    def ended_row(self, number: int = 1) -> CallRow:
        """The call of that number, once it is over."""
        self.wait_for(lambda: len(self.rows()) >= number and self.rows()[number - 1].state is CallState.ENDED)
        return self.rows()[number - 1]

    def how(self) -> LineRow:
        """How the line stands."""
        return self.line(LINE)

    def check(self) -> None:
        """Raise AssertionError unless the log is whole and every arrival has ended exactly once."""
        assert verify(self.store).ok
        assert lifecycle_faults(self.facts()) == []

    def _open(self) -> Driver:
        driver = plugin.open_line(LINE, self.options)
        assert isinstance(driver, SipPhone)
        self.phone = driver
        return driver
