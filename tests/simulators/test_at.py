"""The AT interpreter against the tables of ITU-T V.250."""

from __future__ import annotations

import pytest
from dutyphone_simulators.at import ABORT_GUARD_S, COMMAND_LIMIT, Action, ActionKind, AtInterpreter, Mode, Result
from dutyphone_simulators.at_grammar import BadCommand, Command, Form, accepts, commands
from dutyphone_simulators.personality import list_personalities, load_personality
from hypothesis import given, settings
from hypothesis import strategies as st


def modem(name: str = "usr-5637") -> AtInterpreter:
    return AtInterpreter(load_personality(name))


def say(at: AtInterpreter, text: str | bytes, now_s: float = 0.0) -> bytes:
    """Send `text`; every action comes out well at once."""
    at.receive(text if isinstance(text, bytes) else text.encode(), now_s)
    while at.take_action() is not None:
        at.complete(Result.OK, now_s)
    return at.take_output()


def quiet(name: str = "usr-5637") -> AtInterpreter:
    at = modem(name)
    say(at, "ATE0\r")
    return at


OK, ERROR = b"\r\nOK\r\n", b"\r\nERROR\r\n"


# --- §5.2, §5.7: lines, echo, result codes -------------------------------------------------------------------------


def test_characters_are_echoed_until_e0() -> None:
    at = modem()
    assert say(at, "AT\r") == b"AT\r" + OK
    assert say(at, "ATE0\r") == b"ATE0\r" + OK
    assert say(at, "AT\r") == OK


def test_v0_gives_numbers_and_short_ends() -> None:
    at = quiet()
    assert say(at, "ATV0\r") == b"0\r"
    assert say(at, "ATI0\r") == b"5601\r\n0\r"
    assert say(at, "AT+NONSENSE\r") == b"4\r"
    assert say(at, "ATV1\r") == OK


def test_v1_sets_information_between_line_ends() -> None:
    assert say(quiet(), "ATI0\r") == b"\r\n5601\r\n\r\nOK\r\n"


def test_q1_keeps_result_codes_back_but_not_information() -> None:
    at = quiet()
    assert say(at, "ATQ1\r") == b""
    assert say(at, "ATI0\r") == b"\r\n5601\r\n"
    at.announce(Result.RING)
    assert at.take_output() == b""
    assert say(at, "ATQ0\r") == OK


@pytest.mark.parametrize(
    ("result", "long", "short"),
    [
        (Result.OK, b"\r\nOK\r\n", b"0\r"),
        (Result.CONNECT, b"\r\nCONNECT\r\n", b"1\r"),
        (Result.RING, b"\r\nRING\r\n", b"2\r"),
        (Result.NO_CARRIER, b"\r\nNO CARRIER\r\n", b"3\r"),
        (Result.ERROR, b"\r\nERROR\r\n", b"4\r"),
        (Result.NO_DIALTONE, b"\r\nNO DIALTONE\r\n", b"6\r"),
        (Result.BUSY, b"\r\nBUSY\r\n", b"7\r"),
        (Result.NO_ANSWER, b"\r\nNO ANSWER\r\n", b"8\r"),
    ],
)
def test_result_codes_of_table_1(result: Result, long: bytes, short: bytes) -> None:
    at = quiet()
    at.announce(result)
    assert at.take_output() == long
    say(at, "ATV0\r")
    at.announce(result)
    assert at.take_output() == short


def test_rubbish_before_at_is_ignored_and_small_letters_will_do() -> None:
    assert say(quiet(), "xyz\natI0\r") == b"\r\n5601\r\n\r\nOK\r\n"


def test_a_line_feed_after_the_carriage_return_does_no_harm() -> None:
    at = quiet()
    assert say(at, "AT\r\nAT\r\n") == OK + OK


def test_backspace_takes_back_one_character_but_never_the_at() -> None:
    at = quiet()
    assert say(at, b"ATX9\x08\x08\x08\x08I0\r") == b"\r\n5601\r\n\r\nOK\r\n"


def test_a_slash_repeats_the_last_line_at_once() -> None:
    at = quiet()
    say(at, "ATI0\r")
    assert say(at, "A/") == b"\r\n5601\r\n\r\nOK\r\n"
    assert say(at, "a/") == b"\r\n5601\r\n\r\nOK\r\n"


def test_the_eighth_bit_means_nothing() -> None:
    assert say(quiet(), bytes(byte | 0x80 for byte in b"ATI0\r")) == b"\r\n5601\r\n\r\nOK\r\n"


