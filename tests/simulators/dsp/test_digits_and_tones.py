"""Digits and the tones of exchanges, as sent and as heard at the other end of a line."""

from __future__ import annotations

import pytest
from dutyphone_simulators.dsp.dtmf import DIGITS, DtmfReceiver, DtmfSender
from dutyphone_simulators.dsp.line import LineQuality, Path
from dutyphone_simulators.dsp.samples import BLOCK, BLOCK_S, Noise, Samples, level_dbm0, mixed, seconds, silence
from dutyphone_simulators.dsp.tones import CNG, TONES, FaxToneReceiver, ToneKind, ToneReceiver, ToneSender
from hypothesis import given, settings
from hypothesis import strategies as st


def sound_of(digits: str) -> list[Samples]:
    sender = DtmfSender()
    sender.put(digits)
    blocks = []
    while (block := sender.take(BLOCK)) is not None:
        blocks.append(block)
    return blocks


@settings(max_examples=30, deadline=None)
@given(digits=st.text(DIGITS, min_size=1, max_size=300))
def test_every_key_is_heard_once_and_in_order(digits: str) -> None:
    """More digits than the library holds at once, and the same key many times."""
    receiver = DtmfReceiver()
    assert "".join(receiver.receive(block) for block in sound_of(digits)) == digits


def test_a_digit_takes_a_fifth_of_a_second_and_blocks_are_whole() -> None:
    blocks = sound_of("123456")
    assert {len(block) for block in blocks} == {BLOCK}
    assert sum(map(seconds, blocks)) == pytest.approx(6 * 0.2, abs=2 * BLOCK_S)
    assert level_dbm0(blocks[0]) == pytest.approx(-7, abs=1)  # two tones of -10 dBm0


def test_digits_are_heard_beside_the_dial_tone() -> None:
    receiver, dial_tone = DtmfReceiver(beside_dial_tone=True), ToneSender(TONES["US"][ToneKind.DIAL])
    assert "".join(
        receiver.receive(mixed(block, dial_tone.take(BLOCK)) or block) for block in sound_of("01055501234")
    ) == ("01055501234")


def test_only_keys_of_a_telephone_can_be_sent() -> None:
    with pytest.raises(ValueError, match="keys"):
        DtmfSender().put("12E")


def test_a_released_line_sends_no_more() -> None:
    sender = DtmfSender()
    sender.put("12345")
    sender.take(BLOCK)
    sender.stop()
    assert sender.take(BLOCK) is None
    sender.put("7")
    receiver = DtmfReceiver()
    assert "".join(receiver.receive(sender.take(BLOCK) or silence(BLOCK)) for _ in range(12)) == "7"


@pytest.mark.parametrize("country", TONES)
@pytest.mark.parametrize("kind", ToneReceiver.KINDS)
def test_a_tone_is_recognised_as_itself_and_as_nothing_else(country: str, kind: ToneKind) -> None:
    sender, receiver = ToneSender(TONES[country][kind]), ToneReceiver(country)
    path = Path(LineQuality(), "tones")
    heard = [tone for _ in range(round(13 / BLOCK_S)) for tone in _receive(receiver, path, sender.take(BLOCK))]
    assert set(heard) == {kind}


@pytest.mark.parametrize("country", TONES)
def test_noise_speech_and_digits_are_no_tones(country: str) -> None:
    receiver, fax = ToneReceiver(country), FaxToneReceiver()
    noise = Noise(-20, "voice")
    for block in [noise.take(BLOCK) for _ in range(250)] + sound_of("*57*01055500001#" * 2):
        assert receiver.receive(block) == []
        assert not fax.receive(block)


def test_a_calling_fax_machine_is_recognised_each_time_it_calls() -> None:
    """ITU-T T.30 §4.3.3.2: half a second of 1100 Hz every 3.5 s."""
    sender, receiver = ToneSender(CNG), FaxToneReceiver()
    begins = [place * BLOCK_S for place in range(round(10.5 / BLOCK_S)) if receiver.receive(sender.take(BLOCK))]
    assert [round(at / 3.5) for at in begins] == [0, 1, 2]


def test_a_path_delays_weakens_and_adds_its_noise_and_the_same_seed_is_the_same_line() -> None:
    quality = LineQuality(gain_db=-6.0, delay_s=0.06, noise_dbm0=-60.0)
    tone = ToneSender(TONES["CN"][ToneKind.DIAL])
    blocks = [tone.take(BLOCK) for _ in range(50)]
    one, same, other = (Path(quality, seed) for seed in ("1", "1", "2"))
    arrived = [one.carry(block) for block in blocks]
    assert arrived == [same.carry(block) for block in blocks]
    assert arrived != [other.carry(block) for block in blocks]
    levels = [level_dbm0(block) for block in arrived if block is not None]
    assert levels[2] == pytest.approx(-60, abs=2)  # three blocks of delay
    assert levels[4] == pytest.approx(level_dbm0(blocks[1]) - 6, abs=0.5)
    assert not one.empty
    for _ in range(3):
        one.carry(None)
    assert one.empty


def test_too_loud_is_clipped() -> None:
    loud = ToneSender(TONES["CN"][ToneKind.DIAL]).take(BLOCK)
    for _ in range(5):
        loud = mixed(loud, loud) or loud
    assert max(loud) == 32767
    assert min(loud) == -32768


def _receive(receiver: ToneReceiver, path: Path, block: Samples) -> list[ToneKind]:
    arrived = path.carry(block)
    return [] if arrived is None else receiver.receive(arrived)
