"""Scenarios and captures: cables, faults, loops, and files that cannot be played."""

from __future__ import annotations

from itertools import pairwise

import pytest
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.personality import load_personality
from dutyphone_simulators.player import ScenarioPlayer
from dutyphone_simulators.uart import BUFFER_LIMIT, Uart

from dutyphone.clock import Moment
from dutyphone.errors import TranscriptError
from dutyphone.lines.transcript import parse_transcript

RING = b"\r\nRING\r\n"


def test_a_pulled_cable_loses_the_call_and_the_settings(bench) -> None:
    """X04: the wire is dead, and what rang meanwhile is nowhere."""
    line = bench("@ +1\n* unplug\n@ +1\n* call from=110 rings=2\n@ +30\n* replug\n@ +1\n* call from=120\n@ +30\n")
    line.send("ATE0", "AT+VCID=1")
    line.run(2)
    assert not line.player.plugged
    assert line.send("AT") == b""
    assert line.heard(30) == b""
    assert line.player.plugged
    assert b"AT+VCID?\r\r\n0\r\n" in line.send("AT+VCID?")  # echo is back and caller ID is off
    assert b"RING" in line.heard(30)


def test_replug_after_comes_at_its_own_time(bench) -> None:
    line = bench("@ +1\n* unplug\n* replug after=7\n@ +1\n@ +60\n")
    line.run(7.999)
    assert not line.player.plugged
    line.run(0.001)
    assert line.player.plugged


def test_a_reset_forgets_even_what_was_stored(bench) -> None:
    line = bench("@ +1\n* reset\n@ +1\n")
    line.send("ATE0", "AT&W")
    line.run(2)
    assert line.send("AT") == b"AT\r\r\nOK\r\n"


@pytest.mark.parametrize(
    ("ears", "answers", "rings"),
    [("line", True, 0), ("computer", False, 0), ("both", False, 0), ("caller_id", True, 3)],
)
def test_deaf_modems(bench, ears: str, answers: bool, rings: int) -> None:
    line = bench(
        f"@ +1\n* deaf to={ears}\n@ +1\n* call from=110 rings=3\n@ +20\n* hear\n@ +1\n* call from=120\n@ +30\n"
    )
    line.send("ATE0", "AT+VCID=1")
    line.run(1)
    assert bool(line.send("AT")) is answers
    heard = line.heard(20)
    assert heard.count(b"RING") == rings
    assert b"NMBR" not in heard
    assert b"NMBR=120" in line.heard(30)


def test_a_slow_line_brings_byte_after_byte(bench) -> None:
    line = bench(
        "* split every=1 gap=0.1\n@ +1\n* call from=110 rings=1\n@ +9\n* split every=0\n* call from=110\n@ +9\n"
    )
    said = line.run(6)
    assert [at for at, _ in said] == [pytest.approx(1 + 0.1 * n) for n in range(8)]
    assert b"".join(data for _, data in said) == RING
    assert (10.0, RING) in line.run(9)


def test_noise_is_the_same_for_the_same_seed_and_another_for_another(bench) -> None:
    def noise(seed: int) -> bytes:
        return bench("* noise bytes=200\n@ +1\n", seed=seed).said[0][1]

    assert len(noise(1)) == 200
    assert noise(1) == noise(1) != noise(2)


def test_bytes_of_the_script_come_as_they_are(bench) -> None:
    line = bench("@ +2\n< \\x00RIN\n@ +0.5\n< G\\r\\n\n")
    assert line.run(5) == [(2.0, b"\x00RIN"), (2.5, b"G\r\n")]


def test_a_capture_is_replayed_with_its_own_answers(bench) -> None:
    """The modem is silent; `>` waits for the computer however long it takes, and tells what else it sent."""
    line = bench("> AT+VCID=1\\r\n@ +0.25\n< \\r\\nOK\\r\\n\n@ +3\n< \\r\\nRING\\r\\n\n")
    assert line.run(100) == []
    assert line.send("ATZ") == b""
    line.send("AT+VCID=1")
    assert line.run(10) == [(100.25, b"\r\nOK\r\n"), (103.25, RING)]
    assert any("ATZ" in sentence for sentence in line.told)
    assert line.player.finished


def test_a_file_may_wait_for_the_computer_and_let_the_modem_answer(bench) -> None:
    line = bench("# answers: modem\n> +VCID=1\n@ +1\n* call from=110\n@ +20\n")
    assert line.run(50) == []
    assert line.send("ATE0", "AT+VCID=1").endswith(b"OK\r\n")
    assert b"NMBR=110" in line.heard(20)


