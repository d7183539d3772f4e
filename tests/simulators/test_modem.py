"""One modem on one line: what is said, and exactly when (seconds on a manual clock)."""

from __future__ import annotations

import pytest
from dutyphone_simulators.clock import FastClock, ManualClock

RING = b"\r\nRING\r\n"
ONE_CALL = "@ +3\n* call from=01055501234 rings=3\n@ +60\n"


def rings(said: list[tuple[float, bytes]], ring: bytes = RING) -> list[float]:
    return [at for at, data in said if ring in data]


@pytest.mark.parametrize(
    ("country", "times"), [("CN", [3.0, 8.0, 13.0]), ("US", [3.0, 9.0, 15.0]), ("UK", [3.0, 6.0, 9.0])]
)
def test_rings_come_in_the_cadence_of_the_country(bench, country: str, times: list[float]) -> None:
    assert rings(bench(f"# country: {country}\n{ONE_CALL}").run(60)) == times


# FSK of date and number: (480 bits + 26 bytes of ten) at 1200 bit/s
BURST_S = (480 + 260) / 1200


@pytest.mark.parametrize(
    ("cid", "number_at", "first_ring"),
    [
        ("before", 3 + BURST_S, 3 + BURST_S + 0.4),
        ("after_first", 3 + 1 + 0.5 + BURST_S, 3.0),
        ("between", 8 + 1 + 0.5 + BURST_S, 3.0),
        ("with_second", 8.0, 3.0),
    ],
)
def test_caller_id_comes_when_the_exchange_sends_it(bench, cid: str, number_at: float, first_ring: float) -> None:
    line = bench(f"@ +3\n* call from=01055501234 rings=4 cid={cid}\n@ +60\n")
    line.send("ATE0", "AT+VCID=1")
    said = line.run(60)
    assert [at for at, data in said if b"NMBR=01055501234" in data] == [pytest.approx(number_at, abs=1e-5)]
    assert rings(said)[0] == pytest.approx(first_ring, abs=1e-5)
    assert len(rings(said)) == 4


def test_caller_id_is_silent_until_it_is_turned_on_and_never_comes_with_cid_none(bench) -> None:
    assert b"NMBR" not in bench(ONE_CALL).heard(60)
    line = bench(ONE_CALL.replace("rings=3", "rings=3 cid=none"))
    line.send("AT+VCID=1")
    assert b"NMBR" not in line.heard(60)


def test_a_chip_that_answers_ok_and_shows_nothing(bench) -> None:
    line = bench(ONE_CALL, "conexant-hsfi-silent")
    assert line.send("ATE0", "AT+VCID=1").endswith(b"OK\r\n")
    heard = line.heard(60)
    assert heard.count(b"RING") == 3
    assert b"NMBR" not in heard


def test_the_older_chip_listens_to_its_own_command_only(bench) -> None:
    line = bench(ONE_CALL, "rockwell-rc336")
    assert b"ERROR" in line.send("AT+VCID=1")
    assert b"OK" in line.send("AT#CID=1")
    assert b"NMBR = 01055501234" in line.heard(60)


def test_a_broken_message_is_hidden_in_words_and_shown_in_hexadecimal(bench) -> None:
    text = ONE_CALL.replace("rings=3", "rings=3 intact=false")
    for mode, shown in (("1", False), ("2", True)):
        line = bench(text)
        line.send(f"AT+VCID={mode}")
        assert (b"MESG=80" in line.heard(60)) is shown


def test_silicon_labs_ends_the_burst_with_no_carrier_and_goes_on_ringing(bench) -> None:
    line = bench(ONE_CALL, "si2457")
    line.send("ATE0", "AT+VCID=1")
    heard = line.heard(60)
    assert b"CIDM" in heard
    assert heard.index(b"NO CARRIER") < heard.rindex(b"RING")
    assert b"+VCIDR:\r\n80 " in line.send("AT+VCIDR?")


def test_spandsp_prints_caller_id_wrapped_and_just_before_the_second_ring(bench) -> None:
    line = bench(ONE_CALL, "iaxmodem")
    line.send("AT+VCID=1")
    second = next(data for at, data in line.run(60) if at == 8.0)
    assert second == b"\r\nDATE=0216\r\n\r\nTIME=1730\r\n\r\nNMBR=01055501234\r\n" + RING


def test_the_last_caller_id_is_repeated_on_request(bench) -> None:
    line = bench(ONE_CALL)
    line.run(30)
    assert b"NMBR=01055501234" in line.send("AT+VRID=0")
    assert b"MESG=80" in line.send("AT+VRID=1")


def test_distinctive_rings_once_they_are_switched_on(bench) -> None:
    text = "@ +3\n* call from=110 rings=2 cadence=B\n@ +30\n"
    line = bench(text)
    assert rings(line.run(30)) == [3.0, 9.0]
    line = bench(text)
    line.send("ATS41=1")
    assert b"\r\nRING B\r\n" in line.heard(30)
    line = bench(text, "conexant-cx93010")
    line.send("AT-SDR=7")
    assert b"\r\nRING 2\r\n" in line.heard(30)


