"""Sound between the computer and the line: +VTX and +VRX of ITU-T V.253, through the exchange."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from dutyphone_simulators.dsp.samples import BLOCK, RATE, Samples, level_dbm0, silence
from dutyphone_simulators.dsp.voice import CODECS, VoiceRecorder, VoiceSender, codec_of

TONE_HZ = 1000
NEIGHBOURS_HZ = (700, 1300)


def tone(seconds: float, amplitude: int = 8000, hertz: float = TONE_HZ) -> Samples:
    return array(
        "h", [round(amplitude * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(round(seconds * RATE))]
    )


def strength(samples: Samples, hertz: float) -> float:
    """The part of the power of `samples` at `hertz` (Goertzel)."""
    turn = 2 * math.pi * hertz / RATE
    real = sum(sample * math.cos(turn * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(turn * n) for n, sample in enumerate(samples))
    return 2 * (real**2 + imaginary**2) / (len(samples) * max(1, sum(sample**2 for sample in samples)))


def shielded(data: bytes) -> bytes:
    return data.replace(b"\x10", b"\x10\x10")


def unshielded(data: bytes) -> tuple[bytes, bytes]:
    """The sound in a stream, and the events in it."""
    events = re.findall(rb"\x10([^\x10])", data.replace(b"\x10\x10", b""))
    return re.sub(rb"\x10(\x10|.)", lambda pair: b"\x10" if pair[1] == b"\x10" else b"", data, flags=re.S), b"".join(
        events
    )


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_brings_back_what_went_in(name: str) -> None:
    codec = CODECS[name]
    sound = tone(0.1)
    again = codec.decode(codec.encode(sound))
    off = array("h", [one - other for one, other in zip(sound, again, strict=True)])
    assert level_dbm0(off) < level_dbm0(sound) - 25
    assert set(codec.encode(codec.decode(bytes(range(256))))) >= set(range(256)) - {0x7F, 0xFF, 0x55, 0xD5}


def test_ulaw_is_that_of_the_standard() -> None:
    """ITU-T G.711 table 2b: the ends and the middle of the scale."""
    ulaw = CODECS["G.711U"]
    assert ulaw.decode(bytes((0x80, 0x00, 0xFF, 0x7F))).tolist() == [32124, -32124, 0, 0]
    assert ulaw.encode(array("h", [32767, -32768, 0])) == bytes((0x80, 0x00, 0xFF))


def test_alaw_is_that_of_the_standard() -> None:
    """ITU-T G.711 table 1b."""
    assert CODECS["G.711A"].decode(bytes((0xAA, 0x2A, 0xD5, 0x55))).tolist() == [32256, -32256, 8, -8]


USR_LIST = ('128,"8-BIT LINEAR",(7200,8000,11025)', '131,"8-BIT ULAW",(8000)', '132,"IMA ADPCM",(7200,8000,11025)')


@pytest.mark.parametrize(
    ("setting", "known"),
    [("131", True), ("128,8000,0,0", True), ("128,7200", False), ("132", False), ("4", False)],
)
def test_a_method_is_what_the_modem_calls_it(setting: str, known: bool) -> None:
    """Each maker has numbers of his own."""
    assert (codec_of(setting, USR_LIST) is not None) is known


def test_sound_is_given_in_blocks_and_filled_up() -> None:
    sender = VoiceSender()
    assert sender.take(BLOCK) is None
    sender.put(array("h", [1] * 200))
    assert sender.take(BLOCK) == array("h", [1] * BLOCK)
    assert sender.take(BLOCK) == array("h", [1] * 40) + silence(BLOCK - 40)
    assert sender.empty


def test_silence_is_told_once_and_by_what_was_before_it() -> None:
    recorder = VoiceRecorder(CODECS["UNSIGNED PCM"], interval_s=0.1)
    events = [unshielded(recorder.hear(block))[1] for block in [silence(BLOCK)] * 9]
    assert b"".join(events) == b"s"
    assert events[4] == b"s"
    assert unshielded(recorder.hear(tone(0.02)))[1] == b""
    assert b"".join(unshielded(recorder.hear(silence(BLOCK)))[1] for _ in range(9)) == b"q"


def in_conversation(
    bank: Callable[..., Any], modem: str = "multitech-mt5634smi", method: str = "4", *, silence_told: int = 0
) -> Any:
    """Two modems that talk: the first has called the second, which answered."""
    line = bank(modem, modem)
    for place in (0, 1):
        line.send(place, "ATE0", f"AT+FCLASS=8;+VSM={method},8000;+VSD=128,{silence_told}")
    line.send(0, f"ATDT{line.number(1)}")
    line.run(8)
    line.send(1, "ATA", "AT+VLS=1")
    line.run(1)
    line.send(0, "AT+VLS=1")
    line.run(1)
    return line


def say(line: Any, place: int, data: bytes) -> bytes:
    """The computer at `place` sends `data`; what the modem answers at once."""
    before = len(line.said[place])
    line.bank.receive(place, data, line.clock.now())
    line._listen()
    return b"".join(data for _, data in line.said[place][before:])


@pytest.mark.parametrize(
    ("modem", "method", "name"),
    [
        ("multitech-mt5634smi", "4", "G.711U"),
        ("multitech-mt5634smi", "5", "G.711A"),
        ("usr-5637", "131", "8-BIT ULAW"),
        ("usr-5637", "128", "8-BIT LINEAR"),
        ("conexant-cx93010", "1", "UNSIGNED PCM"),
    ],
)
def test_what_one_plays_the_other_records(bank: Callable[..., Any], modem: str, method: str, name: str) -> None:
    """Two seconds of a tone, every byte of it possible, at about the level it had, and nothing else."""
    line = in_conversation(bank, modem, method)
    assert line.send(1, "AT+VRX") == b"\r\nCONNECT\r\n"
    assert line.send(0, "AT+VTX") == b"\r\nCONNECT\r\n"
    played = CODECS[name].encode(tone(2.0))
    say(line, 0, shielded(played) + b"\x10\x03")
    said = line.run(2.5)
    assert said[0] == b"\r\nOK\r\n", "and not before all of it was heard"
    assert 1.9 < line.when(0, b"OK")[-1] - line.when(0, b"CONNECT")[-1] < 2.2
    assert say(line, 1, b"\x10!") == b"\x10\x03\r\nOK\r\n"
    recorded, events = unshielded(said[1])
    assert events == b""
    assert len(recorded) == pytest.approx(2.5 * RATE, abs=2 * BLOCK)
    heard = CODECS[name].decode(recorded)[4000:14000]
    assert strength(heard, TONE_HZ) > 0.95
    assert max(strength(heard, other) for other in NEIGHBOURS_HZ) < 0.01
    assert level_dbm0(heard) == pytest.approx(level_dbm0(tone(1.0)) - 6, abs=1.5), "two lines, 3 dB each"


def test_it_can_be_cut_short(bank: Callable[..., Any]) -> None:
    """V.253: <DLE><CAN> drops what was not played yet."""
    line = in_conversation(bank)
    line.send(0, "AT+VTX")
    say(line, 0, shielded(CODECS["G.711U"].encode(tone(5.0))))
    line.run(1)
    assert say(line, 0, b"\x10\x18") == b"\r\nOK\r\n"
    assert line.send(0, "AT") == b"\r\nOK\r\n"


def test_recording_tells_silence_and_the_busy_tone(bank: Callable[..., Any]) -> None:
    """An answering machine: the caller says something, is silent, hangs up."""
    line = in_conversation(bank, silence_told=15)
    line.send(1, "AT+VRX")
    line.send(0, "AT+VTX")
    say(line, 0, shielded(CODECS["G.711U"].encode(tone(1.0))) + b"\x10\x03")
    _, recorded = line.run(4)
    assert unshielded(recorded)[1] == b"q"
    line.send(0, "ATH")
    _, recorded = line.run(5)
    assert b"b" in unshielded(recorded)[1]


def test_a_character_while_it_plays_out_hangs_nobody_up(bank: Callable[..., Any]) -> None:
    line = in_conversation(bank)
    line.send(0, "AT+VTX")
    say(line, 0, shielded(CODECS["G.711U"].encode(tone(1.0))) + b"\x10\x03")
    line.run(0.5)
    say(line, 0, b"AT\r")
    assert line.run(1)[0] == b"\r\nOK\r\n\r\nOK\r\n"


def test_a_rate_it_does_not_have_is_refused(bank: Callable[..., Any]) -> None:
    line = bank("conexant-cx81801")
    assert line.send(0, "ATE0", "AT+FCLASS=8", "AT+VSM=4,11025").endswith(b"ERROR\r\n")
