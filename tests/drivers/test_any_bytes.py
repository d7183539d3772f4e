"""X03: whatever the wire says and however it is split, nothing is lost, nothing is told twice, and every call ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import pytest
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.tokenizer import LONGEST_LINE, Tokenizer
from dutyphone_simulators.clock import ManualClock
from hypothesis import given, settings
from hypothesis import strategies as st

from dutyphone.lines.events import (
    CallerIdHeard,
    CallEvent,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    LineDegraded,
    LineEvent,
    LineLost,
    LineOpened,
    LineRestored,
    RingHeard,
    Trouble,
    WireNoise,
)

MakeCore = Callable[[Mapping[str, str]], ModemCore]

WORDS = [
    b"\r\nRING\r\n",
    b"RIN",
    b"RING",
    b"RING A\r\n",
    b"RING;01055501234;55501234\r\n",
    b"DRON=20\r\n",
    b"DROF=40\r\n",
    b"DATE = 1015\r\nTIME = 1310\r\nNMBR = 01055501234\r\nNAME = ZHANG SAN\r\n",
    b"NMBR=02155507777\r\n",
    b"NAME=\xc0\xee\xe9F\r\n",
    b"MESG=802201083130313531333130020B303130353535303132333407095A48414E472053414E08\r\n",
    b"80220108313031353133",
    b"CIDM\r\n",
    b"NO CARRIER\r\n",
    b"\xd2\xc9NG\x8d\n",
    b"NMB\xd2\xa0\xbd\xa00\xb105550\xb1\xb23\xb4\x8d\n",
    b"N\x00MBR = 01055501234\r\n",
    b"WHO: 01055501234\r\n",
    b"01055501234\r\n",
    b"D01055501234C\r\n",
    b"+CRING: VOICE\r\n",
    "来电号码：01055501234\r\n".encode("gb2312"),
    b"\x10R",
    b"\x10P",
    b"\x10p",
    b"\x10H",
    b"\x10h",
    b"\x10b",
    b"\x10c",
    b"\x10X",
    b"\x10.",
    b"\x101\x102\x103",
    b"\x10D\x101\x103\x109\x10C",
    b"LINE-IN-USE\r\n",
    b"BUSY\r\n",
    b"CONNECT\r\n",
    b"OK\r\n",
    b"ERROR\r\n",
    b"AT+VCID?\r",
    b"01 R     09/26 11:28:02\r\n",
    b"01 F     09/26 11:28:19\r\n",
    b"02 I S 0000 G A1 09/26 11:28 AM 010-5550-1234 ZHANG SAN\r\n",
    b"02 I E 0000 G A1 09/26 11:28 AM 010-5550-1234 ZHANG SAN\r\n",
    b"###DATE03301423...NMBR01055501234...NAMEX+++\r",
    b"\r",
    b"\n",
    b"\x10",
    b"\x10\x10",
]
speech = st.lists(
    st.tuples(
        st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=12)), max_size=6).map(b"".join),
        st.sampled_from([0.0, 0.1, 0.4, 1.0, 2.5, 3.0, 5.0, 8.0, 9.0, 61.0]),
    ),
    max_size=14,
)
headings = st.sampled_from(
    [{}, {"profile": "conexant", "idle_class": "8"}, {"profile": "elink"}, {"profile": "box"}, {"hook_proved": "true"}]
)

BEGINS = (RingHeard, CallerIdHeard, CallOffered)
ENDS = (CallOver, CallWithdrawn)


class Listening:
    """A core, its clock, and all it told. An obliging modem answers every command with OK."""

    def __init__(self, core: ModemCore, *, obliging: bool = False) -> None:
        self.core, self.clock, self._obliging = core, ManualClock(), obliging
        self.events: list[LineEvent] = list(core.start(self.clock.now()))
        self.said: list[tuple[float, bytes]] = []

    def hear(self, data: bytes, cuts: list[int]) -> None:
        edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        for start, end in pairwise(edges):
            self.events += self.core.receive(data[start:end], self.clock.now())
        self._open_again()

    def _open_again(self) -> None:
        """As the port thread does when the core gives the modem up."""
        if self.events and isinstance(self.events[-1], LineLost):
            self.events += self.core.start(self.clock.now())

    def wait(self, seconds: float) -> None:
        until = self.clock.now().mono + seconds
        while (deadline := self.core.next_deadline()) is not None and deadline <= until:
            self.clock.advance(max(0.0, deadline - self.clock.now().mono))
            self.events += self.core.on_deadline(self.clock.now())
            self._open_again()
            assert (self.core.next_deadline() or until + 1) > self.clock.now().mono, "a deadline must move on"
            if output := self.core.take_output():
                self.said.append((self.clock.now().mono, output))
                if self._obliging:
                    self.hear(b"\r\nOK\r\n" * output.count(b"\r"), [])
        self.clock.advance(max(0.0, until - self.clock.now().mono))


@settings(max_examples=300, deadline=None)
@given(said=speech, cuts=st.lists(st.integers(0, 10_000), max_size=40), heads=headings)
def test_splitting_changes_nothing(
    said: list[tuple[bytes, float]], cuts: list[int], heads: dict[str, str], make_core: MakeCore
) -> None:
    whole, split, bytewise = (Listening(make_core(heads)) for __ in range(3))
    for data, seconds in said:
        whole.hear(data, [])
        split.hear(data, cuts)
        bytewise.hear(data, list(range(len(data))))
        for listening in (whole, split, bytewise):
            listening.wait(seconds)
    assert split.events == whole.events
    assert bytewise.events == whole.events
    assert split.said == whole.said


@settings(max_examples=300, deadline=None)
@given(said=speech, heads=headings)
def test_every_call_ends_and_no_second_one_begins_inside_it(
    said: list[tuple[bytes, float]], heads: dict[str, str], make_core: MakeCore
) -> None:
    listening = Listening(make_core({**heads, "longest_call": "300"}), obliging=True)
    for data, seconds in said:
        listening.hear(data, [])
        listening.wait(seconds)
    listening.wait(310)
    open_calls: set[str] = set()
    opened = False
    for event in listening.events:
        if isinstance(event, LineOpened):
            assert not opened, "the line is opened once"
            opened = True
        if isinstance(event, LineLost):
            opened = False
            open_calls.clear()
        if isinstance(event, CallEvent):
            assert opened, "the line is open before its first call"
        if isinstance(event, BEGINS):
            assert not (isinstance(event, CallOffered) and event.call_ref in open_calls)
            open_calls.add(event.call_ref)
        if isinstance(event, ENDS):
            assert event.call_ref in open_calls, "only what began can end"
            open_calls.discard(event.call_ref)
    assert open_calls == set()


@settings(max_examples=200, deadline=None)
@given(said=speech)
def test_nothing_is_written_while_the_line_is_busy(said: list[tuple[bytes, float]], make_core: MakeCore) -> None:
    listening = Listening(make_core({}))
    for data, seconds in said:
        listening.hear(data, [])
        listening.wait(seconds)
    told_at_once = (RingHeard, CallTaken, CallOver)
    rings = [event.at.mono for event in listening.events if isinstance(event, told_at_once) and event.wire]
    for at, output in listening.said:
        assert all(not 0 < at - ring < 3 - 1e-6 for ring in rings), (at, output, rings)


near_rings = re.compile(rb".ING|R.NG|RI.G|RIN|ING|RNG|RIG|INC|\x10", re.IGNORECASE | re.DOTALL)
junk = st.binary(max_size=60).filter(lambda data: not near_rings.search(data))


@settings(max_examples=300, deadline=None)
@given(before=junk, after=junk, cuts=st.lists(st.integers(0, 200), max_size=8))
def test_no_ring_is_lost_in_junk(before: bytes, after: bytes, cuts: list[int], make_core: MakeCore) -> None:
    """X01, X02: a ring on a line of its own is told, whatever stands around it."""
    listening = Listening(make_core({"profile": "generic"}))
    listening.hear(before + b"\r\nRING\r\n" + after, cuts)
    assert sum(isinstance(event, RingHeard) for event in listening.events) == 1


ONE_RING = b"\r\nRING\r\n"
BURST = b"\r\nDATE = 1015\r\nTIME = 1310\r\nNMBR = 01055501234\r\nNAME = ZHANG SAN\r\n"
DIGITS = range(BURST.index(b"0105"), BURST.index(b"\r\nNAME"))


def damaged(data: bytes, spared: range = range(0)) -> Iterator[bytes]:
    """`data` with each of its bytes lost, and each of its bits turned, one at a time."""
    for at in range(len(data)):
        if at not in spared:
            yield data[:at] + data[at + 1 :]
            for bit in range(8):
                yield data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]


def test_one_damaged_byte_loses_neither_number_nor_ring(make_core: MakeCore) -> None:
    """X03: wherever in caller ID it is, but in the digits themselves."""
    for burst in damaged(BURST, DIGITS):
        listening = Listening(make_core({"profile": "generic"}))
        listening.hear(ONE_RING, [])
        listening.wait(2)
        listening.hear(burst, [])
        listening.wait(3)
        listening.hear(ONE_RING, [])
        heard = [event.number for event in listening.events if isinstance(event, CallerIdHeard)]
        assert heard, burst
        assert all("01055501234" in (number or "") for number in heard), (burst, heard)
        assert sum(isinstance(event, RingHeard) for event in listening.events) == 2, burst


def test_one_damaged_byte_does_not_lose_the_only_ring(make_core: MakeCore) -> None:
    """Somebody who gave up after one ring called all the same."""
    for ring in damaged(ONE_RING):
        listening = Listening(make_core({"profile": "generic"}))
        listening.hear(ring, [])
        listening.wait(2)
        assert sum(isinstance(event, RingHeard) for event in listening.events) == 1, ring


@settings(max_examples=200, deadline=None)
@given(name=st.binary(min_size=1, max_size=40).filter(lambda raw: not set(raw) & {0x0D, 0x0A}))
def test_any_name_leaves_the_number_alone(name: bytes, make_core: MakeCore) -> None:
    listening = Listening(make_core({"profile": "generic"}))
    listening.hear(b"RING\r\nNMBR = 01055501234\r\nNAME = " + name + b"\r\n", [])
    listening.wait(4)
    (heard,) = [event for event in listening.events if isinstance(event, CallerIdHeard)]
    assert heard.number == "01055501234"


@given(st.lists(st.binary(max_size=5000), max_size=8))
def test_memory_is_bounded(parts: list[bytes]) -> None:
    tokenizer = Tokenizer()
    for part in parts:
        for __ in tokenizer.feed(part):
            pass
        assert len(tokenizer._text) <= LONGEST_LINE


def test_a_flood_of_fields_is_bounded(make_core: MakeCore) -> None:
    listening = Listening(make_core({"profile": "generic"}))
    for number in range(5000):
        listening.hear(b"NMBR = 0105550%04d\r\n" % (number % 10000), [])
    listening.wait(10)
    (heard,) = [event for event in listening.events if isinstance(event, CallerIdHeard)]
    assert heard.number == "01055500000"
    assert len(heard.fields) <= 64
    assert len(heard.wire) < 10_000


@pytest.mark.parametrize("piece", [b"\xff" * 50 + b"\r\n", b"~~~\r\n"])
def test_much_noise_is_a_trouble_and_passes(piece: bytes, make_core: MakeCore) -> None:
    listening = Listening(make_core({"profile": "generic"}), obliging=True)
    listening.wait(5)
    for __ in range(40):
        listening.hear(piece, [])
        listening.wait(0.5)
    listening.wait(240)
    troubles = [event for event in listening.events if isinstance(event, LineDegraded | LineRestored)]
    assert [type(event) for event in troubles] == [LineDegraded, LineRestored]
    assert {event.trouble for event in troubles} == {Trouble.WIRE_NOISE}
    assert sum(isinstance(event, WireNoise) for event in listening.events) == 40