def test_agere_gives_durations_in_tenths_of_a_second_and_no_ring_at_all(bench) -> None:
    line = bench(ONE_CALL, "agere-mt9234")
    line.send("ATE0", "AT+VDR=1,0")
    said = line.run(60)
    assert [(at, data.strip()) for at, data in said] == [
        (4.0, b"DRON=10"), (8.0, b"DROF=40"), (9.0, b"DRON=10"), (13.0, b"DROF=40"), (14.0, b"DRON=10")
    ]  # fmt: skip
    line = bench(ONE_CALL, "agere-mt9234")
    line.send("AT+VDR=1,5")
    assert rings(line.run(60)) == [3.0, 8.0, 13.0]


# --- voice class 8 -------------------------------------------------------------------------------------------------

ANSWERED = "@ +3\n* call from=01055501234 rings=2 answered=true talk=10\n@ +60\n"
CLASS_8 = ("ATE0", "AT-STE=3;+VCID=1;+FCLASS=8")


def test_class_8_shows_rings_and_a_lifted_extension(bench) -> None:
    line = bench(ANSWERED, "conexant-cx81801")
    line.send(*CLASS_8)
    said = line.run(60)
    assert rings(said, b"\x10R") == [3.0, 8.0]
    assert rings(said, b"\x10P") == [9.5]
    assert rings(said, b"\x10p") == [19.5]
    assert not rings(said)


@pytest.mark.parametrize(
    ("init", "step", "shown"),
    [
        ("AT+FCLASS=8", "phone=extension", b""),  # -STE bit 1 is not set
        ("AT-STE=2;+FCLASS=8", "phone=extension", b"\x10P\x10p"),
        ("AT-STE=2;+FCLASS=8", "phone=extension hook=false", b""),
        ("AT-STE=2", "phone=extension", b""),  # class 0 has no events
        ("AT+FCLASS=8", "phone=local", b"\x10H\x10h"),
    ],
)
def test_what_a_chip_can_see_of_the_handset(bench, init: str, step: str, shown: bytes) -> None:
    line = bench(f"@ +1\n* call from=110 rings=1 cid=none answered=true talk=5 {step}\n@ +20\n", "conexant-cx81801")
    line.send("ATE0", init)
    assert line.heard(30).replace(b"\x10R", b"").replace(RING, b"") == shown


def test_a_chip_without_the_event_in_its_map_sees_no_extension(bench) -> None:
    line = bench(ANSWERED, "usr-5637")
    line.send("AT+FCLASS=8")
    assert b"\x10P" not in line.heard(60)


def test_digits_of_the_desk_telephone_need_a_label_that_hears_tones(bench) -> None:
    text = "@ +1\n* lift\n@ +1\n* dial digits=*57*013900000000#\n@ +6\n* hang_up\n"
    idle = bench(text, "conexant-cx81801")
    idle.send(*CLASS_8)
    assert idle.heard(20) == b"\x10P\x10p"
    listening = bench(text, "conexant-cx81801")
    listening.send(*CLASS_8, "AT+VLS=20")
    dialled = b"".join(b"\x10" + bytes([key]) for key in b"*57*013900000000#")
    assert listening.heard(20) == b"\x10P" + dialled + b"\x10p"


def test_digits_are_shielded_where_the_chip_does_so(bench) -> None:
    line = bench("@ +1\n* lift\n* dial digits=5\n@ +3\n", "usr-5637")
    line.send("AT+FCLASS=8;+VLS=1")
    assert b"\x10/\x105\x10~" in line.heard(10)


def test_a_fax_is_heard_by_its_calling_tone(bench) -> None:
    line = bench("@ +1\n* fax from=01055501220 talk=9\n@ +40\n", "conexant-cx81801")
    line.send(*CLASS_8, "AT+VLS=20")
    assert rings(line.run(40), b"\x10c") == [8.5, 12.0, 15.5]


def test_caller_id_as_a_complex_event(bench) -> None:
    line = bench(ONE_CALL, "multitech-mt5634smi")
    line.send("AT+VCID=1;+FCLASS=8")
    assert b"\x10X\r\nDATE = 0216\r\nTIME = 1730\r\nNMBR = 01055501234\r\n\x10." in line.heard(60)


# --- commands that reach the line ----------------------------------------------------------------------------------


def test_answering_in_class_0_ends_with_no_carrier_after_s7(bench) -> None:
    line = bench(ONE_CALL)
    line.send("ATE0", "ATS7=6")
    line.run(4)
    assert line.send("ATA") == b""
    assert line.run(50)[0] == (10.0, b"\r\nNO CARRIER\r\n")
    assert line.heard(20) == b""  # the call is gone: no more rings


