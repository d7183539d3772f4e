"""The one transcript format: written and read back without loss, and clear about what it cannot read."""

from __future__ import annotations

import contextlib
from datetime import timedelta, timezone

import pytest
from dutyphone_simulators.clock import START_OF_NIGHT
from hypothesis import example, given
from hypothesis import strategies as st

from dutyphone.errors import TranscriptError
from dutyphone.lines.transcript import (
    Expect,
    FromDevice,
    Passes,
    Step,
    ToDevice,
    WallClock,
    World,
    escape,
    parse_transcript,
    render_transcript,
    unescape,
)

CHINA = timezone(timedelta(hours=8))
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True)
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])), st.integers(0, 9999), st.booleans(), st.none()
)
PAIRS = st.dictionaries(KEYS, VALUES, max_size=4)
STEPS = st.one_of(
    st.binary(min_size=1, max_size=80).map(FromDevice),
    st.binary(min_size=1, max_size=80).map(ToDevice),
    st.integers(0, 10**9).map(lambda us: Passes(us / 1_000_000)),
    st.integers(0, 10**15).map(lambda us: WallClock(START_OF_NIGHT.astimezone(CHINA) + timedelta(microseconds=us))),
    st.builds(Expect, NAMES, PAIRS),
    st.builds(World, NAMES, PAIRS),
)


@given(st.binary())
@example(b" \x00 ")
def test_any_bytes_survive_escaping(data: bytes) -> None:
    text = escape(data)
    assert unescape(text) == data
    assert text.isascii()
    assert text.isprintable()
    assert text == text.strip()


@given(st.lists(STEPS, max_size=20))
def test_any_steps_survive_writing_and_reading(steps: list[Step]) -> None:
    text = "\n".join(render_transcript({"profile": "usr"}, steps))
    transcript = parse_transcript(text)
    assert list(transcript.steps) == steps
    assert transcript.headings == {"profile": "usr"}


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(TranscriptError):
        transcript = parse_transcript(text, source="x.txt")
        assert len(transcript.steps) == len(transcript.line_numbers)


def test_telephone_numbers_stay_text() -> None:
    (step,) = parse_transcript("* call from=01055501234 to=+861055501234 dial=*57*013900001234# rings=4 cid=none").steps
    assert isinstance(step, World)
    assert step.values == {
        "from": "01055501234",
        "to": "+861055501234",
        "dial": "*57*013900001234#",
        "rings": 4,
        "cid": "none",
    }


def test_chinese_typed_by_hand_is_utf8() -> None:
    assert parse_transcript("< 张三\\r\\n").steps == (FromDevice("张三\r\n".encode()),)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("? what", "unknown mark"),
        ("< \\q", "is not an escape"),
        ("< \\x4", "two hexadecimal digits"),
        ("@ +soon", "could not convert"),
        ("@ 2026-02-16T17:30:00", "offset"),
        ("! RingHeard first second", "is not name=value"),
        ("!", "a name is missing"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, why: str) -> None:
    with pytest.raises(TranscriptError) as refused:
        parse_transcript(f"# a note\n{text}\n", source="night.txt")
    assert "night.txt, line 2" in refused.value.message
    assert why in refused.value.message
