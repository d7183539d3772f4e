r"""One text format that is a field capture, a simulator scenario and a regression test.

A line begins with its mark:

    < RING\r\n               bytes from the device
    > AT+VCID=1\r            bytes to the device
    @ +1.5                   1.5 seconds pass
    @ 2026-11-22T03:10:00+08:00    the wall clock says (captures begin with it)
    ! RingHeard              the event or fact that must follow; `name=value` pairs behind it are checked
    * call from=01055501234 name="张三" rings=4    what happens in the world outside (for simulators)
    # anything               a note; `# key: value` before the first step is a heading

Bytes are printable ASCII as they are, the rest escaped: \r \n \t \\ \e (escape) \xHH; a space at either end is
\x20.
Values behind a name are JSON, or a bare word that is taken as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dutyphone.errors import TranscriptError
from dutyphone.i18n import _

_ESCAPES = {"\\": b"\\", "r": b"\r", "n": b"\n", "t": b"\t", "e": b"\x1b"}
_UNESCAPES = {0x5C: "\\\\", 0x0D: "\\r", 0x0A: "\\n", 0x09: "\\t", 0x1B: "\\e"}
_HEADING = re.compile(r"#\s*([a-z][a-z0-9_-]*):\s*(.*)")
_PAIR = re.compile(r"""\s+([a-z_][a-z0-9_]*)=("(?:[^"\\]|\\.)*"|\[.*?\]|\S+)""")


@dataclass(frozen=True, slots=True)
class FromDevice:
    """`<`: the device said `data`."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ToDevice:
    """`>`: the program said `data`."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Passes:
    """`@ +s`: time passes."""

    seconds: float


@dataclass(frozen=True, slots=True)
class WallClock:
    """`@ time`: the wall clock says `at` (aware)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Expect:
    """`!`: an event or fact called `name` must follow, with these values among its fields."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """`*`: something happens outside the device (a call arrives, a cable is pulled)."""

    verb: str
    values: Mapping[str, Any] = field(default_factory=dict)


Step = FromDevice | ToDevice | Passes | WallClock | Expect | World


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole file. `line_numbers[i]` is where `steps[i]` stands in it."""

    headings: Mapping[str, str]
    steps: tuple[Step, ...]
    line_numbers: tuple[int, ...]
    source: str = "transcript"


def parse_transcript(text: str, *, source: str = "transcript") -> Transcript:
    """The transcript in `text`. Raises `TranscriptError`, naming `source` and the line."""
    headings: dict[str, str] = {}
    steps: list[Step] = []
    numbers: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if line.startswith("#"):
            if not steps and (heading := _HEADING.fullmatch(line.rstrip())):
                headings[heading[1]] = heading[2]
            continue
        try:
            steps.append(_parse_step(line))
        except ValueError as wrong:
            raise TranscriptError(
                _("{source}, line {number}: {line!r} is not a step of a transcript ({why}).").format(
                    source=source, number=number, line=line, why=wrong
                ),
                advice=_("A step begins with < > @ ! * or #; see docs/transcripts.md."),
            ) from wrong
        numbers.append(number)
    return Transcript(headings, tuple(steps), tuple(numbers), source)


def render_transcript(headings: Mapping[str, str], steps: Iterable[Step]) -> Iterator[str]:
    """The lines of a transcript, without line ends."""
    for key, value in headings.items():
        yield f"# {key}: {value}"
    for step in steps:
        yield render_step(step)


def render_step(step: Step) -> str:
    """One line of a transcript."""
    match step:
        case FromDevice(data):
            return f"< {escape(data)}"
        case ToDevice(data):
            return f"> {escape(data)}"
        case Passes(seconds):
            return f"@ +{seconds:.6f}".rstrip("0").rstrip(".")
        case WallClock(at):
            return f"@ {at.isoformat()}"
        case Expect(name, values):
            return f"! {name}{_render_values(values)}"
        case World(verb, values):
            return f"* {verb}{_render_values(values)}"


def escape(data: bytes) -> str:
    """`data` as printable ASCII; `unescape` is its inverse."""
    text = "".join(_UNESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in data)
    if text.startswith(" "):
        text = "\\x20" + text[1:]
    return text[:-1] + "\\x20" if text.endswith(" ") else text


def unescape(text: str) -> bytes:
    """The bytes written by `escape`. Characters beyond ASCII stand for their UTF-8 bytes. Raises ValueError."""
    out = bytearray()
    at = 0
    while at < len(text):
        char = text[at]
        if char != "\\":
            out += char.encode()
            at += 1
            continue
        code = text[at + 1 : at + 2]
        if code == "x":
            digits = text[at + 2 : at + 4]
            if len(digits) != 2:
                raise ValueError("\\x needs two hexadecimal digits")
            out.append(int(digits, 16))
            at += 4
        elif code in _ESCAPES and code:
            out += _ESCAPES[code]
            at += 2
        else:
            raise ValueError(f"\\{code} is not an escape")
    return bytes(out)


def _parse_step(line: str) -> Step:
    mark, rest = line[0], line[1:].strip(" ")
    match mark:
        case "<":
            return FromDevice(unescape(rest))
        case ">":
            return ToDevice(unescape(rest))
        case "@" if rest.startswith("+"):
            seconds = float(rest[1:])
            if not 0 <= seconds < 1e9:
                raise ValueError("time cannot go backwards")
            return Passes(seconds)
        case "@":
            at = datetime.fromisoformat(rest)
            if at.tzinfo is None:
                raise ValueError("a wall-clock time needs its offset")
            return WallClock(at)
        case "!":
            return Expect(*_parse_words(rest))
        case "*":
            return World(*_parse_words(rest))
    raise ValueError(f"unknown mark {mark!r}")


def _parse_words(text: str) -> tuple[str, dict[str, Any]]:
    name, space, rest = text.partition(" ")
    if not name:
        raise ValueError("a name is missing")
    rest = space + rest.rstrip()
    values: dict[str, Any] = {}
    at = 0
    while at < len(rest):
        pair = _PAIR.match(rest, at)
        if pair is None:
            raise ValueError(f"{rest[at:].strip()!r} is not name=value")
        values[pair[1]] = _parse_value(pair[2])
        at = pair.end()
    return name, values


def _parse_value(text: str) -> Any:
    """JSON where it is, but a run of digits with a leading zero or a plus is a telephone number and stays text."""
    if re.fullmatch(r"[+*#]?\d{5,}|0\d+|[+*#].*", text):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _render_values(values: Mapping[str, Any]) -> str:
    return "".join(f" {key}={json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