def test_s3_and_s4_change_the_ends_of_lines() -> None:
    at = quiet()
    assert say(at, "ATS3=59\r") == b"\r\nOK\r\n".replace(b"\r", b";")
    assert say(at, "ATS4=46;") == b";.OK;."
    assert say(at, "AT;") == b";.OK;."


def test_a_line_that_is_too_long_is_an_error_and_nothing_of_it_is_done() -> None:
    at = quiet()
    assert say(at, "ATS0=3" + " " * COMMAND_LIMIT + "\r") == ERROR
    assert say(at, "ATS0?\r") == b"\r\n000\r\n" + OK


# --- §5.3, §5.4: commands ------------------------------------------------------------------------------------------


def test_commands_in_one_line_are_done_in_order_up_to_a_mistake() -> None:
    at = quiet()
    assert say(at, "ATS0=2S7=9+VCID=1;S7?\r") == b"\r\n009\r\n" + OK
    assert say(at, "ATS0=4+NONSENSE;S0=9\r") == ERROR
    assert say(at, "ATS0?\r") == b"\r\n004\r\n" + OK


@pytest.mark.parametrize(
    ("line", "ranges", "value"),
    [
        ("+VCID", b"(0-16)", b"0"),
        ("+FCLASS", b"(0,1,2.0,8)", b"0"),
        ("+VSM", b'128,"8-BIT LINEAR",(7200,', b"128,8000"),
    ],
)
def test_extended_commands_can_be_asked_for_their_range_and_value(line: str, ranges: bytes, value: bytes) -> None:
    at = quiet()
    assert ranges in say(at, f"AT{line}=?\r")
    assert say(at, f"AT{line}?\r") == b"\r\n" + value + b"\r\n" + OK


def test_a_value_out_of_range_is_an_error_and_changes_nothing() -> None:
    at = quiet()
    assert say(at, "AT+VCID=17\r") == ERROR
    assert say(at, "AT+FCLASS=2\r") == ERROR
    assert say(at, "ATS3=200\r") == ERROR
    assert say(at, "ATX9\r") == ERROR
    assert at.setting("+VCID") == "0"


def test_prefixed_answers_where_the_chip_gives_them() -> None:
    at = quiet("si2457")
    assert say(at, "AT+VCID=1;+VCID?\r") == b"\r\n+VCID: 1\r\n" + OK


def test_unknown_commands_are_an_error_or_taken_in_silence() -> None:
    assert say(quiet("usr-5637"), "AT+NONSENSE=1\r") == ERROR
    assert say(quiet("conexant-hsfi-silent"), "AT+NONSENSE=1\r") == OK


def test_identification_comes_from_the_personality() -> None:
    at = quiet("conexant-cx93010")
    assert say(at, "ATI\r") == say(at, "ATI0\r") == b"\r\n56000\r\n" + OK
    assert say(at, "AT+GMI9\r") == b"\r\nCONEXANT ACF\r\n" + OK
    assert say(at, "AT+GMM=?\r") == OK
    assert say(quiet("zyxel-u1496"), "AT+GMM\r") == ERROR  # older than V.250


def test_z_brings_back_what_was_stored_and_f_what_the_maker_set() -> None:
    at = quiet()
    say(at, "ATS0=5&W\r")
    say(at, "ATS0=1+VCID=1\r")
    assert say(at, "ATZS0?\r") == b"\r\n005\r\n" + OK
    assert at.setting("+VCID") == "0"
    assert say(at, "AT&FE0S0?\r").endswith(b"\r\n000\r\n" + OK)


def test_power_loses_what_was_not_stored_and_a_reset_loses_all() -> None:
    at = quiet()
    say(at, "AT&W+VCID=1\r")
    at.reset()
    assert say(at, "AT+VCID?\r") == b"\r\n0\r\n" + OK
    at.reset(forget=True)
    assert say(at, "AT\r") == b"AT\r" + OK


def test_scid_of_conexant_forces_vcid_and_the_first_bit_of_ste() -> None:
    at = quiet("conexant-cx81801")
    assert say(at, "AT-SCID=1;+VCID=1;-STE=3\r") == OK
    say(at, "ATZE0\r")
    say(at, "AT-SCID=1\r")
    assert at.setting("+VCID") == "1"
    assert at.setting("-STE") == "1"


def test_voice_labels_are_those_of_the_chip() -> None:
    at = quiet("conexant-cx81801")
    assert b'0,"",B084008000' in say(at, "AT+VLS=?\r")
    assert say(at, "AT+FCLASS=8;+VLS=20\r") == OK
    assert say(at, "AT+VLS=3\r") == ERROR
    say(at, "AT+FCLASS=0\r")
    assert at.setting("+VLS") == "0"