def test_the_wall_clock_of_the_script_is_what_the_exchange_stamps(bench) -> None:
    line = bench("@ 2026-10-01T23:59:30+08:00\n@ +60\n* call from=110\n@ +20\n")
    line.send("AT+VCID=1")
    assert b"DATE=1002\r\nTIME=0000" in line.heard(70)


def test_however_late_it_is_looked_at_everything_has_happened_at_its_time(bench) -> None:
    text = "@ +3\n* call from=110 rings=3 answered=true talk=5\n@ +60\n* call from=120 rings=2\n@ +60\n"
    line, late = bench(text), bench(text)
    line.run(200)
    late.clock.advance(200)
    late.player.on_deadline(late.clock.now())
    assert late.player.take_output() == b"".join(data for _, data in line.said)
    assert late.told == line.told


def test_a_loop_begins_again_with_other_dice(bench) -> None:
    line = bench("@ +10\n* call from=[110,120,119,12345,12319,95598] rings=1\n@ +20\n", loop=True)
    line.send("AT+VCID=1")
    said = [(at, data) for at, data in line.run(900) if b"NMBR" in data]
    assert 25 <= len(said) <= 40
    assert len({data for _, data in said}) > 3
    gaps = {round(later - earlier, 3) for (earlier, _), (later, _) in pairwise(said)}
    assert len(gaps) > 10
    assert not line.player.finished


def test_the_same_seed_is_the_same_night(bench) -> None:
    text = "@ +10\n* call from=[110,120,119] rings=[1,2,3]\n@ +30\n"
    nights = []
    for seed in (1, 1, 2):
        line = bench(text, loop=True, seed=seed)
        line.send("AT+VCID=1")
        nights.append(line.run(600))
    assert nights[0] == nights[1] != nights[2]


def test_stop_ends_it_even_in_a_loop(bench) -> None:
    line = bench("@ +1\n* call from=110 rings=1\n@ +9\n* stop\n", loop=True)
    line.run(100)
    assert line.player.stopped
    assert line.player.finished
    assert sum(RING in data for _, data in line.said) == 1


def test_closing_the_port_hangs_up_unless_d0(bench) -> None:
    for init, released in (("AT&D2", True), ("AT&D0", False)):
        line = bench("@ +1\n* call from=110 rings=9 talk=99\n@ +20\n* call from=120 rings=9\n@ +20\n")
        line.send("ATE0", "AT+FCLASS=8", init)
        line.run(2)
        line.send("ATA")
        line.player.terminal_gone(line.clock.now())
        assert (b"\x10R" in line.heard(30)) is released


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("* explode", "explode"),
        ("* call fron=110", "fron"),
        ("* call rings=0", "1 to 100"),
        ("* call rings=[2,0]", "1 to 100"),
        ("* call rings=[]", "empty"),
        ("* call cid=sometimes", "after_first"),
        ("* call from=hello", "digits"),
        ("* call from=110 withheld=private", "either"),
        ("* call who=nobody", "introduced"),
        ("* call answered=1", "true or false"),
        ("* call talk=-1", "seconds"),
        ("* dial", "digits"),
        ("* noise", "bytes"),
        ("* caller from=110", "who"),
    ],
)
def test_a_step_that_cannot_be_played_is_refused_with_its_line(step: str, words: str) -> None:
    start = Moment(0.0, ManualClock().now().utc)
    with pytest.raises(TranscriptError, match=words) as refused:
        ScenarioPlayer(parse_transcript(f"@ +1\n\n{step}\n", source="mine"), load_personality("usr-5637"), start)
    assert "mine, line 3" in refused.value.message
    assert refused.value.advice


@pytest.mark.parametrize("heading", ["# country: Atlantis", "# answers: nobody"])
def test_headings_that_mean_nothing_are_refused(heading: str) -> None:
    with pytest.raises(TranscriptError) as refused:
        ScenarioPlayer(parse_transcript(f"{heading}\n@ +1\n"), load_personality("usr-5637"), ManualClock().now())
    assert refused.value.advice


def test_a_loop_that_takes_no_time_is_refused() -> None:
    with pytest.raises(TranscriptError, match="no time"):
        ScenarioPlayer(
            parse_transcript("* call from=110\n"), load_personality("usr-5637"), ManualClock().now(), loop=True
        )


def test_a_computer_that_never_reads_loses_the_newest_bytes_and_no_memory() -> None:
    uart = Uart()
    uart.send(b"a" * BUFFER_LIMIT, 0.0)
    uart.send(b"b" * 10, 0.0)
    assert uart.lost == 10
    assert uart.take() == b"a" * BUFFER_LIMIT
    uart.send(b"c", 0.0)
    assert uart.take() == b"c"
