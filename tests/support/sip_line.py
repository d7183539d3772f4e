"""A SIP account as one wire: the core behind the contract of `LineCore`, for transcripts and the checks of drivers.

Every read is one message. Who sent it is the server, until a step `* from address=192.0.2.66:5060` says otherwise
(without an address: the server again). People ask by `* dial number=...`, `* answer`, `* hang_up`, `* refuse` and
`* redirect target=...`; the last three mean the call that began last.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from dutyphone_drivers.sip_account.core import SipCore
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.wire import Address, Transport
from dutyphone_simulators.sip.retelling import SipRetelling
from dutyphone_simulators.testkit import Played, listen, play
from support.sip_account import OURS

from dutyphone.clock import Moment
from dutyphone.lines.events import CallOffered, LineEvent, LossReason
from dutyphone.lines.transcript import ToDevice, Transcript, World

DEFAULTS: Mapping[str, str] = {
    "account": "1001",
    "domain": "127.0.0.1",
    "server": "127.0.0.1:5060",
    "local": "127.0.0.1:5062",
    "contact": "1001-5eed1e55",
    "password": "duty-1001",
    "expires": "3600",
    "ping": "0",
}
"""What a transcript does not say in headings, and the REGISTER in it does not show."""


class SipLine:
    """A `LineCore` around the core of the account that `headings` describe."""

    def __init__(self, headings: Mapping[str, str]) -> None:
        known = {**DEFAULTS, **headings}
        self._server, self._local = _address(known["server"]), _address(known["local"])
        self._source = self._server
        self._call = ""
        tokens = itertools.count(1)
        self._core = SipCore(_settings(known), lambda: f"5eed{next(tokens):08x}")

    def start(self, now: Moment) -> Sequence[LineEvent]:
        return self._core.start(now, self._local, (self._server,))

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        return self._note(self._core.receive(data, self._source, now))

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        return self._core.lost(reason, now, detail)

    def take_output(self) -> bytes:
        return b"".join(packet.data for packet in self._core.take_output())

    def next_deadline(self) -> float | None:
        return self._core.next_deadline()

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        return self._note(self._core.on_deadline(now))

    def happen(self, step: World, now: Moment) -> Sequence[LineEvent] | None:
        """The steps of the module's docstring; and `* unreachable`: the transport says that nothing gets there."""
        match step.verb:
            case "from":
                self._source = _address(step.values.get("address") or str(self._server).partition(":")[2])
                return []
            case "unreachable":
                return self._note(self._core.failed(self._server, now, step.values.get("detail", "")))
            case "dial":
                return self._note(self._core.dial(step.values["number"], OURS, now))
            case "answer":
                return self._core.answer(self._call, OURS, now)
            case "hang_up":
                return self._core.hang_up(self._call, now)
            case "refuse":
                return self._core.refuse(self._call, step.values.get("status", 486), now)
            case "redirect":
                return self._core.redirect(self._call, str(step.values["target"]), now)
        return None

    def _note(self, events: Sequence[LineEvent]) -> Sequence[LineEvent]:
        for event in events:
            if isinstance(event, CallOffered):
                self._call = event.call_ref
        return events


def play_sip(transcript: Transcript) -> Played:
    """Play a transcript, or a capture as it is, against the core of its account."""
    return play(SipLine({**shown_in(transcript), **transcript.headings}), transcript, retelling=SipRetelling())


def listen_sip(transcript: Transcript) -> Played:
    """What the core of its account makes of a capture, of which nothing is expected."""
    return listen(SipLine({**shown_in(transcript), **transcript.headings}), transcript, retelling=SipRetelling())


def shown_in(transcript: Transcript) -> dict[str, str]:
    """What the first REGISTER of ours in it shows of the account."""
    for step in transcript.steps:
        if isinstance(step, ToDevice) and step.data.startswith(b"REGISTER "):
            text = step.data.decode("utf-8", "surrogateescape")
            via, contact, owner = (
                re.search(pattern, text)
                for pattern in (
                    r"Via: SIP/2\.0/\w+ ([^;\s]+)",
                    r"Contact: <sip:([^@>]+)@",
                    r"From: <sip:([^@>]+)@([^>;]+)>",
                )
            )
            if not (via and contact and owner):
                return {}
            host, __, port = owner[2].partition(":")
            shown = {"local": via[1], "contact": contact[1], "account": owner[1], "domain": owner[2]}
            return {**shown, "server": f"{host}:{port or '5060'}"}
    return {}


def _settings(known: Mapping[str, str]) -> AccountSettings:
    return AccountSettings(
        line="desk",
        account=known["account"],
        domain=known["domain"],
        server=known["server"],
        contact_user=known["contact"],
        instance="urn:uuid:00000000-0000-4000-8000-000000000001",
        password=known["password"],
        expires_s=int(known["expires"]),
        ping_s=float(known["ping"]),
        identity=known.get("identity", "asserted"),
        watch=known.get("watch") == "true",
        redirect_targets=tuple(known.get("redirect_targets", "").split()),
        trusted=tuple(known.get("trusted", "").split()),
    )


def _address(text: str) -> Address:
    host, __, port = text.rpartition(":")
    return Address(host, int(port), Transport.UDP)
