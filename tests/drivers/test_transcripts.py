"""Every transcript of a modem, however its bytes are split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_simulators.testkit import Chunks, load_transcripts, play

from dutyphone.lines.transcript import Transcript

FOLDER = Path(__file__).parents[1] / "transcripts" / "modem"
TRANSCRIPTS = load_transcripts(FOLDER)


@pytest.mark.parametrize("chunks", ["whole", "bytewise", "random"])
@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.source)
def test_transcript(
    transcript: Transcript, chunks: Chunks, make_core: Callable[[Mapping[str, str]], ModemCore]
) -> None:
    play(make_core(transcript.headings), transcript, chunks=chunks, seed=len(transcript.steps))
