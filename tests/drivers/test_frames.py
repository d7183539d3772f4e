"""SDMF and MDMF messages in hexadecimal, as good and as bad as modems print them."""

from __future__ import annotations

import pytest
from dutyphone_drivers.serial_modem.caller_id import Burst
from dutyphone_drivers.serial_modem.fields import Field, Kind
from dutyphone_drivers.serial_modem.frames import (
    MDMF,
    begins_message,
    hex_digits,
    read_frame,
    read_parameters,
    read_single_parameter,
)
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.lines.events import CallerIdForm


def _message(kind: int, body: bytes) -> bytes:
    """As Telcordia GR-30-CORE defines it, written here a second time."""
    message = bytes((kind, len(body))) + body
    return message + bytes(((256 - sum(message) % 256) % 256,))


def _parameter(kind: int, value: bytes) -> bytes:
    return bytes((kind, len(value))) + value


def _hex(data: bytes) -> bytes:
    return data.hex().upper().encode()


parameters = st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 7, 8]), st.binary(max_size=20)), min_size=1, max_size=6)


@given(parameters)
def test_every_parameter_comes_out_as_it_went_in(sent: list[tuple[int, bytes]]) -> None:
    frame = read_frame(_hex(_message(MDMF, b"".join(_parameter(kind, value) for kind, value in sent))))
    assert frame.intact is True
    assert not frame.short
    assert [(int(field.key[-2:], 16), field.value) for field in frame.fields] == sent


@given(parameters, st.integers(0, 10_000), st.integers(1, 255))
def test_one_wrong_byte_is_noticed(sent: list[tuple[int, bytes]], place: int, change: int) -> None:
    """GR-30: the checksum finds every single wrong byte; the length byte may also make the message look cut."""
    message = bytearray(_message(MDMF, b"".join(_parameter(kind, value) for kind, value in sent)))
    place = 2 + place % (len(message) - 2)
    message[place] ^= change
    assert read_frame(_hex(bytes(message))).intact is False


@given(parameters)
def test_without_checksum_nothing_is_claimed(sent: list[tuple[int, bytes]]) -> None:
    message = _message(MDMF, b"".join(_parameter(kind, value) for kind, value in sent))
    for cut in (_hex(message)[:-1], _hex(message)[:-2]):
        frame = read_frame(cut)
        assert frame.intact is None
        assert len(frame.fields) == len(sent)


def test_a_message_worked_out_by_hand() -> None:
    """80 05 02 03 31 31 30: the sum is 11C, so the checksum is E4."""
    digits = hex_digits(b"80 05 02 03 31 31 30 E4")
    assert digits is not None
    assert begins_message(digits)
    frame = read_frame(digits)
    assert frame.intact is True
    assert frame.fields == (Field(Kind.NUMBER, "MDMF-02", b"110"),)


@given(st.text("0123456789ABCDEFabcdef \t", max_size=600))
def test_any_digits_are_read_without_a_fault(text: str) -> None:
    digits = hex_digits(text.encode())
    if digits is None:
        return
    read_single_parameter(digits)
    if begins_message(digits):
        read_frame(digits)


@pytest.mark.parametrize("number", [b"01055501234", b"13900001234", b"04123456789012", b"8001234567", b"110", b"80"])
def test_a_number_is_not_taken_for_a_message(number: bytes) -> None:
    digits = hex_digits(number)
    assert digits is None or not begins_message(digits)


def test_a_message_may_come_in_pieces() -> None:
    message = _hex(_message(MDMF, _parameter(2, b"01055501234")))
    burst = Burst()
    burst.add_hex(message[:20], b"")
    assert burst.wants_hex
    assert not burst.proved
    burst.add_hex(message[20:], b"")
    assert burst.proved
    caller_id = burst.close()
    assert caller_id is not None
    assert caller_id.number == "01055501234"
    assert caller_id.form is CallerIdForm.MDMF


def test_an_unknown_parameter_keeps_its_type() -> None:
    assert read_parameters(bytes.fromhex("7E01FF")) == (Field(Kind.OTHER, "MDMF-7E", b"\xff"),)


def test_a_cut_parameter_is_taken_as_far_as_it_goes() -> None:
    assert read_parameters(bytes.fromhex("020B3031")) == (Field(Kind.NUMBER, "MDMF-02", b"01"),)
