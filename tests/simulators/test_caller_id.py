"""Caller-ID frames, byte for byte, written out by hand from GR-30-CORE and EN 300 659-3."""

from __future__ import annotations

from datetime import datetime

import pytest
from dutyphone_simulators.caller_id import CallerId, Standard, Withheld, checksum, frame, sending_s
from dutyphone_simulators.caller_id_print import fill, formatted, hexadecimal, pairs, ring_text, set_lines
from dutyphone_simulators.exchange import CN_TIME
from dutyphone_simulators.personality import Layout, load_personality
from hypothesis import given
from hypothesis import strategies as st

STAMPED = datetime(2026, 2, 16, 17, 30, tzinfo=CN_TIME)


def test_sdmf_frame_of_a_number() -> None:
    message = CallerId(stamped=STAMPED, number="01055501234", standard=Standard.SDMF)
    assert frame(message) == b"\x04\x13" + b"02161730" + b"01055501234" + b"\x2b"


@pytest.mark.parametrize(("withheld", "end"), [(Withheld.PRIVATE, b"P\x0f"), (Withheld.OUT_OF_AREA, b"O\x10")])
def test_sdmf_frame_of_a_number_that_is_not_sent(withheld: Withheld, end: bytes) -> None:
    message = CallerId(stamped=STAMPED, withheld=withheld, standard=Standard.SDMF)
    assert frame(message) == b"\x04\x09" + b"02161730" + end


def test_mdmf_frame_of_a_number_and_a_chinese_name() -> None:
    message = CallerId(stamped=STAMPED, number="01055501234", name="张三")
    assert frame(message) == bytes.fromhex(
        "80 1d"
        "01 08 30 32 31 36 31 37 33 30"  # date and time
        "02 0b 30 31 30 35 35 35 30 31 32 33 34"  # number
        "07 04 d5 c5 c8 fd"  # name in GB 2312
        "25"
    )


def test_mdmf_frame_with_everything() -> None:
    message = CallerId(
        stamped=STAMPED, withheld=Withheld.PRIVATE, name="A", called="01055501200", redirected_from="01055501230"
    )
    assert frame(message)[:-1] == (b"\x80\x2a\x01\x0802161730\x04\x01P\x07\x01A\x03\x0b01055501200\x1a\x0b01055501230")


def test_a_character_outside_gb_2312_is_sent_in_gbk_with_a_letter_for_its_second_byte() -> None:
    assert CallerId(stamped=STAMPED, name="镕").name_bytes == b"\xe9F"


def test_tones_have_no_frame_and_take_a_digit_time_each() -> None:
    message = CallerId(stamped=STAMPED, number="12345", standard=Standard.DTMF)
    assert frame(message) == b""
    assert sending_s(message) == pytest.approx(7 * 0.12)


def test_a_frame_takes_its_bits_at_1200_a_second() -> None:
    message = CallerId(stamped=STAMPED, number="01055501234", standard=Standard.SDMF)
    assert sending_s(message) == pytest.approx((300 + 180 + 10 * 22) / 1200)


@given(
    st.text("0123456789", min_size=1, max_size=20),
    st.text(max_size=20),
    st.sampled_from([Standard.MDMF, Standard.SDMF]),
)
def test_a_frame_sums_up_to_zero_and_tells_its_length_unless_it_is_broken(
    number: str, name: str, standard: Standard
) -> None:
    name = name.encode("gb18030", "ignore").decode("gb18030")
    whole = frame(CallerId(stamped=STAMPED, number=number, name=name, standard=standard))
    assert sum(whole) % 256 == 0
    assert whole[1] == len(whole) - 3
    broken = frame(CallerId(stamped=STAMPED, number=number, name=name, standard=standard, intact=False))
    assert len(broken) == len(whole)
    assert sum(broken) % 256 != 0


def test_checksum_of_nothing_is_nothing() -> None:
    assert checksum(b"") == 0


def test_what_does_not_fit_into_a_message_is_refused() -> None:
    with pytest.raises(ValueError, match="255"):
        frame(CallerId(stamped=STAMPED, number="1", name="值" * 130))


# --- in print ------------------------------------------------------------------------------------------------------

MESSAGE = CallerId(stamped=STAMPED, number="01055501234", name="张三")
GB = b"\xd5\xc5\xc8\xfd"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("usr-5637", [b"DATE=0216", b"TIME=1730", b"NMBR=01055501234", b"NAME=" + GB]),
        ("conexant-cx93010", [b"DATE = 0216", b"TIME = 1730", b"NMBR = 01055501234", b"NAME = " + GB]),
        ("si2457", [b"CIDM", b"DATE = 0216", b"TIME = 1730", b"NMBR = 01055501234", b"NAME = " + GB]),
        ("zyxel-u1496", [b"TIME: 02-16 17:30", b"CALLER NUMBER: 01055501234", b"CALLER NAME: " + GB]),
    ],
)
def test_formatted_as_the_modem_does(name: str, lines: list[bytes]) -> None:
    assert formatted(MESSAGE, load_personality(name).caller_id) == lines


def test_withheld_numbers_in_the_words_of_the_modem() -> None:
    private = CallerId(stamped=STAMPED, withheld=Withheld.PRIVATE)
    assert b"NMBR=P" in formatted(private, load_personality("usr-5637").caller_id)
    zyxel = formatted(private, load_personality("zyxel-u1496").caller_id)
    assert zyxel == [b"TIME: 02-16 17:30", b"REASON FOR NO CALLER NUMBER: PRIVATE"]


def test_sdmf_has_no_name_and_tones_no_date() -> None:
    style = load_personality("usr-5637").caller_id
    sdmf = CallerId(stamped=STAMPED, number="110", name="x", standard=Standard.SDMF)
    assert formatted(sdmf, style) == [b"DATE=0216", b"TIME=1730", b"NMBR=110"]
    dtmf = CallerId(stamped=STAMPED, number="110", name="x", standard=Standard.DTMF)
    assert formatted(dtmf, style) == hexadecimal(dtmf, style) == [b"NMBR=110"]


def test_in_hexadecimal_with_and_without_prefix_and_checksum() -> None:
    whole = frame(MESSAGE).hex().upper().encode()
    assert hexadecimal(MESSAGE, load_personality("usr-5637").caller_id) == [b"MESG=" + whole]
    assert hexadecimal(MESSAGE, load_personality("conexant-cx93010").caller_id) == [whole]
    assert hexadecimal(MESSAGE, load_personality("askey-1456vqh").caller_id) == [whole[:-2]]
    assert b" ".join(pairs(MESSAGE)).replace(b" ", b"") == whole


def test_the_two_layouts_of_lines() -> None:
    assert set_lines([b"A", b"B"], Layout.BLOCK, b"\r\n") == b"\r\nA\r\nB\r\n"
    assert set_lines([b"A", b"B"], Layout.WRAPPED, b"\r\n") == b"\r\nA\r\n\r\nB\r\n"
    assert set_lines([], Layout.BLOCK, b"\r\n") == b""


def test_a_ring_that_names_the_caller_is_plain_while_the_caller_is_unknown() -> None:
    template = load_personality("elsa-microlink").ring.template
    assert ring_text(template, None) == b"RING"
    assert ring_text(template, CallerId(stamped=STAMPED, number="110", called="120")) == b"RING;110;120"


def test_names_are_put_into_a_line_untouched() -> None:
    assert fill("NAME={name}", {"name": b"{number}\xff"}) == b"NAME={number}\xff"
    assert fill("NAME={name}", {}) is None
