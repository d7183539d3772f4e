"""Every transcript of a SIP line: captures of exchanges, played to the core of the account they were taken from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dutyphone_simulators.testkit import PlayFailure, load_transcripts
from support.sip_line import play_sip

from dutyphone.lines.transcript import Expect, Transcript

FOLDER = Path(__file__).parents[2] / "transcripts" / "sip"
TRANSCRIPTS = load_transcripts(FOLDER)


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
