"""The test bench itself: it must fail when it should, and say where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from dutyphone_simulators.testkit import Chunks, PlayFailure, listen, load_transcripts, play

from dutyphone.clock import Moment
from dutyphone.errors import TranscriptError
from dutyphone.lines.events import LineEvent, LineHeard, LineLost, LineOpened, LossReason, RingHeard
from dutyphone.lines.transcript import parse_transcript


class Bell:
    """The smallest core: says HELLO when opened and again after 10 s, and hears each `!` as a ring."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self._output = b""
        self._again: float | None = None

    def start(self, now: Moment) -> Sequence[LineEvent]:
        self._output = b"HELLO\r"
        self._again = now.mono + 10
        return [LineOpened(line="desk", at=now, port="here")]

    def receive(self, data: bytes, now: Moment) -> Sequence[LineEvent]:
        self.chunks.append(data)
        return [RingHeard(line="desk", at=now, wire=b"!", cadence="A") for __ in range(data.count(b"!"))]

    def lost(self, reason: LossReason, now: Moment, detail: str = "") -> Sequence[LineEvent]:
        return [LineLost(line="desk", at=now, reason=reason)]

    def take_output(self) -> bytes:
        output, self._output = self._output, b""
        return output

    def next_deadline(self) -> float | None:
        return self._again

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        if self._again is None or now.mono < self._again:
            return []
        self._again = now.mono + 10
        self._output = b"HELLO\r"
        return [LineHeard(line="desk", at=now)]


class Spinning(Bell):
    """Forgets to move its deadline on."""

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        return []


def _play(text: str, core: Bell | None = None, chunks: Chunks = "whole") -> None:
    play(core or Bell(), parse_transcript(text, source="bell.txt"), chunks=chunks)


@pytest.mark.parametrize("chunks", ["whole", "bytewise", "random"])
def test_what_is_as_expected_passes(chunks: Chunks) -> None:
    _play("# begins: cold\n! LineOpened port=here\n> HELLO\\r\n< a!b\n! RingHeard cadence=A\n", chunks=chunks)


def test_bytes_are_split_as_asked() -> None:
    text = "< abcdef\n"
    whole, bytewise, random = Bell(), Bell(), Bell()
    _play(text, whole)
    _play(text, bytewise, "bytewise")
    play(random, parse_transcript(text), chunks="random", seed=1)
    assert whole.chunks[-1] == b"abcdef"
    assert bytewise.chunks[-6:] == [b"a", b"b", b"c", b"d", b"e", b"f"]
    assert b"".join(random.chunks).endswith(b"abcdef")
    assert len(random.chunks) > 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("< !\n", "also told"),
        ("< x\n! RingHeard\n", "told nothing"),
        ("< !\n! CallTaken\n", "told instead"),
        ("< !\n! RingHeard cadence=B\n", "cadence: wanted 'B', was 'A'"),
        ("< !\n! RingHeard colour=red\n", "no such field"),
        ("# begins: cold\n! LineOpened\n> GOODBYE\\r\n", "said instead: > HELLO"),
        ("# begins: cold\n! LineOpened\n> HELLO\\r\n> HELLO\\r\n", "Within 5 s the core said"),
        ("# begins: cold\n! LineOpened\n> HELLO\\r\n@ +10\n", "also said: > HELLO"),
    ],
)
def test_what_is_not_fails_and_shows_where(text: str, complaint: str) -> None:
    with pytest.raises(PlayFailure) as failure:
        _play(text)
    assert complaint in str(failure.value)
    assert "bell.txt:" in str(failure.value)
    assert "-->" in str(failure.value) or "transcript is over" in str(failure.value)


def test_a_core_that_goes_round_in_circles_is_stopped() -> None:
    with pytest.raises(PlayFailure, match="for ever"):
        _play("@ +11\n", Spinning())


def test_deadlines_are_called_in_time() -> None:
    """Three of them in 35 s; a sign of life need not be expected, but may."""
    _play("@ +35\n")
    with pytest.raises(PlayFailure, match="also told"):
        _play("@ +35\n! LineHeard\n")
    _play("@ +35\n! LineHeard\n! LineHeard\n! LineHeard\n")


def test_the_wire_may_be_lost_and_opened_again() -> None:
    _play("* unplug\n! LineLost reason=cable_unplugged\n* replug\n! LineOpened\n")


def test_other_world_steps_belong_to_the_simulated_modem() -> None:
    with pytest.raises(TranscriptError, match="cannot be played"):
        _play("* call from=01055501234\n")


def test_listening_expects_nothing() -> None:
    played = listen(Bell(), parse_transcript("< !\n> NEVER\n! NoSuchEvent\n* unplug\n@ +1\n< !\n"))
    assert sum(isinstance(event, RingHeard) for event in played.events) == 2


def test_a_folder_of_transcripts(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.txt").write_text("< 2\n")
    (tmp_path / "a.txt").write_text("< 1\n")
    (tmp_path / "notes.md").write_text("no transcript")
    assert [transcript.source for transcript in load_transcripts(tmp_path)] == ["a.txt", "b/two.txt"]