def test_answering_in_class_8_connects_and_hears_the_caller_hang_up(bench) -> None:
    line = bench("@ +3\n* call from=110 rings=9 talk=8\n@ +60\n")
    line.send("ATE0", "AT+FCLASS=8")
    line.run(4)
    assert line.send("ATA") == b"\r\nVCON\r\n"
    line.send("AT+VLS=1")
    assert rings(line.run(30), b"\x10b")[0] == 12.0
    assert line.send("ATH") == b"\r\nOK\r\n"


def test_s0_answers_by_itself(bench) -> None:
    line = bench(ONE_CALL)
    line.send("ATE0", "ATS7=5S0=2")
    said = line.run(60)
    assert rings(said) == [3.0, 8.0]
    assert said[-1] == (13.0, b"\r\nNO CARRIER\r\n")
    assert line.send("ATS1?").startswith(b"\r\n002")


def test_a_class_2_modem_names_the_fax_machine_that_calls(bench) -> None:
    line = bench("@ +1\n* fax from=01055501220 rings=4 answered=false talk=12\n@ +60\n", "agere-mt9234")
    line.send("ATE0", "AT+FCLASS=2")
    line.run(3)
    assert line.send("ATA") == b'\r\n+FCON\r\n+FTSI:"         01055501220"\r\n+FDCS:1,5,0,2,0,0,0,0\r\n\r\nOK\r\n'
    assert b"+FHNG:70" in line.heard(30)


def test_dialling_a_service_code_transfers_later_calls_away_from_the_line(bench) -> None:
    """S1-32, X07: while all calls are transferred, the desk line shows nothing of them."""
    line = bench("@ +20\n* call from=110\n@ +40\n* call from=120\n@ +40\n")
    line.send("ATE0")
    assert line.send("ATDT*57*013900000000#;") == b""
    assert line.heard(10) == b"\r\nOK\r\n"
    line.send("ATH")
    assert line.heard(40) == b""
    assert any("transferred" in sentence for sentence in line.told)
    line.send("ATDT#57#;")
    line.run(3)
    line.send("ATH")
    assert b"RING" in line.heard(40)


def test_calls_nobody_answers_are_transferred_after_four_rings(bench) -> None:
    text = "* lift\n* dial digits=*41*013900000000#\n@ +5\n* hang_up\n@ +5\n* call from=110 rings=9\n@ +60\n"
    assert len(rings(bench(text).run(80))) == 4


@pytest.mark.parametrize(
    ("personality", "init", "answer"),
    [
        ("conexant-cx93010", "AT-STE=1", b"\r\nLINE-IN-USE\r\n"),
        ("conexant-cx93010", "AT", b"\r\nNO DIALTONE\r\n"),
        ("si2457", "AT%V1", b"\r\nLINE IN USE\r\n"),
        ("usr-5637", "AT", b"\r\nNO DIALTONE\r\n"),
    ],
)
def test_dialling_while_the_handset_is_lifted(bench, personality: str, init: str, answer: bytes) -> None:
    line = bench("@ +1\n* lift\n@ +9\n", personality)
    line.send("ATE0", init)
    line.run(2)
    assert line.send("ATDT110") == answer


def test_a_character_aborts_dialling_and_hangs_up(bench) -> None:
    line = bench("@ +9\n* call from=110\n@ +30\n")
    line.send("ATE0", "ATD12345")
    line.run(5)
    assert line.send("x") == b"\r\nNO CARRIER\r\n"
    assert b"RING" in line.heard(30)


# --- two callers, one line -----------------------------------------------------------------------------------------


def test_a_second_caller_hears_the_busy_tone_and_the_line_shows_nothing(bench) -> None:
    line = bench("@ +1\n* call from=110 rings=4\n@ +3\n* call from=120 rings=4\n@ +40\n")
    line.send("AT+VCID=1")
    heard = line.heard(60)
    assert heard.count(b"RING") == 4
    assert b"NMBR=120" not in heard
    assert any("busy tone" in sentence for sentence in line.told)


def test_lifting_ends_the_ringing_and_loses_a_caller_id_not_yet_sent(bench) -> None:
    line = bench("@ +1\n* call from=110 rings=4\n@ +1.2\n* lift\n@ +20\n* hang_up\n@ +5\n")
    line.send("AT+VCID=1")
    heard = line.heard(60)
    assert heard.count(b"RING") == 1
    assert b"NMBR" not in heard


# --- clocks --------------------------------------------------------------------------------------------------------


def test_a_fast_clock_runs_ahead_of_the_one_underneath() -> None:
    base = ManualClock()
    fast = FastClock(base, 4)
    start = fast.now()
    assert start == base.now()
    base.advance(2.5)
    assert fast.now().since(start) == 10.0
    assert (fast.now().utc - start.utc).total_seconds() == 10.0
    assert fast.base_seconds(10.0) == 2.5
    with pytest.raises(ValueError, match="clock"):
        FastClock(base, 0)
