"""Caller ID becomes sound and is heard again: byte for byte on a good line, honestly damaged on a bad one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from dutyphone_simulators.caller_id import CallerId, Standard, Withheld, carried, checksum, frame, sending_s
from dutyphone_simulators.dsp.caller_id import (
    LONGEST_FRAME,
    Burst,
    CallerIdReceiver,
    Carrier,
    DtmfForm,
    heard,
    modulate,
    read,
    send,
)
from dutyphone_simulators.dsp.samples import BLOCK, Noise, damaged, level_dbm0, mixed, scaled, seconds, silence
from dutyphone_simulators.exchange import CN_TIME
from hypothesis import given, settings
from hypothesis import strategies as st

NIGHT = datetime(2026, 2, 16, 17, 30, tzinfo=CN_TIME)
NEW_YEAR = NIGHT.replace(month=1, day=1, hour=0, minute=0)
CALLER = CallerId(stamped=NIGHT, number="01055501234", name="朱镕基")
FSK = [Carrier.BELL_202, Carrier.V23]

numbers = st.text("0123456789", min_size=1, max_size=20)
chinese = st.characters(min_codepoint=0x20, max_codepoint=0xFFFD).filter(
    lambda char: len(char.encode("gb18030", "replace")) <= 2 and char not in "\r\n" and char.isprintable()
)
"""Everything in GBK: GB 2312, the characters outside it whose second byte may be ASCII, and plain letters."""

messages = st.builds(
    CallerId,
    stamped=st.integers(0, 364 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    number=numbers,
    name=st.none() | st.text(chinese, min_size=1, max_size=25),
    called=st.none() | numbers,
    redirected_from=st.none() | numbers,
    standard=st.sampled_from([Standard.MDMF, Standard.SDMF]),
) | st.builds(
    CallerId,
    stamped=st.just(NIGHT),
    withheld=st.sampled_from(Withheld),
    standard=st.sampled_from(list(Standard)),
)


@settings(max_examples=300, deadline=None)
@given(message=messages, carrier=st.sampled_from(FSK))
def test_every_message_arrives_byte_for_byte(message: CallerId, carrier: Carrier) -> None:
    """S1-32: number, name in any Chinese code, called and redirecting number, by Bell 202 and by V.23."""
    if message.standard is Standard.DTMF:
        carrier = Carrier.DTMF
    bursts = heard(send(message, carrier, form=DtmfForm.A_TO_C), carrier)
    assert len(bursts) == 1
    understood = read(bursts[0], carrier, NIGHT)
    assert bursts[0].intact
    if message.standard is not Standard.DTMF:
        assert bursts[0].frame == frame(message)
    assert replace(understood, received=None) == carried(message)


@settings(max_examples=25, deadline=None)
@given(number=numbers, form=st.sampled_from(DtmfForm))
def test_a_number_arrives_as_tones_in_every_form(number: str, form: DtmfForm) -> None:
    message = CallerId(stamped=NIGHT, number=number, standard=Standard.DTMF)
    (burst,) = heard(send(message, Carrier.BELL_202, form=form), Carrier.DTMF)
    start, end = form.value
    assert burst.frame.decode() == f"{start}{number}{end}"
    assert read(burst, Carrier.DTMF, NIGHT) == message


def test_tones_that_do_not_end_in_c_or_hash_are_never_heard() -> None:
    """A limit of the library, and of many telephones: the burst waits for its end for ever."""
    assert heard(modulate(b"A01055501234D", Carrier.DTMF), Carrier.DTMF) == []


def test_a_name_outside_gb2312_keeps_the_byte_that_looks_like_a_letter() -> None:
    """镕 is E9 46 in GBK: nothing on the way may take the 46 for an F."""
    (burst,) = heard(send(CALLER, Carrier.BELL_202), Carrier.BELL_202)
    assert b"\x07\x06\xd6\xec\xe9F\xbb\xf9" in burst.frame


@pytest.mark.parametrize("carrier", FSK)
@pytest.mark.parametrize("block", [1, 7, 160, 8000])
def test_it_does_not_matter_how_the_sound_is_cut(carrier: Carrier, block: int) -> None:
    receiver, sound = CallerIdReceiver(carrier), send(CALLER, carrier) + silence(BLOCK)
    bursts = [burst for at in range(0, len(sound), block) for burst in receiver.receive(sound[at : at + block])]
    assert bursts == [Burst(frame=frame(CALLER), intact=True)]


def test_a_receiver_hears_one_call_after_the_other() -> None:
    """A damaged burst leaves nothing behind in the receiver."""
    others = [replace(CALLER, number=f"0105550{place:04d}", intact=place != 2) for place in range(5)]
    sound = silence(0)
    for message in others:
        sound += send(message, Carrier.BELL_202) + silence(8 * BLOCK)
    bursts = heard(sound, Carrier.BELL_202)
    assert [burst.intact for burst in bursts] == [True, True, False, True, True]
    assert [read(burst, Carrier.BELL_202, NIGHT).number for burst in bursts if burst.intact] == [
        other.number for other in others if other.intact
    ]


@pytest.mark.parametrize("standard", [Standard.MDMF, Standard.SDMF])
@pytest.mark.parametrize("carrier", FSK)
def test_a_crackle_damages_the_frame_and_the_checksum_tells(carrier: Carrier, standard: Standard) -> None:
    """S1-32: the bytes that came are kept, the message is flagged, and nothing is taken for whole."""
    message = replace(CALLER, standard=standard, intact=False)
    (burst,) = heard(send(message, carrier), carrier)
    whole = frame(replace(message, intact=True))
    assert not burst.intact
    assert burst.frame != whole
    assert checksum(burst.frame[:-1]) != burst.frame[-1]
    assert burst.frame[:2] == whole[:2]
    understood = read(burst, carrier, NIGHT)
    assert not understood.intact
    assert frame(understood) == burst.frame


def test_a_crackle_over_tones_leaves_a_wrong_number_and_nobody_knows() -> None:
    """Tones have no checksum: what a driver shows for such a line can only ever be doubtful."""
    message = CallerId(stamped=NIGHT, number="01055501234", standard=Standard.DTMF, intact=False)
    (burst,) = heard(send(message, Carrier.BELL_202), Carrier.DTMF)
    understood = read(burst, Carrier.DTMF, NIGHT)
    assert understood.number != "01055501234"
    assert understood.intact


@pytest.mark.parametrize("carrier", FSK)
def test_the_more_noise_the_fewer_messages_until_there_are_none(carrier: Carrier) -> None:
    """From 14 dB of distance on every burst is whole; below 0 dB none is; in between none is ever wrong."""
    whole_at: dict[int, int] = {}
    sound = silence(2 * BLOCK) + send(CALLER, carrier) + silence(2 * BLOCK)
    for distance in (-6, 0, 3, 6, 9, 12, 14, 20, 40):
        bursts = [
            heard(mixed(sound, Noise(-14.0 - distance, f"{distance}/{seed}").take(len(sound))) or sound, carrier)
            for seed in range(6)
        ]
        wholes = [burst.frame for found in bursts for burst in found if burst.intact]
        assert set(wholes) <= {frame(CALLER)}
        whole_at[distance] = len(wholes)
    assert [whole_at[distance] for distance in (-6, 0)] == [0, 0]
    assert [whole_at[distance] for distance in (14, 20, 40)] == [6, 6, 6]
    assert list(whole_at.values()) == sorted(whole_at.values())


@pytest.mark.parametrize(("gain_db", "understood"), [(0.0, 1), (-12.0, 1), (-15.0, 1), (-18.0, 0), (-30.0, 0)])
def test_a_long_line_is_understood_down_to_the_threshold_of_the_receiver(gain_db: float, understood: int) -> None:
    """Sent at -14 dBm0 and heard down to -30: what GR-30-CORE asks of a receiver at the least."""
    assert len(heard(scaled(send(CALLER, Carrier.BELL_202), gain_db), Carrier.BELL_202)) == understood


@pytest.mark.parametrize("carrier", list(Carrier))
def test_noise_alone_is_no_message(carrier: Carrier) -> None:
    assert heard(silence(8000), carrier) == []
    for level in (-50.0, -25.0, -10.0):
        assert [burst for burst in heard(Noise(level, "night").take(40_000), carrier) if burst.intact] == []


@settings(max_examples=30, deadline=None)
@given(begins=st.floats(0, 0.8), lasts=st.floats(0.001, 0.9), carrier=st.sampled_from(FSK))
def test_wherever_it_is_hit_a_message_is_whole_or_flagged_or_lost(
    begins: float, lasts: float, carrier: Carrier
) -> None:
    """X02: never wrong and taken for right, and never an exception, wherever the crackle falls."""
    bursts = heard(damaged(send(CALLER, carrier), begins_s=begins, lasts_s=lasts, seed="x"), carrier)
    for burst in bursts:
        assert burst.frame == frame(CALLER) or not burst.intact
        assert isinstance(read(burst, carrier, NIGHT), CallerId)


@settings(max_examples=100)
@given(data=st.binary(max_size=80), intact=st.booleans(), carrier=st.sampled_from(Carrier))
def test_nonsense_is_read_without_an_exception(data: bytes, intact: bool, carrier: Carrier) -> None:
    assert isinstance(read(Burst(frame=data, intact=intact), carrier, NIGHT), CallerId)


def test_the_longest_frame_arrives_and_a_longer_one_is_refused() -> None:
    body = bytes([0x80, LONGEST_FRAME - 2, 0x07, LONGEST_FRAME - 4]) + b"x" * (LONGEST_FRAME - 4)
    (burst,) = heard(modulate(body, Carrier.BELL_202), Carrier.BELL_202)
    assert burst.frame[:-1] == body
    with pytest.raises(ValueError, match="255"):
        modulate(body + b"x", Carrier.BELL_202)


def test_the_alert_tone_goes_before_the_message() -> None:
    """EN 300 659-1: 88 to 110 ms of 2130 and 2750 Hz, and at least 45 ms of quiet after it."""
    plain, alerted = send(CALLER, Carrier.V23), send(CALLER, Carrier.V23, alert=True)
    assert len(alerted) - len(plain) >= (0.088 + 0.045) * 8000
    assert level_dbm0(alerted[: 10 * BLOCK]) > -20
    assert heard(alerted, Carrier.V23) == [Burst(frame=frame(CALLER), intact=True)]


def test_a_message_lasts_as_long_as_its_bits() -> None:
    """GR-30-CORE: 300 bits of seizure, 180 of mark, ten a byte at 1200 bit/s."""
    assert seconds(send(CALLER, Carrier.BELL_202)) == pytest.approx(sending_s(CALLER), abs=6 / 1200)
