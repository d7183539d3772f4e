"""What every simulated modem claims, and that a call in the middle of the questions is not taken for an answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from dutyphone_drivers.serial_modem import event_map
from dutyphone_drivers.serial_modem.plugin import plugin
from dutyphone_drivers.serial_modem.timing import Timing
from dutyphone_simulators.address import parse_address
from dutyphone_simulators.urls import install
from dutyphone_simulators.urls.protocol_sim import clock_at, reset_lines
from hypothesis import given
from hypothesis import strategies as st
from support.examined import Desk

from dutyphone.doctor.guide import examine
from dutyphone.lines.driver import ExaminingPlugin
from dutyphone.lines.examination import Certainty, Examination, Power

YES, OTHERWISE, NO, UNKNOWN = Certainty.CLAIMED, Certainty.OTHERWISE, Certainty.NO, Certainty.UNKNOWN


def examined(desk: Desk, personality: str, scenario: str = "@ +3600\n", **options: object) -> Examination:
    return timed(desk, personality, scenario, **options)[0]


def timed(desk: Desk, personality: str, scenario: str, **options: object) -> tuple[Examination, float]:
    """What the modem said, and how many seconds of the line it took."""
    install()
    reset_lines()
    table = desk.simulated(scenario, personality=personality, speed=40)
    port = table.split('port = "')[1].split('"')[0]
    clock = clock_at(parse_address(port))
    began = clock.now()
    found = examine("desk", plugin.examine_line("desk", {"port": port, **options}), clock)
    return found, clock.now().since(began)


def certainties(found: Examination) -> Mapping[Power, Certainty]:
    return {power: claim.certainty for power, claim in found.claims.items()}


def test_the_plugin_says_that_it_can_examine() -> None:
    assert isinstance(plugin, ExaminingPlugin)


@pytest.mark.parametrize(
    ("personality", "family", "caller_id", "handset"),
    [
        ("agere-mt9234", "agere", "AT+VCID=1", NO),
        ("askey-1456vqh", "conexant", "AT+VCID=2", OTHERWISE),
        ("conexant-cx81801", "conexant", "AT+VCID=2", OTHERWISE),
        ("conexant-cx93010", "conexant", "AT+VCID=2", OTHERWISE),
        ("elsa-microlink", "elsa", "ATS153=6", NO),
        ("iaxmodem", "generic", "AT+VCID=1", NO),
        ("multitech-mt5634smi", "multitech", "AT+VCID=2", OTHERWISE),
        ("rockwell-rc336", "rockwell", "AT#CID=2", NO),
        ("si2457", "si24xx", "AT+VCID=2", NO),
        ("usr-5637", "usr", "AT+VCID=2", NO),
        ("zyxel-u1496", "zyxel", "AT+VCID=1", UNKNOWN),
    ],
)
def test_what_a_modem_claims(desk: Desk, personality: str, family: str, caller_id: str, handset: Certainty) -> None:
    found = examined(desk, personality)
    assert found.family == family
    assert found.recognised is (family != "generic")
    assert found.claims[Power.CALLER_ID].because == caller_id
    assert found.claims[Power.CALLER_ID].certainty is YES
    assert certainties(found)[Power.HANDSET] is handset


def test_in_class_8_what_could_be_told_is_told(desk: Desk) -> None:
    found = examined(desk, "conexant-cx81801", idle_class=8)
    assert certainties(found)[Power.HANDSET] is YES
    assert "B084008000" in found.claims[Power.HANDSET].because


def test_an_event_map_in_words(desk: Desk) -> None:
    found = examined(desk, "askey-1456vqh")
    notes = " ".join(note.sentence for note in found.notes)
    assert "caller ID, distinctive ring, ring, handset of the telephone behind the modem" in notes
    assert "only the handset of the telephone that is plugged into its own PHONE jack" in notes


def test_the_region_is_looked_at_unless_it_is_set(desk: Desk) -> None:
    assert any("country_code" in note.advice for note in examined(desk, "conexant-cx81801").notes)
    assert not any(note.advice for note in examined(desk, "conexant-cx81801", country_code="26").notes)


def test_every_question_and_answer_is_kept(desk: Desk) -> None:
    found = examined(desk, "usr-5637")
    asked = {one.command: one for one in found.asked}
    assert asked["ATI3"].answer == ("U.S. Robotics 56K FAX USB V1.2.23",)
    assert asked["AT+VCID=?"].answer == ("(0-16)",)
    assert asked["AT#CLS=?"].result == "ERROR" if "AT#CLS=?" in asked else True
    assert [one.command for one in found.asked][-1] == "AT+FCLASS=0", "it is left in the ordinary state"


@pytest.mark.parametrize("cid", ["before", "after_first", "with_second"])
def test_a_call_in_the_middle_is_not_taken_for_an_answer(desk: Desk, cid: str) -> None:
    quiet = examined(desk, "usr-5637")
    busy, took_s = timed(desk, "usr-5637", f"@ +0.3\n* call from=01055501234 rings=4 cid={cid}\n@ +3600\n")
    assert took_s > Timing().after_call_s, "it waited until the line had said its piece"
    assert busy.claims == quiet.claims
    assert (busy.device, busy.family) == (quiet.device, quiet.family)
    answers = {one.command: one.answer for one in quiet.asked}
    assert {one.command: one.answer for one in busy.asked} == answers


def test_a_box_that_only_speaks_is_asked_nothing(desk: Desk) -> None:
    found = examined(desk, "iaxmodem", profile="box")
    assert found.asked == ()
    assert certainties(found)[Power.HANDSET] is UNKNOWN


@pytest.mark.parametrize(
    ("answer", "maps"),
    [
        ('0,"",B084008000,B084008000,B084008000', {0: "B084008000"}),
        ('+VLS: 20,"t",BB8419E000,0,0', {20: "BB8419E000"}),
        ("(0,,b0804100,b0804100)", {0: "B0804100"}),
        ('1,"T",bb805940', {1: "BB805940"}),
        ("OK", {}),
        ("(0-7)", {}),
    ],
)
def test_forms_of_the_answer_to_vls(answer: str, maps: dict[int, str]) -> None:
    assert event_map.idle_maps([answer]) == maps


@pytest.mark.parametrize(
    ("chip", "local", "extension", "keys"),
    [("B084008000", True, True, False), ("B0804100", True, False, False), ("1A803840", True, False, True)],
)
def test_bits_of_real_chips(chip: str, local: bool, extension: bool, keys: bool) -> None:
    seen = event_map.bits(chip)
    assert (event_map.LOCAL_HOOK in seen, event_map.EXTENSION_HOOK in seen, event_map.DTMF in seen) == (
        local,
        extension,
        keys,
    )


@given(st.sets(st.integers(0, 39)))
def test_bits_are_counted_from_the_most_significant_of_the_first_digit(numbers: set[int]) -> None:
    text = "".join(f"{sum(8 >> n % 4 for n in numbers if n // 4 == place):X}" for place in range(10))
    assert event_map.bits(text) == numbers


@given(st.lists(st.text(max_size=40)))
def test_no_answer_to_vls_breaks_the_reader(lines: list[str]) -> None:
    for event in event_map.idle_maps(lines).values():
        event_map.in_words(event)
