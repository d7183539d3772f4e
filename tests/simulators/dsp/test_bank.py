"""Several modems on one exchange, each as a program sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("country", ["CN", "US", "UK"])
def test_one_modem_calls_another_and_both_hear_what_happens(bank: Callable[..., Any], country: str) -> None:
    town = bank(country=country)
    town.send(0, "ATE0")
    town.send(1, "ATE0", "AT+VCID=1")
    town.send(0, "AT+FCLASS=8", "AT+VLS=1", f"ATDT{town.number(1)};")
    first, second = town.run(10)
    assert first.endswith(b"\r\nOK\r\n")
    assert f"NMBR = {town.number(0)}\r\n".encode() in second
    rings, said = town.when(1, b"RING"), town.when(1, b"NMBR")
    assert len(rings) >= 2
    assert (said[0] < rings[0]) is (country == "UK")
    town.send(1, "AT+FCLASS=8", "AT+VLS=1")
    town.run(1)
    town.send(1, "AT+VTS=5,#,[900,900,120]")
    first, second = town.run(2)
    assert first == b"\x10/\x105\x10~\x10/\x10#\x10~"
    assert second == b""
    town.send(1, "ATH")
    first, _ = town.run(5)
    assert first == b"\x10b"


def test_a_plain_dial_of_an_engaged_number_is_answered_with_busy(bank: Callable[..., Any]) -> None:
    """V.250 §6.3.1; with X0 to X2 the modem does not listen for the busy tone and says NO CARRIER."""
    town = bank()
    town.send(1, "AT+FCLASS=8;+VLS=1")
    town.send(0, "ATE0", f"ATDT{town.number(1)}")
    assert town.run(10)[0] == b"\r\nBUSY\r\n"
    town.send(0, "ATX1", f"ATDT{town.number(1)}")
    assert town.run(10)[0] == b"\r\nNO CARRIER\r\n"


def test_a_modem_answers_by_itself_in_time_however_late_one_looks(bank: Callable[..., Any]) -> None:
    town = bank()
    town.send(1, "ATE0", "ATS0=2", "AT+FCLASS=8")
    town.send(0, "AT+FCLASS=8", f"ATDT{town.number(1)};")
    town.run(4)
    town.clock.advance(20)
    town.bank.on_deadline(town.clock.now())
    assert [sentence[9:] for sentence in town.told][-1] == f"{town.number(1)} answers."
    assert town.told[-1] < town.told[0][:6] + "09"


def test_forwarding_is_set_by_a_modem_as_the_driver_does_it(bank: Callable[..., Any]) -> None:
    """S1-45: ATX3DT*57*N#; and the call goes to the other line."""
    town = bank("usr-5637", "conexant-cx81801", "si2457")
    town.send(2, "ATE0", "AT+VCID=1")
    town.send(1, f"ATX3DT*57*{town.number(2)}#;")
    town.run(5)
    town.send(1, "ATH")
    town.run(1)
    town.send(0, f"ATDT{town.number(1)};")
    _, called, target = town.run(9)
    assert b"RING" not in called
    assert target.count(b"RING") == 2
    assert f"NMBR = {town.number(0)}".encode() in target


def test_a_scenario_is_played_on_the_line_of_the_first_modem(bank: Callable[..., Any]) -> None:
    town = bank(
        scenario='* call from=01055501234 name="市应急管理局值班室" rings=2 answered=true talk=5\n@ +30\n* stop\n'
    )
    town.send(0, "ATE0", "AT+VCID=1")
    heard, other = town.run(40)
    assert b"NMBR=01055501234\r\nNAME=" + "市应急管理局值班室".encode("gb2312") + b"\r\n" in heard
    assert other == b""
    assert town.bank.stopped


def test_a_damaged_caller_id_is_shown_in_hexadecimal_only(bank: Callable[..., Any]) -> None:
    """S1-32: with +VCID=1 the chip hides it, with +VCID=2 it hands over what it got."""
    call = "* call from=01055501234 rings=2 intact=false\n@ +20\n"
    town = bank(scenario=f"@ +1\n{call}{call}")
    town.send(0, "ATE0", "AT+VCID=1")
    assert b"NMBR" not in (said := town.run(15)[0])
    assert said.count(b"RING") == 2
    town.send(0, "AT+VCID=2")
    said = town.run(20)[0]
    frame = bytes.fromhex(said.partition(b"MESG=")[2].split(b"\r")[0].decode())
    assert frame[0] == 0x80
    assert sum(frame) & 0xFF != 0


def test_a_quiet_bank_wants_nothing(bank: Callable[..., Any]) -> None:
    town = bank()
    town.send(0, "AT")
    assert town.bank.next_deadline() is None
