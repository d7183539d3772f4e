"""The sound of calls that are answered or dialled here, as it arrives at the other end (RFC 3550, RFC 4733)."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from support.sip_peers.duty import DutyLine
from support.sip_peers.kamailio import OTHER_ACCOUNT, Kamailio
from support.sip_peers.lasting import lasted
from support.sip_peers.peers import Peers
from support.sip_peers.sipp import SDP

from dutyphone.journal.facts import DigitsDialled, NumberKind, Outcome
from dutyphone.store.readmodels import CallState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One RTP packet, and when it came."""

    at: float
    payload_type: int
    sequence: int
    timestamp: int
    source: int
    data: bytes


class Ear:
    """The far end's socket for the voice."""

    def __init__(self, host: str) -> None:
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.host, self.port = self._socket.getsockname()

    def sdp(self, formats: str = "8 0 101") -> str:
        """A session with this socket."""
        lines = SDP.replace("[media_port]", str(self.port)).replace("RTP/AVP 8 0", f"RTP/AVP {formats}")
        return lines + ("a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n" if "101" in formats else "")

    def listen(self, seconds: float) -> list[Sound]:
        """What comes within so many seconds."""
        heard = []
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(2048)
            except TimeoutError:
                break
            first, second, sequence, timestamp, source = struct.unpack("!BBHII", data[:12])
            assert first >> 6 == 2, "RTP is version 2"
            heard.append(
                Sound(
                    at=time.monotonic(),
                    payload_type=second & 0x7F,
                    sequence=sequence,
                    timestamp=timestamp,
                    source=source,
                    data=data[12:],
                )
            )
        return heard

    def press(self, digits: str, to: tuple[str, int]) -> None:
        """Press keys of 60 ms as RFC 4733 events, the end three times."""
        sequence, timestamp = 1000, 16_000
        for digit in digits:
            event = "0123456789*#".index(digit)
            for step in range(1, 6):
                ended = step >= 3
                marker = 0x80 if step == 1 else 0
                header = struct.pack("!BBHII", 0x80, marker | 101, sequence, timestamp, 0x5550)
                body = struct.pack("!BBH", event, (0x80 if ended else 0) | 10, min(step, 3) * 160)
                self._socket.sendto(header + body, to)
                sequence += 1
                time.sleep(0.02)
            timestamp += 1600
            time.sleep(0.06)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear("127.0.0.2")
    yield ear
    ear.close()


def session_of(kamailio: Kamailio) -> tuple[str, int]:
    """Where dutyphone wants the voice, by its 200 to the INVITE."""
    answer = next(
        p for p in kamailio.wire() if p.source == kamailio.places.account and (p.status, p.method) == (200, "INVITE")
    )
    lines = answer.text.splitlines()
    host = next(line for line in lines if line.startswith("c=")).split(" ")[-1]
    return host, int(next(line for line in lines if line.startswith("m=audio")).split(" ")[1])


@pytest.mark.parametrize(("formats", "payload_type"), [("8 0 101", 8), ("0 8", 0), ("18 8", 8)])
def test_an_answered_call_sends_sound_every_20_ms(
    peers: Peers, line: DutyLine, ear: Ear, formats: str, payload_type: int
) -> None:
    caller = peers.waits(body=ear.sdp(formats))
    line.answer()
    ear.listen(0.2)
    heard = ear.listen(1.0)
    line.hang_up()
    caller.finish()
    assert 30 <= len(heard) <= 60, "50, if the machine has nothing else to do"
    assert {sound.payload_type for sound in heard} == {payload_type}
    assert {len(sound.data) for sound in heard} == {160}
    assert len({sound.source for sound in heard}) == 1
    assert [b.sequence - a.sequence for a, b in pairwise(heard)] == [1] * (len(heard) - 1)
    assert [b.timestamp - a.timestamp for a, b in pairwise(heard)] == [160] * (len(heard) - 1)
    line.ended_row()
    ear.listen(0.1)
    assert ear.listen(0.3) == [], "silence when the call is over"
    line.check()


def test_digits_of_the_caller_are_in_the_log(peers: Peers, line: DutyLine, kamailio: Kamailio, ear: Ear) -> None:
    caller = peers.waits(body=ear.sdp())
    line.answer()
    ear.press("12#", session_of(kamailio))
    line.wait_for(lambda: any(isinstance(fact, DigitsDialled) for fact in line.facts()))
    line.hang_up()
    caller.finish()
    assert line.ended_row().digits == "12#"


def test_a_telephone_of_the_house_talks_with_the_line(peers: Peers, line: DutyLine) -> None:
    """baresip checks what it is sent with an ear of its own."""
    other = peers.desk_phone(place=peers.places.second_phone, account=OTHER_ACCOUNT, auth_user=OTHER_ACCOUNT)
    other.dial("1001")
    line.answer()
    other.wait_for("CALL_ESTABLISHED")
    time.sleep(0.3)
    other.put_down()
    row = line.ended_row()
    assert (row.number, row.kind, row.outcome) == (OTHER_ACCOUNT, NumberKind.INTERNAL, Outcome.ANSWERED)
    assert lasted(row.talk_s, 0.3)


@pytest.mark.parametrize("formats", ["18", "18 4 9"])
def test_a_call_whose_sound_we_do_not_speak_rings_on_for_the_desk_phone(
    peers: Peers, line: DutyLine, kamailio: Kamailio, ear: Ear, formats: str
) -> None:
    """Asked to answer, we cannot; nobody else is stopped from answering."""
    caller = peers.gives_up(0.8, body=ear.sdp(formats))
    line.ask_to_answer()
    time.sleep(0.2)
    assert line.open_row().state is CallState.RINGING
    caller.finish()
    assert line.ended_row().outcome is Outcome.MISSED
    ours = [p.status for p in kamailio.wire() if p.source == kamailio.places.account and p.method == "INVITE"]
    assert 488 not in ours


def test_a_call_that_offers_no_session_is_answered_with_ours(peers: Peers, line: DutyLine) -> None:
    """RFC 3261 section 13.3.1: the offer is in our 200, and its answer in the ACK."""
    caller = peers.waits(0.3, body="")
    line.answer()
    caller.finish()
    assert line.ended_row().outcome is Outcome.ANSWERED
    line.check()
