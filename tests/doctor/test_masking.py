"""X18: a transcript that is sent in shows nobody's number, and is still worth reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.doctor.masking import mask_numbers

NUMBER = b"01055501234"


def mdmf(number: bytes) -> bytes:
    """A caller-ID message in hexadecimal: date and time, number, checksum."""
    body = b"\x01\x0802161730\x02" + bytes([len(number)]) + number
    message = b"\x80" + bytes([len(body)]) + body
    return (message + bytes([-sum(message) % 256])).hex().upper().encode()


@pytest.mark.parametrize(
    "said",
    [
        b"NMBR = 01055501234\r\n",
        b"NMBR=01055501234NAME=DUTY\r\n",
        b'+CLIP: "01055501234",129\r\n',
        b"RING;01055501234;8001\r\n",
        b"FM:01055501234 TO:8673300\r\n",
        b"###DATE02161730...NMBR01055501234...NAMEDUTY+++\r",
        b"01      2/16      5:30 PM  010-5550-1234  DUTY\r\n",
        b"01055501234\r\n",
        b"".join(b"\x10" + bytes([digit]) for digit in NUMBER),
        b"".join(b"\x10/\x10" + bytes([digit]) + b"\x10~" for digit in NUMBER),
        b"MESG=" + mdmf(NUMBER) + b"\r\n",
        b"\r\n" + mdmf(NUMBER).lower() + b"\r\n",
        b"+VCIDR:\r\n" + b" ".join(mdmf(NUMBER)[at : at + 2] for at in range(0, len(mdmf(NUMBER)), 2)) + b"\r\n",
        b"MESG=040F3032313631373330" + NUMBER.hex().encode() + b"\r\n",
    ],
)
def test_the_number_is_gone_and_nothing_else_has_moved(said: bytes) -> None:
    masked = mask_numbers(said)
    assert len(masked) == len(said)
    squeezed = masked.replace(b"\x10", b"").replace(b"/", b"").replace(b"~", b"").replace(b"-", b"").replace(b" ", b"")
    assert NUMBER not in squeezed
    assert NUMBER.hex().encode() not in squeezed.lower()
    assert NUMBER[-4:] not in squeezed
    assert sum(masked) == sum(said) or b"MESG" in said or b"VCIDR" in said or said.startswith(b"\r\n80")


@pytest.mark.parametrize("extension", [b"801", b"8001"])
def test_an_extension_is_a_number_too(extension: bytes) -> None:
    """S2-17: the leader's telephone is one."""
    assert extension not in mask_numbers(b"NMBR = " + extension + b"\r\n")


@pytest.mark.parametrize(
    "said",
    [
        b"DATE = 0216\r\nTIME = 1730\r\n",
        b"DATE=02161730\r\n",
        b"TIME: 03-17 16:56\r\n",
        b"56000\r\n",
        b'0,"",B084008000,B084008000,B084008000\r\n',
        b"(7200,8000,11025)\r\n",
        b"+VCID: (0-2)\r\n",
        b"\r\nOK\r\n\x10R\x10P",
        b"CX81801-V90\r\n",
    ],
)
def test_what_is_worth_reading_stays(said: bytes) -> None:
    assert mask_numbers(said) == said


def test_date_and_time_inside_a_message_stay() -> None:
    assert b"02161730".hex().encode() in mask_numbers(b"MESG=" + mdmf(NUMBER))


@given(st.text("0123456789", min_size=3, max_size=20).map(str.encode))
def test_a_message_still_adds_up(number: bytes) -> None:
    masked = bytes.fromhex(mask_numbers(mdmf(number)).decode())
    assert sum(masked) % 256 == 0
    assert masked[:14] == bytes.fromhex(mdmf(number).decode())[:14]


@given(st.binary(max_size=200))
def test_any_bytes_keep_their_length(data: bytes) -> None:
    assert len(mask_numbers(data)) == len(data)