@pytest.mark.parametrize(("command", "ending"), [("+VTX", b"\x10\x03"), ("+VRX", b"\x10!"), ("+VRX", b"\x10\x1b")])
def test_sound_is_swallowed_up_to_its_shielded_end(command: str, ending: bytes) -> None:
    at = quiet()
    say(at, "AT+FCLASS=8\r")
    assert say(at, f"AT{command}\r") == b"\r\nCONNECT\r\n"
    assert say(at, b"ATI0\r\x10\x10\x03") == b""
    answer = say(at, ending)
    if command == "+VTX":
        assert answer == b"", "what was sent is still being played"
        at.sound_is_over(0.0)
        answer = at.take_output()
    assert answer.endswith(OK)
    assert answer.startswith(b"\x10\x03") == (command == "+VRX")
    assert say(at, "AT\r") == OK


def test_sound_needs_class_8() -> None:
    assert say(quiet(), "AT+VTX\r") == ERROR


# --- §5.6, §6.3: what takes time -----------------------------------------------------------------------------------


def test_the_rest_of_the_line_follows_when_dialling_is_done() -> None:
    at = quiet()
    at.receive(b"ATD01055501234;S0=3\r", 0.0)
    assert at.take_action() == Action(ActionKind.DIAL, "01055501234;")
    at.wait()
    assert at.setting("+FCLASS") == "0"
    assert at.take_output() == b""
    at.complete(Result.OK, 3.0)
    assert at.take_output() == OK
    assert at.settings.registers[0] == 3


def test_a_character_aborts_an_answer_but_not_within_the_first_eighth_of_a_second() -> None:
    at = quiet()
    at.receive(b"ATA\r", 1.0)
    assert at.take_action() == Action(ActionKind.ANSWER)
    at.wait()
    at.receive(b"\n", 1.0 + ABORT_GUARD_S)
    assert at.take_action() is None
    at.receive(b"x", 1.2)
    assert at.take_action() == Action(ActionKind.ABORT)
    at.complete(Result.NO_CARRIER, 1.2)
    assert at.take_output() == b"\r\nNO CARRIER\r\n"
    assert at.mode is Mode.COMMAND


# --- the grammar ---------------------------------------------------------------------------------------------------


def test_grammar_of_a_line_with_everything() -> None:
    assert list(commands('e0 v1 &d2 s7=50 +gmi; +cmd = "a;b C" ; #cid=1;-ste=3;%v1 dt 0,1234;h')) == [
        Command(name="E", value="0"),
        Command(name="V", value="1"),
        Command(name="&D", value="2"),
        Command(name="S7", form=Form.SET, value="50"),
        Command(name="+GMI"),
        Command(name="+CMD", form=Form.SET, value='"a;b C"'),
        Command(name="#CID", form=Form.SET, value="1"),
        Command(name="-STE", form=Form.SET, value="3"),
        Command(name="%V", value="1"),
        Command(name="D", value="T0,1234;"),
        Command(name="H"),
    ]


def test_what_comes_before_a_mistake_is_handed_out_first() -> None:
    found = commands("E0~")
    assert next(found) == Command(name="E", value="0")
    with pytest.raises(BadCommand):
        next(found)


@pytest.mark.parametrize(
    ("ranges", "value", "is_in"),
    [
        ("(0-16)", "16", True),
        ("(0-16)", "17", False),
        ("(0,1,2.0,8)", "2.0", True),
        ("(0,1,2.0,8)", "2", False),
        ("(0,1),(0-255)", "1,0", True),
        ("(0,1),(0-255)", "1", True),
        ("(0,1),(0-255)", ",7", True),
        ("(0,1),(0-255)", "1,0,0", False),
        ("(00,26,B5)", "B5", True),
        ("(00,26,B5)", "C0", False),
        ("", "anything", True),
    ],
)
def test_ranges_as_they_are_printed(ranges: str, value: str, is_in: bool) -> None:
    assert accepts(ranges, value) is is_in


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list_personalities()),
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.text('AT+VCIDLSGM=?;&#-0123456789 SDHZFEQWX/"\r\n\x10!', max_size=40).map(
                lambda text: f"AT{text}\r".encode()
            ),
        ),
        max_size=8,
    ),
)
def test_no_input_makes_it_raise_and_it_still_answers(name: str, chunks: list[bytes]) -> None:
    at = modem(name)
    for now_s, chunk in enumerate(chunks):
        at.receive(chunk, float(now_s))
        while at.take_action() is not None:
            at.complete(Result.OK, float(now_s))
        at.take_output()
    at.reset(forget=True)
    assert say(at, "AT\r") == b"AT\r" + OK
