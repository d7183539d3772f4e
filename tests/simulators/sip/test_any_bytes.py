"""Whatever comes to its doors, the exchange goes on: it answers, complains, or says nothing."""

from __future__ import annotations

import random
from functools import cache

import pytest
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.sip.core import SipExchange
from dutyphone_simulators.sip.damage import Damage, damaged
from dutyphone_simulators.sip.messages import Request, read_message, write_message
from dutyphone_simulators.sip.network import Channel, Packet
from dutyphone_simulators.sip.settings import CallScript, ExchangeSettings
from dutyphone_simulators.sip.transactions import Timing
from hypothesis import given
from hypothesis import strategies as st

DOORS = {"udp": ("127.0.0.1", 5060), "media": ("127.0.0.1", 40_000), "stranger": ("127.0.0.9", 5060)}
HERE = Channel("udp", ("127.0.0.1", 5062))
OPEN = ExchangeSettings(register_challenge=None, call_challenge=None, timing=Timing(t1_s=0.05, t2_s=0.4))


def request(method: str, *, to_tag: str = "", more: str = "", body: bytes = b"") -> bytes:
    text = (
        f"{method} sip:13900001234@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK{method};rport\r\n"
        f'Max-Forwards: 70\r\nFrom: "Duty" <sip:1001@127.0.0.1>;tag=mine\r\nTo: <sip:1001@127.0.0.1>{to_tag}\r\n'
        f"Call-ID: any\r\nCSeq: 1 {method}\r\nContact: <sip:1001-token@127.0.0.1:5062>;expires=60\r\n{more}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return text.encode() + body


SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n"


class Bench:
    """An exchange in the middle of a call that comes in."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.exchange = SipExchange(OPEN, DOORS, self.clock.now())
        self.hear(request("REGISTER"))
        self.record = self.exchange.call(script=CallScript(gives_up_s=3.0, session_expires_s=2))
        packets = [packet.data for packet in self.exchange.take_output()]
        self.invite = read_message(next(data for data in packets if data.startswith(b"INVITE")))

    def hear(self, data: bytes, channel: Channel = HERE) -> None:
        self.exchange.receive(Packet(channel, data), self.clock.now())

    def answer(self, status: int) -> bytes:
        kept = "".join(
            f"{name}: {value}\r\n" for name, value in self.invite.headers if name in ("Via", "From", "Call-ID")
        )
        return (
            f"SIP/2.0 {status} Word\r\n{kept}To: {self.invite.get('to')};tag=mine\r\nCSeq: 101 INVITE\r\n"
            f"Contact: <sip:1001-token@127.0.0.1:5062>\r\nSession-Expires: 90;refresher=uas\r\n"
            f"Content-Length: {len(SDP)}\r\n\r\n"
        ).encode() + SDP

    def run_out(self) -> None:
        """Let a minute pass; afterwards a registration still works."""
        for _ in range(60):
            self.clock.advance(1.0)
            self.exchange.on_deadline(self.clock.now())
        self.exchange.take_output()
        probe = (
            request("OPTIONS").replace(b"Call-ID: any", b"Call-ID: probe").replace(b"z9hG4bKOPTIONS", b"z9hG4bKprobe")
        )
        self.hear(probe)
        assert any(packet.data.startswith(b"SIP/2.0 200") for packet in self.exchange.take_output())


@cache
def messages() -> tuple[bytes, ...]:
    bench = Bench()
    requests = [
        request("REGISTER", more="Expires: 60\r\n"),
        request("INVITE", more="Content-Type: application/sdp\r\nSession-Expires: 90;refresher=uac\r\n", body=SDP),
        request("SUBSCRIBE", more="Event: dialog\r\nExpires: 60\r\n"),
        request("INFO", to_tag=";tag=x", more="Content-Type: application/dtmf-relay\r\n", body=b"Signal=5\r\n"),
        *(request(method) for method in ("OPTIONS", "CANCEL", "ACK", "BYE", "MESSAGE", "NOTIFY")),
        *(request(method, to_tag=";tag=x") for method in ("ACK", "BYE", "UPDATE", "SUBSCRIBE", "INVITE")),
    ]
    return (*requests, *(bench.answer(status) for status in (100, 180, 183, 200, 302, 401, 486, 487, 603)))


@pytest.mark.parametrize("kind", list(Damage))
def test_every_kind_of_damage_to_every_kind_of_message(kind: Damage) -> None:
    for seed in range(6):
        bench = Bench()
        for data in messages():
            bench.hear(damaged(data, kind, random.Random(seed)))
        bench.run_out()


@given(st.lists(st.tuples(st.sampled_from(range(24)), st.integers(0, 900), st.binary(max_size=12)), max_size=8))
def test_anything_written_over_anything(changes: list[tuple[int, int, bytes]]) -> None:
    bench = Bench()
    for which, place, over in changes:
        data = messages()[which % len(messages())]
        bench.hear(data[:place] + over + data[place + len(over) :])
    bench.run_out()


@pytest.mark.parametrize(
    "header", ["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Expires", "Event"]
)
@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        ",",
        ";",
        "<",
        ">",
        '"',
        ";;;=",
        "<sip:",
        "<sip:@>",
        "<sip:x>;tag=",
        "-1",
        "9" * 40,
        "\0",
        "\\",
        "sip:[::",
        "%",
    ],
)
def test_odd_values_of_every_header(header: str, value: str) -> None:
    bench = Bench()
    for data in messages():
        lines = [
            f"{header}: {value}".encode() if line.startswith(f"{header}:".encode()) else line
            for line in data.split(b"\r\n")
        ]
        bench.hear(b"\r\n".join(lines))
    bench.run_out()


@pytest.mark.parametrize("status", [200, 302, 486])
def test_sound_answers_still_count_after_all_that(status: int) -> None:
    bench = Bench()
    for kind in Damage:
        bench.hear(damaged(bench.answer(status), kind, random.Random(0)))
    bench.hear(bench.answer(status))
    assert bench.record.legs[0].status == status


def test_any_bytes_at_any_door() -> None:
    bench, chance = Bench(), random.Random(0)
    for door in ("udp", "media", "stranger"):
        for _ in range(300):
            bench.hear(chance.randbytes(chance.randrange(400)), Channel(door, ("127.0.0.1", 5062)))
    bench.run_out()


@pytest.mark.parametrize("challenge", [401, 407])
@pytest.mark.parametrize(
    "credentials",
    [
        "Digest",
        "Digest ,,,=",
        'Digest realm="exchange.invalid"',
        'Digest realm="exchange.invalid", username="1001", uri="sip:127.0.0.1", nonce="", nc=zz, qop=auth, cnonce=x',
        'Digest realm="exchange.invalid", algorithm=SHA-512-256',
        'Digest realm="exchange.invalid", username="\udcff", uri="\udcff", response="\udcff"',
        "Basic " + "x" * 3000,
        "\0",
    ],
)
def test_odd_credentials_are_asked_again_or_refused(challenge: int, credentials: str) -> None:
    bench = Bench()
    bench.exchange.settings = ExchangeSettings(register_challenge=challenge)
    header = "Authorization" if challenge == 401 else "Proxy-Authorization"
    data = request("REGISTER", more=f"{header}: \r\n").replace(
        f"{header}: ".encode(), f"{header}: {credentials}".encode("utf-8", "surrogateescape")
    )
    bench.hear(data.replace(b"z9hG4bKREGISTER", b"z9hG4bKodd").replace(b"Call-ID: any", b"Call-ID: odd"))
    (answer,) = [packet.data for packet in bench.exchange.take_output()]
    assert answer.startswith((b"SIP/2.0 %d" % challenge, b"SIP/2.0 403"))


def test_what_is_written_can_be_read() -> None:
    for data in messages():
        message = read_message(data)
        assert read_message(write_message(message)) == message
        assert isinstance(message, Request) or message.status
