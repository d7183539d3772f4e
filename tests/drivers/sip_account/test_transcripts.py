"""Every transcript of a SIP line: captures of exchanges, played to the core of the account they were taken from."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dutyphone_drivers.sip_account.core import NoSuchCall
from dutyphone_drivers.sip_account.phone import SipPhone
from dutyphone_drivers.sip_account.plugin import read_options
from dutyphone_simulators.sip.testkit import simulated_exchange
from dutyphone_simulators.testkit import PlayFailure, load_transcripts
from support.desk_line import PASSWORD
from support.sip_line import DEFAULTS, SipLine, listen_sip, play_sip

from dutyphone.clock import Moment, SystemClock
from dutyphone.doctor.listening import Listening
from dutyphone.lines.events import CallerIdHeard, CallEvent, CallWithdrawn
from dutyphone.lines.transcript import Expect, Transcript, World, parse_transcript

PAGE = (Path(__file__).parents[3] / "docs" / "transcripts.md").read_text("utf-8")
FOLDER = Path(__file__).parents[2] / "transcripts" / "sip"
TRANSCRIPTS = load_transcripts(FOLDER)
UNASKED = [one for one in TRANSCRIPTS if not any(isinstance(step, World) for step in one.steps)]


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.source)
def test_transcript(transcript: Transcript) -> None:
    play_sip(transcript)


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.source)
def test_every_event_of_it_is_needed(transcript: Transcript) -> None:
    """A transcript that keeps silent about an event does not come true."""
    for at, step in enumerate(transcript.steps):
        if isinstance(step, Expect):
            steps, numbers = list(transcript.steps), list(transcript.line_numbers)
            del steps[at], numbers[at]
            with pytest.raises(PlayFailure):
                play_sip(replace(transcript, steps=tuple(steps), line_numbers=tuple(numbers)))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.source)
def test_it_says_where_it_is_from(transcript: Transcript) -> None:
    assert all(transcript.headings.get(heading) for heading in ("title", "device", "source"))


def test_what_was_captured_comes_true_as_it_stands(tmp_path: Path) -> None:
    """What `dutyphone doctor` keeps of a call over real sockets, played to a core that draws other words."""
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    with simulated_exchange() as exchange:
        options = {"server": exchange.server, "account": "1001", "password_file": str(password), "ping_s": 1.0}
        clock = SystemClock()
        with Listening("desk", SipPhone("desk", read_options(options)), clock) as listening:
            listening.wait_until_open()
            exchange.call(number="01055501234", gives_up_s=1.2)
            until = clock.now().mono + 15
            while not isinstance(event := listening.next_event(until), CallWithdrawn):
                assert event is not None, "the call never ended"
        headings = {"begins": "cold", "ping": "1", "expires": "60"}
        captured = parse_transcript(listening.transcript(headings, mask=False))
    told = [event for event in play_sip(captured).events if isinstance(event, CallEvent)]
    then = [event for event in listening.events if isinstance(event, CallEvent)]
    assert [type(event) for event in told] == [type(event) for event in then]
    assert isinstance(told[1], CallerIdHeard)
    assert told[1].number == "01055501234"


@pytest.mark.parametrize("transcript", UNASKED, ids=lambda transcript: transcript.source)
def test_what_is_heard_in_a_capture_can_be_asked_before_anything_is_expected(transcript: Transcript) -> None:
    """What people ask of a line is no part of it: no wire carries that."""
    told = [type(event).__name__ for event in listen_sip(transcript).events]
    wanted = [step.name for step in transcript.steps if isinstance(step, Expect)]
    assert [name for name in told if name in wanted][-len(wanted) :] == wanted


def test_the_page_says_what_is_taken_for_granted_and_what_can_happen() -> None:
    for name in ("server", "local", "account", "domain", "contact"):
        assert f"`{name}`" in PAGE
        assert DEFAULTS[name] in PAGE
    steps = re.findall(r"`\* ([a-z_]+)[^`]*`", PAGE.partition("## A SIP line")[2].partition("## ")[0])
    assert steps
    now = Moment(0.0, datetime.now(UTC))
    for verb in steps:
        line = SipLine({"redirect_targets": "13900000200"})
        line.start(now)
        try:
            known = line.happen(World(verb, {"number": "13900000200", "target": "13900000200"}), now) is not None
        except NoSuchCall:
            known = True
        assert known, verb
